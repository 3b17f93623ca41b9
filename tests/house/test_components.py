"""Components within their time: what the index says of a pin, and when that is too long."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.components import TAKEN_WITHIN, judged, pins, table

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def page(*files: tuple[str, int, bool]) -> dict[str, Any]:
    """A project's page: file, how many days ago, whether it was taken back."""
    return {
        "files": [
            {"filename": name, "upload-time": (NOW - timedelta(days=days)).isoformat(), "yanked": yanked}
            for name, days, yanked in files
        ]
    }


@pytest.mark.parametrize(
    ("files", "newest", "late"),
    [
        ([("a_b-1.2-py3-none-any.whl", 400, False)], "1.2", False),
        ([("a_b-1.2.tar.gz", 400, False), ("a_b-1.3-py3-none-any.whl", 10, False)], "1.3", False),
        ([("a_b-1.2.tar.gz", 400, False), ("a_b-1.3.tar.gz", 93, False), ("a_b-1.10.tar.gz", 1, False)], "1.10", True),
        ([("a_b-1.2.tar.gz", 400, False), ("a_b-2.0rc1.tar.gz", 200, False)], "1.2", False),
        ([("a_b-1.2.tar.gz", 400, False), ("a_b-1.3.tar.gz", 200, True)], "1.2", False),
        ([("a_b-1.2.tar.gz", 400, True)], "1.2", True),
        ([("a_b-1.2.tar.gz", 4, False), ("a_b-1.1.tar.gz", 400, False), ("a_b.egg", 1, False)], "1.2", False),
    ],
)
def test_a_component_is_late_when_a_release_waits_longer_than_we_say(
    files: list[tuple[str, int, bool]], newest: str, late: bool
) -> None:
    component = judged("a-b", "1.2", page(*files))
    assert (component.newest, component.late(NOW)) == (newest, late)
    assert bool(list(table([component], NOW))) == (component.waiting_since is not None or component.yanked)


def test_the_time_is_the_one_that_is_promised() -> None:
    assert "at least once in three months" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert timedelta(days=92) >= TAKEN_WITHIN


def test_every_pin_of_the_locks_is_asked_for() -> None:
    for name in ("requirements.txt", "requirements-all.txt", "requirements-test.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert len(pins(text)) == sum("==" in line and not line.startswith((" ", "#")) for line in text.splitlines())
