"""Machines of our own on one: network namespaces on a bridge, each with an address, to be cut off and joined again.

`make cluster` runs the tests in namespaces of their own (network, mounts, processes): what is made here is seen by
nobody else on the machine and gone with the last process.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

NETWORK = "10.77.0"
BRIDGE = "office"


def ip(*words: str) -> None:
    """One change of the network.

    Raises:
        RuntimeError: it was refused, in `ip`'s words.
    """
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


@dataclass
class Host:
    """A machine: its name, its address, and the plug of its network."""

    name: str
    number: int
    _shunned: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"{NETWORK}.{self.number}"

    def inside(self, words: Sequence[str | Path]) -> list[str | Path]:
        """The command, run on this machine."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]

    def pull_the_plug(self) -> None:
        """Cut it off from everybody: nothing arrives and nothing is refused."""
        ip("link", "set", f"v-{self.name}", "down")

    def plug_in(self) -> None:
        ip("link", "set", f"v-{self.name}", "up")

    def part_from(self, other: "Host") -> None:
        """Neither hears the other any more; everybody else hears both."""
        for one, two in ((self, other), (other, self)):
            ip("-n", one.name, "route", "replace", "blackhole", f"{two.address}/32")
            one._shunned.add(two.address)

    def join(self, other: "Host") -> None:
        """They hear each other again; does nothing when they do."""
        for one, two in ((self, other), (other, self)):
            if two.address in one._shunned:
                ip("-n", one.name, "route", "del", "blackhole", f"{two.address}/32")
                one._shunned.discard(two.address)

    def take_address(self, number: int) -> None:
        """Answer to another address as well."""
        ip("-n", self.name, "address", "add", f"{NETWORK}.{number}/24", "dev", "eth0")

    def give_up_address(self, number: int) -> None:
        ip("-n", self.name, "address", "del", f"{NETWORK}.{number}/24", "dev", "eth0")


class Network:
    """A bridge on which this process stands too, machines on it, and names for them in /etc/hosts."""

    def __init__(self, folder: Path) -> None:
        """Make the bridge; `folder` takes what is written over /etc, which nobody outside sees."""
        ip("link", "set", "lo", "up")
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("address", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        self.hosts: list[Host] = []
        Path("/run/netns").mkdir(exist_ok=True)
        _mount("-t", "tmpfs", "netns", "/run/netns")
        _mount("-t", "tmpfs", "etc", str(folder))  # an overlay wants a file system that knows it
        layers = {name: folder / name for name in ("upperdir", "workdir")}
        for layer in layers.values():
            layer.mkdir()
        options = ",".join(f"{name}={path}" for name, path in {"lowerdir": "/etc", **layers}.items())
        _mount("-t", "overlay", "-o", options, "overlay", "/etc")

    def host(self, name: str, number: int) -> Host:
        """Another machine."""
        made, plug = Host(name, number), f"v-{name}"
        ip("netns", "add", name)
        ip("link", "add", plug, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", plug, "master", BRIDGE, "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "address", "add", f"{made.address}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        self.hosts.append(made)
        return made

    @staticmethod
    def call(name: str, *numbers: int) -> None:
        """Let a name lead to these addresses, on every machine."""
        with Path("/etc/hosts").open("a", encoding="ascii") as hosts:
            hosts.writelines(f"{NETWORK}.{number} {name}\n" for number in numbers)

    def forget(self, number: int) -> None:
        """Everybody asks again who has this address, as after the announcement of whoever took it."""
        subprocess.run(["ip", "neigh", "flush", "to", f"{NETWORK}.{number}"], check=True)
        for host in self.hosts:
            subprocess.run(["ip", "-n", host.name, "neigh", "flush", "to", f"{NETWORK}.{number}"], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def missing_tools() -> list[str]:
    """What of the machine's own tools is not there."""
    return [name for name in ("ip", "mount", "nsenter", "setpriv", "unshare") if shutil.which(name) is None]
