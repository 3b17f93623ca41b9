"""Issues are numbered without gap, printed once, and named in the log by their hashes."""

import errno
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest

from documents.bulletin import drafts
from documents.bulletin.briefing import compose_briefing
from documents.checking.pdf_reading import read_pdf, words_of_pdf
from documents.filing.cabinet import print_files
from domain.base import Refusal
from domain.bulletin import Publication
from domain.envelope import Actor
from domain.fingerprint import read_fingerprint
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from eventlog.verify import verify
from services.checkpoints import hold_against_fingerprint, recorded_checkpoints_differ
from services.issuing.bulletins import (
    Issued,
    bulletin_numbers_on_disk,
    bulletin_with_files,
    issue_briefing,
    issue_draft,
    issued_bulletins,
    issued_series,
)
from tests.cli.test_sight_matrix import unpacked
from tests.documents.quarter import WORDS, play
from tests.support.clock import open_log
from tests.support.homes import at
from tests.support.office import FOR_LEADER, HEAD, LEADER, LIAISON, OFFICE, founded, sqlite

MARCH = (date(2022, 3, 1), date(2022, 3, 31))
EVENING = at("2022-03-31", "18:00")


def issue_month(log: Database, home: Path, month: int, signer: Actor = LEADER) -> Issued:
    since, until = date(2022, month, 1), date(2022, month, 28)
    return issue_briefing(log, home, since=since, until=until, signer=signer, now=at(f"2022-{month:02d}-28", "18:00"))


def test_issues_are_numbered_by_year_and_in_all(log: Database, home: Path) -> None:
    first, second = issue_month(log, home, 2), issue_month(log, home, 3)
    third = issue_briefing(
        log, home, since=date(2023, 1, 1), until=date(2023, 1, 31), signer=LEADER, now=at("2023-01-31", "18:00")
    )
    assert [i.number for i in (first, second, third)] == ["简报-2022-01", "简报-2022-02", "简报-2023-01"]
    assert [i.event.total_no for i in (first, second, third)] == [1, 2, 3]
    assert verify(log).ok


def test_the_log_names_the_files_by_their_hashes(log: Database, home: Path) -> None:
    play(log)
    done = issue_briefing(log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=EVENING)
    assert set(done.files) == {"md", "docx", "pdf", "html"}
    for kind, path in done.files.items():
        assert path.parent == home / "documents" / "简报"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == done.sha256[kind]
    assert "第1期（总第1期）" in done.files["md"].read_text(encoding="utf-8")
    assert "签发：吴七" in done.files["md"].read_text(encoding="utf-8")


def test_a_briefing_bears_the_fingerprint_of_the_log_it_was_computed_from(log: Database, home: Path) -> None:
    play(log)
    done = issue_briefing(log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=EVENING)
    printed = read_fingerprint(done.event.fingerprint or "")
    assert (printed.size, hold_against_fingerprint(log, printed)) == (done.event.position, [])
    in_word = unpacked(done.files["docx"].read_bytes()).decode("utf-8", "replace")
    on_paper = words_of_pdf(read_pdf(done.files["pdf"].read_bytes()), above=999)
    assert all(f"日志指纹：{printed}" in text.replace("\n", "") for text in (in_word, on_paper)), "in the 版记"
    assert recorded_checkpoints_differ(log) == []
    for path in done.files.values():
        path.unlink()
    again = bulletin_with_files(log, home, done.event)
    assert again.sha256 == done.sha256, "printed again with the same"


@pytest.mark.parametrize("signer", [OFFICE, LIAISON, HEAD])
def test_nobody_but_a_leader_signs(log: Database, home: Path, signer: Actor) -> None:
    with pytest.raises(Refusal, match="领导签发") as refused:
        issue_month(log, home, 3, signer)
    assert refused.value.code == "unsigned"
    assert issued_bulletins(log) == ()
    assert not (home / "documents").exists()


def test_the_office_types_a_leaders_signature_and_both_are_recorded(log: Database, home: Path) -> None:
    done = issue_month(log, home, 3, FOR_LEADER)
    event = reading.read_stream(log, "bulletin/briefing")[0]
    assert done.event.signer == "leader"
    assert event.actor.id == "office"
    assert event.actor.on_behalf_of is not None
    assert event.actor.on_behalf_of.paper == "香指办阅〔2022〕3号"


def test_who_is_no_leader_in_the_directory_is_refused_by_the_log(log: Database, home: Path) -> None:
    with pytest.raises(Refusal, match="角色是联络员"):
        issue_month(log, home, 3, LIAISON.model_copy(update={"role": LEADER.role}))
    assert list((home / "documents" / "简报").glob("*")) == []


def test_the_same_span_is_issued_once(log: Database, home: Path) -> None:
    assert issue_month(log, home, 3) == issue_month(log, home, 3)
    assert len(issued_bulletins(log)) == 1


def test_a_draft_is_issued_once_and_exactly_as_it_was_read(log: Database, home: Path) -> None:
    play(log)
    read = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    draft = drafts.keep_draft(home, read, "office", EVENING)
    done = issue_draft(log, home, draft, LEADER, at("2022-04-02", "09:30"))
    assert drafts.computed_draft(log, draft) == read
    assert done == issue_draft(log, home, draft, LEADER, at("2022-04-03", "09:30"))
    assert done.event.issued_on == date(2022, 4, 2)
    assert done.event.position == read.position


def test_two_who_issue_at_once_get_two_numbers(log: Database, home: Path) -> None:
    made = [
        drafts.keep_draft(home, compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING), "office", EVENING)
        for _ in range(6)
    ]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda draft: issue_draft(log, home, draft, LEADER, EVENING), made))
    assert sorted(i.event.no for i in done) == [1, 2, 3, 4, 5, 6]
    assert all(path.exists() for i in done for path in i.files.values())
    assert all(f"第{i.event.no}期" in i.files["md"].read_text(encoding="utf-8") for i in done)
    assert verify(log).ok


def test_a_crash_before_recording_uses_no_number(log: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object, **__: object) -> None:
        raise LogUnreachable("断电")

    with monkeypatch.context() as patch:
        patch.setattr("services.issuing.signing.append", dies)
        with pytest.raises(LogUnreachable):
            issue_month(log, home, 2)
    assert list((home / "documents" / "简报").iterdir()) == []
    assert issue_month(log, home, 3).event.no == 1


def test_a_full_disk_is_one_line_and_uses_no_number(log: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(Refusal, match="没有编号；请检查磁盘空间"):
            issue_month(log, home, 2)
    assert [path for path in (home / "documents").rglob("*") if path.is_file()] == []
    assert issue_month(log, home, 3).event.no == 1


def test_what_a_dead_process_left_in_the_cabinet_is_swept_up_and_what_a_living_one_prints_is_not(
    log: Database, home: Path
) -> None:
    cabinet = home / "documents"
    dead, other, living, named = (
        cabinet / place for place in ("简报/." + "a" * 32, "督办公文/." + "b" * 32, "简报/." + "c" * 32, "简报/.留存")
    )
    for folder in (dead, other, living, named):
        folder.mkdir(parents=True)
        (folder / "简报-2022-01.md").write_text("印了一半", encoding="utf-8")
    for folder in (dead, other, named):
        os.utime(folder, (time.time() - 3700,) * 2)
    issue_month(log, home, 3)
    assert [folder.exists() for folder in (dead, other, living, named)] == [False, False, True, True]


def test_a_file_system_without_links_does_as_well(log: Database, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.link", cannot)
    done = issue_month(log, home, 3)
    assert bulletin_with_files(log, home, done.event) == done


def test_postgresql_numbers_as_sqlite_does(postgres_url: str, tmp_path: Path) -> None:
    with founded(postgres_url) as log:
        made = [
            drafts.keep_draft(
                tmp_path, compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING), "office", EVENING
            )
            for _ in range(4)
        ]
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda draft: issue_draft(log, tmp_path, draft, LEADER, EVENING), made))
        assert sorted(i.number for i in done) == [f"简报-2022-0{n}" for n in (1, 2, 3, 4)]
        assert verify(log).ok


def test_a_crash_after_recording_is_mended_from_the_log(log: Database, home: Path) -> None:
    play(log)
    done = issue_briefing(log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=EVENING)
    before = {kind: path.read_bytes() for kind, path in done.files.items()}
    for path in done.files.values():
        path.unlink()
    again = bulletin_with_files(log, home, done.event)
    assert {kind: path.read_bytes() for kind, path in again.files.items()} == before


def test_an_altered_file_is_found_and_not_overwritten(log: Database, home: Path) -> None:
    done = issue_month(log, home, 3)
    done.files["md"].write_text("改过", encoding="utf-8")
    with pytest.raises(Refusal, match="与日志中的哈希不符"):
        bulletin_with_files(log, home, done.event)
    assert done.files["md"].read_text(encoding="utf-8") == "改过"


def test_a_different_file_in_its_place_is_named_and_never_kept_silently(tmp_path: Path) -> None:
    place = tmp_path / "简报" / "简报-2022-01.md"
    for _ in range(2):  # the same bytes twice are one file
        with print_files(place.parent, {place.name: "原文".encode()}) as put:
            put()
    with print_files(place.parent, {place.name: "另一份".encode()}) as put, pytest.raises(Refusal) as refused:
        put()
    assert refused.value.code == "file_exists"
    assert place.read_text(encoding="utf-8") == "原文"


def test_after_an_older_log_is_restored_no_number_is_given_twice(founded_home: Path, log: Database, home: Path) -> None:
    issue_month(log, home, 2)
    issue_month(log, home, 3)
    assert bulletin_numbers_on_disk(home) == {"bulletin/briefing/2022": 2}
    log.close()
    for name in ("events.db", "events.db-wal", "events.db-shm"):
        (home / name).unlink(missing_ok=True)
    (home / "events.db").write_bytes((founded_home / "events.db").read_bytes())
    restored = open_log(sqlite(home))
    done = issue_month(restored, home, 4)
    assert done.number == "简报-2022-03"
    assert verify(restored).ok


def test_a_publication_knows_its_numbers(log: Database, home: Path) -> None:
    issue_month(log, home, 2)
    issue_month(log, home, 3)
    series = issued_series(log, Publication.BRIEFING)
    assert (series.last_no(2022), series.last_no(2023), series.total) == (2, 0, 2)
    assert [i.until for i in series.issues] == [date(2022, 2, 28), date(2022, 3, 28)]
    assert issued_series(log, Publication.NEWS).issues == ()


def test_no_file_of_the_home_holds_a_leaders_words(log: Database, home: Path) -> None:
    play(log)
    issue_briefing(log, home, since=MARCH[0], until=MARCH[1], signer=LEADER, now=EVENING)
    log.close()
    for path in home.rglob("*"):
        assert path.is_dir() or WORDS.encode() not in path.read_bytes(), path


def test_a_damaged_draft_is_one_line(log: Database, home: Path) -> None:
    kept = drafts.keep_draft(
        home, compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING), "office", EVENING
    )
    assert kept.id == "D20220331-1"
    (home / "drafts" / "D20220331-1.json").write_text("{", encoding="utf-8")
    with pytest.raises(Refusal, match="已损坏"):
        drafts.kept_drafts(home)


def test_drafts_of_one_day_are_counted_up(log: Database, home: Path) -> None:
    read = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    ids = [drafts.keep_draft(home, read, "office", moment).id for moment in (EVENING, EVENING, _next_day())]
    assert ids == ["D20220331-1", "D20220331-2", "D20220401-1"]


def _next_day() -> datetime:
    return at("2022-04-01")
