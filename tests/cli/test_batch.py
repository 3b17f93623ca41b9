"""`task batch`: one thing for many matters, tried first, with a result for each, on a real server."""

from datetime import timedelta
from pathlib import Path

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.office import office_today

SOON, LATER, LATEST = (office_today() + timedelta(days=days) for days in (30, 60, 90))
OPEN = ("task", "open", "--basis", "2022年工作计划", "--due")
TITLES = ("会展中心配套道路", "国际演艺中心选址", "片区海绵城市规划")


@pytest.fixture
def three(xmh: CommandLine, service: None, log: Database) -> list[str]:
    """Two led by one unit, the first of them accepted; the third without a lead."""
    del service, log
    leads = (("--lead", "gengxin"), ("--lead", "gengxin"), ())
    numbers = [
        xmh.json(*OPEN, SOON.isoformat(), "--title", title, *lead)["matter"]
        for title, lead in zip(TITLES, leads, strict=True)
    ]
    xmh.json("task", "accept", numbers[0], actor="li")
    return numbers


def heads(log: Database) -> dict[str, int]:
    return {s.stream: s.version for s in reading.matter_states(log)}


def test_what_is_tried_is_told_for_each_and_nothing_happens(xmh: CommandLine, three: list[str], log: Database) -> None:
    before = heads(log)
    tried = xmh.json("task", "batch", *three, "--urge", "--dry-run", code=3)
    assert [(t["matter"], t["would"], bool(t["refused"])) for t in tried] == [
        (three[0], ["催办"], False),
        (three[1], ["催办"], False),
        (three[2], [], True),
    ]
    assert "将对2件催办，1件不能" in xmh("task", "batch", *three, "--urge", "--dry-run").out
    assert heads(log) == before


def test_advice_stands_with_the_matter_it_is_about(xmh: CommandLine, three: list[str]) -> None:
    later = ("--due", LATER.isoformat(), "--reason", "管线迁改", "--by", "leader")
    replies = xmh.json("task", "batch", *three[:2], *later)
    assert ["文件" in reply["advice"][0] for reply in replies] == [True, True]


def test_each_has_its_result_and_the_first_refusal_is_the_exit_code(xmh: CommandLine, three: list[str]) -> None:
    said = xmh("task", "batch", *three, "--urge", "--json")
    assert said.code == 3
    assert [("error" in reply, reply["matter"]) for reply in said.json] == [
        (False, three[0]),
        (False, three[1]),
        (True, three[2]),
    ]
    assert all(any(change.startswith("催办 ") for change in reply["changed"]) for reply in said.json[:2])


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (("--urgency", "特急"), "紧急程度 平件→特急"),
        (("--due", LATER.isoformat(), "--reason", "管线迁改"), f"办结时限 {SOON}→{LATER}"),
    ],
)
def test_what_was_changed_is_said(xmh: CommandLine, three: list[str], options: tuple[str, ...], changed: str) -> None:
    for reply in xmh.json("task", "batch", *three[:2], *options):
        assert changed in reply["changed"]


def test_a_lead_is_given_to_those_without_and_taken_from_those_with_one(xmh: CommandLine, three: list[str]) -> None:
    replies = xmh.json("task", "batch", *three, "--lead", "zhujian", "--reason", "机构改革")
    assert [reply["stage"] for reply in replies] == ["assigned"] * 3
    assert {m["lead"] for m in xmh.json("task", "list")["matters"]} == {"zhujian"}


def test_a_supervisor_hands_all_of_his_over(xmh: CommandLine, three: list[str]) -> None:
    xmh.json("task", "list", "--supervisor", "office", "--lead", "gengxin", "--save", "我的")
    xmh.json("task", "batch", "--saved", "我的", "--supervisor", "office-2", "--reason", "轮岗")
    mine = xmh.json("task", "list", "--supervisor", "office-2")["matters"]
    assert [m["matter"] for m in mine] == three[:2]


def test_only_a_supervisor_is_given_matters_to_supervise(xmh: CommandLine, three: list[str]) -> None:
    del three
    said = xmh(*OPEN, SOON.isoformat(), "--title", "轨道站点接驳", "--supervisor", "audit")
    assert (said.code, said.error) == (3, "错误：周六（audit）不是督办员，不能督办事项")


def test_a_reminder_goes_out_once_a_day_and_is_no_urge(xmh: CommandLine, three: list[str]) -> None:
    xmh.json("task", "batch", *three[:2], "--remind")
    again = xmh("task", "batch", *three[:2], "--remind")
    assert again.code == 3
    assert "今天已提醒过" in again.out
    assert xmh.json("task", "show", three[0])["counts"]["urges"] == 0


def test_matters_are_read_from_a_sheet_each_once(xmh: CommandLine, three: list[str], tmp_path: Path) -> None:
    sheet = tmp_path / "名单.csv"
    sheet.write_text(f"事项,备注\n{three[0]},\n国际演艺,二\n{three[0]},又\n", encoding="utf-8")
    replies = xmh.json("task", "batch", "--from", sheet, "--urgency", "加急")
    assert [reply["matter"] for reply in replies] == three[:2]


def test_a_choice_that_fits_all_is_asked_about(xmh: CommandLine, three: list[str], log: Database) -> None:
    del three
    xmh.json("task", "list", "--open", "--save", "全部")
    before = heads(log)
    all_ = xmh("task", "batch", "--saved", "全部", "--urgency", "加急")
    assert (all_.code, "选出了全部3件在办事项" in all_.error) == (3, True)
    assert heads(log) == before
    assert len(xmh.json("task", "batch", "--saved", "全部", "--urgency", "加急", "--all")) == 3


WRONG: list[tuple[tuple[str, ...], int]] = [
    (("--urge",), 2),
    (("会展",), 2),
    (("会展", "--urge", "--remind"), 2),
    (("会展", "--lead", "zhujian"), 2),
    (("会展", "--supervisor", "office-2"), 2),
    (("会展", "--due", LATEST.isoformat()), 2),
    (("会展", "--urgency", "十万火急"), 2),
    (("会展", "--saved", "没存过", "--urge"), 2),
    (("--saved", "没存过", "--urge"), 4),
    (("--from", "没有这个文件.csv", "--urge"), 4),
    (("没有这件事", "--urge"), 4),
    (("会展", "--lead", "没有这个单位", "--reason", "x"), 4),
    (("会展", "--supervisor", "li", "--reason", "x"), 3),
    (("会展", "--supervisor", "audit", "--reason", "x", "--dry-run"), 3),
]


@pytest.mark.usefixtures("three")
def test_what_is_typed_wrong_is_one_line_and_records_nothing(xmh: CommandLine, log: Database) -> None:
    before = heads(log)
    for words, code in WRONG:
        said = xmh("task", "batch", *words)
        assert (said.code, said.error.strip().count("\n")) == (code, 0), said
    assert heads(log) == before


def test_a_unit_does_nothing_in_a_batch(xmh: CommandLine, three: list[str]) -> None:
    said = xmh("task", "batch", *three[:2], "--urge", actor="li")
    assert said.code == 3
    assert said.out.count("单位人员不能办理") == 2


def test_a_part_is_tried_by_the_limit_of_its_whole_too(xmh: CommandLine, three: list[str]) -> None:
    split = ("task", "split", three[0], "--part", "管线迁改;lead=gengxin")
    [part] = [reply["matter"] for reply in xmh.json(*split)]
    later = ("--due", LATER.isoformat(), "--reason", "管线迁改")
    [tried] = xmh.json("task", "batch", part, *later, "--dry-run", code=3)
    assert (tried["would"], "晚于上级事项" in tried["refused"]) == ([], True)
    [whole] = xmh.json("task", "batch", three[0], *later, "--dry-run")
    assert whole["refused"] is None


@pytest.mark.parametrize(
    "options",
    [
        ("--lead", "zhujian", "--reason", "机构改革"),
        ("--supervisor", "office-2", "--reason", "轮岗", "--secret"),
        ("--due", LATER.isoformat(), "--reason", "管线迁改"),
        ("--urgency", "特急"),
    ],
)
def test_a_batch_repeated_under_its_id_is_answered_again_and_done_once(
    xmh: CommandLine, three: list[str], log: Database, options: tuple[str, ...]
) -> None:
    """In another order too, and by a choice that leaves out what was done: an answer was lost, or one was refused."""
    sent = (*options, "--command-id", "batch-0001")
    first = xmh.json("task", "batch", *three, *sent)
    done = heads(log)
    again = xmh.json("task", "batch", *reversed(three), *sent)
    assert [reply["changed"] for reply in reversed(again)] == [reply["changed"] for reply in first]
    assert xmh.json("task", "batch", three[1], *sent)[0]["matter"] == three[1]
    assert heads(log) == done


def test_an_id_of_a_batch_is_not_used_for_another_one(xmh: CommandLine, three: list[str], log: Database) -> None:
    xmh.json("task", "batch", *three, "--urgency", "特急", "--command-id", "batch-0001")
    done = heads(log)
    said = xmh("task", "batch", *three, "--urgency", "加急", "--command-id", "batch-0001", "--json")
    assert [reply["error"]["code"] for reply in said.json] == ["command_id_reused"] * 3
    assert heads(log) == done


def test_a_choice_of_ones_own_stays_ones_own_in_a_batch(xmh: CommandLine, three: list[str]) -> None:
    xmh.json("task", "follow", three[0])
    xmh.json("task", "list", "--following", "--save", "关注")
    assert [m["matter"] for m in xmh.json("task", "batch", "--saved", "关注", "--urgency", "加急")] == three[:1]
    xmh.json("task", "list", "--mine", "--urgency", "平件", "--save", "我的", actor="office-2")
    nothing = xmh.json("task", "batch", "--saved", "我的", "--urgency", "特急", actor="office-2")
    assert nothing == []
