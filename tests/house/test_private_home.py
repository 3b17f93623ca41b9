"""A home is private, also where it existed before; what listens, listens on the loopback unless asked otherwise."""

import stat
from pathlib import Path

import pytest

from services.embedded.prepare import embedded_home
from services.home import make_private
from settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_home(tmp_path: Path) -> Path:
    """A home that an older build, or a hand, left open to everybody."""
    home = tmp_path / "home"
    for folder in ("files", "notices", "documents", "logs"):
        (home / folder).mkdir(parents=True)
        (home / folder).chmod(0o755)
    for name in ("events.db", "events.db-wal", "temporal.db", "run.json", "notices/2026-11-28.jsonl", "files/abc"):
        (home / name).touch(mode=0o644)
        (home / name).chmod(0o644)
    home.chmod(0o755)
    return home


def test_a_home_that_existed_before_is_closed_when_it_is_used(open_home: Path) -> None:
    embedded_home(Settings(home=open_home))
    assert mode(open_home) == 0o700
    assert {mode(p) for p in open_home.rglob("*") if p.is_dir()} == {0o700}
    assert {mode(p) for p in open_home.rglob("*") if p.is_file()} == {0o600}


def test_what_is_not_ours_and_what_a_link_points_to_is_left_alone(open_home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    (open_home / "link.json").symlink_to(elsewhere)
    (open_home / "note.odt").touch()
    (open_home / "note.odt").chmod(0o644)
    make_private(open_home)
    assert (mode(elsewhere), mode(open_home / "note.odt")) == (0o644, 0o644)
    assert mode(open_home) == 0o700


def test_health_and_metrics_listen_on_the_loopback_by_default() -> None:
    assert Settings().listen_address == "127.0.0.1"
    for module in ("worker.py", "settings.py", "services/health.py", "services/service_log.py"):
        source = (Path(__file__).parents[2] / module).read_text(encoding="utf-8")
        assert "0.0.0.0" not in source  # noqa: S104  (looked for, not listened on)
