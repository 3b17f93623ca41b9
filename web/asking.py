"""What the address of a request asks: which matters, of which day."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from domain.base import Refusal, Term, refuse
from domain.bounds import plausible, seen
from domain.calendar import SHANGHAI, end_of_day
from domain.queries.matter_filter import MatterFilter
from domain.sight import Sight
from domain.terms import KeyFlag, Light, MatterClass, Rung, Stage, Urgency
from eventlog import reading
from eventlog.reading import ListedMatter, Moment
from intake.directory import UnitIndex
from views.viewer import Viewer

if TYPE_CHECKING:
    from eventlog.database import Database

_TERMS: dict[str, type[Term]] = {
    "stage": Stage,
    "light": Light,
    "class": MatterClass,
    "urgency": Urgency,
    "flag": KeyFlag,
    "rung": Rung,
}
_FIELD = {"class": "klass", "text": "words"}
MOST_FIGURES = 9
"""Figures of a whole number; nothing of ours is counted so far, and Python reads no number of thousands of figures."""


def the_matter(viewer: Viewer, no: str) -> ListedMatter:
    """The matter of that number, of those he may know of; numbers can be guessed, so what is not his is not there.

    Raises:
        Refusal: `not_found`.
    """
    matter = reading.matter_of_number(viewer.database, no.strip().upper())
    if matter is None or not viewer.rights.sees(matter.stream, Sight.LISTED):
        raise Refusal(f"没有编号为 {seen(no)[:40]} 的事项", "not_found")
    return matter


def asked_filter(database: "Database", asked: dict[str, Any]) -> MatterFilter:
    """The choice an address makes, in the words and terms of `task list`.

    Raises:
        Refusal: `malformed`: a term, unit or person nobody knows.
    """
    given = {name: value for name, value in asked.items() if value not in (None, "", False)}
    fields = {_FIELD.get(name, name): _value(database, name, value) for name, value in given.items()}
    wanted = MatterFilter(**fields)
    backwards = wanted.due_from is not None and wanted.due_to is not None and wanted.due_from > wanted.due_to
    refuse(backwards, f"时限范围写反了：{wanted.due_from} 晚于 {wanted.due_to}", "malformed")
    return wanted


def _value(database: "Database", name: str, value: Any) -> Any:
    if name in _TERMS:
        member = _TERMS[name].from_label(str(value).strip().removesuffix("灯"))
        known = "、".join(m.value for m in _TERMS[name])
        if member is None:
            raise Refusal(f"{name} 没有“{seen(str(value))[:20]}”这一项，可填：{known}", "malformed")
        return member
    if name in ("lead", "assist"):
        units = UnitIndex(reading.units(database)).find(str(value))
        refuse(len(units) != 1, f"{name}：通讯录里没有单位“{seen(str(value))[:40]}”，或不止一个；请写编号", "malformed")
        return units[0].id
    if name in ("leader", "supervisor", "person"):
        people = [p for p in reading.people(database, former=True) if value in (p.id, p.name)]
        refuse(len(people) != 1, f"{name}：通讯录里没有“{seen(str(value))[:40]}”，或不止一位；请写编号", "malformed")
        return people[0].id
    return value


def asked_moment(viewer: Viewer, text: str | None, known: str | None = None) -> Moment | None:
    """What had happened by a day or moment of the past, what was known at one, or both; None when now is asked for.

    Raises:
        Refusal: `malformed`: it is none, or has not come.
    """
    if text:
        return reading.happened_by(viewer.database, past_instant(text), past_instant(known) if known else None)
    return reading.moment_at(viewer.database, past_instant(known)) if known else viewer.shown


def whole_number(text: str) -> int | None:
    """A number as an address or a form says it; None of what is none, or beyond all there could be."""
    return int(text) if text.isdecimal() and len(text) <= MOST_FIGURES else None


def past_instant(text: str) -> datetime:
    """A moment of the past: 2022-03-31 is the end of that day, today means now.

    Raises:
        Refusal: `malformed`.
    """
    now = datetime.now(UTC)
    try:
        if len(text.strip()) == len("2022-03-31"):
            day = plausible(date.fromisoformat(text.strip()))
            instant = end_of_day(day)
            if day == now.astimezone(SHANGHAI).date():
                instant = now
        else:
            instant = datetime.fromisoformat(text.strip())
            instant = instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)
            plausible(instant.date())
    except ValueError:
        unreadable = f"看不懂时刻“{seen(text)[:40]}”，请写成 2022-03-31 或 2022-03-31T17:30"
        raise Refusal(unreadable, "malformed") from None
    refuse(instant > now, f"{seen(text)[:40]} 还没有到，请写现在或以前的时刻", "malformed")
    return instant
