"""Landed builds out of this repository's history, to be run beside today's."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLES = "eventlog/migrations/versions"


def git(*words: str) -> bytes:
    """What git answers in this checkout.

    Raises:
        OSError, CalledProcessError: there is no git, no history, or no such commit.
    """
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, check=True).stdout


def first_of_these_tables() -> str | None:
    """The commit that brought the newest tables; None where the history that is at hand does not reach so far."""
    newest = max(path.name for path in (ROOT / TABLES).glob("0*.py"))
    try:
        commits = git("log", "--format=%H", "--diff-filter=A", "--", f"{TABLES}/{newest}").decode().split()
    except (OSError, subprocess.CalledProcessError):
        return None
    return commits[-1] if commits else None


def last_before_these_tables() -> str | None:
    """The newest landed commit whose tables an upgrade has to bring forward; None as above."""
    first = first_of_these_tables()
    try:
        return git("rev-parse", "--verify", f"{first}^").decode().strip() if first else None
    except subprocess.CalledProcessError:
        return None


def unpack(commit: str, tree: Path) -> Path:
    """The build of a commit as a tree of its own."""
    with tarfile.open(fileobj=BytesIO(git("archive", commit))) as archive:
        archive.extractall(tree, filter="data")
    return tree
