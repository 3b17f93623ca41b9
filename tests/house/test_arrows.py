"""The arrows between the rooms: who may import whom. See CONTRIBUTING.md."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BELOW_ACTIVITIES = {"documents", "intake", "sheets", "eventlog", "domain"}
SERVICE = {"services", "views", "workflows", "activities", "settings", "process"} | BELOW_ACTIVITIES
MAY_IMPORT: dict[str, set[str]] = {
    "domain": set(),
    "eventlog": {"domain"},
    "sheets": {"domain"},
    "intake": {"sheets", "eventlog", "domain"},
    "documents": {"sheets", "eventlog", "domain"},
    "views": {"documents", "intake", "sheets", "eventlog", "domain"},
    "workflows": {"domain"},
    "activities": BELOW_ACTIVITIES | {"views"},
    "settings": {"sheets", "domain"},
    "process": {"settings"},
    "services": {"views", "workflows", "activities", "settings", "process"} | BELOW_ACTIVITIES,
    "worker": SERVICE,
    "simulation": SERVICE,
    "web": SERVICE,
    "cli": SERVICE | {"worker", "simulation", "web"},
    "xmh": {"cli"},
}
MODULES = {"settings", "process", "worker"}
PACKAGES = sorted(MAY_IMPORT.keys() - MODULES)


def imported_by(source: str) -> Iterator[str]:
    """Top-level names of every absolute import in a file, however deep in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def wrong_imports(room: str, source: str) -> set[str]:
    """Rooms of ours that a file of `room` imports although no arrow leads there."""
    return (set(imported_by(source)) & MAY_IMPORT.keys()) - MAY_IMPORT[room] - {room}


def files_of(room: str) -> list[Path]:
    return [ROOT / f"{room}.py"] if room in MODULES else sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_the_rooms_it_has_an_arrow_to(room: str) -> None:
    files = files_of(room)
    assert files, f"room {room} has no files"
    wrong = {str(file.relative_to(ROOT)): names for file in files if (names := wrong_imports(room, file.read_text()))}
    assert wrong == {}


def test_a_late_import_against_the_arrows_is_found_too() -> None:
    source = "def f():\n    from eventlog.append import append\n    return append\n"
    assert wrong_imports("workflows", source) == {"eventlog"}
    assert wrong_imports("activities", source) == set()


def test_the_domain_imports_only_pydantic_and_the_standard_library() -> None:
    known = {"domain", "pydantic"} | sys.stdlib_module_names
    strangers = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in files_of("domain")
        for name in imported_by(file.read_text())
        if name not in known
    }
    assert strangers == set()


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    for room in PACKAGES:
        if (ROOT / room).is_dir():
            shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, "--no-cache"], cwd=house, capture_output=True, text=True, check=False)


def test_the_linter_passes_the_house_as_it_is(copy_of_the_house: Path) -> None:
    found = lint_imports(copy_of_the_house)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("domain", "import eventlog"),
        ("eventlog", "import temporalio.client"),
        ("workflows", "import activities"),
        ("activities", "import settings"),
        ("simulation", "import cli"),
    ],
)
def test_the_linter_finds_an_import_against_the_arrows(copy_of_the_house: Path, room: str, line: str) -> None:
    (copy_of_the_house / room / "injected.py").write_text(f"{line}\n")
    found = lint_imports(copy_of_the_house)
    assert found.returncode != 0
    assert f"{room}.injected -> {line.split()[1].partition('.')[0]}" in found.stdout


@pytest.mark.parametrize("module", ["eventlog.reading", "cli.main"])
def test_reading_the_log_imports_neither_temporal_nor_sqlalchemy(module: str) -> None:
    report = "import sys; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    run = subprocess.run(
        [sys.executable, "-c", f"import {module}; {report}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert {"temporalio", "sqlalchemy", "sqlmodel", "alembic", "fastapi", "web"}.isdisjoint(run.stdout.split())
