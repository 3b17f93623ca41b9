"""How well dresses are read: precision and recall of tasks, leads, dates, targets and steps, for each kind of dress."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.calendar import WorkCalendar
from intake.draft.draft import DraftingContext, draft
from intake.draft.model import DraftedList, Item
from intake.draft.text import fold
from services.calendar_seed import seed_years
from tests.intake.draft.dressing import YEAR, Dress, Known

FIELDS = ("任务", "牵头", "配合", "时限", "指标", "节点")
OFFICE = DraftingContext(WorkCalendar(years=seed_years(YEAR, YEAR)), YEAR)
_WARNS = {
    "牵头": ("牵头", "单位"),
    "配合": ("单位", "牵头"),
    "时限": ("时限",),
    "指标": ("指标",),
    "节点": ("时限", "节点"),
}
"""The words by which a warning is about a field."""


@dataclass
class Count:
    """What was right, what was drafted, what should have been."""

    right: int = 0
    drafted: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float:
        """Of what was drafted, how much is right."""
        return self.right / self.drafted if self.drafted else 1.0

    @property
    def recall(self) -> float:
        """Of what should be there, how much was drafted."""
        return self.right / self.wanted if self.wanted else 1.0


@dataclass
class Tally:
    """Many dresses by kind; `silent` are the misses that no warning tells of."""

    counts: defaultdict[tuple[str, str], dict[str, Count]] = field(
        default_factory=lambda: defaultdict(lambda: {name: Count() for name in FIELDS})
    )
    dresses: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    missed: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def add(self, seed: int, dress: Dress) -> None:
        """Read a dress and count."""
        made = draft(dress.source, "稿", OFFICE)
        kinds = [*dress.kinds.items(), ("全部", "")]
        for kind in kinds:
            self.dresses[kind] += 1
        left = list(made.items)
        for task in dress.tasks:
            item = next((i for i in left if _called(i, task)), None)
            if item is not None:
                left.remove(item)
            self._count(kinds, "任务", {task.work.what} if item else set(), {task.work.what})
            if item is None:
                self._miss(seed, dress, f"没有列出“{task.work.what}”", bool(made.warnings))
                continue
            self._compare(seed, dress, kinds, item, task)
        for item in left:
            self._count(kinds, "任务", {item.title}, set())
            self._miss(seed, dress, f"多列了“{item.title}”", any(not w.startswith("缺") for w in item.warnings))

    def _compare(self, seed: int, dress: Dress, kinds: list[tuple[str, str]], item: Item, task: Known) -> None:
        got: dict[str, set[object]] = {
            "牵头": {fold(unit.written) for unit in item.lead},
            "配合": {fold(unit.written) for unit in item.assist},
            "时限": _without_none(item.due),
            "指标": {(target.value, target.unit) for target in item.targets},
            "节点": {point.due for point in item.points if point.due},
        }
        wanted: dict[str, set[object]] = {
            "牵头": set(map(fold, task.lead)),
            "配合": set(map(fold, task.assist)),
            "时限": _without_none(task.due),
            "指标": _without_none(task.work.target),
            "节点": {day for _, day in task.steps} or got["节点"],
        }
        for name, want in wanted.items():
            self._count(kinds, name, got[name], want)
            if got[name] != want:
                told = any(word in warning for warning in item.warnings for word in _WARNS[name])
                self._miss(seed, dress, f"“{task.work.what}”{name}应为{want}，列为{got[name]}", told)

    def _count(self, kinds: Iterable[tuple[str, str]], name: str, got: set[object], want: set[object]) -> None:
        for kind in kinds:
            count = self.counts[kind][name]
            count.right += len(got & want)
            count.drafted += len(got)
            count.wanted += len(want)

    def _miss(self, seed: int, dress: Dress, what: str, told: bool) -> None:
        line = f"{seed} {dress.kinds}：{what}"
        self.missed.append(line)
        if not told:
            self.silent.append(line)

    def below(self, least: float) -> list[str]:
        """The kinds of dress of which something is read worse than that."""
        return [
            f"{kind} {name} 精确率{count.precision:.3f} 召回率{count.recall:.3f}"
            for kind, counts in self.counts.items()
            for name, count in counts.items()
            if min(count.precision, count.recall) < least
        ]

    def table(self) -> str:
        """A line for each kind of dress: precision and recall of each field."""
        lines = ["装束                              份数  " + "  ".join(f"{name}（精确/召回）" for name in FIELDS)]
        for kind in sorted(self.dresses):
            told = "   ".join(f"{c.precision:.3f}/{c.recall:.3f}" for c in self.counts[kind].values())
            lines.append(f"{kind[0]:<6}{kind[1]:<22}{self.dresses[kind]:>6}  {told}")
        return "\n".join(lines)


def _without_none(value: object) -> set[object]:
    return set() if value is None else {value}


def _called(item: Item, task: Known) -> bool:
    return fold(task.work.what) in fold(item.title)


def read_all(dresses: Sequence[tuple[int, Dress]]) -> Tally:
    """Read every dress."""
    tally = Tally()
    for seed, dress in dresses:
        tally.add(seed, dress)
    return tally


def drafted(dress: Dress) -> DraftedList:
    """What a dress is read as."""
    return draft(dress.source, "稿", OFFICE)
