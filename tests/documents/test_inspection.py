"""`audit verify` and `briefing rebuild` look into the cabinet too: files altered, missing, added, templates edited."""

from pathlib import Path

import pytest

from documents.formats.press import Press
from eventlog.database import Database
from eventlog.findings import Token
from services.inspection import inspect_cabinet
from services.issuing.bulletins import issue_briefing
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.homes import at
from tests.support.office import LEADER

MARCH = (at("2022-03-01").date(), at("2022-03-31").date())


@pytest.fixture
def xmh(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("XMH_HOME", str(home))
    monkeypatch.setenv("XMH_ACTOR", "office")
    return CommandLine(home, capsys)


@pytest.fixture
def cabinet(log: Database, home: Path) -> Path:
    """Where the issue of March stands."""
    play(log)
    done = issue_briefing(
        log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=at("2022-03-31", "18:00"), press=Press()
    )
    assert list(inspect_cabinet(log, home)) == []
    return done.files["docx"].parent


def test_what_somebody_did_to_the_cabinet_is_named(log: Database, home: Path, cabinet: Path, xmh: CommandLine) -> None:
    assert xmh.json("audit", "verify")["ok"]
    assert xmh("briefing", "rebuild", "--all").code == 0
    files = {path.suffix: path for path in cabinet.iterdir()}
    files[".md"].write_text("另一种说法", encoding="utf-8")
    files[".html"].unlink()
    (cabinet / "简报-2022-99.docx").write_bytes(b"PK")
    [shelved] = [p for p in (home / "documents/模板").iterdir() if p.is_dir()]
    page = shelved / "page.html"
    page.chmod(0o600)
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    found = {p.token: p.message for p in inspect_cabinet(log, home)}
    assert found.keys() == {Token.FILE_ALTERED, Token.FILE_MISSING, Token.FILE_ADDED, Token.TEMPLATE_ALTERED}
    said = {p["token"]: p["message"] for p in xmh.json("audit", "verify", code=1)["problems"]}
    assert said == {token.value: message for token, message in found.items()}
    rebuilt = xmh("briefing", "rebuild", "--all")
    assert rebuilt.code == 3
    for token in (Token.FILE_ADDED, Token.TEMPLATE_ALTERED):
        assert found[token] in rebuilt.out
    assert "已被改动" in rebuilt.out


def test_a_cabinet_that_is_gone_is_one_finding_unless_it_stands_elsewhere(
    log: Database, home: Path, cabinet: Path, xmh: CommandLine
) -> None:
    (home / "documents").rename(home / "elsewhere")
    assert list(inspect_cabinet(log, home, elsewhere=True)) == []
    [found] = xmh.json("audit", "verify", code=1)["problems"]
    assert found["token"] == Token.FILE_MISSING.value
    assert found["message"] == "成文缺失：目录 documents 整个不在，日志里有1件成文，请从备份恢复"


def test_a_backup_lacks_what_a_link_leads_to_and_says_so(
    log: Database, home: Path, cabinet: Path, xmh: CommandLine, tmp_path: Path
) -> None:
    assert xmh.json("backup", str(tmp_path / "whole.zip"))["lacking"] == []
    names = sorted(path.name for path in cabinet.iterdir())
    (cabinet / names[0]).write_bytes(b"otherwise")
    cabinet.rename(tmp_path / "another disk")
    cabinet.symlink_to(tmp_path / "another disk")
    done = xmh.json("backup", str(tmp_path / "linked.zip"), code=1)
    folder = cabinet.relative_to(home).as_posix()
    assert done["left_out"] == [folder]
    assert [one["message"] for one in done["lacking"]] == [f"成文缺失：{folder}/{name}" for name in names]
    cabinet.unlink()
    (tmp_path / "another disk").rename(cabinet)
    altered = xmh.json("backup", str(tmp_path / "altered.zip"), code=1)["lacking"]
    assert [(one["token"], one["message"]) for one in altered] == [
        (Token.FILE_ALTERED.value, f"{Token.FILE_ALTERED.label}：{folder}/{names[0]}")
    ]
    (home / "documents").rename(tmp_path / "away")
    [gone] = xmh.json("backup", str(tmp_path / "gone.zip"), code=1)["lacking"]
    assert "目录 documents 整个不在" in gone["message"]


def test_an_office_that_issued_nothing_lacks_no_cabinet(log: Database, home: Path) -> None:
    play(log)
    assert list(inspect_cabinet(log, home)) == []


def test_where_the_log_cannot_be_read_it_is_said_that_the_files_were_not_looked_at(
    log: Database, home: Path, cabinet: Path, xmh: CommandLine
) -> None:
    with log.writing() as transaction:
        transaction.commit(
            [
                ("DROP TRIGGER events_no_update", [()]),
                ("UPDATE events SET payload = x'ff' WHERE type = 'BulletinIssued'", [()]),
            ]
        )
    tokens = {p["token"] for p in xmh.json("audit", "verify", code=1)["problems"]}
    assert {"odd_cell", "files_unread"} <= tokens
