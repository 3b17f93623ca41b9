"""What happens in the month, day after day: each does something as an operator would, and says what was seen.

A day that finds anything else than it should fails by an assertion. Alerts that take longer than minutes are left out
(`NOT_IN_MINUTES`): `tests/services/test_metrics.py` raises and clears each of them alone.
"""

import asyncio
import json
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from zipfile import ZipFile

import psycopg
from temporalio.client import Client
from temporalio.service import RPCError

from domain import commands as c
from domain.door import Door
from services.gateway import Gateway
from services.temporal_client import connect
from settings import Settings
from tests.month.site import OK, OWNER, Machine, Site, eventually, share_keys
from tests.support.alerts import BY_NAME, is_raised
from tests.support.clock import open_log
from tests.support.office import OFFICE, office_today, order
from tests.support.served import ROOT, wait_for
from tests.support.temporal import DevServer

TITLES = ("推进主体施工", "完成规划修编", "打通断头路", "建成社区公园")
BASIS = ("--basis", "2026年工作计划", "--basis-kind", "任务清单", "--basis-no", "香指办〔2026〕1号", "--approver")
UNANSWERED = 5
"""How a command ends that nobody answered in time: it may be in the log, and is repeated under its id."""
NOT_IN_MINUTES = {
    "XmhNoSweep": "five minutes without a sweep",
    "XmhMattersLate": "a deadline five minutes late",
    "XmhNoticeWaiting": "a channel that is silent for an hour",
    "XmhClockRefused": "a rule that refuses a deadline",
    "XmhCalendarEnds": "the last month of the last published year",
    "XmhDrainCut": "a worker that is killed within the hundredths of a second its stop takes",
}


@dataclass
class Month:
    """The site, and what its days tell one another."""

    site: Site
    earlier: Path | None
    """The build the site begins with; today's where none is at hand."""
    liaison: tuple[str, ...] = ()
    leader: str = ""
    numbers: list[str] = field(default_factory=list)
    reported: Counter[str] = field(default_factory=Counter)
    """Reports acknowledged, by matter."""
    raised: list[str] = field(default_factory=list)
    """Alerts that were seen raised, and then over."""
    issue: str = ""
    token: str = ""
    backup: Path | None = None

    @property
    def here(self) -> Machine:
        """The first client."""
        return self.site.machines[0]

    @property
    def there(self) -> Machine:
        """The second client."""
        return self.site.machines[1]

    def report(self, machine: Machine, number: str, text: str = "已完成招标，进场施工。") -> None:
        """A report that must be acknowledged."""
        machine.ok("task", "report", number, "--text", text, *self.liaison)
        self.reported[number] += 1

    def alert(self, name: str, *, over: bool = False) -> float:
        """Wait until it is raised, or over; how many seconds that took."""
        took = self.site.wait_raised(name, over=over)
        if over:
            self.raised.append(name)
        return took

    def check(self) -> None:
        """Nothing is lost or doubled, and the log verifies."""
        assert self.there.ok("audit", "verify")["problems"] == []
        for number, count in self.reported.items():
            timeline = self.here.ok("task", "show", number)["timeline"]
            assert sum(entry["type"] == "FeedbackSubmitted" for entry in timeline) == count, (number, count)


Day = Callable[[Month], str]


def installed(month: Month) -> str:
    """PostgreSQL with its roles, tables by their owner, keys given to both machines, two workers of the landed build"""
    site = month.site
    site.database.found_roles()
    if month.earlier is not None:
        for machine in site.machines:
            machine.tree = month.earlier
    month.here.ok("migrate", XMH_DATABASE_URL=site.url(OWNER))
    share_keys(site.machines, site.folder / "secrets")
    for worker in site.workers:
        worker.start()
    for machine in site.machines:
        eventually(lambda m=machine: _workers(m) == len(site.workers))  # type: ignore[misc]
    return "both clients see both workers"


def _workers(machine: Machine) -> int:
    return sum(one["kind"] == "worker" and not one["lost"] for one in machine.ok("status")["installation"])


def furnished(month: Month) -> str:
    """The directory is imported; both clients open, accept and report matters of one log"""
    here, there = month.here, month.there
    here.ok("org", "import", ROOT / "examples/xiangmihu-2022/通讯录.xlsx", "--yes")
    people = there.ok("org", "list")["people"]
    liaison = next(p for p in people if p["role"] == "liaison" and p["unit"] != "office")
    month.leader = next(p["id"] for p in people if p["role"] == "leader")
    month.liaison = ("--as", liaison["id"])
    due = (office_today() + timedelta(days=300)).isoformat()
    for n, title in enumerate(TITLES):
        machine = (here, there)[n % 2]
        opened = machine.ok(
            "task", "open", "--title", title, "--due", due, *BASIS, month.leader, "--lead", liaison["unit"], "--yes"
        )
        month.numbers.append(opened["matter"])
    for n, number in enumerate(month.numbers):
        machine = (there, here)[n % 2]
        machine.ok("task", "accept", number, *month.liaison)
        month.report(machine, number)
    month.check()
    return f"{len(month.numbers)} matters, each opened at one client and reported at the other"


def upgraded(month: Month) -> str:
    """`upgrade` is refused while workers of the landed build run; they drain, the owner upgrades, today's take over"""
    site = month.site
    check = month.here.xmh("upgrade", "--check", tree=ROOT, XMH_DATABASE_URL=site.url(OWNER))
    steps = check.json["steps"]
    if month.earlier is not None:
        assert steps > 0, "the landed build has the tables of today"
        assert check.code == 1, "its workers run"
        assert month.here.refused("migrate", tree=ROOT, XMH_DATABASE_URL=site.url(OWNER)) == "running"
    drained = [worker.drain() for worker in site.workers]
    assert [code for code, _ in drained] == [0, 0]
    for machine in site.machines:
        machine.tree = ROOT
    outlook = month.here.ok("upgrade", "--check", XMH_DATABASE_URL=site.url(OWNER))
    assert outlook["ok"], outlook
    month.here.ok("upgrade", XMH_DATABASE_URL=site.url(OWNER))
    for service in site.services:
        service.start()
    for n, number in enumerate(month.numbers):
        month.report(site.machines[n % 2], number)
    month.check()
    slowest = max(seconds for _, seconds in drained)
    return f"{steps} steps, {outlook['replayed']} histories replayed, drained in {slowest:.1f} s; every matter goes on"


def one_office(month: Month) -> str:
    """A draft by the office's own template here is issued there; attachment and issue are read and rebuilt at both"""
    here, there = month.here, month.there
    here.ok("briefing", "templates", "--export", month.site.store / "templates")
    recipe = month.site.store / "templates" / "简报.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("一、总体情况", "一、全局情况"), encoding="utf-8")
    today = office_today().isoformat()
    draft = here.ok("briefing", "draft", "--from", today, "--to", today)["draft"]
    issued = there.ok("briefing", "issue", draft, "--sign", month.leader, "--paper", "香指办阅〔2026〕3号", "--yes")
    month.issue = issued["bulletin"]
    shutil.rmtree(month.site.store / "templates")
    for machine in site_clients(month):
        rebuilt = machine.ok("briefing", "rebuild", month.issue)
        assert rebuilt["ok"], rebuilt
    evidence = month.site.folder / "证明材料.zip"
    with ZipFile(evidence, "w") as content:
        content.writestr("验收.txt", "通过验收")
    number = month.numbers[0]
    here.ok("task", "report", number, "--text", "附进展材料。", "--attach", evidence, *month.liaison)
    month.reported[number] += 1
    copy = month.site.folder / "取出.zip"
    there.ok("task", "file", number, "1", "-o", copy)
    assert copy.read_bytes() == evidence.read_bytes()
    return f"{month.issue} drafted here, issued there, rebuilt at both after the template was gone; attachment read"


def site_clients(month: Month) -> tuple[Machine, ...]:
    """Both."""
    return month.site.machines


def served(month: Month) -> str:
    """The console: ready, and a program opens, reads and repeats a matter through its API"""
    site = month.site
    month.token = month.here.ok("access", "token", "office", "--scope", "handle")["token"]
    lead = month.here.ok("task", "show", month.numbers[0])["lead"]
    body = {
        "title": "完成管网改造",
        "due": (office_today() + timedelta(days=200)).isoformat(),
        "basis": {"kind": "task_list", "text": "2026年工作计划", "no": "香指办〔2026〕1号", "approver": month.leader},
        "lead": lead,
    }
    first = site.http("POST", "/api/v1/matters", month.token, body, key="month-open-0001")
    again = site.http("POST", "/api/v1/matters", month.token, body, key="month-open-0001")
    assert first[0] == again[0] == 201, first
    assert first[1]["matter"] == again[1]["matter"]
    month.numbers.append(first[1]["matter"])
    month.there.ok("task", "accept", first[1]["matter"], *month.liaison)
    status, shown = site.http("GET", f"/api/v1/matters/{first[1]['matter']}", month.token)
    assert (status, shown["title"]) == (OK, body["title"])
    return f"{first[1]['matter']} opened once by two equal requests"


def quiet(month: Month) -> str:
    """Nothing is wrong: no alert but for want of a backup and a drill; `doctor` finds nothing at either"""
    month.site.look()
    time.sleep(2)
    month.site.look()
    raised = {name for name in BY_NAME if is_raised(name, month.site.now, month.site.before)}
    assert raised - {"XmhCalendarEnds"} == {"XmhBackupOld", "XmhDrillOld"}, raised
    for machine in month.site.machines:
        looked = machine.xmh("doctor").json
        assert [p["code"] for p in looked["problems"]] in ([], ["calendar_unpublished"]), looked["problems"]
        assert "store_apart" not in [n["code"] for n in looked["notices"]]
    return f"{len(BY_NAME)} rules asked"


def backed_up(month: Month) -> str:
    """A backup while everything runs, restored into an empty place of one machine without PostgreSQL, and worked on"""
    site = month.site
    month.backup = site.folder / "备份.zip"
    taken = month.there.ok("backup", month.backup)
    month.alert("XmhBackupOld", over=True)
    tried = month.here.ok("drill", month.backup, "--in", site.folder)
    assert (tried["ok"], tried["position"]) == (True, taken["position"])
    month.alert("XmhDrillOld", over=True)
    (kept,) = (site.store / "files").iterdir()
    away = kept.rename(site.folder / "away")
    assert month.there.xmh("backup", site.folder / "缺.zip").json["ok"] is False
    month.alert("XmhBackupLacks")
    away.rename(kept)
    month.there.ok("backup", site.folder / "全.zip")
    month.alert("XmhBackupLacks", over=True)
    drill = Machine(site.folder / "演练", {})
    began = time.monotonic()
    back = drill.ok("restore", month.backup)
    shutil.copy(site.folder / "secrets" / "master.key", drill.home / "master.key")
    drill.ok("up", "--detach", "--no-web")
    try:
        assert drill.ok("audit", "verify")["problems"] == []
        assert drill.ok("briefing", "rebuild", month.issue)["ok"]
        drill.ok("task", "file", month.numbers[0], "1", "-o", site.folder / "演练取出.zip")
        number = month.numbers[0]
        before = drill.ok("task", "show", number)["version"]
        said = drill.ok("task", "report", number, "--text", "演练", *month.liaison)
        assert said["version"] == before + 1
    finally:
        drill.ok("down")
    minutes = time.monotonic() - began
    return (
        f"position {taken['position']}, {taken['files']} files; back at {back['position']}, served in {minutes:.0f} s"
    )


def worker_lost(month: Month) -> str:
    """A worker is killed under load: the other goes on, the alert is raised, and over when it is back"""
    site, told, repeated = month.site, Counter[str](), Counter[str]()
    over = threading.Event()

    def reports(machine: Machine, number: str) -> None:
        while not over.is_set():
            words = ("task", "report", number, "--text", "有进展", *month.liaison)
            answer = machine.xmh(*words)
            while answer.code == UNANSWERED:
                repeated[number] += 1
                answer = machine.xmh(*words, "--command-id", answer.json["error"]["command_id"])
            assert answer.code == 0, answer
            told[number] += 1

    with ThreadPoolExecutor() as hands:
        pairs = zip(site.machines, month.numbers[:2], strict=False)
        working = [hands.submit(reports, machine, number) for machine, number in pairs]
        try:
            wait_for(lambda: told.total() >= len(working), 60)
            site.workers[0].kill()
            struck, took = told.total(), month.alert("XmhWorkerDown")
            wait_for(lambda: told.total() >= struck + 6, 90)
        finally:
            over.set()
        for one in working:
            one.result()
    month.reported += told
    site.workers[0].start()
    month.alert("XmhWorkerDown", over=True)
    month.check()
    after, unanswered = told.total() - struck, repeated.total()
    return f"{after} reports acknowledged after it, {unanswered} repeated, each in the log once; seen in {took:.1f} s"


def console_lost(month: Month) -> str:
    """The console is killed and started again"""
    month.site.web.kill()
    month.alert("XmhWebDown")
    month.report(month.here, month.numbers[2])
    month.site.web.start()
    month.alert("XmhWebDown", over=True)
    return "the command line went on"


def database_lost(month: Month) -> str:
    """PostgreSQL dies and comes back; then it takes nothing, as after a switch to a standby"""
    site = month.site
    site.database.kill()
    down = month.alert("XmhLogDown")
    assert month.here.refused("task", "list") == "log_unreachable"
    site.database.start()
    month.alert("XmhLogDown", over=True)
    site.psql("ALTER DATABASE xmh SET default_transaction_read_only = on", "postgres")
    _cut_off(site)
    site.look()
    assert month.here.xmh("task", "report", month.numbers[1], "--text", "写不进", *month.liaison).code != 0
    assert is_raised("XmhAppendsFail", *_two_looks(site)), "no append was counted as failed"
    site.psql("ALTER DATABASE xmh RESET default_transaction_read_only", "postgres")
    _cut_off(site)
    month.report(month.here, month.numbers[1], "写得进了")
    month.alert("XmhAppendsFail", over=True)
    month.check()
    return f"seen in {down:.1f} s; what was refused meanwhile is not in the log"


def _two_looks(site: Site) -> tuple[Any, Any]:
    site.look()
    return site.now, site.before


def _cut_off(site: Site) -> None:
    with psycopg.connect(site.database.url(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'xmh' AND pid <> pg_backend_pid()"
        )


def temporal_lost(month: Month) -> str:
    """Temporal is away: programs are told, nothing is told on; then it comes back empty, and the log fills it again"""
    site = month.site
    site.temporal.kill()
    site.look()
    number = month.numbers[-1]
    body = {"reason": "等服务恢复"}
    status, _ = site.http("POST", f"/api/v1/matters/{number}/commands/urge", month.token, body, key="month-urge-0001")
    assert status >= 500, status
    assert is_raised("XmhWebCommandsFail", *_two_looks(site)), "no command was counted as unanswered"
    month.here.ok("calendar", "override", _far_day(), "--off", "--reason", "台风")
    month.alert("XmhEventsUntold")
    (site.folder / "temporal.db").unlink()
    fresh = DevServer(site.folder, database=site.folder / "temporal-anew.db")
    fresh.port, site.temporal.database = site.temporal.port, fresh.database
    site.temporal.start()
    began = time.monotonic()
    eventually(lambda: not month.here.ok("recover")["silent"], 90)
    month.alert("XmhEventsUntold", over=True)
    again = site.http("POST", f"/api/v1/matters/{number}/commands/urge", month.token, body, key="month-urge-0001")
    assert again[0] == 201, again
    month.alert("XmhWebCommandsFail", over=True)
    for n, one in enumerate(month.numbers):
        month.report(site.machines[n % 2], one)
    month.check()
    return f"{len(month.numbers)} matters filled in from the log, and go on, within {time.monotonic() - began:.0f} s"


def _far_day() -> str:
    """A Wednesday some weeks ahead: what is off already is no event."""
    day = office_today() + timedelta(days=20)
    return (day + timedelta(days=(2 - day.weekday()) % 7)).isoformat()


def name_taken(month: Month) -> str:
    """Somebody ends a matter's workflow and starts his own under its name; and sends an order past every entrance"""

    async def occupy(stream: str) -> None:
        client = await _client(month)
        await client.get_workflow_handle(stream).terminate("by a stranger")
        await client.start_workflow("Stranger", id=stream, task_queue="nobodys")

    async def free(stream: str) -> None:
        await (await _client(month)).get_workflow_handle(stream).terminate("noticed")

    async def forge(stream: str) -> None:
        with open_log(month.site.url()) as log:
            gateway = Gateway(await _client(month), log, "xmh", Door(b"not the key of this door, but long"))
            forged = order(stream, c.CancelMatter(reason="冒名撤销"), OFFICE, now=datetime.now(UTC))
            try:
                await gateway.submit(forged)
            except Exception as refused:
                assert "Refusal" in type(refused).__name__ or isinstance(refused, RPCError), refused
            else:
                raise AssertionError("an order without the door's key was taken")

    with psycopg.connect(month.site.url()) as connection:
        rows = connection.execute(
            "SELECT number, stream FROM matters WHERE number = ANY(%s)", ([month.numbers[0], month.numbers[1]],)
        ).fetchall()
    streams = {str(number): str(stream) for number, stream in rows}
    asyncio.run(forge(streams[month.numbers[1]]))
    month.alert("XmhForgedOrders")
    asyncio.run(occupy(streams[month.numbers[0]]))
    took = month.alert("XmhMattersOff")
    asyncio.run(free(streams[month.numbers[0]]))
    month.alert("XmhMattersOff", over=True)
    for worker in month.site.workers:
        assert worker.drain()[0] == 0
        worker.start()
    month.alert("XmhForgedOrders", over=True)
    month.report(month.there, month.numbers[0])
    month.check()
    return f"seen in {took:.0f} s, healed once it was gone; the forged order is in no history"


async def _client(month: Month) -> Client:
    with mock.patch.dict("os.environ", month.here.environment, clear=True):
        settings = Settings()
    return await connect(settings)


def log_put_back(month: Month) -> str:
    """The database is put back from an older copy while everything runs: no number comes twice"""
    site = month.site
    copy = site.folder / "older.dump"
    site.client_program("pg_dump", "--format=custom", "--file", copy, site.url(OWNER))
    for n in (1, 2):
        month.report(site.machines[n % 2], month.numbers[n])
        month.reported[month.numbers[n]] -= 1  # what the older copy lacks is gone, and known to be
    month.here.ok("task", "urge", month.numbers[0], "--text", "请抓紧")
    lost = _newest_urge(site)
    _cut_off(site)
    site.client_program(
        "pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname", site.database.url("xmh"), copy
    )
    took = month.alert("XmhLogRestored")
    codes = {p["code"] for p in month.here.xmh("doctor").json["problems"]}
    assert "log_restored" in codes, codes
    eventually(lambda: month.here.xmh("task", "urge", month.numbers[0], "--text", "再催").code == 0)
    assert _newest_urge(site) != lost, "the number of a note on paper was given again"
    for machine in site.machines:
        machine.xmh("doctor", "--noted")
    for worker in site.workers:
        assert worker.drain()[0] == 0
        worker.start()
    month.alert("XmhLogRestored", over=True)
    month.check()
    return f"seen in {took:.1f} s; the next urge note has a number of its own"


def _newest_urge(site: Site) -> str:
    newest = "SELECT payload FROM events WHERE type = 'UrgeIssued' ORDER BY position DESC LIMIT 1"
    with psycopg.connect(site.url()) as connection:
        row = connection.execute(newest).fetchone()
    assert row is not None
    return str(json.loads(row[0])["no"])


def ended(month: Month) -> str:
    """Workers and console drain (uvicorn ends by the signal it was sent); nothing serves the log, and it verifies"""
    serving = {service.process.pid for service in month.site.services if service.process is not None}
    drained = [service.drain() for service in month.site.services]
    assert [code for code, _ in drained] == [0, 0, -signal.SIGTERM], drained
    month.check()
    left = {one["pid"] for one in month.here.ok("status")["installation"]}
    assert not left & serving, "who drained has said that he leaves; who was killed is missed for a while"
    untried = set(BY_NAME) - set(month.raised) - set(NOT_IN_MINUTES)
    assert untried == set(), untried
    slowest = max(seconds for _, seconds in drained)
    alerts = len(set(month.raised))
    return f"{alerts} alerts raised and cleared, {month.reported.total()} reports; drained in {slowest:.1f} s"


DAYS: tuple[Day, ...] = (
    installed,
    furnished,
    upgraded,
    one_office,
    served,
    quiet,
    backed_up,
    worker_lost,
    console_lost,
    database_lost,
    temporal_lost,
    name_taken,
    log_put_back,
    ended,
)
