"""归档: an ended matter becomes a file of the archives, under a 档号 and with its term; 停止销毁 holds it.

档号 after DA/T 13 (全宗 - 门类·年度 - 机构 - 件号), the terms 永久, 30年, 10年 of the rules on what offices keep.
"""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen, Term, refuse
from domain.envelope import LoggedEvent, NumberSeries
from domain.event import Event, decode
from domain.fold import Fold
from domain.matter import Matter

MOST_REASON = 200


class Retention(Term):
    """保管期限."""

    PERMANENT = "permanent", "永久"
    THIRTY_YEARS = "thirty_years", "30年"
    TEN_YEARS = "ten_years", "10年"

    def until(self, year: int) -> date | None:
        """The last day a file of that year is kept; None for ever."""
        years = {Retention.THIRTY_YEARS: 30, Retention.TEN_YEARS: 10}.get(self)
        return None if years is None else date(year + years, 12, 31)


class MatterArchived(Event):
    """归档: the matter as it ended, at `version`, of the year it ended in."""

    label: ClassVar[str] = "归档"
    no: str = ""
    """档号."""
    matter: str
    """The stream of the matter."""
    version: int
    year: int
    retention: Retention

    def series(self, at: datetime) -> NumberSeries:
        """XMH-WS·2022-DB-0001: gapless per year."""
        del at
        template = f"{{headquarters}}-WS·{self.year}-DB-{{n:04}}"
        return NumberSeries(series=f"archive/{self.year}", field="no", template=template)


class ArchiveRenewed(Event):
    """更新归档: the same file, after the matter went on and ended again, or with another term."""

    label: ClassVar[str] = "更新归档"
    no: str
    version: int
    year: int | None = None
    """The year it ended in this time, from which its term is counted."""
    retention: Retention


class ArchiveHeld(Event):
    """停止销毁: somebody still needs it, whatever its term."""

    label: ClassVar[str] = "停止销毁"
    reason: str


class ArchiveReleased(Event):
    """解除停止销毁."""

    label: ClassVar[str] = "解除停止销毁"
    reason: str


class ArchivedMatter(Frozen):
    """A matter in the archives, or held before it came there."""

    matter: str = ""
    no: str = ""
    version: int = 0
    year: int = 0
    retention: Retention = Retention.THIRTY_YEARS
    held: str | None = None
    """Why it may not be destroyed."""

    @property
    def until(self) -> date | None:
        """The last day it is kept; None for ever, or as long as it is held."""
        return None if self.held is not None else self.retention.until(self.year)


def archive_matter(
    known: ArchivedMatter | None, stream: str, matter: Matter, version: int, year: int, retention: Retention | None
) -> tuple[MatterArchived | ArchiveRenewed, ...]:
    """The event by which an ended matter is archived; none when it is, as it stands. No term is the one it has.

    Raises:
        Refusal: `not_ended`.
    """
    refuse(
        not matter.ended, f"{matter.number} {matter.stage.label}，还没有办结，不能归档；销号或撤销后再归档", "not_ended"
    )
    if known is None or not known.no:
        term = retention or Retention.THIRTY_YEARS
        return (MatterArchived(matter=stream, version=version, year=year, retention=term),)
    term = retention or known.retention
    if (known.version, known.retention) == (version, term):
        return ()
    return (ArchiveRenewed(no=known.no, version=version, year=year, retention=term),)


def hold_archive(known: ArchivedMatter | None, reason: str) -> ArchiveHeld:
    """停止销毁.

    Raises:
        Refusal: `held` already; `malformed`.
    """
    refuse(known is not None and known.held is not None, "已经停止销毁", "held")
    return ArchiveHeld(reason=_reason(reason))


def release_archive(known: ArchivedMatter | None, reason: str) -> ArchiveReleased:
    """解除停止销毁.

    Raises:
        Refusal: `not_held`; `malformed`.
    """
    refuse(known is None or known.held is None, "没有停止销毁，不需要解除", "not_held")
    return ArchiveReleased(reason=_reason(reason))


def check_not_held(known: ArchivedMatter | None, what: str) -> None:
    """Refuse to destroy what is held.

    Raises:
        Refusal: `held`.
    """
    held = known.held if known else None
    refuse(held is not None, f"已停止销毁（{held}），不能{what}；请先用 xmh archive release 解除", "held")


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    wrong = not plain or len(plain) > MOST_REASON or not plain.isprintable()
    refuse(wrong, f"请写明理由，一行、不超过{MOST_REASON}字", "malformed")
    return plain


def evolve_archive(state: ArchivedMatter | None, recorded: LoggedEvent) -> ArchivedMatter:
    """Fold one event of a matter's place in the archives."""
    known, event = state or ArchivedMatter(), decode(recorded)
    match event:
        case MatterArchived(no=no, matter=matter, version=version, year=year, retention=retention):
            changed = {"no": no, "matter": matter, "version": version, "year": year, "retention": retention}
            return known.model_copy(update=changed)
        case ArchiveRenewed(version=version, year=year, retention=retention):
            return known.model_copy(update={"version": version, "year": year or known.year, "retention": retention})
        case ArchiveHeld(reason=reason):
            return known.model_copy(update={"held": reason})
        case ArchiveReleased():
            return known.model_copy(update={"held": None})
    raise TypeError(f"{type(event).__name__} does not belong to the archives")


FOLD = Fold(ArchivedMatter, evolve_archive)
