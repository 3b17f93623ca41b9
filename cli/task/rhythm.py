"""`xmh task rhythm surge period`: how often a matter owes a report, and what a period of one without an end came to."""

from typing import Annotated

import typer

from cli.asking import MatterArg, ReasonOption, need_option, typed_term
from cli.sending import do_for_matter, do_for_matters
from cli.session import Problem, session
from cli.task.due import due_day
from domain.commands import ChangeRhythm, EndSurge, JudgePeriod, MoveSurge, StartSurge
from domain.periods import PeriodResult
from domain.terms import Rhythm
from services.reprojection import open_matters


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
    do_for_matter(matter, ChangeRhythm(rhythm=typed_term(Rhythm, to, "R")))


def surge(
    matters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[M…]", help="事项；改期或结束整个活动时可不写，只写 --campaign"),
    ] = None,
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
        do_for_matters(matters or _taking_part(campaign), EndSurge(reason=reason))
    elif move is not None:
        do_for_matters(matters or _taking_part(campaign), MoveSurge(until=due_day(move), reason=reason))
    else:
        if not matters:
            raise Problem("请写明哪些事项转入一日一调度", "malformed")
        name = need_option(campaign, "--campaign", "活动名称")
        do_for_matters(
            matters,
            StartSurge(campaign=name, until=due_day(need_option(until, "--until", "到哪天为止")), every_day=every_day),
        )


def _taking_part(campaign: str | None) -> list[str]:
    """Numbers of the matters that are on a surge for the campaign."""
    name = need_option(campaign, "--campaign", "活动名称，或写明事项")
    numbers = [m.number for m in open_matters(session.database) if m.surge is not None and m.surge.campaign == name]
    if not numbers:
        raise Problem(f"没有事项正在为“{name}”一日一调度", "not_found")
    return numbers


def period(
    matter: MatterArg,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="哪一期，如 2022-03、2022-Q1；不写则为上一期")
    ] = None,
    result: Annotated[str | None, typer.Option("--result", metavar="完成|未全部完成|未开展", help="评判结果")] = None,
    reason: ReasonOption = None,
) -> None:
    """长期、定期事项：改判已结束的一期（如单位迟报而实际已完成），须说明理由。"""
    chosen = typed_term(PeriodResult, need_option(result, "--result", "评判结果"), "--result")
    do_for_matter(matter, JudgePeriod(key=key, result=chosen, reason=need_option(reason, "--reason", "改判理由")))
