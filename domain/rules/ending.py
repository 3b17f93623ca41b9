"""办结申请、审核、报原批示领导、销号、重开、撤销、异议、更正."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypedDict, Unpack

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.calendar import local_date
from domain.closing import unfinished
from domain.facts import MOST_WEIGHT, checked_title
from domain.matter import DONE, Closure, Matter
from domain.periods import running_period
from domain.rules.authority import acting_unit, conclude_others_work
from domain.rules.context import DecisionContext, RuleEvent
from domain.rules.limits import owns_limit
from domain.rules.periods import ended_by_decision
from domain.rules.rhythm import open_window
from domain.rules.satisfaction import unrated
from domain.terms import Duty, LeaderMark, ObjectionOutcome, Role, Stage

OBJECTION_DAYS = 30
"""条例 art. 17: thirty days to object, thirty to decide."""
FIELDS = {
    "title": "事项名称",
    "source": "来源",
    "person": "责任人",
    "basis_no": "依据文号",
    "basis_text": "依据名称",
    "progress": "进度",
    "weight": "权重",
}
CORRECTABLE = frozenset(FIELDS)


def request_closure(matter: Matter, command: c.RequestClosure, context: DecisionContext) -> Iterator[RuleEvent]:
    """办结申请 by the lead unit; the clock stops at the moment it is asked. What has no end a leader ends."""
    if matter.period is not None:
        yield ended_by_decision(matter, context, command.text)
        return
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，无需再申请办结", "ended")
    refuse(matter.stage is not Stage.IN_PROGRESS, f"{matter.number} 当前为“{matter.stage.label}”，不能申请办结")
    left = unfinished(matter, command.evidence, context.policy)
    _say_why(matter, left, command.over_unfinished)
    yield ev.ClosureRequested(
        unit=acting_unit(matter, context),
        text=command.text,
        evidence=command.evidence,
        over_open_children=command.over_open_children,
        unfinished=left,
        over_unfinished=command.over_unfinished if left else None,
    )


def _say_why(matter: Matter, left: tuple[str, ...], why: str | None) -> None:
    refuse(
        bool(left) and why is None,
        f"{matter.number} 尚有未完成的内容：{'；'.join(left)}；请先办完并反馈，确需办结的用 --over-unfinished 说明理由",
        "unfinished",
    )


def review_closure(matter: Matter, command: c.ReviewClosure, context: DecisionContext) -> Iterator[RuleEvent]:
    """审核: facts, evidence, conclusion; else 退回重办. Nobody reviews his own report.

    What a leader instructed goes back to that leader (报原批示领导) before 销号.
    """
    closure = _open_closure(matter)
    conclude_others_work(matter, context)
    if not command.approve:
        refuse(command.text is None, "退回重办须说明理由（--text）", "malformed")
        yield from _returned(matter, context, command.text or "", by_leader=False)
        return
    refuse(closure.endorsed, f"{matter.number} 已审核通过，待原批示领导审阅")
    over = _over(matter, context, command.over_open_children, command.over_unfinished)
    if matter.instructed_by:
        yield ev.ClosureEndorsed(text=command.text, **over)
    else:
        yield _closed(matter, context, closure, command.text, **over)


def mark_closure(matter: Matter, command: c.MarkClosure, context: DecisionContext) -> Iterator[RuleEvent]:
    """The instructing leader's word: 圈阅 and 同意 close, 继续办理 returns (淮南 2021). The last of several closes."""
    closure = _open_closure(matter)
    conclude_others_work(matter, context)
    refuse(not closure.endorsed, f"{matter.number} 须先经办公室审核，再报批示领导")
    _in_turn(matter, closure, context.decider.id)
    if command.mark is LeaderMark.CONTINUE:
        yield from _returned(matter, context, command.text or "批示领导要求继续办理", by_leader=True)
        return
    over = _over(matter, context, command.over_open_children, command.over_unfinished)
    if later := matter.to_mark[1:]:
        yield ev.ClosureMarked(mark=command.mark, text=command.text, next_leader=later[0], **over)
    else:
        yield _closed(matter, context, closure, command.text, command.mark, **over)


def _in_turn(matter: Matter, closure: Closure, leader: str) -> None:
    """Of several who instructed each says his own word, in the order in which they did, as papers go the round."""
    refuse(leader not in matter.instructed_by, f"{matter.number} 应由原批示领导审阅", "forbidden")
    refuse(leader in closure.marked, f"{matter.number} 这位领导已经审阅，正待其他批示领导审阅")
    early = matter.to_mark[:1] != (leader,)
    refuse(early, f"{matter.number} 有{len(matter.instructed_by)}位领导批示，按批示次序还没有轮到这位领导审阅")


def closed_by_meeting(matter: Matter, context: DecisionContext, words: str) -> Iterator[RuleEvent]:
    """A meeting agrees to 办结, on the terms of any review; its own words say why over what is unfinished.

    What other leaders instructed still goes back to them (报原批示领导); who chairs has said his own word.
    """
    if matter.period is not None and matter.closure is None:
        yield ended_by_decision(matter, context, words)
        return
    closure = _open_closure(matter)
    conclude_others_work(matter, context)
    over, chair = _over(matter, context, None, words), context.decider.id
    waited_for = tuple(leader for leader in matter.instructed_by if leader not in closure.marked)
    others = tuple(leader for leader in waited_for if leader != chair)
    if not others:
        mark = LeaderMark.AGREED if matter.instructed_by else None
        yield _closed(matter, context, closure, words, mark, **over)
        return
    refuse(closure.endorsed and chair not in waited_for, f"{matter.number} 已审核通过，待原批示领导审阅")
    if not closure.endorsed:
        yield ev.ClosureEndorsed(text=words, **over)
    if chair in waited_for:
        yield ev.ClosureMarked(mark=LeaderMark.AGREED, text=words, next_leader=others[0], **over)


class _Over(TypedDict):
    """Over what a matter ends, and why, as every event towards its end says it."""

    over_open_children: str | None
    unfinished: tuple[str, ...]
    over_unfinished: str | None


def _over(matter: Matter, context: DecisionContext, open_children: str | None, over_unfinished: str | None) -> _Over:
    """Who asked may have said why; who approves may say it himself. Unsaid, what is unfinished is in the way."""
    closure = _open_closure(matter)
    left = (*unfinished(matter, closure.evidence, context.policy), *unrated(matter, context.policy))
    # What came up since somebody said why, an inspection for instance, needs a reason of its own.
    known = set(left) <= set(closure.unfinished)
    why = (closure.over_unfinished if known else None) or over_unfinished
    _say_why(matter, left, why)
    return _Over(
        over_open_children=open_children or closure.over_open_children,
        unfinished=left,
        over_unfinished=why if left else None,
    )


def returned(matter: Matter, context: DecisionContext, words: str) -> Iterator[RuleEvent]:
    """A meeting does not agree to 办结: 退回重办."""
    _open_closure(matter)
    yield from _returned(matter, context, words, by_leader=context.is_(Role.LEADER))


def reopen(matter: Matter, command: c.ReopenMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """重开: a new event after the end; a new limit when the old one has passed."""
    refuse(not matter.ended, f"{matter.number} 尚未办结，无需重开")
    refuse(matter.objection is not None, f"{matter.number} 有待复核的异议，请先复核；异议成立的即重新办理")
    due = _due_again(matter, command.due, context)
    refuse(due < context.today, f"原时限 {matter.due} 已过，重开须给出新时限（--due）", "malformed")
    if due != matter.due:
        owns_limit(matter, context)
    yield from _reopened(matter, context, due, command.reason)


def _due_again(matter: Matter, asked: date | None, context: DecisionContext) -> date:
    """The limit a matter that is handled again has: the one set, else its own; without an end that of the period."""
    if matter.period is None:
        return asked or matter.due
    refuse(asked is not None, f"{matter.number} 是长期、定期事项，重开不写时限", "malformed")
    return running_period(matter.period, context.today, context.moment, context.calendar).due


def _reopened(matter: Matter, context: DecisionContext, due: date, reason: str) -> Iterator[RuleEvent]:
    stage = Stage.IN_PROGRESS if matter.lead else Stage.OPENED
    yield ev.MatterReopened(reason=reason, due=due, stage=stage)
    if stage is Stage.IN_PROGRESS:
        yield from open_window(matter, context, context.moment)


def cancel(matter: Matter, command: c.CancelMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """撤销立项, with a reason."""
    del context
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不能撤销", "ended")
    yield ev.MatterCancelled(reason=command.reason, over_open_children=command.over_open_children)


def raise_objection(matter: Matter, command: c.RaiseObjection, context: DecisionContext) -> Iterator[RuleEvent]:
    """异议 within 30 days of the conclusion (条例 art. 17)."""
    refuse(matter.closed is None, f"{matter.number} 尚无督查结论，不能提出异议")
    assert matter.closed is not None  # noqa: S101  (refuse raised otherwise)
    last = matter.closed.on + timedelta(days=OBJECTION_DAYS)
    refuse(context.today > last, f"已过异议期限 {last}（结论作出之日起30日内）")
    refuse(matter.objected, f"{matter.number} 已提出异议，正在复核")
    decide_by = context.today + timedelta(days=OBJECTION_DAYS)
    yield ev.ObjectionRaised(unit=acting_unit(matter, context), text=command.text, decide_by=decide_by)


def decide_objection(matter: Matter, command: c.DecideObjection, context: DecisionContext) -> Iterator[RuleEvent]:
    """复核 within 30 days, by somebody who neither wrote nor reviewed the finding (条例 art. 17).

    Upheld, the matter is handled again at once; changed or rejected, it stays ended and the decision stands.
    """
    refuse(matter.objection is None or matter.closed is None, f"{matter.number} 没有待复核的异议")
    assert matter.closed is not None  # noqa: S101  (refuse raised otherwise)
    wrote = {context.actor.id, context.decider.id} & set(matter.closed.authors)
    refuse(bool(wrote), "结论的提出、审核人员应当回避，请由其他人员复核（条例第十七条）", "forbidden")
    yield ev.ObjectionDecided(outcome=command.outcome, text=command.text)
    if command.outcome is not ObjectionOutcome.UPHELD:
        refuse(command.due is not None, "只有异议成立、重新办理时才写新时限（--due）", "malformed")
        return
    due = _due_again(matter, command.due, context)
    refuse(due < context.today, f"原时限 {matter.due} 已过，重新办理须给出新时限（--due）", "malformed")
    yield from _reopened(matter, context, due, f"异议成立：{command.text}")


def recuse(matter: Matter, command: c.DeclareRecusal, context: DecisionContext) -> Iterator[RuleEvent]:
    """回避: declared by whoever would review or decide, and respected from then on."""
    person = context.decider.id
    refuse(matter.settled and matter.objected, f"{matter.number} 异议已复核，无需再回避")
    refuse(person in matter.recused, "已声明回避")
    yield ev.RecusalDeclared(person=person, reason=command.reason)


def reassign_duty(matter: Matter, command: c.ReassignDuty, context: DecisionContext) -> Iterator[RuleEvent]:
    """职责交接: what a person answered for goes to the successor, a leader's duties with the post."""
    del context
    refuse(matter.settled, f"{matter.number} {matter.stage.label}，没有需要交接的职责", "ended")
    refuse(command.from_person == command.to_person, "交接前后是同一个人", "malformed")
    held = command.duty in duties_of(matter, command.from_person)
    refuse(not held, f"{matter.number} 的{command.duty.label}不是 {command.from_person}，无可交接")
    yield ev.DutyReassigned(
        duty=command.duty, from_person=command.from_person, to_person=command.to_person, reason=command.reason
    )


def duties_of(matter: Matter, person: str) -> tuple[Duty, ...]:
    """What a person answers for on a matter that is not at rest."""
    if matter.settled:
        return ()
    setter = matter.due_set_by.on_behalf_of or matter.due_set_by
    leads = person in (*matter.instructed_by, *matter.leaders) or (setter.id == person and setter.role is Role.LEADER)
    held = {Duty.PERSON: matter.person == person, Duty.SUPERVISOR: matter.supervisor == person, Duty.LEADER: leads}
    return tuple(duty for duty, holds in held.items() if holds)


def correct(matter: Matter, command: c.CorrectEvent, context: DecisionContext) -> Iterator[RuleEvent]:
    """更正: a new event that names the one it corrects. Dates are moved by 延期 or 议定, never here.

    What a later event has set since stays as that event set it: a slip of March is corrected in March's record, and the
    progress of June is still June's.
    """
    del context
    refuse(not 1 <= command.version <= matter.version, f"{matter.number} 没有第{command.version}条记录", "not_found")
    unknown = sorted(set(command.fields) - CORRECTABLE)
    refuse(
        bool(unknown),
        f"不能更正字段 {'、'.join(unknown)}；可更正：{'、'.join(sorted(CORRECTABLE))}",
        "malformed",
    )
    for field, text in command.fields.items():
        _check_corrected(matter, field, text)
    now = _standing(matter)
    since = {"progress": matter.progress_from, "person": matter.person_from}
    overtaken = tuple(field for field in command.fields if command.version < since.get(field, 1))
    before = {field: now[field] for field in command.fields if field not in overtaken}
    yield ev.EventCorrected(
        version=command.version, text=command.text, fields=command.fields, before=before, overtaken=overtaken
    )


def _standing(matter: Matter) -> dict[str, str]:
    """What each field that can be corrected says now."""
    return {
        "title": matter.title,
        "source": matter.source or "",
        "person": matter.person or "",
        "basis_no": matter.basis.no or "",
        "basis_text": matter.basis.text,
        "progress": str(matter.progress),
        "weight": str(matter.part_of.weight) if matter.part_of else "",
    }


def _check_corrected(matter: Matter, field: str, text: str) -> None:
    """What was refused at first is refused as a correction; whether a person is in the directory the append asks."""
    refuse(not text.strip(), f"更正后的{FIELDS[field]}不能为空", "malformed")
    match field:
        case "title":
            checked_title(text)
        case "progress":
            refuse(not _whole(text, 0, DONE), f"进度须为 0 到 {DONE} 的整数", "malformed")
        case "weight":
            refuse(matter.part_of is None, f"{matter.number} 没有上级事项，没有权重可更正")
            refuse(not _whole(text, 1, MOST_WEIGHT), f"权重须为 1 到 {MOST_WEIGHT} 的整数", "malformed")


def _whole(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most


def _open_closure(matter: Matter) -> Closure:
    refuse(matter.closure is None or matter.ended, f"{matter.number} 没有待审核的办结申请")
    assert matter.closure is not None  # noqa: S101  (refuse raised otherwise)
    return matter.closure


def _returned(matter: Matter, context: DecisionContext, text: str, *, by_leader: bool) -> Iterator[RuleEvent]:
    yield ev.ClosureReturned(text=text, by_leader=by_leader, due=matter.due)
    yield from open_window(matter, context, context.moment)


def _closed(
    matter: Matter,
    context: DecisionContext,
    closure: Closure,
    text: str | None,
    mark: LeaderMark | None = None,
    **over: Unpack[_Over],
) -> ev.MatterClosed:
    def late(due: date) -> int:
        in_time = closure.at <= context.calendar.closes(due)
        return 0 if in_time else max(context.calendar.workdays_between(due, local_date(closure.at)), 1)

    return ev.MatterClosed(
        text=text,
        mark=mark,
        overdue_workdays=late(matter.due),
        overdue_workdays_original=late(matter.original_due),
        **over,
    )
