"""Where the faces of printed documents are looked for."""

from pathlib import Path

import pytest

import settings
from settings import Settings


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
    (tmp_path / "xmh.toml").write_text('[fonts]\nfolder = "字体"\n', encoding="utf-8")
    assert Settings().font_folders == (Path("字体"),)
    monkeypatch.setenv("XMH_FONTS", "/other")
    assert Settings().font_folders == (Path("/other"),)
