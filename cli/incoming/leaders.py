"""`xmh incoming instruct seen mark`: what leaders say on a paper, themselves or typed for them (代录)."""

from datetime import date
from typing import Annotated

import typer

from cli.asking import ByOption, PaperOption, ReasonOption, TextOption, need_option, typed_day, typed_term, typed_text
from cli.incoming.common import NoOption, PaperArg, send, tell, the_instruction, the_paper
from cli.lookup import acting_for
from cli.moments import today
from cli.names import person_names
from cli.session import Problem, session
from cli.task.due import due_day
from domain.envelope import Actor
from domain.incoming import commands as c
from domain.incoming.events import LeaderInstructed
from domain.incoming.paper import IncomingPaper
from domain.queries.spoken import said_date
from domain.rules.authority import by_leader
from domain.terms import LeaderMark, MatterClass, Urgency
from eventlog import reading

OnOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help="批阅日期，默认今天")]


def instruct(
    paper: PaperArg,
    text: TextOption = None,
    due: Annotated[
        str | None,
        typer.Option("--due", metavar="DATE", help="领导定的办理时限；不写按督办规则计算"),
    ] = None,
    urgency: Annotated[
        str | None, typer.Option("--urgency", metavar="特急|加急|平件", help="这条批示的缓急；不写随来文")
    ] = None,
    klass: Annotated[str, typer.Option("--class", metavar="重大|协调|常规", help="重大即难度较大的")] = (
        MatterClass.ORDINARY.label
    ),
    on: OnOption = None,
    by: ByOption = None,
    ref: PaperOption = None,
) -> None:
    """批示：领导的话加密保存，各有时限（默认急件1至5日、一般15日、较难30日）；按呈批次序，批示过的可再批示。"""
    target = the_paper(paper)
    actor, leader = _leader(by, ref or target.number)
    command = c.Instruct(
        leader=leader,
        text=need_option(text, "--text", "批示内容"),
        on=_day(on),
        due=due_day(due) if due else None,
        urgency=typed_term(Urgency, urgency, "--urgency") if urgency else None,
        klass=typed_term(MatterClass, klass, "--class"),
    )
    _not_said_before(target, leader, command.text)
    done = send(target.stream, command, actor)
    given = done.instructions[-1]
    limit = given.limit(reading.rulebook(session.database).calendar)
    rule = f"，按默认时限：{given.due_rule.rule}" if given.due_rule else ""
    line = f"第{given.no}条批示（{person_names()(leader)}），时限 {said_date(limit)}{rule}"
    tell(done, line, instruction=given.no, due=limit.isoformat())


def _not_said_before(paper: IncomingPaper, leader: str, text: str) -> None:
    """The same words of one leader, still open, were typed already: by a colleague, or twice.

    Asked here, for the log holds only ciphertext. The command id tells a repetition from a second time.

    Raises:
        Problem: exit 3.
    """
    from eventlog.secrets import unseal_text

    if session.command_id and reading.find_command(session.database, session.command_id) is not None:
        return
    for one in paper.instructions:
        if one.open and one.leader == leader and unseal_text(session.database, paper.stream, one.text) == text.strip():
            raise Problem(
                f"{paper.number} 第{one.no}条批示已录入{person_names()(leader)}的这段话，请勿重复录入", "refused"
            )


def seen(paper: PaperArg, on: OnOption = None, by: ByOption = None, ref: PaperOption = None) -> None:
    """圈阅：领导看过，没有批示；不产生办理任务。"""
    target = the_paper(paper)
    actor, leader = _leader(by, ref or target.number)
    tell(send(target.stream, c.MarkSeen(leader=leader, on=_day(on)), actor), f"{person_names()(leader)}圈阅")


def extend(
    paper: PaperArg,
    no: NoOption = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="新的办理时限")] = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    ref: PaperOption = None,
) -> None:
    """批示延期：批示领导推迟自己定的办理时限；原时限保留。"""
    target = the_paper(paper)
    which = the_instruction(target, no)
    actor, leader = _leader(by, ref or target.number)
    command = c.ExtendInstruction(
        instruction=which,
        leader=leader,
        to=due_day(need_option(to, "--to", "新的办理时限")),
        reason=need_option(reason, "--reason", "延期理由"),
    )
    was = target.instruction(which)
    limit = was.limit(reading.rulebook(session.database).calendar) if was else command.to
    tell(send(target.stream, command, actor), f"第{which}条批示的时限 {limit} → {command.to}")


def mark(
    paper: PaperArg,
    no: NoOption = None,
    verdict: Annotated[
        str | None, typer.Option("--mark", metavar="圈阅|同意|继续办理", help="批示领导对报结的意见")
    ] = None,
    text: TextOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="继续办理的新时限")] = None,
    by: ByOption = None,
    ref: PaperOption = None,
) -> None:
    """原批示领导审阅报结：圈阅、同意即办结，继续办理则退回再办。"""
    target = the_paper(paper)
    actor, leader = _leader(by, ref or target.number)
    command = c.MarkFinished(
        instruction=the_instruction(target, no),
        leader=leader,
        mark=typed_term(LeaderMark, need_option(verdict, "--mark", "领导意见"), "--mark"),
        text=typed_text(text, "领导的话"),
        due=due_day(due) if due else None,
    )
    done = send(target.stream, command, actor)
    tell(done, f"第{command.instruction}条批示：{command.mark.label}")


def _leader(by: str | None, ref: str) -> tuple[Actor, str]:
    """Who acts and which leader's word it is.

    Raises:
        Refusal: `unsigned`, when it is no leader's.
    """
    actor = acting_for(by, ref if by else None)
    says = by_leader(actor, LeaderInstructed.label, "批示和圈阅须由领导本人作出，或由办公室代录（--by 领导）")
    return actor, says.id


def _day(text: str | None) -> date:
    return typed_day(text) if text else today()
