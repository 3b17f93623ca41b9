"""What is handed to an administrator holds: the compose file, the image's recipe, the units, the database roles."""

import base64
import configparser
import copy
import hashlib
import hmac
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
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
from eventlog.errors import LogUnreachable
from eventlog.migrate import migrate
from eventlog.migrations.rights import least_rights
from eventlog.notices import list_notices
from eventlog.schema import schema_state
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
VERIFYING = ROOT / "deploy/xmh-verify.service"
SERVICES = [unit for unit in EVERY_UNIT if unit not in (NIGHTLY, VERIFYING)]
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


def test_once_an_image_is_pinned_by_its_digest_all_are(compose: dict[str, Any]) -> None:
    """`make digests` pins all or none; a tag that was moved up by hand afterwards would go without."""
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    if "@sha256:" in text:
        assert unpinned(text) == []
    wrong = text.replace("image: postgres:18.6", f"image: postgres:18.6@sha256:{'0' * 64}")
    assert "temporalio/ui:2.54.1" in unpinned(wrong)


def unpinned(text: str) -> list[str]:
    """Images of others by a tag alone."""
    images = re.findall(r"(?m)^\s*image: (\S+)$|^FROM (\S+)", text)
    return [one for pair in images for one in pair if one and not one.startswith("xmh:") and "@sha256:" not in one]


def test_images_are_pinned_as_their_registries_have_them_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    asked = tmp_path / "bin/docker"  # in place of a registry: its digest follows from the name
    asked.write_text("#!/bin/sh\nprintf 'sha256:%s\\n' $(printf %s \"$4\" | sha256sum | cut -c1-64)\n")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", f"{asked.parent}{os.pathsep}{os.environ['PATH']}")

    def pin() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "deploy/digests.py"), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def written() -> str:
        return "".join((tmp_path / name).read_text() for name in ("docker-compose.yml", "Dockerfile"))

    assert pin().returncode == 0
    once = written()
    assert unpinned(once) == []
    assert f"postgres:18.6@sha256:{hashlib.sha256(b'postgres:18.6').hexdigest()}" in once
    assert schema_errors(yaml.safe_load((tmp_path / "docker-compose.yml").read_text())) == []
    assert (pin().returncode, written()) == (0, once)
    asked.write_text("#!/bin/sh\necho 'no such manifest' >&2\nexit 1\n")
    failed = pin()
    assert (failed.returncode, written()) == (1, once)
    assert "no such manifest" in failed.stderr


FROM_FILES = re.compile("PASSWORD|PWD|DATABASE_URL")


def test_every_secret_is_a_file_only_who_needs_it_is_given(compose: dict[str, Any]) -> None:
    """In no environment, which the engine shows to whoever may ask it, and in no variable of `.env`."""
    assert "PASSWORD" not in {name for name, _ in VARIABLE.findall((ROOT / "docker-compose.yml").read_text())}
    named = dict[str, set[str]]()
    for name, service in compose["services"].items():
        files = {key: value for key, value in service.get("environment", {}).items() if FROM_FILES.search(key)}
        assert all(key.endswith("_FILE") for key in files), name
        named[name] = {value.removeprefix("/run/secrets/") for value in files.values()}
        assert named[name] <= set(service.get("secrets", ())), name
        assert set(service.get("secrets", ())) - named[name] <= {"web_cert", "web_key"}, name
    assert named["worker"] == named["web"] == named["xmh"] == {"xmh_database_url"}
    assert named["migrate"] == {"xmh_owner_database_url"}
    assert named["temporal"] == named["temporal-schema"] == {"temporal_db_password"}
    assert set().union(*named.values()) | {"web_cert", "web_key"} == set(compose["secrets"])


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What `deploy/secrets.sh` makes."""
    folder = tmp_path / "secrets"
    make_secrets(folder)
    return folder


def make_secrets(folder: Path) -> None:
    subprocess.run(["sh", ROOT / "deploy/secrets.sh", folder], check=True, capture_output=True)


def test_secrets_are_made_once_and_what_is_there_stays(compose: dict[str, Any], secrets: Path) -> None:
    made = {file.name: file.read_text() for file in secrets.iterdir()}
    assert {f"./secrets/{name}" for name in made} | {"${XMH_WEB_CERT:-./secrets/web.pem}"} < {
        secret["file"] for secret in compose["secrets"].values()
    }
    assert len(set(made.values())) == len(made)
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in secrets.iterdir()} == {0o444}
    make_secrets(secrets)
    assert {file.name: file.read_text() for file in secrets.iterdir()} == made
    (secrets / "xmh_db_password").unlink()
    make_secrets(secrets)
    renewed = {name for name, text in made.items() if (secrets / name).read_text() != text}
    assert renewed == {"xmh_db_password", "xmh_database_url"}


def test_roles_take_their_passwords_from_the_files_and_the_addresses_lead_in(
    secrets: Path, own_postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_postgres.start()
    psql = [str(own_postgres.program("psql")), "--quiet", "--no-psqlrc", "--dbname", own_postgres.url()]
    roles = [*psql, "--file", str(ROOT / "deploy/postgres/roles.sql")]
    names = ("TEMPORAL_DB_PASSWORD", "XMH_OWNER_DB_PASSWORD", "XMH_DB_PASSWORD")
    bare = {name: value for name, value in os.environ.items() if name not in names}
    untold = subprocess.run(roles, env=bare, capture_output=True, text=True, check=False)
    assert "division by zero" in untold.stderr
    with psycopg.connect(own_postgres.url()) as admin:
        assert admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'xmh'").fetchone() is None
    files = {f"{name}_FILE": str(secrets / name.lower()) for name in names}
    done = subprocess.run(roles, env=bare | files, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with psycopg.connect(own_postgres.url()) as admin:
        stored: dict[str, str] = dict(
            admin.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
        )
    for role, secret, address in (
        ("xmh", "xmh_db_password", "xmh_database_url"),
        ("xmh_owner", "xmh_owner_db_password", "xmh_owner_database_url"),
    ):
        password = (secrets / secret).read_text().strip()
        assert opens(stored[role], password), role
        monkeypatch.setenv("XMH_DATABASE_URL_FILE", str(secrets / address))
        assert Settings().database == f"postgresql://{role}:{password}@postgres:5432/xmh"
    assert opens(stored["temporal"], (secrets / "temporal_db_password").read_text().strip())


def opens(verifier: str, password: str) -> bool:
    """Whether a password is the one PostgreSQL keeps this of (RFC 5803)."""
    _, iterations, salt, stored, _ = re.split("[$:]", verifier)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    return hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest() == base64.b64decode(stored)


@pytest.mark.parametrize(("script", "told"), [("server.sh", "POSTGRES_PWD"), ("schema.sh", "SQL_PASSWORD")])
def test_temporal_is_told_its_password_out_of_the_file(script: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("of-temporal\n")
    for name in ("temporal-sql-tool", "entrypoint.sh"):
        (tmp_path / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "${told}"\n')
        (tmp_path / name).chmod(0o755)
    text = (ROOT / "deploy/temporal" / script).read_text().replace("/etc/temporal/", f"{tmp_path}/")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", f"{told}_FILE": str(tmp_path / "password")}
    done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()) == {"of-temporal"}


def test_a_second_worker_is_the_first_but_for_its_name_and_shares_its_home(compose: dict[str, Any]) -> None:
    first, second = (dict(compose["services"][name]) for name in ("worker", "worker-2"))
    assert second.pop("profiles") == ["second"]
    assert first == second
    assert first["volumes"] == ["xmh-home:/var/lib/xmh"]
    assert "container_name" not in first
    assert not first.get("ports"), "two cannot have one"


def test_no_port_is_open_beyond_the_host(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


OURS = ("migrate", "worker", "worker-2", "web", "xmh")


def environment(service: dict[str, Any]) -> dict[str, str]:
    """What a service is told, variables at their defaults or at `x`."""

    def value(match: re.Match[str]) -> str:
        return match[2].removeprefix(":-") if match[2] and match[2].startswith(":-") else "x"

    return {name: VARIABLE.sub(value, told) for name, told in service.get("environment", {}).items()}


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_is_told_and_runs_is_understood(
    compose: dict[str, Any], name: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = compose["services"][name]
    told = environment(service)
    assert no_settings(told) == set()
    assert no_settings({**told, "XMH_DATABSE_URL": ""}) == {"XMH_DATABSE_URL"}
    for key, value in told.items():
        monkeypatch.setenv(key, value.replace("/run/secrets", str(secrets)))
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
    assert {str(web.cert), str(web.key)} < {f"/run/secrets/{name}" for name in services["web"]["secrets"]}


def test_no_database_is_in_reach_of_what_needs_none_nor_of_the_outside(compose: dict[str, Any]) -> None:
    services, networks = compose["services"], compose["networks"]
    assert {name for name, network in networks.items() if not (network or {}).get("internal")} == {"outside"}
    reached = {name: set(service["networks"]) for name, service in services.items()}
    assert {name for name, where in reached.items() if "outside" in where} == {
        "worker",
        "worker-2",
        "web",
        "temporal-ui",
    }
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


def test_what_came_since_the_newest_checkpoint_is_verified_each_night(tmp_path: Path) -> None:
    text, timer = VERIFYING.read_text(encoding="utf-8"), VERIFYING.with_suffix(".timer").read_text(encoding="utf-8")
    assert "Type=oneshot" in text
    assert "Persistent=true" in timer
    (line,) = re.findall(r"^ExecStart=/bin/sh -c '(.+)'$", text, re.MULTILINE)
    kept = tmp_path / "kept"
    kept.mkdir()
    printed = line.replace("$$", "$").replace("/opt/xmh/.venv/bin/xmh", r"printf %s\\n")
    shell = ["/bin/sh", "-c", printed.replace("/var/backups/xmh", str(kept))]

    def asked() -> list[str]:
        return subprocess.run(shell, capture_output=True, text=True, check=True).stdout.splitlines()

    assert asked() == ["audit", "verify"], "the whole log, where no checkpoint was signed"
    for month in (10, 11, 12):
        checkpoint = kept / f"检查点-2026-{month} 第1份.txt"
        checkpoint.touch()
        os.utime(checkpoint, (month, month))
    newest = str(kept / "检查点-2026-12 第1份.txt")
    assert asked() == ["audit", "verify", "--since", newest]
    assert newest in options_of(asked()).values(), "there is such a command"
    if shutil.which("systemd-analyze"):
        assert verify(VERIFYING, tmp_path) == ""


def test_the_offline_archive_has_whatever_a_site_is_set_up_and_kept_by() -> None:
    script = (ROOT / "deploy/offline/build.sh").read_text(encoding="utf-8")
    (taken,) = re.findall(r'"\$root"/deploy/\{([^}]+)\}', script)
    ours = {"offline", "components.py", "release.py", "digests.py", "secrets.sh", "__pycache__"}  # with a checkout
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


def test_who_lacks_rights_is_told_whose_account_to_take_and_what_gives_them(own_postgres: Server) -> None:
    """As in a database that was made by hand, for a restore, without the roles' rights in it."""
    own_postgres.found_roles()
    with psycopg.connect(own_postgres.url(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE by_hand OWNER xmh_owner")
    migrate(own_postgres.url("by_hand", "xmh_owner"))
    with pytest.raises(LogUnreachable, match=r"表的属主.*roles\.sql"):
        schema_state(own_postgres.url("by_hand", "xmh"))


@pytest.mark.parametrize("database", ["temporal", "temporal_visibility"])
def test_the_worker_s_role_cannot_enter_temporal_s_databases(log_database: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(log_database.replace("/xmh?", f"/{database}?"))
