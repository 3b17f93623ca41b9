"""`xmh meeting notice agenda minutes` on a served home: the papers of a meeting that is held today."""

import re
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from documents.formats.digest import sha256
from domain.calendar import SHANGHAI, local_date
from domain.meetings.commands import SignMinutes
from domain.office import DayOverridden
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_office_events
from tests.recovery.chaos import away_from_midnight, later_today
from tests.support.command_line import CommandLine
from tests.support.history import meet
from tests.support.office import FOR_LEADER, OFFICE
from tests.support.streams import CALENDAR_STREAM

KINDS = ("docx", "pdf", "html", "md")


@dataclass
class Today:
    """A 专题会 of this day, convened on a real server."""

    xmh: CommandLine
    log: Database
    no: str

    def sit(self) -> None:
        """Opened, with one point decided."""
        self.xmh.json("meeting", "agenda", self.no, "--add", "二期用地移交")
        self.xmh.json("meeting", "open", self.no)
        self.xmh.json("meeting", "attend", self.no, "--present", "leader、zhao")
        told = ("--item", "1", "--outcome", "听取汇报", "--text", "抓紧移交", "--by", "leader")
        self.xmh.json("meeting", "decide", self.no, *told)

    def minutes(self, *more: str, actor: str = "office") -> Any:
        return self.xmh.json("meeting", "minutes", self.no, *more, actor=actor)

    @property
    def height(self) -> int:
        return reading.read_all(self.log)[-1].position

    def settled(self) -> None:
        """Nothing more is recorded of the meeting by itself."""
        for _ in range(200):
            if self.xmh.json("meeting", "show", self.no)["stage"] == "closed":
                return
            time.sleep(0.05)
        raise AssertionError("the meeting never came to its end")


@pytest.fixture
def today(service: None, xmh: CommandLine, log: Database) -> Today:
    away_from_midnight()
    starts = later_today(30)
    # Meetings are held on working days only, and this one is today.
    working = DayOverridden(day=local_date(starts), workday=True, reason="测试当日开会")
    record_office_events(log, CALENDAR_STREAM, [working], actor=OFFICE, command_id="today", now=datetime.now(UTC))
    at = starts.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    told = ("--series", "专题会议", "--title", "用地专题会", "--at", at, "--place", "一号会议室", "--chair", "leader")
    no = xmh.json("meeting", "schedule", *told)["meeting"]
    for _ in range(200):
        if xmh.json("meeting", "show", no)["stage"] == "frozen":
            return Today(xmh, log, no)
        time.sleep(0.05)
    raise AssertionError("the agenda was never fixed")


def written(today: Today, tmp_path: Path, *words: str) -> dict[str, bytes]:
    """The paper in the four formats, by the command that writes it."""
    found = {}
    for kind in KINDS:
        out = tmp_path / f"稿.{kind}"
        said = today.xmh(*words, "-o", out)
        assert (said.code, "已写入" in said.out) == (0, True), said
        found[kind] = out.read_bytes()
    assert (found["docx"][:2], found["pdf"][:5]) == (b"PK", b"%PDF-")
    assert b"<html" in found["html"]
    return found


def test_notice_agenda_and_pack_are_written_in_every_format(today: Today, tmp_path: Path) -> None:
    shown = today.xmh.json("meeting", "notice", today.no)
    assert (shown["title"], shown["addressee"]) == ("关于召开用地专题会的通知", "各有关单位")
    assert "一号会议室" in shown["markdown"]
    for words in (("notice", today.no), ("agenda", today.no), ("pack",)):
        written(today, tmp_path, "meeting", *words)
    assert today.xmh("meeting", "notice", today.no, "-o", tmp_path / "通知.xls").code == 2
    assert today.xmh("meeting", "agenda", today.no, "--freeze", "-o", tmp_path / "议程.md").code == 2


def test_a_meeting_that_was_moved_is_announced_as_moved_and_a_cancelled_one_not_at_all(today: Today) -> None:
    day = (datetime.now(UTC).astimezone(SHANGHAI) + timedelta(days=40)).date()
    working = DayOverridden(day=day, workday=True, reason="测试当日开会")
    record_office_events(today.log, CALENDAR_STREAM, [working], actor=OFFICE, command_id="moved", now=datetime.now(UTC))
    assert today.xmh("meeting", "move", today.no, "--at", f"{day}T09:30", "--reason", "领导出差").code == 0
    shown = today.xmh.json("meeting", "notice", today.no)
    assert shown["title"] == "关于用地专题会改期的通知"
    assert "（领导出差）" in shown["markdown"]
    assert today.xmh("meeting", "cancel", today.no, "--reason", "并入例会", "--yes").code == 0
    said = today.xmh("meeting", "notice", today.no)
    assert (said.code, "已取消（并入例会）" in said.error) == (3, True)


def test_minutes_that_are_signed_are_filed_shown_and_written_as_they_were_filed(today: Today, tmp_path: Path) -> None:
    today.sit()
    draft = today.minutes()
    assert (draft["minutes"], draft["files"], draft["sha256"]) == (None, {}, {})
    assert "（未签发）" in draft["markdown"]
    done = today.minutes("--sign", "leader", "--yes")
    assert re.fullmatch(r"香指纪〔\d{4}〕1号", done["minutes"])
    assert done["files"].keys() == done["sha256"].keys() == set(KINDS)
    for kind, path in done["files"].items():
        assert Path(path).name == f"{done['minutes']}.{kind}"
        assert sha256(Path(path).read_bytes()) == done["sha256"][kind]
    today.settled()
    before = today.height
    assert today.minutes()["files"] == done["files"]
    for kind, data in written(today, tmp_path, "meeting", "minutes", today.no).items():
        assert sha256(data) == done["sha256"][kind]
    shutil.rmtree(today.xmh.home / "documents")
    assert today.minutes()["sha256"] == done["sha256"]
    assert today.height == before
    assert today.xmh.json("audit", "verify")["ok"]


def test_minutes_signed_and_not_filed_are_filed_by_who_keeps_them_and_nobody_else(today: Today) -> None:
    """What a crash between the signing and the filing leaves."""
    today.sit()
    stream = reading.find_meetings(today.log, today.no)[0].stream
    meet(today.log, stream, SignMinutes(), FOR_LEADER, datetime.now(UTC))
    read = today.xmh("meeting", "minutes", today.no, actor="audit")
    assert "1号 尚未成文归档，请办公室运行 xmh meeting minutes" in read.out
    assert not (today.xmh.home / "documents").exists()
    said = today.xmh("meeting", "minutes", today.no)
    assert "1号 已成文归档" in said.out.splitlines()[0]
    assert "归档" not in today.xmh("meeting", "minutes", today.no).out
    assert today.minutes(actor="audit")["sha256"] == today.minutes()["sha256"]


def test_signed_minutes_that_cannot_be_filed_bind_and_the_next_look_files_them(today: Today) -> None:
    """The disk filled up between the signing and the filing."""
    today.sit()
    stream = reading.find_meetings(today.log, today.no)[0].stream
    meet(today.log, stream, SignMinutes(), FOR_LEADER, datetime.now(UTC))
    blocked = today.xmh.home / "documents"
    blocked.write_text("占着地方", encoding="utf-8")
    said = today.xmh("meeting", "minutes", today.no)
    assert said.code != 0
    assert "1号 已签发生效，但没有归档" in said.error
    blocked.unlink()
    assert today.minutes()["files"].keys() == set(KINDS)


def test_minutes_that_cannot_be_filed_are_not_signed(today: Today) -> None:
    today.sit()
    blocked, broken = today.xmh.home / "documents", today.xmh.home / "templates" / "纪要.docx"
    sign = ("meeting", "minutes", today.no, "--sign", "leader", "--yes")

    def unsigned(*said: str) -> None:
        refused = today.xmh(*sign)
        assert (refused.code, refused.out) != (0, "")
        assert all(words in refused.error for words in said), refused.error
        assert today.xmh.json("meeting", "show", today.no)["stage"] == "in_session"

    blocked.write_text("占着地方", encoding="utf-8")
    unsigned("无法在", "没有编号")
    blocked.unlink()
    broken.parent.mkdir()
    broken.write_bytes(b"PK")
    unsigned(f"模板 {broken} 有错误，不能成文")
    assert not list((today.xmh.home / "documents" / "会议纪要").glob("*"))
    broken.unlink()
    assert today.xmh.json(*sign)["minutes"].endswith("〕1号")


def test_minutes_are_signed_by_who_may_with_the_faces_at_hand_or_not_at_all(
    today: Today, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today.sit()
    minutes = ("meeting", "minutes", today.no, "--yes", "--sign")
    for who, actor, code, said in (
        ("li", "office", 3, "会议由办公室或领导办理，单位人员不能办理"),
        ("office-2", "office", 3, "纪要须由领导或主持人签发（--sign）"),
        ("没有此人", "office", 4, "通讯录里没有“没有此人”"),
        ("leader", "li", 3, "只有办公室可以代录领导的决定"),
        ("leader", "audit", 3, "审计员只能查阅和核验"),
    ):
        refused = today.xmh(*minutes, who, actor=actor)
        assert (refused.code, refused.out) == (code, "")
        assert said in refused.error
    monkeypatch.setenv("XMH_FONTS", str(tmp_path / "没有"))
    refused = today.xmh(*minutes, "leader")
    assert (refused.code, refused.out) == (3, "")
    assert refused.error.startswith(f"错误：字体目录 {tmp_path / '没有'} 不存在")
    assert today.xmh.json("meeting", "show", today.no)["stage"] == "in_session"
    monkeypatch.delenv("XMH_FONTS")
    assert today.minutes("--sign", "leader", "--yes")["minutes"].endswith("〕1号")


def test_a_number_that_was_printed_is_not_given_again_by_a_log_restored_from_an_older_copy(
    today: Today, xmh: CommandLine
) -> None:
    folder = xmh.home / "documents" / "会议纪要"
    folder.mkdir(parents=True)
    (folder / f"香指纪〔{datetime.now(UTC).astimezone(SHANGHAI).year}〕4号.pdf").write_bytes(b"%PDF-")
    today.sit()
    assert today.minutes("--sign", "leader", "--yes")["minutes"].endswith("〕5号")
