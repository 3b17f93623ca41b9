"""The cluster, once for all tests: six machines, two databases, three nodes, two workers."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.cluster import office as office_room
from tests.cluster import temporal as temporal_room
from tests.cluster.database import Databases
from tests.cluster.network import Network
from tests.cluster.office import Office
from tests.cluster.temporal import NAME, Nodes, Programs

NODES = ("node1", "node2", "node3")


@dataclass
class Tally:
    """What came of it, said when all is over."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)


TALLY = Tally()


@dataclass
class Cluster:
    """All of it."""

    network: Network
    databases: Databases
    nodes: Nodes
    office: Office

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
        yield Cluster(network, databases, nodes, office)
    finally:
        office.stop()
        nodes.stop()
        databases.remove()


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
