"""Temporal's own server on machines of its own, told what docker-compose.yml and deploy/temporal tell it.

Nothing is configured here but what differs from machine to machine (`own_of`): the rest is read from the files that an
administrator uses, and the scripts are those that compose runs.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import TLSConfig

from tests.cluster.database import PASSWORDS
from tests.cluster.network import Host
from tests.support.processes import binary, end, is_alive, spawn
from tests.support.served import ROOT
from tests.support.temporal import DevServer
from tests.support.tls import Certificate, certificate

DEPLOY = ROOT / "deploy"
NAME = "temporal.example"
PORT = 7233
NAMESPACE = "xmh"
PROGRAMS = {"temporal-server": "server", "temporal-sql-tool": "sql"}
"""As the images call them → as Go does."""
DYNAMIC = Path("/etc/temporal/config/dynamicconfig/docker.yaml")
"""Where compose lays `deploy/temporal/dynamicconfig.yaml`."""
CERTIFICATES = Path("/etc/temporal/tls")
ROLES = ("frontend", "history", "matching", "worker")
STARTS_WITHIN = 60.0


def compose() -> dict[str, Any]:
    """docker-compose.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def environment_file(file: Path) -> dict[str, str]:
    """The lines `NAME=value` of a file that systemd or compose reads."""
    return dict(re.findall(r"^(\w+)=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE))


def told_by_compose(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of one of its services, with its variables filled in, and in place of a file what it holds."""
    told = dict[str, str]()
    for name, value in compose()["services"][service]["environment"].items():
        if secret := re.fullmatch(r"/run/secrets/(\w+)", value):
            told[name.removesuffix("_FILE")] = given[secret[1].upper()]
        else:
            told[name] = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: given[found[1]], value)
    return told


def own_of(host: Host) -> dict[str, str]:
    """What no file says, since each machine has its own."""
    return {"TEMPORAL_BROADCAST_ADDRESS": host.address}


def environment_of(host: Host) -> dict[str, str]:
    """All that a node is told."""
    shared = environment_file(DEPLOY / "temporal/node.env")
    return {**told_by_compose("temporal", PASSWORDS), **shared, **own_of(host)}


@dataclass(frozen=True)
class Programs:
    """What `make cluster` built, and the command line that came with this environment's packages."""

    folder: Path

    @classmethod
    def built(cls) -> "Programs | None":
        """Those that `XMH_CLUSTER` names; None where it is not set."""
        told = os.environ.get("XMH_CLUSTER")
        if told is None:
            return None
        folder = Path(told).resolve()
        for name, by_go in PROGRAMS.items():
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(by_go)
        return cls(folder)

    @property
    def path(self) -> str:
        """For a script that calls them by name."""
        return f"{self.folder}:{binary('temporal').parent}:/usr/bin:/bin:/usr/sbin:/sbin"

    def version(self) -> str:
        """What the server says of itself."""
        done = subprocess.run(
            [self.folder / "temporal-server", "--version"], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def run(self, script: str, environment: Mapping[str, str], within: float = 120) -> str:
        """One of the scripts compose runs; what it wrote."""
        done = subprocess.run(
            ["sh", DEPLOY / "temporal" / script],
            env={"PATH": self.path, "HOME": "/root", **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=within,
        )
        assert done.returncode == 0, (script, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout


class Node:
    """A server of Temporal with all its roles, as the image starts it, on a machine of its own."""

    def __init__(self, programs: Programs, host: Host, folder: Path) -> None:
        self.programs = programs
        self.host = host
        self.log = folder / f"{host.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; does nothing when it runs. `answers` says when it is ready."""
        if self.process is None or not is_alive(self.process.pid):
            command = self.host.inside([self.programs.folder / "temporal-server", "start"])
            self.process = spawn(command, self.log, env={"PATH": self.programs.path, **environment_of(self.host)})

    def answers(self, seconds: float = STARTS_WITHIN) -> None:
        """Wait until its front end serves the namespace."""
        assert self.process is not None
        limit = time.monotonic() + seconds
        while asked(self.programs, f"{self.host.address}:{PORT}", "operator", "cluster", "health").returncode != 0:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < limit, f"{self.host.name} does not answer"
            time.sleep(0.3)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def send(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)

    def kill(self) -> None:
        """Let it die as in a crash."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None:
            self.send(signal.SIGCONT)
            end(self.process, seconds=30)
            self.process = None


def asked(programs: Programs, address: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What Temporal's command line says, with a certificate of ours."""
    command = [str(binary("temporal")), *words, "--address", address, *tls_words()]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=20, env={"PATH": programs.path, "HOME": "/root"}
    )


def tls_words() -> list[str]:
    """The options with which Temporal's command line shows a certificate."""
    files = {"ca": "ca.pem", "cert": "node.pem", "key": "node.key"}
    return [
        *(word for name, file in files.items() for word in (f"--tls-{name}-path", str(CERTIFICATES / file))),
        *("--tls-server-name", NAME),
    ]


def tls_environment() -> dict[str, str]:
    """The same for a script that calls it."""
    files = {"CA": "ca.pem", "CERT": "node.pem", "KEY": "node.key"}
    named = {f"TEMPORAL_TLS_{name}_PATH": str(CERTIFICATES / file) for name, file in files.items()}
    # Older releases of the command line read these names.
    named |= {f"TEMPORAL_TLS_{name}": str(CERTIFICATES / file) for name, file in files.items()}
    return {**named, "TEMPORAL_TLS_SERVER_NAME": NAME, "TEMPORAL_TLS": "true"}


def lay_out(folder: Path) -> tuple[Certificate, Certificate]:
    """Certificates and dynamic configuration, where the files say they lie; the root, and what clients show."""
    CERTIFICATES.mkdir(parents=True)
    DYNAMIC.parent.mkdir(parents=True)
    shutil.copy(DEPLOY / "temporal/dynamicconfig.yaml", DYNAMIC)
    root = certificate(folder, "ca")
    node, client = (certificate(folder, name, root, host=NAME) for name in ("node", "xmh"))
    for made, name in ((root, "ca"), (node, "node")):
        shutil.copy(made.cert, CERTIFICATES / f"{name}.pem")
        shutil.copy(made.key, CERTIFICATES / f"{name}.key")
    return root, client


class FrontEnd(DevServer):
    """The cluster in the place of the development server, for tests that only ask one to be there."""

    def __init__(self) -> None:
        """Nothing is started: it runs."""

    @property
    def address(self) -> str:
        return f"{NAME}:{PORT}"

    async def client(self) -> Client:
        root, shown, key = ((CERTIFICATES / file).read_bytes() for file in ("ca.pem", "node.pem", "node.key"))
        tls = TLSConfig(server_root_ca_cert=root, client_cert=shown, client_private_key=key)
        return await Client.connect(self.address, data_converter=pydantic_data_converter, tls=tls)


class Nodes:
    """Temporal on several machines."""

    def __init__(self, programs: Programs, hosts: list[Host], folder: Path) -> None:
        self.programs = programs
        self.nodes = [Node(programs, host, folder) for host in hosts]

    def found(self) -> None:
        """Tables, nodes, namespace, each by the script or the environment of the files."""
        self.programs.run("schema.sh", {**told_by_compose("temporal-schema", PASSWORDS), "SQL_HOST": "db.example"})
        # Of two that meet empty tables at once the second ends: both found the cluster.
        first = self.nodes[0]
        first.start()
        first.answers()
        self.up()
        told = {"TEMPORAL_ADDRESS": f"{NAME}:{PORT}", **tls_environment()}
        self.programs.run("namespace.sh", {**told, "NAMESPACE": NAMESPACE})
        self.programs.run("namespace.sh", {**told, "NAMESPACE": "default"})

    def up(self) -> None:
        """All of them run and answer, and know each other."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.answers()

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()
