"""What `xmh up` starts is ours, wherever it is typed."""

import subprocess
from pathlib import Path

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
