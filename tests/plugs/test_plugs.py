"""The plug pulled after every step of a writer: nothing acknowledged is lost, and what is there can be used."""

import hashlib
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.backup.taking import back_up
from settings import Settings
from tests.plugs.disk import Image, images
from tests.plugs.opened import faults
from tests.plugs.trace import Step, traced
from tests.plugs.writer import BACKUP, ELSEWHERE, EMPTY, HOME, KINDS
from tests.support.office import OFFICE, founded, sqlite

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed: apt-get install strace"
)
EVERY_KIND = (*EMPTY, *KINDS)
SHORT = ("log", "groups", "secrets", "attachments", "documents", "drafts")
FEWEST = 15
WRITER = ("-m", "tests.plugs.writer")


def site_of(kind: str, folder: Path) -> Path:
    """A home that was founded and flushed long ago, or is to be founded, and a folder of somebody else's."""
    place = folder / "site"
    for name in (HOME, ELSEWHERE):
        (place / name).mkdir(parents=True)
    if kind not in EMPTY:
        founded(sqlite(place / HOME)).close()
    elif kind == "restoring":
        backed_up = folder / "backed-up"
        backed_up.mkdir()
        founded(sqlite(backed_up)).close()
        back_up(Settings(home=backed_up), place / ELSEWHERE / BACKUP, OFFICE)
    return place


def steps_of(kind: str, folder: Path, command: Sequence[str]) -> tuple[Path, list[Step]]:
    """What a writer of a kind did, step by step, and where."""
    site = site_of(kind, folder)
    return site, traced([sys.executable, *command, kind, str(site)], site)


def put(image: Image, site: Path, place: Path) -> Path:
    """Lay an image out in a folder of its own, as it would be found after the current came back."""
    shutil.rmtree(place, ignore_errors=True)
    for folder in sorted(image.folders):
        (place / Path(folder).relative_to(site)).mkdir(parents=True, exist_ok=True)
    for path, data in image.files.items():
        if not path.endswith("-shm"):  # shared memory: it is made anew by who opens first
            target = place / Path(path).relative_to(site)
            target.write_bytes(data)
            target.chmod(0o600)
    return place


def pulled(kind: str, folder: Path, each: int, every: int = 1, command: Sequence[str] = WRITER) -> Counter[str]:
    """Pull the plug at every step; images built, how many differ, and what was wrong with how many."""
    site, steps = steps_of(kind, folder, command)
    tally: Counter[str] = Counter()
    seen: set[bytes] = set()
    for image in images(steps, str(site), each, seed=1, every=every):
        tally["images"] += 1
        key = _digest(image)
        if key in seen:
            continue
        seen.add(key)
        tally["opened"] += 1
        for fault in set(faults(kind, put(image, site, folder / "found"), image.told)):
            tally[f"! {fault}"] += 1
    return tally


def _digest(image: Image) -> bytes:
    whole = hashlib.blake2b(repr((sorted(image.folders), image.told)).encode())
    for path, data in sorted(image.files.items()):
        if not path.endswith("-shm"):
            whole.update(path.encode() + hashlib.blake2b(data).digest())
    return whole.digest()


@pytest.mark.parametrize("kind", SHORT)
def test_nothing_acknowledged_is_lost(kind: str, tmp_path: Path) -> None:
    tally = pulled(kind, tmp_path, each=1, every=14)
    assert tally["opened"] > FEWEST
    assert not faults_in(tally)


@pytest.mark.chaos
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_nothing_acknowledged_is_lost_at_any_step(kind: str, tmp_path: Path) -> None:
    """All kinds together are some fifteen thousand images."""
    tally = pulled(kind, tmp_path, each=4)
    sys.stderr.write(f"{kind}: {tally['images']} images, {tally['opened']} opened, {len(faults_in(tally))} faults\n")
    assert not faults_in(tally)


@pytest.mark.parametrize(("kind", "lost"), [("keys", "door.key is lost"), ("secrets", "sealed words cannot be read")])
def test_who_does_not_flush_is_found(kind: str, lost: str, tmp_path: Path) -> None:
    careless = "import os, sys; os.fsync = id; from tests.plugs.writer import main; main(*sys.argv[1:])"
    tally = pulled(kind, tmp_path, each=0, every=4, command=("-c", careless))
    assert any(lost in fault for fault in faults_in(tally)), tally


def faults_in(tally: Counter[str]) -> list[str]:
    """What was wrong, in any image."""
    return [name for name in tally if name.startswith("!")]
