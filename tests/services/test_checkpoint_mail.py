"""The auditor gets each checkpoint by mail, once, from a real SMTP server; and who was away is asked again soon."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.checkpoint import read_note
from domain.notices.routing import ChannelSettings, Routing
from domain.operations import CheckpointMailed, CheckpointWitnessed
from domain.witnessing import CheckpointMail, WitnessPlaces, WitnessServer
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.checkpoint_keys import signing_key
from services.checkpoint_mail import note_in
from services.checkpoints import recorded_checkpoints_differ
from services.checkpoints_left import ask_again, leave_checkpoint
from services.checkpoints_pending import PENDING_FILE
from services.doctor.log import checkpoint_trouble
from settings import Settings
from tests.eventlog.sample import Asker
from tests.support.clock import open_log
from tests.support.receivers import Received, smtp_receiver
from tests.support.witness import TestWitness, serving_witness

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)
AUDITOR = "audit@example.org"


@pytest.fixture
def log(new_sqlite: str) -> Iterator[Database]:
    with open_log(new_sqlite) as database:
        Asker(database).begin("a", notes=9)
        yield database


@pytest.fixture
def smtp() -> Iterator[Received]:
    with smtp_receiver() as receiver:
        yield receiver


def settings_of(home: Path, port: int, *servers: WitnessServer, to: tuple[str, ...] = (AUDITOR,)) -> Settings:
    url = f"mailto://127.0.0.1:{port}/?from=duban@example.org&to={{email}}&+X-Notice-Id={{id}}"
    routing = Routing(channels={"mail": ChannelSettings(url=url, timeout=2.0)})
    places = WitnessPlaces(servers=servers, mail=CheckpointMail(channel="mail", to=to), timeout=2.0)
    return Settings(home=home, notices=routing, witnesses=places)


def mailed(log: Database) -> list[str]:
    events = [e for e in reading.read_all(log) if e.type == CheckpointMailed.__name__]
    return [address for e in events for address in CheckpointMailed.model_validate_json(e.payload).to]


def attachment_of(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=default)
    [file] = mail.iter_attachments()
    assert isinstance(file, EmailMessage)
    return file


def test_the_auditor_gets_the_note_in_the_mail_and_beside_it(log: Database, smtp: Received, tmp_path: Path) -> None:
    left = leave_checkpoint(settings_of(tmp_path, smtp.port, to=(AUDITOR, "second@example.org")), log, NOW)
    assert left is not None
    assert (left.mailed, left.troubles) == ((AUDITOR, "second@example.org"), ())
    raw, other = smtp.taken
    to, subject, words = smtp.mails[0]
    text = words.replace("\r\n", "\n")
    assert (to, subject) == (AUDITOR, f"【督办】事件日志检查点 XMH 第1至{left.size}条")
    assert "second@example.org" in str(message_from_bytes(other, policy=default)["To"])
    file = attachment_of(raw)
    assert (file.get_filename(), file.get_payload(decode=True)) == (f"检查点-XMH-{left.size}.txt", left.note.encode())
    for said in (f"日志有{left.size}条", signing_key(tmp_path, "XMH").public, "audit verify --checkpoint"):
        assert said in text
    # Whatever he saved can be read again: the file, the whole mail, the words of the mail with another's ends of lines.
    for kept in (left.note.encode(), raw, text.replace("\n", "\r\n").encode(), b"Subject: x\r\n\r\n" + text.encode()):
        assert read_note(note_in(kept)) == read_note(left.note)
    assert mailed(log) == [AUDITOR, "second@example.org"]
    assert leave_checkpoint(settings_of(tmp_path, smtp.port), log, NOW) is None, "nothing happened since"
    assert verify(log).ok
    assert recorded_checkpoints_differ(log) == []


def test_a_mail_nobody_took_is_sent_again_once_and_doctor_says_why(
    log: Database, smtp: Received, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, smtp.port)
    smtp.script = ["fails", "fails", "fails", "takes"]
    left = leave_checkpoint(settings, log, NOW)
    assert left is not None
    [trouble] = left.troubles
    assert trouble.startswith(f"邮件 {AUDITOR}：")
    assert ask_again(settings, log, NOW + timedelta(seconds=59)) is None, "a minute is left to the server"
    assert list(checkpoint_trouble(settings, NOW)) == []
    for minutes in (1, 3):
        assert ask_again(settings, log, NOW + timedelta(minutes=minutes)) is not None
    [found] = checkpoint_trouble(settings, NOW + timedelta(minutes=4))
    assert (found.code, found.more["tries"]) == ("checkpoint_waiting", 3)
    assert f"没有交到 邮件 {AUDITOR}：" in found.message
    assert mailed(log) == []
    again = ask_again(settings, log, NOW + timedelta(minutes=7))
    assert again is not None
    assert (again.mailed, again.note) == ((AUDITOR,), left.note)
    assert ask_again(settings, log, NOW + timedelta(days=1)) is None
    assert (len(smtp.taken), mailed(log)) == (1, [AUDITOR])
    assert not (tmp_path / PENDING_FILE).exists()
    assert list(checkpoint_trouble(settings, NOW + timedelta(days=9))) == []


def test_of_all_processes_that_look_at_once_one_sends(log: Database, smtp: Received, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, smtp.port)
    smtp.script = ["fails"]
    leave_checkpoint(settings, log, NOW)
    looks = [threading.Thread(target=ask_again, args=(settings, log, NOW + timedelta(minutes=2))) for _ in range(4)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    assert (len(smtp.taken), mailed(log)) == (1, [AUDITOR])


def test_a_newer_checkpoint_takes_the_place_of_one_nobody_took(log: Database, smtp: Received, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, smtp.port)
    smtp.script = ["fails", "fails"]
    leave_checkpoint(settings, log, NOW)
    Asker(log).open("b")
    newer = leave_checkpoint(settings, log, NOW + timedelta(hours=30))
    assert newer is not None
    [found] = checkpoint_trouble(settings, NOW + timedelta(hours=30))
    assert found.more["tries"] == 2, "since a day ago, and not since the newer one"
    assert ask_again(settings, log, NOW + timedelta(hours=31)) is not None
    assert [note_in(raw) for raw in smtp.taken] == [newer.note]


def test_a_witness_that_was_away_is_asked_again_and_nobody_else(log: Database, smtp: Received, tmp_path: Path) -> None:
    with serving_witness(signing_key(tmp_path, log.headquarters).public) as witness:
        away = TestWitness(witness.log_key)
        away.server_close()
        gone = WitnessServer(url=away.url, key=witness.key)
        here = WitnessServer(url=witness.url, key=witness.key)
        folder = tmp_path / "audit"
        folder.mkdir()
        settings = settings_of(tmp_path, smtp.port, gone).model_copy(update={"checkpoint_folder": folder})
        left = leave_checkpoint(settings, log, NOW)
        assert left is not None
        assert (left.mailed, len(left.troubles)) == ((AUDITOR,), 1)
        later = settings_of(tmp_path, smtp.port, here).model_copy(update={"checkpoint_folder": folder})
        assert ask_again(later, log, NOW + timedelta(minutes=2)) is None, "another address is another witness"
        moved = (tmp_path / PENDING_FILE).read_text("utf-8").replace(away.url, witness.url)
        (tmp_path / PENDING_FILE).write_text(moved, "utf-8")
        again = ask_again(later, log, NOW + timedelta(minutes=2))
    assert again is not None
    assert (again.witnesses, again.mailed, again.troubles) == ((witness.name,), (), ())
    assert len(smtp.taken) == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        f"检查点-XMH-{left.size}-2.txt",
        f"检查点-XMH-{left.size}.txt",
    ]
    [event] = [e for e in reading.read_all(log) if e.type == CheckpointWitnessed.__name__]
    assert CheckpointWitnessed.model_validate_json(event.payload).note == again.note
    assert recorded_checkpoints_differ(log) == []


def test_a_channel_that_does_not_mail_is_named(log: Database, tmp_path: Path) -> None:
    for n, (channels, why) in enumerate(
        (
            ({}, "没有邮件渠道 mail"),
            ({"mail": ChannelSettings(url="json://127.0.0.1:9/", timeout=1.0)}, ""),
            ({"mail": ChannelSettings(url="mailto://u:${NO_SUCH_PASSWORD}@127.0.0.1:9/")}, "缺少环境变量"),
        )
    ):
        Asker(log).open(f"c{n}")
        settings = settings_of(tmp_path, 9).model_copy(update={"notices": Routing(channels=channels)})
        left = leave_checkpoint(settings, log, NOW + timedelta(days=n))
        assert left is not None
        [trouble] = left.troubles
        assert why in trouble
    with pytest.raises(Refusal, match="不是文字文件"):
        note_in(b"\xff\xfe\x00")
