"""What is owed of on-site inspections on a day, by the office and by units, and what of it has no answer."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from domain.base import Frozen
from domain.calendar import local_date
from domain.facts import openly
from domain.onsite.events import OnSitePlan
from domain.onsite.inspection import OnSite, OnSiteFinding, Rectification
from domain.onsite.terms import OnSiteStage, ProblemStage
from domain.queries.spoken import said_date
from domain.terms import Rung


class OnSiteDuty(Frozen):
    """Something somebody has to do about an inspection; `no` is the problem it is about."""

    number: str
    title: str
    what: str
    no: int | None = None
    overdue: bool = False


def owed_by_office(inspection: OnSite, plan: OnSitePlan | None, day: date) -> Iterator[OnSiteDuty]:
    """For the office: an inspection to be held, a report, 反馈意见, 核查; what units owe is theirs."""

    def duty(what: str, no: int | None = None, *, overdue: bool = False) -> OnSiteDuty:
        title = plan.title if plan else inspection.title
        return OnSiteDuty(number=inspection.number, title=title, what=what, no=no, overdue=overdue)

    if inspection.stage is OnSiteStage.PLANNED and plan is not None:
        late = plan.until < day
        span = said_date(plan.on) if plan.on == plan.until else f"{said_date(plan.on)}至{said_date(plan.until)}"
        yield duty(f"{span}督查" + ("，已过期未开展，请登记开展或取消" if late else ""), overdue=late)
    if inspection.stage is not OnSiteStage.HELD:
        return
    if inspection.report is None:
        yield duty("提交督查报告")
    elif inspection.without_opinion:
        yield duty(f"向{len(inspection.without_opinion)}个单位反馈意见")
    for finding in inspection.open_problems:
        if finding.problem and finding.problem.stage is ProblemStage.REPORTED:
            yield duty(f"核查第{finding.no}项问题的整改", finding.no)


def owed_by_unit(inspection: OnSite, unit: str, day: date) -> Iterator[OnSiteDuty]:
    """整改 that a unit has not reported yet."""
    for finding in inspection.open_problems:
        if finding.unit == unit and finding.problem and finding.problem.stage is ProblemStage.RECTIFYING:
            yield OnSiteDuty(
                number=inspection.number,
                title=inspection.title,
                what=rectification_said(finding, day),
                no=finding.no,
                overdue=finding.problem.overdue(day),
            )


def rectification_said(finding: OnSiteFinding, day: date) -> str:
    """整改第2项问题（2022-05-20 前）：围挡破损."""
    problem = finding.problem
    if problem is None:
        return openly(finding.text)
    late = f"，已逾期{pressed_said(problem)}" if problem.overdue(day) else ""
    again = f"，核查{problem.failed}次未通过" if problem.failed else ""
    return f"整改第{finding.no}项问题（{problem.rectify_by} 前{late}{again}）：{openly(finding.text)}"


def pressed_said(problem: Rectification) -> str:
    """，已升至单位负责人; nothing before it was carried up."""
    return f"，已升至{problem.rung.label}" if problem.rung is not Rung.HANDLER else ""


def owed_by_leader(inspection: OnSite, person: str, day: date) -> Iterator[OnSiteDuty]:
    """What was carried up to the leader who approved the inspection."""
    for finding in inspection.open_problems:
        problem = finding.problem
        if problem and problem.overdue(day) and problem.rung is Rung.LEADER and inspection.approver == person:
            what = f"{rectification_said(finding, day)}，请协调推动"
            yield OnSiteDuty(number=inspection.number, title=inspection.title, what=what, no=finding.no, overdue=True)


class UnansweredProblem(Frozen):
    """A problem without 销号, or a conclusion nobody was told, and what explains it."""

    number: str
    title: str
    unit: str
    text: str
    due: date | None
    explanation: str | None


def unanswered_problems(inspections: Iterable[OnSite], day: date) -> Iterator[UnansweredProblem]:
    """件件有落实 for what inspections found: every problem without 销号, and every unit without its 反馈意见."""
    for inspection in inspections:
        for finding in inspection.open_problems:
            problem = finding.problem
            if problem is None:
                continue
            yield UnansweredProblem(
                number=inspection.number,
                title=inspection.title,
                unit=finding.unit,
                text=f"第{finding.no}项：{openly(finding.text)}",
                due=problem.rectify_by,
                explanation=_explained(finding, day),
            )
        for unit in inspection.without_opinion:
            yield UnansweredProblem(
                number=inspection.number,
                title=inspection.title,
                unit=unit,
                text="督查结论还没有反馈",
                due=None,
                explanation=_why_untold(inspection, day),
            )


def _explained(finding: OnSiteFinding, day: date) -> str | None:
    problem = finding.problem
    if problem is None:
        return None
    if problem.overdue(day):
        return _pressed_lately(problem, day)
    if problem.stage is ProblemStage.REPORTED:
        return f"{problem.answered_on} 反馈整改，待核查"
    moved = "（已延期）" if problem.rectify_by != problem.original else ""
    return f"整改时限 {problem.rectify_by} 未到{moved}"


ACTING = timedelta(days=7)
"""So long whoever was told of it is taken to act."""


def _pressed_lately(problem: Rectification, day: date) -> str | None:
    """Overdue, it is explained while the rung it was carried up to has its time, or by the meeting it waits for."""
    if problem.rung is Rung.MEETING:
        return "已升级至指挥部会议，待会议议定"
    on = local_date(problem.escalated_at) if problem.escalated_at else None
    return f"{on}升至{problem.rung.label}，督促整改" if on is not None and day - on <= ACTING else None


def _why_untold(inspection: OnSite, day: date) -> str | None:
    reported = inspection.reported_on
    if reported is None:
        return "督查报告尚未提交"
    return f"{reported}提交督查报告，待反馈意见" if day - reported <= ACTING else None
