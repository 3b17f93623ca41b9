"""议定: what a meeting decided comes down to the matter, and what follows from it there."""

from collections.abc import Iterator

from domain import commands as c
from domain import events as ev
from domain.base import refuse, refuse_always
from domain.facts import is_sealed
from domain.matter import Matter
from domain.meetings.terms import AGREEING, Outcome, Subject
from domain.rules.context import DecisionContext
from domain.rules.context import RuleEvent as Result
from domain.rules.ending import closed_by_meeting, returned
from domain.rules.limits import answer_extension
from domain.rules.listing import only_of_objects
from domain.rules.opening import assign, change_point, receipt_moved
from domain.terms import Role, Stage


def record_decision(matter: Matter, command: c.RecordDecision, context: DecisionContext) -> Iterator[Result]:
    """议定 by the leader who chaired (a 工作例会 by whoever of the office did), with all that follows from it."""
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不能再办理；如需继续请先重开", "ended")
    refuse(matter.stage is Stage.SUSPENDED, f"{matter.number} 暂缓中，恢复后再办理")
    chaired = context.is_(Role.LEADER) or (command.minutes is not None and context.is_(Role.OFFICE))
    refuse(not chaired, "会议议定须写明主持领导（--by 领导 --paper 纪要）", "forbidden")
    refuse(command.due is not None and command.due < context.today, f"议定的时限 {command.due} 已经过去")
    _within_the_chairs_reach(matter, command, context)
    endless = matter.period is not None and command.due is not None and command.outcome is not Outcome.REASSIGNED
    refuse(endless, f"{matter.number} 是长期、定期事项，按期评判，没有办结时限可定", "without_end")
    # What is not granted sets no limit, whatever date was said with it: no paper may read as if it had.
    sets = command.subject is None or (command.subject is Subject.EXTENSION and command.outcome in AGREEING)
    yield ev.DecisionRecorded(
        meeting=command.meeting,
        text=command.text,
        due=command.due if sets and command.matter_point is None else None,
        outcome=command.outcome,
        subject=command.subject,
        minutes=command.minutes,
        point=command.point,
        matter_point=command.matter_point,
    )
    if command.matter_point is not None:
        moved = c.ChangePoint(no=command.matter_point, due=command.due)
        yield from change_point(matter, moved, context)
    elif command.due is not None and command.subject is None:
        yield from receipt_moved(matter, command.due, context)
    yield from _consequences(matter, command, context)


def _within_the_chairs_reach(matter: Matter, command: c.RecordDecision, context: DecisionContext) -> None:
    """What a leader set, a meeting without a leader in the chair does not move."""
    if context.is_(Role.LEADER):
        return
    setter = matter.due_set_by.on_behalf_of or matter.due_set_by
    moves = (command.due is not None and command.matter_point is None) or command.subject is not None
    refuse(moves and setter.role is Role.LEADER, "该时限由领导确定，须由领导主持的会议变更", "forbidden")
    named = command.outcome is Outcome.REASSIGNED and matter.lead_named_by_leader
    refuse(named, "牵头单位由领导指定，须由领导主持的会议改派", "forbidden")


def _consequences(matter: Matter, command: c.RecordDecision, context: DecisionContext) -> Iterator[Result]:
    """What an outcome does beyond being recorded: 改派, 挂牌, an extension answered, a closure reviewed, 撤销."""
    match command.outcome:
        case Outcome.REASSIGNED if command.lead:
            reason = f"{command.meeting}议定改派"
            change = c.AssignMatter(lead=command.lead, assist=command.assist, reason=reason)
            limited = matter.model_copy(update={"due": command.due or matter.due})
            yield from assign(limited, change, context)
        case Outcome.LISTED:
            only_of_objects(matter, Outcome.LISTED.label)
            refuse(matter.listed, f"{matter.number} 已挂牌督办")
            yield ev.MatterListed(meeting=command.meeting, reason=command.text)
        case Outcome.DELISTED:
            refuse(not matter.listed, f"{matter.number} 没有挂牌督办，无须摘牌")
            yield ev.MatterDelisted(meeting=command.meeting, reason=command.text)
        case Outcome.AGREED | Outcome.AGREED_IN_PRINCIPLE | Outcome.DISAGREED if command.subject:
            yield from _answered(matter, command, context, agreed=command.outcome in AGREEING)


def _answered(matter: Matter, command: c.RecordDecision, context: DecisionContext, *, agreed: bool) -> Iterator[Result]:
    """The meeting's answer to what was asked: 延期, 办结 or 撤销."""
    # A ciphertext is one only as long as nothing stands before it.
    words = command.text if is_sealed(command.text) else f"{command.meeting}议定：{command.text}"
    match command.subject:
        case Subject.EXTENSION:
            answer = c.AnswerExtension(grant=agreed, to=command.due, reason=words)
            yield from answer_extension(matter, answer, context, by_meeting=True)
        case Subject.CLOSURE:
            if agreed:
                yield from closed_by_meeting(matter, context, words)
            else:
                yield from returned(matter, context, words)
        case Subject.CANCELLATION:
            if agreed:
                yield ev.MatterCancelled(reason=words)
        case _:
            refuse_always("没有写明同意什么（延期、办结、撤销）", "malformed")
