"""多头交办: which open matters a new task may be about, for a person to decide. Nothing is merged here.

The same project stands in several documents under other words: a work plan says 推进国际交流中心建设, a speech
加快深圳国际交流中心等公共项目. Two titles are near when most of their pairs of characters are the same, or when they
share a run of characters that few other open titles have: the project's own name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise

from domain.base import Frozen
from domain.duplicates import OpenTitle, title_key

NEAR = 0.6
"""Dice's coefficient of the pairs of characters from which two titles are near, whoever leads."""
NEAR_SAME_LEAD = 0.45
"""The coefficient from which two titles are near when one unit leads both matters."""
OWN_NAME = 5
"""Characters in a row that make a name, words of every plan not counted: 国际交流中心 is one, 专项规划编制 is none."""
_EVERYWHERE = re.compile("规划|编制|工作|发展|建设|推进|方案|项目|管理|实施|重点|机制|任务|服务|加快|完成|开展")
RARE = 3
"""A run found in more open titles than this names a place or a manner of speaking, not one project."""
OFFERED = 3
_COMMON_PAIR = 60
"""A pair of characters in more titles than this tells nothing; leaving it out bounds the work for long lists."""


class Near(Frozen):
    """An open matter a new task may be about: `score` is 0 to 1, `shared` the longest run both have."""

    matter: OpenTitle
    score: float
    shared: str


class OpenTitles:
    """The open matters, to be asked which of them a title may be about."""

    def __init__(self, standing: Iterable[OpenTitle]) -> None:
        self._standing = tuple(standing)
        self._keys = tuple(title_key(s.title) for s in self._standing)
        self._where: dict[str, list[int]] = defaultdict(list)
        for index, key in enumerate(self._keys):
            for pair in _pairs(key):
                self._where[pair].append(index)

    def near(self, title: str, lead: str | None) -> tuple[Near, ...]:
        """At most three open matters the title may be about, the nearest first."""
        key = title_key(title)
        nearest = [near for index in self._candidates(key) if (near := self._compared(key, lead, index))]
        return tuple(sorted(nearest, key=lambda n: (-n.score, n.matter.number))[:OFFERED])

    def _candidates(self, key: str) -> list[int]:
        hits: Counter[int] = Counter()
        for pair in _pairs(key):
            where = self._where.get(pair, ())
            if len(where) <= _COMMON_PAIR:
                hits.update(where)
        return [index for index, count in hits.most_common(20) if count > 1]

    def _compared(self, key: str, lead: str | None, index: int) -> Near | None:
        other = self._keys[index]
        score, shared = _dice(key, other), _longest_run(key, other)
        same_lead = lead is not None and lead == self._standing[index].lead
        wanted = NEAR_SAME_LEAD if same_lead else NEAR
        if score >= wanted or (_names_something(shared) and self._rare(shared)):
            return Near(matter=self._standing[index], score=round(score, 2), shared=shared)
        return None

    def _rare(self, run: str) -> bool:
        least = min((self._where[pair] for pair in _pairs(run)), key=len)
        return sum(run in self._keys[index] for index in least) <= RARE


def _names_something(run: str) -> bool:
    return len(_EVERYWHERE.sub("", run)) >= OWN_NAME


def _pairs(key: str) -> set[str]:
    return {a + b for a, b in pairwise(key)}


def _dice(one: str, other: str) -> float:
    left, right = _pairs(one), _pairs(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else 0.0


def _longest_run(one: str, other: str) -> str:
    """The longest substring both have; the first of several."""
    run = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    return one[run.a : run.a + run.size]
