"""`xmh inspection plan replan cancel hold recuse`: before and on the day."""

from typing import Annotated
from uuid import uuid4

import typer

from cli.asking import ByOption, PaperOption, ReasonOption, confirm_command, need_option, typed_day, typed_term
from cli.inspection.common import InspectionArg, plan_for_reader, record, tell, the_inspection
from cli.lookup import acting_for, the_matter, the_unit
from cli.names import person_names
from cli.session import Problem, session
from cli.task.opening import moment
from domain.base import refuse
from domain.envelope import Actor
from domain.facts import Basis, MatterRef, checked_title
from domain.ids import onsite_stream
from domain.onsite.commands import CancelOnSite, HoldOnSite, PlanOnSite, RecuseInspector, ReplanOnSite
from domain.onsite.events import OnSitePlan
from domain.onsite.inspection import OnSite
from domain.onsite.terms import OnSiteStage
from domain.terms import BasisKind, MatterKind
from eventlog import reading

UnitsOption = Annotated[
    list[str] | None, typer.Option("--unit", metavar="UNIT", help="督查对象，可多次填写；不写则为所列事项的牵头单位")
]
MattersOption = Annotated[list[str] | None, typer.Option("--matter", metavar="M", help="督查哪些事项，可多次填写")]
LeaderOption = Annotated[str | None, typer.Option("--leader", metavar="P", help="组长")]
MembersOption = Annotated[list[str] | None, typer.Option("--member", metavar="P", help="成员，可多次填写")]
ExpertsOption = Annotated[
    list[str] | None, typer.Option("--expert", metavar="NAME", help="特邀人员（人大代表、专家等），可多次填写")
]
RecusedOption = Annotated[list[str] | None, typer.Option("--recuse", metavar="P", help="须回避的人员，可多次填写")]
OnOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help="哪天（从哪天起）督查")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="到哪天为止；一天的不填")]
OverOption = Annotated[
    str | None,
    typer.Option("--over-frequency", metavar="TEXT", help="本年对同一单位的督查已到规则限定的次数，仍须督查的理由"),
]


def plan(
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="督查名称")] = None,
    basis: Annotated[str | None, typer.Option("--basis", metavar="TEXT", help="督查依据：决定、批示或年度计划")] = None,
    basis_no: Annotated[str | None, typer.Option("--basis-no", metavar="文号", help="依据的文号")] = None,
    basis_kind: Annotated[
        str, typer.Option("--basis-kind", metavar="会议纪要|领导批示|任务清单|文件", help="依据的种类")
    ] = BasisKind.DOCUMENT.label,
    kind: Annotated[
        str, typer.Option("--kind", metavar="综合督查|专项督查|事件调查|日常督办|线索核查", help="督查类别")
    ] = MatterKind.SPECIAL.label,
    leader: LeaderOption = None,
    member: MembersOption = None,
    expert: ExpertsOption = None,
    recuse: RecusedOption = None,
    unit: UnitsOption = None,
    matter: MattersOption = None,
    on: OnOption = None,
    until: UntilOption = None,
    covert: Annotated[
        bool, typer.Option("--covert", help="暗访：方案加密，开展前只有办公室、领导和督查组能看")
    ] = False,
    over_frequency: OverOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """批准一次督查：组长、成员、回避、对象、时间；须有依据和批准的领导，对同一单位的次数按规则限制。"""
    actor = acting_for(by, paper)
    start = typed_day(need_option(on, "--on", "督查日期"))
    matters = _matters(matter or ())
    planned = OnSitePlan(
        title=checked_title(need_option(title, "--title", "督查名称")),
        basis=Basis(
            kind=typed_term(BasisKind, basis_kind, "--basis-kind"),
            text=need_option(basis, "--basis", "督查依据"),
            no=basis_no,
        ),
        kind=typed_term(MatterKind, kind, "--kind"),
        leader=session.person(need_option(leader, "--leader", "组长")).id,
        members=tuple(session.person(p).id for p in member or ()),
        experts=tuple(expert or ()),
        recused=tuple(session.person(p).id for p in recuse or ()),
        units=_units(unit or (), matters),
        matters=matters,
        on=start,
        until=typed_day(until) if until else start,
        over_frequency=over_frequency,
    )
    stream = onsite_stream(session.command_id or uuid4().hex)
    done = record(stream, PlanOnSite(plan=planned, sealed_plan=_sealed(stream, planned, actor, covert=covert)), actor)
    tell(done, "已批准" + ("，暗访：方案已加密" if covert else ""))


def _sealed(stream: str, planned: OnSitePlan, actor: Actor, *, covert: bool) -> str | None:
    """The plan of a 暗访 as ciphertext; a plan the rules refuse leaves not even a key."""
    if not covert:
        return None
    from domain.onsite.events import OnSitePlanned
    from domain.onsite.rules import check_plan
    from domain.rules.records import may_record
    from services.inspections import seal_plan

    may_record(OnSitePlanned, actor)
    check_plan(planned, session.directory())
    return seal_plan(session.database, stream, planned)


def _matters(words: list[str] | tuple[str, ...]) -> tuple[MatterRef, ...]:
    listed = [the_matter(w) for w in words]
    return tuple(dict.fromkeys(MatterRef(stream=m.stream, number=m.number) for m in listed))


def _units(names: list[str] | tuple[str, ...], matters: tuple[MatterRef, ...]) -> tuple[str, ...]:
    """The units named, else those that lead the matters."""
    if names:
        return tuple(dict.fromkeys(the_unit(name).id for name in names))
    leads = [m.lead for m in reading.listed_matters(session.database, {m.stream for m in matters})]
    leading = tuple(dict.fromkeys(lead for lead in leads if lead is not None))
    refuse(not leading, "缺少督查对象，请用 --unit 填写单位，或用 --matter 填写事项", "malformed")
    return leading


def replan(
    inspection: InspectionArg,
    leader: LeaderOption = None,
    member: MembersOption = None,
    expert: ExpertsOption = None,
    unit: UnitsOption = None,
    matter: MattersOption = None,
    on: OnOption = None,
    until: UntilOption = None,
    over_frequency: OverOption = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """开展前调整方案：改时间、组长、成员、对象；没有写的照旧，须由领导批准。"""
    target, actor = the_inspection(inspection), acting_for(by, paper)
    approved = _plan_of(target)
    # Who left the team (回避) or the directory is not carried on with it.
    still = {p for p in session.directory().people if p not in target.recused}
    before = approved.model_copy(update={"members": tuple(p for p in approved.members if p in still)})
    matters = _matters(matter) if matter else before.matters
    start = typed_day(on) if on else before.on
    given = {
        "leader": session.person(leader).id if leader else None,
        "members": tuple(session.person(p).id for p in member) if member else None,
        "experts": tuple(expert) if expert else None,
        "units": _units(unit or (), matters) if unit or matter else None,
        "matters": matters if matter else None,
        "on": start if on else None,
        "until": typed_day(until) if until else (start if on else None),
        "over_frequency": over_frequency,
    }
    after = before.model_copy(update={key: value for key, value in given.items() if value is not None})
    if after == approved:
        raise Problem("没有写明要调整什么（--on、--leader、--member、--unit 等）", "malformed")
    _all_there(after)
    sealed = _sealed(target.stream, after, actor, covert=target.covert)
    why = need_option(reason, "--reason", "调整理由")
    done = record(target.stream, ReplanOnSite(plan=after, sealed_plan=sealed, reason=why), actor)
    moved = f"{before.on} → {after.on}" if after.on != before.on else ""
    tell(done, "方案已调整" + (f"（{moved}）" if moved else ""))


def _all_there(plan: OnSitePlan) -> None:
    """Who left the directory since has no entry there, so that the rule can but say his id."""
    people, name = session.directory().people, person_names()
    gone = "、".join(name(p) for p in plan.team if p not in people)
    refuse(bool(gone), f"{gone}已离任，请先另定组长、成员（inspection replan）", "refused")


def _plan_of(target: OnSite) -> OnSitePlan:
    plan = plan_for_reader(target)
    if plan is None:
        raise Problem(f"{target.number} 是暗访，方案在开展前保密", "not_found")
    return plan


def cancel(inspection: InspectionArg, reason: ReasonOption = None) -> None:
    """取消一次还没有开展的督查：编号保留。"""
    target = the_inspection(inspection)
    why = need_option(reason, "--reason", "取消理由")
    confirm_command(f"取消 {target.number}？")
    tell(record(target.stream, CancelOnSite(reason=why)), "已取消")


def hold(
    inspection: InspectionArg,
    occurred: Annotated[
        str | None, typer.Option("--occurred", metavar="DATE", help="哪天开展的（当天登记不必填写）")
    ] = None,
) -> None:
    """登记已开展：此后可以登记发现；暗访的方案从此公开。"""
    target = the_inspection(inspection)
    refuse(target.stage is not OnSiteStage.PLANNED, f"{target.number} {target.stage.label}，不能重复登记开展")
    approved = _plan_of(target)
    _all_there(approved)
    held = record(target.stream, HoldOnSite(plan=approved, occurred_at=moment(occurred)))
    tell(held, f"已开展（{held.held_on}）")


def recuse(
    inspection: InspectionArg,
    person: Annotated[str | None, typer.Option("--person", metavar="P", help="谁回避；不写则为本人")] = None,
    reason: ReasonOption = None,
) -> None:
    """督查人员回避：此后不能登记发现、核查整改。"""
    target = the_inspection(inspection)
    who = session.person(person) if person else session.person(session.actor.id)
    command = RecuseInspector(person=who.id, reason=need_option(reason, "--reason", "回避理由"))
    tell(record(target.stream, command), f"{who.name}已回避")
