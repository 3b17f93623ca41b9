"""The cluster, once for all tests: two databases, three nodes and two workers, on machines of their own.

A plugin (`-p tests.cluster.shape`), so that tests of other rooms find it too: their `dev_server` is then its front end.
"""

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from unittest import mock

import pytest

from tests.cluster import office as office_room
from tests.cluster import temporal as temporal_room
from tests.cluster.database import Databases
from tests.cluster.network import Network
from tests.cluster.office import Office
from tests.cluster.temporal import DEPLOY, NAME, FrontEnd, Nodes, Programs, environment_file

NODES = ("node1", "node2", "node3")


@dataclass
class Tally:
    """What came of it, said when all is over."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)


TALLY = Tally()
SEED = os.environ.setdefault("XMH_TEST_SEED", str(random.SystemRandom().randrange(10**9)))
"""Of all that is left to chance in this run."""


@dataclass
class Cluster:
    """All of it."""

    network: Network
    databases: Databases
    nodes: Nodes
    office: Office
    front_end: FrontEnd = field(default_factory=FrontEnd)
    hand: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "hand"))
    """One thread for whoever strikes: a server it starts would die with a thread of its own."""

    def healthy(self) -> None:
        """Every node is plugged in and hears the others, every server runs and answers."""
        hosts = [node.host for node in self.nodes.nodes]
        for host in hosts:
            host.plug_in()
            for other in hosts:
                host.join(other)
        self.nodes.up()
        self.office.serve()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The production shape on machines of its own."""
    programs = Programs.built()
    if programs is None or os.environ.get("XMH_CLUSTER_ALONE") != "yes":
        pytest.skip("only `make cluster` runs this: it builds Temporal's server and makes machines of its own")
    folder = tmp_path_factory.mktemp("cluster")
    for name in ("etc", "homes", "logs"):
        (folder / name).mkdir()
    network = Network(folder / "etc")
    databases = Databases(network, network.host("db1", 21), network.host("db2", 22))
    hosts = [network.host(name, 11 + n) for n, name in enumerate(NODES)]
    network.call(NAME, *(host.number for host in hosts))
    nodes = Nodes(programs, hosts, folder / "logs")
    office = Office(databases, folder / "homes")
    try:
        root, client = temporal_room.lay_out(folder)
        office_room.lay_out(root, client, databases.url("xmh", "xmh", "XMH_DB_PASSWORD"), office.machine.path)
        databases.start()
        nodes.found()
        office.found()
        office.serve()
        TALLY.lines.append(f"{programs.version()}; {_version(databases)}; machines: network namespaces")
        with mock.patch.dict(os.environ, _tls()):
            yield Cluster(network, databases, nodes, office)
    finally:
        office.stop()
        nodes.stop()
        databases.remove()


def _tls() -> dict[str, str]:
    """For tests of other rooms, whose settings say nothing of it."""
    told = environment_file(DEPLOY / "xmh.env")
    return {name: value for name, value in told.items() if name.startswith("XMH_TEMPORAL_TLS")}


def _version(databases: Databases) -> str:
    asked = [str(databases.writer.program("postgres")), "--version"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The tally, and what repeats it."""
    if TALLY.lines:
        terminalreporter.section("cluster")
        for line in TALLY.lines:
            terminalreporter.write_line(line)
        terminalreporter.write_line(", ".join(f"{name} {count}" for name, count in TALLY.counts.items()))
        terminalreporter.write_line(f"to strike at the same moments: make cluster XMH_TEST_SEED={SEED}")
