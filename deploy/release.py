"""A release: version, dated changelog, tag and artefacts, or nothing (`make release VERSION=1.2.0`).

Everything is asked before anything is changed. Nothing is pushed: that, and where artefacts go, is the maintainer's.
The artefacts are made from the tag, in a tree of their own, so that nothing lying about gets into them.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

PLACES = {
    "pyproject.toml": r'(?m)^(version = ")([^"]+)(")',
    "docker-compose.yml": r"(XMH_VERSION:-)([^}]+)(})",
    "deploy/k8s/xmh.yaml": r"(image: xmh:)(\S+)()",
    "deploy/k8s/README.md": r"(`xmh:)([^`]+)(`)",
}
"""Where the version stands, and the expression that finds it."""
UNRELEASED = "## [Unreleased]"
SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class NotReleasedError(Exception):
    """Why not, in one line; nothing was changed."""


def released_changelog(text: str, version: str, day: str) -> tuple[str, str]:
    """The changelog with what was unreleased under this version and day, and that section's text.

    Raises:
        NotReleasedError: nothing is told of since the last release, or the version has its section already.
    """
    head, found, rest = text.partition(f"{UNRELEASED}\n")
    if not found:
        raise NotReleasedError(f"CHANGELOG.md has no line “{UNRELEASED}”")
    if f"## [{version}]" in rest:
        raise NotReleasedError(f"CHANGELOG.md has a section {version} already")
    entries, _, _ = rest.partition("\n## [")
    if not re.search(r"(?m)^- \S", entries):
        raise NotReleasedError(f"CHANGELOG.md tells of nothing under “{UNRELEASED}”: say there what a user will notice")
    return f"{head}{UNRELEASED}\n\n## [{version}] - {day}\n{rest}", entries.strip()


def with_version(text: str, pattern: str, version: str, name: str) -> str:
    """A file with another version where it stands.

    Raises:
        NotReleasedError: it does not stand there.
    """
    changed, count = re.subn(pattern, rf"\g<1>{version}\g<3>", text)
    if not count:
        raise NotReleasedError(f"{name} names no version where it is looked for")
    return changed


class Release:
    """One release out of a checkout."""

    def __init__(self, root: Path, version: str) -> None:
        """Nothing is looked at yet."""
        self.root, self.version, self.tag = root, version, f"v{version}"

    def git(self, *words: str) -> str:
        """What git says in this checkout."""
        done = subprocess.run(["git", "-C", str(self.root), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReleasedError(f"git {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def prepared(self) -> tuple[dict[str, str], str]:
        """The files as they are to be, by name, and what is said of the release.

        Raises:
            NotReleasedError: the version is none, or no step forward; the tree is not clean; the tag is there already;
                the changelog tells of nothing.
        """
        wanted = _numbers(self.version)
        if self.git("status", "--porcelain"):
            raise NotReleasedError("the tree is not clean: commit or remove what git status shows")
        if self.git("tag", "--list", self.tag):
            raise NotReleasedError(f"there is a tag {self.tag} already")
        texts = {name: (self.root / name).read_text(encoding="utf-8") for name in (*PLACES, "CHANGELOG.md")}
        current = re.search(PLACES["pyproject.toml"], texts["pyproject.toml"])
        earlier = [tag.removeprefix("v") for tag in self.git("tag", "--list", "v*").split()]
        newest = max((_numbers(tag) for tag in earlier if SEMVER.fullmatch(tag)), default=None)
        if current is None or wanted < _numbers(current[2]) or (newest is not None and wanted <= newest):
            raise NotReleasedError(f"{self.version} is no step forward from {current[2] if current else 'nothing'}")
        files = {name: with_version(texts[name], pattern, self.version, name) for name, pattern in PLACES.items()}
        day = datetime.now(UTC).date().isoformat()
        files["CHANGELOG.md"], entries = released_changelog(texts["CHANGELOG.md"], self.version, day)
        return files, entries

    def record(self, files: dict[str, str], entries: str, check: Sequence[str]) -> None:
        """Change the files, let them be checked, commit and tag; everything is as it was when one of them fails.

        Also when it is interrupted: the check takes minutes.

        Raises:
            NotReleasedError: the check, the commit or the tag failed.
        """
        before, told = self.git("rev-parse", "HEAD"), f"xmh {self.version}\n\n{entries}\n"
        try:
            for name, text in files.items():
                (self.root / name).write_text(text, encoding="utf-8")
            _checked(check, self.root)
            self.git("commit", "--quiet", "-m", f"Release {self.version}", "--", *files)
            try:
                self.git("tag", "--annotate", self.tag, "--cleanup=verbatim", "-m", told)
            except BaseException:
                self.git("reset", "--quiet", "--soft", before)
                raise
        except BaseException:
            self.git("checkout", "--quiet", before, "--", *files)
            raise

    def artefacts(self, target: Path, bundle: str | None) -> Iterator[Path]:
        """Source, wheel and, for these Pythons, the offline bundle, out of the tag; their checksums last.

        Raises:
            NotReleasedError: one of them could not be made. The tag stands; `--artefacts` makes them again.
        """
        target.mkdir(parents=True, exist_ok=True)
        made = [self._source(target)]
        with tempfile.TemporaryDirectory(prefix="xmh-release-") as folder:
            with tarfile.open(made[0]) as source:
                source.extractall(folder, filter="data")
            (tree,) = Path(folder).iterdir()
            made.append(self._wheel(tree, target))
            if bundle:
                place = target / f"xmh-{self.version}-offline"
                self._run(
                    ["bash", str(tree / "deploy/offline/build.sh"), sys.prefix, str(place), *bundle.split()], tree
                )
                made.append(place.with_name(f"{place.name}.tar.gz"))
        yield from made
        sums = target / f"xmh-{self.version}.sha256"
        sums.write_text("".join(f"{_sha256(file)}  {file.name}\n" for file in made), encoding="ascii")
        yield sums

    def _source(self, target: Path) -> Path:
        prefix = f"xmh-{self.version}"
        packed = subprocess.run(
            ["git", "-C", str(self.root), "archive", "--format=tar.gz", f"--prefix={prefix}/", self.tag],
            capture_output=True,
            check=False,
        )
        if packed.returncode:
            raise NotReleasedError(f"there is no tag {self.tag}")
        tarfile.open(fileobj=BytesIO(packed.stdout)).close()
        place = target / f"{prefix}.tar.gz"
        place.write_bytes(packed.stdout)
        return place

    def _wheel(self, tree: Path, target: Path) -> Path:
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
        self._run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(target), str(tree)], tree)
        (wheel,) = target.glob(f"xmh-{self.version}-*.whl")
        return wheel

    def _run(self, command: list[str], tree: Path) -> None:
        # The same bytes whenever it is built: the time of everything within is that of the commit.
        moment = self.git("log", "-1", "--format=%ct", self.tag)
        if subprocess.run(command, cwd=tree, env={**os.environ, "SOURCE_DATE_EPOCH": moment}, check=False).returncode:
            raise NotReleasedError(f"{' '.join(command[:4])} … failed; the tag stands, --artefacts makes them again")


def _numbers(version: str) -> tuple[int, int, int]:
    match = SEMVER.fullmatch(version)
    if match is None:
        raise NotReleasedError(f"{version!r} is no version: three numbers, as in 1.2.0")
    return int(match[1]), int(match[2]), int(match[3])


def _checked(check: Sequence[str], root: Path) -> None:
    if check and subprocess.run(check, cwd=root, check=False).returncode:
        raise NotReleasedError(f"{' '.join(check)} failed; nothing was released")


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Release, or say why not; 1 then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", metavar="VERSION", help="as in 1.2.0")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the checkout")
    parser.add_argument("--target", type=Path, help="where the artefacts go (dist/ of the checkout)")
    parser.add_argument("--bundle", metavar="PYTHONS", help='make the offline bundle too, for these: "3.11 3.13"')
    parser.add_argument("--check", default="", help="what the changed checkout must pass before it is committed")
    parser.add_argument("--artefacts", action="store_true", help="only make those of a tag that stands")
    asked = parser.parse_args(arguments)
    release = Release(asked.root, asked.version)
    try:
        if not asked.artefacts:
            files, entries = release.prepared()
            release.record(files, entries, asked.check.split())
            print(f"committed and tagged {release.tag}")
        for made in release.artefacts(asked.target or asked.root / "dist", asked.bundle):
            print(made)
    except NotReleasedError as error:
        print(f"not released: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
