"""What is installed is what was locked, and what is built is what runs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {name: (ROOT / name).read_text() for name in ("requirements.txt", "requirements-test.txt")}
SHIPPED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
ROOMS = [name for name in SHIPPED if not name.endswith(".py")]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCKS[lock], re.MULTILINE))


def name_of(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes_and_no_address(lock: str) -> None:
    text = LOCKS[lock]
    assert "://" not in text
    packages = [block for block in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE) if re.match(r"[a-z]", block)]
    assert packages
    assert [block.split()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = PROJECT["project"]
    assert {name_of(each) for each in project["dependencies"]} <= pins("requirements.txt").keys()
    assert {name_of(each) for each in project["optional-dependencies"]["test"]} <= pins("requirements-test.txt").keys()
    exact = {name_of(each): each.split("==")[1] for each in project["dependencies"] if "==" in each}
    assert exact.items() <= pins("requirements.txt").items()


def test_the_tests_run_on_the_versions_that_are_shipped() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-test.txt").items()


def test_the_hooks_are_well_formed_and_local() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    said = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", config], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout
    assert re.findall(r"repo: (\S+)", config.read_text()) == ["local"]


def test_the_wheel_holds_every_room_and_module_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    ran = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (wheel,) = tmp_path.glob("*.whl")
    files = zipfile.ZipFile(wheel).namelist()
    tops = {file.partition("/")[0] for file in files}
    version = PROJECT["project"]["version"]
    assert tops == {*SHIPPED, f"xmh-{version}.dist-info"}
    assert {f"{room}/__init__.py" for room in ROOMS} <= set(files)
    assert [file for file in files if file.endswith((".pyc", ".db"))] == []
