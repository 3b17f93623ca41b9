"""商请 typed: shown as such, the reply under its 来函文号, the 函 that asks again; wrong ways leave no trace."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.envelope import SYSTEM
from domain.office import Person, Unit, UnitRecorded
from domain.office import PersonRecorded as Seat
from domain.terms import Role, Supervision, UnitLevel
from eventlog.database import Database
from services.office_records import record_office_events
from tests.support.command_line import CommandLine
from tests.support.homes import at
from tests.support.office import office_today
from tests.support.streams import DIRECTORY_STREAM

DUE = (office_today() + timedelta(days=60)).isoformat()


@pytest.fixture
def matter(xmh: CommandLine, service: None, log: Database) -> str:
    """A matter 市水务局 was asked to handle, accepted."""
    unit = Unit(id="shiju", name="市水务局", level=UnitLevel.CITY, supervision=Supervision.BY_LETTER)
    events = [UnitRecorded(unit=unit), Seat(person=Person(id="shui", name="水一", unit="shiju", role=Role.LIAISON))]
    record_office_events(log, DIRECTORY_STREAM, events, actor=SYSTEM, command_id="shiju", now=at("2021-01-04"))
    words = ("--title", "暗涵改迁", "--basis", "任务清单", "--due", DUE, "--lead", "市水务局")
    number = str(xmh.json("task", "open", *words)["matter"])
    xmh.json("task", "accept", number, "--via", "纸质")
    return number


def test_a_request_is_shown_answered_by_letter_and_urged_by_a_letter(xmh: CommandLine, matter: str) -> None:
    assert "牵头：市水务局（商请）" in xmh("task", "show", matter).out
    assert any("等市水务局（商请）" in m["what"] for m in xmh.json("today")["waiting_for"])
    plain = xmh.json("task", "report", matter, "--text", "正在研究", "--via", "电话")
    assert any("来函文号" in line for line in plain["advice"])
    reply = ("task", "report", matter, "--text", "已列入年度计划", "--progress", "20")
    assert "advice" not in xmh.json(*reply, "--letter", "深水函[2026]9号")
    shown = xmh.json("task", "show", matter)
    assert (shown["by_letter"], shown["letters"]) == (True, ["深水函〔2026〕9号"])
    assert "（来函 深水函〔2026〕9号）" in xmh("task", "show", matter).out
    xmh.json("task", "urge", matter)
    letter = xmh("form", matter, "--kind", "催办单").out
    assert "关于商请加快办理“暗涵改迁”的函" in letter
    assert "升级" not in letter

    before = xmh.json("task", "show", matter)["version"]
    wrong: list[tuple[tuple[str, ...], int, str]] = [
        ((*reply[1:], "--letter", "深水函（2026）9号"), 3, "已登记"),
        ((*reply[1:], "--via", "来函"), 2, "--letter"),
        ((*reply[1:], "--via", "电话", "--letter", "深水函〔2026〕10号"), 2, "只用于来函"),
        ((*reply[1:], "--via", "传真"), 2, "可填"),
        (("coordinate", matter, "--letter", "x", "--with", "区住房和建设局", "--text", "x"), 2, "--answer"),
        (("coordinate", matter, "--answer", "好", "--letter", "深水函〔2026〕9号"), 3, "没有待答复"),
        (("decide", matter, "--meeting", "例会", "--text", "x"), 3, "主持领导"),
    ]
    for words, code, line in wrong:
        said = xmh("task", *words)
        assert (said.code, line in said.error) == (code, True), (words, said)
    assert xmh.json("task", "show", matter)["version"] == before


def test_replies_of_a_file_name_their_letters(xmh: CommandLine, matter: str, tmp_path: Path) -> None:
    file = tmp_path / "来函.csv"
    file.write_text(f"事项,进展,进度,来函文号\n{matter},已列入年度计划,30,深水函〔2026〕11号\n")
    xmh.json("task", "report", "--from", file)
    assert xmh.json("task", "show", matter)["letters"] == ["深水函〔2026〕11号"]
