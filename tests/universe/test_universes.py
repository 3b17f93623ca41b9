"""No rule breaks in any of these universes, a universe plays again as it was, and planted defects are found."""

import os
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

from tests.universe.defects import DEFECTS, FOUND_BY, planted
from tests.universe.playing import kind_of_failure, played
from tests.universe.shrinking import smallest
from tests.universe.universe import RATES, STORMS, Universe

SEEDS = range(1, 17)
MANY = int(os.environ.get("XMH_UNIVERSES", "1000"))


@cache
def as_it_is(seed: int) -> tuple[Universe, list[str]]:
    """Without any defect."""
    return played(seed)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_rule_breaks_and_little_is_left_untried() -> None:
    """The second half says that the first is not empty: every fault struck and every kind of answer was given."""
    answers: Counter[tuple[str, str]] = Counter()
    struck: Counter[str] = Counter()
    events: Counter[str] = Counter()
    for seed in SEEDS:
        universe, broken = as_it_is(seed)
        assert broken == [], f"python -m tests.universe trace {seed}"
        answers.update((said.kind, said.outcome) for said in universe.said)
        struck.update(name.partition("/")[0] for name, _ in universe.tape.faults)
        events.update(kind for (kind,) in universe.backend.raw.execute("SELECT type FROM events"))
    assert {outcome for _, outcome in answers} == {"ok", "refused", "unknown"}
    assert {kind for kind, outcome in answers if outcome == "ok"} >= {
        "open", "accept", "report", "urge", "close", "review", "suspend", "convene", "decide", "minutes",
    }  # fmt: skip
    assert set(struck) >= {*RATES, *STORMS, "strike", "beyond", "flicker"}
    assert {"FeedbackMissed", "MatterEscalated", "DueLapsed", "OutcomeDelivered", "DecisionRecorded"} <= set(events)


def test_a_universe_plays_again_byte_for_byte_also_in_another_process() -> None:
    universe, _ = as_it_is(3)
    again = subprocess.run(
        [sys.executable, "-m", "tests.universe", "replay", "3"],
        env=os.environ | {"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert again.splitlines()[-1] == "identical"
    assert again.split()[0] == universe.digest


THIRDS = (0, pytest.param(1, marks=pytest.mark.chaos), pytest.param(2, marks=pytest.mark.chaos))


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("third", THIRDS)
def test_each_planted_defect_is_found(third: int) -> None:
    """By a seed that finds nothing without it: those of the test above, and a few more."""
    assert FOUND_BY.keys() == DEFECTS.keys()
    mine = dict(list(FOUND_BY.items())[third::3])
    assert [seed for seed in sorted({*mine.values()} - {*SEEDS}) if as_it_is(seed)[1]] == []
    unfound = []
    for name, seed in mine.items():
        with planted(name):
            if not played(seed)[1]:
                unfound.append(name)
    assert unfound == []


def test_a_failure_is_made_small_and_stays_the_same() -> None:
    name, short = "answered before the commit", {"size": 16, "days": 3}
    seed = FOUND_BY[name]
    with planted(name):
        whole, broken = played(seed, **short)
        kind = kind_of_failure(broken)
        wishes, faults = smallest(seed, lambda found: kind_of_failure(found) == kind, **short)
    assert kind
    assert 0 < len(wishes) < len(whole.wanted) / 2
    assert len(faults) < len(whole.tape.faults) / 2


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_many_universes() -> None:
    first = int.from_bytes(os.urandom(4), "big")
    failed = {seed: broken[0] for seed in range(first, first + MANY) if (broken := played(seed)[1])}
    assert failed == {}
