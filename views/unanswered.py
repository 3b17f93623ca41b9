"""事事有回应、件件有落实: what was not answered or not ended, each with its explanation or without one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from domain.calendar import SHANGHAI, local_date
from domain.incoming.queries import carriers, unanswered_instructions
from domain.matter import Matter
from domain.onsite.inspection import OnSite
from domain.onsite.queries import unanswered_problems
from domain.queries.unanswered import TELLS_OF_LIMITS, TELLS_OF_WINDOWS, missed_days
from domain.queries.unanswered import unanswered_windows as unanswered_of
from domain.queries.unanswered import why_unfinished as unfinished_of
from eventlog import reading
from eventlog.reading import Moment
from views.viewer import Viewer


def unanswered_document(viewer: Viewer, at: datetime, since: date) -> dict[str, Any]:
    """What `audit unanswered` says as of a moment, of windows that closed since a day."""
    moment = reading.moment_at(viewer.database, at)
    states = reading.matter_states(viewer.database, position=moment.position)
    matters = [state.state for state in states if isinstance(state.state, Matter)]
    silent, unended = _lines(viewer, moment, matters, since)
    problems, given = _problems(viewer, at), _instructions(viewer, at, matters)
    unexplained = sum(line["explanation"] is None for line in (*silent, *unended, *problems, *given))
    return {
        "as_of": at.astimezone(SHANGHAI).isoformat(),
        "unanswered": silent,
        "unfinished": unended,
        "problems": problems,
        "instructions": given,
        "unexplained": unexplained,
        "ok": unexplained == 0,
    }


def _lines(
    viewer: Viewer, moment: Moment, matters: Sequence[Matter], since: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    names, at = viewer.units, moment.as_of
    rulebook = reading.rulebook(viewer.database, moment.position)
    silent: list[dict[str, Any]] = []
    unended: list[dict[str, Any]] = []
    seen = sorted(viewer.rights.among(matters), key=lambda m: m.number)
    late = [m.stream for m in seen if missed_days(m, since, local_date(at))]
    upto = reading.recorded_upto(moment.position)
    of_windows = reading.read_streams(viewer.database, late, upto, TELLS_OF_WINDOWS)
    alive = [m.stream for m in seen if not m.ended]
    of_limits = reading.read_streams(viewer.database, alive, upto, TELLS_OF_LIMITS)
    for matter in seen:
        windows, limits = of_windows.get(matter.stream, ()), of_limits.get(matter.stream, ())
        line = {
            "matter": matter.number,
            "title": matter.title,
            "stage": matter.stage.value,
            "lead": names(matter.lead) if matter.lead else None,
            "due": matter.due.isoformat(),
        }
        if unheard := unanswered_of(matter, windows, since, local_date(at), rulebook.calendar):
            silent.append({**line, "windows": list(unheard.windows), "explanation": unheard.explanation})
        if going_on := unfinished_of(matter, limits, rulebook, at):
            unended.append({**line, "explanation": going_on.explanation})
    return silent, unended


def _problems(viewer: Viewer, at: datetime) -> list[dict[str, Any]]:
    """What inspections found and is not put right, and conclusions nobody was told."""
    position = reading.moment_at(viewer.database, at).position
    states = (s.state for s in reading.states_of(viewer.database, "onsite", position=position))
    names, rights = viewer.units, viewer.rights
    return [
        {
            "inspection": p.number,
            "title": p.title,
            "unit": names(p.unit),
            "text": p.text,
            "due": p.due.isoformat() if p.due else None,
            "explanation": p.explanation,
        }
        for p in unanswered_problems([s for s in states if isinstance(s, OnSite)], local_date(at))
        if rights.whole or p.unit in rights.units
    ]


def _instructions(viewer: Viewer, at: datetime, matters: Sequence[Matter]) -> list[dict[str, Any]]:
    """What leaders instructed on incoming papers and is not done."""
    if not viewer.rights.whole:
        return []
    position = reading.moment_at(viewer.database, at).position
    papers = reading.incoming_papers(viewer.database, position=position)
    carried = carriers(matters)
    names, calendar = viewer.persons, reading.rulebook(viewer.database, position).calendar
    return [
        {**one.model_dump(mode="json"), "leader_name": names(one.leader)}
        for one in unanswered_instructions(papers, carried, local_date(at), calendar)
    ]
