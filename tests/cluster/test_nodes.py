"""A Temporal of three nodes on PostgreSQL: matters live on it, and go on whatever becomes of one node."""

import asyncio
import random
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain import commands as c
from domain.calendar import local_date
from eventlog.verify import verify
from tests.cluster.shape import NODES, Cluster
from tests.cluster.storm import Storm, weathered
from tests.cluster.temporal import DEPLOY, DYNAMIC, NAME, NAMESPACE, PORT, ROLES, Node, asked, compose, environment_of
from tests.recovery.chaos import away_from_midnight, seed_of
from tests.support.office import LIAISON, SECOND, opening, types, until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def of_temporal(cluster: Cluster, *words: str) -> str:
    done = asked(cluster.nodes.programs, f"{NAME}:{PORT}", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_node_has_every_role_and_the_shards_are_those_of_the_file(cluster: Cluster) -> None:
    shards = cluster.databases.in_temporal("SELECT count(*) FROM shards")
    assert shards == [(int(compose()["services"]["temporal"]["environment"]["NUM_HISTORY_SHARDS"]),)]
    members: Any = cluster.databases.in_temporal(
        "SELECT host(rpc_address::inet), count(DISTINCT role) FROM cluster_membership "
        "WHERE record_expiry > now() AND session_start > now() - interval '1 day' GROUP BY 1"
    )
    assert dict(members) == {node.host.address: len(ROLES) for node in cluster.nodes.nodes}


def test_the_server_knows_every_name_it_is_told_and_its_dynamic_configuration(cluster: Cluster) -> None:
    server = cluster.nodes.programs.folder / "temporal-server"
    carried = server.read_bytes()
    told = environment_of(cluster.nodes.nodes[0].host)
    assert [name for name in told if f'env "{name}"'.encode() not in carried] == []
    subprocess.run([server, "validate-dynamic-config", DYNAMIC], check=True, capture_output=True)


def test_a_node_listens_on_the_ports_the_page_names_and_no_others(cluster: Cluster) -> None:
    (table,) = re.findall(r"^\| port \|.*?\n\n", (DEPLOY / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    named = {int(port) for port in re.findall(r"\b\d{4}\b", table)}
    pid = cluster.nodes.nodes[0].pid
    sockets = (
        Path(f"/proc/{pid}/net/tcp").read_text().splitlines() + Path(f"/proc/{pid}/net/tcp6").read_text().splitlines()
    )
    listening = {int(row.split()[1].rpartition(":")[2], 16) for row in sockets if row.split()[3] == "0A"}
    assert listening == named


def test_the_namespace_keeps_histories_as_long_as_the_script_says(cluster: Cluster) -> None:
    assert "2160h0m0s" in of_temporal(cluster, "operator", "namespace", "describe", "-n", NAMESPACE)


def test_nobody_without_a_certificate_of_ours_comes_in(cluster: Cluster) -> None:
    node = cluster.nodes.nodes[0]
    told = environment_of(node.host)
    assert told["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"] == "true"
    context = ssl.create_default_context(cafile=told["TEMPORAL_TLS_CLIENT1_CA_CERT"])
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((node.host.address, PORT), 5) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secured,
        pytest.raises(ssl.SSLError, match=r"(?i)certificate required|bad certificate"),
    ):
        secured.recv(1)
        secured.recv(1)


async def test_a_matter_lives_from_opening_to_closure(cluster: Cluster) -> None:
    """Its commands, and a timer that fires in between."""
    away_from_midnight()
    cluster.healthy()
    cluster.office.open_all_day()
    with cluster.office.log() as log:
        desk, stream = cluster.office.desk(log), f"matter/{uuid4().hex[:12]}"
        await desk.do(stream, opening(stream, due=local_date(datetime.now(UTC))))
        await desk.do(stream, c.AcceptReceipt(), LIAISON)
        await desk.close_office_in(4)
        await desk.do(stream, c.SubmitFeedback(text="主体施工至封顶", progress=100), LIAISON)
        await until(lambda: "DueLapsed" in types(log, stream), 40)
        await desk.do(stream, c.RequestClosure(text="已完成"), LIAISON)
        await desk.do(stream, c.ReviewClosure(approve=True), SECOND)
        await asyncio.wait_for((await desk.gateway()).client.get_workflow_handle(stream).result(), 20)
        assert types(log, stream)[-1] == "MatterClosed"
        assert verify(log).problems == ()


def killed(cluster: Cluster, node: Node, luck: random.Random) -> None:
    """As in a crash, and started again as systemd or compose would."""
    node.kill()
    time.sleep(luck.uniform(1, 4))
    node.start()


def stopped(cluster: Cluster, node: Node, luck: random.Random) -> None:
    """It holds its connections and says nothing."""
    node.send(signal.SIGSTOP)
    time.sleep(luck.uniform(6, 12))
    node.send(signal.SIGCONT)


def cut_off(cluster: Cluster, node: Node, luck: random.Random) -> None:
    """Nothing reaches it, nor the database; nothing is refused."""
    node.host.pull_the_plug()
    time.sleep(luck.uniform(6, 12))
    node.host.plug_in()


def parted(cluster: Cluster, node: Node, luck: random.Random) -> None:
    """It and one other do not hear each other; both hear everybody else."""
    other = luck.choice([one.host for one in cluster.nodes.nodes if one is not node])
    node.host.part_from(other)
    time.sleep(luck.uniform(6, 12))
    node.host.join(other)


STRIKES: dict[str, Callable[[Cluster, Node, random.Random], None]] = {
    "killed": killed,
    "stopped": stopped,
    "cut off": cut_off,
    "parted": parted,
}


@pytest.mark.parametrize("which", range(len(NODES)), ids=NODES)
@pytest.mark.parametrize("strike", STRIKES)
async def test_nothing_acknowledged_is_lost_or_doubled_while_a_node_is(
    cluster: Cluster, strike: str, which: int
) -> None:
    """Reports from four processes all the while; afterwards every matter goes on and its timers fire."""
    luck = seed_of(f"{strike}-{NODES[which]}")

    def hand() -> None:
        STRIKES[strike](cluster, cluster.nodes.nodes[which], luck)

    await weathered(cluster, Storm(f"{NODES[which]} {strike}", hand, luck))


AWAY: dict[str, tuple[Callable[[Node], None], Callable[[Node], None]]] = {
    "stopped": (lambda node: node.send(signal.SIGSTOP), lambda node: node.send(signal.SIGCONT)),
    "cut off": (lambda node: node.host.pull_the_plug(), lambda node: node.host.plug_in()),
    "killed": (lambda node: node.kill(), lambda node: node.start()),
}
LONG = 60.0


@pytest.mark.parametrize("away", AWAY)
async def test_a_node_that_stays_away_keeps_nobody_waiting_for_it(cluster: Cluster, away: str) -> None:
    """The first that the name leads to is away for a minute: the office goes on by the others meanwhile."""
    luck, node = seed_of(f"away-{away}"), cluster.nodes.nodes[0]
    leave, come_back = AWAY[away]

    def hand() -> None:
        leave(node)
        time.sleep(LONG)
        come_back(node)

    silence = await weathered(cluster, Storm(f"node1 {away} for a minute", hand, luck, pace=LONG / 12))
    assert silence < LONG / 2
