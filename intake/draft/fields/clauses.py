"""Responsibility clauses: the bracket, the labelled line, the phrase; who leads, who helps, and until when."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from intake.draft.fields import names
from intake.draft.rules import deadlines, responsibility
from intake.draft.rules.responsibility import StatedDuty
from intake.draft.text import NOTHING, View

_BRACKET = re.compile(r"（(?P<inner>[^（）]*(?:（[^（）]*）[^（）]*)*)）")
_AT_END = re.compile(r"^[。；]?(?:$|(?=（))|^[。；]")
_PHRASE_END = re.compile(r"[，；。]|(?<=牵头)、|(?<=负责)、|(?<=主办)、|(?<=配合)、|(?<=协办)、")
_ASKED = re.compile(r"^(?:由|请|建议|提请|商请|恳请|责成)(?=[一-鿿]{2})")
_WORD = re.compile(r"[一-鿿A-Za-z0-9]")
_MOST_LABEL_VALUE = 400


@dataclass(slots=True)
class TaskClauses:
    """What one or more clauses say of a task. `shared` are responsible units of which none is said to lead."""

    lead: list[View] = field(default_factory=list)
    assist: list[View] = field(default_factory=list)
    shared: list[View] = field(default_factory=list)
    leaders: list[View] = field(default_factory=list)
    persons: list[View] = field(default_factory=list)
    due: list[View] = field(default_factory=list)
    rhythm: list[View] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """What stands behind labels nobody knows."""
    ditto: bool = False
    parts: list[View] = field(default_factory=list)
    """The stretches of text the clause was read from."""

    def completed(self, above: "TaskClauses | None") -> tuple["TaskClauses", bool]:
        """What it says, and what it leaves open as the heading above says it; whether anything came from there."""
        if above is None:
            return self, False
        whole = TaskClauses()
        whole.add(self)
        if not self.says_who:
            whole.lead, whole.assist, whole.shared = [*above.lead], [*above.assist], [*above.shared]
        if not self.leaders and not self.persons:
            whole.leaders, whole.persons = [*above.leaders], [*above.persons]
        if not self.due and not self:
            whole.due = [*above.due]
        return whole, not self.says_who and above.says_who

    @property
    def says_who(self) -> bool:
        """Whether a unit is named."""
        return bool(self.lead or self.assist or self.shared)

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.says_who or self.leaders or self.persons or self.due or self.rhythm)

    def add(self, other: "TaskClauses") -> None:
        """Put what another clause of the same task says to this one."""
        for key in ("lead", "assist", "shared", "leaders", "persons", "due", "rhythm", "notes", "parts"):
            getattr(self, key).extend(getattr(other, key))
        self.ditto = self.ditto or other.ditto


def labels(text: View, *, short: bool = False) -> list[re.Match[str]]:
    """The labels of a text, in order. A label begins a text, or stands after a mark or a blank."""
    matches = [one for one in responsibility.LABEL.pattern.finditer(text.text) if _begins(text, one)]
    if short:
        matches += [
            one
            for one in responsibility.SHORT_LABEL.pattern.finditer(text.text)
            if _begins(text, one) and all(one.end() <= other.start() or one.start() >= other.end() for other in matches)
        ]
    return sorted(matches, key=lambda one: one.start())


def _begins(text: View, match: re.Match[str]) -> bool:
    start = match.start()
    closed = match.group().startswith("（")  # 【牵头单位】区发改局
    alone = closed or match.group().endswith("：") or match.end() - start == len(text)
    return alone and (start == 0 or start in text.gaps or not _WORD.match(text.text[start - 1]))


def labelled(text: View, *, short: bool = False) -> TaskClauses:
    """A clause of labels: 牵头单位：…；配合单位：…；完成时限：…. Empty when there is no label."""
    clause = TaskClauses()
    matches = labels(text, short=short)
    if matches:
        others = responsibility.UNKNOWN_LABEL.pattern.finditer(text.text, matches[0].end())
        apart = [one for one in others if all(one.end() <= k.start() or one.start() >= k.end() for k in matches)]
        matches = sorted([*matches, *apart], key=lambda one: one.start())
    ends = [after.start() for after in matches[1:]] + [len(text)]
    for one, end in zip(matches, ends, strict=False):
        value = text.cut(one.end(), end).strip(" ，；。、")
        if value.text.count("（") != value.text.count("）"):
            value = value.strip("（）")
        if "unknown" in one.groupdict():
            clause.notes.append((one["unknown"], value.raw))
        elif len(value) <= _MOST_LABEL_VALUE:
            _take(clause, duty_of(one), value)
    if clause:
        clause.parts.append(text)
    return clause


def duty_of(label: re.Match[str]) -> StatedDuty:
    """What a label says of the names after it."""
    named = next(
        name for name, value in label.groupdict().items() if value is not None and name not in ("colon", "open")
    )
    return next(duty for duty in StatedDuty if duty.value == named)


def of_label(label: View, value: View) -> TaskClauses:
    """The clause of a label on one line and its value on the next."""
    clause = TaskClauses()
    _take(clause, duty_of(labels(label, short=True)[0]), value)
    clause.parts.extend([label, value])
    return clause


def _take(clause: TaskClauses, duty: StatedDuty, value: View) -> None:
    """Put a labelled value where it belongs; a value may itself be phrases (责任单位：X牵头，Y配合)."""
    match duty:
        case StatedDuty.LEADER:
            clause.leaders.extend(_people(value))
        case StatedDuty.PERSON:
            clause.persons.extend(_people(value))
        case StatedDuty.DUE:
            if value:
                clause.due.append(value)
        case StatedDuty.OTHER:
            pass
        case StatedDuty.RHYTHM:
            if value:
                clause.rhythm.append(value)
        case _:
            clause.add(phrases(value, duty))


def _people(value: View) -> Iterator[View]:
    for name in names.split(value):
        cuts = [0, *sorted(name.gaps), len(name)]
        parts = [name.cut(a, b) for a, b in pairwise(cuts)]
        whole = len(parts) == 1 or any(len(part) == 1 for part in parts)  # 张 三 is one name
        yield from ([name] if whole else parts)


def phrases(value: View, otherwise: StatedDuty = StatedDuty.SHARED) -> TaskClauses:
    """A clause of phrases: X牵头，Y、Z配合; names whose phrase says nothing have the duty `otherwise`.

    Names before a comma wait for the phrase they belong to: 区住建局，各街道按职责分工负责.
    """
    clause, waiting, spoken = TaskClauses(), list[View](), False
    ditto = responsibility.DITTO.pattern.search(value.text)
    clause.ditto = bool(ditto)
    for phrase in _pieces(value):
        body = (
            phrase.strip(" ，。；、（）")
            if phrase.text.count("（") != phrase.text.count("）")
            else phrase.strip(" ，。；、")
        )
        if responsibility.DITTO.pattern.fullmatch(body.text) or not body:
            continue
        body = _without_ditto(body)
        if responsibility.NO_NAME.pattern.search(body.text):
            continue
        if deadlines.ONLY_UNTIL.pattern.match(body.text) or deadlines.OPEN_ENDED.pattern.match(body.text):
            clause.due.append(body)
            continue
        with_ = responsibility.TOGETHER.pattern.match(body.text)
        if with_ and spoken:
            _assign(clause, StatedDuty.ASSIST, [_ended(body.cut(with_.end()))[1]])
            continue
        start = responsibility.BY.pattern.match(body.text)
        duty, body = _ended(body.cut(start.end()) if start and body.text[0] != "请" else body)
        waiting.append(body)
        if duty is None:
            continue
        spoken = True
        if duty is StatedDuty.ASSIST and not clause.lead:  # 区住建局，各街道配合: the first is not the helper
            _assign(clause, otherwise, waiting[:-1])
            waiting = waiting[-1:]
        _assign(clause, duty, waiting)
        waiting = []
    if spoken and otherwise is StatedDuty.SHARED:  # what is left after 牵头 helps, if it is a name at all
        _assign(
            clause,
            StatedDuty.ASSIST,
            [body for body in waiting if all(names.is_unit(n.text) for n in names.split(body))],
        )
    else:
        _assign(clause, otherwise, waiting)
    return clause


def _without_ditto(body: View) -> View:
    match = responsibility.DITTO.pattern.search(body.text)
    return body.cut(0, match.start()).strip(" ，。；、") if match and match.end() == len(body) else body


def _pieces(value: View) -> Iterator[View]:
    start = 0
    for match in _PHRASE_END.finditer(value.text):
        yield value.cut(start, match.start())
        start = match.end()
    yield value.cut(start)


def _ended(body: View) -> tuple[StatedDuty | None, View]:
    """The duty a phrase ends with, and the names before it."""
    for duty, rule in responsibility.PHRASES:
        match = rule.pattern.search(body.text)
        if match and match.end() == len(body) and match.start() > 0:
            return duty, body.cut(0, match.start())
    return None, body


def _assign(clause: TaskClauses, duty: StatedDuty, bodies: list[View]) -> None:
    for body in bodies:
        together = responsibility.WITH.pattern.search(body.text)
        if together and names.is_unit(body.text[: together.start()]):
            clause.lead.extend(_real(body.cut(0, together.start())))
            clause.assist.extend(_real(body.cut(together.end())))
            continue
        for name in _real(body):
            role, plain = _marked(name, duty)
            {StatedDuty.LEAD: clause.lead, StatedDuty.ASSIST: clause.assist}.get(role, clause.shared).append(plain)


def _marked(name: View, duty: StatedDuty) -> tuple[StatedDuty, View]:
    """区交通局（牵头）: the role in the bracket goes before that of the phrase."""
    match = responsibility.MARKED.pattern.search(name.text)
    if match is None or match.start() == 0:
        return duty, name
    return (StatedDuty.LEAD if match["lead"] else StatedDuty.ASSIST), name.cut(0, match.start())


def _real(body: View) -> Iterator[View]:
    for name in names.split(body):
        start = _ASKED.match(name.text)
        inner = name.cut(start.end()) if start else name
        if inner and not responsibility.NOBODY_YET.pattern.match(inner.text):
            yield inner


def bracketed(inner: View, directory: names.UnitNames, *, at_end: bool) -> TaskClauses:
    """The clause in a bracket, empty for an ordinary one such as （预包装食品）.

    Without a label or a 牵头 every part must be a unit, and the bracket must close its sentence.
    """
    clause = labelled(inner, short=True)
    if clause:
        before = inner.cut(0, labels(inner, short=True)[0].start()).strip(" ，；。、")
        if before and not clause.says_who:
            clause.add(bracketed(before, directory, at_end=at_end))
            clause.parts = [inner]
        return clause
    spoken = phrases(inner)
    names_a_duty = any(
        rule.pattern.search(piece.text.strip("；。，"))
        for piece in _pieces(inner)
        for _, rule in responsibility.PHRASES
    )
    everyone = [*spoken.lead, *spoken.assist, *spoken.shared]
    units = [name for name in everyone if names.is_unit(name.text) or directory.knows(name.raw)]
    named = len(units) == len(everyone) or (names_a_duty and len(units) * 2 >= len(everyone))
    if everyone and named and (names_a_duty or at_end):
        spoken.parts.append(inner)
        return spoken
    return TaskClauses()


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a paragraph up to a clause."""

    view: View
    clause: TaskClauses


def segments_of(text: View, directory: names.UnitNames) -> list[Segment]:
    """A paragraph cut after each clause in it; the last segment may have none."""
    segments, start = list[Segment](), 0
    for match in _BRACKET.finditer(text.text):
        at_end = bool(_AT_END.match(text.text[match.end() :]))
        clause = bracketed(text.cut(*match.span("inner")), directory, at_end=at_end)
        if not clause:
            continue
        end = match.end()
        end += text.text[end : end + 1] in ("。", "；")
        clause.parts = [text.cut(match.start(), end)]
        before = text.cut(start, match.start())
        if not before.text.strip("。；") and segments:
            segments[-1].clause.add(clause)
        else:
            segments.append(Segment(before, clause))
        start = end
    rest = text.cut(start)
    tail = labels(rest, short=True)
    begins = tail[0].start() if tail else len(rest)
    if tail and (begins == 0 or begins in rest.gaps or rest.text[begins - 1] in "。；，（"):
        clause = labelled(rest.cut(begins), short=True)
        if clause:
            segments.append(Segment(rest.cut(0, begins), clause))
            rest = NOTHING
    if rest or not segments:
        segments.append(Segment(rest, TaskClauses()))
    return segments
