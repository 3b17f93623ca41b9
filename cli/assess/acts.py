"""`xmh assess open adjust appeal answer settle use`."""

from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.asking import ByOption, PaperOption, ReasonOption, TextOption, confirm_command, need_option, typed_term
from cli.assess.common import KeyOption, the_assessment
from cli.lookup import acting_for, the_unit
from cli.moments import now, past_day
from cli.names import unit_names
from cli.session import Problem, answer, session
from domain.assessment.assessment import Assessment
from domain.assessment.events import AssessmentOpened, ResultUse
from domain.assessment.rules import (
    MOST_POINTS,
    AdjustScore,
    AnswerAppeal,
    RaiseAppeal,
    SettleAssessment,
    UseResult,
)
from domain.base import Frozen
from domain.bounds import cleaned, within_bounds
from domain.envelope import Actor
from domain.rules.context import DecisionContext
from domain.rules.practice import without_paper
from domain.rules.records import may_record
from eventlog import reading

UnitOption = Annotated[str | None, typer.Option("--unit", metavar="U", help="哪个单位")]


def open_(until: Annotated[str, typer.Argument(metavar="DATE", help="截至哪一天，如 2022-03-31、3月31日")]) -> None:
    """考核告知：把各单位年初至这一天的计分冻结下来，开始申诉期；此后不再重算。"""
    from services.assessments import open_assessment

    may_record(AssessmentOpened, session.actor)
    day = past_day(until)
    confirm_command(f"告知截至 {day} 的考核？告知后不再重算")
    made = open_assessment(session.database, day, actor=session.actor, command_id=_id(), now=now())
    _tell(made, f"已告知{len(made.scores)}个单位，{made.appeal_by} 前可以申诉")


def adjust(
    unit: UnitOption = None,
    points: Annotated[int | None, typer.Option("--points", metavar="N", help="加几分，减分写负数")] = None,
    reason: ReasonOption = None,
    key: KeyOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """加减分：规则以外的，须有理由并由领导批准。"""
    if points is None:
        raise Problem("缺少加减的分数，请用 --points 填写", "malformed")
    target = the_assessment(key)
    command = AdjustScore(
        unit=the_unit(need_option(unit, "--unit", "单位")).id,
        points=_points(points),
        reason=need_option(reason, "--reason", "加减分理由"),
    )
    done = _record(target, command, acting_for(by, paper))
    _tell(done, f"{unit_names()(command.unit)}{points:+d}分，合计{done.total(command.unit)}分")


def appeal(text: TextOption = None, key: KeyOption = None) -> None:
    """申诉：被考核单位在期限内对本单位的得分提出异议。"""
    target = the_assessment(key)
    done = _record(target, RaiseAppeal(text=need_option(text, "--text", "申诉内容")), session.actor)
    _tell(done, f"第{done.appeals[-1].no}项申诉已提出")


def answer_(
    no: Annotated[int, typer.Argument(metavar="N", help="第几项申诉")],
    upheld: Annotated[bool, typer.Option("--upheld", help="申诉成立（配 --points）")] = False,
    rejected: Annotated[bool, typer.Option("--rejected", help="申诉不成立")] = False,
    points: Annotated[int, typer.Option("--points", metavar="N", help="成立的加减几分")] = 0,
    text: TextOption = None,
    key: KeyOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """答复申诉：成立的写明加减几分，由领导批准。"""
    if upheld == rejected:
        raise Problem("请写明 --upheld（成立）或 --rejected（不成立）之一", "malformed")
    target = the_assessment(key)
    words = need_option(text, "--text", "答复")
    command = AnswerAppeal(no=no, upheld=upheld, points=_points(points), text=words)
    done = _record(target, command, acting_for(by, paper))
    _tell(done, f"第{no}项申诉{'成立' if upheld else '不成立'}")


def settle(key: KeyOption = None, by: ByOption = None, paper: PaperOption = None) -> None:
    """考核定稿：申诉期满、申诉都已答复后由领导定稿，此后不再改动。"""
    target, actor = the_assessment(key), acting_for(by, paper)
    confirm_command(f"{target.called}定稿？定稿后不再改动")
    _tell(_record(target, SettleAssessment(), actor), "已定稿")


def use(
    unit: UnitOption = None,
    as_: Annotated[
        str | None, typer.Option("--use", metavar="表扬|激励|约谈|通报批评|追责建议", help="怎样运用")
    ] = None,
    text: TextOption = None,
    key: KeyOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """结果运用：定稿后对一个单位表扬、激励、约谈、通报批评或提出追责建议，由领导批准（条例第二十一条）。"""
    target = the_assessment(key)
    command = UseResult(
        unit=the_unit(need_option(unit, "--unit", "单位")).id,
        use=typed_term(ResultUse, need_option(as_, "--use", "运用方式"), "--use"),
        text=need_option(text, "--text", "内容"),
    )
    done = _record(target, command, acting_for(by, paper))
    _tell(done, f"{unit_names()(command.unit)}：{command.use.label}")


def _points(points: int) -> int:
    if abs(points) > MOST_POINTS:
        raise Problem(f"加减分最多{MOST_POINTS}分", "malformed")
    return points


def _record(target: Assessment, command: Frozen, actor: Actor) -> Assessment:
    from services.assessments import record_assessment

    plain = cleaned(command)
    within_bounds(plain)
    moment = now()
    done = record_assessment(session.database, target.until, plain, actor=actor, command_id=_id(), now=moment)
    context = DecisionContext(rulebook=reading.rulebook(session.database), now=moment, actor=actor)
    session.advice += [one.message for one in without_paper(context) if not one.required]
    return done


def _id() -> str:
    return session.command_id or uuid4().hex


def _tell(done: Assessment, line: str) -> None:
    document: dict[str, Any] = {
        "assessment": done.until.isoformat(),
        "settled": done.settled,
        "version": done.version,
        "changed": [line],
    }
    answer(document, f"{done.called}  {line}")
