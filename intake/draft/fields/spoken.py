"""Who is named in running text: 由区住建局牵头，区财政局配合; 请区城管局于6月底前…; 4月下旬区政府组织….

A sentence is gone through from comma to comma. A stretch speaks of units when it opens with a list of them (after a
time, 会议要求, 由 or 请) and goes on with what they do in the task. A name ends where the shortest stretch that is a
unit meets a word that can follow one; where that cannot be told, nobody is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.draft.fields import names
from intake.draft.fields.clauses import TaskClauses
from intake.draft.rules import deadlines, responsibility, words
from intake.draft.rules.responsibility import StatedDuty
from intake.draft.text import View

Place = tuple[int, int]
_LONGEST_NAME = 30
_MOST_ADDED = 6


@dataclass(slots=True)
class UnitMention:
    """A stretch that speaks of units: who, what they do, and whether it says nothing else."""

    place: Place
    names: list[Place]
    duty: StatedDuty
    helpers: list[Place] = field(default_factory=list)
    only_who: bool = False
    at_start: bool = True
    end: int = 0
    """Where what they are to do begins."""
    spoken: bool = True
    """Whether a word such as 牵头 says it, not only their being the subject."""


def in_sentence(sentence: View, directory: "names.UnitNames | None" = None) -> TaskClauses:
    """Who is named in the running text. Only certain names are taken."""
    clause = TaskClauses()
    departments = responsibility.SOME_DEPARTMENTS.pattern.search(sentence.text)
    if departments:  # 交通、水利等部门 are no names of units one by one
        clause.lead.append(sentence.cut(*departments.span("lead")))
        return clause
    mentions = list(unit_mentions(sentence, directory))
    led = any(one.duty is StatedDuty.LEAD and one.spoken for one in mentions)
    for one in mentions:
        duty = StatedDuty.ASSIST if led and not one.spoken else one.duty
        target = {StatedDuty.LEAD: clause.lead, StatedDuty.ASSIST: clause.assist}.get(duty, clause.shared)
        _add(target, sentence, one.names)
        _add(clause.assist, sentence, one.helpers)
    known = {name.text for name in clause.lead}
    clause.assist = [name for name in clause.assist if name.text not in known]
    return clause


def _add(target: list[View], sentence: View, places: list[Place]) -> None:
    known = {name.text for name in target}
    target.extend(name for place in places if (name := sentence.cut(*place)).text not in known)


def without_who(text: View) -> list[Place]:
    """The stretches that say nothing but who, for a title needs none of them."""
    return [one.place for one in unit_mentions(text) if one.only_who]


def past_names(text: str) -> int:
    """Where what is to be done begins, past a time, 会议要求, and who is to do it; 0 when there is none of them."""
    at = past_who(text) or _Stretch(text, 0, None).opening(0)
    while at and (after := deadlines.OPENS.pattern.match(text[at:])):
        at += after.end()
    return at


def past_who(text: str) -> int:
    """Where what is to be done begins in a stretch that opens with who is to do it; 0 when it does not."""
    mention = next(_Stretch(text, 0, None).read(named=False), None)
    return mention.end if mention and mention.at_start and not mention.only_who else 0


def unit_mentions(sentence: View, directory: "names.UnitNames | None" = None) -> Iterator[UnitMention]:
    """Every stretch that speaks of units, in order."""
    text = sentence.text
    if not responsibility.MAY_NAME.pattern.search(text):
        return
    named = False
    for start, end in _stretches(text):
        for mention in _Stretch(text[:end], start, directory).read(named=named):
            named = True
            yield mention


def _stretches(text: str) -> Iterator[Place]:
    depth = start = 0
    for place, char in enumerate(text):
        depth = max(0, depth + {"（": 1, "）": -1}.get(char, 0))
        role = char == "、" and responsibility.ENDS_IN_ROLE.pattern.search(text, start, place)
        if depth == 0 and (role or char in "，。；：！？"):
            yield start, place
            start = place + 1
    yield start, len(text)


class _Stretch:
    """From comma to comma; `text` ends where the stretch does."""

    def __init__(self, text: str, start: int, directory: "names.UnitNames | None") -> None:
        self._text, self._start, self._directory = text, start, directory
        self._asked = False

    def read(self, *, named: bool) -> Iterator[UnitMention]:
        """What it says; 会同… goes with somebody `named` before it."""
        at = self.opening(self._start)
        with_ = responsibility.TOGETHER.pattern.match(self._text, at)
        if with_:
            helpers, end = self._names(with_.end())
            if helpers and named:
                yield UnitMention(self._place(), helpers, StatedDuty.ASSIST, only_who=end == len(self._text))
            return
        asked = responsibility.ASKS.pattern.match(self._text, at)
        mention = self._of(asked.end() if asked else at, asked=bool(asked))
        if mention is None:
            within = responsibility.ASKS_WITHIN.pattern.search(self._text, at)
            mention = self._of(within.end(), asked=True) if within else None
            if mention is not None:
                mention.only_who = mention.at_start = False
        if mention is not None:
            yield mention

    def _place(self) -> Place:
        return self._start, len(self._text)

    def opening(self, at: int) -> int:
        """Past 一是, 会议要求 and a time."""
        for _ in range(3):
            for rule in (responsibility.BEFORE_A_NAME, deadlines.OPENS):
                rest = self._text[at:]
                match = rule.pattern.match(rest)
                if match:
                    at += match.end()
        return at

    def _of(self, at: int, *, asked: bool) -> UnitMention | None:
        at = self.opening(at) if asked else at
        self._asked = asked
        places, end = self._names(at)
        if not places:
            return None
        others = responsibility.AND_OTHERS.pattern.match(self._text, end)
        end = others.end() if others else end
        return self._role(places, end, asked=asked)

    def _role(self, places: list[Place], end: int, *, asked: bool) -> UnitMention | None:
        rest = self._text[end:]
        for duty, rule in responsibility.ROLES:
            role = rule.pattern.match(rest)
            if not role:
                continue
            end += role.end()
            helpers: list[Place] = []
            with_ = responsibility.TOGETHER.pattern.match(self._text, end) if duty is StatedDuty.LEAD else None
            if with_:
                helpers, after = self._names(with_.end())
                end = after if helpers else end
            return UnitMention(
                self._place(), places, duty, helpers, only_who=not self._text[end:].strip("的工作"), end=end
            )
        with_ = responsibility.TOGETHER.pattern.match(self._text, end)
        if with_:
            helpers, after = self._names(with_.end())
            only = after == len(self._text)
            return (
                UnitMention(self._place(), places, StatedDuty.LEAD, helpers, only_who=only, end=after)
                if helpers
                else None
            )
        ordered = responsibility.ORDERED.pattern.match(rest)
        if ordered or (asked and _can_follow(rest, soft=True)):
            return UnitMention(self._place(), places, StatedDuty.LEAD, end=end + (ordered.end() if ordered else 0))
        if self._is_subject(places, rest):
            return UnitMention(self._place(), places, StatedDuty.LEAD, end=end, spoken=False)
        return None

    def _is_subject(self, places: list[Place], rest: str) -> bool:
        """区财政局做好资金保障: nothing but their place in the sentence says that they are to do it."""
        certain = all(
            responsibility.WITH_LEVEL.pattern.match(self._text, *place)
            or self._text[place[1] - 1] in "局署厅"
            or self._knows(place)
            for place in places
        )
        return certain and bool(deadlines.OPENS.pattern.match(rest) or words.STARTS_WITH_VERB.pattern.match(rest))

    def _is_inner(self, name: str, rest: str) -> bool:
        """教务处, 法务部: an office within a unit, where 由 or 牵头 says that it is one."""
        role = any(rule.pattern.match(rest) for _, rule in responsibility.ROLES)
        return (self._asked or role) and bool(responsibility.INNER_OFFICE.pattern.match(name))

    def _knows(self, place: Place) -> bool:
        return self._directory is not None and self._directory.knows(self._text[slice(*place)])

    # Names

    def _names(self, at: int) -> tuple[list[Place], int]:
        """A list of units that begins here, and where it ends; none when something in it is no unit."""
        places: list[Place] = []
        while True:
            end = self._name_end(at)
            if end is None:
                return [], at
            places.append((at, end))
            joint = responsibility.JOINT.pattern.match(self._text, end)
            if joint is None:
                return places, end
            at = joint.end()

    def _name_end(self, at: int) -> int | None:
        ends = list(self._possible_ends(at))
        if not ends:
            return None
        first, hard = ends[0]
        # 区委宣传部开展…, 区城市更新局牵头: the longer name, where the first could go on; else the shorter.
        open_end = not responsibility.COMPLETE.pattern.search(self._text, at, first)
        more = [end for end, sure in ends[1:] if not hard and (end - first <= _MOST_ADDED or (sure and open_end))]
        more = [end for end in more if not responsibility.ANOTHER_LEVEL.pattern.search(self._text, first, end)]
        return max(more, default=first)

    def _possible_ends(self, at: int) -> Iterator[tuple[int, bool]]:
        depth = 0
        for end in range(at + 1, min(len(self._text), at + _LONGEST_NAME) + 1):
            char = self._text[end - 1]
            depth += {"（": 1, "）": -1}.get(char, 0)
            if depth or end < at + 2 or char not in responsibility.ENDS_A_NAME:
                continue
            name = self._text[at:end]
            if responsibility.NOT_IN_A_NAME.pattern.search(name):
                return
            rest = self._text[end:]
            known = names.is_unit(name) or self._knows((at, end)) or self._is_inner(name, rest)
            if not known or _is_an_order(name):
                continue
            hard = _can_follow(rest, soft=False)
            if hard or _can_follow(rest, soft=True):
                yield end, hard


def _can_follow(rest: str, *, soft: bool) -> bool:
    """Whether a name may end before this; `soft` takes a verb, with which a longer name might go on."""
    if not rest or responsibility.AFTER_A_NAME.pattern.match(rest) or deadlines.OPENS.pattern.match(rest):
        return True
    return soft and bool(words.STARTS_WITH_VERB.pattern.match(rest))


def _is_an_order(name: str) -> bool:
    """加强部门 looks like a unit by its end; 教育局 and 建设局 are units that open like orders."""
    return bool(words.STARTS_WITH_VERB.pattern.match(name)) and not responsibility.OPENS_LIKE_AN_ORDER.pattern.match(
        name
    )
