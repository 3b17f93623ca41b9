"""Where settings come from, and where the faces of printed documents are looked for."""

from pathlib import Path

import pytest

import settings
from domain.base import Refusal
from eventlog import reading
from eventlog.backend import without_password
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from settings import Settings
from tests.support.served import home_in


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XMH_FONTS", raising=False)
    monkeypatch.setattr(settings, "FETCHED_FONTS", tmp_path / ".fonts")


def test_without_a_word_only_the_wheels_faces_are_looked_at() -> None:
    assert Settings().font_folders == ()


def test_fetched_faces_are_found_and_the_offices_own_come_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".fonts").mkdir()
    assert Settings().font_folders == (tmp_path / ".fonts",)
    monkeypatch.setenv("XMH_FONTS", "/office/fonts")
    assert Settings().font_folders == (Path("/office/fonts"), tmp_path / ".fonts")


def test_the_file_names_a_folder_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".xmh").mkdir()
    (tmp_path / ".xmh/xmh.toml").write_text('[fonts]\nfolder = "字体"\n', encoding="utf-8")
    assert Settings().font_folders == (Path("字体"),)
    monkeypatch.setenv("XMH_FONTS", "/other")
    assert Settings().font_folders == (Path("/other"),)


def test_the_settings_file_is_that_of_the_home_or_the_one_named_and_never_one_lying_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XMH_HOME", raising=False)
    (tmp_path / "xmh.toml").write_text('actor = "somebody"\n', encoding="utf-8")
    assert Settings().actor == "office"
    home = tmp_path / "home"
    home.mkdir()
    (home / "xmh.toml").write_text('actor = "li"\n', encoding="utf-8")
    assert Settings(home=home).actor == "li"
    monkeypatch.setenv("XMH_HOME", str(home))
    assert Settings().actor == "li"
    other = tmp_path / "other.toml"
    other.write_text('actor = "zhao"\n', encoding="utf-8")
    monkeypatch.setenv("XMH_CONFIG", str(other))
    assert Settings().actor == "zhao"
    monkeypatch.setenv("XMH_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(Refusal, match="找不到配置文件"):
        Settings()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://xmh:geheim@db:5432/xmh",
        "postgresql://xmh:ge%40heim@db/xmh?sslmode=require",
        "postgresql://db/xmh?user=xmh&password=geheim",
        "postgresql://xmh:geheim@db/xmh?sslpassword=geheim&p%61ssword=geheim",
        "postgresql://xmh:ge@heim@db/xmh",
    ],
)
def test_no_password_of_an_address_is_shown(url: str) -> None:
    shown = without_password(url)
    assert "heim" not in shown
    assert shown.startswith("postgresql://")
    assert "db" in shown


def test_what_is_no_password_is_shown() -> None:
    for url in ("sqlite:////srv/xmh/events.db", "postgresql://xmh@db:5432/xmh?sslmode=require"):
        assert without_password(url) == url


def test_an_address_the_driver_cannot_read_is_not_quoted() -> None:
    with pytest.raises(LogUnreachable) as said:
        reading.log_identity(Database("postgresql://xmh:ge:heim@db:heim/xmh"))
    assert "heim" not in said.value.message


def test_the_address_of_the_database_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the keys may: a password in the environment is seen by whoever may look at the process or the container."""
    held, link = tmp_path / "held", tmp_path / "address"
    held.write_text("postgresql://xmh:geheim@db/xmh\n")
    link.symlink_to(held)  # as a mounted secret is
    monkeypatch.setenv("XMH_DATABASE_URL_FILE", str(link))
    assert Settings().database == "postgresql://xmh:geheim@db/xmh"
    monkeypatch.setenv("XMH_DATABASE_URL", "sqlite:////srv/other.db")
    assert Settings().database == "sqlite:////srv/other.db", "what is said itself wins, as with the keys"


@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"postgresql://a:geheim@b/c\nand more", b"\xff\xfe", b"x" * 5000]
)
def test_a_file_without_an_address_is_one_line_that_repeats_nothing_of_it(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "address"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Refusal) as said:
        _ = Settings(database_url_file=file).database
    assert said.value.code == "malformed"
    assert "数据库地址文件" in said.value.message
    assert "geheim" not in said.value.message
    assert "\n" not in said.value.message


def test_a_whole_command_runs_on_the_address_in_a_file(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        (tmp_path / "address").write_text(f"sqlite:///{home.path / 'events.db'}")
        env = {"XMH_HOME": str(tmp_path / "elsewhere"), "XMH_DATABASE_URL_FILE": str(tmp_path / "address")}
        assert home.xmh("org", "list", env=env).code == 0
        assert home.xmh("org", "list", env={**env, "XMH_DATABASE_URL_FILE": "/nowhere"}).code == 2
