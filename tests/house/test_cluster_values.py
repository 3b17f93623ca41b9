"""What `make cluster` runs is what the files for an administrator say: one version, one set of names and values."""

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from settings import Settings
from tests.support.processes import binary

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVERS = {"temporalio/server", "temporalio/admin-tools"}
ROLES = 4
FOR_THE_LOG = 100
"""Four processes of ours, workers or web servers, each with a thread a connection and some to spare."""
LINE = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
NODE = dict(LINE.findall((DEPLOY / "temporal/node.env").read_text(encoding="ascii")))
OURS = dict(LINE.findall((DEPLOY / "xmh.env").read_text(encoding="ascii")))


def versions() -> dict[str, str]:
    """Who names a version of Temporal's server, and which."""
    (module,) = re.findall(
        r"^require go\.temporal\.io/server v(\S+)$|^\tgo\.temporal\.io/server v(\S+)",
        (ROOT / "tests/cluster/server/go.mod").read_text(encoding="ascii"),
        re.MULTILINE,
    )
    embedded = subprocess.run([binary("temporal"), "--version"], capture_output=True, text=True, check=True).stdout
    (said,) = re.findall(r"Server (\S+),", embedded)
    images = {name: service["image"].partition(":") for name, service in COMPOSE["services"].items()}
    of_temporal = {name: tag for name, (image, _, tag) in images.items() if image in SERVERS}
    (page,) = re.findall(r"Temporal's own server (\S+) from its Go", (DEPLOY / "README.md").read_text(encoding="utf-8"))
    return {"go.mod": "".join(module), "embedded": said, "README": page, **of_temporal}


def test_everybody_names_one_version_of_temporal() -> None:
    named = versions()
    assert {"go.mod", "embedded", "README", "temporal", "temporal-schema", "temporal-namespace"} == set(named)
    assert len(set(named.values())) == 1, named


def test_the_server_s_modules_are_pinned_by_their_sums_and_by_no_address() -> None:
    sums = (ROOT / "tests/cluster/server/go.sum").read_text(encoding="ascii")
    assert f"go.temporal.io/server v{versions()['go.mod']} h1:" in sums
    assert "://" not in sums


def test_a_node_and_those_who_call_it_agree_on_its_name_port_and_certificates() -> None:
    host, _, port = OURS["XMH_TEMPORAL_ADDRESS"].partition(":")
    assert {NODE["TEMPORAL_TLS_FRONTEND_SERVER_NAME"], NODE["TEMPORAL_TLS_INTERNODE_SERVER_NAME"]} == {host}
    assert COMPOSE["services"]["temporal"]["healthcheck"]["test"][-1] == port
    assert COMPOSE["services"]["worker"]["environment"]["XMH_TEMPORAL_ADDRESS"] == f"temporal:{port}"
    asks = NODE["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"] == "true"
    assert asks == ("XMH_TEMPORAL_TLS_CERT" in OURS)
    # What is told twice is only where the database is.
    assert set(NODE) & set(COMPOSE["services"]["temporal"]["environment"]) == {"POSTGRES_SEEDS"}
    assert "POSTGRES_PWD" not in NODE


def test_workers_are_told_the_same_by_compose_and_by_the_unit_s_file() -> None:
    by_compose = COMPOSE["services"]["worker"]["environment"]
    for name in ("XMH_TEMPORAL_NAMESPACE", "XMH_TASK_QUEUE"):
        assert by_compose[name].removeprefix(f"${{{name}:-").removesuffix("}") == OURS[name]
    fields = {f"XMH_{name.upper()}" for name in Settings.model_fields} | {"XMH_DATABASE_URL_FILE"}
    assert set(OURS) <= fields
    unit = (DEPLOY / "xmh-worker.service").read_text(encoding="utf-8")
    assert "EnvironmentFile=/etc/xmh/xmh.env\n" in unit
    assert "/etc/xmh/xmh.env" in (DEPLOY / "xmh.env").read_text(encoding="ascii")


def test_temporal_leaves_the_log_its_connections() -> None:
    """Each role of each node has two pools, and holds what they allow while nothing happens."""
    told = COMPOSE["services"]["temporal"]["environment"]
    a_node = ROLES * (int(told["SQL_MAX_CONNS"]) + int(told["SQL_VIS_MAX_CONNS"]))
    replicated = (DEPLOY / "postgres/replicated.conf").read_text(encoding="ascii")
    (with_a_standby,) = map(int, re.findall(r"^max_connections = (\d+)$", replicated, re.MULTILINE))
    (alone,) = re.findall(r"max_connections=(\d+)", " ".join(COMPOSE["services"]["postgres"]["command"]))
    assert int(alone) - a_node >= FOR_THE_LOG
    assert with_a_standby - 3 * a_node >= FOR_THE_LOG


def test_temporal_and_we_believe_postgresql_by_one_root_and_name() -> None:
    """Server and tool name the same; what the file leads to stands in the address of `xmh.env` too."""
    told = dict(LINE.findall((DEPLOY / "temporal/database-tls.env").read_text(encoding="ascii")))
    assert (told["SQL_TLS_ENABLED"], told["SQL_HOST_VERIFICATION"]) == ("true", "true")
    assert (told["SQL_TLS"], told["SQL_TLS_DISABLE_HOST_VERIFICATION"]) == ("true", "false")
    assert told["SQL_CA"] == told["SQL_TLS_CA_FILE"]
    assert [name for name in told if name.endswith("NAME")] == [], "it believes by the name it connects to"
    address = (DEPLOY / "xmh.env").read_text(encoding="ascii")
    assert f"@{NODE['POSTGRES_SEEDS']}/xmh" in address
    assert "sslmode=verify-full" in address
    assert set(told).isdisjoint(COMPOSE["services"]["temporal"]["environment"])
    assert set(told).isdisjoint(NODE)
