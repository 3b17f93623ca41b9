"""What a unit reports of its matters: which of them owe a report now, their open points, and what was said last."""

from typing import Any

from domain.base import Refusal, refuse
from domain.commands import SubmitFeedback
from domain.confidential import opened
from domain.lights import light
from domain.matter import Indicator, Matter
from domain.offers import why_not
from domain.rules.context import DecisionContext
from domain.sight import Sight
from domain.terms import IN_UNIT, Role
from eventlog import reading
from views.matters import matter_row
from views.papers import receipts_wanted
from views.viewer import Viewer
from views.worklist import report_owed


def reports_of(viewer: Viewer, unit: str, *, every: bool) -> list[dict[str, Any]]:
    """The matters of which a unit owes a report, or with `every` all of which it can give one, those owed first."""
    handled = [m for m in viewer.living if unit and unit in m.units]
    matters = [
        (m, owed)
        for m in viewer.rights.among(handled, Sight.FULL)
        if ((owed := report_owed(m, unit)) or every) and cannot_report(viewer, m) is None
    ]
    return [_report_form(viewer, m, owed) for m, owed in sorted(matters, key=lambda f: (f[1] is None, f[0].number))]


def report_of(viewer: Viewer, stream: str) -> dict[str, Any]:
    """The same of one matter.

    Raises:
        Refusal: `not_found`; or why nothing can be reported of it now.
    """
    refuse(not viewer.rights.sees(stream), "这个事项不由本单位办理，没有提交", "not_found")
    loaded = reading.load(viewer.database, stream)
    matter = loaded.state if loaded else None
    assert isinstance(matter, Matter)  # noqa: S101  (a stream under matter/)
    why = cannot_report(viewer, matter)
    if why is not None:
        raise Refusal(why)
    return _report_form(viewer, matter, report_owed(matter, _unit_of(viewer, matter)))


def units_owing(viewer: Viewer) -> list[dict[str, Any]]:
    """For who types it for them (代录): the units that owe reports, and of how many matters."""
    refuse(viewer.actor.role is not Role.OFFICE, "周反馈由办理单位填写，办公室可以代录", "forbidden")
    counts: dict[str, int] = {}
    for m in viewer.living:
        if m.lead and report_owed(m, m.lead) and cannot_report(viewer, m) is None:
            counts[m.lead] = counts.get(m.lead, 0) + 1
    return [{"unit": unit, "name": viewer.units(unit), "count": counts[unit]} for unit in sorted(counts)]


def cannot_report(viewer: Viewer, matter: Matter) -> str | None:
    """Why nothing can be reported of it now; None when something can."""
    office = DecisionContext(rulebook=viewer.rulebook, now=viewer.now, actor=viewer.actor)
    return why_not(SubmitFeedback, matter, office)


def _unit_of(viewer: Viewer, matter: Matter) -> str:
    return viewer.actor.unit if viewer.actor.role in IN_UNIT and viewer.actor.unit else matter.lead or ""


def _report_form(viewer: Viewer, sealed: Matter, owed: str | None) -> dict[str, Any]:
    m = opened(sealed, viewer.words_of(sealed))
    last = m.last_feedback
    return {
        **matter_row(m, light(m, viewer.rulebook, viewer.now)),
        "owed": owed,
        "receipt": receipts_wanted(viewer.database, [m]).get(m.stream),
        "points": [
            {"no": p.no, "text": p.text, "due": p.due, "progress": p.progress, "said": p.said, "stage": p.stage}
            for p in m.points
            if p.open
        ],
        "indicators": [_indicator(i) for i in m.indicators],
        "last": {name: getattr(last, name) for name in ("text", "problem", "coordination", "next_step")}
        if last
        else None,
    }


def _indicator(indicator: Indicator) -> dict[str, Any]:
    return {"no": indicator.no, "bound": indicator.bound, "reached": indicator.shown(indicator.value)}
