"""The whole command line under guesses: one line and an exit code for everything, and nothing recorded but by success.

`XMH_FUZZ_CASES=2000 pytest tests/cli/test_fuzz.py` tries so many; `XMH_FUZZ_SEED=n` one alone, with what it said.
"""

import io
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest

from cli.main import _code
from eventlog.database import Database
from tests.fuzz.cases import VERDICTS, Case, case, leaves
from tests.fuzz.hostile import Files
from tests.support.command_line import CommandLine, forget_session
from tests.support.memory import forget_peak, peak
from tests.support.served import ROOT, XMH, Home

CASES = int(os.environ.get("XMH_FUZZ_CASES", "80"))
ONE = os.environ.get("XMH_FUZZ_SEED")
SECONDS, MEGABYTES = 10, 500
GOOD = frozenset({0, 2, 3, 4, 5, 6})
OPEN = ("task", "open", "--basis", "会议", "--due", "2099-03-31", "--lead", "gengxin", "--title")


@dataclass
class Tried:
    """How a case ended."""

    case: Case
    code: int
    out: str
    err: str
    seconds: float
    changed: bool
    faults: list[str] = field(default_factory=list)

    def judged(self) -> "Tried":
        said = self.out + self.err
        verdict = self.code == 1 and self.err == "" and '"error"' not in self.out and self._judges()
        wrong = {
            f"exit code {self.code}": self.code not in GOOD and not verdict,
            "a traceback": "Traceback" in said,
            "an unexpected error": "意外错误" in said or "Error:" in self.err,
            "more than one line of error": self.code != 0 and "错误：" in self.err and self.err.count("\n错误：") > 0,
            "an escape sequence": "\x1b" in self.err,
            "the log changed without success": self.changed and self.code != 0 and not self.case.several,
            f"{self.seconds:.1f} s": self.seconds > SECONDS,
        }
        self.faults = [name for name, found in wrong.items() if found]
        return self

    def _judges(self) -> bool:
        return any(all(word in self.case.words for word in verdict) for verdict in VERDICTS)

    def __str__(self) -> str:
        shown = " ".join(w if len(w) < 60 else f"{w[:40]}…({len(w)})" for w in map(ascii, self.case.words))
        given = f"{self.case.environment} toml={self.case.toml!r:.60}"
        ended = f"{self.code} {(self.err or self.out)[:400]!r}"
        return f"seed {self.case.seed}: {'; '.join(self.faults)}\n  xmh {shown}\n  {given}\n  → {ended}"


def crowded() -> float:
    """How many processes want each core: what others do meanwhile is nobody's fault here."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def newest(log: Database) -> int:
    """The newest event that is not the clock's own."""
    with log.reading() as transaction:
        row = transaction.one("""SELECT max(position) FROM events WHERE actor NOT LIKE '%"system"%'""")
    return int(row[0] or 0) if row else 0


class Fuzz:
    """Runs of `xmh` in this process, on one home that every case leaves behind for the next."""

    def __init__(self, home: Path, log: Database, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self.log, self.files, self.capsys = home, log, files, capsys
        self.commands = leaves()
        self.place = files.folder.parent / "here"
        self.place.mkdir(exist_ok=True)

    def __call__(self, seed: int, patch: pytest.MonkeyPatch) -> Tried:
        found = case(seed, self.commands, self.files)
        # What a run leaves in the environment is gone with its process; here it is taken back.
        with patch.context() as around, mock.patch.dict(os.environ):
            around.chdir(self.place)
            around.setenv("XMH_HOME", str(self.home))
            for name, value in found.environment.items():
                around.setenv(name, value)
            settings = self.home / "xmh.toml"
            settings.unlink(missing_ok=True)
            if found.toml is not None:
                settings.write_text(found.toml, encoding="utf-8")
            around.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(found.stdin), encoding="utf-8"))
            before = newest(self.log)
            forget_session()
            self.capsys.readouterr()
            began = time.monotonic()
            code = _code(list(found.words))
            seconds = (time.monotonic() - began) / crowded()
            forget_session()
            said = self.capsys.readouterr()
        return Tried(found, code, said.out, said.err, seconds, newest(self.log) != before).judged()


@pytest.mark.usefixtures("service")
@pytest.mark.timeout(60 + 3 * CASES)
def test_whatever_is_given_is_answered_in_one_line_and_records_only_by_success(
    xmh: CommandLine, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("泵站检修", "雨水管网改造", "河道整治"):
        xmh.json(*OPEN, title)
    xmh.json("task", "accept", "1", actor="li")
    fuzz = Fuzz(xmh.home, log, Files(tmp_path / "files"), capsys)
    at_rest = forget_peak()
    tried = [fuzz(seed, monkeypatch) for seed in ([int(ONE)] if ONE else range(CASES))]
    memory = peak() - at_rest
    wrong = [t for t in tried if t.faults]
    with capsys.disabled():
        if ONE:
            sys.stdout.write(f"\n{tried[0]}\n")
        codes = {code: sum(t.code == code for t in tried) for code in sorted({t.code for t in tried})}
        slowest = max(t.seconds for t in tried)
        sys.stdout.write(f"\n{len(tried)} cases, exit codes {codes}, slowest {slowest:.1f} s, {memory} MB\n")
    assert not wrong, f"{len(wrong)} of {len(tried)}\n" + "\n".join(map(str, wrong[:40]))
    assert memory < MEGABYTES


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize("cases", [100])
def test_a_process_of_its_own_answers_as_this_one(home: Path, tmp_path: Path, cases: int) -> None:
    """A sample by subprocess, without a service; and what starts things, with what it must refuse."""
    files, commands = Files(tmp_path / "files"), leaves()
    starts = [
        ["up", "--port", "x"], ["up", "--port", "99999999"], ["worker", "--health-port", "0"], ["simulate"],
        ["up", "extra"], ["web", "--port", "0"], ["web", "--host", "192.0.2.1"], ["web", "--host", "没有"],
        ["simulate", "--plan", "/dev/zero", "--year", "2022"], ["simulate", "--plan", "/nowhere", "--year", "x"],
        ["migrate", "--nosuch"], ["down", "--home", "/dev/null"], ["worker", "--metrics-port", "abc"],
    ]  # fmt: skip
    for words in [*(case(seed, commands, files).words for seed in range(9_000, 9_000 + cases)), *starts]:
        sound = [w for w in words if "\ud800" not in w]
        began = time.monotonic()
        done = subprocess.run(
            [*XMH, *sound],
            cwd=ROOT,
            env=Home(home).environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode in GOOD, (sound, done)
        assert b"Traceback" not in done.stderr, (sound, done.stderr)
        assert time.monotonic() - began < 3 * SECONDS, sound
