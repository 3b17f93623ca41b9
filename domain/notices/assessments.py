"""Who hears of a 考核: the units of their own score, the office of an appeal."""

from collections.abc import Iterator
from typing import Any

from domain.assessment import events as ev
from domain.assessment.assessment import Assessment
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.notices.notice import Notice, notice_text, notices_to, shown_in_notice
from domain.notices.people import RecipientDirectory
from domain.terms import Role, Urgency


def assessment_notices(
    recorded: Recorded, before: Any, after: Assessment, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event. No score goes out: it is read where it is explained."""
    del before
    event = decode(recorded)
    text = _text(event, after)
    if text is None:
        return ()
    people = house.reached(_people(event, after, house), recorded)
    return notices_to(recorded, people, after.called, text, Urgency.NORMAL, house.calendar)


def _text(event: Event, assessment: Assessment) -> str | None:
    match event:
        case ev.AssessmentOpened(appeal_by=by):
            return notice_text("考核结果已告知", f"请核对，有异议的于 {by} 前申诉")
        case ev.AppealRaised(text=text):
            return notice_text(f"考核申诉：{shown_in_notice(text)}", "请报领导答复")
        case ev.AppealAnswered(upheld=upheld, text=text):
            return notice_text(f"申诉{'成立' if upheld else '不成立'}：{shown_in_notice(text)}", "")
        case ev.ScoreAdjusted(reason=reason, appeal=None):
            return notice_text(f"考核加减分：{shown_in_notice(reason)}", "")
        case ev.AssessmentSettled():
            return notice_text(f"{assessment.called}已定稿", "")
        case ev.ResultUsed(use=use, text=text):
            return notice_text(f"考核结果运用：{use.label}，{shown_in_notice(text)}", "")
        case _:
            return None


def _people(event: Event, assessment: Assessment, house: RecipientDirectory) -> Iterator[str]:
    units: tuple[str, ...] = tuple(score.unit for score in assessment.scores)
    match event:
        case ev.AppealRaised():
            yield from (p.id for p in house.people if p.role is Role.OFFICE)
            return
        case ev.AppealAnswered(no=no):
            units = tuple(a.unit for a in assessment.appeals if a.no == no)
        case ev.ScoreAdjusted(unit=unit) | ev.ResultUsed(unit=unit):
            units = (unit,)
        case _:
            pass
    for unit in units:
        yield from house.liaisons(unit)
        yield from house.of_unit(unit, Role.HEAD)
