"""From the tree to tasks: what in running text is one task, and what is none."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from intake.draft.fields.clauses import Segment, TaskClauses, segments_of
from intake.draft.fields.figures import figures
from intake.draft.fields.names import UnitNames
from intake.draft.fields.spoken import in_sentence
from intake.draft.model import Target
from intake.draft.rules import structure, words
from intake.draft.sentences import MOST_TITLE, divided, enumerated, is_task, sentences, title_of
from intake.draft.shape.outline import Outline, OutlineNode, Passage, Zone
from intake.draft.text import View, joined

_EXPECTED = re.compile(r"预期|目标|力争|指标")
_DECIDED = re.compile(r"^(?:会议|与会)?.{0,4}(?:议定|决定|明确|要求|确定|同意)")
_ENOUGH_CLAUSES = 2


@dataclass(slots=True)
class Task:
    """A task as found: its stretches of text, its title and body, and the clause that belongs to it."""

    section: tuple[str, ...]
    label: str
    title: View
    body: View
    parts: list[View]
    clause: TaskClauses = field(default_factory=TaskClauses)
    inherited: str = ""
    node: OutlineNode | None = None
    points: list[View] = field(default_factory=list)
    source: str = ""
    basis: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    figures_from: list[View] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """What the clerk has to look at."""
    place: str = ""
    dues: list[tuple[object, View]] = field(default_factory=list)
    """The cells of its limit, each with its value if that is more than text."""
    topic: str = ""
    """In minutes, what the decision is on: the title alone would not say of what."""


@dataclass(slots=True)
class ProseReading:
    """What running text came to. `headings`, `preamble` and `skipped` are the stretches that are no tasks, and why."""

    tasks: list[Task] = field(default_factory=list)
    headings: list[View] = field(default_factory=list)
    preamble: list[tuple[View, str]] = field(default_factory=list)
    skipped: list[tuple[View, str]] = field(default_factory=list)


class Prose:
    """Reads the tree of one document."""

    def __init__(self, outline: Outline, directory: UnitNames, *, everything: bool = False) -> None:
        """`everything` lists the summary half too."""
        self._outline, self._directory, self._everything = outline, directory, everything
        for root in outline.roots:
            _mark_report(root, outline.titles)
        nodes = [node for root in outline.roots for node in root.walk() if node.parent]
        self._flat = not nodes
        self._one_by_one = self._ranks_of_tasks(nodes)
        self._sections = {id(node) for node in nodes if self._is_section(node)}
        opening = [*outline.titles, *(passage.view for root in outline.roots for passage in root.body[:2])]
        self._minutes = any(structure.MINUTES.pattern.search(text.text) for text in opening)
        self.reading = ProseReading()

    def read(self) -> ProseReading:
        """Every task of the tree, in order."""
        self.reading.headings.extend(self._outline.titles)
        for no, root in enumerate(self._outline.roots):
            if self._is_cover(no):
                self._leave_all(root, "通知正文")
            else:
                self._node(root, None)
            self._account_for(root)
        return self.reading

    # The tree

    def _ranks_of_tasks(self, nodes: Sequence[OutlineNode]) -> frozenset[float]:
        """The ranks whose headings are tasks: most of those without headings below have a clause."""
        leaves = [node for node in nodes if not node.children and node.zone is Zone.TASKS]
        ranks = {node.rank for node in leaves}
        return frozenset(
            rank
            for rank in ranks
            if (alike := [self._own_clause(node) for node in leaves if node.rank == rank])
            and sum(alike) * 2 >= len(alike) >= _ENOUGH_CLAUSES
        )

    def _is_cover(self, no: int) -> bool:
        """A covering letter: it sends a plan along (现将…印发给你们), and names nobody while what follows does."""
        root, later = self._outline.roots[no], self._outline.roots[no + 1 :]
        after = [node for each in later for node in each.walk() if node.parent]
        if not after or any(self._own_clause(node) for node in root.walk() if node.parent):
            return False
        sends = any(words.SENDS_ALONG.pattern.search(passage.view.text) for passage in root.body)
        return sends or any(self._own_clause(node) for node in after)

    def _account_for(self, root: OutlineNode) -> None:
        """Whatever no rule took is said to be left out: the first claim to a character holds, this is the last."""
        for node in root.walk():
            stretches = [node.head, *node.clause.parts]
            for passage in node.body:
                stretches += [passage.view, *passage.clause.parts]
            self.reading.skipped.extend((stretch, "未列入") for stretch in stretches)

    def _leave_all(self, root: OutlineNode, why: str) -> None:
        for node in root.walk():
            self._leave(node, why)

    def _node(self, node: OutlineNode, from_above: TaskClauses | None) -> None:
        zone = self._zone(node)
        heading_clause = self._clause_of_heading(node)
        shared = heading_clause.completed(from_above)[0] if heading_clause else from_above
        if node.parent is None:
            self._opening(node)
        elif zone in (Zone.SUMMARY, Zone.GUIDING):
            self._leave(node, zone.label)
        elif node.children:
            self.reading.headings.append(node.head)
            self.reading.headings.extend(part for part in node.clause.parts)
            self._lead_in(node)
        else:
            self._leaf(node, zone, shared)
        for aside in node.asides:
            self._aside(node, aside)
        before = len(self.reading.tasks)
        for child in node.children:
            self._node(child, shared)
        self._last_clause_of_all(node, self.reading.tasks[before:])

    def _aside(self, node: OutlineNode, aside: OutlineNode) -> None:
        """The schedule of a task is its steps; what was done of it is no task."""
        task = self.reading.tasks[-1] if self.reading.tasks else None
        if aside.zone is not Zone.SCHEDULE or task is None or task.node is not node:
            self._leave(aside, aside.zone.label)
            return
        steps = [step for passage in aside.body for step in _steps(passage.view)]
        task.points = [*task.points, *steps]
        task.figures_from = [*task.figures_from, *steps]
        task.parts = [*task.parts, aside.head, *(passage.view for passage in aside.body)]

    def _lists_all(self, zone: Zone) -> bool:
        return self._everything and zone is Zone.SUMMARY

    def _zone(self, node: OutlineNode) -> Zone:
        return Zone.TASKS if self._lists_all(node.zone) else node.zone

    def _leave(self, node: OutlineNode, why: str) -> None:
        """A heading whose text holds no tasks; those below it speak for themselves."""
        self.reading.headings.append(node.head)
        self.reading.skipped.extend((part, why) for part in node.clause.parts)
        for passage in node.body:
            self.reading.skipped.append((passage.view, why))
            self.reading.skipped.extend((part, why) for part in passage.clause.parts)

    def _opening(self, root: OutlineNode) -> None:
        """The text before the first heading: tasks only when the document has no heading at all."""
        for passage in root.body:
            if self._flat or passage.clause:
                self._passage(root, passage, None)
                continue
            for sentence in sentences(passage.view):
                if self._binds(sentence) or _DECIDED.match(sentence.text):
                    for piece in divided(sentence, together=False):
                        self._sentence(root, piece, TaskClauses(), "", promised=self._binds(sentence))
                else:
                    self.reading.preamble.append((sentence, "前言"))

    def _binds(self, sentence: View) -> bool:
        """A figure promised in the preamble (今年预期增长6.8%左右) is a task all the same."""
        expected = _EXPECTED.search(sentence.text) and not words.REPORTS.pattern.search(sentence.text)
        return bool(expected) and any(True for _ in figures(sentence))

    def _lead_in(self, node: OutlineNode) -> None:
        """The text between a heading and its items leads in; only what has a clause or a figure is a task."""
        for passage in node.body:
            segments = self._segments(passage)
            for segment in segments:
                if segment.clause:
                    self._segment(node, segment)
                    continue
                for sentence in sentences(segment.view):
                    if not self._binds(sentence):
                        self.reading.preamble.append((sentence, "引言"))
                        continue
                    for piece in divided(sentence, together=False):
                        self._sentence(node, piece, TaskClauses(), "", promised=True)

    def _leaf(self, node: OutlineNode, zone: Zone, shared: TaskClauses | None) -> None:
        """A heading without headings below it: one task, or the tasks of its sentences."""
        own = self._own_clause(node)
        if zone is Zone.REQUIREMENTS and not self._names_somebody(node):
            self._leave(node, zone.label)
        elif not node.body:
            self._item(node, shared)
        elif self._minutes and self._is_topic(node):
            self._whole(node, shared)
        elif id(node) in self._sections or not self._as_one(node, own):
            self.reading.headings.append(node.head)
            self.reading.headings.extend(node.clause.parts)
            for passage in node.body:
                self._passage(node, passage, shared)
        else:
            self._whole(node, shared)

    def _as_one(self, node: OutlineNode, own: bool) -> bool:
        """Whether a heading with its text is one task: an item of a list, or one clause for it all."""
        count = sum(bool(segment.clause) for passage in node.body for segment in self._segments(passage))
        enumerates = any(len(enumerated(passage.view)) > 1 for passage in node.body)
        return count <= 1 and not enumerates and (own or node.numbered or node.rank in self._one_by_one)

    def _is_topic(self, node: OutlineNode) -> bool:
        """In minutes, a topic and one decision on it; several decisions are several tasks."""
        pieces = [piece for passage in node.body for piece in divided(passage.view, together=False)]
        return sum(is_task(piece.text) for piece in pieces) == 1

    def _is_section(self, node: OutlineNode) -> bool:
        """A heading whose line ran into its text, while its siblings stand on lines of their own, is as they are."""
        if not node.run_in or node.parent is None or node.numbered:
            return False
        alike = [each for each in node.parent.children if each.rank == node.rank and each is not node]
        return any(each.body and not each.run_in for each in alike) and not self._own_clause(node)

    # Clauses

    def _own_clause(self, node: OutlineNode) -> bool:
        if node.clause or any(passage.clause for passage in node.body):
            return True
        if any(segment.clause for passage in node.body for segment in self._segments(passage)):
            return True
        return bool(segments_of(node.title, self._directory)[-1].clause) if node.title else False

    def _names_somebody(self, node: OutlineNode) -> bool:
        """Whether a clause of the node says who: a requirement to everybody is no task, one to a unit is."""
        clauses = [segment.clause for passage in node.body for segment in self._segments(passage)]
        clauses += [segment.clause for segment in segments_of(node.title, self._directory)]
        return any(clause.says_who for clause in (node.clause, *clauses))

    def _clause_of_heading(self, node: OutlineNode) -> TaskClauses | None:
        """（三）推进教育发展（区教育局牵头）: what a heading with items below it says holds for them."""
        if not node.children or node.parent is None:
            return None
        clause = TaskClauses()
        clause.add(node.clause)
        for segment in segments_of(node.title, self._directory):
            clause.add(segment.clause)
        return clause if clause else None

    def _last_clause_of_all(self, node: OutlineNode, made: Sequence[Task]) -> None:
        """A clause on lines of its own below the last of several items that have none is the clause of them all."""
        last = made[-1] if made else None
        if last is None or last.node is None or last.node.parent is not node or len(made) < _ENOUGH_CLAUSES:
            return
        on_lines = last.node.clause or (last.node.body and last.node.body[-1].clause)
        if on_lines and node.title and not any(task.clause for task in made[:-1]) and not node.run_in:
            for task in made[:-1]:
                task.clause, task.inherited = TaskClauses().completed(last.clause)[0], "责任单位取自本节末尾"

    # Tasks

    def _item(self, node: OutlineNode, shared: TaskClauses | None) -> None:
        """An item that is one line: its sentences belong together, as the author numbered them."""
        text = node.head
        segments = segments_of(text.cut(len(text) - len(node.title)), self._directory)
        texts = [segment for segment in segments if segment.view]
        clause = TaskClauses()
        clause.add(node.clause)
        if len(texts) > 1 and sum(bool(segment.clause) for segment in texts) > 1:
            self.reading.headings.append(text.cut(0, len(text) - len(node.title)))
            for segment in texts:
                self._segment(node, segment, shared)
            self.reading.headings.extend(node.clause.parts)
            return
        for segment in segments:
            clause.add(segment.clause)
        body = joined(segment.view for segment in segments)
        self._several(node, body, clause, shared, text.cut(0, len(text) - len(node.title)), node.numbered)

    def _several(
        self,
        node: OutlineNode,
        body: View,
        clause: TaskClauses,
        shared: TaskClauses | None,
        before: View,
        together: bool,
    ) -> None:
        pieces = [piece for piece in divided(body, together=together) if piece.text.strip("。；，")]
        listed = node.numbered or node.zone is Zone.GOALS or clause or len(pieces) == 1
        kept = [piece for piece in pieces if (listed and len(pieces) == 1) or is_task(piece.text) or self._binds(piece)]
        if not kept or (len(pieces) == 1 and not self._stands(node, pieces[0], clause)):
            self.reading.headings.append(before)
            self.reading.preamble.append((body, "标题"))
            self.reading.headings.extend(clause.parts)
            return
        whole, inherited = _completed(clause, shared)
        for no, piece in enumerate(pieces):
            if piece not in kept:
                self.reading.preamble.append((piece, "引言"))
                continue
            parts = [*([before] if no == 0 and before else []), piece]
            if no == len(pieces) - 1:
                parts.extend(clause.parts)
            label = node.label if len(kept) == 1 else f"{node.label}{kept.index(piece) + 1}"
            self.reading.tasks.append(
                Task(
                    _above(node),
                    label,
                    title_of(piece),
                    piece,
                    parts,
                    whole,
                    inherited,
                    node,
                )
            )

    def _stands(self, node: OutlineNode, piece: View, clause: TaskClauses) -> bool:
        """Whether a single line is a task: numbered or with a clause yes, a bare heading only when it orders."""
        if clause or node.numbered or node.zone is Zone.GOALS:
            return not words.RHETORIC.pattern.match(piece.text)
        is_sentence = structure.TERMINAL.pattern.search(piece.text) and not words.REPORTS.pattern.search(piece.text)
        return is_task(piece.text) or bool(is_sentence and in_sentence(piece))

    def _whole(self, node: OutlineNode, shared: TaskClauses | None) -> None:
        """A heading with its text as one task; the sentences are its points."""
        clause, bodies, parts = TaskClauses(), [], [node.head]
        clause.add(node.clause)
        for segment in segments_of(node.title, self._directory):
            clause.add(segment.clause)
        parts.extend(node.clause.parts)
        for passage in node.body:
            for segment in self._segments(passage):
                clause.add(segment.clause)
                bodies.append(segment.view)
                parts.append(segment.view)
                parts.extend(segment.clause.parts)
        whole, inherited = _completed(clause, shared)
        heading = node.title.strip("。；： ")
        body = joined([node.title, *bodies]) if node.run_in else joined(bodies)
        points = [piece for text in bodies for piece in divided(text, together=False)]
        topic = ""
        title = heading if is_task(heading.text) or len(heading) <= MOST_TITLE else title_of(body)
        if self._minutes and bodies and not is_task(heading.text):
            # 第九中学：会议要求…: the project alone does not say what is to be done.
            topic, title = self._decided(node.title, joined(bodies))
        self.reading.tasks.append(
            Task(
                _above(node),
                node.label,
                title,
                body,
                parts,
                whole,
                inherited,
                node,
                points,
                figures_from=[] if node.run_in else [node.title],
                topic=topic,
            )
        )
        for passage in node.body:
            for aside in passage.asides:
                self._aside(node, aside)

    def _decided(self, topic: View, body: View) -> tuple[str, View]:
        """关于海堤路改造 and what was decided on it: the first sentence that orders something."""
        about = topic.cut(len("关于")) if topic.text.startswith("关于") else topic
        tasks = [sentence for sentence in sentences(body) if is_task(sentence.text)]
        return about.strip("。；：， ").raw, title_of(tasks[0] if tasks else body)

    def _passage(self, node: OutlineNode, passage: Passage, shared: TaskClauses | None) -> None:
        """A paragraph: what ends in a clause is one task, what has none is a task for each sentence."""
        for segment in self._segments(passage):
            if segment.clause:
                self._segment(node, segment, shared)
            else:
                whole, inherited = _completed(TaskClauses(), shared)
                for piece in divided(segment.view, together=False):
                    self._sentence(node, piece, whole, inherited)
        for aside in passage.asides:
            self._aside(node, aside)

    def _segment(self, node: OutlineNode, segment: Segment, shared: TaskClauses | None = None) -> None:
        pieces = [piece for piece in divided(segment.view, together=True) if piece.text.strip("。；，")]
        clause = segment.clause
        whole, inherited = _completed(clause, shared)
        for no, piece in enumerate(pieces):
            parts = [piece, *(clause.parts if no == len(pieces) - 1 else [])]
            if len(pieces) > 1 and not is_task(piece.text):
                self.reading.preamble.append((piece, "引言"))
                self.reading.preamble.extend((part, "引言") for part in parts[1:])
                continue
            self.reading.tasks.append(
                Task(
                    _path(node),
                    node.label if len(pieces) == 1 else "",
                    title_of(piece),
                    piece,
                    parts,
                    whole,
                    inherited,
                    node,
                )
            )
        if not pieces:
            self.reading.preamble.extend((part, "责任分工") for part in clause.parts)

    def _sentence(
        self, node: OutlineNode, piece: View, clause: TaskClauses, inherited: str, *, promised: bool = False
    ) -> None:
        parts = list(sentences(piece))
        goal = promised or (node.zone is Zone.GOALS and any(True for _ in figures(piece)))
        vague = node.zone is Zone.GOALS and not clause and not words.FUTURE.pattern.search(piece.text)
        if goal or (is_task(piece.text) and not vague) or self._binds(piece):
            self.reading.tasks.append(
                Task(
                    _path(node),
                    "",
                    title_of(piece),
                    piece,
                    [piece],
                    clause,
                    inherited,
                    node,
                    parts if len(parts) > 1 else [],
                )
            )
        else:
            self.reading.preamble.append((piece, "叙述"))

    def _segments(self, passage: Passage) -> list[Segment]:
        segments = segments_of(passage.view, self._directory)
        if passage.clause:
            last = segments[-1]
            clause = TaskClauses()
            clause.add(last.clause)
            clause.add(passage.clause)
            if len(segments) > 1 and not last.clause:
                segments[-1] = Segment(last.view, clause)
            else:
                segments = [*segments[:-1], Segment(last.view, clause)]
        return segments


def _steps(text: View) -> Iterator[View]:
    """The lines of a schedule: from mark to mark, whatever their verbs."""
    start = 0
    for match in re.finditer("[；。]", text.text):
        yield text.cut(start, match.end())
        start = match.end()
    if start < len(text):
        yield text.cut(start)


def _mark_report(root: OutlineNode, titles: Sequence[View]) -> None:
    """In a paper that is a summary by its title, the chapters before 下半年打算 report, whatever they are called."""
    opening = "".join([*(title.text for title in titles), *(passage.view.text for passage in root.body[:2])])
    chapters = root.children
    following = next((n for n, c in enumerate(chapters) if structure.NEXT_HEADING.pattern.search(c.title.text)), 0)
    if "总结" not in opening or not following or not structure.NEXT_HEADING.pattern.search(opening):
        return
    for chapter in chapters[:following]:
        for node in chapter.walk():
            node.zone = Zone.SUMMARY


def _completed(clause: TaskClauses, above: TaskClauses | None) -> tuple[TaskClauses, str]:
    """The clause of a task, completed by that of a heading above it; and what is to be said of that."""
    whole, came_down = clause.completed(above)
    return whole, "责任单位取自上级标题" if came_down else ""


def _path(node: OutlineNode) -> tuple[str, ...]:
    return node.path()


def _above(node: OutlineNode) -> tuple[str, ...]:
    return node.parent.path() if node.parent else ()
