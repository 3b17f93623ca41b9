"""`xmh up down status doctor worker recover migrate` on real servers, ended and killed in every way there is."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from domain.calendar import local_date
from eventlog import reading
from eventlog.schema import HEAD
from eventlog.verify import verify
from services.draining import last_drain
from services.embedded.runfile import Process, RunFile
from services.embedded.supervise import free_port
from tests.support.office import office_today
from tests.support.served import Home, home_in, kill, wait_for
from tests.support.temporal import DevServer

pytestmark = pytest.mark.slow

DUE = (local_date(datetime.now(UTC)) + timedelta(days=40)).isoformat()
OPENING = ("task", "open", "--title", "推进主体施工", "--due", DUE, "--basis", "2022年工作计划", "--lead", "gengxin")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home served for the tests of this module that do not stop it."""
    with home_in(tmp_path_factory.mktemp("served")) as home:
        home.up()
        yield home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home of this test alone, not served yet."""
    with home_in(tmp_path) as found:
        yield found


def opened(home: Home) -> str:
    """A matter in progress; its number."""
    # Homes are shared by tests, and the same matter is not opened twice.
    title = f"推进主体施工{uuid4().hex[:6]}"
    number: str = home.ok(*(title if word == "推进主体施工" else word for word in OPENING))["matter"]
    home.ok("task", "accept", number, "--as", "li")
    return number


def alive(*processes: Process | None) -> list[bool]:
    """Whether each still runs."""
    return [bool(p and p.alive) for p in processes]


def answers(address: str) -> bool:
    """Whether somebody serves there."""
    try:
        return httpx.get(address, timeout=2).is_success
    except httpx.TransportError:
        return False


def reported(home: Home, number: str, text: str = "正常推进") -> int:
    version: int = home.ok("task", "report", number, "--text", text, "--as", "li")["version"]
    return version


# --- one working day


@pytest.mark.timeout(90)
def test_a_matter_lives_from_up_to_down(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home", web=True)
    try:
        said = home.ok("up", "--detach")
        assert said["ready"] is True
        assert httpx.get(f"{said['web']}/readyz").json()["ok"] is True
        assert said["home"] == str(home.path)
        assert (home.path.stat().st_mode & 0o777) == 0o700
        assert json.loads((home.path / "run.json").read_text())["temporal"] == said["temporal"]
        home.furnish()
        number = opened(home)
        assert reported(home, number) == 5
        assert [m["matter"] for m in home.ok("task", "list")["matters"]] == [number]
        standing = home.ok("status")
        assert (standing["running"], standing["ready"], standing["log"]["matters"]["open"]) == (True, True, 1)
        assert standing["supervisor"]["pid"] == said["pid"]
        assert standing["web"] == said["web"]
        assert home.running.console is not None
        killed = home.running.console.pid
        serving = {one["kind"]: one["pid"] for one in standing["installation"]}
        assert serving == {"worker": standing["worker"]["pid"], "web": killed}
        opened_link = home.ok("access", "open", "li")["link"]
        assert opened_link.startswith(f"{said['web']}/first/")
        kill(home.running.console)
        wait_for(lambda: answers(f"{said['web']}/healthz"), 20)
        family = home.running
        assert home.ok("down") == {"stopped": True}
        assert alive(family.supervisor, family.server, family.worker, family.console) == [False] * 4
        assert not answers(f"{said['web']}/healthz")
        assert not (home.path / "run.json").exists()
        assert home.ok("down") == {"stopped": False}
        assert (left := home.ok("status"))["running"] is False
        assert [one["pid"] for one in left["installation"]] == [killed], "who was killed did not take his leave"
        # What was recorded is still read, without any service.
        assert home.ok("task", "show", number)["version"] == 5
        log = [json.loads(line) for line in (home.path / "logs" / "worker.log").read_text().splitlines()]
        recorded = [line for line in log if line["event"] == "event_recorded"]
        assert [line["version"] for line in recorded] == [1, 2, 3, 4, 5]
        assert {"stream", "actor", "command_id"} <= recorded[0].keys()
    finally:
        home.kill_all()


def test_a_healthy_home_has_nothing_wrong(served: Home) -> None:
    opened(served)
    found = served.ok("doctor")
    assert (found["ok"], found["problems"]) == (True, [])
    assert {n["code"] for n in found["notices"]} == {"fonts_substituted", "templates", "nobody_signs_in"}
    assert "没有发现问题" in served.here("doctor").out


def test_recover_finds_nothing_to_do_on_a_healthy_home(served: Home) -> None:
    opened(served)
    found = served.ok("recover", "--dry-run")
    assert found["dry_run"] is True
    assert (found["missing"], found["behind"], found["ahead"]) == ([], [], [])
    assert found["open"] >= 1
    assert served.ok("recover")["dry_run"] is False


# --- after an accident


@pytest.mark.timeout(180)
@pytest.mark.chaos
@pytest.mark.parametrize("damage", ["pages", "whole"])
def test_a_damaged_file_of_temporals_is_set_aside_and_everything_goes_on(home: Home, damage: str) -> None:
    """The server would not start, or fail at every matter, and only whoever knows would remove the file."""
    home.up()
    number = opened(home)
    home.down()
    file = home.path / "temporal.db"
    with file.open("r+b") as content:
        if damage == "whole":
            content.truncate(0)
            content.write("这不是数据库".encode())
        else:
            content.seek(4096)
            content.write(os.urandom(8 * 4096))
    answer = home.xmh("up", "--detach")
    assert answer.code == 0, answer
    assert [line for line in answer.err.splitlines() if "已损坏" in line] != []
    assert len(list(home.path.glob("temporal.db.damaged-*"))) >= 1
    assert reported(home, number) == 5
    home.down()
    assert "已损坏" not in home.xmh("up", "--detach").err


@pytest.mark.chaos
@pytest.mark.timeout(180)
def test_a_stopped_orphan_is_ended_in_time_and_it_is_said(home: Home) -> None:
    """It took the forty seconds of a draining worker, in silence."""
    found = home.up()
    assert found.worker is not None
    found.worker.send(signal.SIGSTOP)
    kill(found.supervisor)
    began = time.monotonic()
    answer = home.xmh("up", "--detach")
    assert answer.code == 0, answer
    (said,) = [line for line in answer.err.splitlines() if "遗留" in line]
    assert f"进程 {found.worker.pid}" in said
    assert not found.worker.alive
    assert time.monotonic() - began < 50  # it becomes ready within the thirty that are left


# --- refused


def test_a_second_up_on_the_same_home_is_refused(served: Home) -> None:
    before = served.running
    for words in (("up",), ("up", "--detach")):
        answer = served.xmh(*words)
        assert answer.code == 3
        assert answer.out == ""
        assert answer.err.count("\n") == 1
        assert "已有 xmh up 在运行" in answer.err
    assert served.xmh("up", "--detach", "--json").json["error"]["code"] == "already_running"
    assert served.running == before


def test_a_port_in_use_is_named_and_nothing_is_left_running(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = home.xmh("up", "--detach", "--port", str(port))
    assert answer.code == 2
    assert f"端口 {port} 已被占用" in answer.err
    assert not (home.path / "run.json").exists()


def test_a_log_from_a_newer_build_is_refused_and_left_alone(home: Home) -> None:
    with closing(sqlite3.connect(home.path / "events.db", isolation_level=None)) as log:
        log.execute("UPDATE alembic_version SET version_num = '9999'")
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (home.path / "events.db").read_bytes()
    answer = home.xmh("up", "--detach", "--json")
    assert answer.code == 5
    assert answer.json["error"]["code"] == "schema_newer"
    assert (home.path / "events.db").read_bytes() == before
    assert home.here("doctor", "--json").json["problems"][0]["code"] == "schema_newer"
    assert home.here("migrate").code == 5


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no directory")
    for words in (("up", "--detach"), ("up",)):
        answer = Home(tmp_path / "home").xmh(*words)
        assert answer.code == 2
        assert "不是目录" in answer.err


def test_with_a_temporal_elsewhere_up_points_to_the_worker(home: Home) -> None:
    answer = home.xmh("up", env={"XMH_TEMPORAL_ADDRESS": "temporal.example:7233"})
    assert answer.code == 2
    assert "xmh worker" in answer.err


def test_commands_without_a_service_say_how_to_start_it(home: Home) -> None:
    answer = home.here(*OPENING)
    assert answer.code == 5
    assert "xmh up" in answer.err
    assert home.here("recover").code == 5
    found = home.here("doctor", "--json")
    assert found.code == 1
    assert [p["code"] for p in found.json["problems"]] == ["not_running"]
    assert all(p["remedy"] for p in found.json["problems"])


def test_doctor_without_a_home_says_where_to_begin(tmp_path: Path) -> None:
    found = Home(tmp_path / "nowhere").xmh("doctor", "--json")
    assert found.code == 1
    assert [p["code"] for p in found.json["problems"]] == ["log_missing", "not_running"]
    assert not (tmp_path / "nowhere").exists()


# --- stopped and killed


@pytest.mark.timeout(90)
def test_sigterm_drains_the_worker_before_the_server(home: Home) -> None:
    serving = home.begin("up", "--json")
    assert serving.stdout is not None
    assert json.loads(serving.stdout.readline())["ready"] is True
    number = opened(home)
    family = home.running
    talkers = [home.begin("task", "report", number, "--text", f"第{n}次", "--as", "li", "--json") for n in range(4)]
    time.sleep(1.2)
    serving.send_signal(signal.SIGTERM)
    answers = [talker.communicate(timeout=30)[0] for talker in talkers]
    assert serving.wait(30) == 0
    assert alive(family.server, family.worker) == [False, False]
    assert not (home.path / "run.json").exists()
    events = [json.loads(line)["event"] for line in (home.path / "logs" / "worker.log").read_text().splitlines()]
    assert events[-1] == "worker_stopped"
    drained = last_drain(home.path)
    assert drained is not None
    assert 0 < drained < 30
    acknowledged = sum("version" in json.loads(a) for a in answers)
    with home.log() as log:
        stream = reading.find_matters(log, number)[0].stream
        found = [e.type for e in reading.read_stream(log, stream)]
        assert found.count("FeedbackSubmitted") >= acknowledged
        assert verify(log).ok


@pytest.mark.timeout(90)
def test_a_killed_worker_and_a_killed_server_are_started_again_and_matters_go_on(home: Home) -> None:
    before = home.up()
    number = opened(home)
    assert before.worker
    assert before.server
    kill(before.worker)
    wait_for(lambda: home.running.ready and home.running.worker != before.worker)
    assert reported(home, number) == 5
    assert home.running.restarts == {"server": 0, "worker": 1}
    kill(before.server)
    wait_for(lambda: home.running.ready and home.running.server != before.server)
    assert home.running.temporal == before.temporal
    assert reported(home, number) == 6
    after = home.running
    assert after.server
    assert after.worker
    kill(after.server)
    kill(after.worker)
    wait_for(lambda: home.running.ready and home.running.worker not in (None, after.worker))
    assert reported(home, number) == 7
    assert home.running.supervisor == before.supervisor
    assert home.here("doctor").code == 0
    home.down()


@pytest.mark.timeout(90)
def test_what_a_killed_supervisor_left_is_ended_before_anything_is_started(home: Home) -> None:
    before = home.up()
    number = opened(home)
    kill(before.supervisor)
    assert alive(before.server, before.worker) == [True, True]
    standing = home.ok("status")
    assert (standing["running"], standing["worker"]["running"]) == (False, True)
    found = home.here("doctor", "--json")
    assert (found.code, found.json["problems"][0]["code"]) == (1, "supervisor_gone")
    # Orphans still serve: nobody loses a command because a supervisor died.
    assert reported(home, number) == 5
    after = home.up()
    assert alive(before.server, before.worker) == [False, False]
    assert after.supervisor != before.supervisor
    assert reported(home, number) == 6
    kill(after.supervisor)
    assert home.ok("down") == {"stopped": True}
    assert alive(after.server, after.worker) == [False, False]


@pytest.mark.chaos
@pytest.mark.timeout(90)
def test_a_stranger_under_an_old_process_id_is_not_touched(home: Home) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        told = Process(pid=stranger.pid, started="another boot:1")
        stale = RunFile(supervisor=told, server=told, worker=told, temporal="127.0.0.1:1", started_at=datetime.now(UTC))
        stale.write(home.path)
        assert home.ok("status")["running"] is False
        assert home.ok("down") == {"stopped": False}
        stale.write(home.path)
        home.up()
        elsewhere = home.path.parent / "elsewhere"
        elsewhere.mkdir()
        (home.path / "xmh.toml").write_text(f'checkpoint_folder = "{elsewhere}"\n', encoding="utf-8")
        [note] = home.ok("down")["checkpoints"]
        assert [str(place) for place in elsewhere.iterdir()] == [note], (
            "what the log was when it stopped lies elsewhere"
        )
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.chaos
def test_an_unreadable_run_file_does_not_stop_anybody_and_the_port_asked_for_is_served(home: Home) -> None:
    (home.path / "run.json").write_text('{"supervisor": ')
    assert home.ok("status")["running"] is False
    assert home.ok("down") == {"stopped": False}
    port = free_port()
    assert home.ok("up", "--detach", "--port", str(port))["temporal"] == f"127.0.0.1:{port}"
    home.down()


# --- what doctor names


@pytest.mark.timeout(90)
def test_doctor_names_a_paper_the_log_never_numbered_an_unpublished_year_and_a_worker_that_is_gone(home: Home) -> None:
    before = home.up()
    year = office_today().year
    paper = home.path / "documents" / "简报" / f"简报-{year}-07.md"
    paper.parent.mkdir(parents=True)
    paper.write_text("由后来丢失的日志签发", encoding="utf-8")
    (found,) = home.here("doctor", "--json").json["problems"]
    assert (found["code"], found["numbers"]) == ("log_restored", {f"bulletin/briefing/{year}": {"log": 0, "seen": 7}})
    home.ok("recover", "--dry-run")
    assert home.here("doctor").code == 1
    home.ok("recover")
    assert home.here("doctor").code == 0
    with home.log() as log:
        assert verify(log).ok
    far = f"{office_today().year + 3}-06-30"
    home.ok("task", "open", "--title", "远期事项", "--due", far, "--basis", "规划")
    problems = home.here("doctor", "--json").json["problems"]
    assert [(p["code"], p["year"]) for p in problems] == [("calendar_unpublished", int(far[:4]))]
    assert before.worker
    kill(before.supervisor)
    kill(before.worker)
    time.sleep(0.5)
    codes = {p["code"] for p in home.here("doctor", "--json").json["problems"]}
    assert {"supervisor_gone", "calendar_unpublished"} <= codes
    # Temporal remembers a poller for some minutes, so "no worker" shows on a queue nobody ever polled.
    other = home.xmh("doctor", "--json", env={"XMH_TASK_QUEUE": "nobody"})
    assert "no_worker" in {p["code"] for p in other.json["problems"]}


def test_doctor_names_a_server_nobody_listens_at(home: Home) -> None:
    address = f"127.0.0.1:{free_port()}"
    found = home.xmh("doctor", "--json", env={"XMH_TEMPORAL_ADDRESS": address})
    assert (found.code, [p["code"] for p in found.json["problems"]]) == (1, ["temporal_unreachable"])


# --- in production


@pytest.mark.timeout(90)
def test_a_worker_serves_health_and_metrics_and_drains_on_sigterm(dev_server: DevServer, home: Home) -> None:
    health, metrics = free_port(), free_port()
    home.env |= {"XMH_TEMPORAL_ADDRESS": dev_server.address, "XMH_TASK_QUEUE": f"q{os.getpid()}"}
    serving = home.begin("worker", "--health-port", str(health), "--metrics-port", str(metrics))
    try:
        home.ready(serving, lambda: _status(health, "/readyz") == 200)
        assert (_status(health, "/healthz"), _status(health, "/")) == (200, 404)
        number = opened(home)
        assert reported(home, number) == 5
        wait_for(lambda: b"temporal_" in _body(metrics))
        assert b'xmh_appends_total{answer="appended"}' in _body(health)
        log = home.path / "events.db"
        log.rename(log.with_name("away"))
        assert _status(health, "/readyz") == 503, "what it needs is not there, and it says so"
        log.with_name("away").rename(log)
        assert _status(health, "/readyz") == 200
        assert home.here("doctor").code == 0
    finally:
        serving.send_signal(signal.SIGTERM)
    _, said = serving.communicate(timeout=40)
    assert serving.returncode == 0
    assert json.loads(said.splitlines()[-1])["event"] == "worker_stopped"


@pytest.mark.timeout(90)
def test_a_worker_that_waits_for_its_server_says_what_it_waits_for(home: Home) -> None:
    health, temporal = free_port(), free_port()
    home.env |= {"XMH_TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}", "XMH_TASK_QUEUE": f"q{os.getpid()}"}
    serving = home.begin("worker", "--health-port", str(health))
    try:
        wait_for(lambda: _status(health, "/healthz") == 200, 30)
        met = _checks(health)
        assert _status(health, "/readyz") == 503
        assert [name for name, is_met in met.items() if not is_met] == ["worker", "swept", "temporal"]
        assert _status(health, "/metrics") == 503, "there is nothing to count yet"
        log = home.path / "events.db"
        log.rename(log.with_name("away"))
        assert not _checks(health)["log"]
    finally:
        serving.send_signal(signal.SIGTERM)
    serving.communicate(timeout=40)
    assert serving.returncode == 0


@pytest.mark.parametrize("kind", ["health", "metrics"])
def test_a_worker_whose_port_is_taken_says_so_in_one_line(home: Home, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = home.begin("worker", f"--{kind}-port", str(port))
        _, lines = refused.communicate(timeout=40)
    [line] = map(json.loads, lines.splitlines())
    assert (refused.returncode, line["code"]) == (2, "port_in_use")
    assert line["message"].startswith(f"端口 {port} ")
    assert line["message"].endswith(f"请改设置 {kind}_port")


def _checks(port: int) -> dict[str, bool]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
    checks: dict[str, bool] = json.loads(refused.value.read())["checks"]
    return checks


def _status(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code
    except httpx.TransportError:
        return 0


def _body(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        body: bytes = answer.read()
        return body


def test_migrate_prepares_a_database_that_up_does_not_own(tmp_path: Path, postgres_url: str) -> None:
    home = Home(tmp_path / "home", {"XMH_DATABASE_URL": postgres_url})
    assert home.ok("migrate") == {"before": "empty", "schema": HEAD}
    assert home.ok("migrate") == {"before": "current", "schema": HEAD}
    assert home.ok("status")["log"]["schema"] == "current"
    assert not home.path.exists()
    assert "没有生成密钥" in home.here("migrate").out
    home.path.mkdir()
    assert ("没有生成密钥" in home.here("migrate").out, (home.path / "door.key").exists()) == (False, True)


def test_parts_that_run_apart_are_not_told_to_begin_another_service(tmp_path: Path, postgres_url: str) -> None:
    home = Home(tmp_path / "home", {"XMH_DATABASE_URL": postgres_url, "XMH_TEMPORAL_ADDRESS": "127.0.0.1:9"})
    standing = home.here("status").out
    assert "各部分分开部署，没有进程在运行" in standing
    assert "表结构尚未建立" in standing
    assert "办理进程" not in standing, "those that run are told apart, by what the log knows of them"
    assert "xmh up" in Home(tmp_path / "another").here("status").out
