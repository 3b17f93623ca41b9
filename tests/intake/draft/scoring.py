"""How well a draft agrees with what a careful clerk would list: tasks as precision and recall, fields one by one.

The expected lists stand beside the documents in `corpus/` as TOML. A task is found when the words it is called by stand
in the title or text of a drafted item; each item answers for one task only.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from domain.calendar import WorkCalendar
from intake.draft.draft import DraftingContext, draft_file
from intake.draft.model import DraftedList, Item, Target
from intake.draft.text import fold
from services.calendar_seed import seed_years

CORPUS = Path(__file__).parent / "corpus"
FIELDS = ("lead", "assist", "leaders", "persons", "due", "rhythm", "targets")
ALL = (*FIELDS, "points")
YEAR = 2022


@dataclass(frozen=True)
class Case:
    """A document and what it should come to."""

    name: str
    path: Path
    year: int
    tasks: list[dict[str, Any]]
    kind: str = ""
    """What kind of paper it is."""


@dataclass
class Score:
    """How a draft agrees with its case."""

    case: Case
    drafted: int
    found: int
    wrong: list[str] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """Of what was drafted, how much is a task."""
        return self.found / self.drafted if self.drafted else 1.0

    @property
    def recall(self) -> float:
        """Of the tasks, how many were drafted."""
        return self.found / len(self.case.tasks) if self.case.tasks else 1.0


def cases() -> list[Case]:
    """Every document of the corpus."""
    return [_case(path) for path in sorted(CORPUS.glob("*.toml"))]


def _case(path: Path) -> Case:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    return Case(path.stem, CORPUS / listed["file"], listed["year"], listed["task"], listed.get("kind", ""))


def office() -> DraftingContext:
    """An office without a directory, in the year of most documents of the corpus."""
    return DraftingContext(calendar=WorkCalendar(years=seed_years(2021, 2026)), year=YEAR)


@cache
def drafted_of(path: Path) -> DraftedList:
    """What is drafted of a document of the corpus, read once for all who ask."""
    return draft_file(path, office())


def score(case: Case) -> Score:
    """Draft the document and compare."""
    made = drafted_of(case.path)
    assert made.faults == ()
    assert made.year == case.year
    return compare(case, made)


def compare(case: Case, made: DraftedList) -> Score:
    """Compare a draft with the expected list."""
    left = list(made.items)
    score = Score(case, len(made.items), 0)
    for task in case.tasks:
        item = next((item for item in left if _plain(task["title"]) in _plain(item.title + item.text)), None)
        if item is None:
            score.wrong.append(f"没有列出：{task['title']}")
            continue
        left.remove(item)
        score.found += 1
        for name, expected, drafted in _compared(task, item):
            score.fields[name] += 1
            if expected == drafted:
                score.right[name] += 1
            else:
                score.wrong.append(f"{task['title']}：{name} 应为 {expected}，列为 {drafted}")
    score.wrong += [f"多列了：{item.title}" for item in left]
    return score


def _plain(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())


def _compared(task: dict[str, Any], item: Item) -> Iterator[tuple[str, object, object]]:
    """Every field that either side has."""
    drafted: dict[str, object] = {
        "lead": [unit.written for unit in item.lead],
        "assist": [unit.written for unit in item.assist],
        "leaders": [person.written for person in item.leaders],
        "persons": [person.written for person in item.persons],
        "due": item.due,
        "rhythm": item.rhythm.value if item.rhythm else None,
        "targets": sorted(map(said, item.targets)),
    }
    empty: dict[str, Sequence[str] | date | None] = {"due": None, "rhythm": None}
    for name in FIELDS:
        expected = task.get(name, empty.get(name, []))
        if name == "targets":
            expected = sorted(task.get(name, []))
        if expected or drafted[name]:
            yield name, expected, drafted[name]
    if "points" in task:
        yield "points", task["points"], [point.due for point in item.points if point.due]


def said(target: Target) -> str:
    """A target as the corpus writes it: `at_least 80 次`."""
    value = f"{target.value}-{target.upper}" if target.upper else target.value
    return f"{target.comparison.value} {value} {target.unit}".strip()


def table(scores: Sequence[Score]) -> str:
    """The scores, a line for each document."""
    lines = [f"{'种类':<12}{'文稿':<24}{'任务':>6}{'列出':>6}{'精确率':>8}{'召回率':>8}  各栏（对/有）"]
    for each in scores:
        told = "  ".join(f"{name} {each.right[name]}/{each.fields[name]}" for name in ALL if each.fields[name])
        counts = f"{len(each.case.tasks):>6}{each.drafted:>6}"
        rates = f"{each.precision:>10.2f}{each.recall:>10.2f}"
        lines.append(f"{each.case.kind:<12}{each.case.name:<24}{counts}{rates}  {told}")
    return "\n".join(lines)
