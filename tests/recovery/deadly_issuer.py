"""Signs drafts, each in a process of its own, as each who types `briefing issue` is; some die where they are told to.

Arguments: the home, then DRAFT:WHERE for each process: `nowhere`, `before` the number is recorded, `after` it is
recorded and before a file is in its place, or `linking`, when the first file is. All begin at once. One line of JSON
says of each draft which signal ended its process, and which number it was told.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

# What issuing would import late is there before the processes are forked.
import documents.formats.docx
import documents.formats.html
import documents.formats.pdf  # noqa: F401
import services.issuing.signing
from documents.bulletin.drafts import find_draft
from documents.formats.press import Press
from domain.log import AppendAnswer, Appended
from eventlog.append import append
from services.issuing.bulletins import issue_draft
from tests.support.clock import open_log
from tests.support.homes import at
from tests.support.office import FOR_LEADER, sqlite

NOW = at("2022-03-31", "18:00")


def main(home: Path, wanted: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Fork, let them begin, and hear them out."""
    gate, go = os.pipe()
    processes = {draft: _forked(home, draft, where, gate, go) for draft, where in wanted.items()}
    os.close(gate)
    os.close(go)
    said = {}
    for draft, (pid, told) in processes.items():
        with os.fdopen(told) as words:
            number = words.read()
        _, status = os.waitpid(pid, 0)
        said[draft] = (os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, number)
    return said


def _forked(home: Path, draft: str, where: str, gate: int, go: int) -> tuple[int, int]:
    told, tell = os.pipe()
    pid = os.fork()
    if pid:
        os.close(tell)
        return pid, told
    os.close(go)
    os.read(gate, 1)  # nothing ever comes; it ends when the parent and all forked before have closed the other end
    os.write(tell, _signed(home, draft, where).encode())
    os._exit(0)


def _signed(home: Path, draft: str, where: str) -> str:
    def deadly_append(*arguments: Any) -> AppendAnswer:
        if where == "before":
            _die()
        answer = append(*arguments)
        if where == "after" and isinstance(answer, Appended):
            _die()
        return answer

    def deadly_link(made: Path, place: Path, link: Any = os.link) -> None:
        link(made, place)
        if where == "linking":
            _die()

    setattr(services.issuing.signing, "append", deadly_append)  # noqa: B010  (a name the module imported, not its own)
    os.link = deadly_link  # type: ignore[assignment]
    found = find_draft(home, draft)
    assert found is not None
    with open_log(sqlite(home)) as log:
        return issue_draft(log, home, found, FOR_LEADER, NOW, Press()).number


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL is not survived")


if __name__ == "__main__":
    answer = main(Path(sys.argv[1]), dict(argument.split(":") for argument in sys.argv[2:]))
    sys.stdout.write(json.dumps(answer))
