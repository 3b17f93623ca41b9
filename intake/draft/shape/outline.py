"""From paragraphs to a tree: chapters, items, the text under them, and the clause lines that belong to them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from domain.base import Term
from intake.draft.fields import clauses
from intake.draft.fields.clauses import TaskClauses, segments_of
from intake.draft.fields.names import UnitNames, is_unit
from intake.draft.rules import deadlines, responsibility, structure, words
from intake.draft.rules.responsibility import PLAIN_NAMES, StatedDuty
from intake.draft.shape.lines import Leftover, SourceParagraph, in_sequence
from intake.draft.text import NOTHING, View

_BARE_RANK_OUTSIDE, _BARE_RANK_INSIDE = 1.5, 3.5
_FIRSTLY_RANK = 3.7
_BULLET_RANK = 8.0
_ASIDE = 0.01
_ARABIC_RANK = 4.0
_MOST_HEADING = 45
_MOST_RUN_IN = 32
_MOST_TOPIC = 12
_MOST_BEFORE_BLANK = 25
_LEAST_AFTER_BLANK = 10
_GLUED = re.compile(r"^\d{1,3}[.．、]")
_DASH_AND_BLANK = re.compile(r"^[-•·*]")
_SENTENCE_MARK = re.compile(r"[。；！？]")
_LOST_BREAK = re.compile(
    r"^[^。；]{8,40}?[一-鿿“”](?=以[^，。；]{2,24}?为(?:引领|抓手|牵引|目标|重点|契机|核心|主线|载体|突破口|依托)[一-鿿])"
)
_BEFORE_COLON = re.compile(r"^(?:[^，。；：（）]|（[^（）]*）){2,18}：(?=.{8})")


class Zone(Term):
    """What the text under a heading is."""

    TASKS = "tasks", "任务"
    GOALS = "goals", "目标"
    PREAMBLE = "preamble", "前言"
    SUMMARY = "summary", "工作总结"
    GUIDING = "guiding", "总体要求"
    REQUIREMENTS = "requirements", "工作要求"
    SCHEDULE = "schedule", "进度安排"


@dataclass(slots=True)
class Passage:
    """A paragraph of running text, and what the clause lines right below it say."""

    view: View
    clause: TaskClauses = field(default_factory=TaskClauses)
    asides: "list[OutlineNode]" = field(default_factory=list)
    """As those of a node, where the paragraph itself is the task."""


@dataclass(slots=True)
class OutlineNode:
    """A chapter or an item. `head` is its line with the marker, `title` what the line says."""

    rank: float
    label: str
    head: View
    title: View
    name: str
    zone: Zone
    run_in: bool = False
    body: list[Passage] = field(default_factory=list)
    children: "list[OutlineNode]" = field(default_factory=list)
    clause: TaskClauses = field(default_factory=TaskClauses)
    parent: "OutlineNode | None" = field(default=None, repr=False)
    aside: bool = False
    asides: "list[OutlineNode]" = field(default_factory=list)
    """What is told of this one task under a heading of its own: its schedule, what was done of it."""

    @property
    def numbered(self) -> bool:
        """Whether it is an item of a list (1. or below) and not a chapter."""
        return self.rank >= _ARABIC_RANK

    def path(self) -> tuple[str, ...]:
        """The headings above it, from the highest."""
        above = self.parent.path() if self.parent else ()
        own = f"{self.label}{self.name}"
        return (*above, own) if own and self.parent else above

    def walk(self) -> "Iterator[OutlineNode]":
        """It and all below it, in order."""
        yield self
        asides = (aside for passage in self.body for aside in passage.asides)
        for below in (*self.asides, *asides, *self.children):
            yield from below.walk()


@dataclass(slots=True)
class Outline:
    """The trees, one for each part of the document, and what belongs to none of them."""

    roots: list[OutlineNode] = field(default_factory=list)
    titles: list[View] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)


class Builder:
    """Takes the paragraphs of a document one by one."""

    def __init__(self, directory: UnitNames) -> None:
        """Begin with an empty tree."""
        self.outline = Outline()
        self._directory = directory
        self._stack: list[OutlineNode] = []
        self._begun = False
        self._begin_part()
        self._label: View | None = None
        self._bullets: list[str] = []

    @property
    def current(self) -> OutlineNode:
        """The node the next text belongs to."""
        return self._stack[-1]

    def _begin_part(self) -> None:
        """What follows a signature or 附件 is a document of its own; what stands before may be its covering letter."""
        root = OutlineNode(0, "", NOTHING, NOTHING, "", Zone.TASKS)
        self.outline.roots.append(root)
        self._stack, self._begun = [root], False

    def take(self, blocks: Sequence[SourceParagraph | Leftover]) -> None:
        """Put the paragraphs into the tree."""
        texts = [block.view for block in blocks if isinstance(block, SourceParagraph)]
        following = iter([*texts[1:], None])
        numbered = in_sequence([text.text for text in texts])
        for n, block in enumerate(block for block in blocks if self._is_text(block)):
            self._paragraph(block.view, next(following), numbered=n in numbered)
        if self._label is not None:
            self.outline.leftovers.append(Leftover(self._label, "没有内容的标签"))
            self._label = None

    def _is_text(self, block: SourceParagraph | Leftover) -> bool:
        if isinstance(block, Leftover):
            self.outline.leftovers.append(block)
        return isinstance(block, SourceParagraph)

    def section(self, title: View) -> None:
        """A heading found in a table."""
        self._open(_BARE_RANK_OUTSIDE, "", title, title)

    def _paragraph(self, text: View, after: View | None, *, numbered: bool) -> None:
        steps = structure.SCHEDULE_LINE.pattern.match(text.text) and "；" in text.text.rstrip("；")
        if self._value_of_label(text) or (not steps and self._clause_line(text)):
            return
        if structure.SIGNATURE_DATE.pattern.match(text.text):
            self.outline.leftovers.append(Leftover(text, "落款"))
            self._begin_part()
        elif self._signs(text, after):
            self.outline.leftovers.append(Leftover(text, "落款"))
        elif structure.ATTACHMENT.pattern.match(text.text):
            self.outline.leftovers.append(Leftover(text, "附件标记"))
            self._begin_part()
        elif structure.FORM_NUMBER.pattern.match(text.text):
            self.outline.leftovers.append(Leftover(text, "编号"))
        elif structure.END_MATTER.pattern.match(text.text):
            self.outline.leftovers.append(Leftover(text, "文尾"))
        elif structure.CLOSING.pattern.match(text.text):
            self.outline.leftovers.append(Leftover(text, "结语"))
        else:
            for no, piece in enumerate(split_inline(text)):
                self._text(piece, after, numbered=numbered and no == 0)

    def _depth_of_bullet(self, text: View) -> float:
        """★ above ●: bullets of several kinds stand below each other in the order in which they come."""
        kind = text.text[0]
        if kind not in self._bullets:
            self._bullets.append(kind)
        return self._bullets.index(kind) / 10

    def _signs(self, text: View, after: View | None) -> bool:
        """The name above the date at the end."""
        dated = after is not None and structure.SIGNATURE_DATE.pattern.match(after.text)
        return bool(dated) and is_unit(text.text) and self._begun and not structure.TERMINAL.pattern.search(text.text)

    def _text(self, text: View, after: View | None, *, numbered: bool) -> None:
        glued = _GLUED.match(text.text) if numbered else None
        marked = (_ARABIC_RANK, glued.end()) if glued else marker(text)
        if marked and self.current.aside and structure.MARKERS[0].pattern.match(text.text):
            marked = None  # 第一阶段：… below 实施步骤 is a step
        if self.current.aside and not structure.TERMINAL.pattern.search(text.text) and _says_who(after):
            self._stack.pop()  # the next task, with its labels below it
        if marked:
            rank, end = marked
            rank += self._depth_of_bullet(text) if rank == _BULLET_RANK else 0
            label, rest = text.cut(0, end), text.cut(end).strip()
            inner = marker(rest) if rank < 1 else None  # "## 一、…"
            if inner:
                rank, label, rest = inner[0], text.cut(0, end + inner[1]), rest.cut(inner[1])
            self._open(rank, label.text.strip("#·•●○◆◇■□-–—*"), text, rest)
        elif (form := structure.TASK_LABEL.pattern.match(text.text)) and after is not None and _labels_follow(after):
            self._open(_ARABIC_RANK, "", text, text.cut(form.end()))
        elif structure.SCHEDULE_HEADING.pattern.match(text.text) and self._open_aside(Zone.SCHEDULE, text):
            pass
        elif (match := structure.SCHEDULE_LINE.pattern.match(text.text)) and self._open_aside(
            Zone.SCHEDULE, text.cut(0, match.end())
        ):
            self.current.body.append(Passage(text.cut(match.end())))
        elif self._is_heading(text, after):
            if not self._begun and not deadlines.ONLY_TIME.pattern.match(text.text):
                self.outline.titles.append(text)
                return
            inside = any(node.rank >= 2 and node.rank != _BARE_RANK_INSIDE for node in self._stack)  # noqa: PLR2004  (一、)
            self._open(_BARE_RANK_INSIDE if inside else _BARE_RANK_OUTSIDE, "", text, text)
        else:
            self.current.body.append(Passage(text))
        self._begun = True

    def _open(self, rank: float, label: str, head: View, rest: View) -> None:
        while self._stack[-1].rank >= rank:
            self._stack.pop()
        parent = self._stack[-1]
        title, body = run_in(rest)
        name = "".join(segment.view.raw for segment in segments_of(title, self._directory)).strip("。；： ")
        node = OutlineNode(
            rank, label, head, title, name, zone_of(title.text, parent), run_in=bool(body), parent=parent
        )
        if body:
            node.head = head.cut(0, len(head) - len(body))
            node.body.append(Passage(body))
        parent.children.append(node)
        self._stack.append(node)

    def _open_aside(self, zone: Zone, text: View) -> bool:
        """A heading that tells more of the task above it; False when there is none."""
        owner = next(node for node in reversed(self._stack) if not node.aside)
        passage = owner.body[-1] if owner.body and owner.body[-1].clause else None
        if owner.children or (owner.parent is None and passage is None):
            return False
        while self._stack[-1] is not owner:
            self._stack.pop()
        node = OutlineNode(owner.rank + _ASIDE, "", text, text, text.raw.strip("：: "), zone, parent=owner, aside=True)
        (passage or owner).asides.append(node)
        self._stack.append(node)
        return True

    def _is_heading(self, text: View, after: View | None) -> bool:
        """A bare heading: short, no sentence, and text or a marker below it."""
        if len(text) > _MOST_HEADING or _SENTENCE_MARK.search(text.text) or text.text.endswith(("：", "，", "、")):
            return False
        if after is None or clauses.labels(after):
            return False
        long = len(after) > _MOST_HEADING or bool(_SENTENCE_MARK.search(after.text))
        return long or marker(after) is not None or not self._begun

    # TaskClauses lines

    def _value_of_label(self, text: View) -> bool:
        """The line after a label that stood alone."""
        label, self._label = self._label, None
        if label is None:
            return False
        clause = clauses.of_label(label, text)
        names = [*clause.lead, *clause.assist, *clause.shared]
        people = [*clause.leaders, *clause.persons]
        named = all(is_unit(n.text) or self._directory.knows(n.raw) or _could_be_a_name(n.text) for n in names)
        called = all(PLAIN_NAMES.pattern.match(p.text) for p in people)
        schedule = structure.SCHEDULE_HEADING.pattern.match(label.text) and _SENTENCE_MARK.search(text.text)
        if schedule or marker(text) or not clause or not (named and called):
            if not self._label_tells_more(label):
                self.outline.leftovers.append(Leftover(label, "没有内容的标签"))
            return False
        self._attach(clause)
        return True

    def _label_tells_more(self, label: View) -> bool:
        """A label alone on its line, with text below it: 进度安排, 落实情况."""
        plain = label.text.strip("：")
        if structure.SCHEDULE_HEADING.pattern.match(plain):
            return self._open_aside(Zone.SCHEDULE, label)
        return bool(structure.SUMMARY_HEADING.pattern.search(plain)) and self._open_aside(Zone.SUMMARY, label)

    def _clause_line(self, text: View) -> bool:
        """A line that is nothing but a clause: labels, or one bracket."""
        bullet = structure.BULLET.pattern.match(text.text) or _DASH_AND_BLANK.match(text.text)
        listed = text.cut(bullet.end()) if bullet else text  # - 牵头：区政数局
        inner = listed.strip(" 。；")
        label = clauses.labels(inner)
        if _is_one_bracket(inner.text) and not (label and label[0].end() == len(inner)):
            clause = clauses.bracketed(inner.cut(1, len(inner) - 1), self._directory, at_end=True)
        else:
            labels = clauses.labels(listed, short=True)
            if not labels or labels[0].start() > 0:
                return False
            if labels[0].end() >= len(listed):
                self._label = listed
                return True
            clause = clauses.labelled(listed, short=True)
        if not clause:
            return False
        clause.parts = [text]
        self._attach(clause)
        return True

    def _attach(self, clause: TaskClauses) -> None:
        node = self.current
        (node.body[-1].clause if node.body else node.clause).add(clause)
        self._begun = True


def _could_be_a_name(text: str) -> bool:
    """Whether what stands below a label of units may be one although its form does not say so."""
    is_sentence = _SENTENCE_MARK.search(text) or words.STARTS_WITH_VERB.pattern.match(text)
    return len(text) <= _MOST_RUN_IN // 2 and not is_sentence and not responsibility.NO_UNIT.pattern.search(text)


def _labels_follow(after: View) -> bool:
    """Whether a line is one of a form: a word and a colon."""
    return bool(_FORM_LINE.match(after.text))


_FORM_LINE = re.compile(r"^[一-鿿]{2,8}：")
_WHO = frozenset({StatedDuty.LEAD, StatedDuty.SHARED, StatedDuty.ASSIST, StatedDuty.LEADER, StatedDuty.PERSON})


def _says_who(after: View | None) -> bool:
    """Whether a line is a label of who answers."""
    labels = clauses.labels(after) if after is not None else []
    return bool(labels) and clauses.duty_of(labels[0]) in _WHO


def _is_one_bracket(text: str) -> bool:
    """Whether the bracket that opens a line closes only at its end: （责任单位：各县（市、区）人民政府）."""
    depth = 0
    for place, char in enumerate(text):
        depth += {"（": 1, "）": -1}.get(char, 0)
        if depth == 0:
            return place == len(text) - 1 and place > 0
    return False


def marker(text: View) -> tuple[float, int] | None:
    """The rank of the marker a line begins with, and where the marker ends."""
    for rank, rule in enumerate(structure.MARKERS, 1):
        match = rule.pattern.match(text.text)
        if match:
            return float(rank), match.end()
    match = structure.FIRSTLY.pattern.match(text.text) or _topic(text)
    if match:
        return _FIRSTLY_RANK, match.end()
    match = structure.MARKDOWN.pattern.match(text.text)
    if match:
        return 0.1 * match.end(), match.end()
    match = structure.BULLET.pattern.match(text.text) or (_DASH_AND_BLANK.match(text.text) if 1 in text.gaps else None)
    return (_BULLET_RANK, match.end()) if match else None


def _topic(text: View) -> re.Match[str] | None:
    """一要紧盯目标。区发改局要…: a paragraph of its own that opens with what it is about."""
    matches = list(structure.ENUMERATION.pattern.finditer(text.text))
    if len(matches) != 1 or matches[0].start() > 0:
        return None
    return matches[0] if run_in(text.cut(matches[0].end()))[1] else None


def split_inline(text: View) -> list[View]:
    """A paragraph that tells its items one after another (…：（一）…；（二）…) as many paragraphs."""
    start = marker(text)
    for kind in ("c", "d", "e"):
        markers = [one for one in structure.INLINE_MARKER.pattern.finditer(text.text) if one[kind]]
        numbers = [ordinal(one[kind]) for one in markers]
        opened = 1 if start and numbers[:1] == [2] and ordinal_at(text, kind) == 1 else 0
        if len(numbers) + opened > 1 and numbers == list(range(1 + opened, len(numbers) + 1 + opened)):
            cuts = [0, *(one.start() for one in markers), len(text)]
            return [text.cut(a, b) for a, b in pairwise(cuts) if b > a]
    return [text]


def ordinal(text: str) -> int:
    """What number a marker has."""
    if text.isdecimal():
        return int(text)
    before, ten, after = text.partition("十")
    digits = "零一二三四五六七八九"
    if not ten:
        return digits.find(text) if len(text) == 1 else 0
    return (digits.find(before) if before else 1) * 10 + (digits.find(after) if after else 0)


def ordinal_at(text: View, kind: str) -> int:
    """The number of the marker a text begins with, if it is of this kind."""
    pattern = {"c": r"（(.+?)）", "d": r"(\d+)[、.]", "e": r"（(\d+)）"}[kind]
    match = re.match(pattern, text.text)
    return ordinal(match[1]) if match else 0


def run_in(text: View) -> tuple[View, View]:
    """The heading of a line and the text that runs on from it, if any."""
    lost = _LOST_BREAK.match(text.text)
    if lost and "，" in lost.group():
        return text.cut(0, lost.end()), text.cut(lost.end())
    blank = next((gap for gap in sorted(text.gaps) if gap <= _MOST_BEFORE_BLANK), None)
    if blank and len(text) - blank >= _LEAST_AFTER_BLANK and blank > 3:  # noqa: PLR2004  (一 期工程)
        left = text.text[:blank]
        if not re.search(r"[，。；：（“]", left) and _SENTENCE_MARK.search(text.text[blank:]):
            return text.cut(0, blank), text.cut(blank)
    colon = _BEFORE_COLON.match(text.text)
    if colon and not clauses.labels(text.cut(0, colon.end())):
        return text.cut(0, colon.end()), text.cut(colon.end())
    stop = text.text.find("。")
    if 0 < stop <= _MOST_RUN_IN and stop + 1 < len(text):
        rest = text.cut(stop + 1)
        if not rest.text.startswith("（") or "）" not in rest.text or len(rest.text) - rest.text.rfind("）") > 2:  # noqa: PLR2004
            return text.cut(0, stop + 1), rest
    return text, NOTHING


def zone_of(title: str, parent: OutlineNode) -> Zone:
    """What a heading says of the text below it; what it does not say, the one above it says."""
    plain = title.strip("。：； ")
    plan = structure.PLAN_HEADING.pattern.search(plain)
    if title.endswith("。") and len(plain) > _MOST_TOPIC:  # 各单位每月25日前报送进展情况。 is no heading
        return parent.zone
    if len(plain) <= _MOST_HEADING and parent.zone not in (Zone.SUMMARY,):
        if structure.GUIDING_HEADING.pattern.match(plain):
            return Zone.GUIDING
        if structure.REQUIREMENT_HEADING.pattern.match(plain):
            return Zone.REQUIREMENTS
        if structure.SUMMARY_HEADING.pattern.search(plain) and not plan:
            return Zone.SUMMARY
        if (
            parent.zone in (Zone.TASKS, Zone.GOALS, Zone.GUIDING)
            and structure.GOAL_HEADING.pattern.search(plain)
            and len(plain) <= _MOST_BEFORE_BLANK
        ):
            return Zone.GOALS
    return parent.zone
