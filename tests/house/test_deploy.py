"""What is handed to an administrator holds: the compose file, the image's recipe, the units, the database roles."""

import configparser
import copy
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml
from sqlalchemy import create_engine, text

from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain import commands as c
from domain.envelope import SYSTEM
from domain.notices.routing import Routing
from domain.office import PersonRecorded, UnitRecorded
from eventlog.clock import LogClock
from eventlog.database import Database
from eventlog.migrate import migrate
from eventlog.migrations.rights import least_rights
from eventlog.notices import list_notices
from eventlog.secrets import destroy_keys, scrub_destroyed_keys, seal_text
from eventlog.verify import verify as verified
from services.founding import found_log
from services.office_records import record_office_events
from settings import Settings
from tests.support.clock import MASTER
from tests.support.history import act
from tests.support.manifests import no_settings, options_of
from tests.support.office import FOR_LEADER, OFFICE, PEOPLE, UNITS, opening
from tests.support.postgres import Server
from tests.support.streams import DIRECTORY_STREAM

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests/house/data/compose-spec/compose-spec.json").read_text())
EVERY_UNIT = sorted((ROOT / "deploy").glob("*.service"))
NIGHTLY = ROOT / "deploy/xmh-backup.service"
SERVICES = [unit for unit in EVERY_UNIT if unit != NIGHTLY]
VARIABLE = re.compile(r"\$\{(\w+)(:?[-?][^}]*)?\}")


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def schema_errors(document: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


def test_the_compose_file_follows_the_specification(compose: dict[str, Any]) -> None:
    assert schema_errors(compose) == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("worker", "restrat", "always"),
        ("worker", "depends_on", {"postgres": {"condition": "service_helthy"}}),
        ("postgres", "healthcheck", {"test": 7}),
    ],
)
def test_a_wrong_compose_file_is_refused(compose: dict[str, Any], service: str, key: str, value: object) -> None:
    wrong = copy.deepcopy(compose)
    wrong["services"][service][key] = value
    assert schema_errors(wrong) != []


def test_every_service_waited_for_exists_and_can_become_what_is_waited_for(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, want in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            if want["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"
            if want["condition"] == "service_completed_successfully":
                assert services[other].get("restart", "no").startswith(("no", "on-failure"))


def test_every_image_is_pinned_by_a_version(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values() if "build" not in service}
    images |= set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert len(images) >= 5
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []


def test_every_secret_comes_from_the_environment_and_has_no_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = {name: how for name, how in VARIABLE.findall(text) if "PASSWORD" in name}
    assert all(how.startswith(":?") for how in secrets.values())
    offered = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert offered == dict.fromkeys(secrets, "")
    for service in compose["services"].values():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|PWD", key):
                assert VARIABLE.fullmatch(value), key


def test_no_port_is_open_beyond_the_host(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


OURS = ("migrate", "worker", "web", "xmh")


def environment(service: dict[str, Any]) -> dict[str, str]:
    """What a service is told, variables at their defaults or at `x`."""

    def value(match: re.Match[str]) -> str:
        return match[2].removeprefix(":-") if match[2] and match[2].startswith(":-") else "x"

    return {name: VARIABLE.sub(value, told) for name, told in service.get("environment", {}).items()}


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_is_told_and_runs_is_understood(
    compose: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = compose["services"][name]
    told = environment(service)
    assert no_settings(told) == set()
    assert no_settings({**told, "XMH_DATABSE_URL": ""}) == {"XMH_DATABSE_URL"}
    for key, value in told.items():
        monkeypatch.setenv(key, value)
    settings = Settings()
    assert settings.database.startswith("postgresql://xmh")
    assert settings.address == "temporal:7233"
    if "command" in service:
        options_of(service["command"])


def test_health_is_asked_where_it_is_answered_and_files_lie_where_they_are_named(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = compose["services"]
    ports = {name: options_of(services[name]["command"]) for name in ("worker", "web")}
    for name, port in (("worker", ports["worker"]["health_port"]), ("web", ports["web"]["port"])):
        assert f"127.0.0.1:{port}/readyz" in services[name]["healthcheck"]["test"][-1]
        compile(services[name]["healthcheck"]["test"][-1], name, "exec")
    assert services["web"]["ports"] == ["127.0.0.1:{port}:{port}".format(**ports["web"])]
    monkeypatch.setenv("XMH_WEB", environment(services["web"])["XMH_WEB"])
    web = Settings().web
    assert [str(web.cert), str(web.key)] == [f"/run/secrets/{name}" for name in services["web"]["secrets"]]
    assert set(services["web"]["secrets"]) == set(compose["secrets"])


def test_no_database_is_in_reach_of_what_needs_none_nor_of_the_outside(compose: dict[str, Any]) -> None:
    services, networks = compose["services"], compose["networks"]
    assert {name for name, network in networks.items() if not (network or {}).get("internal")} == {"outside"}
    reached = {name: set(service["networks"]) for name, service in services.items()}
    assert {name for name, where in reached.items() if "outside" in where} == {"worker", "web", "temporal-ui"}
    assert "database" not in reached["temporal-ui"] | reached["temporal-namespace"]
    assert reached["postgres"] == {"database"}
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert reached[name] & reached[other] or other == "migrate", f"{name} cannot reach {other}"


def test_doctor_is_asked_also_while_the_worker_is_ill_and_temporals_page_changes_nothing(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert "worker" not in services["xmh"]["depends_on"]
    assert services["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"] == "true"
    assert services["temporal-ui"]["profiles"] == ["ui"]


def test_what_belongs_to_a_site_gets_into_no_image_and_no_commit(compose: dict[str, Any]) -> None:
    folders = {volume.split(":")[0].removeprefix("./") for volume in compose["services"]["xmh"]["volumes"]}
    places = {folder for folder in folders if "-" not in folder} | {"secrets", ".env"}
    assert places == {"desk", "backups", "secrets", ".env"}
    for file in (".dockerignore", ".gitignore"):
        lines = {line.rstrip("/") for line in (ROOT / file).read_text().splitlines()}
        assert places <= lines, file


def test_the_image_runs_as_a_person_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    user = max(index for index, line in enumerate(lines) if line.startswith("USER "))
    assert lines[user].split()[1] not in {"0", "root"}
    assert not any(line.startswith("RUN ") for line in lines[user:])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_restarts_drains_and_has_few_rights(unit: Path) -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # names of keys keep their capitals
    parser.read(unit)
    service = parser["Service"]
    assert service["Restart"] == "always"
    assert int(service["TimeoutStopSec"]) > 30
    assert service["User"] != "root"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert parser["Install"]["WantedBy"] == "multi-user.target"


def test_a_restore_by_compose_is_told_without_what_founds_a_log_first(compose: dict[str, Any]) -> None:
    assert "migrate" in compose["services"]["xmh"]["depends_on"]
    commands = re.findall(r"docker compose run ([^`]*?) xmh restore ", (ROOT / "deploy/README.md").read_text())
    assert commands
    assert all("--no-deps" in command.split() for command in commands)


def test_every_unit_may_write_where_the_store_is_and_the_backup_where_backups_go() -> None:
    """`ProtectSystem=strict` makes everything else read-only, a share too."""
    (store,) = re.findall(r"^#XMH_STORE=(\S+)$", (ROOT / "deploy/xmh.env").read_text(encoding="ascii"), re.MULTILINE)
    for unit in EVERY_UNIT:
        (paths,) = re.findall(r"^ReadWritePaths=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
        assert f"-{store}" in paths.split(), unit.name


def test_the_nightly_backup_is_a_command_there_is_begun_by_its_timer(tmp_path: Path) -> None:
    text, timer = NIGHTLY.read_text(encoding="utf-8"), NIGHTLY.with_suffix(".timer").read_text(encoding="utf-8")
    (words,) = re.findall(r"exec \S+/xmh (backup \".+\")'", text)
    file = shlex.split(words.replace("$(date +%%F)", "2026-11-30"))[1]
    assert options_of(["backup", file]) == {"file": file}
    assert f" {Path(file).parent} " in re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE)[0]
    assert f"find {Path(file).parent} -name xmh-*.zip " in text
    assert "Type=oneshot" in text
    assert "Persistent=true" in timer
    if shutil.which("systemd-analyze"):
        assert verify(NIGHTLY, tmp_path) == ""


def test_the_offline_archive_has_whatever_a_site_is_set_up_and_kept_by() -> None:
    script = (ROOT / "deploy/offline/build.sh").read_text(encoding="utf-8")
    (taken,) = re.findall(r'"\$root"/deploy/\{([^}]+)\}', script)
    ours = {"offline", "components.py", "release.py", "__pycache__"}
    for_a_site = {path.name for path in (ROOT / "deploy").iterdir()} - ours
    assert set(taken.split(",")) == {name for name in for_a_site if not name.endswith((".service", ".timer"))}
    (pages,) = re.findall(r'"\$root"/docs/\{([^}]+)\}', script)
    assert {f"{name}.md" for name in pages.split(",")} == {path.name for path in (ROOT / "docs").glob("[!a-z]*.md")}


def verify(unit: Path, folder: Path) -> str:
    """What systemd says of the unit, with a program that exists here in place of the installed one."""
    program = folder / "xmh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    here = folder / unit.name
    here.write_text(unit.read_text().replace("/opt/xmh/.venv/bin/xmh", str(program)))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    said = subprocess.run(
        ["systemd-analyze", "verify", here], capture_output=True, text=True, check=False, env=environment
    )
    return "\n".join(line for line in said.stderr.splitlines() if unit.name in line)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed on this machine")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_has_nothing_to_say_against_a_unit(unit: Path, tmp_path: Path) -> None:
    assert verify(unit, tmp_path) == ""
    wrong = tmp_path / "wrong.service"
    wrong.write_text(unit.read_text().replace("Restart=", "Restrat="))
    assert "Restrat" in verify(wrong, tmp_path)


@pytest.fixture(scope="module")
def log_database() -> Iterator[str]:
    """A PostgreSQL after `deploy/postgres/roles.sql`, with the log's tables made by their owner."""
    server = Server()
    try:
        server.start()
        server.found_roles()
        migrate(server.url("xmh", "xmh_owner"))
        yield server.url("xmh", "xmh")
    finally:
        server.remove()


def test_roles_of_an_interrupted_first_start_are_repaired_and_take_the_newest_passwords(own_postgres: Server) -> None:
    """And a second run takes nothing away from whoever works already."""

    def secret(role: str) -> str:
        row = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (role,)).fetchone()
        assert row is not None
        return str(row[0])

    with psycopg.connect(own_postgres.url(), autocommit=True) as admin:
        for left in ("CREATE ROLE temporal", "CREATE DATABASE temporal OWNER temporal", "CREATE ROLE xmh_owner"):
            admin.execute(left.encode())
        own_postgres.found_roles("first")
        migrate(own_postgres.url("xmh", "xmh_owner"))
        with Database(own_postgres.url("xmh", "xmh"), clock=LogClock.DECIDED) as log:
            found_log(log, datetime(2022, 3, 7, 2, tzinfo=UTC))
        before = {role: secret(role) for role in ("temporal", "xmh_owner", "xmh")}
        own_postgres.found_roles("second")
        assert all(secret(role) != password for role, password in before.items())
    with Database(own_postgres.url("xmh", "xmh")) as log:
        assert verified(log).problems == ()


@pytest.fixture(scope="module")
def at_work(log_database: str) -> Database:
    """The log as the worker's role has it: founded, with a matter, a secret and notices."""
    log = Database(log_database, clock=LogClock.DECIDED, master_key=MASTER)
    moment = datetime(2022, 3, 7, 2, tzinfo=UTC)
    found_log(log, moment)
    events = [*(UnitRecorded(unit=u) for u in UNITS), *(PersonRecorded(person=p) for p in PEOPLE)]
    record_office_events(log, DIRECTORY_STREAM, events, actor=SYSTEM, command_id="test:directory", now=moment)
    act(log, "matter/one", opening(), OFFICE, moment)
    words = seal_text(log, "matter/one", "工作秘密")
    act(log, "matter/one", c.RecordInstruction(leader="leader", text=words), FOR_LEADER, moment)
    NoticeActivities(log, {}, Routing(), OfficeClock(simulated=True)).spread(moment)
    return log


def test_the_worker_s_role_does_everything_a_worker_does(at_work: Database) -> None:
    assert verified(at_work).problems == ()
    assert len(list_notices(at_work)) > 0
    assert destroy_keys(at_work, "matter/one") == 1
    left = scrub_destroyed_keys(at_work)
    assert left is not None, "it may not write the table anew, and says so"
    assert "VACUUM" in left


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE events",
        "DROP TABLE events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "ALTER TABLE events ADD COLUMN more text",
        "CREATE TABLE other (n int)",
        "SET session_replication_role = replica",
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "UPDATE commands SET request_hash = ''",
        "DELETE FROM commands",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('0009')",
        "DELETE FROM numbers",
        "UPDATE numbers SET series = 'matter/1999'",
        "DELETE FROM secret_keys",
        "UPDATE secret_keys SET stream = 'matter/other'",
        "UPDATE secret_keys SET key_id = 'x'",
        "DELETE FROM people",
        "DELETE FROM outbox",
        "UPDATE outbox SET position = 0",
        "DELETE FROM notices",
        "DELETE FROM streams",
        "DELETE FROM snapshots",
    ],
)
def test_the_worker_s_role_cannot_change_the_schema_or_what_the_append_does_not(
    at_work: Database, statement: str
) -> None:
    with psycopg.connect(at_work.url) as worker, pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE numbers SET last = last - 1",
        "UPDATE secret_keys SET key = '\\x00' WHERE key IS NULL",
    ],
)
def test_a_number_never_goes_back_and_a_destroyed_key_never_comes_back(at_work: Database, statement: str) -> None:
    destroy_keys(at_work, "matter/one")
    with psycopg.connect(at_work.url) as worker, pytest.raises(psycopg.IntegrityError):
        worker.execute(statement.encode())


def test_rights_given_in_bulk_do_not_outlive_an_upgrade(log_database: str) -> None:
    owner = log_database.replace("://xmh@", "://xmh_owner@")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(owner))
    with engine.begin() as connection:
        connection.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO xmh"))
        least_rights(connection)
    engine.dispose()
    with psycopg.connect(log_database) as worker, pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute(b"DELETE FROM people")


@pytest.mark.parametrize("database", ["temporal", "temporal_visibility"])
def test_the_worker_s_role_cannot_enter_temporal_s_databases(log_database: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(log_database.replace("/xmh?", f"/{database}?"))
