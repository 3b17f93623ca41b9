"""What must agree in the log of any simulated year, and what nobody should have to read in it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from documents.figures import Period, read_period
from documents.formats.markdown import markdown_of
from documents.ledger import read_ledger
from documents.reports.annual import annual_report
from documents.reports.burden import burden_report
from documents.table.rows import task_table
from domain import events as ev
from domain.calendar import WorkCalendar, end_of_day, local_date
from domain.event import Event, decode
from domain.incoming.queries import carriers, unanswered_instructions
from domain.lights import light
from domain.matter import DONE, Matter
from domain.onsite.inspection import OnSite
from domain.onsite.queries import unanswered_problems
from domain.queries.burden import Ask
from domain.queries.unanswered import unanswered_windows, why_unfinished
from domain.terms import Stage
from eventlog import reading
from eventlog.database import Database
from simulation.grammar import grammar

OWN_WORDS = 0.9
"""So many of the reports say what no other says."""


def fridays_that_disagree(database: Database, first: date, last: date) -> list[str]:
    """On each Friday, where list, burden, 简报, 一览表 and `audit unanswered` do not say the same."""
    wrong: list[str] = []
    days = [first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1)]
    for day in days:
        at = end_of_day(day)
        wrong += [f"{day} {line}" for line in (*_counts(database, day, at), *_unexplained(database, at))]
    return wrong


def _counts(database: Database, day: date, at: datetime) -> list[str]:
    period = read_period(database, date(day.year, 1, 1), day, as_of=at)
    moment = reading.moment_at(database, at)
    states = reading.matter_states(database, position=moment.position)
    matters = [s.state for s in states if isinstance(s.state, Matter)]
    rulebook = reading.rulebook(database, moment.position)
    burden = burden_report(read_ledger(database, at), period.ledger.directory.units.values(), period.since, day)
    asked = Counter({ask: sum(one.counts()[ask] for one in burden) for ask in Ask})
    alive = {m.number for m in matters if not m.ended}
    table = task_table(database, at, day - timedelta(days=7))
    pairs = {
        "在办": (alive, {e.matter.number for e in period.entries() if not e.matter.ended}),
        "一览表": (alive, alive & {row.number for row in table.rows}),
        "灯": (
            Counter(light(m, rulebook, at).light for m in matters if not m.ended),
            Counter(e.lit.light for e in period.entries() if not e.matter.ended),
        ),
        "应反馈": (asked[Ask.WINDOW], period.feedback().owed),
        "按时、补报、漏报": (
            sum(m.windows.on_time + len(m.windows.missed) for m in matters),
            period.feedback().owed,
        ),
        "催办": (asked[Ask.URGE], len(period.happened(ev.UrgeIssued))),
        "升级": (
            asked[Ask.ESCALATION] + _of_nobody(database, moment.position),
            len(period.happened(ev.MatterEscalated)),
        ),
        "销号": (
            sum(m.stage is Stage.CLOSED for m in matters),
            len({m.stream for m, _, _ in period.happened(ev.MatterClosed) if m.stage is Stage.CLOSED}),
        ),
        "议定": (_decided(database, moment.position), len(period.happened(ev.DecisionRecorded))),
    }
    unlike = [f"{what}: {one} ≠ {other}" for what, (one, other) in pairs.items() if one != other]
    return unlike + _of_the_year(database, day, at, period)


def _of_the_year(database: Database, day: date, at: datetime, period: Period) -> list[str]:
    """Where the year's statistics, as they would be printed that evening, say other figures."""
    told = markdown_of(annual_report(database, day.year, at).page)
    counted = {
        "会议议定{}项": len(period.happened(ev.DecisionRecorded)),
        "催办{}次": len(period.happened(ev.UrgeIssued)),
        "升级{}次": len(period.happened(ev.MatterEscalated)),
        "应反馈{}次": period.feedback().owed,
    }
    said = {what.format(many) for what, many in counted.items() if many}
    return [f"年度统计没有“{words}”" for words in sorted(said) if words not in told]


def _of_nobody(database: Database, position: int) -> int:
    """Escalations of matters nobody led yet: they weigh on no unit."""
    count = 0
    for state in reading.matter_states(database, position=position):
        for event in map(decode, reading.read_stream(database, state.stream, position=position)):
            if isinstance(event, ev.MatterAssigned):
                break
            count += isinstance(event, ev.MatterEscalated)
    return count


def _decided(database: Database, position: int) -> int:
    states = reading.matter_states(database, position=position)
    return sum(
        event.type == ev.DecisionRecorded.__name__
        for state in states
        for event in reading.read_stream(database, state.stream, position=position)
    )


def _unexplained(database: Database, at: datetime) -> list[str]:
    """What `audit unanswered` could not explain that evening."""
    moment = reading.moment_at(database, at)
    rulebook = reading.rulebook(database, moment.position)
    lines: list[str] = []
    for state in reading.matter_states(database, position=moment.position):
        matter = state.state
        if not isinstance(matter, Matter):
            continue
        events = reading.read_stream(database, state.stream, position=moment.position)
        silent = unanswered_windows(matter, events, date.min, local_date(at), rulebook.calendar)
        going_on = why_unfinished(matter, events, rulebook, at)
        lines += [f"{matter.number} {silent.windows}" for _ in [0] if silent and silent.explanation is None]
        lines += [f"{matter.number} 未办结" for _ in [0] if going_on and going_on.explanation is None]
    return lines + _records_unexplained(database, at, moment.position, rulebook.calendar)


def _records_unexplained(database: Database, at: datetime, position: int, calendar: WorkCalendar) -> list[str]:
    """The same of inspections and of what leaders instructed on incoming papers."""
    visits = [s.state for s in reading.states_of(database, "onsite", position=position) if isinstance(s.state, OnSite)]
    papers = reading.incoming_papers(database, position=position)
    matters = (s.state for s in reading.matter_states(database, position=position))
    carried = carriers(m for m in matters if isinstance(m, Matter))
    day = local_date(at)
    problems = [p.title for p in unanswered_problems(visits, day) if p.explanation is None]
    instructions = unanswered_instructions(papers, carried, day, calendar)
    return [f"{title} 没有说明" for title in (*problems, *(i.title for i in instructions if i.explanation is None))]


def embarrassing(database: Database) -> list[str]:
    """Reports that repeat each other or take a figure back, and matters that ended below 100 % without a reason."""
    texts: list[str] = []
    wrong: list[str] = []
    for state in reading.matter_states(database):
        for reports in _counted_together(map(decode, reading.read_stream(database, state.stream))):
            texts += reports
            wrong += [f"{state.stream} {line}" for line in taken_back(reports)]
        matter = state.state
        if isinstance(matter, Matter) and _ended_unfinished(matter):
            reasons = [e.over_unfinished for e in _closed(database, state.stream)]
            wrong += [f"{matter.number} {matter.progress}% 办结，没有理由"] if not any(reasons) else []
    own = len(set(texts)) / len(texts)
    return wrong + ([f"{len(texts)}条反馈只有{own:.0%}各说各的"] if own < OWN_WORDS else [])


def _counted_together(events: Iterable[Event]) -> Iterator[list[str]]:
    """The texts of a matter's reports, those of each period apart: what recurs counts anew."""
    reports: list[str] = []
    for event in events:
        if isinstance(event, ev.FeedbackSubmitted):
            reports.append(event.text)
        elif isinstance(event, ev.PeriodEnded):
            yield reports
            reports = []
    yield reports


def _ended_unfinished(matter: Matter) -> bool:
    """Closed below 100 %; what is judged by periods ends by a decision, which says why."""
    return matter.stage is Stage.CLOSED and matter.period is None and matter.progress < DONE


def taken_back(reports: Iterable[str]) -> Iterator[str]:
    """Where a report of a matter says less of a figure than one before it."""
    most: dict[str, Decimal] = {}
    for text in reports:
        for figure in (figure.text for kind in grammar().kind for figure in kind.figure):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[0-9.]+)", re.escape(figure))
            said = re.search(pattern, text)
            if said is None:
                continue
            if Decimal(said["done"]) < most.get(figure, Decimal(0)):
                yield f"“{said[0]}”少于此前的{most[figure]}"
            most[figure] = max(most.get(figure, Decimal(0)), Decimal(said["done"]))


def _closed(database: Database, stream: str) -> list[ev.MatterClosed]:
    events = map(decode, reading.read_stream(database, stream))
    return [event for event in events if isinstance(event, ev.MatterClosed)]
