"""The city counts by rows what every headquarters' own papers count by folding its log, whatever life it had."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.figures import Entry, Period, Rate, read_figures
from documents.ledger import from_events_alone
from documents.reports.city import LIGHTS, MADE_UP, CityFigure, headquarters_figures
from domain import commands as c
from domain import events as ev
from domain.base import Frozen, Refusal
from domain.calendar import end_of_day, local_date
from domain.envelope import Actor
from domain.event import Event, UnknownEventError
from domain.facts import Attachment, MatterRef
from domain.founding import Headquarters
from domain.matter import Matter
from domain.office import DayOverridden, PolicyAdopted
from domain.periods import PeriodLength, PeriodResult
from domain.policy import Policy
from domain.queries.counted import CountsAs, counted_event
from domain.terms import ENDED, ReturnReason, Rhythm, Stage, SuspensionReason
from domain.windows import window_label
from eventlog import reading
from eventlog.blocks import BLOCK
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.reading.counted import counted_events
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.documents.quarter import play
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import LEADER, LIAISON, OFFICE, SECOND, founded, opening, sqlite
from tests.support.streams import CALENDAR_STREAM, POLICY_STREAM

HERE = Headquarters(code="XMH", name="西丽湖片区建设指挥部")
MONDAY = at("2021-12-20")
PROOF = (Attachment(name="凭据.png", sha256="0" * 64, size=1),)
WHATS = (
    *("report", "report", "report", "late report", "return", "goes on", "goes on", "goes on", "close", "end", "end"),
    *("reopen", "cancel", "merge", "rest", "resume", "judge", "day", "policy"),
)
STEPS = st.lists(st.tuples(st.sampled_from(WHATS), st.integers(0, 3), st.integers(0, 12)), min_size=8, max_size=30)


def begin(log: Database) -> None:
    """Four matters: weekly, monthly, without an end, and one whose limit is near."""
    every: tuple[dict[str, Any], ...] = (
        {"due": date(2022, 3, 25)},
        {"due": date(2022, 1, 28), "rhythm": Rhythm.MONTHLY},
        {"due": None, "period": PeriodLength.MONTH},
        {"due": date(2022, 1, 7)},
    )
    for n, more in enumerate(every):
        act(log, f"matter/m{n}", opening(f"第{n}项", **more), OFFICE, MONDAY)
        act(log, f"matter/m{n}", c.AcceptReceipt(), LIAISON, MONDAY)


def live(log: Database, steps: list[tuple[str, int, int]]) -> datetime:
    """What the rules refuse does not happen. The moment after it."""
    now = MONDAY
    begin(log)
    for number, (what, which, much) in enumerate(steps):
        now += timedelta(hours=much)
        match what:
            case "goes on":
                now += timedelta(days=much)
                tick(log, now)
            case "day":
                day = DayOverridden(
                    day=date(2021, 12, 21) + timedelta(days=9 * which + much), workday=False, reason="台风"
                )
                office(log, CALENDAR_STREAM, day, number, now)
            case "policy":
                policy = Policy(version=f"第{number}版", near_due_workdays=much, late_report_workdays=which)
                office(log, POLICY_STREAM, PolicyAdopted(policy=policy), number, now)
            case _:
                for command, actor in commands(log, what, f"matter/m{which}", much, now):
                    with suppress(Refusal):
                        act(log, f"matter/m{which}", command, actor, now)
    return now


def office(log: Database, stream: str, event: Event, number: int, now: datetime) -> None:
    record_office_events(log, stream, [event], actor=OFFICE, command_id=f"step-{number}", now=now)


def commands(log: Database, what: str, stream: str, much: int, now: datetime) -> Iterator[tuple[Frozen, Actor]]:
    day = local_date(now)
    match what:
        case "report":
            yield c.SubmitFeedback(text="进展", progress=much), LIAISON
        case "late report":
            back = now - timedelta(days=much)
            yield c.SubmitFeedback(text="补录", progress=much, occurred_at=back, attachments=PROOF), OFFICE
        case "return":
            yield (
                c.AskBack(reason=ReturnReason.UNCLEAR, text="还差什么", until=now + timedelta(hours=6 * much + 1)),
                OFFICE,
            )
        case "close":
            yield c.RequestClosure(text="已完成", evidence=PROOF), LIAISON
        case "end":
            yield c.RequestClosure(text="已完成", evidence=PROOF), LIAISON
            yield c.ReviewClosure(approve=much > 2), SECOND
        case "reopen":
            yield c.ReopenMatter(reason="仍须办理", due=day + timedelta(days=much)), LEADER
        case "cancel":
            yield c.CancelMatter(reason="不再实施"), OFFICE
        case "merge":
            other = reading.load(log, "matter/m0" if stream != "matter/m0" else "matter/m1")
            assert other is not None
            assert isinstance(other.state, Matter)
            into = MatterRef(stream=other.stream, number=other.state.number)
            yield c.MergeMatter(into=into, into_due=other.state.due, reason="同一件事"), OFFICE
        case "rest":
            yield c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=day + timedelta(days=much + 1)), OFFICE
        case "resume":
            yield c.ResumeMatter(), OFFICE
        case "judge":
            yield c.JudgePeriod(result=PeriodResult.NONE, reason="未完成"), OFFICE


def told_by_folding(log: Database, since: date, until: date, as_of: datetime) -> dict[str, object]:
    """Every list and rate, of the states and of all that is said, each event looked at."""
    with from_events_alone():
        period = read_figures(log, since, until, as_of=as_of)
    standing = [e for e in period.entries() if e.matter.stage not in ENDED]
    lists = {
        figure: [(e.matter.number, e.matter.due, e.lit.reason.partition(":")[2]) for e in standing if fits(e, figure)]
        for figure in (CityFigure.OPEN, *LIGHTS)
    }
    for figure, kind in (
        (CityFigure.OPENED, ev.MatterOpened),
        (CityFigure.CLOSED, ev.MatterClosed),
        (CityFigure.CANCELLED, ev.MatterCancelled),
    ):
        lists[figure] = [(m.number, on, "") for m, _, on in period.happened(kind)]
    merged = period.happened(ev.MatterMerged)
    lists[CityFigure.MERGED] = [(m.number, on, f"并入{e.into.number}") for m, e, on in merged]
    answered, missed = reports_by_reading(period)
    lists[CityFigure.MISSED] = [
        (m.number, on, f"{window_label(key)}{MADE_UP if made_up else ''}") for m, key, made_up, on in missed
    ]
    lists[CityFigure.MEETINGS] = []
    return lists | {"reports": Rate(answered, answered + len(missed)), "closings": period.on_time()}


def fits(entry: Entry, figure: CityFigure) -> bool:
    return entry.matter.stage is not Stage.SUSPENDED if figure is CityFigure.OPEN else entry.lit.light == figure.value


def reports_by_reading(period: Period) -> tuple[int, list[tuple[Matter, str, bool, date]]]:
    """How many windows were answered in time, and the misses that stand: of all events of each matter, one by one."""
    in_time, missed = 0, []
    for file in period.ledger.matters:
        answered: dict[str, bool] = {}
        made_up = {t.event.late_for for t in file.events if isinstance(t.event, ev.FeedbackSubmitted)}
        withdrawn = {t.event.window for t in file.events if isinstance(t.event, ev.MissWithdrawn)}
        for happening in file.events:
            event = happening.event
            if isinstance(event, ev.FeedbackSubmitted) and event.window:
                answered.setdefault(event.window, period.within(happening))
            if isinstance(event, ev.ReportReturned) and event.window:
                answered.pop(event.window, None)
            if isinstance(event, ev.FeedbackMissed) and period.within(happening) and event.window.key not in withdrawn:
                on = local_date(happening.recorded.occurred_at)
                missed.append((file.matter, event.window.key, event.window.key in made_up, on))
        in_time += sum(answered.values())
    return in_time, missed


def told_by_rows(log: Database, since: date, until: date, as_of: datetime) -> dict[str, object]:
    figures = headquarters_figures(log, HERE, since, until, as_of)
    lists = {f: [(x.no, x.on, x.said) for x in figures.list_of(f)] for f in CityFigure}
    assert all(figures.count(f) == len(lists[f]) for f in CityFigure)
    return lists | {"reports": figures.reports, "closings": figures.closings}


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, data=st.data())
def test_after_any_life_rows_tell_of_any_period_at_any_moment_what_a_fold_tells(
    steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, founded(sqlite(Path(folder))) as log:
        end = live(log, steps)
        days = (local_date(end) - date(2021, 12, 20)).days
        for _ in range(4):
            until = date(2021, 12, 20) + timedelta(days=data.draw(st.integers(0, days)))
            length = data.draw(st.integers(0, days + 20))
            since = data.draw(st.sampled_from([until - timedelta(days=length), date(until.year, 1, 1)]))
            as_of = data.draw(st.sampled_from([end_of_day(until), min(end_of_day(until), end)]))
            assert told_by_rows(log, since, until, as_of) == told_by_folding(log, since, until, as_of)
        assert verify(log).ok


@pytest.mark.parametrize("rebuilt", [False, True])
def test_a_quarter_is_counted_as_it_is_in_its_own_papers_each_week(log: Database, rebuilt: bool) -> None:
    play(log)
    if rebuilt:
        rebuild_read_model(log)
    assert reading.newest_event(log)[0] > BLOCK
    for week in range(13):
        until = date(2022, 1, 7) + timedelta(weeks=week)
        for since in (date(2022, 1, 1), until - timedelta(days=6)):
            at_end = end_of_day(until)
            assert told_by_rows(log, since, until, at_end) == told_by_folding(log, since, until, at_end)
            period = read_figures(log, since, until, as_of=at_end)
            answered, missed = reports_by_reading(period)
            assert (period.feedback().on_time, list(period.feedback().missed)) == (answered, missed)


def test_what_counts_is_the_same_from_the_table_and_from_the_events(log: Database) -> None:
    play(log)
    newest, _ = reading.newest_event(log)
    everything = [one for e in reading.read_all(log) if (one := counted_event(e)) is not None]
    assert {one.kind for one in everything} >= {CountsAs.OPENED, CountsAs.ANSWERED, CountsAs.MISSED, CountsAs.CLOSED}
    for position in range(0, newest + 1, 7):
        moment = reading.recorded_upto(position)
        upto = [one for one in everything if one.position <= position]
        assert list(counted_events(log, 0, moment)) == upto
        assert list(counted_events(log, 0, moment, from_events=True)) == upto
        for after in range(0, position, 11):
            windows = {one.window for one in upto if one.position > after and one.window}
            known = counted_events(log, after, moment)
            assert {one for one in known if one.position > after} == {one for one in upto if one.position > after}
            assert {one for one in upto if one.window in windows} <= set(known) <= set(upto)
            assert list(known) == sorted(known)


@pytest.mark.parametrize("cells", ["kind = 'of tomorrow'", "occurred_at = 1 << 62", "occurred_at = 'x'"])
def test_a_row_nobody_can_read_is_called_an_event_nobody_can_read(log: Database, cells: str) -> None:
    play(log)
    with log.writing() as transaction:
        transaction.commit([(f"UPDATE counted_events SET {cells} WHERE kind = 'missed'", [()])])
    with pytest.raises(UnknownEventError):
        headquarters_figures(log, HERE, date(2022, 1, 1), date(2022, 3, 31), at("2022-03-31", "23:00"))


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE counted_events SET window_key = '2022-W01' WHERE position = {}",
        "UPDATE counted_events SET occurred_at = 0 WHERE position = {}",
        "DELETE FROM counted_events WHERE position = {}",
        "INSERT INTO counted_events SELECT 4096, stream, kind, NULL, NULL, 0 FROM counted_events WHERE position = {}",
        "UPDATE counted_events SET position = 2 WHERE position = {}",
        "INSERT INTO counted_events SELECT -9223372036854775807 - 1, stream, kind, window_key, detail, occurred_at "
        "FROM counted_events WHERE position = {}",
    ],
)
def test_a_row_that_is_not_what_its_event_says_is_named_and_a_rebuild_mends_it(log: Database, harm: str) -> None:
    play(log)
    with log.reading() as transaction:
        ((position,),) = transaction.all("SELECT max(position) FROM counted_events WHERE kind = 'answered'")
    with log.writing() as transaction:
        transaction.commit([(harm.format(position), [()])])
    problems = verify(log).problems
    assert problems
    assert all("counted_events" in problem.message for problem in problems)
    rebuild_read_model(log)
    assert verify(log).ok


def test_a_window_answered_before_the_period_is_not_answered_in_it_again(log: Database) -> None:
    act(log, "matter/m", opening(), OFFICE, at("2022-03-07"))
    act(log, "matter/m", c.AcceptReceipt(), LIAISON, at("2022-03-07"))
    for day in ("2022-03-07", "2022-03-10"):
        act(log, "matter/m", c.SubmitFeedback(text="进展", progress=30), LIAISON, at(day, "15:00"))
    for n in range(BLOCK):
        act(log, f"matter/{n}", opening(f"其他事项（第{n}项）"), OFFICE, at("2022-03-11"))
    until = date(2022, 3, 11)
    rates = [headquarters_figures(log, HERE, date(2022, 3, n), until, end_of_day(until)).reports for n in (7, 10)]
    assert rates == [Rate(1, 1), Rate(0, 0)]


def test_what_was_closed_the_year_before_is_in_no_rate_of_this_one(log: Database) -> None:
    begin(log)
    for which, day in ((0, "2021-12-28"), (3, "2022-01-05")):
        act(log, f"matter/m{which}", c.RequestClosure(text="已完成", evidence=PROOF), LIAISON, at(day))
        act(log, f"matter/m{which}", c.ReviewClosure(approve=True), SECOND, at(day))
    until, since = date(2022, 1, 7), date(2021, 12, 1)
    figures = headquarters_figures(log, HERE, since, until, end_of_day(until))
    assert (figures.count(CityFigure.CLOSED), figures.closings) == (2, Rate(1, 1))
    assert told_by_rows(log, since, until, end_of_day(until)) == told_by_folding(log, since, until, end_of_day(until))


def test_what_is_entered_after_the_years_end_counts_before_it_from_the_day_it_was_known(log: Database) -> None:
    act(log, "matter/m", opening(due=date(2022, 3, 25)), OFFICE, MONDAY)
    act(log, "matter/m", c.AcceptReceipt(), LIAISON, MONDAY)
    act(log, "matter/m", c.SubmitFeedback(text="进展", progress=30), LIAISON, at("2021-12-23"))
    for n in range(BLOCK // 2):
        act(log, f"matter/{n}", opening(f"其他事项（第{n}项）", lead=None), OFFICE, at("2021-12-24"))
    tick(log, at("2022-01-04"))
    since, until = date(2021, 12, 1), date(2021, 12, 31)

    def reports(as_of: datetime) -> object:
        assert told_by_rows(log, since, until, as_of) == told_by_folding(log, since, until, as_of)
        return told_by_rows(log, since, until, as_of)["reports"]

    assert reports(at("2022-01-04", "20:00")) == Rate(1, 2)
    received = c.SubmitFeedback(text="补录", progress=40, occurred_at=at("2021-12-30"), attachments=PROOF)
    act(log, "matter/m", received, OFFICE, at("2022-01-05"))
    assert reports(at("2022-01-05", "20:00")) == Rate(2, 2)
    assert reports(at("2022-01-04", "20:00")) == Rate(1, 2)
    for n in range(BLOCK // 2, BLOCK):
        act(log, f"matter/{n}", opening(f"其他事项（第{n}项）", lead=None), OFFICE, at("2022-01-06"))
    assert reports(at("2022-01-06", "20:00")) == Rate(2, 2)
    assert reports(at("2022-01-04", "20:00")) == Rate(1, 2)
    rebuild_read_model(log)
    assert reports(at("2022-01-06", "20:00")) == Rate(2, 2)
