"""What the `assess` commands share: which assessment is meant, and what of it whoever runs this may see."""

from datetime import date
from typing import Annotated

import typer

from cli.moments import last_such_day
from cli.session import Problem, session
from domain.assessment.assessment import Assessment
from domain.ids import assessment_stream
from eventlog import reading

KeyOption = Annotated[str | None, typer.Option("--key", metavar="DATE", help="哪次考核：截止日期；不写则为最近一次")]


def assessments() -> list[Assessment]:
    """Every assessment, by its day."""
    states = (s.state for s in reading.states_of(session.database, "assessment"))
    return sorted((s for s in states if isinstance(s, Assessment)), key=lambda a: a.until)


def the_assessment(key: str | None) -> Assessment:
    """The assessment of that day, or the newest.

    Raises:
        Problem: there is none (exit 4).
    """
    if key is None:
        known = assessments()
        if not known:
            raise Problem("还没有考核，请先用 xmh assess open 告知", "not_found")
        return known[-1]
    day = last_such_day(key)
    loaded = reading.load(session.database, assessment_stream(day))
    if loaded is None or not isinstance(loaded.state, Assessment):
        raise Problem(f"没有截至 {day} 的考核，请用 xmh assess list 查看", "not_found")
    return loaded.state


def units_to_see(assessment: Assessment) -> tuple[str, ...]:
    """A unit sees its own score only; the office, leaders and the auditor see all, in the order of the directory."""
    units = tuple(score.unit for score in assessment.scores)
    return units if session.rights.whole else tuple(u for u in units if u in session.rights.units)


def assessment_duties(day: date, *, office: bool) -> list[tuple[str, str]]:
    """Lines for `today`: appeals to be answered and what can be settled, or a unit's score to be looked at."""
    duties: list[tuple[str, str]] = []
    for one in assessments():
        key = one.until.isoformat()
        if one.settled:
            continue
        if office:
            duties += [(key, f"{one.called}：答复第{a.no}项申诉") for a in one.open_appeals]
            if day > one.appeal_by and not one.open_appeals:
                duties.append((key, f"{one.called}：申诉期限已过，报领导定稿"))
        elif day <= one.appeal_by and session.actor.unit in units_to_see(one):
            duties.append((key, f"{one.called}：请核对本单位得分，有异议的 {one.appeal_by} 前申诉"))
    return duties
