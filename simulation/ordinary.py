"""A year nobody told: what a list and a directory give without a scenario, drawn from a seed.

Units differ in how punctual they are; now and then one asks another for something or asks for more time, or a leader
writes a word. Everything else is the product's own clock. Each draw has its own generator, as in `simulation.habits`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from random import Random

from domain.calendar import WorkCalendar
from domain.commands import OpenMatter
from intake.opening import Opening
from simulation.commands import Cast
from simulation.scenario import (
    MORNING,
    Closing,
    FeedbackHabits,
    Incident,
    PlannedBriefing,
    Receipt,
    Scenario,
    SeriesRule,
    UnitHabits,
    Year,
)

AFTERNOON = time(15, 0)
SATURDAY = 5
ASKS_FOR_TIME, ASKS_ANOTHER, IS_INSTRUCTED = 0.12, 0.3, 0.1
"""The shares of matters that ask for more time, whose lead asks an assisting unit, that a leader writes about."""
MORE_TIME = (
    "征求意见单位反馈不一，需再协商一轮",
    "前置审批尚未办结，后续工作顺延",
    "现场条件变化，方案需作局部调整",
    "招标流程重新组织，时间相应顺延",
)
ASKED = (
    ("请提供有关基础资料", "资料已提供，缺项本周内补齐"),
    ("请对初步方案提出书面意见", "书面意见已送，共三条"),
    ("请派人参加现场踏勘并确认边界", "已派人参加踏勘，边界已确认"),
)
WORDS = (
    "此项是全年重点，请倒排工期，遇到堵点及时报告。",
    "请牵头单位主要负责人亲自抓，按月报进展。",
    "进度要再往前赶，需要协调的尽早提出。",
)


def first_day(year: int) -> date:
    """The day the list is imported: the second week of January, when the plan of a year is usually settled."""
    day = date(year, 1, 10)
    return day + timedelta(days=(7 - day.weekday()) % 7) if day.weekday() >= SATURDAY else day


def last_day(year: int) -> date:
    """The last day of the year that is no weekend."""
    day = date(year, 12, 31)
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def ordinary_year(
    year: int, seed: int, cast: Cast, openings: Mapping[int, Opening], calendar: WorkCalendar
) -> Scenario:
    """The scenario of a year for the matters of a list, by their numbers. The directory must name a leader."""
    chair, reviewer = cast.leaders[0], cast.office[1 if len(cast.office) > 1 else 0]
    leads = sorted({c.lead.id for o in openings.values() if isinstance(c := o.command, OpenMatter) and c.lead})
    return Scenario(
        year=Year(year=year, seed=seed, opens=first_day(year), ends=last_day(year)),
        receipt=Receipt(hours=(1, 9)),
        closing=Closing(before_due=(0, 5), late_share=0.12, late=(2, 9), review=(1, 2), reviewer=reviewer, mark="圈阅"),
        feedback=FeedbackHabits(hour=(MORNING, time(16, 30)), late=(1, 2)),
        unit=tuple(_habits(seed, unit) for unit in leads),
        incident=tuple(sorted(_incidents(year, seed, cast, openings, calendar), key=lambda i: (i.on, i.at, i.matter))),
        rule=(SeriesRule(series="monthly", rule="每月最后一个工作周的周四15:00", chair=chair, place="指挥部会议室"),),
        briefing=tuple(_briefings(year, chair, calendar)),
    )


def _habits(seed: int, unit: str) -> UnitHabits:
    lots = Random(f"{seed}/habits/{unit}")
    silent = lots.uniform(0.08, 0.3)
    late = round(silent * lots.uniform(0.4, 0.7), 2)
    missed = round(silent - late, 2)
    return UnitHabits(id=unit, on_time=round(1 - late - missed, 2), late=late, missed=missed)


def _briefings(year: int, signer: str, calendar: WorkCalendar) -> Iterator[PlannedBriefing]:
    """One a month, on its last working day; the first reaches back to the day the list came in."""
    for month in range(1, 13):
        after = date(year + month // 12, month % 12 + 1, 1)
        on = min(calendar.add_workdays(after, -1), last_day(year))
        since = max(date(year, month, 1), first_day(year))
        yield PlannedBriefing(on=on, since=since, until=on, sign=signer)


def _incidents(
    year: int, seed: int, cast: Cast, openings: Mapping[int, Opening], calendar: WorkCalendar
) -> Iterator[Incident]:
    """What befalls each matter that has a lead and time enough."""
    for no, opening in openings.items():
        command = opening.command
        if not isinstance(command, OpenMatter) or command.lead is None:
            continue
        lots = Random(f"{seed}/{no}/ordinary")
        fates = [lots.random() for _ in range(3)]
        begins = calendar.add_workdays(first_day(year), 10)
        due = opening.row.due
        asked = calendar.add_workdays(min(due or last_day(year), last_day(year)), -8)
        if asked <= begins:
            continue
        halfway = calendar.first_workday_on_or_after(begins + (asked - begins) / 2)
        if fates[0] < ASKS_FOR_TIME and due and due <= last_day(year):
            yield from _more_time(no, asked, due, lots, calendar)
        if fates[1] < ASKS_ANOTHER and command.assist:
            yield from _asks(no, halfway, command.assist[0].id, cast, lots, calendar)
        if fates[2] < IS_INSTRUCTED:
            leader = lots.choice(cast.leaders)
            words = {"text": lots.choice(WORDS)}
            yield Incident.model_validate(
                {"on": begins, "at": AFTERNOON, "matter": no, "do": "instruct", "as": leader, "fields": words}
            )


def _more_time(no: int, asked: date, due: date, lots: Random, calendar: WorkCalendar) -> Iterable[Incident]:
    to = calendar.add_workdays(due, lots.randint(8, 22))
    yield Incident(on=asked, matter=no, do="extend", fields={"to": to, "reason": lots.choice(MORE_TIME)})
    answer = {"grant": True, "reason": "情况属实，同意一次性延期"}
    yield Incident.model_validate(
        {"on": calendar.add_workdays(asked, 1), "matter": no, "do": "extension", "as": "office", "fields": answer}
    )


def _asks(no: int, on: date, unit: str, cast: Cast, lots: Random, calendar: WorkCalendar) -> Iterable[Incident]:
    question, answer = lots.choice(ASKED)
    yield Incident(on=on, matter=no, do="coordinate", fields={"with": cast.name(unit), "text": question})
    if cast.has_staff(unit):
        yield Incident.model_validate(
            {
                "on": calendar.add_workdays(on, lots.randint(2, 6)),
                "matter": no,
                "do": "coordinate_answer",
                "as": cast.liaison(unit).id,
                "fields": {"text": answer},
            }
        )
