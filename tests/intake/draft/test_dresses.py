"""The known list in two thousand dresses: how well each kind is read, and that no miss is silent."""

import os

import pytest

from tests.intake.draft.dress_scores import Tally, read_all
from tests.intake.draft.dressing import dress

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("dresses")]
"""Half a minute of the processor, however many share it."""
DRESSES = int(os.environ.get("XMH_DRESSES", "2000"))
ENOUGH = 0.98


@pytest.fixture(scope="module")
def tally() -> Tally:
    return read_all([(seed, dress(seed)) for seed in range(DRESSES)])


def test_every_kind_of_dress_is_read_well(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{tally.table()}")  # noqa: T201  (the table is the point)
    assert tally.below(ENOUGH) == []


def test_whatever_is_read_wrong_is_warned_of(tally: Tally) -> None:
    assert tally.silent == []


def test_the_same_seed_is_the_same_dress() -> None:
    assert dress(7).source == dress(7).source
