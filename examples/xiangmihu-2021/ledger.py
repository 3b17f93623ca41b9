"""Write 会议台账.csv and 简报台账.csv of this example: `python ledger.py [FOLDER]`.

The counts are those of the published summary of 2021; the dates, titles and places are invented, but for the two the
summary names (开工 2021-02-24, 第四次市级指挥部工作会议 2021-11-10). The same rules always give the same files.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
MAKE_UP = {(2, 7), (2, 20), (4, 25), (5, 8), (9, 18), (9, 26), (10, 9)}
OFF = {
    *((1, d) for d in (1,)),
    *((2, d) for d in range(11, 18)),
    *((4, d) for d in (5,)),
    *((5, d) for d in range(3, 6)),
    *((6, d) for d in (14,)),
    *((9, d) for d in (20, 21)),
    *((10, d) for d in range(1, 8)),
}
"""2021: days off on weekdays, and weekend days worked instead."""

PLACES = ("指挥部会议室", "区委大院会议室", "市建筑工务署", "项目现场", "线上")


class Kind(NamedTuple):
    """A series, how often it met in the year, and what it was about."""

    series: str
    times: int
    topics: tuple[str, ...]
    attended: int = 0
    """Every so manieth was one the office was asked to; 0 for none."""


HEADQUARTERS = (
    (date(2021, 7, 22), "指挥部成立及组建方案"),
    (date(2021, 8, 26), "片区专项规划统筹"),
    (date(2021, 9, 29), "中区公共建筑群规划设计条件"),
    (date(2021, 11, 10), "深圳国际交流中心设计方案专题研究"),
)
KINDS = (
    Kind(
        "联席会议",
        6,
        ("市政代建框架协议", "交通专项衔接", "用地收储与法图调整", "水系规划", "轨道预留", "报建协调"),
    ),
    Kind("专家咨询会", 2, ("专项规划成果咨询", "建筑方案咨询")),
    Kind(
        "专题会议",
        103,
        (
            "基坑支护设计",
            "暗涵改迁方案",
            "施工图设计招标",
            "一书两证申报",
            "运营遴选方案",
            "开工活动筹备",
            "北区市政",
            "电力专规",
        ),
        attended=3,
    ),
    Kind("工作例会", 41, ("一周工作梳理与安排",)),
    Kind("办公会", 9, ("人财物管理事项", "制度汇编审议", "特聘人员招聘")),
    Kind("调研座谈会", 122, ("轨道线位", "水系统接口", "综合交通", "公共空间", "产业导入", "海绵城市", "防灾减灾")),
    Kind("技术交流会", 83, ("十大专项规划技术对接", "总师团队技术把关", "设计标准研究")),
    Kind("调研学习", 118, ("总部基地运营经验", "商业中心运营经验", "外地新区建设经验")),
    Kind("座谈会", 36, ("运营机构座谈", "咨询机构座谈")),
    Kind("接待调研", 62, ("市区单位来访调研", "兄弟片区来访学习")),
)
BRIEFINGS = (
    (date(2021, 2, 26), "北区集中启动暨开工活动顺利举行"),
    (date(2021, 4, 29), "专项规划集成阶段成果"),
    (date(2021, 6, 30), "国际交流中心一期进入全面施工"),
    (date(2021, 7, 30), "市级指挥部成立"),
    (date(2021, 9, 30), "中区重点项目报建与设计进展"),
    (date(2021, 11, 15), "第四次市级指挥部工作会议"),
    (date(2021, 12, 24), "中区启动暨深圳金融文化中心开工"),
)
NEWS = (
    (date(2021, 1, 15), "片区总师团队工作启动"),
    (date(2021, 2, 9), "开工活动筹备实行一日一调度"),
    (date(2021, 2, 24), "北区建设开工活动举行"),
    (date(2021, 3, 19), "专家咨询会召开"),
    (date(2021, 4, 16), "市政代建框架协议签订"),
    (date(2021, 5, 14), "基坑支护施工图设计完成"),
    (date(2021, 6, 18), "国际交流中心一期全面施工"),
    (date(2021, 7, 23), "市级指挥部召开第一次工作会议"),
    (date(2021, 8, 13), "赴外地考察运营经验"),
    (date(2021, 9, 10), "运营研讨会召开"),
    (date(2021, 10, 15), "中区可研报告报审"),
    (date(2021, 11, 11), "第四次工作会议听取设计成果汇报"),
    (date(2021, 11, 26), "党校南门广场工程竣工验收"),
    (date(2021, 12, 22), "深圳金融文化中心开工"),
)


def works(day: date) -> bool:
    """Whether 2021-`day` was a working day."""
    if (day.month, day.day) in MAKE_UP:
        return True
    return day.weekday() < 5 and (day.month, day.day) not in OFF  # noqa: PLR2004  (Saturday)


def workdays() -> list[date]:
    """Every working day of 2021."""
    days = (date(2021, 1, 1) + timedelta(days=n) for n in range(365))
    return [d for d in days if works(d)]


def weeks() -> list[date]:
    """The first working day of each week that has one, for the weekly meetings."""
    found: dict[tuple[int, int], date] = {}
    for day in workdays():
        iso = day.isocalendar()
        found.setdefault((iso.year, iso.week), day)
    return sorted(found.values())


def meetings() -> Iterator[tuple[str, str, str, str, str]]:
    """系列, 时间, 名称, 组织或参加, 地点."""
    for day, topic in HEADQUARTERS:
        yield "市级指挥部工作会议", f"{day} 15:00", topic, "组织", PLACES[0]
    days = workdays()
    for kind in KINDS:
        pool = weeks() if kind.series == "工作例会" else days
        for n in range(kind.times):
            # Spread evenly over the year; of several on one day each has an hour of its own.
            day = pool[(2 * n + 1) * len(pool) // (2 * kind.times)]
            topic = kind.topics[n % len(kind.topics)]
            hour = (9, 10, 14, 15, 16)[n % 5]
            part = "参加" if kind.attended and n % kind.attended == 0 else "组织"
            yield (
                kind.series,
                f"{day} {hour:02d}:{30 * (n % 2):02d}",
                f"{topic}（{n + 1}）",
                part,
                PLACES[n % len(PLACES)],
            )


def bulletins() -> Iterator[tuple[str, int, str, str]]:
    """系列, 期次, 日期, 标题."""
    for name, listed in (("简报", BRIEFINGS), ("动态", NEWS)):
        for no, (day, title) in enumerate(listed, start=1):
            yield name, no, day.isoformat(), title


def main(folder: Path) -> None:
    """Write both files."""
    rows = sorted(meetings(), key=lambda row: (row[1], row[0], row[2]))
    _write(folder / "会议台账.csv", ("系列", "时间", "名称", "组织或参加", "地点"), rows)
    _write(folder / "简报台账.csv", ("系列", "期次", "日期", "标题"), list(bulletins()))


def _write(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
