"""`xmh incoming assign`: 交办, what a leader instructed becomes a matter's, new or already there."""

from datetime import date
from typing import Annotated

import typer

from cli.answering import tell_many
from cli.asking import typed_term
from cli.incoming.common import NoOption, PaperArg, owed_today, tell, the_instruction, the_paper, what_is_owed
from cli.lookup import acting_for, the_matter, the_unit
from cli.names import person_names
from cli.sending import send_orders, task_order
from cli.session import Problem, session
from cli.task.due import due_day
from cli.task.opening import new_point
from domain.base import Refusal
from domain.commands import OpenMatter, Order, RecordInstruction
from domain.facts import Basis, InstructionRef
from domain.ids import matter_stream
from domain.incoming.events import PaperReceived
from domain.incoming.paper import IncomingPaper, Instruction
from domain.rules.records import may_record
from domain.terms import BasisKind, MatterClass, Rhythm
from eventlog import reading


def assign(
    paper: PaperArg,
    no: NoOption = None,
    matter: Annotated[
        list[str] | None, typer.Option("--matter", metavar="M", help="列入已有的督办事项，可多次填写")
    ] = None,
    lead: Annotated[str | None, typer.Option("--lead", metavar="UNIT", help="新立项：牵头单位，不填则待明确")] = None,
    assist: Annotated[list[str] | None, typer.Option("--assist", metavar="UNIT", help="配合单位，可多次填写")] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="T", help="新立项：事项名称，默认为来文标题（不涉密）")
    ] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="办结时限，默认为批示的时限")] = None,
    point: Annotated[
        list[str] | None, typer.Option("--point", metavar="TEXT[;due=DATE]", help="督办要点，可多次填写")
    ] = None,
    klass: Annotated[str, typer.Option("--class", metavar="重大|协调|常规", help="事项分类")] = (
        MatterClass.ORDINARY.label
    ),
    rhythm: Annotated[
        str | None, typer.Option("--rhythm", metavar="R", help="反馈周期，默认每月（每月报一次，直到办结）")
    ] = None,
) -> None:
    """交办：按一条批示新立项（可多次，一条批示立几项），或用 --matter 列入已有事项（一项可承办几条）。"""
    target = the_paper(paper)
    may_record(PaperReceived, session.actor)
    which = the_instruction(target, no)
    one = target.instruction(which)
    if one is None:
        raise Problem(f"{target.number} 没有第{which}条批示", "not_found")
    opening = (lead, assist, title, due, point, rhythm)
    if matter and any(opening):
        raise Problem("列入已有事项（--matter）时不再填写牵头单位、名称、时限等；新立项请去掉 --matter", "malformed")
    if matter:
        _carry(target, one, matter)
        return
    order = _opening(target, one, title=title, lead=lead, assist=assist or (), due=due, point=point or (), klass=klass)
    rhythm_ = typed_term(Rhythm, rhythm, "--rhythm") if rhythm else Rhythm.MONTHLY
    command = order.model_copy(update={"rhythm": rhythm_})
    key = _known_by(target, which, command)
    actor = acting_for(one.whose, target.number) if one.due_rule is None and due is None else session.actor
    stream = matter_stream(key)
    [reply] = send_orders([task_order(stream, command, actor)])
    if isinstance(reply, Exception):
        raise reply
    _within_its_limit(target, one, command.due, reply.matter)
    after = _again(target)
    tell(after, f"第{which}条批示交办：{reply.matter} {command.title}", matter=reply.matter)


def _within_its_limit(target: IncomingPaper, one: Instruction, due: date | None, number: str) -> None:
    """Say so when a matter is due after the leader wants to hear of it: that limit is his, and stays."""
    limit = one.limit(reading.rulebook(session.database).calendar)
    if due is not None and due > limit:
        session.advice.append(
            f"{number} 的时限 {due} 晚于{target.number}第{one.no}条批示的时限 {limit}，请先向批示领导报告"
        )


def _known_by(target: IncomingPaper, no: int, command: OpenMatter) -> str:
    """The key of the matter: the same thing is opened once; what has ended does not stand in the way of another."""
    title, lead = command.title, command.lead.id if command.lead else ""
    matters = reading.carrying_matters(session.database, target.ref(no))
    ended = sum(m.ended and m.title == title for m in matters)
    return f"{target.stream}#{no}/{title}/{lead}" + (f"/{ended}" if ended else "")


def _carry(target: IncomingPaper, one: Instruction, names: list[str]) -> None:
    """列入已有事项: the instruction's words go to each, sealed under its own key."""
    matters = [the_matter(name) for name in names]
    actor = acting_for(one.whose, target.number)
    command = RecordInstruction(leader=one.whose, text=_words(target, one), paper=target.ref(one.no))
    orders: list[Order] = [task_order(m.stream, command, actor, nth=n) for n, m in enumerate(matters)]
    replies = send_orders(orders)
    for m, answer in zip(matters, replies, strict=True):
        if not isinstance(answer, Exception):
            _within_its_limit(target, one, m.due, m.number)
    if len(replies) == 1:
        if isinstance(replies[0], Exception):
            raise replies[0]
        tell(_again(target), f"第{one.no}条批示列入 {replies[0].matter}", matter=replies[0].matter)
        return
    more = [[f"  待办：{what_is_owed(o)}" for o in owed_today(_again(target))]] * len(replies)
    tell_many([m.number for m in matters], replies, more=more)


def _opening(
    target: IncomingPaper,
    one: Instruction,
    *,
    title: str | None,
    lead: str | None,
    assist: "list[str] | tuple[str, ...]",
    due: str | None,
    point: "list[str] | tuple[str, ...]",
    klass: str,
) -> OpenMatter:
    calendar = reading.rulebook(session.database).calendar
    return OpenMatter(
        title=title or target.title,
        basis=Basis(
            kind=BasisKind.INSTRUCTION,
            text=f"{person_names()(one.leader)}批示",
            no=target.number,
            approver=one.whose,
        ),
        due=due_day(due) if due else one.limit(calendar),
        klass=typed_term(MatterClass, klass, "--class"),
        urgency=target.urgency,
        lead=the_unit(lead) if lead else None,
        assist=tuple(the_unit(u) for u in assist),
        points=tuple(new_point(p) for p in point),
        instruction=_words(target, one),
        instructed_by=one.whose,
        instruction_on=InstructionRef(stream=target.stream, number=target.number, no=one.no),
    )


def _words(target: IncomingPaper, one: Instruction) -> str:
    from eventlog.secrets import Unreadable, unseal_text

    words = unseal_text(session.database, target.stream, one.text)
    if isinstance(words, Unreadable):
        raise Refusal(f"{target.number} 第{one.no}条批示打不开，不能交办：{words.label}", "master_key")
    return words


def _again(target: IncomingPaper) -> IncomingPaper:
    return reading.paper_of(session.database, target.stream) or target
