"""Words in what was recorded of matters, on either database."""

from collections.abc import Iterator

import pytest

from domain import commands as c
from domain.base import Refusal
from eventlog import reading
from eventlog.database import Database
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, founded, opening

MONDAY, TUESDAY = at("2022-03-07"), at("2022-03-08")
FIRST, SECOND = "matter/first", "matter/second"


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        for stream, title in ((FIRST, "会展中心配套道路"), (SECOND, "片区BIM平台")):
            act(database, stream, opening(title), OFFICE, MONDAY)
            act(database, stream, c.AcceptReceipt(), LIAISON, MONDAY)
        said = c.SubmitFeedback(text='完成"路由_方案"比选，占用绿地50%以内\n报审', problem="管线权属不清")
        act(database, FIRST, said, LIAISON, TUESDAY)
        yield database


@pytest.mark.parametrize(
    ("words", "streams"),
    [
        ("权属", {FIRST}),
        ("权属 绿地", {FIRST}),
        ("权属 平台", set()),
        ("50%以内", {FIRST}),
        ("5_%", set()),
        ("路由_方案", {FIRST}),
        ("路由x方案", set()),
        ('"路由', {FIRST}),
        ("bim平台", {SECOND}),
        ("BIM", {SECOND}),
        ("feedback", set()),
        ("progress", set()),
        ("gengxin", set()),
        ("2022-W10", set()),
        ("03-07", set()),
        ("matter/", set()),
        ("office", set()),
        ("~", set()),
        ("", set()),
    ],
)
def test_words_are_found_as_they_are_said_and_nothing_else(log: Database, words: str, streams: set[str]) -> None:
    position, _ = reading.newest_event(log)
    assert reading.streams_saying(log, words, position) == streams


def test_what_is_too_long_to_be_looked_for_is_refused(log: Database) -> None:
    with pytest.raises(Refusal, match="太长（180000字），最多200字"):
        reading.streams_saying(log, "长" * 180_000, 1)
    assert reading.streams_saying(log, "%" * 200, 1) == frozenset()


def test_what_was_said_later_was_not_said_then(log: Database) -> None:
    assert reading.streams_saying(log, "权属", reading.position_at(log, MONDAY)) == frozenset()
