"""The known list in two thousand dresses: how well each kind is read, and that no miss is silent."""

import os

import pytest

from tests.intake.draft.dress_scores import read_all
from tests.intake.draft.dressing import dress

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DRESSES = int(os.environ.get("XMH_DRESSES", "2000"))
ENOUGH = 0.98


def test_every_kind_of_dress_is_read_well_and_what_is_read_wrong_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One test: half a minute of the processor."""
    tally = read_all([(seed, dress(seed)) for seed in range(DRESSES)])
    with capsys.disabled():
        print(f"\n{tally.table()}")  # noqa: T201  (the table is the point)
    assert tally.below(ENOUGH) == []
    assert tally.silent == []


def test_the_same_seed_is_the_same_dress() -> None:
    assert dress(7).source == dress(7).source
