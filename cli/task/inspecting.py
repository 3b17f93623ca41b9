"""`xmh task inspect`: what was seen on the spot."""

from pathlib import Path
from typing import Annotated

import typer

from cli.task.common import (
    ByOption,
    MatterArg,
    PaperOption,
    TextOption,
    acting,
    attached,
    need,
    order,
    send,
    tell_one,
    term,
    the_matter,
)
from cli.task.opening import moment
from domain.commands import InspectMatter
from domain.terms import Finding


def inspect(
    matter: MatterArg,
    text: TextOption = None,
    finding: Annotated[
        str | None, typer.Option("--finding", metavar="属实|部分属实|不实", help="所报情况是否属实")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE", help="照片、记录，可多次填写")
    ] = None,
    inspector: Annotated[
        str | None, typer.Option("--inspector", metavar="NAME", help="由谁核查（第三方、督查组；不写则为录入人本人）")
    ] = None,
    occurred: Annotated[
        str | None, typer.Option("--occurred", metavar="DATE", help="哪天核查的（当天录入不必填写）")
    ] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """现场核查、验收：另记一条，写明所见、是否属实，附照片；不实的按规则计分，并通知单位。"""
    target = the_matter(matter)
    command = InspectMatter(
        text=need(text, "--text", "核查情况"),
        finding=term(Finding, finding, "--finding") if finding else None,
        inspector=inspector,
        attachments=attached(attach or ()),
        occurred_at=moment(occurred),
    )
    tell_one(send([order(target.stream, command, acting(by, paper))])[0])
