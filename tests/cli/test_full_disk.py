"""Output that finds the disk full: one line for the person, an exit code that is not 0, no traceback."""

import subprocess
from pathlib import Path

import pytest

from tests.support.served import ROOT, XMH, Home

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")


def said_to_a_full_disk(home: Path, *words: str, buffered: bool) -> subprocess.CompletedProcess[str]:
    env = {**Home(home).environment, "PYTHONUNBUFFERED": "" if buffered else "1"}
    with FULL.open("w") as full:
        return subprocess.run(
            [*XMH, *words], cwd=ROOT, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )


def test_a_full_disk_is_named_in_one_line(home: Path) -> None:
    done = said_to_a_full_disk(home, "org", "list", buffered=False)
    assert done.returncode == 5
    assert done.stderr == "错误：磁盘已满或超出配额，无法写入；请清理磁盘后重试\n"


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("buffered", [True, False])
def test_an_answer_lost_to_a_full_disk_is_no_success_and_no_crash(
    home: Path, form: tuple[str, ...], buffered: bool
) -> None:
    done = said_to_a_full_disk(home, "org", "list", *form, buffered=buffered)
    assert done.returncode in (1, 5)
    assert "Traceback" not in done.stderr
