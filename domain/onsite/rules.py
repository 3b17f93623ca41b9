"""The rules of an on-site inspection (政府督查工作条例 arts. 5, 8, 11, 15, 16, 18)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.base import Frozen, refuse, refuse_always
from domain.bounds import within_bounds
from domain.calendar import local_date
from domain.event import Event
from domain.office import Directory, Unit
from domain.onsite import commands as c
from domain.onsite import events as ev
from domain.onsite.events import OnSitePlan
from domain.onsite.inspection import OnSite, OnSiteFinding, Rectification
from domain.onsite.pressure import escalated_by_hand
from domain.onsite.terms import OnSiteStage, ProblemStage
from domain.rules.authority import refuse_bystander
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.practice import Shortfall, without_paper
from domain.terms import Role, Supervision, UnitLevel

OFFICE_UNIT = "office"
MOST_DAYS = 60
"""An inspection that takes longer is no inspection."""


@dataclass(frozen=True)
class OnSiteContext:
    """The office at one moment, as a rule of inspections sees it."""

    office: DecisionContext
    directory: Directory
    visits: dict[str, tuple[str, ...]]
    """Unit → numbers of the other inspections of the year, planned or held."""
    handling: dict[str, tuple[str, ...]]
    """Stream of each matter the command names → the units that handle it."""
    approved: OnSitePlan | None = None
    """The plan as it was approved, of a 暗访 too: who changes the rest of it says the rest again."""


def decide_onsite(state: OnSite | None, command: Frozen, context: OnSiteContext) -> Iterator[RuleEvent]:
    """What becomes of a command.

    Raises:
        Refusal: a rule says no.
    """
    within_bounds(command, context.approved)
    for shortfall in onsite_shortfalls(command, context.office):
        refuse(shortfall.required, shortfall.message, "practice")
    if isinstance(command, c.PlanOnSite):
        refuse(state is not None, "这次督查已经批准过", "refused")
        yield from _plan(command, context)
        return
    if state is None:
        refuse_always("没有这次督查", "not_found")
    refuse(
        state.stage is OnSiteStage.CANCELLED,
        f"{state.number} 已取消（{state.cancelled_because}），不能再办理",
    )
    yield from RULES[type(command)](state, command, context)


def onsite_shortfalls(command: Frozen, context: DecisionContext) -> Iterator[Shortfall]:
    """What good practice would have had of a command, required by the policy or not (docs/decisions/070)."""
    yield from without_paper(context)
    if isinstance(command, c.ReportRectification) and command.via is None and context.is_(Role.OFFICE):
        message = "代单位反馈整改没有写明怎样收到的（--via 微信|电话|纸质）"
        yield Shortfall(message, context.policy.channel_required)


def check_plan(plan: OnSitePlan, directory: Directory) -> None:
    """Whom a headquarters may inspect, and who may inspect whom; asked again inside the append.

    Raises:
        Refusal: `not_inspectable`, `recused`, `malformed`.
    """
    refuse(not plan.units, "督查方案须写明督查对象（--unit）", "malformed")
    for unit_id in plan.units:
        _may_be_inspected(directory.units.get(unit_id), unit_id, directory)
    refuse(len(set(plan.team)) < len(plan.team), "督查组里同一人写了两次", "malformed")
    for person_id in plan.team:
        person = directory.people.get(person_id)
        if person is None:
            refuse_always(f"名录中没有编号为 {person_id} 的人员", "actor_unknown")
        refuse(person_id in plan.recused, f"{person.name}须回避，不能参加督查组", "recused")
        name = directory.units[person.unit].name if person.unit in directory.units else person.unit
        refuse(person.unit in plan.units, f"{person.name}是督查对象{name}的人员，须回避，不能参加督查组", "recused")
        refuse_bystander(person.role, f"{person.name}不能参加督查组")
    leads = directory.people[plan.leader].role in (Role.OFFICE, Role.LEADER, Role.HEAD)
    refuse(not leads, "组长须由领导、督办员或单位负责人担任（组长负责制）", "forbidden")
    refuse(plan.until < plan.on, f"督查结束日期 {plan.until} 早于开始日期 {plan.on}", "malformed")
    refuse((plan.until - plan.on).days > MOST_DAYS, f"一次督查不超过{MOST_DAYS}天，请核对日期", "malformed")


def _may_be_inspected(unit: Unit | None, unit_id: str, directory: Directory) -> None:
    if unit is None:
        refuse_always(f"名录中没有编号为 {unit_id} 的单位，请用 xmh org list 核对", "unit_unknown")
    above = unit_id in _above(directory) or unit.level is UnitLevel.CITY
    refuse(
        above, f"{unit.name}是上级单位，指挥部不能对其督查（条例第五条）；请发函商请或报请上级督查", "not_inspectable"
    )
    not_object = unit.supervision is not Supervision.OBJECT
    refuse(not_object, f"{unit.name}不是督办对象，不能列为督查对象；请发函商请", "not_inspectable")


def _above(directory: Directory) -> frozenset[str]:
    """The units above the office."""
    above: dict[str, None] = {}
    unit = directory.units.get(OFFICE_UNIT)
    while unit is not None and unit.parent and unit.parent not in above:
        above[unit.parent] = None
        unit = directory.units.get(unit.parent)
    return frozenset(above)


def _plan(command: c.PlanOnSite, context: OnSiteContext) -> Iterator[Event]:
    """督查立项: a basis, an approving leader, a team, objects and a time; not more often than the policy allows."""
    approver = _approver(context)
    _check_new(command.plan, context)
    sealed = command.sealed_plan
    shown = None if sealed else command.plan
    yield ev.OnSitePlanned(covert=sealed is not None, approver=approver, plan=shown, sealed_plan=sealed)


def _replan(state: OnSite, command: c.ReplanOnSite, context: OnSiteContext) -> Iterator[Event]:
    refuse(state.stage is not OnSiteStage.PLANNED, f"{state.number} {state.stage.label}，方案不能再调整")
    approver = _approver(context)
    for person in command.plan.team:
        name = context.directory.people[person].name if person in context.directory.people else person
        refuse(person in state.recused, f"{name}已回避 {state.number}，不能再进督查组", "recused")
    _check_new(command.plan, context)
    shown = None if command.sealed_plan else command.plan
    refuse(state.covert != (command.sealed_plan is not None), "暗访与公开督查不能互改，请取消后另行批准")
    yield ev.OnSiteReplanned(approver=approver, reason=command.reason, plan=shown, sealed_plan=command.sealed_plan)


def _check_new(plan: OnSitePlan, context: OnSiteContext) -> None:
    check_plan(plan, context.directory)
    today = context.office.today
    refuse(plan.until < today, f"督查日期 {plan.until} 已过；已开展的督查不能事后立项", "malformed")
    for matter in plan.matters:
        ours = set(context.handling.get(matter.stream, ())) & set(plan.units)
        refuse(not ours, f"{matter.number} 不由督查对象办理，不能列为督查事项", "malformed")
    most = context.office.policy.onsite_per_year
    for unit in plan.units:
        before = context.visits.get(unit, ())
        over = len(before) >= most and plan.over_frequency is None
        name = context.directory.units[unit].name
        refuse(
            over,
            f"{name}{plan.on.year}年已安排督查{len(before)}次（{'、'.join(before)}），规则限{most}次；"
            "确需再次督查的用 --over-frequency 写明理由",
            "too_frequent",
        )


def _approver(context: OnSiteContext) -> str:
    refuse(
        not context.office.is_(Role.LEADER),
        "督查方案须由领导批准（--by 领导 --paper 文号）",
        "unsigned",
    )
    return context.office.decider.id


def _cancel(state: OnSite, command: c.CancelOnSite, context: OnSiteContext) -> Iterator[Event]:
    _by_office(context)
    refuse(state.stage is not OnSiteStage.PLANNED, f"{state.number} {state.stage.label}，不能取消")
    yield ev.OnSiteCancelled(reason=command.reason)


def _hold(state: OnSite, command: c.HoldOnSite, context: OnSiteContext) -> Iterator[RuleEvent]:
    """It begins: the plan of a 暗访 is opened. Not before its day, and never later than today."""
    _by_team_or_office(state, command.plan.team, context)
    refuse(state.stage is not OnSiteStage.PLANNED, f"{state.number} {state.stage.label}，不能重复登记开展")
    other = state.plan is not None and state.plan != command.plan
    refuse(other, f"{state.number} 开展的方案与批准的不一致；有变化的请先调整方案（replan）", "not_approved")
    check_plan(command.plan, context.directory)
    moment = command.occurred_at or context.office.now
    refuse(moment > context.office.now, "开展时间不能晚于现在", "malformed")
    early = local_date(moment) < command.plan.on
    refuse(early, f"{state.number} 定于 {command.plan.on} 开始，不能提前登记开展；提前的请先调整方案（replan）")
    event = ev.OnSiteHeld(plan=command.plan)
    yield DatedEvent(event, moment) if command.occurred_at else event


def _recuse(state: OnSite, command: c.RecuseInspector, context: OnSiteContext) -> Iterator[Event]:
    """回避: declared by the member himself, or recorded by the office."""
    if state.plan is None:
        refuse_always(f"{state.number} 是暗访，开展前不单独登记回避，以免泄露督查组；请用 replan 另定组长、成员")
    plan = state.plan
    refuse(command.person not in plan.team, "此人不在督查组里，不必回避", "malformed")
    refuse(command.person in state.recused, "此人已经回避")
    own = context.office.decider.id == command.person
    refuse(not own and not context.office.is_(Role.OFFICE, Role.LEADER), "回避由本人声明或由办公室登记", "forbidden")
    leads = command.person == plan.leader and state.stage is OnSiteStage.PLANNED
    refuse(leads, "组长回避的，请先另定组长（replan），或取消督查")
    yield ev.InspectorRecused(person=command.person, reason=command.reason)


def _find(state: OnSite, command: c.RecordFinding, context: OnSiteContext) -> Iterator[Event]:
    plan = _held(state)
    _by_team_or_office(state, plan.team, context)
    refuse(command.unit not in plan.units, f"这个单位不是 {state.number} 的督查对象", "malformed")
    refuse(
        command.matter is not None
        and command.matter.stream not in {m.stream for m in plan.matters}
        and bool(plan.matters),
        f"{command.matter.number if command.matter else ''} 不在 {state.number} 的督查事项里",
        "malformed",
    )
    if command.matter is not None:
        handled = command.unit in context.handling.get(command.matter.stream, ())
        refuse(not handled, f"{command.matter.number} 不由该单位办理，不能记为该单位的发现", "malformed")
    refuse(
        command.finding is not None and command.matter is None,
        "认定（--finding）须写明是哪个事项（--matter）",
        "malformed",
    )
    refuse(command.rectify_by is not None and not command.problem, "整改时限须与 --problem 一起填写", "malformed")
    no = len(state.findings) + 1
    yield ev.FindingRecorded(
        no=no,
        unit=command.unit,
        text=command.text,
        matter=command.matter,
        finding=command.finding,
        attachments=command.attachments,
    )
    if command.problem:
        yield ev.ProblemListed(no=no, rectify_by=_limit(command.rectify_by, context))


def _limit(asked: date | None, context: OnSiteContext) -> date:
    today = context.office.today
    refuse(asked is not None and asked <= today, f"整改时限 {asked} 须晚于今天（{today}）", "malformed")
    return asked or context.office.calendar.add_workdays(today, context.office.policy.rectify_workdays)


def _extend(state: OnSite, command: c.ExtendRectification, context: OnSiteContext) -> Iterator[Event]:
    _by_office(context)
    finding, problem = _open_problem(state, command.no)
    later = command.to > problem.rectify_by
    refuse(not later, f"新时限须晚于现在的整改时限 {problem.rectify_by}", "malformed")
    _limit(command.to, context)
    yield ev.RectificationExtended(no=finding.no, to=command.to, reason=command.reason)


def _escalate(state: OnSite, command: c.EscalateRectification, context: OnSiteContext) -> Iterator[Event]:
    _by_office(context)
    finding, problem = _open_problem(state, command.no)
    yield escalated_by_hand(finding, problem, command.reason, context.office.rulebook, context.office.now)


def _rectify(state: OnSite, command: c.ReportRectification, context: OnSiteContext) -> Iterator[Event]:
    """By the unit itself, or typed for it by the office."""
    finding, problem = _open_problem(state, command.no)
    office = context.office.is_(Role.OFFICE)
    own = context.office.is_(Role.LIAISON, Role.HEAD) and context.office.decider.unit == finding.unit
    refuse(not office and not own, f"第{finding.no}项问题不属于您所在单位，不能反馈整改", "forbidden")
    refuse(command.via is not None and not office, "--via 只在办公室代单位录入时填写", "malformed")
    refuse(problem.stage is ProblemStage.REPORTED, f"第{finding.no}项已反馈整改，正待核查")
    yield ev.RectificationReported(no=finding.no, text=command.text, attachments=command.attachments, via=command.via)


def _check(state: OnSite, command: c.CheckRectification, context: OnSiteContext) -> Iterator[Event]:
    """核查, and 销号 when it passes: not by who reported it, nor by who had to leave the team."""
    plan = _held(state)
    _by_team_or_office(state, plan.team, context)
    finding, problem = _open_problem(state, command.no)
    refuse(problem.stage is not ProblemStage.REPORTED, f"第{finding.no}项还没有反馈整改，不能核查")
    mine = {context.office.actor.id, context.office.decider.id}
    refuse(bool(mine & set(problem.authors)), "不能核查自己反馈或代录的整改，请由其他人员核查", "forbidden")
    refuse(command.passed and command.rectify_by is not None, "核查通过的不必再填整改时限", "malformed")
    again = None if command.passed else _limit(command.rectify_by, context)
    yield ev.RectificationChecked(
        no=finding.no,
        passed=command.passed,
        text=command.text,
        attachments=command.attachments,
        rectify_by=again,
    )
    if command.passed:
        yield ev.ProblemClosed(no=finding.no)


def _report(state: OnSite, command: c.ReportOnSite, context: OnSiteContext) -> Iterator[Event]:
    plan = _held(state)
    _by_team_or_office(state, plan.team, context)
    yield ev.OnSiteReported(text=command.text, attachments=command.attachments)


def _opinion(state: OnSite, command: c.GiveOpinion, context: OnSiteContext) -> Iterator[Event]:
    plan = _held(state)
    _by_office(context)
    refuse(command.unit not in plan.units, f"这个单位不是 {state.number} 的督查对象", "malformed")
    refuse(state.report is None, "还没有督查报告，不能反馈意见（先用 inspection report）")
    yield ev.OpinionGiven(unit=command.unit, text=command.text)


def _held(state: OnSite) -> OnSitePlan:
    refuse(state.stage is not OnSiteStage.HELD, f"{state.number} 还没有开展（先用 inspection hold）")
    return _known_plan(state)


def _known_plan(state: OnSite) -> OnSitePlan:
    if state.plan is None:
        refuse_always(f"{state.number} 是暗访，开展前方案保密")
    return state.plan


def _open_problem(state: OnSite, no: int) -> tuple[OnSiteFinding, Rectification]:
    finding = state.finding(no)
    if finding is None or finding.problem is None:
        numbers = "、".join(str(f.no) for f in state.problems) or "无"
        refuse_always(f"{state.number} 的问题清单里没有第{no}项（现有：{numbers}）", "not_found")
    refuse(finding.problem.stage is ProblemStage.CLOSED, f"第{no}项已于 {finding.problem.closed_on} 销号")
    return finding, finding.problem


def _by_office(context: OnSiteContext) -> None:
    refuse(not context.office.is_(Role.OFFICE, Role.LEADER), "此操作由办公室办理", "forbidden")


def _by_team_or_office(state: OnSite, team: Iterable[str], context: OnSiteContext) -> None:
    """The team and the office; nobody who had to leave it."""
    actors = {context.office.actor.id, context.office.decider.id}
    plan = state.plan
    left = {*state.recused, *(plan.recused if plan else ())}
    refuse(bool(actors & left), f"已对 {state.number} 回避，不能办理", "recused")
    office = context.office.is_(Role.OFFICE, Role.LEADER)
    refuse(not office and not actors & set(team), "此操作由督查组或办公室办理", "forbidden")
    targets = set(plan.units) if plan else set[str]()
    refuse(context.office.decider.unit in targets, "督查对象的人员不能办理对本单位的督查", "recused")


RULES: dict[type[Frozen], Callable[[OnSite, Any, OnSiteContext], Iterable[RuleEvent]]] = {
    c.ReplanOnSite: _replan,
    c.CancelOnSite: _cancel,
    c.HoldOnSite: _hold,
    c.RecuseInspector: _recuse,
    c.RecordFinding: _find,
    c.ExtendRectification: _extend,
    c.EscalateRectification: _escalate,
    c.ReportRectification: _rectify,
    c.CheckRectification: _check,
    c.ReportOnSite: _report,
    c.GiveOpinion: _opinion,
}
