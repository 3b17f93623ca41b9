"""What people of a universe want: commands to matters and to a meeting, most of them when windows close."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain import commands as c
from domain.envelope import Actor
from domain.facts import NewPoint
from domain.meetings import commands as m
from domain.meetings.meeting import AgendaItem
from domain.meetings.series import DEFAULT_SERIES
from domain.meetings.terms import Outcome
from domain.terms import Rhythm, SuspensionReason
from tests.support.office import HEAD, LEAD, LEADER, LIAISON, LIST, OFFICE, OTHER, SECOND
from tests.universe.world import BASE, DAY, HOUR, MINUTE, MS
from tests.universe.world import SECOND as A_SECOND

MEETING = "meeting/u0"
CLOSING = 7 * HOUR
"""17:00 in the office, counted from BASE: when feedback windows close."""


@dataclass(frozen=True)
class Wish:
    """One command a person wants carried out, and how long he waits before he asks again."""

    at: int
    order_id: str
    stream: str
    command: Any
    actor: Actor
    retries: tuple[int, ...]


class Wishes:
    """All wishes of a universe, and the moments about which they crowd."""

    def __init__(self, seed: int, size: int, days: int) -> None:
        self._luck = luck = random.Random(f"wishes/{seed}")
        self.bursts = self._bursts(days)
        self.all: list[Wish] = []
        self.streams = [f"matter/u{n}" for n in range(luck.randint(2, 4))]
        self._days = days
        for n, stream in enumerate(self.streams):
            self._opened(n, stream)
        if luck.random() < 0.5:
            self._meeting()
        while len(self.all) < size:
            self._one()

    def _bursts(self, days: int) -> list[int]:
        luck, bursts = self._luck, [0]
        for _ in range(luck.randint(4, 7)):
            day = luck.randint(0, days - 1)
            hour = luck.choice((CLOSING, CLOSING, CLOSING, -HOUR, 8 * HOUR, luck.randint(0, 24 * 60) * MINUTE))
            bursts.append(max(day * DAY + hour + luck.randint(-8, 4) * A_SECOND, 3 * MINUTE))
        return sorted(bursts)

    def _add(self, at: int, stream: str, command: Any, actor: Actor) -> None:
        retries = tuple(self._luck.randint(0, 90) * A_SECOND for _ in range(self._luck.choice((0, 1, 2, 3))))
        self.all.append(Wish(at, f"wish-{len(self.all):04d}", stream, command, actor, retries))

    def _some_day(self) -> date:
        return date(2022, 3, 8) + timedelta(days=self._luck.randint(1, self._days + 5))

    def _opening(self, stream: str, due: date) -> c.OpenMatter:
        rhythm = self._luck.choice((Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.WEEKLY))
        return c.OpenMatter(title=f"事项{stream[-3:]}", due=due, basis=LIST, lead=LEAD, rhythm=rhythm)

    def _opened(self, n: int, stream: str) -> None:
        """The same opening, perhaps by two people at once; mostly signed for soon."""
        luck = self._luck
        at = self.bursts[min(n // 2, len(self.bursts) - 1)] + luck.randint(0, 20) * A_SECOND
        told = self._opening(stream, self._some_day())
        for _ in range(luck.choice((1, 1, 2))):
            self._add(at + luck.randint(0, 3000) * MS, stream, told, OFFICE)
        if luck.random() < 0.7:
            self._add(at + luck.randint(1, 20) * A_SECOND, stream, c.AcceptReceipt(), luck.choice((LIAISON, HEAD)))

    def _meeting(self) -> None:
        """One meeting with an item for each matter; urgent outcomes reach their matters before the minutes."""
        luck = self._luck
        starts = self.bursts[luck.randint(1, min(3, len(self.bursts) - 1))]
        series = next(s for s in DEFAULT_SERIES if s.id == "weekly")
        convene = m.ConveneMeeting(
            series=series, starts=BASE + timedelta(microseconds=starts), chair="leader", reason="急事", emergency=True
        )
        self._add(luck.randint(0, 30) * A_SECOND, MEETING, convene, OFFICE)
        for n, stream in enumerate(self.streams):
            item = AgendaItem(key=stream, title=f"事项{n}", matter=stream)
            self._add(luck.randint(40, 150) * A_SECOND, MEETING, m.AddItem(item=item), OFFICE)
        self._add(starts + luck.randint(0, 9) * A_SECOND, MEETING, m.OpenMeeting(), OFFICE)
        for n in range(1, len(self.streams) + 1):
            for _ in range(luck.choice((1, 1, 2))):
                outcome = luck.choice((Outcome.CONTINUED, Outcome.LIMITED, Outcome.LISTED, Outcome.NEW_MATTER))
                due = self._some_day() if outcome in (Outcome.LIMITED, Outcome.NEW_MATTER) else None
                title = f"新事项{len(self.all)}" if outcome is Outcome.NEW_MATTER else None
                decided = m.DecideItem(
                    item=n, outcome=outcome, text="抓紧", due=due, new_title=title, lead=LEAD if title else None,
                    urgent=luck.random() < 0.6,
                )  # fmt: skip
                self._add(starts + luck.randint(10, 60) * A_SECOND, MEETING, decided, LEADER)
        self._add(starts + luck.randint(70, 110) * A_SECOND, MEETING, m.SignMinutes(over="会议要求"), LEADER)

    def _one(self) -> None:
        luck, n = self._luck, len(self.all)
        at = luck.choice(self.bursts) + luck.randint(0, 25_000) * MS
        stream = luck.choice(self.streams)
        roll = luck.random()
        if roll < 0.92:
            command, actor = self._at_a_matter(roll, n)
            self._add(at, stream, command, actor)
        elif roll < 0.96:
            late = f"matter/x{n}"
            self._add(at, late, self._opening(late, date(2022, 1, 4)), OFFICE)  # due in the past: refused
        else:
            new = f"matter/y{n}"
            self._add(at, new, self._opening(new, self._some_day()), OFFICE)

    def _at_a_matter(self, roll: float, n: int) -> tuple[Any, Actor]:
        luck = self._luck
        until = date(2022, 3, 8) + timedelta(days=luck.randint(1, self._days))
        unit = luck.choice((LIAISON, HEAD))
        shares: tuple[tuple[float, Any, Actor], ...] = (
            (0.40, c.SubmitFeedback(text=f"第{n}次", progress=luck.randint(1, 9) * 10),
             luck.choice((LIAISON, LIAISON, HEAD, OFFICE, OTHER))),
            (0.50, c.IssueUrge(reason=f"催{n}"), luck.choice((OFFICE, OFFICE, LIAISON))),
            (0.56, c.AddPoint(point=NewPoint(text=f"要点{n}")), OFFICE),
            (0.60, c.ChangeRhythm(rhythm=luck.choice((Rhythm.DAILY, Rhythm.WEEKLY))), OFFICE),
            (0.65, c.AcceptReceipt(), unit),
            (0.69, c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=until), OFFICE),
            (0.74, c.ResumeMatter(), OFFICE),
            (0.78, c.RequestClosure(text=f"办结{n}", over_unfinished="已够"), unit),
            (0.845, c.ReviewClosure(approve=luck.random() < 0.4, text="审核", over_unfinished="已够"), SECOND),
            (0.85, c.CancelMatter(reason="另行安排"), OFFICE),
            (0.89, c.ReopenMatter(reason="重开", due=date(2022, 4, 20)), OFFICE),
            (0.92, c.EscalateMatter(reason="升级"), OFFICE),
        )  # fmt: skip
        return next((command, actor) for share, command, actor in shares if roll < share)
