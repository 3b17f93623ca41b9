"""Several headquarters in one installation: set up, chosen, and nothing of one read or recorded as another's."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.founding import Headquarters
from domain.ids import matter_stream
from eventlog import reading
from eventlog.configured import open_log
from eventlog.verify import verify
from services.door_key import make_door_key
from services.headquarters import set_up
from settings import Settings
from tests.fuzz.cases import NEVER, leaves
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import OFFICE, founded, office_today, opening

FT = Headquarters(code="FT", name="福田片区建设指挥部")
OURS, THEIRS = "滨河泵站迁改", "莲花山隧道复核"
COMMANDS = {path: command for path, command in leaves().items() if path not in NEVER}
SHARED = ("home", "config", "headquarters", "acting", "for_person", "as_json", "yes", "command_id", "help")


def settings(home: Path, code: str = "XMH") -> Settings:
    return Settings(home=home, headquarters=code)


def positions(home: Path) -> dict[str, int]:
    """How far the log of each reaches."""
    found = {}
    for code in ("XMH", "FT"):
        with open_log(settings(home, code)) as log:
            found[code] = len(reading.read_all(log))
    return found


def test_one_is_set_up_listed_and_found_as_it_is(xmh: CommandLine, home: Path) -> None:
    added = xmh.json("headquarters", "add", "ft", "--name", FT.name)
    assert (added["code"], added["added"]) == ("FT", True)
    assert xmh.json("headquarters", "add", "FT", "--name", FT.name)["added"] is False
    listed = xmh.json("headquarters", "list")["headquarters"]
    assert [(one["code"], one["first"], one["open"]) for one in listed] == [("XMH", True, 0), ("FT", False, 0)]
    units = xmh.json("org", "list", "--headquarters", "FT")["units"]
    assert [unit["name"] for unit in units] == ["福田片区建设指挥部办公室"]
    with open_log(settings(home, "FT")) as log:
        assert verify(log).ok
    for path in (home / "headquarters", home / "headquarters/FT", *(home / "headquarters/FT").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


REFUSED = (
    (("XMH", "--name", "又一个"), "headquarters_exists"),
    (("FT", "--name", "另一个名称"), "headquarters_exists"),
    (("FT", "--name", FT.name, "--city"), "city_exists"),
    (("NS", "--name", "第二个市级", "--city"), "city_exists"),
    (("F T", "--name", "空格"), "malformed"),
    (("F/T", "--name", "斜杠"), "malformed"),
    (("../FT", "--name", "上级"), "malformed"),
    (("NS", "--name", " "), "malformed"),
    (("NS", "--name", "字" * 61), "malformed"),
)


def test_what_cannot_be_set_up_is_refused_and_nothing_changes(xmh: CommandLine, home: Path) -> None:
    set_up(settings(home, "FT"), FT)
    set_up(settings(home, "SZ"), Headquarters(code="SZ", name="市指挥部", city=True))
    before = positions(home), sorted(p.name for p in (home / "headquarters").iterdir())
    for words, code in REFUSED:
        refused = xmh("headquarters", "add", *words, "--json")
        assert refused.json["error"]["code"] == code, refused
        assert refused.code == (2 if code == "malformed" else 3)
        assert (positions(home), sorted(p.name for p in (home / "headquarters").iterdir())) == before


@pytest.mark.parametrize(
    "words", [("task", "list"), ("task", "cancel", "1", "--reason", "x", "--yes"), ("org", "list")]
)
def test_one_that_is_not_there_is_not_found(xmh: CommandLine, home: Path, words: tuple[str, ...]) -> None:
    refused = xmh(*words, "--headquarters", "NS")
    assert refused.code == 4
    assert "没有代号为 NS 的指挥部" in refused.error
    assert not (home / "headquarters").exists()


def test_one_that_was_begun_and_not_finished_says_so_and_is_finished_by_the_same_command(
    xmh: CommandLine, home: Path
) -> None:
    set_up(settings(home, "FT"), FT)
    (home / "headquarters/FT/headquarters.json").unlink()
    refused = xmh("task", "list", "--headquarters", "FT")
    assert (refused.code, "没有建成" in refused.error) == (5, True)
    assert xmh.json("headquarters", "list")["unfinished"] == ["FT"]
    before = positions(home)
    assert xmh.json("headquarters", "add", "FT", "--name", FT.name)["added"] is True
    assert positions(home) == before
    assert xmh.json("task", "list", "--headquarters", "FT")["matters"] == []


def test_one_that_was_moved_or_whose_file_was_exchanged_is_not_taken_for_another(xmh: CommandLine, home: Path) -> None:
    set_up(settings(home, "FT"), FT)
    (home / "headquarters/FT").rename(home / "headquarters/NS")
    refused = xmh("task", "list", "--headquarters", "NS")
    assert (refused.code, "被移动过" in refused.error) == (5, True)
    refused = xmh("headquarters", "add", "NS", "--name", "南山指挥部")
    assert (refused.code, "指挥部 FT 的" in refused.error) == (5, True)
    set_up(settings(home, "FT"), FT)
    shutil.copy(home / "headquarters/FT/events.db", home / "events.db")
    refused = xmh("task", "list")
    assert (refused.code, "指挥部 FT 的，不是 XMH 的" in refused.error) == (5, True)


def test_a_year_is_played_for_the_first_only_and_nothing_is_left_behind(xmh: CommandLine, home: Path) -> None:
    set_up(settings(home, "FT"), FT)
    before = positions(home)
    refused = xmh("simulate", "--plan", home, "--year", "2022", "--headquarters", "FT")
    assert (refused.code, "首个指挥部" in refused.error) == (2, True)
    assert positions(home) == before


# --- the border, on both databases


@dataclass(frozen=True)
class Border:
    """Two headquarters with one matter each, neither with any of the other's words."""

    home: Path
    xmh: CommandLine


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos)])
def border(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Border]:
    monkeypatch.chdir(tmp_path)  # what prints to a file prints it there
    home = tmp_path / "home"
    if request.param == "postgresql":
        home.mkdir()
        monkeypatch.setenv("XMH_DATABASE_URL", request.getfixturevalue("postgres_url"))
        founded(settings(home).database, datetime.now(UTC)).close()
        make_door_key(home)
    else:
        shutil.copytree(request.getfixturevalue("founded_home"), home)
    set_up(settings(home, "FT"), FT)
    now = datetime.now(UTC)
    due = (now + timedelta(days=60)).date()
    for code, title in (("XMH", THEIRS), ("FT", OURS)):
        with open_log(settings(home, code)) as log:
            act(log, matter_stream(title), opening(title, due, **_lead(code)), OFFICE, now)
    yield Border(home, CommandLine(home, capsys))


def _lead(code: str) -> dict[str, Any]:
    return {} if code == "XMH" else {"lead": None}


def words_of(command: Any, name: str) -> list[str]:
    """Something plausible for each thing a command needs; where a matter or a paper is meant, the other's."""
    words: list[str] = []
    for parameter in command.params:
        option = parameter.param_type_name == "option"
        if parameter.name in SHARED or (option and not parameter.required):
            continue
        value = _plausible(parameter, name)
        words += [parameter.opts[0], value] if option else [value]
    return words


def _plausible(parameter: Any, number: str) -> str:
    metavar = str(parameter.metavar or "").strip("[]").upper()
    kind = str(getattr(parameter, "type_descriptor", None) or getattr(parameter, "type", "")).lower()
    if metavar in ("DATE", "D", "T", "DATETIME", "FROM"):
        return "2026-03-02"
    if "int" in kind or metavar in ("N", "YEAR", "Y"):
        return "2026" if metavar in ("YEAR", "Y") else "1"
    if "|" in metavar:
        return str(parameter.metavar).strip("[]").split("|")[0]
    return number


def test_no_command_reaches_over_the_border(border: Border) -> None:
    """Each command of the line is run in one headquarters with what is the other's, as one who has a name in both."""
    number = f"XMH-{office_today().year}-001"
    assert THEIRS in border.xmh("task", "show", number).out, "at home everything of it is shown"
    before = positions(border.home)
    crossed: list[str] = []
    for path, command in COMMANDS.items():
        if path[0] in ("headquarters", "recover", "doctor", "status"):
            continue
        said = border.xmh(*path, *words_of(command, number), "--headquarters", "FT", "--json", "--yes")
        if THEIRS in said.out + said.err or "香蜜湖" in said.out:
            crossed.append(f"{' '.join(path)} shows it: {said}")
        after = positions(border.home)
        if after["XMH"] != before["XMH"]:
            crossed.append(f"{' '.join(path)} wrote to it: {said}")
        before = after
    assert crossed == []


def test_a_number_and_a_person_of_the_other_are_nobodys_here(border: Border) -> None:
    for words in (
        ("task", "show", THEIRS),
        ("task", "show", f"XMH-{office_today().year}-001"),
        ("task", "cancel", THEIRS, "--reason", "x"),
    ):
        refused = border.xmh(*words, "--headquarters", "FT", "--yes")
        assert refused.code == 4, refused
    stranger = border.xmh("task", "list", "--headquarters", "FT", actor="li")
    assert (stranger.code, "通讯录里没有" in stranger.error) == (4, True)
    assert border.xmh.json("task", "list", actor="li")["matters"][0]["title"] == THEIRS


def test_the_example_is_laid_into_nothing_that_is_somebody_elses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "论文.docx").write_bytes(b"mine")
    refused = CommandLine(tmp_path, capsys)("demo")
    assert (refused.code, "不是空目录" in refused.error, [p.name for p in tmp_path.iterdir()]) == (
        3,
        True,
        ["论文.docx"],
    )
