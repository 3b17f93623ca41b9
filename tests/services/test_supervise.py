"""What `xmh up` starts is ours, wherever it is typed."""

import subprocess
from pathlib import Path

import pytest

from services.embedded import supervise
from services.embedded.supervise import Supervisor


def test_the_console_is_not_what_lies_where_it_was_started(tmp_path: Path) -> None:
    """In a folder others may write to, a `web.py` of theirs ran as whoever typed `xmh up`."""
    (tmp_path / "web.py").write_text("print('theirs')", encoding="utf-8")
    console = Supervisor(tmp_path, port=1, web_port=1)._console
    assert console is not None
    command = [*console.command[:-1], "no-port"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    assert "no-port" in done.stderr


def test_a_log_that_grows_in_a_long_run_is_kept_small_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "LOG_BYTES", 10_000)
    log = tmp_path / "worker.log"
    with log.open("ab", buffering=0) as output:
        for n in range(40):
            output.write(f"{n:03} {'x' * 995}\n".encode())
            supervise._rotate(log, written=True)
        assert log.stat().st_size <= 10_000
        output.write(b"the end\n")
    kept = log.with_suffix(".log.1").read_bytes()
    assert log.read_bytes().endswith(b"the end\n")
    assert b"\0" not in kept + log.read_bytes(), "who appends goes on where the file was cut"
    assert kept.count(b"\n") == 11


def test_a_log_that_cannot_be_kept_ends_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or a place that is taken: whoever watches over all would have died of it, and drained them."""
    monkeypatch.setattr(supervise, "LOG_BYTES", 10)
    log = tmp_path / "worker.log"
    log.write_bytes(b"x" * 100)
    log.with_suffix(".log.1").mkdir()
    for written in (True, False):
        supervise._rotate(log, written=written)
    assert log.read_bytes() == b"x" * 100
