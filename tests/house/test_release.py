"""A release is whole or none: tried in a scratch clone of a small project, with real git and a real wheel."""

import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.release import PLACES, UNRELEASED, main

ROOT = Path(__file__).parents[2]
CHANGELOG = f"# Changelog\n\n{UNRELEASED}\n\n### Added\n\n- A thing a user notices.\n"
FILES = {
    "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
    '[project]\nname = "xmh"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n\n'
    '[tool.hatch.build.targets.wheel]\nonly-include = ["xmh"]\n',
    "docker-compose.yml": "image: xmh:${XMH_VERSION:-0.1.0}\n",
    "deploy/k8s/xmh.yaml": "image: xmh:0.1.0\nimage: xmh:0.1.0\n",
    "deploy/k8s/README.md": "in place of `xmh:0.1.0`\n",
    "CHANGELOG.md": CHANGELOG,
    "xmh/__init__.py": "",
    ".gitignore": "dist/\n",
}


def git(checkout: Path, *words: str) -> str:
    named = ("-c", "user.name=tests", "-c", "user.email=tests@example.org")
    return subprocess.run(
        ["git", "-C", checkout, *named, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one commit, of a project that names its version where ours does."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "tests")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "tests@example.org")
    root = tmp_path / "clone"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "Begin")
    return root


def release(clone: Path, version: str, *more: str) -> int:
    return main([version, "--root", str(clone), *more])


def test_a_release_is_a_commit_a_tag_and_artefacts_with_their_checksums(clone: Path) -> None:
    assert release(clone, "1.2.0") == 0
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s") == "Release 1.2.0"
    told = git(clone, "tag", "--list", "v1.2.0", "--format=%(contents)")
    assert told.startswith("xmh 1.2.0\n\n### Added\n\n- A thing a user notices.")
    for name, pattern in PLACES.items():
        assert {found[1] for found in re.findall(pattern, (clone / name).read_text())} == {"1.2.0"}, name
    day = datetime.now(UTC).date().isoformat()
    assert f"{UNRELEASED}\n\n## [1.2.0] - {day}\n\n### Added" in (clone / "CHANGELOG.md").read_text()
    lines = (clone / "dist/xmh-1.2.0.sha256").read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["xmh-1.2.0.tar.gz", "xmh-1.2.0-py3-none-any.whl"]
    for digest, name in map(str.split, lines):
        assert hashlib.sha256((clone / "dist" / name).read_bytes()).hexdigest() == digest
    with zipfile.ZipFile(clone / "dist/xmh-1.2.0-py3-none-any.whl") as wheel:
        assert "xmh/__init__.py" in wheel.namelist()


def test_what_lies_about_is_in_no_artefact_and_they_come_again_byte_for_byte(clone: Path) -> None:
    assert release(clone, "1.2.0") == 0
    sums = (clone / "dist/xmh-1.2.0.sha256").read_bytes()
    (clone / "xmh/secret.py").write_text("key = 1\n")
    assert release(clone, "1.2.0", "--artefacts", "--target", str(clone / "again")) == 0
    assert (clone / "again/xmh-1.2.0.sha256").read_bytes() == sums
    with tarfile.open(clone / "again/xmh-1.2.0.tar.gz") as source:
        assert not [name for name in source.getnames() if "secret" in name]


def _dirty(clone: Path) -> None:
    (clone / "notes.txt").write_text("not committed")


def _tagged(clone: Path) -> None:
    git(clone, "tag", "v1.2.0")


def _later(clone: Path) -> None:
    git(clone, "tag", "v1.10.0")


def _silent(clone: Path) -> None:
    (clone / "CHANGELOG.md").write_text(
        f"# Changelog\n\n{UNRELEASED}\n\n### Added\n\n## [1.0.0] - 2026-01-01\n\n- Old.\n"
    )
    git(clone, "commit", "--all", "--quiet", "-m", "Say nothing")


def _told_twice(clone: Path) -> None:
    (clone / "CHANGELOG.md").write_text(f"{CHANGELOG}\n## [1.2.0] - 2026-01-01\n\n- Old.\n")
    git(clone, "commit", "--all", "--quiet", "-m", "Say it twice")


def _nowhere(clone: Path) -> None:
    (clone / "docker-compose.yml").write_text("image: xmh\n")
    git(clone, "commit", "--all", "--quiet", "-m", "Name no version")


def _nothing(clone: Path) -> None:
    del clone


@pytest.mark.parametrize(
    ("version", "trouble", "why"),
    [
        ("1.2.0", _dirty, "the tree is not clean"),
        ("1.2.0", _tagged, "there is a tag v1.2.0 already"),
        ("1.2.0", _later, "is no step forward"),
        ("1.2.0", _silent, "tells of nothing"),
        ("1.2.0", _told_twice, "has a section 1.2.0 already"),
        ("1.2.0", _nowhere, "docker-compose.yml names no version"),
        ("0.0.9", _nothing, "is no step forward"),
        ("1.2", _nothing, "is no version"),
    ],
)
def test_what_is_not_ready_is_not_released_and_nothing_is_changed(
    clone: Path, capsys: pytest.CaptureFixture[str], version: str, trouble: Callable[[Path], None], why: str
) -> None:
    trouble(clone)
    before = git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain"), git(clone, "tag", "--list")
    assert release(clone, version) == 1
    assert why in capsys.readouterr().err
    after = git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain"), git(clone, "tag", "--list")
    assert after == before
    assert not (clone / "dist").exists()


def test_a_check_that_fails_leaves_everything_as_it_was(clone: Path) -> None:
    assert release(clone, "1.2.0", "--check", f"{sys.executable} -c raise(SystemExit(1))") == 1
    assert (git(clone, "status", "--porcelain"), git(clone, "tag", "--list")) == ("", "")
    assert (clone / "CHANGELOG.md").read_text() == CHANGELOG


def test_a_tag_that_cannot_be_made_leaves_no_commit_and_the_version_free(clone: Path) -> None:
    """Its section in the changelog stood, and the same version was refused ever after."""
    git(clone, "tag", "v1.2.0/draft")  # a name below it keeps git from making the tag itself
    before = git(clone, "rev-parse", "HEAD")
    assert release(clone, "1.2.0") == 1
    assert (git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain")) == (before, "")
    git(clone, "tag", "--delete", "v1.2.0/draft")
    assert release(clone, "1.2.0") == 0


def test_a_check_that_is_interrupted_leaves_everything_as_it_was(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.release._checked", interrupted)
    with pytest.raises(KeyboardInterrupt):
        release(clone, "1.2.0", "--check", "make check")
    assert git(clone, "status", "--porcelain") == ""


def test_ours_names_its_version_in_each_of_these_places() -> None:
    found = {name: {m[1] for m in re.findall(pattern, (ROOT / name).read_text())} for name, pattern in PLACES.items()}
    assert all(len(versions) == 1 for versions in found.values()), found
    assert len(set.union(*found.values())) == 1, found
