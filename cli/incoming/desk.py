"""`xmh incoming register propose submit report finish archive void`: what the office does with a paper."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import ReasonOption, TextOption, confirm_command, need_option, typed_term
from cli.incoming.common import (
    NoOption,
    PaperArg,
    leader_ids,
    readers_only,
    secret_when_work,
    send,
    tell,
    the_instruction,
    the_paper,
)
from cli.moments import today
from cli.names import person_names
from cli.sending import attached_files
from cli.session import Problem, session
from domain.incoming import commands as c
from domain.incoming.events import PaperReceived
from domain.incoming.rules import ended_before
from domain.incoming.terms import STATE_SECRETS, Secrecy
from domain.queries.spoken import said_date, spoken_date
from domain.rules.records import may_record
from domain.terms import Urgency
from eventlog import reading


def register(
    sender: Annotated[str | None, typer.Option("--from", metavar="UNIT", help="来文单位")] = None,
    sender_no: Annotated[str | None, typer.Option("--from-no", metavar="文号", help="来文字号；没有则不写")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="文件标题（不涉密）")] = None,
    received: Annotated[str | None, typer.Option("--received", metavar="DATE", help="收文日期，默认今天")] = None,
    secrecy: Annotated[str, typer.Option("--secrecy", metavar="无|内部|工作秘密", help="密级")] = Secrecy.NONE.label,
    urgency: Annotated[str, typer.Option("--urgency", metavar="特急|加急|平件", help="紧急程度")] = (
        Urgency.NORMAL.label
    ),
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="内容摘要；写 - 则由标准输入读取")] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="来文，可多次填写")] = None,
) -> None:
    """收文登记：编收文号（按年连续，作废也不重用）；同一来文字号只登记一次。"""
    from cli.asking import typed_text
    from services.incoming_papers import registration_stream

    readers_only()
    may_record(PaperReceived, session.actor)
    command = c.RegisterPaper(
        sender=need_option(sender, "--from", "来文单位"),
        sender_no=sender_no.strip() or None if sender_no else None,
        title=need_option(title, "--title", "文件标题"),
        received_on=_past(received),
        secrecy=_secrecy(secrecy),
        urgency=typed_term(Urgency, urgency, "--urgency"),
        summary=typed_text(text, "内容摘要"),
    )
    session.secret = session.secret or command.secrecy is Secrecy.WORK
    command = command.model_copy(update={"attachments": attached_files(attach or ())})
    paper = send(registration_stream(session.database, command), command)
    tell(paper, f"收文登记  {paper.title}", title=paper.title)


def _secrecy(text: str) -> Secrecy:
    state = next((mark for mark in STATE_SECRETS if mark in text and "工作秘密" not in text), None)
    if state is not None:
        raise Problem(f"“{state}”是国家秘密，不得在本系统登记和处理；请登记在涉密文件登记簿", "state_secret")
    return typed_term(Secrecy, text, "--secrecy")


def _past(text: str | None) -> date:
    if text is None:
        return today()
    day = spoken_date(text, today())
    session.understood(text, day)
    return day


def propose(paper: PaperArg, text: TextOption = None) -> None:
    """拟办：办公室提出拟办意见。"""
    target = the_paper(paper)
    secret_when_work(target)
    done = send(target.stream, c.ProposeHandling(text=need_option(text, "--text", "拟办意见")))
    tell(done, "拟办")


def submit(
    paper: PaperArg,
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="P", help="呈批领导（人员编号或姓名），按次序多次填写")
    ] = None,
    reason: ReasonOption = None,
) -> None:
    """呈批：按写的次序由领导批阅；改变次序或再次呈批的写明理由，代替还没有批阅的。"""
    target = the_paper(paper)
    if not to:
        raise Problem("请用 --to 写明呈批领导，按次序可多次填写", "malformed")
    done = send(target.stream, c.SubmitToLeaders(leaders=leader_ids(to), reason=reason))
    tell(done, f"呈批：{'→'.join(map(person_names(), done.waiting))}")


def report(paper: PaperArg, no: NoOption = None, text: TextOption = None) -> None:
    """向批示领导报告进展（每月报一次，直到办结）。"""
    target = the_paper(paper)
    secret_when_work(target)
    which = the_instruction(target, no)
    done = send(target.stream, c.ReportToLeader(instruction=which, text=need_option(text, "--text", "进展")))
    after = done.instruction(which)
    again = f"，下次{said_date(after.report_due)}前" if after and after.report_due else ""
    tell(done, f"第{which}条批示已报告进展{again}")


def finish(paper: PaperArg, no: NoOption = None, text: TextOption = None) -> None:
    """报结：批示办完，报原批示领导审阅；领导在承办事项销号时都已审阅的，不必再审。"""
    target = the_paper(paper)
    secret_when_work(target)
    which = the_instruction(target, no)
    words = need_option(text, "--text", "办理结果")
    one = target.instruction(which)
    matters = reading.carrying_matters(session.database, target.ref(which))
    seen_at = tuple(m.number for m in matters) if one and ended_before(one.whose, matters) else ()
    done = send(target.stream, c.FinishInstruction(instruction=which, text=words, seen_at=seen_at))
    spared = f"（领导已在 {'、'.join(seen_at)} 销号时审阅，不必再审）" if seen_at else ""
    tell(done, f"第{which}条批示报结{spared}")


def archive(paper: PaperArg, text: TextOption = None) -> None:
    """归档：领导都已批阅、批示都已办结；没有呈批的须说明理由。"""
    target = the_paper(paper)
    tell(send(target.stream, c.FilePaper(text=text)), "归档")


def void(paper: PaperArg, reason: ReasonOption = None) -> None:
    """作废登记错的收文：收文号保留，不再使用；可以另行登记。"""
    target = the_paper(paper)
    why = need_option(reason, "--reason", "作废理由")
    confirm_command(f"作废 {target.number} {target.title}？")
    tell(send(target.stream, c.VoidPaper(reason=why)), f"作废：{why}")
