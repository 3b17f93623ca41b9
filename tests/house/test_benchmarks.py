"""The benchmarks run, and give a figure for both sides of every row. No figure is judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


READERS = {"fold": 4, "list": 1, "reads": 10, "pages": 19, "city": 3, "draft": 3, "table": 4, "print": 6}
WRITERS = {"workflows": 4, "append": 12, "proof": 5}


@pytest.mark.chaos
@pytest.mark.timeout(120)
@pytest.mark.parametrize("rows", [READERS, WRITERS], ids=["readers", "writers"])
def test_a_quick_run_measures_both_sides_of_every_row(tmp_path: Path, rows: dict[str, int]) -> None:
    out = tmp_path / "figures.json"
    only = [word for name in rows for word in ("--only", name)]
    subprocess.run([sys.executable, "-m", "benchmarks", "--quick", *only, "--json", out], cwd=ROOT, check=True)
    found = json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
    assert {name: len(measured) for name, measured in found.items()} == rows
    for row in (row for measured in found.values() for row in measured):
        assert all(value > 0 for side in ("bare", "xmh") for value in row[side]["runs"]), row
