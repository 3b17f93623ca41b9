"""The day a page shows: now, or an earlier one, with the ways to its neighbours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.calendar import SHANGHAI, local_date
from domain.queries.spoken import said_date
from eventlog import reading
from web.asking import asked_moment, past_instant

if TYPE_CHECKING:
    from eventlog.reading import Moment
    from web.pages.rendering import Visitor


MOST_MET = 5


@dataclass(frozen=True)
class AskedDay:
    """What an address asks of time."""

    moment: "Moment | None" = None
    asked: dict[str, str] | None = None
    """How the address says it, for links that keep it."""
    banner: str = ""
    day: str = ""
    earlier: str = ""
    later: str = ""
    """Days as an address says them; nothing comes after today."""
    met: tuple[str, ...] = ()
    """The days of the last meetings by then, the newest first, for who reads all: what was said there is known then."""

    @staticmethod
    def now() -> "AskedDay":
        """Now."""
        return AskedDay(asked={})

    @property
    def is_asked(self) -> bool:
        """Whether another day is asked for than what is shown anyway."""
        return bool(self.asked)

    @property
    def kept(self) -> dict[str, str]:
        """What a link says to stay on this day."""
        return self.asked or {}


def asked_day(visitor: "Visitor", as_of: str, known_at: str = "") -> AskedDay:
    """The day an address asks for.

    Raises:
        Refusal: `malformed`: it is none, or has not come.
    """
    viewer = visitor.viewer
    today, met = local_date(viewer.now), _met(visitor, as_of or known_at)
    moment = asked_moment(viewer, as_of, known_at)
    if moment is None or not (as_of or known_at):
        return AskedDay(moment=moment, asked={}, earlier=(today - timedelta(days=1)).isoformat(), met=met)
    shown = local_date(moment.as_of)
    later = shown + timedelta(days=1)
    known = "当时所知" if known_at else ""
    return AskedDay(
        moment=moment,
        asked={name: value for name, value in (("as_of", as_of), ("known_at", known_at)) if value},
        banner=f"以下是 {_said(moment.as_of)}{known}的情况，由日志还原，只供查看",
        day=shown.isoformat(),
        earlier=(shown - timedelta(days=1)).isoformat(),
        later=later.isoformat() if later < today else "",
        met=met,
    )


def _met(visitor: "Visitor", asked: str) -> tuple[str, ...]:
    """The days of the last meetings that were held by the day asked for."""
    if not visitor.viewer.rights.whole:
        return ()
    until = past_instant(asked) if asked else visitor.viewer.now
    held = (m for m in reading.meetings(visitor.viewer.database) if m.ordinal is not None and m.starts <= until)
    return tuple(sorted({local_date(m.starts).isoformat() for m in held}, reverse=True)[:MOST_MET])


def _said(instant: datetime) -> str:
    local = instant.astimezone(SHANGHAI)
    ends = local.hour == 23 and local.minute == 59  # noqa: PLR2004  (the end of a day)
    return said_date(local.date()) if ends else f"{said_date(local.date())} {local:%H:%M}"
