"""What holds for whole documents: halves, headings, inheritance, spans, and the same text in other clothes."""

from pathlib import Path

import pytest

from domain.office import Unit
from domain.terms import Supervision, UnitLevel
from intake.draft.draft import DraftingContext, draft, draft_file
from intake.draft.model import DraftedList, TextPart
from intake.draft.readers.plain import of_text
from tests.intake.draft.pdf import write_pdf
from tests.intake.draft.scoring import CORPUS, drafted_of, office

PLAN = CORPUS / "工作总结和计划.txt"


def of(text: str, **asked: bool) -> DraftedList:
    return draft(of_text(text, "稿.txt"), "稿.txt", office(), **asked)


def titles(made: DraftedList) -> list[str]:
    return [item.title for item in made.items]


def leads(made: DraftedList) -> list[list[str]]:
    return [[unit.written for unit in item.lead] for item in made.items]


def test_of_a_summary_and_a_plan_only_the_plan_is_listed_unless_all_is_asked_for() -> None:
    plan, everything = draft_file(PLAN, office()), draft_file(PLAN, office(), everything=True)
    assert all(item.section.startswith("二、2022年工作计划") for item in plan.items)
    assert plan.warnings == ("工作总结部分（2056字）没有列入，需要时加 --all",)
    assert any(item.section.startswith("一、2021年工作总结") for item in everything.items)
    assert len(everything.items) > len(plan.items) + 10


def test_the_year_of_a_plan_is_that_of_its_title_or_the_one_asked_for() -> None:
    assert draft_file(PLAN, office()).year == 2022
    assert draft_file(PLAN, office(), year=2024).year == 2024


def test_a_year_that_nobody_wrote_is_said_to_be_assumed() -> None:
    assert of("1.推进项目，6月底前完成。").warnings == ("文中没有写明年度，时限按2022年计；可用 --year 指定",)


def test_sentences_over_page_breaks_come_together_and_their_page_numbers_do_not() -> None:
    made = of("一、推进工作\n1、完成村道硬化18公里，修复水毁\n- 2 -\n路段6处，抓紧验收。（镇规划办负责）")
    assert made.items[0].text == "完成村道硬化18公里，修复水毁路段6处，抓紧验收。"
    assert [made.text[slice(*r.span)].strip() for r in made.regions if r.why == "页码"] == ["- 2 -"]


def test_below_means_the_items_after_it_in_the_chapter_that_name_nobody() -> None:
    made = of(
        "一、提升服务\n1.推行全程网办。（区政务局牵头，下同）\n2.优化窗口设置。\n3.完善评价机制。（区司法局牵头）\n"
        "二、强化监管\n4.推进信用监管。"
    )
    assert leads(made) == [["区政务局"], ["区政务局"], ["区司法局"], []]
    assert "责任单位沿用前文“下同”" in made.items[1].warnings


def test_a_clause_in_a_heading_holds_for_the_items_below_it() -> None:
    made = of(
        "（一）完善政策（区住建局牵头）\n1.出台激励办法。\n2.制定改造指引。（区更新局牵头）\n（二）示范\n3.打造项目。"
    )
    assert leads(made) == [["区住建局"], ["区更新局"], []]


def test_the_first_of_several_leads_where_the_document_says_so() -> None:
    made = of("责任单位中，列第一位的为牵头单位。\n一、工作\n1.推进路网建设。（责任单位：区交通局、区住建局）")
    assert leads(made) == [["区交通局"]]
    assert [unit.written for unit in made.items[0].assist] == ["区住建局"]


def test_several_leads_are_all_kept_and_said_to_be_undecided() -> None:
    made = of("1.推进路网建设。（区交通局、区住建局按职责分工负责）")
    assert leads(made) == [["区交通局", "区住建局"]]
    assert "牵头待明确（列了2个单位）" in made.items[0].warnings


def test_a_sentence_is_split_only_where_each_half_has_its_own_verb() -> None:
    split = of("一、安排\n1.推进设计审查；完成基坑招标。（区建设中心负责）")
    kept = of("一、安排\n1.加强宣传，做到主题鲜明；形式多样。（区委宣传部负责）")
    assert titles(split) == ["推进设计审查", "完成基坑招标"]
    assert [item.text for item in kept.items] == ["加强宣传，做到主题鲜明；形式多样。"]


def test_the_covering_letter_of_a_plan_is_no_task() -> None:
    made = draft_file(CORPUS / "报告任务分解.txt", office())
    assert "各牵头单位要细化措施" not in "".join(item.text for item in made.items)
    assert any(region.why == "通知正文" for region in made.regions)


def test_an_empty_field_is_empty_and_says_so() -> None:
    made = of("一、安排\n1.推进项目建设。\n")
    item = made.items[0]
    assert (item.units, item.deadline, item.targets) == ((), None, ())
    assert item.warnings == ("缺牵头单位", "缺完成时限")


def test_every_span_of_the_corpus_holds_what_was_read_there() -> None:
    for path in sorted(p for p in CORPUS.iterdir() if p.suffix in (".txt", ".md")):
        made = drafted_of(path)
        for item in made.items:
            for named in item.units:
                written = "".join(made.text[slice(*named.span)].split())
                # In a box a name may go on in the line below, past the cells beside it.
                boxed = iter(written) if "│" in written else None
                assert all(char in boxed for char in named.written) if boxed else written == named.written, path.name
        assert not [region for region in made.regions if region.why in ("未归类", "未列入")], path.name


def test_the_regions_of_a_document_are_the_document() -> None:
    made = draft_file(PLAN, office())
    assert "".join(made.text[slice(*region.span)] for region in made.regions) == made.text
    assert {region.part for region in made.regions} == set(TextPart)


def test_a_consultancy_named_as_lead_is_warned_of() -> None:
    adviser = Unit(id="a", name="安永咨询公司", level=UnitLevel.SOCIAL, supervision=Supervision.CONTACT)
    own = DraftingContext(office().calendar, 2022, (adviser,))
    made = draft(of_text("1.编制运营方案。（牵头单位：安永咨询公司）", "稿.txt"), "稿.txt", own)
    assert "“安永咨询公司”不是督办对象，不能牵头" in made.items[0].warnings


def test_a_matched_unit_shows_the_name_of_the_directory_and_keeps_what_was_written() -> None:
    fagai = Unit(id="f", name="区发展和改革局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)
    made = draft(
        of_text("1.编制规划。（区发改局牵头）", "稿.txt"), "稿.txt", DraftingContext(office().calendar, 2022, (fagai,))
    )
    lead = made.items[0].lead[0]
    assert (lead.shown, lead.written, lead.learned) == ("区发展和改革局", "区发改局", True)


def lines_of(text: str, width: int = 76) -> list[str]:
    """The text broken into lines as a page breaks it: a wide character takes two columns."""
    lines = [""]
    for char in text:
        columns = sum(2 if ord(each) > 0x2E7F else 1 for each in lines[-1])
        if char == "\n" or columns >= width - 1:
            lines.append("")
        if char != "\n":
            lines[-1] += char
    return lines


@pytest.mark.parametrize("name", ["报告任务分解", "两行式责任", "领导讲话"])
def test_the_same_text_as_a_pdf_is_drafted_alike(name: str, tmp_path: Path) -> None:
    text = (CORPUS / f"{name}.txt").read_text(encoding="utf-8")
    lines = lines_of(text)
    pages = ["\n".join(lines[n : n + 30]) for n in range(0, len(lines), 30)]
    from_pdf = draft_file(write_pdf(tmp_path / "稿.pdf", pages), office())
    from_text = of(text)
    assert [(item.title, item.due) for item in from_pdf.items] == [(item.title, item.due) for item in from_text.items]
    assert leads(from_pdf) == leads(from_text)


def test_columns_of_source_and_basis_and_the_year_of_the_dates_are_kept(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (
        ["督办事项台账"],
        ["类别", "事项名称", "事项来源", "立项依据", "承办单位", "办理时限"],
        ["会议", "推进地块收储", "第6次工作会议", "香指纪〔2023〕6号", "区更新局", "2023/9/30"],
        [None, "明确代建单位", "第6次工作会议", "香指纪〔2023〕6号", "区住建局", "9月15日前"],
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "台账.xlsx")
    made = draft_file(tmp_path / "台账.xlsx", office())
    assert made.year == 2023
    assert [(item.source, item.basis, item.section) for item in made.items] == [
        ("第6次工作会议", "香指纪〔2023〕6号", "会议"),
        ("第6次工作会议", "香指纪〔2023〕6号", "会议"),
    ]
    assert [str(item.due) for item in made.items] == ["2023-09-30", "2023-09-15"]
