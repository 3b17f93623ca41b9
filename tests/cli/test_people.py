"""`xmh org delegate revoke duties transfer post` and the objection's commands, on a served home."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.session import people_said
from domain.calendar import local_date
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_office_events
from tests.support.command_line import CommandLine
from tests.support.office import SECOND
from tests.support.streams import DIRECTORY_STREAM


def in_days(n: int) -> str:
    return (local_date(datetime.now(UTC)) + timedelta(days=n)).isoformat()


def opened(xmh: CommandLine, *more: str, title: str = "任务") -> str:
    ask = ("task", "open", "--title", title, "--basis", "工作计划", "--due", in_days(90), "--lead", "gengxin", *more)
    number: str = xmh.json(*ask)["matter"]
    assert xmh("task", "accept", number, actor="li").code == 0
    return number


GRANT = ("org", "delegate", "--to", "zhao", "--reason", "八月休假", "--until")


def test_a_delegate_acts_and_the_timeline_says_for_whom(service: None, xmh: CommandLine, log: Database) -> None:
    number = opened(xmh)
    report = ("task", "report", number, "--text", "主体施工至三层", "--progress", "30", "--for-person", "li")
    said = xmh(*report, actor="zhao")
    assert (said.code, "没有授权您代办" in said.error) == (3, True)
    granted = xmh.json(*GRANT, in_days(10), actor="li")["delegation"]
    assert xmh(*report, actor="zhao").code == 0
    assert f"——赵五 代 李三（{granted}）" in xmh("task", "show", number).out
    onward = xmh(
        "org", "delegate", "--from", "li", "--to", "head", "--until", in_days(5), "--reason", "x", actor="zhao"
    )
    assert (onward.code, "受托人不得转委托" in onward.error) == (3, True)
    onward = xmh(*GRANT, in_days(5), "--for-person", "li", actor="zhao")
    assert (onward.code, "受托人不得转委托" in onward.error) == (3, True)
    assert granted in xmh("org", "list").out
    by = xmh("task", "instruct", number, "--by", "leader", "--text", "抓紧", "--for-person", "li", actor="zhao")
    assert by.code == 2
    assert xmh("org", "revoke", granted, "--reason", "回来了", actor="zhao").code == 3
    assert xmh("org", "revoke", "1", "--reason", "回来了", actor="li").code == 0
    said = xmh(*report, actor="zhao")
    assert (said.code, "已到期或收回" in said.error) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("--to", "audit", "--until", in_days(5), "--reason", "x"), "审计员", 3),
        (("--to", "zhao", "--until", in_days(-5), "--since", in_days(-9), "--reason", "x"), "已经过去", 3),
        (("--to", "zhao", "--until", in_days(5), "--since", in_days(9), "--reason", "x"), "早于起始日", 2),
        (("--to", "没有", "--until", in_days(5), "--reason", "x"), "通讯录里没有", 4),
        (("--to", "zhao", "--reason", "x"), "缺少授权到哪天", 2),
        (("--to", "zhao", "--until", in_days(5)), "缺少授权理由", 2),
    ],
)
def test_a_delegation_that_cannot_be_is_one_line(
    xmh: CommandLine, log: Database, arguments: tuple[str, ...], words: str, code: int
) -> None:
    before = reading.stream_head(log, DIRECTORY_STREAM).version
    said = xmh("org", "delegate", *arguments, actor="li")
    assert (said.code, words in said.error) == (code, True), said
    assert reading.stream_head(log, DIRECTORY_STREAM).version == before


def test_a_transfer_hands_over_every_open_duty_and_ends_delegations(
    service: None, xmh: CommandLine, log: Database
) -> None:
    number = opened(xmh, "--person", "li")
    other = opened(xmh, "--person", "li", title="另一任务")
    xmh(*GRANT, in_days(10), actor="li")
    held = xmh.json("org", "duties", "li")
    assert [(d["matter"], d["duty"]) for d in held["duties"]] == [(number, "person"), (other, "person")]
    assert held["liaison"] == [number, other]
    said = xmh("org", "transfer", "li", "--to", "zhujian")
    assert (said.code, "有4项未了职责" in said.error) == (2, True)
    said = xmh("org", "transfer", "li", "--to", "zhujian", "--successor", "zhao")
    assert (said.code, "唯一的联络员" in said.error) == (3, True)
    move = ("org", "transfer", "li", "--to", "zhujian", "--successor", "head")
    assert xmh.json(*move, "--dry-run")["dry_run"] is True
    assert xmh.json("org", "duties", "li")["duties"] != []
    assert xmh("org", "transfer", "li", "--to", "zhujian", "--successor", "head", actor="li").code == 3
    assert xmh(*move, "--reason", "调任住建局").code == 0
    assert xmh.json("org", "duties", "li")["duties"] == []
    assert len(xmh.json("org", "duties", "head")["duties"]) == 2
    moved = reading.person(log, "li")
    assert (moved and moved.unit) == "zhujian"
    assert "责任人：李三→孙四，调任住建局" in xmh("task", "show", number).out
    assert all(d["revoked"] for d in xmh.json("org", "list")["delegations"])
    assert xmh("task", "report", number, "--text", "x", actor="li").code == 3


def test_a_leader_s_duties_follow_the_post(service: None, xmh: CommandLine, log: Database) -> None:
    deputy = PersonRecorded(person=Person(id="deputy", name="吴八", unit="office", role=Role.LEADER))
    record_office_events(log, DIRECTORY_STREAM, [deputy], actor=SECOND, command_id="deputy", now=datetime.now(UTC))
    number = opened(xmh)
    xmh("task", "instruct", number, "--by", "leader", "--text", "抓紧办理", "--paper", "阅1号")
    assert xmh.json("org", "post", "常务副总指挥", "--person", "leader")["duties"] == []
    done = xmh.json("org", "post", "常务副总指挥", "--person", "deputy")
    assert done["duties"] == [{"matter": number, "duty": "leader"}]
    assert xmh.json("org", "duties", "deputy")["posts"] == ["常务副总指挥"]
    assert xmh("org", "post", "常务副总指挥", "--person", "li").code == 3


def test_an_objection_is_decided_by_somebody_else_and_recusal_is_respected(
    service: None, xmh: CommandLine, log: Database
) -> None:
    number = opened(xmh)
    xmh("task", "close", number, "--text", "完成", actor="li")
    assert xmh("task", "review", number, "--approve", actor="office-2").code == 0
    assert xmh("task", "objection", number, "--reject", "--text", "x").code == 3, "nobody objected"
    assert xmh("task", "object", number, "--text", "结论与事实不符", actor="li").code == 0
    assert "异议复核期限" in xmh("audit", "explain", number).out
    assert xmh("task", "objection", number, "--reject", "--uphold", "--text", "x").code == 2
    said = xmh("task", "objection", number, "--reject", "--text", "属实", actor="office-2")
    assert (said.code, "应当回避" in said.error) == (3, True)
    assert xmh("task", "objection", number, "--recuse", "--text", "与承办单位有利害关系").code == 0
    said = xmh("task", "objection", number, "--reject", "--text", "属实")
    assert (said.code, "声明回避" in said.error) == (3, True)
    decided = ("task", "objection", number, "--uphold", "--text", "材料不足", "--by", "leader", "--paper", "阅2号")
    assert xmh(*decided).code == 3, "who typed it has recused himself"
    done = xmh.json("task", "objection", number, "--uphold", "--text", "材料不足", actor="leader")
    assert done["stage"] == "in_progress"
    shown = xmh("task", "show", number).out
    assert "异议成立，重新办理：材料不足" in shown
    assert "：与承办单位有利害关系" in shown
    assert xmh("audit", "verify").code == 0
    assert "回避人员" in xmh("audit", "replay", number, "--step").out


def test_who_leaves_hands_over_or_what_nobody_answers_for_is_named(
    service: None, xmh: CommandLine, log: Database
) -> None:
    del service, log
    number = opened(xmh)
    xmh.json("task", "batch", number, "--supervisor", "office-2", "--reason", "分工调整")
    said = xmh("org", "leave", "office-2", "--successor", "li")
    assert (said.code, "不是督办员" in said.error) == (3, True)
    said = xmh("org", "leave", "office-2")
    assert "注意：1项未了职责没有人接手" in said.out
    assert f"{number}  督办员  任务" in said.out


def test_duties_pass_to_the_successor_of_who_leaves(service: None, xmh: CommandLine, log: Database) -> None:
    del service, log
    number = opened(xmh)
    xmh.json("task", "batch", number, "--supervisor", "office-2", "--reason", "分工调整")
    left = xmh.json("org", "leave", "office-2", "--successor", "office")
    assert (left["successor"], [d["duty"] for d in left["duties"]]) == ("office", ["supervisor"])
    assert [m["matter"] for m in xmh.json("task", "list", "--supervisor", "office")["matters"]] == [number]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("须由 leader 审阅", "须由 吴七 审阅"),
        ("head 在回执里写了两次", "孙四 在回执里写了两次"),
        ("周六（audit）不是督办员", "周六（audit）不是督办员"),
        ("请用 --by leader 写明", "请用 --by leader 写明"),
        ("没有“head”，请用 xmh org list 查看", "没有“head”，请用 xmh org list 查看"),
    ],
)
def test_a_refusal_names_people_and_leaves_what_is_to_be_typed(xmh: CommandLine, message: str, said: str) -> None:
    xmh("org", "list")  # whose log it is asked of
    assert people_said(message) == said
