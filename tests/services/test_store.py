"""Two machines on one log are one office: what is drafted, handed in or filed at one is there at the other."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from domain import commands as c
from domain.base import Refusal
from eventlog import copying
from eventlog.attachments import keep_attachment
from eventlog.blocks import BLOCK
from eventlog.database import Database
from eventlog.presence import ServingKind, ServingProcess, say_present
from eventlog.schema import SchemaState, schema_state
from eventlog.verify import verify
from services.backup import restoring
from services.backup.restoring import restore
from services.backup.taking import back_up
from services.doctor.home import home_trouble
from services.door_key import make_door_key
from services.embedded.prepare import prepare_log
from services.store import KEY, described_store, keep_store, store_apart, store_trouble
from settings import STORE_MARK, Settings
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, founded, opening
from tests.support.postgres import Server
from tests.support.served import Home

NOW = datetime.now(UTC)
MINE, THEIRS = '"标题" = "总体', '"标题" = "全局'


@pytest.fixture
def office(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Home, Home]]:
    """Two homes whose settings name one log on PostgreSQL and one store."""
    with founded(postgres_url, NOW - timedelta(days=3)) as log:
        act(log, "matter/one", opening(due=(NOW + timedelta(days=60)).date()), OFFICE, NOW - timedelta(days=2))
    env = {"XMH_DATABASE_URL": postgres_url, "XMH_STORE": str(tmp_path / "share")}
    homes = Home(tmp_path / "here", env), Home(tmp_path / "there", env)
    for home in homes:
        home.path.mkdir(mode=0o700)
        make_door_key(home.path)
    homes[0].ok("migrate")
    yield homes


def today() -> str:
    return datetime.now(UTC).astimezone().date().isoformat()


def own_templates(store: Path, home: Home) -> None:
    """The office changes a title of its 简报."""
    home.ok("briefing", "templates", "--export", store / "templates")
    recipe = store / "templates/简报.toml"
    text = recipe.read_text(encoding="utf-8")
    changed = text.replace(MINE, THEIRS)
    assert changed != text
    recipe.write_text(changed, encoding="utf-8")


def test_a_draft_made_here_is_issued_there_and_rebuilt_at_both_when_the_template_is_gone(
    office: tuple[Home, Home], tmp_path: Path
) -> None:
    here, there = office
    own_templates(tmp_path / "share", here)
    draft = here.ok("briefing", "draft", "--from", today(), "--to", today())["draft"]
    assert [one["draft"] for one in there.ok("briefing", "list")["drafts"]] == [draft]
    issued = there.ok("briefing", "issue", draft, "--sign", "leader")
    assert "全局" in Path(issued["files"]["md"]).read_text(encoding="utf-8")
    shutil.rmtree(tmp_path / "share/templates")
    for home in office:
        assert home.ok("briefing", "rebuild", issued["bulletin"])["ok"]
        assert home.ok("audit", "verify")["problems"] == []
    (tmp_path / "share/documents").rename(tmp_path / "away")
    for home in office:
        lacks = home.here("audit", "verify", "--json")
        assert (lacks.code, [p["token"] for p in lacks.json["problems"]]) == (1, ["file_missing"])
    for home in office:
        assert not [p.name for p in home.path.iterdir() if p.name in ("drafts", "documents", "files", "templates")]


def test_a_choice_kept_here_is_offered_there(office: tuple[Home, Home]) -> None:
    here, there = office
    here.ok("task", "list", "--light", "红", "--save", "红灯")
    assert there.here("task", "list", "--saved", "红灯", "--json").code == 0


def test_a_share_that_is_not_mounted_is_no_store(office: tuple[Home, Home], tmp_path: Path) -> None:
    here, _ = office
    share = tmp_path / "share"
    share.rename(tmp_path / "away")
    share.mkdir()
    for words in (
        ("briefing", "draft"),
        ("briefing", "list"),
        ("audit", "verify"),
        ("backup", str(tmp_path / "a.zip")),
    ):
        answer = here.here(*words, "--json")
        assert (answer.code, answer.json["error"]["code"]) == (5, "store_missing"), words
    assert list(share.iterdir()) == []
    assert "store_missing" in [p["code"] for p in here.here("doctor", "--json").json["problems"]]
    assert here.here("task", "list").code == 0, "what needs no file goes on"


def test_a_share_that_is_no_store_is_named_once_whatever_the_system_says_of_it(tmp_path: Path) -> None:
    stale = Settings(
        home=tmp_path, store=tmp_path / ("long" * 100)
    )  # the system looks at none such; nor at a stale one
    with pytest.raises(OSError, match="long"):
        stale.store_folder.is_dir()
    for settings in (
        stale,
        Settings(home=tmp_path, store=Path("/proc")),
    ):  # there, not a store, and not to be written to
        assert list(home_trouble(settings)) == []
        assert [one.code for one in store_trouble(settings)] == ["store_missing"]


def test_only_who_prepares_the_log_marks_a_store_and_never_twice(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", store=tmp_path / "share")
    with pytest.raises(Refusal) as missing:
        _ = settings.store_place
    assert missing.value.code == "store_missing"
    keep_store(settings)
    word = (tmp_path / "share" / STORE_MARK).read_text(encoding="ascii")
    keep_store(settings)
    assert (tmp_path / "share" / STORE_MARK).read_text(encoding="ascii") == word
    assert described_store(settings) == {KEY: word.strip()}
    assert (tmp_path / "share").stat().st_mode & 0o077 == 0


def test_another_headquarters_has_its_store_within_and_only_where_the_share_is_mounted(tmp_path: Path) -> None:
    theirs = Settings(home=tmp_path / "home", store=tmp_path / "share", headquarters="FT")
    with pytest.raises(Refusal) as missing:
        keep_store(theirs)
    assert missing.value.code == "store_missing"
    keep_store(Settings(home=tmp_path / "home", store=tmp_path / "share"))
    keep_store(theirs)
    assert theirs.store_place == tmp_path / "share/headquarters/FT"


def test_a_console_that_files_elsewhere_is_told(office: tuple[Home, Home], tmp_path: Path) -> None:
    here, _ = office
    mine = Settings(home=here.path, store=tmp_path / "share", database_url=here.url)
    alone = Settings(home=here.path, database_url=here.url)

    def console(host: str, **detail: str | None) -> None:
        process = ServingProcess(
            id=host, kind=ServingKind.WEB, host=host, pid=1, build="1", started_at=NOW, seen_at=NOW, detail=dict(detail)
        )
        with open_log(here.url) as log:
            say_present(log, process)

    def told(settings: Settings) -> list[str]:
        with open_log(here.url) as log:
            return [one.message.split(" ")[0] for one in store_apart(log, settings, "desk")]

    console("desk", **described_store(mine))
    console("older")
    assert told(mine) == []
    console("far", store=None)
    assert told(mine) == ["far"]
    assert told(alone) == ["desk", "far"]


def filed_at_home(home: Home) -> None:
    """An attachment the log names, kept in the home before a store was set."""
    kept = keep_attachment(home.path, [b"evidence"], "凭据.pdf")
    with open_log(home.url) as log:
        act(log, "matter/one", c.AcceptReceipt(), LIAISON, NOW)
        act(log, "matter/one", c.SubmitFeedback(text="进展", progress=10, attachments=(kept,)), LIAISON, NOW)


def test_an_empty_folder_is_no_store_of_an_office_that_has_filed(office: tuple[Home, Home], tmp_path: Path) -> None:
    """`xmh migrate` runs at each upgrade: also on the morning the share is not mounted."""
    here, there = office
    share = tmp_path / "share"
    shutil.rmtree(share)
    filed_at_home(here)
    for home, why in ((here, "files/"), (there, "是空的")):
        answer = home.here("migrate", "--json")
        assert (answer.code, answer.json["error"]["code"]) == (5, "store_missing"), home.path
        assert why in answer.json["error"]["message"]
    assert not share.exists()
    shutil.copytree(here.path / "files", share / "files")
    there.ok("migrate")
    assert here.ok("audit", "verify")["problems"] == []


def test_what_a_home_kept_before_there_was_a_store_is_told_on_each_machine(
    office: tuple[Home, Home], tmp_path: Path
) -> None:
    there = office[1]
    filed_at_home(there)
    codes = [{one["code"] for one in home.here("doctor", "--json").json["problems"]} for home in office]
    assert ["store_left" in found for found in codes] == [False, True]
    shutil.copytree(there.path / "files", tmp_path / "share/files")
    assert "store_left" not in {one["code"] for one in there.here("doctor", "--json").json["problems"]}


def test_a_folder_that_cannot_be_looked_into_is_a_store_that_is_missing(tmp_path: Path) -> None:
    away = Settings(home=tmp_path / "home", store=tmp_path / ("x" * 300))
    with pytest.raises(Refusal) as missing:
        _ = away.store_place
    assert missing.value.code == "store_missing"
    assert described_store(away) == {KEY: None}
    mark = tmp_path / "share" / STORE_MARK
    mark.parent.mkdir()
    mark.write_bytes(b"\xff\xfe")
    assert described_store(Settings(home=tmp_path / "home", store=mark.parent))[KEY] is not None


def test_a_store_with_papers_is_the_trace_of_a_log_that_is_lost(
    office: tuple[Home, Home], tmp_path: Path, other_postgres_url: str
) -> None:
    """Else a new machine founds a second log, and its numbers begin with 1."""
    keep_attachment(tmp_path / "share", [b"evidence"], "凭据.pdf")
    env = {"XMH_DATABASE_URL": other_postgres_url, "XMH_STORE": str(tmp_path / "share")}
    fresh = Home(tmp_path / "fresh", env)
    fresh.path.mkdir(mode=0o700)
    answer = fresh.here("migrate", "--json")
    assert answer.json["error"]["code"] == "log_lost"
    assert str(tmp_path / "share") in answer.json["error"]["message"]
    assert schema_state(other_postgres_url) is SchemaState.EMPTY


# --- the backup of a log on PostgreSQL


@pytest.fixture
def other_postgres_url(postgres_server: Server) -> Iterator[str]:
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the rest, where the machine has one."""
    disks = [Path(name) for name in ("/dev/shm", "/tmp", "/var/tmp") if Path(name).is_dir()]  # noqa: S108
    other = next((disk for disk in disks if disk.stat().st_dev != tmp_path.stat().st_dev), tmp_path)
    with TemporaryDirectory(dir=other) as folder:
        yield Path(folder)


@pytest.fixture
def backup(office: tuple[Home, Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a log of many pages, with words enough that they are in the table of words."""
    monkeypatch.setattr("eventlog.copying._PAGE", 7)
    here, _ = office
    own_templates(tmp_path / "share", here)
    kept = keep_attachment(tmp_path / "share", [b"evidence"], "凭据.pdf")
    with open_log(here.url) as log:
        act(log, "matter/one", c.AcceptReceipt(), LIAISON, NOW)
        act(log, "matter/one", c.SubmitFeedback(text="进展", progress=10, attachments=(kept,)), LIAISON, NOW)
        for n in range(BLOCK):
            act(log, "matter/one", c.SubmitFeedback(text=f"第{n}次进展", progress=10), LIAISON, NOW)
    here.ok("task", "list", "--light", "红", "--save", "红灯")
    file = tmp_path / "备份.zip"
    back_up(Settings(home=here.path, store=tmp_path / "share", database_url=here.url), file, OFFICE)
    return file


def rows_of(log: Database) -> list[tuple[object, ...]]:
    with log.reading() as transaction:
        return transaction.all("SELECT position, stream, payload, hash FROM events ORDER BY position")


def test_a_backup_of_postgresql_is_restored_where_there_is_none(
    office: tuple[Home, Home], backup: Path, tmp_path: Path
) -> None:
    there = Settings(home=tmp_path / "drill")
    back = restore(there, backup, {})
    with open_log(office[0].url) as log:
        taken = [row for row in rows_of(log) if int(str(row[0])) <= back.position]
    with open_log(there.database) as restored:
        assert verify(restored).problems == ()
        assert rows_of(restored)[: len(taken)] == taken
    assert [p.read_bytes() for p in (there.home / "files").iterdir()] == [b"evidence"]
    assert "全局" in (there.home / "templates/简报.toml").read_text(encoding="utf-8")
    assert json.loads((there.home / "choices.json").read_text(encoding="utf-8"))["office"]["红灯"]


def test_it_is_restored_into_an_empty_database_and_a_store_on_another_disk_and_into_no_other(
    office: tuple[Home, Home], backup: Path, tmp_path: Path, other_postgres_url: str, other_disk: Path
) -> None:
    there = Settings(home=tmp_path / "again", store=other_disk / "share", database_url=other_postgres_url)
    back = restore(there, backup, {})
    with open_log(other_postgres_url) as restored, open_log(office[0].url) as log:
        assert verify(restored).problems == ()
        assert rows_of(restored)[: back.position] == rows_of(log)[: back.position]
        assert restored.log() == log.log()
        act(restored, "matter/one", c.SubmitFeedback(text="接着办", progress=20), LIAISON, datetime.now(UTC))
        assert verify(restored).problems == ()
    assert [p.read_bytes() for p in (there.store_place / "files").iterdir()] == [b"evidence"]
    assert not (there.home / "events.db").exists()
    with pytest.raises(Refusal) as used:
        restore(Settings(home=tmp_path / "third", database_url=office[0].url), backup, {})
    assert used.value.code == "home_in_use"


def test_a_restore_that_is_cut_off_founds_no_log_and_is_told_and_done_again(
    backup: Path, tmp_path: Path, other_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while rows go into the database: they are rolled back, and nobody tidied up."""
    env = {"XMH_DATABASE_URL": other_postgres_url, "XMH_STORE": str(tmp_path / "new")}
    again = Home(tmp_path / "again", env)
    there = Settings(home=again.path, store=tmp_path / "new", database_url=other_postgres_url)
    killed = os.fork()
    if not killed:
        monkeypatch.setattr("services.backup.restoring.copy_log", lambda *_: os._exit(9))
        with suppress(BaseException):
            restore(there, backup, {})
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(killed, 0)[1]) == 9
    assert schema_state(other_postgres_url) is SchemaState.CURRENT
    assert again.here("migrate", "--json").json["error"]["code"] == "log_lost"
    with pytest.raises(Refusal, match="没有做完的还原"):
        restore(there, backup, {})
    shutil.rmtree(again.path)
    with pytest.raises(Refusal, match=r"共用目录 .* 里已有 files"):
        restore(there, backup, {})
    assert not again.path.exists()
    shutil.rmtree(tmp_path / "new")
    assert restore(there, backup, {}).position
    with open_log(other_postgres_url) as restored:
        assert verify(restored).problems == ()


def test_a_restore_that_is_interrupted_puts_nothing_in_place(
    backup: Path, tmp_path: Path, other_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, while a long log goes into the database."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    there = Settings(home=tmp_path / "again", store=tmp_path / "new", database_url=other_postgres_url)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(restoring, "copy_log", interrupted)
        restore(there, backup, {})
    assert not there.home.exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == [STORE_MARK]
    assert restore(there, backup, {}).position


@pytest.mark.parametrize("step", range(1, 7))
def test_wherever_a_restore_is_cut_off_no_log_is_founded_in_its_place(
    backup: Path, tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = Home(tmp_path / "again")
    killed = os.fork()
    if not killed:
        moves = count(1)
        real = restoring._move
        monkeypatch.setattr(
            restoring, "_move", lambda path, target: real(path, target) if next(moves) <= step else os._exit(9)
        )
        with suppress(BaseException):
            restore(Settings(home=again.path), backup, {})
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(killed, 0)[1]) == 9
    with pytest.raises(Refusal) as lost:
        prepare_log(Settings(home=again.path))
    assert lost.value.code == "log_lost"


def test_a_backup_of_postgresql_is_of_one_moment_whoever_writes_meanwhile(
    office: tuple[Home, Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = office
    with open_log(here.url) as log:
        act(log, "matter/one", c.AcceptReceipt(), LIAISON, NOW)
        began = len(rows_of(log))
        writes, pages = count(1), copying._pages

        def pages_while_they_work(*asked: Any) -> Iterator[Any]:
            act(log, "matter/one", c.SubmitFeedback(text=f"第{next(writes)}次", progress=10), LIAISON, NOW)
            yield from pages(*asked)

        monkeypatch.setattr(copying, "_pages", pages_while_they_work)
        taken = back_up(
            Settings(home=here.path, store=tmp_path / "share", database_url=here.url), tmp_path / "b.zip", OFFICE
        )
        assert began <= taken.position < len(rows_of(log)) - 10
    drill = Settings(home=tmp_path / "drill")
    assert restore(drill, tmp_path / "b.zip", {}).position == taken.position
    with open_log(drill.database) as restored:
        assert verify(restored).problems == ()


def test_the_copy_is_verified_and_not_the_log_that_goes_on(office: tuple[Home, Home], tmp_path: Path) -> None:
    """Of another headquarters too, whose log has a name of its own wherever it lies."""
    here, _ = office
    here.ok("headquarters", "add", "FT", "--name", "福田片区建设指挥部")
    theirs = Settings(home=here.path, store=tmp_path / "share", database_url=here.url, headquarters="FT")
    taken = back_up(theirs, tmp_path / "福田.zip", OFFICE)
    drill = Settings(home=tmp_path / "drill", headquarters="FT")
    assert restore(drill, tmp_path / "福田.zip", {}).position == taken.position


def test_a_backup_of_machines_without_a_store_says_how_all_files_come_into_one(
    postgres_url: str, tmp_path: Path
) -> None:
    """Two homes on one log: what was handed in at one is lacking in the backup of the other, and nothing was lost."""
    with founded(postgres_url, NOW - timedelta(days=3)) as log:
        act(log, "matter/one", opening(due=(NOW + timedelta(days=60)).date()), OFFICE, NOW)
        here, there = (Home(tmp_path / name, {"XMH_DATABASE_URL": postgres_url}) for name in ("甲", "乙"))
        for home in (here, there):
            home.path.mkdir(mode=0o700)
        kept = keep_attachment(here.path, [b"evidence"], "凭据.pdf")
        act(log, "matter/one", c.AcceptReceipt(), LIAISON, NOW)
        act(log, "matter/one", c.SubmitFeedback(text="进展", progress=10, attachments=(kept,)), LIAISON, NOW)
    said = there.here("backup", tmp_path / "乙.zip")
    assert (said.code, "没有设共用目录" in said.out, "XMH_STORE" in said.out) == (1, True, True)
    notices = {one["code"]: one["remedy"] for one in there.here("doctor", "--json").json["notices"]}
    assert "XMH_STORE" in notices["backup_lacks_files"]
    assert here.here("backup", tmp_path / "甲.zip").code == 0
    assert "backup_lacks_files" not in {one["code"] for one in there.here("doctor", "--json").json["notices"]}
