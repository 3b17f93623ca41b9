"""Words in what was recorded of matters, on either database."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import commands as c
from domain.base import Refusal
from domain.facts import Attachment
from eventlog import reading
from eventlog.blocks import BLOCK, filled_until
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.reading import Moment
from eventlog.verify import Token, verify
from eventlog.words import MOST_CHARACTERS, plain, word_rows, words_of
from tests.eventlog.sample import raw
from tests.eventlog.test_verify import unprotect
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
        ("報審", {FIRST}),
        ("ＢＩＭ平台", {SECOND}),
        ("５０％", {FIRST}),
        ("权\u200b属", {FIRST}),
        ("清", {FIRST}),
        ("权", {FIRST}),
        ("权不", set()),
        ("'", set()),
        ("*", set()),
        ("权属 OR 平台", set()),
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
    assert reading.streams_saying(log, words, reading.recorded_upto(position)) == streams


def test_the_index_finds_what_a_look_at_every_text_finds(log: Database) -> None:
    texts = {
        "matter/drawn1": "路權補償 标准后补偿标准",
        "matter/drawn2": "补偿偿标，准备",
        "matter/drawn3": "𠮷祥里 100% o'k",
    }
    for n, (stream, text) in enumerate(texts.items()):
        act(log, stream, opening(f"第{n}段"), OFFICE, TUESDAY)
        act(log, stream, c.AcceptReceipt(), LIAISON, TUESDAY)
        act(log, stream, c.SubmitFeedback(text=text), LIAISON, TUESDAY)
    newest, _ = reading.newest_event(log)
    words = {plain(t)[i : i + n] for t in texts.values() for n in (1, 2, 3) for i in range(len(t))}
    for filled in (False, True):
        while filled and filled_until(newest) < newest - len(texts) * 3:
            act(log, FIRST, c.SubmitFeedback(text="无新进展"), LIAISON, TUESDAY)
            newest += 1
        for word in words:
            if word.split() == [word] and not word.isascii():
                found = reading.streams_saying(log, word, reading.recorded_upto(newest)) & texts.keys()
                assert found == {stream for stream, text in texts.items() if word in plain(text)}, word
    assert verify(log).ok
    with log.reading() as transaction:
        assert transaction.all("SELECT count(*) FROM event_words") != [(0,)]


def test_a_sealed_text_an_id_and_a_day_are_no_words_and_a_title_always_is() -> None:
    payload = {"text": "sealed:v1:k1:AAAA", "unit": "gengxin", "due": "2022-03-07", "title": "p-1"}
    assert words_of(7, FIRST, json.dumps({**payload, "title": ""})) is None
    assert words_of(7, FIRST, json.dumps(payload)) == (7, FIRST, " 000700002d 0002d00031 00031 ")
    assert words_of(7, "notices/x", json.dumps(payload)) is None


@given(st.lists(st.text(st.sampled_from("权属a1 \n，𠮷\u200b") | st.characters())))
def test_a_row_has_each_character_with_the_next_and_the_last_of_a_piece_alone(texts: list[str]) -> None:
    payload = json.dumps({"points": [{"title": text} for text in texts]})
    pieces = plain("\n".join(texts)).split()
    pairs = [[f"{ord(a):05x}{ord(b):05x}" for a, b in pairwise(p)] + [f"{ord(p[-1]):05x}"] for p in pieces]
    expected = (7, FIRST, f" {' / '.join(map(' '.join, pairs))} ") if pieces else None
    assert words_of(7, FIRST, payload) == expected


@given(st.lists(st.text(st.sampled_from("权属a \n\u0301\uffff\U00100000") | st.characters(), max_size=9), max_size=5))
def test_rows_of_many_events_are_those_of_each(texts: list[str]) -> None:
    events = [(n, FIRST, json.dumps({"title": text})) for n, text in enumerate([*texts, "x" * MOST_CHARACTERS, "清"])]
    events.append((9, "notices/x", json.dumps({"title": "不在此列"})))
    for some in (events, events[: len(texts)], [*events[: len(texts)], events[-1]], [events[-1]]):
        assert word_rows(some) == [words_of(*event) for event in some]


def test_no_more_is_put_together_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [(n, FIRST, json.dumps({"title": "权属" * (n % 7)})) for n in range(40)]
    expected = [words_of(*event) for event in events]
    for most in (0, 60, 300):
        monkeypatch.setattr("eventlog.words._AT_ONCE", most)
        assert word_rows(events) == expected


def test_a_long_text_is_held_to_its_row_with_few_others(monkeypatch: pytest.MonkeyPatch, log: Database) -> None:
    monkeypatch.setattr("eventlog.word_check._MOST_CHARACTERS", 400)
    monkeypatch.setattr("eventlog.word_check._AT_ONCE", 3)
    while filled_until(position := reading.newest_event(log)[0]) == filled_until(position - 1) or position < BLOCK:
        act(log, FIRST, c.SubmitFeedback(text="无新进展" * (position % 90 + 1)), LIAISON, TUESDAY)
    assert verify(log).ok
    assert verify(log, stream=FIRST).ok
    harm = "UPDATE event_words SET pairs = 'x' WHERE rowid = {}"
    with log.writing() as transaction:
        transaction.commit([(harm.format(position), [()]), (harm.format(position - 1), [()])])
    for stream in (None, FIRST):
        assert [p.stream for p in verify(log, stream=stream).problems] == [FIRST, FIRST]


@pytest.mark.parametrize("payload", ["", "{", "[" * 100_000, '{"title":"\\ud800"}'])
def test_what_is_no_json_says_nothing_and_ends_no_walk(log: Database, payload: str) -> None:
    assert words_of(7, FIRST, payload) is None
    while filled_until(reading.newest_event(log)[0]) < BLOCK:
        act(log, FIRST, c.SubmitFeedback(text="无新进展"), LIAISON, TUESDAY)
    unprotect(log)
    raw(log, f"UPDATE events SET payload = '{payload}' WHERE stream = '{FIRST}' AND version = 4")
    tokens = {problem.token for problem in verify(log).problems}
    assert {Token.HASH_MISMATCH, Token.UNDECODABLE} <= tokens


def test_the_name_of_a_file_is_found(log: Database) -> None:
    scan = Attachment(name="权属证明.pdf", sha256="0" * 64, size=1)
    act(log, SECOND, c.SubmitFeedback(text="见附件", attachments=(scan,)), LIAISON, TUESDAY)
    position, _ = reading.newest_event(log)
    assert reading.streams_saying(log, "权属证明.pdf", reading.recorded_upto(position)) == {SECOND}


@pytest.mark.parametrize(
    ("harm", "stream"),
    [
        ("UPDATE event_words SET pairs = 'x' WHERE rowid = {}", FIRST),
        ("DELETE FROM event_words WHERE rowid = {}", FIRST),
        ("INSERT INTO event_words (rowid, stream, pairs) VALUES (4096, 'matter/x', 'x')", "matter/x"),
    ],
)
def test_words_that_are_not_those_of_the_events_are_named_and_a_rebuild_mends_them(
    log: Database, harm: str, stream: str
) -> None:
    while filled_until(position := reading.newest_event(log)[0]) == filled_until(position - 1) or position < BLOCK:
        act(log, FIRST, c.SubmitFeedback(text="无新进展"), LIAISON, TUESDAY)
    with log.writing() as transaction:
        transaction.commit([(harm.format(position), [()])])
    assert [p.stream for p in verify(log).problems] == [stream]
    rebuild_read_model(log)
    assert verify(log).ok


def test_an_index_that_lost_words_is_named_and_a_rebuild_mends_it(log: Database) -> None:
    if not log.url.startswith("sqlite:"):
        pytest.skip("PostgreSQL's index is no table anybody can write into")
    while filled_until(position := reading.newest_event(log)[0]) == filled_until(position - 1) or position < BLOCK:
        act(log, FIRST, c.SubmitFeedback(text="无新进展"), LIAISON, TUESDAY)
    with log.writing() as transaction:
        transaction.commit([("DELETE FROM event_words_data WHERE id > 10", [()])])
    assert ["索引与其内容不符" in problem.message for problem in verify(log).problems] == [True]
    rebuild_read_model(log)
    assert verify(log).ok


def test_what_is_too_long_to_be_looked_for_is_refused(log: Database) -> None:
    with pytest.raises(Refusal, match="太长（180000字），最多200字"):
        reading.streams_saying(log, "长" * 180_000, reading.recorded_upto(1))
    assert reading.streams_saying(log, "%" * 200, reading.recorded_upto(1)) == frozenset()


def test_what_was_said_later_was_not_said_then(log: Database) -> None:
    assert reading.streams_saying(log, "权属", reading.recorded_upto(reading.position_at(log, MONDAY))) == frozenset()


def test_what_was_entered_later_about_then_is_found_as_of_then_and_was_not_known_then(log: Database) -> None:
    act(log, FIRST, c.SubmitFeedback(text="无新进展"), LIAISON, TUESDAY + timedelta(days=9))
    act(log, SECOND, c.SubmitFeedback(text="桥台沉降"), LIAISON, TUESDAY)  # recorded after that, as the log goes on
    known = reading.position_at(log, TUESDAY)
    newest, _ = reading.newest_event(log)
    for as_of, streams in ((MONDAY, set()), (TUESDAY, {SECOND})):
        assert reading.streams_saying(log, "桥台沉降", Moment(known, as_of, newest)) == streams
    assert reading.streams_saying(log, "桥台沉降", Moment(known, TUESDAY)) == set()
