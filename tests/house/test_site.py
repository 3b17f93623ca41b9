"""The site is the pages that stand here, each found by its navigation, and references the program writes itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from docs.site.stage import COMMANDS, SETTINGS, leaves, navigation, stage
from settings import Settings

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "docs/site/requirements.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "site"
    stage(target)
    return target


def pages_in(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for entry in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        yield from pages_in(entry)


def test_every_page_of_ours_is_in_the_navigation_once(staged: Path) -> None:
    listed = list(pages_in(navigation()))
    assert len(set(listed)) == len(listed)
    assert [page for page in listed if not (staged / "pages" / page).is_file()] == []
    docs = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")}
    deploy = {page.relative_to(ROOT).as_posix() for page in (ROOT / "deploy").rglob("*.md")}
    assert (docs | deploy) - set(listed) == set()


def test_nothing_is_copied(staged: Path) -> None:
    assert (staged / "pages/docs").resolve() == ROOT / "docs"
    written = [path.name for path in (staged / "pages").iterdir() if not path.is_symlink()]
    assert written == ["generated"]


def test_the_reference_of_commands_has_each_with_its_options(staged: Path) -> None:
    from cli.main import app

    text = (staged / "pages" / COMMANDS).read_text(encoding="utf-8")
    told = re.findall(r"(?m)^### (.+)$", text)
    assert told == [" ".join(path) for path, _ in leaves(typer.main.get_command(app))]
    assert len(told) > 150
    assert "| `--due DATE` | 办结时限，如 2022-06-30" in text


def test_the_reference_of_settings_has_each_with_what_it_is(staged: Path) -> None:
    text = (staged / "pages" / SETTINGS).read_text(encoding="utf-8")
    assert {name for name in Settings.model_fields if f"| `{name}` `XMH_{name.upper()}` |" not in text} == set()
    assert "| `port` | `int` |  | By default 8460" in text
    assert "`[web.oidc]`" in text


def test_what_builds_it_is_locked_by_hash_and_names_no_address() -> None:
    assert "://" not in LOCK
    packages = [block for block in re.split(r"^(?=[a-z])", LOCK, flags=re.MULTILINE) if re.match(r"[a-z]", block)]
    assert packages
    assert [block.split()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_who_reads_it_fetches_nothing_from_elsewhere(staged: Path) -> None:
    config = yaml.safe_load((staged / "mkdocs.yml").read_text(encoding="utf-8"))
    assert config["theme"]["font"] is False
    assert "extra_javascript" not in config
    assert "extra_css" not in config
