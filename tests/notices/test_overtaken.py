"""A digest never tells what has been overtaken: a queued line is read again, and dropped or reworded."""

from datetime import date, timedelta

from domain import commands as c
from domain import events as ev
from domain.notices.overtaken import Since, what_became_of
from domain.notices.telling import RULES
from eventlog import notices as kept
from tests.support.history import tick
from tests.support.homes import at
from tests.support.office import HEAD, LEADER, LIAISON, OFFICE
from tests.support.postroom import PostRoom

EVENING = at("2022-03-07", "19:00")
MORNING = at("2022-03-08", "09:00")
REPORT = c.SubmitFeedback(text="主体施工至三层", progress=30)


def pending(room: PostRoom) -> str:
    return "\n".join(f"{n.person}：{n.text}" for n in room.kept(pending=True))


def later(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def test_after_an_extension_no_line_asks_for_the_old_limit_or_for_an_answer(room: PostRoom) -> None:
    stream = room.open(EVENING, due=date(2022, 3, 9))
    room.do(stream, c.AcceptReceipt(), LIAISON, EVENING + later(1))
    room.do(stream, c.RequestExtension(to=date(2022, 12, 30), reason="等断电窗口"), LIAISON, EVENING + later(2))
    room.spread(EVENING + later(3))
    assert "请批复" in pending(room)
    room.do(stream, c.AnswerExtension(grant=True, to=date(2022, 12, 30)), LEADER, EVENING + later(4))
    room.spread(EVENING + later(5))
    assert "请批复" not in pending(room)
    assert "2022-03-09" not in pending(room)
    assert "请牵头单位在时限内签收" not in pending(room)
    assert "2022-12-30" in pending(room)
    room.deliver(MORNING)
    told = "".join(line["text"] for line in room.lines)
    assert "2022-12-30" in told
    assert "2022-03-09" not in told
    dropped = [n for n in room.kept() if n.given_up]
    assert {n.error for n in dropped} == {Since.OVERTAKEN.label}


def test_a_line_overtaken_between_the_last_telling_and_the_morning_is_not_sent(room: PostRoom) -> None:
    """The delivery reads what it sends again; nothing was told in between."""
    stream = room.accepted(EVENING)
    room.do(stream, c.RequestClosure(text="已全部完成"), HEAD, EVENING + later(1))
    room.spread(EVENING + later(2))
    room.do(stream, c.ReviewClosure(approve=False, text="缺验收单"), OFFICE, EVENING + later(3))
    going = kept.due_notices(room.log, "file", MORNING, 100)
    left = room.hands._reread(going, room.hands._house())
    assert any("请审核" in n.text for n in going)
    assert not any("请审核" in n.text for n in left)


def test_a_closed_matter_presses_nobody(room: PostRoom) -> None:
    stream = room.accepted(at("2022-03-07", "10:00"), due=date(2022, 3, 9))
    room.deliver(at("2022-03-07", "10:05"))
    tick(room.log, EVENING)
    room.do(stream, c.IssueUrge(reason="请报进度"), OFFICE, EVENING + later(1))
    room.spread(EVENING + later(2))
    assert "请尽快反馈办理情况" in pending(room)
    room.do(stream, c.CancelMatter(reason="并入另一事项"), LEADER, EVENING + later(3))
    room.spread(EVENING + later(4))
    for asks in ("请尽快", "请按时办结", "请牵头单位"):
        assert asks not in pending(room)
    assert "撤销" in pending(room)


def test_what_a_report_answered_is_not_urged_in_the_morning(room: PostRoom) -> None:
    stream = room.accepted(at("2022-03-07", "10:00"))
    room.do(stream, c.IssueUrge(reason="请报进度"), OFFICE, EVENING)
    room.spread(EVENING)
    room.do(stream, REPORT, LIAISON, EVENING + later(10))
    room.deliver(MORNING)
    assert not any("请尽快反馈办理情况" in line["text"] for line in room.lines)


def test_who_no_longer_leads_is_not_asked_to_sign(room: PostRoom) -> None:
    from tests.support.office import ASSIST

    stream = room.open(EVENING, assist=())
    room.spread(EVENING)
    room.do(stream, c.AssignMatter(lead=ASSIST, reason="职责调整"), OFFICE, EVENING + later(1))
    room.deliver(MORNING)
    asked = [line["person"] for line in room.lines if "请牵头单位在时限内签收" in line["text"]]
    assert "zhao" in asked
    [told] = room.to("li")
    assert told["text"].count("交办：") == 1, "once, as the former lead: the first 交办 is overtaken"


def test_what_was_tried_is_dropped_but_never_changed_under_its_id(room: PostRoom) -> None:
    stream = room.open(EVENING)
    room.spread(EVENING)
    first = {n.id: n.text for n in room.kept(pending=True)}
    assert kept.take_notices(room.log, "digest-x", kept.waiting_notices(room.log, [stream]), MORNING)
    room.do(stream, c.AcceptReceipt(), LIAISON, EVENING + later(1))
    room.spread(EVENING + later(2))
    assert {n.id: n.text for n in room.kept() if n.id in first} == first


def test_a_notice_retried_alone_has_an_id_of_its_own(room: PostRoom) -> None:
    """A receiver that knows the digest's id would take the single notice for it."""
    for n in range(3):
        room.open(EVENING + later(n), title=f"第{n}件事", assist=())
    room.spread(EVENING + later(5))
    mine = [n for n in room.kept(pending=True) if n.person == "li"]
    waiting = [n for n in kept.waiting_notices(room.log, [n.stream for n in mine]) if n.person == "li"]
    assert kept.take_notices(room.log, "digest-of-three", waiting, MORNING)
    kept.mark_notices_failed(room.log, [n.id for n in mine], "网关答复 500", MORNING + timedelta(days=1))
    kept.retry_notices(room.log, [mine[1].id], MORNING + later(1))
    room.deliver(MORNING + later(1), "file")
    [alone] = room.to("li")
    assert alone["id"] == mine[1].id
    room.deliver(MORNING + timedelta(days=1))
    [_, rest] = room.to("li")
    assert rest["id"] not in ("digest-of-three", alone["id"])
    assert sorted(rest["notices"]) == sorted([mine[0].id, mine[2].id])


def test_every_event_that_asks_something_is_judged_before_it_is_sent() -> None:
    from domain.notices.overtaken import _JUDGES

    stands = {ev.MatterCarriedOver, ev.RecusalDeclared, ev.MatterMerged}
    """结转, 回避 and 并入 ask for what no later event of the matter answers."""
    asking = {kind for kind, rule in RULES.items() if rule.ask}
    assert asking - _JUDGES.keys() == stands
    assert callable(what_became_of)
