"""`xmh task rhythm surge`: how often a matter owes a report."""

from typing import Annotated

import typer

from cli.session import Problem
from cli.task.common import MatterArg, MattersArg, ReasonOption, day, do, do_all, need, term
from domain.commands import ChangeRhythm, EndSurge, MoveSurge, StartSurge
from domain.terms import Rhythm


def rhythm(
    matter: MatterArg,
    to: Annotated[
        str,
        typer.Argument(
            metavar="R",
            help="daily weekly monthly quarterly once plan_and_land，或每日、每周等中文",
        ),
    ],
) -> None:
    """调整反馈周期；正在一日一调度的，到期后才按新周期。"""
    do(matter, ChangeRhythm(rhythm=term(Rhythm, to, "R")))


def surge(
    matters: MattersArg,
    campaign: Annotated[str | None, typer.Option("--campaign", metavar="NAME", help="为什么活动，如 开工活动")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="到哪天为止（含当天）")] = None,
    every_day: Annotated[bool, typer.Option("--every-day", help="周末和节假日也报")] = False,
    move: Annotated[str | None, typer.Option("--move", metavar="DATE", help="活动改期：改到哪天为止")] = None,
    end: Annotated[bool, typer.Option("--end", help="提前结束")] = False,
    reason: ReasonOption = None,
) -> None:
    """一日一调度、一日一反馈、一日一落实：到期自动恢复原来的反馈周期。"""
    if move is not None and end:
        raise Problem("--move（改期）与 --end（提前结束）二者取一", "malformed")
    if end:
        do_all(matters, EndSurge(reason=reason))
    elif move is not None:
        do_all(matters, MoveSurge(until=day(move), reason=reason))
    else:
        name = need(campaign, "--campaign", "活动名称")
        do_all(matters, StartSurge(campaign=name, until=day(need(until, "--until", "到哪天为止")), every_day=every_day))
