"""待办 leaves no matter out for being quick: what it says is what every state, folded anew, says one by one."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import commands as c
from domain.calendar import local_date
from domain.deadlines import owed
from domain.matter import Matter
from domain.terms import Stage, Urgency
from eventlog import reading
from eventlog.database import Database
from tests.eventlog.test_list_rows import MONDAY, STEPS, live, living_from_events
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, founded, opening
from views.viewer import Viewer
from views.worklist import SOON_WORKDAYS, comes_next, worklist


def first_of_all(log: Database, at: datetime) -> tuple[str, str, str] | None:
    """What falls due first, every deadline of every living matter asked for."""
    rulebook = reading.rulebook(log)
    coming = [
        (d.at, m.number, d.kind.label) for m in living_from_events(log) for d in owed(m, rulebook, at) if d.at > at
    ]
    return (min(coming)[0].isoformat(), *min(coming)[1:]) if coming else None


def soon_of_all(log: Database, at: datetime) -> list[str]:
    """What is due within so many working days, counted of every living matter."""
    calendar = reading.rulebook(log).calendar

    def soon(m: Matter) -> bool:
        going_on = m.stage is not Stage.SUSPENDED and not m.ended
        return going_on and calendar.workdays_between(local_date(at), m.due) <= SOON_WORKDAYS

    return sorted(m.number for m in living_from_events(log) if soon(m))


@settings(max_examples=12)
@given(steps=st.lists(STEPS, min_size=3, max_size=10), urgency=st.sampled_from(Urgency))
def test_what_comes_next_is_the_first_of_all_that_is_owed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], urgency: Urgency
) -> None:
    with founded(f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}") as log:
        now = MONDAY
        for n in range(3):
            wish = opening(f"第{n}项", due=(MONDAY + timedelta(days=18 + 9 * n)).date(), urgency=urgency)
            act(log, f"matter/m{n}", wish, OFFICE, now)
            act(log, f"matter/m{n}", c.AcceptReceipt(), LIAISON, now)
        for number, (step, first, second) in enumerate(steps):
            now = live(log, now, f"step-{number}", step, first, second)
            for hours in (0, 5, 13, 60, 24 * 9):
                at = now + timedelta(hours=hours)
                viewer = Viewer(log, OFFICE, at)
                coming = comes_next(viewer)
                shown = coming and (coming["at"], coming["matter"], coming["label"])
                assert shown == first_of_all(log, at), (step, hours)
                assert [m["matter"] for m in worklist(viewer)["due_soon"]] == soon_of_all(log, at), (step, hours)
