"""套话 is told from a report by what it lacks."""

import pytest

from domain.queries.stock_phrases import stock_reason


@pytest.mark.parametrize(
    ("text", "progress", "before", "why"),
    [
        ("“论坛总体方案审定”取得阶段性进展，总体进度0%。", 0, None, "进度0%而称“取得阶段性进展”"),
        ("正在按计划推进", 40, None, "只写“按计划推进”，没有具体的数量、日期或成果"),
        (
            "“初设”主要工作面已铺开，总体进度56%。",
            56,
            None,
            "只写“主要工作面已铺开”，没有具体的数量、日期或成果",
        ),
        ("完成桩基42根", 40, "完成桩基42根。", "与上次反馈文字完全相同"),
        ("材料已齐，正在办理中", 100, None, "进度100%仍称“正在办理中”，未申请办结"),
        ("按计划推进，累计完成桩基42根", 40, "累计完成桩基30根", None),
        ("3月25日取得规划许可证", 0, None, None),
        ("《选址意见书》已报送，有序推进", 30, None, None),
        ("权属核查完成", 20, None, None),
    ],
)
def test_a_report_that_says_nothing_is_told_with_the_reason(
    text: str, progress: int, before: str | None, why: str | None
) -> None:
    assert stock_reason(text, progress, before) == why
