"""归档 of signed 纪要: the files that were printed, what the log keeps of them, and that they can be made again."""

import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from documents.filing.cabinet import papers_on_disk
from documents.filing.rebuilding import rebuild_issue
from documents.formats.digest import sha256
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.meetings.calling import DirectoryNames
from domain.base import Refusal
from domain.envelope import SYSTEM
from domain.event import decode
from domain.meetings import commands as c
from domain.meetings.events import MinutesIssued
from domain.meetings.meeting import Attendance, Meeting
from domain.office import PersonLeft, UnitRecorded
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.issuing import minutes as minutes_filing
from services.issuing.catalogue import find_filed
from services.issuing.minutes import FiledMinutes, file_minutes, filed_minutes, minutes_at, rehearse_minutes
from services.office_records import record_office_events
from tests.documents.quarter import HALL, LAND, play
from tests.support.clock import open_log
from tests.support.history import meet
from tests.support.meetings import THURSDAY, convening, decision, item
from tests.support.office import FOR_LEADER, OFFICE, UNITS
from tests.support.streams import DIRECTORY_STREAM

STREAM = "meeting/march"
NO = "香指纪〔2022〕1号"
LATER = THURSDAY + timedelta(days=4)
NAMES = {f"{NO}.{kind}" for kind in ("md", "docx", "pdf", "html")}


def meeting(log: Database) -> Meeting:
    found = reading.load(log, STREAM)
    assert found is not None
    assert isinstance(found.state, Meeting)
    return found.state


@pytest.fixture
def held(log: Database) -> Database:
    """The meeting of March on two matters, its minutes not signed yet."""
    play(log)
    meet(log, STREAM, convening(place="一号会议室"), OFFICE, THURSDAY - timedelta(days=20))
    items = (item(1, HALL), item(2, LAND))
    meet(log, STREAM, c.FreezeAgenda(proposed=items, position=7), OFFICE, THURSDAY - timedelta(days=1))
    meet(log, STREAM, c.OpenMeeting(), OFFICE, THURSDAY)
    there = Attendance(present=("leader", "zhao"))
    meet(log, STREAM, c.RecordAttendance(attendance=there), OFFICE, THURSDAY)
    for no in (1, 2):
        meet(log, STREAM, decision(no), FOR_LEADER, THURSDAY)
    return log


@pytest.fixture
def signed(held: Database) -> Database:
    """The same, signed and not filed: where a crash between the two leaves it."""
    meet(held, STREAM, c.SignMinutes(), FOR_LEADER, THURSDAY + timedelta(hours=8))
    return held


def filing(log: Database, home: Path) -> FiledMinutes:
    return file_minutes(log, home, meeting(log), actor=OFFICE, now=LATER)


def height(log: Database) -> int:
    return reading.read_all(log)[-1].position


def test_signed_minutes_are_filed_under_their_number_with_the_hash_of_every_file(signed: Database, home: Path) -> None:
    done = filing(signed, home)
    folder = home / "documents" / "会议纪要"
    assert {p.name for p in folder.iterdir()} == NAMES == set(done.event.files)
    assert {name: sha256((folder / name).read_bytes()) for name in NAMES} == done.event.files
    assert done.sha256["pdf"] == done.event.files[f"{NO}.pdf"]
    assert (done.event.number, done.event.meeting, done.event.about) == (NO, STREAM, "HY-2022-001")
    assert done.event.template_sha256
    assert done.event.fonts
    assert verify(signed).problems == ()


def test_they_are_computed_from_the_log_as_it_was_when_they_were_signed(signed: Database, home: Path) -> None:
    signing = reading.read_stream(signed, STREAM)[-1]
    at_once = filing(signed, home).event
    assert (at_once.position, at_once.as_of) == (signing.position, signing.recorded_at)
    assert at_once.issued_on == THURSDAY.date()


def test_filed_late_they_read_as_if_they_had_been_filed_at_once(signed: Database, home: Path) -> None:
    """Who was there has left since, the unit has another name: the paper is of the day of the signing."""
    copy = home.parent / "copy"
    shutil.copytree(home, copy)
    at_once = filing(signed, home).event.files
    later = open_log(f"sqlite:///{copy / 'events.db'}")
    renamed = UNITS[1].model_copy(update={"name": "区住房建设局"})
    record_office_events(
        later,
        DIRECTORY_STREAM,
        [PersonLeft(person="zhao"), UnitRecorded(unit=renamed)],
        actor=SYSTEM,
        command_id="later",
        now=LATER,
    )
    assert filing(later, copy).event.files == at_once
    assert "区住房和建设局赵五" in (copy / "documents" / "会议纪要" / f"{NO}.md").read_text(encoding="utf-8")


def test_filed_again_nothing_is_recorded_and_nothing_written(signed: Database, home: Path) -> None:
    first = filing(signed, home)
    before, written = height(signed), {p: p.stat().st_mtime_ns for p in first.files.values()}
    assert filing(signed, home) == first
    assert height(signed) == before
    assert {p: p.stat().st_mtime_ns for p in first.files.values()} == written


def test_a_lost_file_is_printed_again_with_the_hash_it_had(signed: Database, home: Path) -> None:
    done = filing(signed, home)
    before = height(signed)
    shutil.rmtree(home / "documents")  # also what a crash right after the recording leaves
    again = filing(signed, home)
    assert {p.name: sha256(p.read_bytes()) for p in again.files.values()} == done.event.files
    assert height(signed) == before


def test_a_file_somebody_changed_is_named_and_left_alone(signed: Database, home: Path) -> None:
    path = filing(signed, home).files["md"]
    path.write_text("改过", encoding="utf-8")
    with pytest.raises(Refusal, match="已被改动"):
        filing(signed, home)
    assert path.read_text(encoding="utf-8") == "改过"


def rehearsed(log: Database, home: Path, trial: Meeting, despite: str | None = None) -> None:
    directory = read_ledger(log, THURSDAY).directory
    names = DirectoryNames.of(directory.units.values(), directory.people.values())
    rehearse_minutes(log, home, trial, names, now=THURSDAY, press=Press(), despite=despite)


WRONG = "“协调二期用地收储”（区住房和建设局牵头），办结时限3月26日，请抓紧"


def test_minutes_that_contradict_the_log_are_not_signed_unless_somebody_says_why(held: Database, home: Path) -> None:
    meet(held, STREAM, decision(2, text=WRONG), FOR_LEADER, THURSDAY)
    with pytest.raises(Refusal, match=r"牵头单位.*办结时限") as refused:
        rehearsed(held, home, meeting(held))
    assert refused.value.code == "contradiction"
    rehearsed(held, home, meeting(held), despite="以会议口径为准")
    meet(held, STREAM, c.SignMinutes(despite="以会议口径为准"), FOR_LEADER, THURSDAY)
    [event] = [decode(e) for e in reading.read_stream(held, STREAM) if e.type == "MinutesIssued"]
    assert isinstance(event, MinutesIssued)
    assert event.despite == "以会议口径为准"


def test_a_reason_is_given_only_where_there_is_a_contradiction(held: Database, home: Path) -> None:
    rehearsed(held, home, meeting(held))
    with pytest.raises(Refusal, match="没有不一致"):
        rehearsed(held, home, meeting(held), despite="以会议口径为准")


def test_a_meeting_without_topics_and_outcomes_gets_no_number(held: Database, home: Path) -> None:
    with pytest.raises(Refusal, match="没有议题，也没有议定事项，不编文号") as refused:
        rehearsed(held, home, meeting(held).model_copy(update={"points": (), "items": ()}))
    assert refused.value.code == "nothing_to_say"


def test_what_is_not_signed_is_not_filed(held: Database, home: Path) -> None:
    assert filed_minutes(held, meeting(held)) is None
    with pytest.raises(Refusal, match="尚未签发，不能归档"):
        filing(held, home)
    assert not (home / "documents").exists()


def test_minutes_that_cannot_be_written_are_not_recorded_as_filed(signed: Database, home: Path) -> None:
    (home / "documents").write_text("一个文件占了文件夹的名字", encoding="utf-8")
    before = height(signed)
    with pytest.raises(Refusal, match="请检查磁盘空间和权限"):
        filing(signed, home)
    assert (filed_minutes(signed, meeting(signed)), height(signed)) == (None, before)


def test_filed_by_ten_at_once_they_are_filed_once(signed: Database, home: Path) -> None:
    done: list[FiledMinutes] = []
    threads = [threading.Thread(target=lambda: done.append(filing(signed, home))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 10
    assert {one.event.as_of for one in done} == {done[0].event.as_of}
    assert len(reading.read_stream(signed, "minutes/2022")) == 1
    assert {p.name for p in (home / "documents" / "会议纪要").iterdir()} == NAMES


def test_the_log_takes_the_files_of_a_number_once(signed: Database, home: Path) -> None:
    event = filing(signed, home).event
    with pytest.raises(Refusal, match="与 minutes/2022 的记录不符"):
        record_office_events(signed, "minutes/2022", [event], actor=OFFICE, command_id="another", now=LATER)
    with pytest.raises(Refusal, match="与 minutes/2023 的记录不符"):
        record_office_events(signed, "minutes/2023", [event], actor=OFFICE, command_id="elsewhere", now=LATER)


def test_minutes_of_a_layout_this_build_has_not_are_shown_and_not_made_again(
    signed: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = filing(signed, home)
    monkeypatch.setattr(minutes_filing, "WORDINGS", {})
    assert filing(signed, home) == done
    with pytest.raises(Refusal, match=f"所用版式 {done.event.template} 本版本没有"):
        minutes_at(signed, done.event)


def test_filed_minutes_are_found_and_rebuilt_by_their_number(signed: Database, home: Path) -> None:
    done = filing(signed, home)
    found = find_filed(signed, home, "香指纪[2022]1号")
    assert found is not None
    again = rebuild_issue(signed, found, Press())
    assert again.ok
    assert {f.name: f.rebuilt for f in again.files} == done.event.files


def test_the_cabinet_remembers_the_numbers_of_minutes(signed: Database, home: Path) -> None:
    filing(signed, home)
    (home / "documents" / "会议纪要" / "草稿.docx").write_bytes(b"")
    assert papers_on_disk(home) == {"minutes/2022": 1}
