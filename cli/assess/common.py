"""What the `assess` commands share: which assessment is meant, and what of it whoever runs this may see."""

from typing import Annotated

import typer

from cli.moments import last_such_day
from cli.session import Problem, session
from domain.assessment.assessment import Assessment
from domain.ids import assessment_stream
from eventlog import reading
from services import today as duties

KeyOption = Annotated[str | None, typer.Option("--key", metavar="DATE", help="哪次考核：截止日期；不写则为最近一次")]


def assessments() -> list[Assessment]:
    """Every assessment, by its day."""
    return duties.assessments(session.database)


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
    return duties.units_to_see(session.viewer, assessment)
