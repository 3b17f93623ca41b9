"""Options and arguments many commands share, and how what is typed into them, or asked for, is understood."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.moments import today
from cli.session import Problem, session
from cli.terminal import plain
from domain.base import Term
from domain.queries.spoken import spoken_date
from eventlog.patience import time_not_counted

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T", bound=Term)

MatterArg = Annotated[str, typer.Argument(metavar="M", help="事项编号（XMH-2022-007）、尾号（7）或名称中的字词")]
MattersArg = Annotated[list[str], typer.Argument(metavar="M…", help="一个或多个事项：编号、尾号或名称中的字词")]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="PERSON", help="作出决定的领导（代录时填写，人员编号或姓名）")
]
PaperOption = Annotated[
    str | None, typer.Option("--paper", metavar="REF", help="代录领导决定所凭的文件（文号、纪要、签批件）")
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="理由")]
TextOption = Annotated[str | None, typer.Option("--text", metavar="TEXT", help="内容；写 - 则由标准输入读取")]
OverOption = Annotated[
    str | None,
    typer.Option("--over-open-children", metavar="TEXT", help="分解的事项还没有全部办结而先行结束的理由"),
]
UnfinishedOption = Annotated[
    str | None,
    typer.Option("--over-unfinished", metavar="TEXT", help="进度、要点、指标或证明材料尚有未完成而办结的理由"),
]


def need_option(value: str | None, option: str, question: str) -> str:
    """A required option of a command: asked for on a terminal, else refused.

    Raises:
        Problem: it is missing and nobody can be asked (exit 2).
    """
    value = typed_text(value, question)
    if value is None and session.asks:
        with time_not_counted():
            value = typer.prompt(plain(question))
    if value is None or not value.strip():
        raise Problem(f"缺少{question}，请用 {option} 填写", "malformed")
    return value


def typed_text(value: str | None, question: str) -> str | None:
    """A text option; `-` stands for standard input, so that a secret need not stand in the list of processes.

    On a terminal it is asked for without being shown.
    """
    if value != "-":
        return value
    if sys.stdin.isatty():
        with time_not_counted():
            return str(typer.prompt(plain(f"{question}（输入时不显示）"), hide_input=True))
    from sheets.input_file import read_text

    with time_not_counted():
        return read_text(Path("-")).strip()


def confirm_command(question: str) -> None:
    """Ask before a command that cannot be taken back; a pipe, `--json` or `--yes` asks nothing."""
    if session.asks:
        session.echo()
    with time_not_counted():
        refused = session.asks and not typer.confirm(plain(question))
    if refused:
        raise Problem("已取消，未作任何改动", "aborted")


def typed_term(kind: "type[T]", text: str, option: str, offered: "Sequence[T] | None" = None) -> "T":
    """The term an option means by Chinese label or English value. `offered` are those to be named, else all.

    Raises:
        Problem: there is no such term (exit 2).
    """
    member = kind.from_label(text.strip())
    if member is None:
        choices = "、".join(m.label for m in offered or kind)
        raise Problem(f"{option} 没有“{text}”这一项，可填：{choices}", "malformed")
    return member


def typed_day(text: str) -> date:
    """The date an option means, as people say it."""
    spoken = spoken_date(text, today())
    session.understood(text, spoken)
    return spoken
