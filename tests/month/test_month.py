"""The month itself (long), and that a day that goes wrong is counted and ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.month import days, lived
from tests.month.days import DAYS, NOT_IN_MINUTES, Month
from tests.month.lived import Tally
from tests.support.alerts import BY_NAME, is_raised
from tests.support.builds import last_before_these_tables, unpack


@pytest.mark.chaos
@pytest.mark.timeout(1500)
def test_a_month_goes_by(tmp_path: Path) -> None:
    commit = last_before_these_tables()
    earlier = unpack(commit, tmp_path / "landed") if commit else None
    tally = Tally()
    lines = list(lived.lived(DAYS, tmp_path / "site", earlier, tally))
    assert (tally.done, tally.wrong) == (len(DAYS), False), "\n".join(lines)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server runs: only how days are counted is looked at."""

    @contextmanager
    def bare(folder: Path, tree: Path) -> Iterator[Any]:
        (folder / "worker.log").write_text(f"the last words under {tree.name}", encoding="utf-8")
        yield None

    monkeypatch.setattr(lived, "site_in", bare)


def good(month: Month) -> str:
    """Goes well"""
    month.numbers.append("1")
    return f"{len(month.numbers)} seen"


def bad(month: Month) -> str:
    """Goes wrong"""
    assert month.numbers == [], "there is one already"
    return ""


def test_every_day_is_counted_with_what_was_seen(nowhere: None, tmp_path: Path) -> None:
    tally = Tally()
    lines = list(lived.lived((good, good), tmp_path / "site", None, tally))
    assert (tally.done, tally.wrong) == (2, False)
    assert [line.split("\n")[0] for line in lines] == ["✓  1 good: Goes well", "✓  2 good: Goes well"]
    assert "2 seen (0.0 s)" in lines[1]


def test_a_day_that_goes_wrong_ends_the_month_and_says_why(nowhere: None, tmp_path: Path) -> None:
    tally = Tally()
    lines = list(lived.lived((good, bad, good), tmp_path / "site", None, tally))
    assert (tally.done, tally.wrong) == (1, True)
    assert lines[1].startswith("✗  2 bad: Goes wrong")
    assert "there is one already" in lines[1]
    assert "the last words" in lines[2]
    assert len(lines) == 3


def test_every_alert_has_its_day_or_its_reason() -> None:
    text = Path(days.__file__).read_text(encoding="utf-8")
    assert set(NOT_IN_MINUTES) < set(BY_NAME)
    assert [name for name in BY_NAME if name not in NOT_IN_MINUTES and f'alert("{name}", over=True)' not in text] == []


def test_a_rate_is_what_a_counter_grew_and_a_label_chooses() -> None:
    def appended(failed: float, other: float = 9.0) -> list[tuple[str, dict[str, str], float]]:
        return [
            ("xmh_appends_total", {"answer": "failed"}, failed),
            ("xmh_appends_total", {"answer": "appended"}, other),
        ]

    assert is_raised("XmhAppendsFail", appended(2), appended(1))
    assert not is_raised("XmhAppendsFail", appended(2), appended(2))
    assert not is_raised("XmhAppendsFail", appended(0, 12), appended(0))
    assert is_raised("XmhWorkerDown", [("up", {"job": "xmh-worker"}, 0.0)])
    assert not is_raised("XmhWorkerDown", [("up", {"job": "xmh-web"}, 0.0)])
