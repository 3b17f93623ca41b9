"""长期、定期 matters and 阶段目标: what each event of theirs does to a matter."""

from domain import events as ev
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.evolve.change import Change, on, with_point
from domain.matter import Matter
from domain.periods import JudgedPeriod, RunningPeriod


@on(ev.PeriodEnded)
def _(m: Matter, e: ev.PeriodEnded, r: LoggedEvent) -> Change:
    """What recurs begins anew; what has a day of its own, and stages, go on."""
    judged = JudgedPeriod(key=e.key, ended_on=local_date(r.occurred_at), result=e.result)
    anew = {"progress": 0, "said": None, "done_on": None}
    return {
        "periods": (*m.periods, judged),
        "running": RunningPeriod(key=e.next_key, since=r.occurred_at, due=e.due),
        "due": e.due,
        "progress": 0,
        "progress_from": r.version,
        "points": tuple(p if p.due or p.stage or p.dropped else p.model_copy(update=anew) for p in m.points),
    }


@on(ev.PeriodJudged)
def _(m: Matter, e: ev.PeriodJudged, r: LoggedEvent) -> Change:
    anew = {"result": e.result, "reason": e.reason}
    return {"periods": tuple(p.model_copy(update=anew) if p.key == e.key else p for p in m.periods)}


@on(ev.StageReviewed)
def _(m: Matter, e: ev.StageReviewed, r: LoggedEvent) -> Change:
    return with_point(m, e.no, approved=e.approved, verdict=e.text)
