"""Two headquarters are two logs: neither is read or written as the other, and no writer waits for the other's."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from documents.filing.cabinet import papers_on_disk
from domain.envelope import SYSTEM, NumberSeries
from domain.headquarters import FIRST_HEADQUARTERS
from domain.ids import OfficeStream
from domain.log import Appended
from domain.meetings.events import minutes_number
from domain.meetings.numbers import minutes_numbers_held
from domain.papers import paper_series
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import ForeignLog
from eventlog.migrate import migrate
from eventlog.postgres import WRITER_LOCK, lock_of
from eventlog.verify import verify
from settings import Settings
from tests.eventlog.sample import NOON, Asker, SampleNoted, SampleOpened
from tests.support.clock import open_log

LONG = 5.0
"""Well above what an append takes, well below what a writer waits for another."""


@dataclass(frozen=True)
class Two:
    """The logs of XMH and of FT in one installation."""

    first: Database
    other: Database


def settings(home: Path, url: str, code: str) -> Settings:
    made = Settings(home=home, database_url=url, headquarters=code)
    made.home.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'events.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def two(url: str, tmp_path: Path) -> Iterator[Two]:
    each = [settings(tmp_path, url, code) for code in (FIRST_HEADQUARTERS, "FT")]
    for one in each:
        migrate(one.database)
    with open_log(each[0].database) as first, open_log(each[1].database, "FT") as other:
        yield Two(first, other)


def test_each_has_its_own_events_numbers_and_streams(two: Two) -> None:
    for log in (two.first, two.other):
        Asker(log).open("same", notes=1)
    for log, code in ((two.first, "XMH"), (two.other, "FT")):
        events = reading.read_all(log)
        assert {e.headquarters for e in events} == {code}
        assert [e.position for e in events] == [1, 2]
        assert '"number":"S-2022-001"' in events[0].payload, "each series begins at one"
        assert verify(log).ok
    assert two.first.own(OfficeStream.CALENDAR) == "calendar/XMH"
    assert two.other.own(OfficeStream.CALENDAR) == "calendar/FT"
    assert two.first.log() != two.other.log()


def test_a_number_bears_the_name_of_the_headquarters_whose_log_gives_it(two: Two) -> None:
    named = NumberSeries(series="sample/2022", field="number", template="{headquarters}-{n}")
    for log, number in ((two.first, "XMH-1"), (two.other, "FT-1")):
        asker = Asker(log)
        request = asker.request("sample/a", SampleOpened(title="香蜜公园"))
        drafts = tuple(draft.model_copy(update={"number": named}) for draft in request.drafts)
        answer = asker.ask(request.model_copy(update={"drafts": drafts}))
        assert isinstance(answer, Appended), answer
        assert f'"number":"{number}"' in answer.events[0].payload


def test_what_lies_where_another_was_meant_is_refused_in_one_line_and_left_as_it_is(two: Two) -> None:
    Asker(two.other).open("a")
    asks: list[Callable[[Database], object]] = [reading.read_all, verify, lambda log: Asker(log).open("b")]
    for ask in asks:
        with open_log(two.other.url) as meant, pytest.raises(ForeignLog, match="FT 的，不是 XMH 的") as refused:
            ask(meant)
        assert "\n" not in refused.value.message
    assert len(reading.read_all(two.other)) == 1


def test_a_writer_of_one_holds_up_no_other(two: Two) -> None:
    for log in (two.first, two.other):
        Asker(log).open("a")
    with two.other.writing():
        began = time.monotonic()
        Asker(two.first).write("sample/a", SampleNoted(text="x"), actor=SYSTEM, at=NOON)
        assert time.monotonic() - began < LONG


def test_the_first_schema_keeps_the_lock_of_builds_before() -> None:
    assert lock_of(WRITER_LOCK, "public") == WRITER_LOCK
    others = {lock_of(WRITER_LOCK, f"xmh_{code}") for code in ("ft", "ns", "ly")}
    assert len(others | {WRITER_LOCK}) == 4


def test_a_schema_that_could_not_be_filled_is_not_left_behind_half_made(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = settings(tmp_path, postgres_url, "FT")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr("eventlog.migrations.run.fold_read_model", killed)
        migrate(other.database)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'xmh%'").fetchone() == (0,)
    migrate(other.database)
    with open_log(other.database, "FT") as log:
        assert len(Asker(log).open("a")) > 0


def test_the_worker_of_the_first_may_append_to_the_others_and_no_more(postgres_url: str, tmp_path: Path) -> None:
    migrate(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS hand")
        connection.execute("CREATE ROLE hand LOGIN")
        connection.execute("GRANT INSERT ON events TO hand")
        migrate(settings(tmp_path, postgres_url, "FT").database)
        rows = connection.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants "
            "WHERE table_schema = 'xmh_ft' AND table_name = 'events' AND grantee = 'hand' ORDER BY 1"
        ).fetchall()
        assert rows == [("INSERT",), ("SELECT",)]
        assert connection.execute("SELECT has_schema_privilege('hand', 'xmh_ft', 'USAGE')").fetchone() == (True,)
        connection.execute("DROP OWNED BY hand")
        connection.execute("DROP ROLE hand")


def test_papers_and_minutes_bear_their_own_headquarters_name_and_the_firsts_keeps_its() -> None:
    paper, minutes = paper_series(letter=False, year=2026), minutes_number(2026)
    assert [one.render(3) for one in (paper, minutes)] == ["香指办督〔2026〕3号", "香指纪〔2026〕3号"]
    assert [one.render(3, "FT") for one in (paper, minutes)] == ["FT指办督〔2026〕3号", "FT指纪〔2026〕3号"]
    assert (paper.series, minutes.series) == ("paper/香指办督/2026", "minutes/2026"), "as in the logs there are"
    for code in (FIRST_HEADQUARTERS, "FT"):
        assert minutes_numbers_held(minutes.render(3, code)) == {"minutes/2026": 3}


def test_the_cabinet_knows_the_numbers_of_any_headquarters(tmp_path: Path) -> None:
    for folder, name in (("督办公文", "FT指办督〔2026〕7号.docx"), ("会议纪要", "FT指纪〔2026〕2号.docx")):
        (tmp_path / "documents" / folder).mkdir(parents=True)
        (tmp_path / "documents" / folder / name).touch()
    assert papers_on_disk(tmp_path) == {"paper/香指办督/2026": 7, "minutes/2026": 2}
