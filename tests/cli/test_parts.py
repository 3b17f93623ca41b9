"""任务分解 on the command line: parts opened, shown as a tree, closed in order."""

from datetime import UTC, datetime, timedelta

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.history import opened_before_bounds
from tests.support.office import LIST, OFFICE, office_today, opening

DUE, SOONER, LATER = (office_today() + timedelta(days=days) for days in (60, 30, 90))
OPEN = ("task", "open", "--due", DUE.isoformat(), "--basis", "2022年工作计划", "--lead", "gengxin")


@pytest.fixture
def whole(xmh: CommandLine, service: None, log: Database) -> str:
    """A matter that was accepted."""
    del service, log
    matter: str = xmh.json(*OPEN, "--title", "金融文化中心建设")["matter"]
    xmh.json("task", "accept", matter, actor="li")
    return matter


def test_a_part_takes_basis_and_limit_of_its_whole_and_says_whose_it_is(xmh: CommandLine, whole: str) -> None:
    part = xmh.json("task", "open", "--title", "施工图设计", "--parent", whole, "--weight", "3", "--lead", "gengxin")
    assert part["due"] == DUE.isoformat()
    shown = xmh.json("task", "show", part["matter"])
    assert shown["basis"]["text"] == "2022年工作计划"
    assert shown["parent"] == {"matter": whole, "title": "金融文化中心建设", "due": DUE.isoformat(), "weight": 3}
    assert f"分解自 {whole}" in shown["timeline"][0]["text"]
    assert f"上级：{whole} 金融文化中心建设（时限 {DUE}，权重3）" in xmh("task", "show", part["matter"]).out


def test_a_part_beyond_its_whole_is_exit_3_in_one_line(xmh: CommandLine, whole: str, log: Database) -> None:
    late = ("task", "open", "--title", "桩基", "--parent", whole, "--due", LATER.isoformat())
    said = xmh(*late)
    assert said.code == 3
    assert f"时限 {LATER} 晚于上级事项 {whole}" in said.error
    assert said.error.strip().count("\n") == 0
    assert xmh.json(*late, code=3)["error"]["code"] == "beyond_parent"
    assert len(reading.matter_states(log)) == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--parent", "没有这件事"), 4),
        (("--weight", "2"), 2),
        (("--parent", "金融", "--weight", "0"), 2),
        (("--parent", "金融", "--weight", "三"), 2),
    ],
)
@pytest.mark.usefixtures("whole")
def test_what_names_no_whole_is_malformed(xmh: CommandLine, options: tuple[str, ...], code: int) -> None:
    assert xmh(*OPEN, "--title", "桩基", *options).code == code


def test_a_split_opens_all_at_once_and_a_second_time_nothing(xmh: CommandLine, whole: str, log: Database) -> None:
    command = (
        *("task", "split", whole, "--part", f"土石方；lead=区城市更新和土地整备局；due={SOONER}；weight=3"),
        *("--part", "桩基;lead=zhujian"),
    )
    first = xmh.json(*command)
    assert [reply["stage"] for reply in first] == ["assigned", "assigned"]
    position = [s.version for s in reading.matter_states(log)]
    assert [reply["matter"] for reply in xmh.json(*command)] == [reply["matter"] for reply in first]
    assert [s.version for s in reading.matter_states(log)] == position
    assert xmh("task", "split", whole, "--part", "甲;领导=乙").code == 2
    assert xmh("task", "split", whole, "--part", "甲;weight=0").code == 2
    assert xmh("task", "split", whole, "--part", "甲", "--part", "推进甲").code == 2
    assert xmh("task", "split", whole).code == 2


def test_a_split_again_with_another_date_says_that_the_date_was_not_taken(xmh: CommandLine, whole: str) -> None:
    part = ("task", "split", whole, "--part")
    xmh.json(*part, f"桩基;lead=zhujian;due={SOONER}")
    said = xmh(*part, f"桩基;lead=zhujian;due={DUE}")
    assert said.code == 0
    assert f"时限立项时为{SOONER}，这次写的是{DUE}" in said.out
    assert "未作改动" in said.out
    assert xmh.json(*part, f"桩基;lead=zhujian;due={DUE}")[0]["notes"][0].startswith("时限")


def test_opening_again_under_a_key_says_what_is_not_taken(xmh: CommandLine, service: None, log: Database) -> None:
    del service, log
    once = (*OPEN, "--title", "金融文化中心建设", "--key", "k1")
    xmh.json(*once)
    assert xmh.json(*once)["notes"] == []
    again = xmh(*once[:3], SOONER.isoformat(), *once[4:])
    assert (again.code, f"这次写的是{SOONER}" in again.out) == (0, True)


def test_progress_rolls_up_in_show_and_in_the_tree_also_of_a_past_day(xmh: CommandLine, whole: str) -> None:
    parts = xmh.json("task", "split", whole, "--part", "土石方;lead=gengxin;weight=3", "--part", "桩基;lead=gengxin")
    first, second = (part["matter"] for part in parts)
    xmh.json("task", "accept", first, actor="li")
    xmh.json("task", "report", first, "--text", "推进", "--progress", "50", actor="li")
    shown = xmh.json("task", "show", whole)
    assert shown["rolled_up"] == 37, "(3x50 + 1x0) / 4 = 37.5, rounded down"
    assert [(c["matter"], c["weight"], c["progress"]) for c in shown["children"]] == [(first, 3, 50), (second, 1, 0)]
    said = xmh("task", "show", whole).out
    assert "分解：2件，办结0件，分解进度37%" in said
    assert f"{first}  土石方  区城市更新和土地整备局  {DUE}  权重3  50%" in said

    tree = xmh.json("task", "list", "--tree")["matters"]
    assert [(m["matter"], m["depth"], m["parent"], m["rolled_up"]) for m in tree] == [
        (whole, 0, None, 37),
        (first, 1, whole, None),
        (second, 1, whole, None),
    ]
    assert "　土石方" in xmh("task", "list", "--tree").out
    assert "0%（分解37%）" in xmh("task", "list", "--tree").out
    yesterday = (office_today() - timedelta(days=1)).isoformat()
    assert xmh.json("task", "list", "--tree", "--as-of", yesterday)["matters"] == []
    assert xmh.json("task", "show", whole, "--as-of", office_today().isoformat())["rolled_up"] == 37


def test_a_whole_ends_over_an_open_part_only_with_a_reason(xmh: CommandLine, whole: str) -> None:
    [part] = xmh.json("task", "split", whole, "--part", "桩基;lead=gengxin")
    close = ("task", "close", whole, "--text", "主体完成")
    said = xmh(*close, actor="li")
    assert said.code == 3
    assert f"{whole} 分解的事项还有1件没有办结：{part['matter']}“桩基”" in said.error
    assert xmh.json(*close, code=3, actor="li")["error"]["code"] == "open_children"
    assert xmh("task", "cancel", whole, "--reason", "政策调整").code == 3
    xmh.json(*close, "--over-open-children", "桩基移交区住建局", actor="li")
    xmh.json("task", "review", whole, "--approve", actor="office-2")
    shown = xmh.json("task", "show", whole)
    assert shown["stage"] == "closed"
    assert "对未办结分解事项的说明：桩基移交区住建局" in shown["timeline"][-1]["text"]
    assert xmh.json("task", "show", part["matter"])["stage"] == "assigned"
    assert "不能再分解" in xmh("task", "split", whole, "--part", "围挡;lead=gengxin").error


def test_a_part_left_behind_by_an_earlier_limit_of_its_whole_says_so(xmh: CommandLine, whole: str) -> None:
    """A meeting's decision on the whole is not refused for the sake of a part, but what it leaves behind is shown."""
    [part] = xmh.json("task", "split", whole, "--part", "桩基;lead=gengxin")
    said = "本事项时限已晚于上级事项"
    assert said not in xmh("task", "show", part["matter"]).out
    decided = ("--meeting", "第四次会议", "--text", "提前完成", "--due", SOONER.isoformat(), "--by", "leader")
    xmh.json("task", "decide", whole, *decided, "--paper", "纪要4号")
    shown = xmh.json("task", "show", part["matter"])
    assert (shown["due"], shown["parent"]["due"]) == (DUE.isoformat(), SOONER.isoformat())
    assert said in xmh("task", "show", part["matter"]).out


def test_parts_of_a_matter_with_a_basis_from_before_there_were_bounds_are_opened(
    xmh: CommandLine, service: None, log: Database
) -> None:
    """The part cites as much of it as a command may say; the whole keeps it word for word."""
    del service
    basis = {**LIST.model_dump(mode="json", exclude_none=True), "text": "依" * 800, "no": "号" * 300}
    opened_before_bounds(log, "matter/old", opening("老事项", DUE), OFFICE, datetime.now(UTC), basis)
    (old,) = reading.find_matters(log, "老事项")
    part = xmh.json("task", "open", "--title", "施工图设计", "--parent", old.number, "--lead", "gengxin")
    shown = xmh.json("task", "show", part["matter"])
    assert (shown["basis"]["text"], shown["basis"]["no"]) == ("依" * 499 + "…", "号" * 199 + "…")
    xmh.json("task", "split", old.number, "--part", "桩基;lead=gengxin")
    assert xmh.json("task", "show", old.number)["basis"]["text"] == "依" * 800
