"""批示件: 收文登记 → 拟办 → 呈批 → 批示 or 圈阅 → 交办 → 报结 → 原批示领导 (收文办理; 淮南 2021 for the way back).

Who may do it, `domain.rules.records` says, in the append as for every record of the office. That an instruction is
carried by matters is said by those (`InstructionRecorded.paper`), as a part names its whole.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from domain.base import Frozen, refuse, refuse_always
from domain.bounds import within_bounds
from domain.event import Event
from domain.facts import InstructionRef, checked_title, is_sealed
from domain.incoming import commands as c
from domain.incoming import events as ev
from domain.incoming.paper import IncomingPaper, Instruction
from domain.incoming.terms import Secrecy
from domain.matter import Matter
from domain.rules.context import DecisionContext
from domain.terms import BasisKind, LeaderMark, Stage

Rule = Callable[[IncomingPaper, Any, DecisionContext], Iterator[Event]]


def decide_incoming(paper: IncomingPaper | None, command: Frozen, context: DecisionContext) -> tuple[Event, ...]:
    """The events a command leads to on an incoming paper.

    Raises:
        Refusal: with one Chinese line, when a rule says no.
    """
    within_bounds(command)
    if isinstance(command, c.RegisterPaper):
        return tuple(_register(paper, command, context))
    if paper is None:
        refuse_always("没有这份来文，请先收文登记（xmh incoming register）", "not_found")
    refuse(paper.void is not None, f"{paper.number} 已作废（{paper.void}），不能再办理", "ended")
    after_filing = isinstance(command, c.Instruct | c.VoidPaper)
    refuse(paper.settled and not after_filing, f"{paper.number} 已归档，不能再办理", "ended")
    return tuple(_RULES[type(command)](paper, command, context))


def _register(paper: IncomingPaper | None, command: c.RegisterPaper, context: DecisionContext) -> Iterator[Event]:
    """收文登记: once; a paper of that 来文字号 is known by it."""
    known = f"{paper.number if paper else ''} 已登记过：{paper.title if paper else ''}"
    refuse(paper is not None, f"{known}；登记错了请先作废（xmh incoming void）")
    refuse(command.received_on > context.today, f"收文日期 {command.received_on} 还没有到", "malformed")
    open_words = command.summary is not None and not is_sealed(command.summary)
    refuse(command.secrecy is Secrecy.WORK and open_words, "工作秘密件的摘要须加密提交（--secret）", "malformed")
    yield ev.PaperReceived(
        sender=command.sender,
        sender_no=command.sender_no,
        title=checked_title(command.title),
        received_on=command.received_on,
        secrecy=command.secrecy,
        urgency=command.urgency,
        summary=command.summary,
        attachments=command.attachments,
    )


def _propose(paper: IncomingPaper, command: c.ProposeHandling, context: DecisionContext) -> Iterator[Event]:
    """拟办; it may be changed until a leader has read it."""
    del context
    read = bool(paper.instructions or paper.seen)
    refuse(read, f"{paper.number} 已有领导批阅，拟办意见不能再改")
    refuse(command.text in paper.proposals[-1:], "拟办意见没有变化")
    yield ev.HandlingProposed(text=command.text)


def _submit(paper: IncomingPaper, command: c.SubmitToLeaders, context: DecisionContext) -> Iterator[Event]:
    """呈批, after 拟办; who is to read it is changed with a reason."""
    del context
    refuse(not paper.proposals, f"{paper.number} 还没有拟办意见，请先拟办（xmh incoming propose）")
    leaders = command.leaders
    refuse(len(set(leaders)) < len(leaders), "同一位领导写了两次，请核对呈批次序", "malformed")
    refuse(leaders == paper.waiting, "呈批次序没有变化")
    refuse(bool(paper.route) and command.reason is None, "改变呈批次序或再次呈批须说明理由（--reason）", "malformed")
    yield ev.PaperSubmitted(leaders=leaders, reason=command.reason)


def _instruct(paper: IncomingPaper, command: c.Instruct, context: DecisionContext) -> Iterator[Event]:
    """批示, in the order of 呈批; who has already read it may add to his word. Each has its own limit."""
    _in_turn(paper, command.leader, again=True)
    _on_a_day(paper, command, context)
    due, rule = command.due, None
    if due is None:
        urgency = command.urgency or paper.urgency
        rule = context.policy.due_rule(BasisKind.INSTRUCTION, urgency, command.klass, command.on)
        refuse(rule is None, "督办规则没有领导批示的默认时限，请写明办理时限（--due）", "malformed")
        due = rule.due(context.calendar) if rule else command.on
    refuse(due < command.on, f"办理时限 {due} 早于批示日期 {command.on}", "malformed")
    yield ev.LeaderInstructed(
        no=len(paper.instructions) + 1,
        leader=command.leader,
        text=command.text,
        on=command.on,
        due=due,
        due_rule=rule,
        report_months=context.policy.instruction_report_months,
    )


def _see(paper: IncomingPaper, command: c.MarkSeen, context: DecisionContext) -> Iterator[Event]:
    """圈阅, in the order of 呈批."""
    _in_turn(paper, command.leader, again=False)
    _on_a_day(paper, command, context)
    yield ev.PaperSeen(leader=command.leader, on=command.on)


def _in_turn(paper: IncomingPaper, leader: str, *, again: bool) -> None:
    refuse(not paper.route, f"{paper.number} 还没有呈批，请先呈批（xmh incoming submit）")
    read = leader in paper.route and leader not in paper.waiting
    if again and read:
        return
    refuse(read, f"{paper.number} 该领导已经批阅过")
    refuse(leader not in paper.waiting, f"{paper.number} 没有呈批给这位领导", "forbidden")
    early = leader != paper.waiting[0]
    refuse(early, "按呈批次序还没有轮到这位领导；次序有变请重新呈批（xmh incoming submit --reason）")


def _on_a_day(paper: IncomingPaper, command: c.Instruct | c.MarkSeen, context: DecisionContext) -> None:
    refuse(command.on > context.today, f"批阅日期 {command.on} 还没有到", "malformed")
    refuse(command.on < paper.received_on, f"批阅日期 {command.on} 早于收文日期 {paper.received_on}", "malformed")


def _inform(paper: IncomingPaper, command: c.ReportToLeader, context: DecisionContext) -> Iterator[Event]:
    """每月报一次, or whenever there is something to tell."""
    del context
    one = _open_instruction(paper, command.instruction)
    refuse(one.reported_on is not None, f"第{one.no}条批示已报结，待批示领导审阅")
    yield ev.LeaderInformed(instruction=one.no, text=command.text)


def _extend(paper: IncomingPaper, command: c.ExtendInstruction, context: DecisionContext) -> Iterator[Event]:
    """批示延期: only by whose it is, with a reason, before it is reported done."""
    one = _open_instruction(paper, command.instruction)
    refuse(one.reported_on is not None, f"第{one.no}条批示已报结，待批示领导审阅")
    refuse(command.leader != one.whose, f"第{one.no}条批示的时限由批示领导本人决定", "forbidden")
    limit = one.limit(context.calendar)
    refuse(command.to <= limit, f"新时限须晚于现在的时限 {limit}", "malformed")
    refuse(command.to < context.today, f"时限 {command.to} 已经过去", "malformed")
    yield ev.InstructionExtended(instruction=one.no, leader=command.leader, to=command.to, reason=command.reason)


def _finish(paper: IncomingPaper, command: c.FinishInstruction, context: DecisionContext) -> Iterator[Event]:
    """报结. That its matters have ended, `may_be_reported_done` asks in the append."""
    del context
    one = _open_instruction(paper, command.instruction)
    refuse(one.reported_on is not None, f"第{one.no}条批示已报结，待批示领导审阅")
    yield ev.CompletionReported(instruction=one.no, text=command.text, seen_at=command.seen_at)


def _mark(paper: IncomingPaper, command: c.MarkFinished, context: DecisionContext) -> Iterator[Event]:
    """圈阅 or 同意 is the end; any 继续办理 is none (淮南 2021). Only who instructed says it."""
    one = _open_instruction(paper, command.instruction)
    refuse(one.reported_on is None, f"第{one.no}条批示还没有报结，请先报结（xmh incoming finish）")
    refuse(command.leader != one.whose, f"第{one.no}条批示须由原批示领导审阅", "forbidden")
    goes_on = command.mark is LeaderMark.CONTINUE
    refuse(command.due is not None and not goes_on, "只有继续办理才另定时限", "malformed")
    refuse(command.due is not None and command.due < context.today, f"时限 {command.due} 已经过去", "malformed")
    yield ev.CompletionMarked(
        instruction=one.no, leader=command.leader, mark=command.mark, text=command.text, due=command.due
    )


def _hand_over(paper: IncomingPaper, command: c.HandOverPaper, context: DecisionContext) -> Iterator[Event]:
    """批示交接. Where he had a turn before, his successor has it now, also when that one has read it for himself."""
    del context
    refuse(command.from_person == command.to_person, "交接前后是同一个人", "malformed")
    refuse(not paper.holds(command.from_person), f"{paper.number} 没有等这位领导的事，无可交接")
    yield ev.PaperHandedOver(from_person=command.from_person, to_person=command.to_person, reason=command.reason)


def _file(paper: IncomingPaper, command: c.FilePaper, context: DecisionContext) -> Iterator[Event]:
    """归档, when everybody has read it and no instruction is open."""
    del context
    refuse(bool(paper.waiting), f"{paper.number} 还在呈批，尚有{len(paper.waiting)}位领导没有批阅，不能归档")
    left = [str(i.no) for i in paper.instructions if i.open]
    refuse(bool(left), f"{paper.number} 第{'、'.join(left)}条批示还没有办结，不能归档")
    unread = not paper.seen and not paper.instructions
    refuse(unread and command.text is None, f"{paper.number} 没有呈批，归档须说明理由（--text）", "malformed")
    yield ev.PaperFiled(text=command.text)


def _void(paper: IncomingPaper, command: c.VoidPaper, context: DecisionContext) -> Iterator[Event]:
    """作废 of what was entered by mistake; what a leader has instructed stands."""
    del context
    refuse(bool(paper.instructions), f"{paper.number} 已有领导批示，不能作废")
    yield ev.RegistrationVoided(reason=command.reason)


_RULES: dict[type[Frozen], Rule] = {
    c.ProposeHandling: _propose,
    c.SubmitToLeaders: _submit,
    c.Instruct: _instruct,
    c.MarkSeen: _see,
    c.ReportToLeader: _inform,
    c.ExtendInstruction: _extend,
    c.FinishInstruction: _finish,
    c.MarkFinished: _mark,
    c.HandOverPaper: _hand_over,
    c.FilePaper: _file,
    c.VoidPaper: _void,
}


def _open_instruction(paper: IncomingPaper, no: int) -> Instruction:
    one = paper.instruction(no)
    if one is None:
        refuse_always(f"{paper.number} 没有第{no}条批示", "not_found")
    refuse(not one.open, f"{paper.number} 第{no}条批示已办结")
    return one


# --- asked in the append, with both streams in view


def may_carry(paper: IncomingPaper | None, carried: InstructionRef, leader: str) -> None:
    """交办: a matter carries an instruction that exists, of that leader, and is not done.

    Raises:
        Refusal: `not_found`, `ended`, `refused`.
    """
    one = paper.instruction(carried.no) if paper is not None and paper.number == carried.number else None
    if paper is None or one is None:
        refuse_always(f"没有 {carried.number} 第{carried.no}条批示", "not_found")
    refuse(leader not in (one.leader, one.whose), f"{carried.number} 第{carried.no}条不是这位领导的批示")
    done = not one.open or one.reported_on is not None or paper.settled
    refuse(done, f"{carried.number} 第{carried.no}条批示已报结，不能再交办", "ended")


def may_be_reported_done(reported: ev.CompletionReported, leader: str, matters: Sequence[Matter]) -> None:
    """报结 when every matter that carries the instruction has ended; spared when he marked each of them himself.

    Raises:
        Refusal: `open_matters`; `refused`, when he has not said so at every 销号.
    """
    left = [m.number for m in matters if not m.ended]
    refuse(bool(left), f"承办事项 {'、'.join(left)} 还没有办结，不能报结", "open_matters")
    if reported.seen_at:
        refuse(not ended_before(leader, matters), "批示领导没有在全部承办事项销号时审阅，须另行报结")


def ended_before(leader: str, matters: Sequence[Matter]) -> bool:
    """Whether the leader himself marked the end of every matter that carried his instruction; merged ones aside."""
    own = [m for m in matters if m.merged_into is None]
    marked = (m.stage is Stage.CLOSED and m.closed is not None and leader in m.closed.marked_by for m in own)
    return bool(own) and all(marked)
