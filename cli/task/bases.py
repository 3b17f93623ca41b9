"""`xmh task basis` and `xmh plan carry-over`: one matter, several decisions behind it."""

from typing import Annotated

import typer

from cli.answering import tell_many
from cli.asking import ByOption, MatterArg, PaperOption, need_option, typed_term
from cli.lookup import acting_for, the_matter
from cli.sending import do_for_matter, send_orders, task_order
from cli.session import Problem, answer, session
from domain.calendar import local_date
from domain.commands import AddBasis, CarryOver
from domain.facts import Basis
from domain.matter import Matter
from domain.terms import BasisKind
from services.reprojection import open_matters

BasisOption = Annotated[str | None, typer.Option("--basis", metavar="TEXT", help="依据的名称")]
KindOption = Annotated[str, typer.Option("--basis-kind", metavar="会议纪要|领导批示|任务清单|文件", help="依据种类")]
NoOption = Annotated[str | None, typer.Option("--basis-no", metavar="文号", help="依据的文号")]
ApproverOption = Annotated[str | None, typer.Option("--approver", metavar="P", help="批准人（人员编号或姓名）")]


def basis(
    matter: MatterArg,
    text: BasisOption = None,
    kind: KindOption = BasisKind.DOCUMENT.label,
    no: NoOption = None,
    approver: ApproverOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """多头交办：另一份文件也交办了同一事项，并入已有事项，一个事项两个依据。"""
    do_for_matter(matter, AddBasis(basis=_basis(text, kind, no, approver)), acting_for(by, paper))


def carry_over(
    matters: Annotated[
        list[str] | None, typer.Argument(metavar="[M…]", help="只结转这些事项；不写则为全部未办结的往年事项")
    ] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="结转到哪一年")] = None,
    text: BasisOption = None,
    kind: KindOption = BasisKind.TASK_LIST.label,
    no: NoOption = None,
    approver: ApproverOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出将结转哪些事项")] = False,
) -> None:
    """结转：往年未办结的事项列入新一年的任务清单，编号和时限不变；重复结转不会重复记录。"""
    if year is None:
        raise Problem("请写明结转到哪一年（--year）", "malformed")
    command = CarryOver(year=year, basis=_basis(text, kind, no, approver))
    unfinished = _unfinished(year, matters)
    if dry_run or not unfinished:
        _tell_wanted(unfinished, year)
        return
    actor = acting_for(by, paper)
    tell_many(
        [m.number for m in unfinished],
        send_orders([task_order(m.stream, command, actor, nth=n) for n, m in enumerate(unfinished, start=1)]),
    )


def _basis(text: str | None, kind: str, no: str | None, approver: str | None) -> Basis:
    return Basis(
        kind=typed_term(BasisKind, kind, "--basis-kind"),
        text=need_option(text, "--basis", "依据"),
        no=no,
        approver=session.person(approver).id if approver else None,
    )


def _unfinished(year: int, words: list[str] | None) -> list[Matter]:
    """The open matters of earlier years that are not in the year's list yet; of those named, whatever they are."""
    named = {the_matter(w).stream for w in words or ()}
    return [
        m
        for m in sorted(open_matters(session.database), key=lambda m: m.number)
        if (m.stream in named if named else local_date(m.opened_at).year < year and year not in m.carried)
    ]


def _tell_wanted(unfinished: list[Matter], year: int) -> None:
    document = {
        "year": year,
        "matters": [{"matter": m.number, "title": m.title, "due": m.due.isoformat()} for m in unfinished],
    }
    lines = [f"{m.number}  {m.title}  时限 {m.due}" for m in unfinished]
    summary = f"将结转{len(unfinished)}件到{year}年" if unfinished else f"没有要结转到{year}年的事项"
    answer(document, "\n".join([*lines, summary]))
