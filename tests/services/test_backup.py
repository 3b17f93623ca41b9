"""`xmh backup` and `restore` without a service: one moment of a log that is written to, whole or not at all."""

import json
import shutil
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from domain import commands as c
from domain.access.terms import TokenScope
from domain.base import Refusal
from domain.numbers_on_paper import number_on_paper
from domain.operations import Operations
from domain.terms import Urgency
from eventlog import access, notices, presence, reading
from eventlog.attachments import keep_attachment
from eventlog.database import Database
from eventlog.verify import verify
from services.accounts import issue_token
from services.backup.archive import MANIFEST
from services.backup.restoring import HELD_BACK, restore
from services.backup.taking import back_up, kept_files
from services.doctor.log import backup_noticed
from settings import Settings
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import founded_home, home, log
from tests.support.office import LIAISON, OFFICE, opening
from tests.support.postroom import PostRoom
from tests.support.streams import OPERATIONS_STREAM

__all__ = ["founded_home", "home", "log"]
NOW = datetime.now(UTC)


def settings_of(home: Path) -> Settings:
    return Settings(home=home)


def opened(log: Database, urgency: Urgency = Urgency.NORMAL) -> str:
    key = uuid4().hex[:12]
    stream, due = f"matter/{key}", (NOW + timedelta(days=60)).date()
    act(log, stream, opening(f"整治{key}号地块", due=due, urgency=urgency), OFFICE, datetime.now(UTC))
    return stream


@pytest.fixture
def backup(home: Path, log: Database, tmp_path: Path) -> Path:
    """A backup of a home with two matters and an attachment."""
    opened(log)
    opened(log)
    keep_attachment(home, [b"evidence"], "凭据.pdf")
    file = tmp_path / "备份.zip"
    back_up(settings_of(home), file, OFFICE)
    return file


def test_what_the_log_names_and_the_store_has_not_is_said_by_backup_doctor_and_restore(
    home: Path, log: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [keep_attachment(home, [word], f"{word.decode()}.pdf") for word in (b"gone", b"bent", b"whole")]
    matter = opened(log)
    act(log, matter, c.AcceptReceipt(), LIAISON, datetime.now(UTC))
    report = c.SubmitFeedback(text="进展", progress=10, attachments=tuple(kept))
    act(log, matter, report, LIAISON, datetime.now(UTC))
    (home / "files" / kept[0].sha256).unlink()
    (home / "files" / kept[1].sha256).write_bytes(b"something else")
    xmh = CommandLine(home, capsys)
    taken = xmh.json("backup", str(tmp_path / "a.zip"), code=1)
    tokens = ["attachment_missing", "attachment_altered"]
    assert (taken["ok"], [one["token"] for one in taken["lacking"]]) == (False, tokens)
    said = xmh("backup", str(tmp_path / "b.zip"))
    assert said.code == 1
    assert "文件不齐，2处与日志不符" in said.out
    assert "gone.pdf" in said.out
    assert [f.code for f in backup_noticed(log, NOW)] == ["backup_lacks_files"]
    back = restore(settings_of(tmp_path / "again"), tmp_path / "a.zip", {})
    assert [one.token.value for one in back.lacking] == tokens
    assert "bent.pdf" in CommandLine(tmp_path / "third", capsys)("restore", str(tmp_path / "b.zip")).out
    keep_attachment(home, [b"gone"], "gone.pdf")
    keep_attachment(home, [b"bent"], "bent.pdf")
    assert xmh.json("backup", str(tmp_path / "c.zip"))["lacking"] == []
    assert [f.code for f in backup_noticed(log, NOW)] == []


def test_a_backup_taken_in_a_storm_of_commands_holds_all_that_was_answered_before_it(
    home: Path, log: Database, tmp_path: Path
) -> None:
    streams = [opened(log) for _ in range(3)]
    over = threading.Event()

    def storm(stream: str) -> None:
        with Database(f"sqlite:///{home / 'events.db'}") as own:
            act(own, stream, c.AcceptReceipt(), LIAISON, datetime.now(UTC))
            while not over.is_set():
                act(own, stream, c.SubmitFeedback(text="进展", progress=10), LIAISON, datetime.now(UTC))

    threads = [threading.Thread(target=storm, args=(s,)) for s in streams]
    for thread in threads:
        thread.start()
    while sum(reading.stream_head(log, s).version for s in streams) < 15:
        pass
    answered = {s: reading.stream_head(log, s) for s in streams}
    try:
        taken = back_up(settings_of(home), tmp_path / "备份.zip", OFFICE)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert sum(reading.stream_head(log, s).version for s in streams) > sum(h.version for h in answered.values())
    there = settings_of(tmp_path / "restored")
    back = restore(there, tmp_path / "备份.zip", {})
    assert back.position == taken.position
    with Database(there.database) as restored:
        assert verify(restored).ok
        for stream, head in answered.items():
            assert reading.read_stream(restored, stream)[head.version - 1].hash == head.hash


def test_what_is_being_printed_meanwhile_neither_ends_a_backup_nor_is_in_it(home: Path) -> None:
    cabinet = home / "documents/督办公文"
    cabinet.mkdir(parents=True)
    for no in range(200):
        (cabinet / f"{no}.docx").write_bytes(b"paper")
    over = threading.Event()

    def printing() -> None:
        while not over.is_set():
            place = cabinet / f".{uuid4().hex}"
            place.mkdir()
            (place / "new.docx").write_bytes(b"half")
            over.wait(0.0005)
            shutil.rmtree(place)

    printer = threading.Thread(target=printing)
    printer.start()
    try:
        listed = {sum(name.startswith("documents/") for name, _ in kept_files(settings_of(home))) for _ in range(100)}
    finally:
        over.set()
        printer.join()
    assert listed == {200}


def test_files_come_back_and_keys_stay_apart(home: Path, backup: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        names = archive.namelist()
    assert not [n for n in names if n.endswith(".key") or n.startswith("watermarks")]
    there = settings_of(tmp_path / "restored")
    restore(there, backup, {})
    kept = [p.relative_to(home) for p in (home / "files").iterdir()]
    assert kept
    assert [(there.home / p).read_bytes() for p in kept] == [b"evidence"]
    assert (there.home.stat().st_mode & 0o777, backup.stat().st_mode & 0o777) == (0o700, 0o600)


def test_both_are_on_record(home: Path, log: Database, backup: Path, tmp_path: Path) -> None:
    def done(database: Database) -> Operations:
        loaded = reading.load(database, OPERATIONS_STREAM)
        assert loaded is not None
        assert isinstance(loaded.state, Operations)
        return loaded.state

    taken = done(log).backup
    assert taken is not None
    assert (taken.file, taken.size) == ("备份.zip", backup.stat().st_size)
    there = settings_of(tmp_path / "restored")
    restore(there, backup, {})
    with Database(there.database) as restored:
        back = done(restored).restored
        assert back is not None
        assert (back.position, back.hash) == (taken.position, taken.hash)


def test_what_was_open_is_not_open_in_what_is_restored(home: Path, log: Database, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    token, _ = issue_token(log, "li", TokenScope.READ, 7, OFFICE, now)
    who = {"id": "1", "kind": "worker", "host": "old", "pid": 1, "build": "1", "started_at": now, "seen_at": now}
    presence.say_present(log, presence.ServingProcess.model_validate(who))
    back_up(settings_of(home), tmp_path / "备份.zip", OFFICE)
    assert access.living_token(log, token, now) is not None
    there = settings_of(tmp_path / "restored")
    restore(there, tmp_path / "备份.zip", {})
    with Database(there.database) as restored:
        assert access.living_token(restored, token, now) is None
        assert presence.serving_processes(restored) == (), "they serve the log it was copied from"


def test_what_may_have_been_sent_since_is_not_sent_again(home: Path, log: Database, tmp_path: Path) -> None:
    room = PostRoom(log, home)
    opened(log, Urgency.EXTRA)
    room.spread(datetime.now(UTC))
    waiting = room.kept(pending=True)
    untold = opened(log)
    back_up(settings_of(home), tmp_path / "备份.zip", OFFICE)
    room.deliver(datetime.now(UTC) + timedelta(hours=1))
    sent = len(room.lines)
    assert sent
    there = settings_of(tmp_path / "restored")
    back = restore(there, tmp_path / "备份.zip", {})
    due = [n for n in waiting if n.due_at <= datetime.now(UTC)]
    assert due, "特急 waits for nothing"
    assert (back.held_back, back.untold > 0) == (len(due), True)
    with Database(there.database) as restored:
        again = PostRoom(restored, there.home)
        held = [n for n in notices.list_notices(restored, failed=True) if n.error == HELD_BACK]
        assert {n.id for n in held} == {n.id for n in due}
        again.deliver(datetime.now(UTC) + timedelta(seconds=1))
        assert not [n for n in again.kept() if n.stream == untold]
        assert not [line for line in again.lines if line["id"] in {n.id for n in due}]


def test_numbers_known_to_be_on_paper_are_not_given_again(backup: Path, tmp_path: Path) -> None:
    there = settings_of(tmp_path / "restored")
    year = datetime.now(UTC).year
    back = restore(there, backup, dict([number_on_paper(f"XMH-{year}-057", "XMH")]))
    assert back.numbers == {f"matter/{year}": 57}
    with Database(there.database) as restored:
        stream = opened(restored)
        loaded = reading.load(restored, stream)
        assert loaded is not None
        assert f"XMH-{year}-058" in repr(loaded.state)


def test_doctor_says_when_a_log_was_not_backed_up_lately(log: Database, home: Path, tmp_path: Path) -> None:
    def told(after: timedelta) -> list[str]:
        return [found.message for found in backup_noticed(log, NOW + after)]

    assert told(timedelta()) == ["事件日志从未备份"]
    back_up(settings_of(home), tmp_path / "备份.zip", OFFICE)
    assert told(timedelta(days=6)) == []
    assert told(timedelta(days=9, hours=1)) == ["上次备份是9天以前"]


# --- bad input


@pytest.mark.parametrize(
    ("file", "told"), [("home/备份.zip", "在数据目录里"), ("没有/备份.zip", "没有目录"), ("在.zip", "已存在")]
)
def test_a_backup_goes_where_it_keeps(home: Path, log: Database, tmp_path: Path, file: str, told: str) -> None:
    (tmp_path / "在.zip").write_bytes(b"mine")
    before = reading.stream_head(log, OPERATIONS_STREAM).version
    with pytest.raises(Refusal, match=told):
        back_up(settings_of(home), tmp_path / file, OFFICE)
    assert reading.stream_head(log, OPERATIONS_STREAM).version == before
    assert (tmp_path / "在.zip").read_bytes() == b"mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "在.zip"]


def test_a_log_that_does_not_verify_is_not_called_backed_up(home: Path, log: Database, tmp_path: Path) -> None:
    stream = opened(log)
    with log.writing() as transaction:
        transaction.run([("DROP TRIGGER IF EXISTS events_no_update", [()])])
        transaction.commit(
            [("UPDATE events SET payload = replace(payload, '整治', '整沿') WHERE stream = ?", [(stream,)])]
        )
    with pytest.raises(Refusal, match="核验不通过"):
        back_up(settings_of(home), tmp_path / "备份.zip", OFFICE)
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


def test_restore_writes_into_an_empty_home_only(home: Path, backup: Path) -> None:
    before = (home / "events.db").read_bytes()
    with pytest.raises(Refusal, match="不是空目录") as refused:
        restore(settings_of(home), backup, {})
    assert refused.value.code == "home_in_use"
    assert (home / "events.db").read_bytes() == before


def rewritten(backup: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """The backup with members changed or left out."""
    changed = backup.with_name("改过.zip")
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            kept = change(name, old.read(name))
            if kept is not None:
                new.writestr(*kept)
    return changed


def told_otherwise(change: Callable[[dict[str, object]], object]) -> Callable[[str, bytes], tuple[str, bytes]]:
    """With a manifest that says something else."""

    def of(name: str, data: bytes) -> tuple[str, bytes]:
        if name != MANIFEST:
            return name, data
        manifest = json.loads(data)
        change(manifest)
        return name, json.dumps(manifest).encode()

    return of


def _climbing(manifest: dict[str, object]) -> None:
    files = manifest["files"]
    assert isinstance(files, list)
    files[0]["path"] = "documents/../../外面.txt"


def _twice(manifest: dict[str, object]) -> None:
    files = manifest["files"]
    assert isinstance(files, list)
    files.append(files[-1])


def _nameless(manifest: dict[str, object]) -> None:
    files = manifest["files"]
    assert isinstance(files, list)
    files[0]["path"] = "documents/a\0b"


BAD: dict[str, tuple[Callable[[str, bytes], tuple[str, bytes] | None], str]] = {
    "without its manifest": (lambda n, d: None if n == MANIFEST else (n, d), "没有写完"),
    "without its log": (lambda n, d: None if n == "events.db" else (n, d), "不是完整的备份"),
    "a byte changed": (lambda n, d: (n, d[:-1] + b"x") if n.startswith("files/") else (n, d), "与清单不符"),
    "a log cut short": (lambda n, d: (n, d[:4096]) if n == "events.db" else (n, d), "与清单不符"),
    "longer than it says": (lambda n, d: (n, d + b"x" * 99) if n.startswith("files/") else (n, d), "与清单不符"),
    "of another headquarters": (told_otherwise(lambda m: m.update(headquarters="YY")), "是 YY 的备份"),
    "of a later format": (told_otherwise(lambda m: m.update(format=2)), "更新版本"),
    "a position it has not": (told_otherwise(lambda m: m.update(position=99)), "不是清单所说"),
    "climbing out": (told_otherwise(_climbing), "数据目录以外"),
    "a file named twice": (told_otherwise(_twice), "与清单不符"),
    "a name that is none": (told_otherwise(_nameless), "数据目录以外"),
}


@pytest.mark.parametrize("how", BAD)
def test_what_is_no_whole_backup_is_one_line_and_leaves_nothing(backup: Path, tmp_path: Path, how: str) -> None:
    change, told = BAD[how]
    bad = rewritten(backup, change)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(Refusal, match=told) as refused:
        restore(settings_of(tmp_path / "restored"), bad, {})
    assert "\n" not in refused.value.message
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_half_a_file_and_no_archive_are_one_line(backup: Path, tmp_path: Path) -> None:
    half = tmp_path / "半个.zip"
    half.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    text = tmp_path / "文字.zip"
    text.write_text("不是压缩包", encoding="utf-8")
    for file in (half, text, tmp_path / "没有.zip"):
        with pytest.raises(Refusal):
            restore(settings_of(tmp_path / "restored"), file, {})
    assert not (tmp_path / "restored").exists()
