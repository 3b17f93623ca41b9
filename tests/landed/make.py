"""Make a fixture out of a build: `python -m tests.landed.make COMMIT`, from a checkout with its history.

The build of that commit is unpacked and lives a short life by its own commands, in this environment: whatever it knows
of them. What it left (log, keys, Temporal's file with its histories, issued papers) is kept as it lies, compressed, in
`tests/fixtures/`; no fixture is ever made anew from a later build.
"""

import json
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from services.embedded.temporal_file import TEMPORAL_FILE
from tests.support.builds import TABLES, git, unpack
from tests.support.office import office_today

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
BASIS = ("--basis", "2022年工作计划", "--basis-kind", "任务清单", "--basis-no", "香指办〔2022〕1号", "--approver")
TITLES = ("推进主体施工", "完成规划修编", "打通断头路", "建成社区公园", "完成管网改造", "开展联合验收")
TODAY = office_today()
LEFT_OUT = {"logs", "run.json", "up.lock"}
"""Of a home, what says something of processes that have ended."""


class Build:
    """An earlier build, unpacked, on a home of its own."""

    def __init__(self, commit: str, folder: Path) -> None:
        self.tree, self.home = folder / "tree", folder / "home"
        unpack(commit, self.tree)

    def xmh(self, *words: str) -> dict[str, Any] | None:
        """The document of a command of that build; None when it does not know it, or refuses."""
        command = [sys.executable, "-c", "from cli.main import run; run()", *words]
        env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.tree), "XMH_HOME": str(self.home), "XMH_ACTOR": "office"}
        done = subprocess.run(
            [*command, "--json"], cwd=self.tree, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        print(
            "ok " if done.returncode == 0 else f"exit {done.returncode}",
            *words,
            "" if done.returncode == 0 else (done.stdout + done.stderr).strip()[:200],
        )
        if done.returncode != 0:
            return None
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def must(self, *words: str) -> dict[str, Any]:
        answer = self.xmh(*words)
        assert answer is not None, words
        return answer


def live(build: Build) -> None:
    """A short life: what every build knows must work, the rest as far as it knows it."""
    build.must("up", "--detach")
    build.must("org", "import", str(next(build.tree.glob("examples/*/通讯录.xlsx"))), "--yes")
    directory = build.must("org", "list")
    people = [*directory.get("people", ()), *(p for unit in directory["units"] for p in unit.get("people", ()))]
    liaison = next(p for p in people if _role(p) == "liaison" and p["unit"] != "office")
    leader = next(p["id"] for p in people if _role(p) == "leader")
    lead, who = str(liaison["unit"]), ("--as", str(liaison["id"]))
    due = (TODAY + timedelta(days=300)).isoformat()
    numbers = [
        build.must("task", "open", "--title", title, "--due", due, *BASIS, leader, "--lead", lead, "--yes")["matter"]
        for title in TITLES
    ]
    for number in numbers[:5]:
        build.must("task", "accept", number, *who)
    for number in numbers[:4]:
        build.must("task", "report", number, "--text", "已完成招标，进场施工。", "--progress", "30", *who)
    evidence = build.home.with_name("证明材料.zip")
    with ZipFile(evidence, "w") as content:
        content.writestr("验收.txt", "通过验收")
    for words in _whatever_it_knows(numbers, leader, who, due, str(evidence)):
        build.xmh(*words, "--yes")
    build.must("audit", "verify")
    build.must("down")


def _role(person: dict[str, Any]) -> str:
    return str(person["role"])


def _whatever_it_knows(
    numbers: list[str], leader: str, who: tuple[str, ...], due: str, evidence: str
) -> Iterable[tuple[str, ...]]:
    first, second, third, fourth, fifth, sixth = numbers
    later = (date.fromisoformat(due) + timedelta(days=30)).isoformat()
    on, then = ((TODAY + timedelta(days=n)).isoformat() for n in (3, 8))
    by = ("--by", leader, "--paper")
    yield "task", "urge", first, "--text", "请抓紧报送进展。"
    yield "task", "instruct", first, "--text", "抢抓工期，每周报我。", *by, "香指办阅〔2022〕3号"
    yield "task", "report", first, "--text", "涉密的进展", "--secret", *who
    yield "task", "extend", second, "--to", later, "--reason", "管线迁改", *who
    yield "task", "extension", second, "--grant", *by, "香指办阅〔2022〕4号"
    yield "task", "suspend", fourth, "--reason", "政策调整", "--until", later, *by, "香指办阅〔2022〕5号"
    yield "task", "report", third, "--text", "全面完成。", "--progress", "100", *who
    yield "task", "close", third, "--text", "已全面完成，通过验收。", "--evidence", evidence, *who
    yield "task", "review", third, "--approve", "--text", "同意销号"
    yield "task", "cancel", sixth, "--reason", "另案办理"
    yield "task", "coordinate", fifth, "--with", "u-zhujian", "--text", "请协调用地。", *who
    yield "org", "delegate", "--from", leader, "--to", "office", "--until", later, "--reason", "出差"
    yield "calendar", "override", on, "--off", "--reason", "台风"
    yield "meeting", "schedule", "--series", "工作例会", "--at", f"{then}T09:30", "--chair", leader
    yield "meeting", "agenda", "1", "--add", "研究施工进度"
    yield (
        "incoming",
        "register",
        "--title",
        "关于加快建设的请示",
        "--from",
        "区住房和建设局",
        "--from-no",
        "深住〔2022〕5号",
    )
    yield "briefing", "draft", "--from", TODAY.isoformat(), "--to", TODAY.isoformat()


def keep(build: Build, commit: str) -> Path:
    """The home as a fixture, named by the tables of its log and the commit."""
    tables = max(
        name.rpartition("/")[2][:4] for name in git("ls-tree", "--name-only", commit, f"{TABLES}/").decode().split()
    )
    with closing(sqlite3.connect(build.home / TEMPORAL_FILE)) as histories:
        histories.execute("VACUUM")
        histories.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    place = FIXTURES / f"home-{tables}-{commit[:7]}.tar.xz"
    with tarfile.open(place, "w:xz", preset=9) as archive:
        for path in sorted(build.home.iterdir()):
            if path.name not in LEFT_OUT and not path.name.endswith((".log", "-shm")):
                archive.add(path, path.name, filter=_plain)
    return place


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    for commit in sys.argv[1:]:
        with TemporaryDirectory(prefix="xmh-build-") as folder:
            build = Build(commit, Path(folder))
            try:
                live(build)
            finally:
                build.xmh("down")
            place = keep(build, commit)
            print(f"{place.name}: {place.stat().st_size} bytes")


if __name__ == "__main__":
    main()
