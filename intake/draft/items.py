"""The fields of an item: a task as found, with who, until when and how much, and what is to be said of each."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from domain.terms import Rhythm, Supervision
from intake.draft.doubts import unread_numbers
from intake.draft.fields import limits
from intake.draft.fields.clauses import TaskClauses
from intake.draft.fields.figures import figures
from intake.draft.fields.limits import Times
from intake.draft.fields.names import UnitNames, is_unit
from intake.draft.fields.spoken import in_sentence
from intake.draft.model import DraftPoint, Item, NamedPerson, NamedUnit, StatedLimit, Target, UnitRole
from intake.draft.prose import Task
from intake.draft.rules import deadlines, responsibility, words
from intake.draft.text import Span, View, fold

_OF_HEADINGS = frozenset({"年月日", "月区间", "月底前", "季度", "前三季度", "半年"})


class ItemMaker:
    """Makes items of tasks."""

    def __init__(self, directory: UnitNames, times: Times, *, first_leads: bool) -> None:
        self._directory, self._times, self._first_leads = directory, times, first_leads
        self._ditto: tuple[tuple[str, ...], Task] | None = None

    def item(self, no: int, task: Task) -> Item:
        """One item; what the text does not say stays empty and is said to be missing."""
        warnings: list[str] = [*task.doubts]
        self._take_named(task)
        self._take_ditto(task)
        units = self._units(task, warnings)
        texts = [task.body, *task.figures_from]
        limit, others = self._deadline(task, texts, warnings)
        rhythm, rhythm_span = self._rhythm(task, texts, warnings)
        targets = (*_targets(texts), *task.targets)
        if task.inherited and task.clause:
            warnings.append(task.inherited)
        known = [*(target.span for target in targets), *(one.span for one in others)]
        warnings.extend(f"数字“{number}”没有列为指标，请核对" for number in unread_numbers(texts, known))
        return Item(
            no=str(no + 1),
            label=task.label.strip(),
            section=" / ".join(task.section),
            title="：".join(filter(None, (task.topic, (task.title or task.body).raw))),
            title_span=(task.title or task.body).span(),
            text=task.body.raw,
            spans=(),
            units=tuple(units),
            leaders=tuple(_people(task.clause.leaders)),
            persons=tuple(_people(task.clause.persons)),
            deadline=limit,
            deadlines=tuple(others),
            rhythm=rhythm,
            rhythm_span=rhythm_span,
            targets=targets,
            points=tuple(self._points(task)),
            source=task.source,
            basis=task.basis,
            notes=(*task.notes, *task.clause.notes),
            place=task.place,
            topic=task.topic,
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def _take_named(self, task: Task) -> None:
        """由区住建局牵头…: whom the sentence names, when no clause does, or only that of a heading above."""
        named = in_sentence(task.body, self._directory)
        if named.says_who and (task.inherited or not task.clause.says_who):
            own = TaskClauses()
            own.add(task.clause)
            if task.inherited:
                own.lead, own.assist, own.shared, task.inherited = [], [], [], ""
            own.add(named)
            task.clause = own

    def _take_ditto(self, task: Task) -> None:
        """下同: what a clause says holds for the items after it in the chapter that say nothing."""
        chapter = task.section[:1]
        if task.clause.ditto:
            self._ditto = (chapter, task)
        elif self._ditto and not task.clause.says_who and self._ditto[0] == chapter and self._ditto[1] is not task:
            source = self._ditto[1].clause
            task.clause.lead.extend(source.lead)
            task.clause.assist.extend(source.assist)
            task.clause.shared.extend(source.shared)
            task.inherited = "责任单位沿用前文“下同”"

    def _units(self, task: Task, warnings: list[str]) -> list[NamedUnit]:
        clause = task.clause
        lead, assist = list(clause.lead), list(clause.assist)
        shared = [name for name in clause.shared if name.text not in {each.text for each in (*lead, *assist)}]
        if lead:
            assist += shared
        elif shared and self._first_leads:
            lead, assist = shared[:1], [*shared[1:], *assist]
        else:
            lead = shared
        named: list[NamedUnit] = []
        for role, written in ((UnitRole.LEAD, lead), (UnitRole.ASSIST, assist)):
            for name in written:
                unit, warning = self._directory.name(name, role)
                if unit.unit is None and _no_unit(name):
                    warnings.append(f"“{name.raw[:20]}”不像单位，没有列入，请核对")
                    continue
                warning = warning or self._doubt_of_name(name)
                if any(unit.shown == other.shown for other in named):
                    continue
                named.append(unit)
                if warning:
                    warnings.append(warning)
                if role is UnitRole.LEAD and unit.supervision is Supervision.CONTACT:
                    warnings.append(f"“{unit.shown}”不是督办对象，不能牵头")
        heads = [unit.written for unit in named if unit.role is UnitRole.LEAD]
        together = [name for name in heads if responsibility.COLLECTIVE.pattern.match(fold(name))]
        if not heads:
            warnings.append("缺牵头单位")
        elif len(heads) == 1 and together:
            warnings.append(f"牵头待明确（“{together[0]}”不是一个单位）")
        elif len(heads) > 1:
            warnings.append(f"牵头待明确（列了{len(heads)}个单位）")
        return named

    def _doubt_of_name(self, name: View) -> str:
        names_somebody = _like_a_unit(name.text) or responsibility.COLLECTIVE.pattern.search(name.text)
        return "" if names_somebody or self._directory.knows(name.raw) else f"“{name.raw[:20]}”不像单位名称，请核对"

    def _deadline(
        self, task: Task, texts: list[View], warnings: list[str]
    ) -> tuple[StatedLimit | None, list[StatedLimit]]:
        times = self._times
        limits: list[StatedLimit] = []
        cells = [*task.dues, *((None, shown) for shown in task.clause.due)]
        stated = bool(cells)
        for value, shown in cells:
            of_cell = times.of_cell(value, shown)
            limits += of_cell
            if not any(one.day for one in of_cell):
                warnings.append(f"时限“{shown.raw[:20]}”没有确定的日期")
        of_texts = [one for text in texts for one in times.found(text)]
        everything = [*limits, *of_texts]
        dated = [one for one in (limits or of_texts) if one.day]
        if not dated and of_texts:
            dated = [one for one in of_texts if one.day]
        if not dated and not stated:
            dated = [one for text in texts for one in times.months(text) if one.day and one.day.year >= times.year]
            warnings.extend(f"时限只写了“{one.written}”，按月底计" for one in dated)
            everything += dated
        if not dated and not everything and not stated:
            dated = self._of_heading(task, warnings)
        limit = max(dated, key=lambda one: one.day or date.min) if dated else None
        self._doubt(limit, everything, warnings, cells=len({one.day for one in limits if one.day}), stated=stated)
        return limit, everything

    def _of_heading(self, task: Task, warnings: list[str]) -> list[StatedLimit]:
        """二季度, 第一阶段（3月1日至3月15日）: what a heading above says of all below it."""
        node = task.node
        while node is not None and node.parent is not None:
            text, doubts = node.title.text.strip("：。 "), []
            if deadlines.ONLY_TIME.pattern.match(text) or ("（" in text and text.endswith("）")):
                doubts = [one for one in self._times.found(node.title) if one.day and one.rule in _OF_HEADINGS]
            if doubts:
                warnings.append(f"时限取自上级标题“{node.title.raw[:20]}”")
                return doubts
            node = node.parent
        return []

    def _doubt(
        self,
        limit: StatedLimit | None,
        everything: list[StatedLimit],
        warnings: list[str],
        *,
        cells: int,
        stated: bool,
    ) -> None:
        if not stated:
            warnings.extend(f"时限“{one.written}”没有确定的日期" for one in everything if one.day is None)
        if limit is None or limit.day is None:
            if not any("时限" in warning for warning in warnings):
                warnings.append("缺完成时限")
            return
        days = {one.day for one in everything if one.day}
        if len(days) > 1:
            warnings.append(
                f"有{len(days)}个时限，取最晚的“{limit.written}”"
                if not stated or cells > 1
                else "正文另有时限，以所列时限为准"
            )
        if self._times.calendar.is_provisional(limit.day):
            warnings.append(f"{limit.day.year}年工作日历未公布，时限暂定")
        elif not self._times.calendar.is_workday(limit.day):
            warnings.append(f"时限 {limit.day} 不是工作日")

    def _rhythm(self, task: Task, texts: list[View], warnings: list[str]) -> tuple[Rhythm | None, Span | None]:
        of_cells = [one for each in task.clause.rhythm for one in limits.rhythm_of_cell(each)]
        named = of_cells or [one for text in (*texts, *task.clause.due) for one in limits.rhythms(text)]
        if not named and any(deadlines.OTHER_RHYTHM.pattern.search(text.text) for text in texts):
            warnings.append("反馈周期不在日、周、月、季之列，请选定")
        if len({rhythm for rhythm, _ in named}) > 1:
            warnings.append(f"有多个周期，取最密的（{named[0][0].label}）")
        return named[0] if named else (None, None)

    def _points(self, task: Task) -> Iterator[DraftPoint]:
        points = task.points
        if len(points) < 2 and not task.place:  # noqa: PLR2004  (one point is the task itself)
            points = self._steps(task.body)
        for point in points:
            text = point.strip("。；， ")
            if not text:
                continue
            days = [one.day for one in self._times.found(text) if one.day]
            yield DraftPoint(text=text.raw, span=text.span(), due=max(days) if days else None)

    def _steps(self, body: View) -> list[View]:
        """4月底前…；7月底前…：a task told as steps, each with a day of its own; what leads in has none."""
        marks = re.finditer("；|。|，", body.text)
        ends = [m.end() for m in marks if m[0] != "，" or deadlines.OPENS.pattern.match(body.text[m.end() :])]
        cuts = [0, *(end for end in ends if end < len(body)), len(body)]
        steps = [body.cut(a, b) for a, b in pairwise(cuts)]
        dated = [max((one.day for one in self._times.found(step) if one.day), default=None) for step in steps]
        if dated and dated[0] is None:
            steps, dated = steps[1:], dated[1:]
        return steps if len(steps) > 1 and None not in dated and len(set(dated)) == len(dated) else []


def _like_a_unit(text: str) -> bool:
    return is_unit(text) or bool(responsibility.INNER_OFFICE.pattern.match(text))


def _no_unit(name: View) -> bool:
    """A number, a time, an order or a title is never a unit."""
    text = name.text
    if _like_a_unit(text):
        return False
    order = words.STARTS_WITH_VERB.pattern.match(text) and not responsibility.OPENS_LIKE_AN_ORDER.pattern.match(text)
    return bool(order or responsibility.NO_UNIT.pattern.search(text) or deadlines.OPENS.pattern.match(text))


def _people(written: Iterable[View]) -> Iterator[NamedPerson]:
    seen: set[str] = set()
    for name in written:
        if name.raw not in seen:
            seen.add(name.raw)
            yield NamedPerson(written=name.raw, span=name.span())


def _targets(texts: list[View]) -> Iterator[Target]:
    seen: set[Span] = set()
    for text in texts:
        for target in figures(text):
            if target.span not in seen:
                seen.add(target.span)
                yield target
