"""How old the pinned components are: each is held against the index it came from (PEP 691, PEP 700).

SECURITY.md says within what time a newer release is taken. A release that waits longer than that, or a pin its makers
took back, ends with 1. Vulnerabilities are not told by an index: where a service for them is reached, `pip-audit -r
requirements.txt` names them.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from packaging.version import InvalidVersion, Version
from pip._internal.models.index import PyPI  # what pip asks when nobody says otherwise; nothing public names it

TAKEN_WITHIN = timedelta(days=92)
"""At least once in three months (SECURITY.md)."""
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
ACCEPTED = "application/vnd.pypi.simple.v1+json"
ANSWER_WITHIN = 30.0


@dataclass(frozen=True)
class Component:
    """One that is pinned, and the oldest release newer than it."""

    name: str
    pinned: str
    yanked: bool
    newest: str
    waiting_since: datetime | None
    """When the first release that is newer was published; None: there is none."""

    def late(self, now: datetime) -> bool:
        """Whether it should have been moved by now."""
        return self.yanked or (self.waiting_since is not None and now - self.waiting_since > TAKEN_WITHIN)


def pins(text: str) -> dict[str, str]:
    """Name → version of a file of pinned requirements."""
    return dict(PIN.findall(text))


def judged(name: str, pinned: str, page: Mapping[str, Any]) -> Component:
    """What the index's page of a project says of a pin. Before-releases count for nothing."""
    own, newest = Version(pinned), Version(pinned)
    since: datetime | None = None
    yanked = list[bool]()
    for version, file in _files(page):
        if version == own:
            yanked.append(bool(file.get("yanked")))
        if version <= own or version.is_prerelease or file.get("yanked") or "upload-time" not in file:
            continue
        at = datetime.fromisoformat(file["upload-time"])
        newest, since = max(newest, version), at if since is None else min(since, at)
    return Component(name, pinned, bool(yanked) and all(yanked), str(newest), since)


def _files(page: Mapping[str, Any]) -> Iterator[tuple[Version, Mapping[str, Any]]]:
    for file in page["files"]:
        name = str(file["filename"])
        said = name.split("-")[1] if name.endswith(".whl") else name.rpartition("-")[2]
        try:
            yield Version(re.sub(r"\.(tar\.gz|zip|tar\.bz2)$", "", said)), file
        except InvalidVersion:
            continue


def asked(index: str, name: str) -> Mapping[str, Any]:
    """The index's page of a project."""
    request = Request(f"{index.rstrip('/')}/{name.lower()}/", headers={"Accept": ACCEPTED})  # noqa: S310
    with urlopen(request, timeout=ANSWER_WITHIN) as answer:  # noqa: S310  (the caller's own index)
        page: Mapping[str, Any] = json.load(answer)
    return page


def index_of_pip() -> str:
    """The index packages come from here, whatever pip was told of it."""
    asking = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(asking, capture_output=True, text=True, check=False).stdout.strip()
    return os.environ.get("PIP_INDEX_URL") or configured or PyPI.simple_url


def table(components: Iterable[Component], now: datetime) -> Iterator[str]:
    """A line for each that is not the newest, the longest wait first."""
    behind = [one for one in components if one.waiting_since is not None or one.yanked]
    for one in sorted(behind, key=lambda c: c.waiting_since or now):
        waits = (now - one.waiting_since).days if one.waiting_since else 0
        why = "taken back by its makers" if one.yanked else f"{waits} days"
        yield f"{'LATE ' if one.late(now) else '     '}{one.name} {one.pinned} -> {one.newest}  {why}"


def main() -> int:
    """Ask for all of them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("files", nargs="+", type=Path)
    options.add_argument("--index", default=index_of_pip(), help="by default the one pip asks")
    given = options.parse_args()
    wanted: dict[str, str] = {}
    for file in given.files:
        wanted |= pins(file.read_text())
    now = datetime.now(UTC)
    with ThreadPoolExecutor(8) as threads:
        pages = threads.map(lambda name: asked(given.index, name), wanted)
        components = [judged(name, version, page) for (name, version), page in zip(wanted.items(), pages, strict=True)]
    for line in table(components, now):
        sys.stdout.write(f"{line}\n")
    late = [one.name for one in components if one.late(now)]
    names = f": {', '.join(late)}" if late else ""
    sys.stdout.write(f"{len(components)} components, {len(late)} later than {TAKEN_WITHIN.days} days{names}\n")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
