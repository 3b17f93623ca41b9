"""A command's form, made of its model: what is asked and offered, and the command of what was filled in."""

import hashlib
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from domain import commands as c
from domain.base import FieldRefusal, Frozen, Refusal, Term
from domain.bounds import cleaned, within_bounds
from domain.calendar import SHANGHAI, local_date
from domain.facts import Attachment, MatterRef, NewPoint, UnitRef
from domain.matter import Matter
from domain.queries.spoken import spoken_date
from domain.rules.rhythm import usual_rhythm
from domain.terms import MatterClass
from eventlog import reading
from intake.directory import UnitIndex
from views.viewer import Viewer
from views.wording import validation_line
from web.acts import RARE, Act, label_of
from web.asking import the_matter, whole_number
from web.pages.submitting import Given, files_in

Options = tuple[tuple[str, str], ...]
PEOPLE = frozenset({"chair", "person", "from_person", "to_person", "basis.approver", "supervisor"})
SHORT = frozenset(
    {
        "new_title",
        "basis.no",
        "basis.text",
        "title",
        "source",
        "section",
        "campaign",
        "earlier",
        "inspector",
        "into",
        "leaders",
        "letter",
        "meeting",
        "people",
        "year",
    }
)
OF_MATTER = frozenset({"no", "point", "unit", "version"})
"""Chosen from what the matter has."""
COMPUTED = frozenset({"rhythm"})
"""What follows from something else of the form unless it is chosen."""
YES_OR_NO: dict[str, Options] = {
    "approve": (("yes", "同意"), ("no", "退回")),
    "grant": (("yes", "同意延期"), ("no", "不同意")),
}


@dataclass(frozen=True)
class FormField:
    """One field of a form."""

    name: str
    label: str
    kind: str
    """words, line, date, moment, choice, tick, files."""
    required: bool
    options: Options = ()
    default: str = ""
    """What holds when nothing else is chosen."""

    @property
    def rare(self) -> bool:
        """Whether it stands folded under the others."""
        return self.name in RARE


@dataclass(frozen=True)
class Filling:
    """What a form is made for: who fills it in, about which matter."""

    viewer: Viewer
    matter: Matter | None
    """None: of one that is not opened yet."""
    timeline: Sequence[dict[str, Any]] = ()


def fields_of(act: Act, filling: Filling) -> tuple[FormField, ...]:
    """What the form of an act asks about this matter."""
    return tuple(_field(act, name, filling) for name in act.fields if _is_asked(name, filling))


def _is_asked(name: str, filling: Filling) -> bool:
    """What can only be said by the office, or of a unit that answers by letter."""
    office = filling.viewer.actor.role == "office"
    by_letter = filling.matter is not None and filling.matter.by_letter
    return (name != "via" or office) and (name != "letter" or (office and by_letter))


def _field(act: Act, name: str, filling: Filling) -> FormField:
    annotation, required = type_of(act.kind, name)
    options = _options(act, name, annotation, filling)
    label = label_of(act, name)
    if options or name in YES_OR_NO:
        default = "" if name in COMPUTED else _default(act.kind, name)
        return FormField(name, label, "choice", required, YES_OR_NO.get(name) or options, default)
    if annotation is bool:
        return FormField(name, label, "tick", required=False)
    if _is_many(annotation) and get_args(annotation)[0] is Attachment:
        return FormField(name, label, "files", required=False)
    if annotation in (date, datetime):
        return FormField(name, label, "date" if annotation is date else "moment", required)
    return FormField(
        name, label, "line" if name in SHORT or (_is_many(annotation) and name != "points") else "words", required
    )


def _default(kind: type[Frozen], name: str) -> str:
    """The term a command has unless another is said."""
    field = kind.model_fields.get(name)
    return str(field.default.value) if field is not None and isinstance(field.default, Term) else ""


def type_of(kind: type[Frozen], name: str) -> tuple[Any, bool]:
    """The type of a field without what may be left out, and whether it must be filled in."""
    first, _, rest = name.partition(".")
    field = kind.model_fields[first]
    plain = _plain(field.annotation)
    if rest:
        return type_of(plain, rest)
    return plain, field.is_required()


def _plain(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain(next(a for a in get_args(annotation) if a is not type(None)))
    return annotation


def _is_many(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def _options(act: Act, name: str, annotation: Any, filling: Filling) -> Options:
    """What a field is chosen from; nothing when it is written."""
    if isinstance(annotation, type) and issubclass(annotation, Term):
        return tuple((term.value, term.label) for term in annotation)
    if annotation is UnitRef:
        return tuple((unit.id, unit.name) for unit in reading.units(filling.viewer.database))
    if name in PEOPLE:
        units = filling.viewer.units
        people = reading.people(filling.viewer.database)
        return tuple((p.id, f"{p.name}（{units(p.unit or '')}）") for p in people)
    if filling.matter is None:
        return ()
    return _numbered(act, filling, filling.matter) if name == "no" else _of_matter(name, filling, filling.matter)


def _of_matter(name: str, filling: Filling, matter: Matter) -> Options:
    """What a field is chosen from that speaks of something of the matter."""
    match name:
        case "point":
            dated = [p for p in matter.points if p.due is not None and not p.dropped]
            return tuple((str(p.no), f"{p.no}．{p.text}") for p in dated)
        case "unit":
            return tuple((unit, filling.viewer.units(unit)) for unit in sorted(matter.units))
        case "by":
            return tuple((asker, asker) for asker in (matter.origin.askers if matter.origin else ()))
        case "version":
            return tuple((str(e["version"]), f"{e['occurred_at'][:10]} {e['label']}") for e in filling.timeline)
    return ()


def _numbered(act: Act, filling: Filling, matter: Matter) -> Options:
    """What of a matter the number of this act means: points, open requests for coordination, cards."""
    names = filling.viewer.units
    match act.kind:
        case c.AnswerCoordination:
            return tuple((str(x.no), f"{x.no}．{names(x.unit)}：{x.text}") for x in matter.open_coordinations)
        case c.WithdrawCard:
            given = [x for x in matter.cards if x.withdrawn is None]
            return tuple((str(x.no), f"第{x.no}张 {x.card.label} {names(x.unit)}") for x in given)
        case c.ReviewPoint:
            return tuple((str(p.no), f"{p.no}．{p.text}") for p in matter.points if p.waits_for_review)
    return tuple((str(p.no), f"{p.no}．{p.text}") for p in matter.points if not p.dropped)


# --- what was filled in


def seen_mark(shown: object) -> str:
    """By which a form says what it showed, so that nobody overwrites unseen what changed since."""
    return hashlib.sha256(str(shown).encode()).hexdigest()[:16]


def check_filled(fields: Iterable[FormField], given: Given) -> None:
    """Refuse a form in which a field is empty that must not be, or a choice is none of those it offered.

    Raises:
        FieldRefusal: the first such field.
    """
    for field in fields:
        text, label = given[field.name], field.label.partition("（")[0]
        if field.required and field.kind not in ("tick", "files") and not text:
            raise FieldRefusal(field.name, f"请填写“{label}”")
        if field.kind == "choice" and text and text not in dict(field.options):
            raise FieldRefusal(field.name, f"“{label}”没有这一项，请重新选择")


def command_of(act: Act, given: Given, filling: Filling) -> Any:
    """The command a filled-in form means.

    Raises:
        FieldRefusal: a field must be filled in, or cannot be understood, or the model does not take it.
        ValidationError: the model does not take what no field of the form says.
    """
    fields: dict[str, Any] = {}
    for field in fields_of(act, filling):
        if field.kind == "files":
            viewer = filling.viewer
            fields[field.name] = files_in(viewer.database, viewer.actor.id, given, field.name, viewer.now)
            continue
        text = given[field.name]
        if not text and field.required and field.kind != "tick":
            raise FieldRefusal(
                field.name, f"请填写“{field.label}”" if field.kind != "choice" else f"请选择“{field.label}”"
            )
        if text or field.kind == "tick":
            _put(fields, field.name, _value(act, field, text, filling))
    fields |= _followed(act, fields, filling)
    try:
        command = cleaned(act.kind.model_validate(fields))
        within_bounds(command)
    except ValidationError as error:
        raise _of_field(act, error) or error from error
    except FieldRefusal as refusal:
        raise FieldRefusal(_asked_as(act, refusal.field.split(".")) or refusal.field, refusal.message) from refusal
    return command


def _of_field(act: Act, error: ValidationError) -> FieldRefusal | None:
    """What a model complains of, by the field of the form."""
    first = error.errors()[0]
    name = _asked_as(act, [str(part) for part in first["loc"] if not isinstance(part, int)])
    return None if name is None else FieldRefusal(name, validation_line([first], act.kind.__name__))


def _asked_as(act: Act, path: Sequence[str]) -> str | None:
    """The field of a form that asks for what stands at a path of the command; None where none does."""
    return next((name for name in (".".join(path), *path[:1]) if name in act.fields), None)


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    first, _, rest = name.partition(".")
    if rest:
        fields.setdefault(first, {})[rest] = value
    else:
        fields[first] = value


def _value(act: Act, field: FormField, text: str, filling: Filling) -> Any:
    annotation, _ = type_of(act.kind, field.name)
    if field.name in YES_OR_NO or annotation is bool:
        return text in ("yes", "1")
    try:
        return _read(annotation, text, filling)
    except Refusal as refusal:
        raise FieldRefusal(field.name, f"{field.label}：{refusal.message}") from refusal


def _read(annotation: Any, text: str, filling: Filling) -> Any:
    if annotation is date:
        return spoken_date(text, local_date(filling.viewer.now))
    if annotation is datetime:
        return _moment(text)
    if annotation is UnitRef:
        return _unit(text, filling)
    if annotation is MatterRef:
        matter = the_matter(filling.viewer, text)
        return MatterRef(stream=matter.stream, number=matter.number)
    if _is_many(annotation) and get_args(annotation)[0] is NewPoint:
        return tuple(_point(line, filling) for line in text.splitlines() if line.strip())
    if _is_many(annotation):
        names = [name.strip() for name in text.replace("，", "、").replace(",", "、").split("、") if name.strip()]
        of_units = get_args(annotation)[0] is UnitRef
        return tuple(_unit(name, filling) if of_units else _person(name, filling) for name in names)
    number = whole_number(text) if annotation is int else None
    return text if number is None else number


def _point(line: str, filling: Filling) -> NewPoint:
    """A point of a line: its words, its date and 阶段 behind semicolons."""
    words, *rest = (part.strip() for part in line.replace("；", ";").split(";"))
    stages = [part for part in rest if part in ("阶段", "阶段目标")]
    dates = [part.removeprefix("due=") for part in rest if part and part not in stages]
    if not words or len(dates) > 1:
        raise Refusal(f"要点“{line.strip()[:20]}”应写成 完成支护；6月30日", "malformed")
    due = spoken_date(dates[0], local_date(filling.viewer.now)) if dates else None
    return NewPoint(text=words, due=due, stage=bool(stages))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(f"看不懂时刻“{text[:20]}”", "malformed") from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _unit(name: str, filling: Filling) -> UnitRef:
    units = UnitIndex(reading.units(filling.viewer.database)).find(name)
    if len(units) != 1:
        raise Refusal(f"通讯录里没有单位“{name[:20]}”，或不止一个，请写全称", "malformed")
    return UnitRef(id=units[0].id, supervision=units[0].supervision)


def _person(name: str, filling: Filling) -> str:
    persons = [p for p in reading.people(filling.viewer.database) if name in (p.id, p.name)]
    if len(persons) != 1:
        raise Refusal(f"通讯录里没有“{name[:20]}”，或不止一位，请写编号", "malformed")
    return persons[0].id


def _followed(act: Act, fields: dict[str, Any], filling: Filling) -> dict[str, Any]:
    """What follows from who acts, and from what was said."""
    match act.kind:
        case c.OpenMatter if "rhythm" not in fields:
            klass = MatterClass.from_label(fields.get("klass", "")) or MatterClass.ORDINARY
            return {"rhythm": usual_rhythm(klass)}
        case c.RecordInstruction:  # who decides is told apart from who types
            return {"leader": filling.viewer.actor.id}
        case c.FollowMatter:
            return {"stop": filling.matter is not None and filling.viewer.actor.id in filling.matter.followers}
        case c.MergeMatter if "into" in fields:
            loaded = reading.load(filling.viewer.database, fields["into"].stream)
            return {"into_due": loaded.state.due if loaded and isinstance(loaded.state, Matter) else None}
    return {}
