"""合并、前置、关注 on the command line, on a real server."""

from datetime import timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today, types

SOON, LATER = (office_today() + timedelta(days=days) for days in (60, 90))
OPEN = ("task", "open", "--basis", "2022年工作计划", "--lead", "gengxin")


@pytest.fixture
def twins(xmh: CommandLine, service: None, log: Database) -> tuple[str, str]:
    """Two matters; the second ends later and has a point."""
    del service, log
    first = xmh.json(*OPEN, "--title", "会展中心配套道路", "--due", SOON.isoformat())["matter"]
    point = ("--point", "完成管线迁改")
    second = xmh.json(*OPEN, "--title", "会展周边路网", "--due", LATER.isoformat(), *point)["matter"]
    return first, second


def test_a_merged_twin_shows_where_it_goes_on_and_the_other_what_came_to_it(
    xmh: CommandLine, twins: tuple[str, str]
) -> None:
    first, second = twins
    reply = xmh.json("task", "merge", second, "--into", first, "--reason", "同一条路")
    assert (reply["matter"], reply["stage"], reply["into"]) == (second, "cancelled", first)
    assert reply["light_reason"] == f"灰:已并入 {first}"
    assert any("完成管线迁改" in note for note in reply["notes"])
    assert xmh.json("task", "show", second)["merged_into"] == first
    [merged] = xmh.json("task", "show", first)["merged"]
    assert (merged["matter"], merged["bases"][0]["text"]) == (second, "2022年工作计划")
    assert f"并入本事项：{second} 会展周边路网（依据：" in xmh("task", "show", first).out
    assert f"目前已并入 {first}" in xmh("ask", second).out
    again = xmh("task", "merge", second, "--into", first, "--reason", "再并一次")
    assert again.code == 3


WRONG: list[tuple[tuple[str, ...], int]] = [
    (("merge", "会展中心配套道路", "--into", "会展中心配套道路", "--reason", "x"), 2),
    (("merge", "会展中心配套道路", "--reason", "x"), 2),
    (("merge", "会展中心配套道路", "--into", "会展周边路网"), 2),
    (("merge", "会展中心配套道路", "--into", "没有这件事", "--reason", "x"), 4),
    (("merge", "会展", "--into", "会展周边路网", "--reason", "x"), 2),
    (("merge", "会展中心配套道路", "--into", "会展周边路网", "--reason", "x", "--paper", "文"), 2),
    (("wait", "会展中心配套道路"), 2),
    (("wait", "会展中心配套道路", "--for", "会展周边路网", "--drop", "会展周边路网"), 2),
    (("wait", "会展中心配套道路", "--for", "会展中心配套道路"), 2),
    (("wait", "会展中心配套道路", "--drop", "会展周边路网", "--reason", "x"), 4),
    (("wait", "会展中心配套道路", "--drop", "会展周边路网"), 2),
    (("follow", "没有这件事"), 4),
]


@pytest.mark.usefixtures("twins")
def test_what_is_typed_wrong_is_one_line_and_records_nothing(xmh: CommandLine, log: Database) -> None:
    before = [types(log, s.stream) for s in _matters(log)]
    for words, code in WRONG:
        said = xmh("task", *words)
        assert (said.code, said.error.strip().count("\n")) == (code, 0), said
    assert [types(log, s.stream) for s in _matters(log)] == before


def test_a_unit_merges_nothing(xmh: CommandLine, twins: tuple[str, str]) -> None:
    said = xmh("task", "merge", twins[1], "--into", twins[0], "--reason", "同一条路", actor="li")
    assert said.code == 3
    assert "须由办公室或领导决定" in said.error


def test_what_waits_for_a_later_matter_is_named_in_show_and_today(xmh: CommandLine, twins: tuple[str, str]) -> None:
    first, second = twins
    xmh.json("task", "wait", first, "--for", second)
    [earlier] = xmh.json("task", "show", first)["waits_for"]
    danger = f"前置事项 {second} 的时限 {LATER} 晚于本事项时限 {SOON}"
    assert (earlier["matter"], earlier["endangers"]) == (second, danger)
    [later] = xmh.json("task", "show", second)["awaited_by"]
    assert (later["matter"], later["endangered"]) == (first, danger)
    assert [(m["matter"], m["what"]) for m in xmh.json("today")["endangered"]] == [(first, danger)]
    assert "前置事项拖期（1）" in xmh("today").out
    xmh.json("task", "wait", first, "--drop", second, "--reason", "改为同步施工")
    assert xmh.json("today")["endangered"] == []


def test_who_follows_sees_it_in_his_own_today(xmh: CommandLine, twins: tuple[str, str]) -> None:
    first, second = twins
    xmh.json("task", "follow", first, second)
    assert [m["matter"] for m in xmh.json("today")["following"]] == [first, second]
    assert xmh.json("today", actor="li")["following"] == []
    xmh.json("task", "follow", first, "--stop")
    assert [m["matter"] for m in xmh.json("task", "list", "--following")["matters"]] == [second]


def test_a_merged_twin_tells_its_open_points_as_its_reader_may_see_them(
    xmh: CommandLine, twins: tuple[str, str]
) -> None:
    first, second = twins
    xmh.json("task", "point", "add", second, "征拆底价已定", "--secret")
    reply = xmh.json("task", "merge", second, "--into", first, "--reason", "同一条路", "--secret")
    assert f"{second} 有2个要点未完成：完成管线迁改；征拆底价已定" in reply["notes"]


def test_who_waited_for_what_was_merged_into_it_waits_no_more(xmh: CommandLine, twins: tuple[str, str]) -> None:
    first, second = twins
    xmh.json("task", "wait", first, "--for", second)
    xmh.json("task", "merge", second, "--into", first, "--reason", "同一条路")
    assert xmh.json("today")["endangered"] == []
    [earlier] = xmh.json("task", "show", first)["waits_for"]
    assert earlier["endangers"] is None
    xmh.json("task", "reopen", second, "--reason", "不是一条路", "--due", LATER.isoformat())
    assert [m["matter"] for m in xmh.json("today")["endangered"]] == [first]


def test_what_was_merged_twice_is_waited_for_where_it_went(xmh: CommandLine, twins: tuple[str, str]) -> None:
    first, second = twins
    third, waiting = (
        xmh.json(*OPEN, "--title", title, "--due", SOON.isoformat())["matter"] for title in ("环湖路北段", "沿路绿化")
    )
    xmh.json("task", "wait", waiting, "--for", second)
    for twin, into in ((second, third), (third, first)):
        xmh.json("task", "merge", twin, "--into", into, "--reason", "同一条路")
    assert xmh.json("today")["endangered"] == [], "it goes on in time under the number it has now"
    assert [m["matter"] for m in xmh.json("task", "show", first)["awaited_by"]] == [waiting]
    xmh.json("task", "accept", first, actor="li")
    xmh.json("task", "suspend", first, "--reason", "不可抗力", "--until", SOON.isoformat())
    [late] = xmh.json("today")["endangered"]
    assert late["what"] == f"前置事项 {second} 已并入 {first}：前置事项 {first} 暂缓办理"


def test_a_part_merged_into_its_whole_is_listed_once(xmh: CommandLine, twins: tuple[str, str]) -> None:
    first, _ = twins
    part = xmh.json(*OPEN, "--title", "环湖路路灯", "--due", SOON.isoformat(), "--parent", first)["matter"]
    xmh.json("task", "merge", part, "--into", first, "--reason", "一并办理")
    shown = xmh.json("task", "show", first)
    assert ([m["matter"] for m in shown["merged"]], shown["children"]) == ([part], [])


def test_who_would_merge_into_what_was_merged_hears_where_it_went(xmh: CommandLine, twins: tuple[str, str]) -> None:
    first, second = twins
    third = xmh.json(*OPEN, "--title", "片区支路", "--due", SOON.isoformat())["matter"]
    xmh.json("task", "merge", second, "--into", first, "--reason", "同一条路")
    refused = xmh("task", "merge", third, "--into", second, "--reason", "同一条路")
    assert refused.error == f"错误：{second} 已并入 {first}，不能并入；请并入仍在办理的事项"


def test_a_merge_repeated_under_its_id_is_answered_again_though_the_twins_limit_moved(
    xmh: CommandLine, twins: tuple[str, str]
) -> None:
    first, second = twins
    merge = ("task", "merge", second, "--into", first, "--reason", "同一条路", "--command-id", "merge-0001")
    version = xmh.json(*merge)["version"]
    xmh.json("task", "batch", first, "--due", LATER.isoformat(), "--reason", "雨季")
    assert xmh.json(*merge)["version"] == version


def _matters(log: Database) -> tuple[reading.StreamState, ...]:

    return reading.matter_states(log)
