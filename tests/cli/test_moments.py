"""A moment asked for is one position of the log for every reader; days of the past are past, and echoed."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.moments import began_on
from domain import commands as c
from domain.calendar import local_date
from domain.queries.spoken import spoken_moment, spoken_past_date
from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, opening

NOVEMBER = date(2026, 11, 28)
STREAM = "matter/first"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("7月29日", date(2026, 7, 29)),
        ("12月1日", date(2025, 12, 1)),
        ("11月28日", NOVEMBER),
        ("2月29日", date(2024, 2, 29)),
        ("周日", date(2026, 11, 22)),
        ("周六", NOVEMBER),
        ("上周五", date(2026, 11, 20)),
        ("昨天", date(2026, 11, 27)),
        ("2027-01-01", date(2027, 1, 1)),
    ],
)
def test_a_day_of_the_past_is_the_last_such_day(said: str, meant: date) -> None:
    assert spoken_past_date(said, NOVEMBER) == meant


def test_a_moment_of_the_past_likewise() -> None:
    assert spoken_moment("12月1日 9:30", NOVEMBER, past=True)[0] == date(2025, 12, 1)
    assert spoken_moment("12月1日 9:30", NOVEMBER)[0] == date(2026, 12, 1)


def test_today_before_the_office_opens_is_now_and_not_yet_to_come() -> None:
    day = date(2026, 11, 28)
    early, late = at("2026-11-28", "05:26"), at("2026-11-28", "16:00")
    assert began_on(day, early) == early
    assert began_on(day, late) == at("2026-11-28", "09:00")
    assert began_on(day - timedelta(days=1), early) == at("2026-11-27", "09:00")


@pytest.fixture
def handled(log: Database) -> Database:
    """A matter opened, accepted and reported on, on three days."""
    act(log, STREAM, opening(), OFFICE, at("2022-03-07"))
    act(log, STREAM, c.AcceptReceipt(), LIAISON, at("2022-03-08"))
    act(
        log,
        STREAM,
        c.SubmitFeedback(text="主体施工至三层", progress=30, problem="两处权属争议未决"),
        LIAISON,
        at("2022-03-09"),
    )
    act(
        log,
        STREAM,
        c.SubmitFeedback(text="主体施工至四层", progress=40, problem="塔吊未到货"),
        LIAISON,
        at("2022-03-10"),
    )
    return log


def _versions(xmh: CommandLine, day: str, out: Path) -> set[int]:
    """At which version list, show, replay, explain, the table and a briefing see the matter as of a day."""
    listed = xmh.json("task", "list", "--as-of", day)["matters"]
    shown = xmh.json("task", "show", "1", "--as-of", day)
    replayed = xmh.json("audit", "replay", "1", "--as-of", day)
    explained = xmh.json("audit", "explain", "1", "--as-of", day)
    table = xmh.json("plan", "table", "--as-of", day, "-o", out)
    events = reading.read_stream(Database(f"sqlite:///{xmh.home / 'events.db'}"), STREAM)
    in_table = sum(e.position <= table["position"] for e in events)
    briefing = xmh.json("briefing", "draft", "--from", "2022-03-07", "--to", day)
    in_briefing = sum(e.position <= briefing["position"] for e in events)
    assert len(shown["timeline"]) == shown["version"]
    lists = xmh.json("briefing", "annex", briefing["draft"])["markdown"]
    assert "权属争议" in lists
    assert "塔吊" not in lists + briefing["markdown"]
    return {listed[0]["version"], shown["version"], replayed["version"], explained["version"], in_table, in_briefing}


def test_every_reader_of_a_moment_sees_the_same_part_of_the_log(
    xmh: CommandLine, handled: Database, tmp_path: Path
) -> None:
    everything = reading.read_stream(handled, STREAM)
    assert _versions(xmh, "2022-03-09", tmp_path / "表.xlsx") == {len(everything) - 1}


def test_a_briefing_of_a_past_period_tells_what_was_known_then_and_nothing_later(
    xmh: CommandLine, handled: Database
) -> None:
    position = reading.read_stream(handled, STREAM)[-2].position
    draft = xmh.json("briefing", "draft", "--from", "2022-03-07", "--to", "2022-03-09")
    assert draft["position"] == position
    assert "权属争议" in xmh.json("briefing", "annex", draft["draft"])["markdown"]
    assert "塔吊" not in draft["markdown"]
    assert xmh.json("task", "list", "--as-of", "2022-03-09")["as_of"] == draft["as_of"]


def test_also_where_a_clock_was_once_a_month_fast(xmh: CommandLine, handled: Database, tmp_path: Path) -> None:
    """Only a log of an older build can hold this: an event says April, the later ones March again."""
    handled.close()
    with sqlite3.connect(xmh.home / "events.db") as raw:
        raw.execute("DROP TRIGGER events_no_update")
        month = int(timedelta(days=30).total_seconds() * 1e6)
        raw.execute(
            f"UPDATE events SET recorded_at = recorded_at + {month} WHERE stream = ? AND version = 3", (STREAM,)
        )
    assert len(_versions(xmh, "2022-03-09", tmp_path / "表.xlsx")) == 1


def test_what_is_asked_without_a_year_is_echoed_and_never_in_the_future(xmh: CommandLine, handled: Database) -> None:
    del handled
    soon = local_date(datetime.now(UTC)) + timedelta(days=40)
    said = f"{soon.month}月{soon.day}日"
    last = spoken_past_date(said, local_date(datetime.now(UTC)))
    assert last < soon
    heard = xmh("task", "list", "--as-of", said)
    assert heard.code == 0
    assert f"“{said}”即 {last}" in heard.err
    document: Any = xmh.json("task", "list", "--as-of", said)
    assert document["understood"] == {said: last.isoformat()}
    future = xmh("task", "list", "--as-of", soon.isoformat())
    assert future.code == 2
    assert "还没有到" in future.error
    assert "understood" not in xmh.json("task", "list", "--as-of", "2022-03-09")


def test_what_happened_has_happened(xmh: CommandLine, handled: Database) -> None:
    del handled
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    told = xmh("task", "report", "1", "--text", "测绘完成", "--occurred", tomorrow, actor="li")
    assert told.code == 2
    assert "还没有到" in told.error


def test_doctor_names_a_log_that_is_ahead_of_the_clock(xmh: CommandLine, log: Database) -> None:
    act(log, STREAM, opening(due=date(2099, 6, 30)), OFFICE, datetime.now(UTC) + timedelta(days=30))
    found = {p["code"]: p["message"] for p in xmh.json("doctor", code=1)["problems"]}
    assert "29天" in found["log_ahead_of_clock"]


# --- two axes


@pytest.fixture
def backdated(log: Database) -> Database:
    """A report of 9 March that was typed in on 15 March."""
    act(log, STREAM, opening(), OFFICE, at("2022-03-07"))
    act(log, STREAM, c.AcceptReceipt(), LIAISON, at("2022-03-08"))
    late = c.SubmitFeedback(text="主体施工至三层", progress=30, occurred_at=at("2022-03-09"))
    act(log, STREAM, late, LIAISON, at("2022-03-15"))
    return log


def test_a_report_entered_later_is_seen_as_of_its_day_and_was_not_known_on_it(
    xmh: CommandLine, backdated: Database, tmp_path: Path
) -> None:
    del backdated
    seen: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for when in (("--as-of", "2022-03-10"), ("--known-at", "2022-03-10")):
        table = xmh.json("plan", "table", *when, "-o", tmp_path / f"{when[0]}.xlsx")
        seen[when] = (
            xmh.json("task", "list", *when)["matters"][0]["progress"],
            xmh.json("task", "show", "1", *when)["progress"],
            xmh.json("audit", "replay", "1", *when)["state"]["progress"],
            len(table["changes"]),
        )
        assert xmh.json("audit", "explain", "1", *when)["light"]
        told = xmh("audit", "replay", "1", "--step", *when).out
        assert ("2022-03-15 10:00 补录" in told) == (when[0] == "--as-of")
    assert list(seen.values()) == [(30, 30, 30, 2), (0, 0, 0, 1)]
    both = ("--as-of", "2022-03-10", "--known-at", "2022-03-14")
    assert xmh.json("task", "show", "1", *both)["progress"] == 0
    both = ("--as-of", "2022-03-10", "--known-at", "2022-03-15")
    assert xmh.json("task", "show", "1", *both)["progress"] == 30


def test_the_table_known_at_a_day_is_the_same_bytes_whatever_is_entered_later(
    xmh: CommandLine, backdated: Database, tmp_path: Path
) -> None:
    def made(name: str) -> str:
        table: dict[str, str] = xmh.json("plan", "table", "--known-at", "2022-03-16", "-o", tmp_path / name)
        return table["sha256"]

    first = made("一.xlsx")
    more = c.SubmitFeedback(text="至四层", progress=40, occurred_at=at("2022-03-16"))
    act(backdated, STREAM, more, LIAISON, at("2022-03-20"))
    assert made("二.xlsx") == first
    table = xmh.json("plan", "table", "--as-of", "2022-03-16", "-o", tmp_path / "三.xlsx")
    assert table["sha256"] != first


def test_a_version_and_a_moment_are_one_too_many(xmh: CommandLine, backdated: Database) -> None:
    del backdated
    said = xmh("audit", "replay", "1", "--known-at", "2022-03-10", "--version", "1")
    assert (said.code, "--known-at 与 --version 二者取一" in said.error) == (2, True)
    said = xmh("audit", "replay", "1", "--known-at", "2022-03-01")
    assert (said.code, "2022-03-01 时还没有这个事项" in said.error) == (4, True)
