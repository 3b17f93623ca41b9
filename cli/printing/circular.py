"""`xmh paper circular` and `approve`: the 通报 of a period, approved by a leader before it is issued."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import PaperOption, confirm_command, need_option
from cli.lookup import acting_for, whole_office_only
from cli.moments import last_such_day, today
from cli.numbers import pass_numbers_given
from cli.printing.files import OutOption, check_output_file, office_press, write_page
from cli.printing.papers import answer_issued
from cli.session import Problem, answer, session

if TYPE_CHECKING:
    from documents.papers.case import PaperText

FromOption = Annotated[str | None, typer.Option("--from", metavar="D", help="起始日期，如 2022-03-01")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="D", help="截止日期，最晚为昨天")]


def circular(
    since: FromOption = None,
    until: ToOption = None,
    issue: Annotated[
        bool, typer.Option("--issue", help="签发：编文号、成文、入日志（须先经批准，并配 --sign）")
    ] = False,
    sign: Annotated[str | None, typer.Option("--sign", metavar="P", help="签发领导（人员编号或姓名）")] = None,
    paper: PaperOption = None,
    out: OutOption = None,
) -> None:
    """通报：一段时间的办理情况，点名到单位；草稿须经领导批准（paper approve）才能签发。"""
    from documents.formats.markdown import markdown_of
    from documents.papers.circular import draft_circular

    first, last = _span(since, until)
    check_output_file(out)
    if issue:  # who may sign is the rules' to say
        _issue(first, last, sign, paper, out)
        return
    whole_office_only("通报草稿")
    if sign is not None:
        raise Problem("--sign 须与 --issue 一起使用", "malformed")
    text = draft_circular(session.database, first, last, today())
    page = text.page()
    if out is not None:
        write_page(page, out)
    words = markdown_of(page)
    shown = f"已写入 {out}（未编号）" if out else words.rstrip("\n")
    next_step = (
        f"点名通报须经领导批准；批准后请用 xmh paper approve --from {first} --to {last} --by 批准领导 --paper 批件 登记"
    )
    answer({**_document(text), "markdown": words, "file": str(out) if out else None}, f"{shown}\n{next_step}")


def _issue(since: date, until: date, sign: str | None, paper: str | None, out: Path | None) -> None:
    from services.issuing.papers import issue_circular

    signer = acting_for(session.person(need_option(sign, "--sign", "签发领导")).id, paper)
    confirm_command(f"签发 {since} 至 {until} 的通报？文号给出后不能收回，只能作废。")
    pass_numbers_given()
    done = issue_circular(
        session.database,
        session.settings.store_place,
        since,
        until,
        signer=signer,
        now=datetime.now(UTC),
        press=office_press(),
    )
    answer_issued(done, out, {"from": since.isoformat(), "to": until.isoformat()})


def approve(
    since: FromOption = None,
    until: ToOption = None,
    by: Annotated[str | None, typer.Option("--by", metavar="P", help="批准的领导（代录时填写）")] = None,
    paper: PaperOption = None,
) -> None:
    """登记领导批准了一份通报：谁、凭哪份批件、哪段时间的哪一稿；文稿再有变化须重新报批。"""
    from documents.papers.circular import hash_of_circular
    from services.issuing.papers import approve_circular

    first, last = _span(since, until)
    actor = acting_for(by, paper)
    confirm_command(f"登记领导已批准 {first} 至 {last} 的通报？登记后不能收回。")
    text = approve_circular(session.database, first, last, actor=actor, now=datetime.now(UTC))
    approver = actor.on_behalf_of or actor
    approved = f"{text.title}（日志第 {text.ledger.position} 条以前），批准人 {text.ledger.person(approver.id)}"
    next_step = f"签发请用 xmh paper circular --from {first} --to {last} --issue --sign 签发领导"
    answer(
        {**_document(text), "approver": approver.id, "paper": paper, "words": hash_of_circular(text)},
        f"已登记：{approved}{f'，批件 {paper}' if paper else ''}；{next_step}",
    )


def _span(since: str | None, until: str | None) -> tuple[date, date]:
    first, last = need_option(since, "--from", "起始日期"), need_option(until, "--to", "截止日期")
    return last_such_day(first), last_such_day(last)


def _document(text: "PaperText") -> dict[str, Any]:
    return {
        "kind": text.kind.value,
        "number": None,
        "from": str(text.since),
        "to": str(text.until),
        "title": text.title,
        "addressees": list(text.addressees),
        "position": text.ledger.position,
    }
