"""The reporting windows of a matter as one value: what was asked of whom, and how each window ended.

Every figure about reports (漏报几次, 连续几次, 按时几次) is derived from it, so that no two of them can disagree. The
ledger stays small: answered windows behind the latest answered one are summed up once their period is over; missed
and withdrawn ones are kept, for a 漏报 may be withdrawn much later.
"""

from datetime import datetime
from typing import Self

from domain.base import Frozen, Term, of_checked_values
from domain.calendar import local_date
from domain.facts import Window
from domain.windows import period_end


class WindowEnd(Term):
    """How a reporting window ended."""

    ANSWERED = "answered", "按时反馈"
    LATE = "late", "补报"
    """Missed, and made up for within the first days of the next one."""
    MISSED = "missed", "漏报"
    WITHDRAWN = "withdrawn", "漏报已撤销"
    """Called missed at first; the report had come in time."""
    NOT_OWED = "not_owed", "不再要求"
    """It gave way before it closed: another rhythm, 暂缓, 改派, 办结申请. The same period may be asked again."""


@of_checked_values
class ReportWindow(Window):
    """One reporting window for good: of whom it was asked, and how it ended."""

    lead: str
    """The unit it was asked of: who led the matter when it opened."""
    spell: int = 0
    """In which unbroken spell of handling it was asked, see `WindowLedger.spell`."""
    end: WindowEnd | None = None
    """None while it is running."""
    report: int | None = None
    """Version of the event that answered it, or made up for it."""
    returned: bool = False
    """Its report was returned: it closes when the office said, not with its period."""

    @property
    def answered(self) -> bool:
        """Whether a report answered it, in time or late."""
        return self.report is not None


class WindowLedger(Frozen):
    """The windows of a matter: those behind, the latest last, and the one that is running."""

    behind: tuple[ReportWindow, ...] = ()
    running: ReportWindow | None = None
    spell: int = 0
    """Counts the beginnings of handling: 改派, 恢复, 重开, 退回重办. 连续漏报 never reaches behind one."""
    summed: int = 0
    """How many windows answered in time are no longer listed."""

    # --- what is derived

    @property
    def row(self) -> tuple[ReportWindow, ...]:
        """连续漏报: the windows missed in a row up to now, in this spell; any answer ends the row."""
        if self.running is not None and self.running.answered:
            return ()
        windows: list[ReportWindow] = []
        for window in reversed(self.behind):
            if window.end is WindowEnd.NOT_OWED:
                continue
            if window.end is not WindowEnd.MISSED or window.spell != self.spell:
                break
            windows.append(window)
        return tuple(reversed(windows))

    @property
    def missed(self) -> tuple[ReportWindow, ...]:
        """Every 漏报 that stands, made up for or not."""
        return tuple(w for w in self.behind if w.end in (WindowEnd.MISSED, WindowEnd.LATE))

    @property
    def closes(self) -> datetime | None:
        """When the running window closes; None when none runs."""
        return None if self.running is None else self.running.closes

    @property
    def late(self) -> int:
        """How many were made up for."""
        return sum(w.end is WindowEnd.LATE for w in self.behind)

    @property
    def on_time(self) -> int:
        """How many were answered in time, the running one and those found out later included."""
        running = self.running is not None and self.running.answered
        return self.summed + running + sum(w.end in (WindowEnd.ANSWERED, WindowEnd.WITHDRAWN) for w in self.behind)

    @property
    def judged(self) -> frozenset[str]:
        """Keys of the windows that were answered or missed: none is asked a second time."""
        running = [self.running.key] if self.running is not None and self.running.answered else []
        return frozenset([w.key for w in self.behind if w.end is not WindowEnd.NOT_OWED] + running)

    def judged_after(self, key: str) -> tuple[str, ...]:
        """Keys of the windows that were judged after that one."""
        places = [n for n, w in enumerate(self.behind) if w.key == key and w.end is not WindowEnd.NOT_OWED]
        later = self.behind[places[-1] + 1 :] if places else ()
        return tuple(w.key for w in later if w.end is not WindowEnd.NOT_OWED)

    @property
    def good_until(self) -> datetime | None:
        """Until when an answer of this spell is still good; None when none is."""
        answered = [w for w in self.behind if w.end is WindowEnd.ANSWERED and w.spell == self.spell]
        if self.running is not None and self.running.answered:
            answered.append(self.running)
        return max((w.closes for w in answered), default=None)

    def asked(self, unit: str, moment: datetime) -> ReportWindow | None:
        """The window this unit was asked for at a moment; its first day counts from the morning."""
        listed = (*self.behind, *([self.running] if self.running is not None else []))
        owed = [w for w in listed if w.lead == unit and w.end is not WindowEnd.NOT_OWED]
        fits = [w for w in owed if local_date(w.opens) <= local_date(moment) and moment <= w.closes]
        return min(fits, key=lambda w: w.closes, default=None)

    def find(self, key: str | None) -> ReportWindow | None:
        """The window with that key that is running, or was answered or missed."""
        if self.running is not None and self.running.key == key:
            return self.running
        return self._behind(key)

    # --- what happens to it

    def open(self, window: Window, lead: str) -> Self:
        """Another window runs; the one before gives way."""
        running = ReportWindow(key=window.key, opens=window.opens, closes=window.closes, lead=lead, spell=self.spell)
        return self._update(running=running, **self._summed_up(self._all_behind(), window.opens))

    def move(self, closes: datetime) -> Self:
        """The running window closes at another moment."""
        return (
            self if self.running is None else self._update(running=self.running.model_copy(update={"closes": closes}))
        )

    def answer(self, key: str, report: int) -> Self:
        """A report answers the running window. The first one counts; of a window behind see `withdraw`."""
        if self.running is None or self.running.key != key:
            return self._changed(key, report=report)
        if self.running.answered:
            return self
        return self._update(running=self.running.model_copy(update={"report": report}))

    def miss(self, window: Window, lead: str) -> Self:
        """漏报: the window closed without an answer."""
        running = self.running
        asked = running if running is not None and running.key == window.key else None
        asked = asked or ReportWindow(**dict(window), lead=lead, spell=self.spell)
        return self._update(running=None if asked is running else running, behind=(*self.behind, _ended(asked)))

    def make_up(self, key: str, report: int) -> Self:
        """补报: a late report makes up for a missed window."""
        window = self.find(key)
        if window is None or window.end is not WindowEnd.MISSED:
            return self
        return self._changed(key, end=WindowEnd.LATE, report=report)

    def withdraw(self, key: str) -> Self:
        """撤销漏报: the report had come in time."""
        return self._changed(key, end=WindowEnd.WITHDRAWN)

    def reopen(self, key: str, until: datetime) -> Self:
        """退回反馈: an answered window runs again until then; one that runs meanwhile gives way, and comes after it."""
        if self.running is not None and self.running.key == key:
            back, rest = self.running, self._update(running=None)
        else:
            behind = self._behind(key)
            if behind is None:
                return self
            back, rest = behind, self._update(behind=tuple(w for w in self.behind if w is not behind)).put_away()
        again = {"closes": until, "spell": self.spell, "end": None, "report": None, "returned": True}
        return rest._update(running=back.model_copy(update=again))

    def put_away(self) -> Self:
        """The running window ends at once: what was answered stays so, the rest is no longer owed."""
        return self if self.running is None else self._update(running=None, behind=self._all_behind())

    def begin_anew(self) -> Self:
        """Handling begins anew, or stops: what was missed before is not held against what comes."""
        return self.put_away()._update(spell=self.spell + 1)

    # --- how

    def _all_behind(self) -> tuple[ReportWindow, ...]:
        """The windows behind when the running one has given way."""
        running = self.running
        if running is None:
            return self.behind
        end = WindowEnd.ANSWERED if running.answered else WindowEnd.NOT_OWED
        return (*self.behind, running.model_copy(update={"end": end}))

    def _update(self, **change: object) -> Self:
        return self.model_copy(update=change)

    def _behind(self, key: str | None) -> ReportWindow | None:
        """The latest one with that key that was asked to its end."""
        place = self._place(key)
        return None if place is None else self.behind[place]

    def _place(self, key: str | None) -> int | None:
        """Where it stands."""
        for place in range(len(self.behind) - 1, -1, -1):
            window = self.behind[place]
            if window.key == key and window.end is not WindowEnd.NOT_OWED:
                return place
        return None

    def _changed(self, key: str, **change: object) -> Self:
        """The window behind with that key changed."""
        place = self._place(key)
        if place is None:
            return self
        changed = self.behind[place].model_copy(update=change)
        return self._update(behind=(*self.behind[:place], changed, *self.behind[place + 1 :]))

    def _summed_up(self, behind: tuple[ReportWindow, ...], now: datetime) -> dict[str, object]:
        """The windows behind, and how many are summed up, without those nobody needs any more.

        A period may be asked again until it is over, and an answer ends a row.
        """
        answered, not_owed = WindowEnd.ANSWERED, WindowEnd.NOT_OWED
        ends = [w.end for w in behind]
        if ends.count(answered) <= 1 and not_owed not in ends:
            return {"behind": behind}  # nearly always, and a ledger may be long
        settled = [n for n, end in enumerate(ends) if end is answered or end is not_owed]
        last, today = max((n for n in settled if ends[n] is answered), default=None), local_date(now)
        over = [n for n in settled if n != last and period_end(behind[n].key) < today]
        kept = list(behind)
        for n in reversed(over):
            del kept[n]
        return {"behind": tuple(kept), "summed": self.summed + [ends[n] for n in over].count(answered)}


def _ended(window: ReportWindow) -> ReportWindow:
    """As it is when it closes; answered after all only in a log that says both."""
    return window.model_copy(update={"end": WindowEnd.MISSED, "report": None})
