"""What had happened by a moment, and what was known at it: a report typed in later tells them apart."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.envelope import Recorded
from domain.evolve import evolve
from domain.facts import Attachment
from domain.lights import light
from domain.matter import Matter
from domain.queries.list_row import past_row
from eventlog import reading
from eventlog.database import Database
from tests.support.history import act, tick
from tests.support.homes import at, founded_home, home, log
from tests.support.office import LIAISON, OFFICE, founded, opening, sqlite

__all__ = ["founded_home", "home", "log"]
STREAM = "matter/axes"
START = at("2022-03-07")
PROOF = (Attachment(name="凭据.png", sha256="0" * 64, size=1),)
STEPS = st.lists(
    st.tuples(
        st.integers(1, 90),
        st.sampled_from(["report", "late report", "late report", "coordinate", "extend", "inspect"]),
        st.integers(1, 400),
    ),
    min_size=3,
    max_size=12,
)


def folded(events: Iterable[Recorded]) -> Matter | None:
    state: Matter | None = None
    for event in events:
        state = evolve(state, event)
    return state


def live(log: Database, steps: list[tuple[int, str, int]]) -> datetime:
    """A life of so many acts; what a rule refuses did not happen. When it ends."""
    now = START
    act(log, STREAM, opening(due=at("2022-04-29").date()), OFFICE, now)
    act(log, STREAM, c.AcceptReceipt(), LIAISON, now + timedelta(hours=1))
    for hours, what, back in steps:
        now += timedelta(hours=hours)
        tick(log, now)
        occurred = now - timedelta(hours=back) if what == "late report" else None
        command: Frozen = {
            "coordinate": c.AnswerCoordination(text="可"),
            "extend": c.RequestExtension(to=at("2022-05-20").date(), reason="慢"),
            "inspect": c.InspectMatter(text="看过"),
        }.get(what) or c.SubmitFeedback(text="进展", progress=back % 100, occurred_at=occurred, attachments=PROOF)
        try:
            act(log, STREAM, command, OFFICE if back % 2 else LIAISON, now)
        except Refusal:
            continue
    return now


@given(steps=STEPS, hours=st.integers(0, 600), more=st.integers(0, 400))
@settings(max_examples=15, deadline=None)
def test_each_axis_is_the_fold_of_what_belongs_to_it(steps: list[tuple[int, str, int]], hours: int, more: int) -> None:
    with TemporaryDirectory() as folder, founded(sqlite(Path(folder))) as log:
        instant = START + timedelta(hours=hours)
        check(log, live(log, steps), instant, instant + timedelta(hours=more))


def check(log: Database, end: datetime, instant: datetime, later: datetime) -> None:
    """Both axes, and the two together, against plain folds of what belongs to them."""
    later = min(later, end)
    everything = reading.read_stream(log, STREAM)

    def seen(moment: reading.Moment) -> Matter | None:
        events = reading.read_stream(log, STREAM, moment=moment)
        states = {s.stream: s.state for s in reading.matter_states(log, moment=moment)}
        state = states.get(STREAM)
        assert state == folded(events), "a list and a single matter see the same"
        assert state is None or isinstance(state, Matter)
        rows = [past_row(state) for state in states.values() if isinstance(state, Matter)]
        assert reading.past_list_rows(log, moment) == tuple(rows), (
            "and so does the list that reads no state it need not"
        )
        living = [state for state in states.values() if isinstance(state, Matter) and not state.settled]
        assert [one.state for one in reading.open_states(log, "matter", moment)] == living
        if state is not None:
            light(state, reading.rulebook(log, moment.position), moment.as_of)
        return state

    known = folded(e for e in everything if e.recorded_at <= instant)
    assert seen(reading.moment_at(log, instant)) == known
    happened = [e for e in everything if e.recorded_at <= instant or e.occurred_at <= instant]
    assert seen(reading.happened_by(log, instant)) == folded(happened)
    by_then = [e for e in happened if e.recorded_at <= later]
    assert seen(reading.happened_by(log, instant, later)) == folded(by_then)
    if all(e.recorded_at <= instant for e in happened):
        assert seen(reading.happened_by(log, instant)) == known, "they differ only where something was typed in later"


@pytest.mark.parametrize("moment", [at("2022-03-10"), at("2022-03-11"), at("2022-03-14")])
def test_a_report_entered_later_had_happened_and_was_not_known(log: Database, moment: datetime) -> None:
    act(log, STREAM, opening(), OFFICE, START)
    act(log, STREAM, c.AcceptReceipt(), LIAISON, START + timedelta(hours=1))
    late = c.SubmitFeedback(text="至三层", progress=30, occurred_at=at("2022-03-09"))
    act(log, STREAM, late, LIAISON, at("2022-03-15"))

    def progress(asked: reading.Moment) -> int:
        state = folded(reading.read_stream(log, STREAM, moment=asked))
        assert state is not None
        return state.progress

    assert progress(reading.happened_by(log, moment)) == 30
    assert progress(reading.moment_at(log, moment)) == 0
    assert progress(reading.happened_by(log, moment, at("2022-03-14", "23:00"))) == 0
    assert progress(reading.happened_by(log, moment, at("2022-03-15", "11:00"))) == 30
