"""A matter that is open already is not opened again, whoever asks, by whatever way and however fast."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from domain import commands as c
from domain.base import Refusal
from eventlog.database import Database
from eventlog.duplicates import open_titles
from eventlog.migrate import migrate
from eventlog.notices import newest_untold_position
from eventlog.projections import rebuild_read_model
from eventlog.schema import REVISIONS
from eventlog.verify import verify
from tests.eventlog.earlier import back_to_0007
from tests.eventlog.sample import raw
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import ASSIST, OFFICE, SECOND, founded, matter, opening

MONDAY = at("2022-03-07")


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        yield database


def opened(log: Database, name: str, title: str = "推进一期主体施工", **more: Any) -> str:
    stream = f"matter/{name}"
    act(log, stream, opening(title, **more), OFFICE, MONDAY)
    return stream


def test_the_second_opening_is_refused_with_a_pointer_to_the_first(log: Database) -> None:
    opened(log, "a")
    with pytest.raises(Refusal, match="duplicate") as refused:
        opened(log, "b", "加快 一期主体施工")
    assert "XMH-2022-001" in refused.value.message
    assert "--duplicate-reason" in refused.value.message
    opened(log, "c", "推进二期主体施工")
    assert matter(log, "matter/c").number == "XMH-2022-002", "the refused one burnt no number"
    assert verify(log).ok


def test_another_lead_or_an_ended_matter_is_no_duplicate(log: Database) -> None:
    first = opened(log, "a")
    opened(log, "b", lead=ASSIST)
    opened(log, "c", lead=None)
    with pytest.raises(Refusal):
        opened(log, "d", lead=None)
    act(log, first, c.CancelMatter(reason="并入他项"), SECOND, MONDAY)
    opened(log, "e")


def test_a_reason_opens_it_all_the_same_and_is_kept(log: Database) -> None:
    opened(log, "a")
    stream = opened(log, "b", duplicate_reason="第二标段另行考核")
    [event, *_] = _events(log, stream)
    assert "第二标段另行考核" in event


def test_of_two_who_open_at_once_under_different_keys_one_is_refused(log: Database) -> None:
    """Without the check inside the transaction both see an empty list, and both open."""
    for round_ in range(10):
        said: list[str] = []
        gate = threading.Barrier(4)

        def race(
            name: str, said: list[str] = said, gate: threading.Barrier = gate, title: str = f"第{round_}轮主体施工"
        ) -> None:
            gate.wait()
            for _ in range(50):
                try:
                    opened(log, name, title)
                except Refusal as refusal:
                    if "behind" in refusal.message:
                        continue
                    said.append("duplicate" if "重复" in refusal.message else refusal.message)
                else:
                    said.append("opened")
                return

        threads = [threading.Thread(target=race, args=(f"{round_}-{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == ["duplicate", "duplicate", "duplicate", "opened"]
    assert len(open_titles(log)) == 10


def test_the_keys_follow_from_the_events(log: Database) -> None:
    opened(log, "a")
    before = open_titles(log)
    rebuild_read_model(log)
    assert open_titles(log) == before
    assert verify(log).ok


def test_a_log_from_before_knows_its_open_matters_and_announces_nothing_of_the_past(log: Database) -> None:
    opened(log, "a")
    before = REVISIONS[REVISIONS.index("0003") - 1]
    raw(
        log,
        *back_to_0007(log),
        "DROP TABLE refusals",
        "DROP INDEX matters_parent",
        "ALTER TABLE matters DROP COLUMN parent",
        "ALTER TABLE people DROP COLUMN secretary",
        "DROP TABLE notices",
        "DROP INDEX matters_title_key",
        "ALTER TABLE matters DROP COLUMN title_key",
        "DROP INDEX outbox_untold",
        f"UPDATE alembic_version SET version_num = '{before}'",
    )
    log.close()
    assert migrate(log.url)
    with open_log(log.url) as lifted:
        assert verify(lifted).ok
        assert newest_untold_position(lifted) == 0
        with pytest.raises(Refusal, match="XMH-2022-001"):
            opened(lifted, "b")
        opened(lifted, "c", "另一件")
        assert newest_untold_position(lifted) > 0


def _events(log: Database, stream: str) -> list[str]:
    from eventlog.reading import read_stream

    return [event.payload for event in read_stream(log, stream)]
