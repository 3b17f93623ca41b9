"""What waits for somebody today: his own, what he waits for, what is soon due, the meetings he is called to."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from domain import deadlines
from domain.calendar import local_date
from domain.closing import to_be_weighed
from domain.facts import openly
from domain.ladder import due_cards
from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.deadlines import materials_due
from domain.meetings.meeting import Meeting
from domain.meetings.rules import BEFORE
from domain.meetings.terms import Delivery, MeetingStage
from domain.notices.reach import without_liaison
from domain.queries.leading import leads_as, marks_awaited, waits_for_leader
from domain.queries.spoken import said_date
from domain.queries.telling import office_time, points_left_undone
from domain.queries.waiting import predecessor_danger
from domain.rules.satisfaction import unrated
from domain.sight import Sight
from domain.terms import Finding, Role, Stage
from eventlog import reading
from eventlog.remembered import MOST_LIVING, TheVery
from views.matters import matter_row
from views.papers import receipts_wanted
from views.readership import unread_notices
from views.tree import state_of
from views.viewer import Viewer

SOON_WORKDAYS = 5
INSIDE = (Role.OFFICE, Role.LEADER)


class OwedAct(NamedTuple):
    """What somebody owes a matter, and by which command he answers it; None where several could."""

    what: str
    do: str | None


def worklist(viewer: Viewer) -> dict[str, Any]:
    """What `today` says of matters and meetings."""
    actor, moment = viewer.actor, viewer.shown
    rulebook, at = viewer.rulebook, viewer.now
    if moment is not None:
        rulebook, at = reading.rulebook(viewer.database, moment.position), moment.as_of
    living = viewer.living
    office, day = actor.role in INSIDE, local_date(at)
    alive = viewer.rights.among(living, Sight.LISTED)
    unit = actor.unit if actor.unit in viewer.rights.units else ""
    if actor.role is Role.LEADER:
        alive = [m for m in alive if leads_as(m, actor.id) or actor.id in (m.supervisor, *m.followers)]

    receipts = receipts_wanted(viewer.database, alive) if moment is None and actor.role is not Role.LEADER else {}

    def owed(m: Matter) -> Sequence[OwedAct]:
        if actor.role is Role.LEADER:
            return [OwedAct(what, None) for what in waits_for_leader(m, actor.id, day)]
        return _for_office(m, rulebook, at) if office else _for_unit(m, unit, receipts.get(m.stream))

    def lit(m: Matter) -> dict[str, Any]:
        return matter_row(m, light(m, rulebook, at))

    not_soon = rulebook.calendar.add_workdays(day, SOON_WORKDAYS + 1)

    def soon(m: Matter) -> bool:
        return m.due < not_soon and m.stage is not Stage.SUSPENDED and not m.ended and (office or unit in m.units)

    def waited_for(m: Matter) -> list[str]:
        waits = _for_unit(m, m.lead or "", receipts.get(m.stream)) if office else []
        return [f"等{_called(m, viewer.units)}{one.what}" for one in waits]

    known = cache(lambda stream: state_of(viewer.database, stream, moment))
    endangered = [
        (m, why)
        for m in alive
        if office or unit in m.units
        for p in m.predecessors
        if viewer.rights.sees(p.stream, Sight.LISTED)
        if (earlier := known(p.stream)) and (why := predecessor_danger(earlier, m, rulebook, at, known))
    ]
    meetings = _meetings(viewer, day) if office else _meetings_of(viewer, unit)
    return {
        "date": day.isoformat(),
        "for_me": [{**lit(m), "what": one.what, "do": one.do} for m in alive for one in owed(m)],
        "waiting_for": [{**lit(m), "what": what} for m in alive for what in waited_for(m)],
        "due_soon": [lit(m) for m in alive if soon(m)],
        "endangered": [{**lit(m), "what": what} for m, what in endangered],
        "following": [lit(m) for m in alive if actor.id in m.followers],
        "meetings": [{"meeting": m.number, "title": m.title, "what": what} for m, what in meetings],
        "without_liaison": [
            {**one.model_dump(mode="json"), "line": one.line}
            for one in (
                without_liaison(living, reading.people(viewer.database), viewer.units)
                if actor.role is Role.OFFICE and moment is None
                else ()
            )
        ],
        "unread": unread_notices(viewer) if moment is None else 0,
    }


def comes_next(viewer: Viewer) -> dict[str, Any] | None:
    """What falls due first of the matters that are his, his unit's or the office's; None when nothing will."""
    moment = viewer.shown
    rulebook = viewer.rulebook if moment is None else reading.rulebook(viewer.database, moment.position)
    at, office = moment.as_of if moment else viewer.now, viewer.actor.role is Role.OFFICE
    own = [
        m
        for m in viewer.rights.among(viewer.living)
        if office or m.lead in viewer.rights.units or leads_as(m, viewer.actor.id)
    ]
    first: tuple[datetime, str, str, str] | None = None
    for m in own:
        owing = _owing(TheVery(m, rulebook))
        if first is None or owing.comes_by(at, first[0]):
            owed = ((d.at, m.number, d.kind.label, m.title) for d in owing.deadlines(rulebook.calendar, at))
            first = min((one for one in (first, *owed) if one is not None and one[0] > at), default=None)
    if first is None:
        return None
    instant, number, label, title = first
    return {"at": instant.isoformat(), "matter": number, "label": label, "title": title}


@lru_cache(maxsize=MOST_LIVING)
def _owing(of: TheVery[Any]) -> deadlines.Owing:
    """What the clock owes this matter under this rulebook."""
    return deadlines.owing(*of.objects)


def _living_meetings(viewer: Viewer) -> list[Meeting]:
    """Meetings that are not settled, now or on the day that is shown."""
    shown = viewer.shown
    if shown is None:
        states = reading.open_states(viewer.database, "meeting")
    else:
        states = reading.states_of(viewer.database, "meeting", position=shown.position)
    return [s.state for s in states if isinstance(s.state, Meeting) and not s.state.settled]


def _meetings(viewer: Viewer, day: date) -> list[tuple[Meeting, str]]:
    """Meetings that come soon, minutes that are owed, outcomes a matter did not take."""
    meetings = []
    for meeting in _living_meetings(viewer):
        on = local_date(meeting.starts)
        if meeting.stage in BEFORE and viewer.rulebook.calendar.workdays_between(day, on) <= SOON_WORKDAYS:
            late = "，逾期未开" if meeting.lapsed else ""
            meetings.append((meeting, f"{said_date(on)}召开，{meeting.stage.label}{late}"))
            meetings += [(meeting, what) for what in _awaited(viewer, meeting)]
        if meeting.stage is MeetingStage.IN_SESSION:
            meetings.append((meeting, "纪要待签发" + ("，已逾期" if meeting.minutes_overdue else "")))
        meetings += [
            (meeting, f"第{p.no}项议定未被 {p.number or '事项'} 接受（{p.reason}），请再次落实或注明不再落实")
            for p in meeting.standing_points
            if p.delivery is Delivery.REFUSED
        ]
    return meetings


def _awaited(viewer: Viewer, meeting: Meeting) -> list[str]:
    """Of whom the secretary still waits before a meeting whose agenda is fixed: 回执, and 汇报材料."""
    names = viewer.units
    silent = [names(u) for u in meeting.reporting_units if meeting.reply_of(u) is None]
    without = [str(i.no) for i in meeting.items if i.lead and i.dropped is None and not meeting.materials_for(i.key)]
    if meeting.stage is not MeetingStage.FROZEN:
        return []
    lines = [f"{'、'.join(silent)}还没有回执"] if silent else []
    return lines + ([f"第{'、'.join(without)}项议题还没有汇报材料"] if without else [])


def _meetings_of(viewer: Viewer, unit: str) -> list[tuple[Meeting, str]]:
    """What a unit owes the meetings it is called to: its 回执, and 汇报材料 for its items."""
    owed = []
    for meeting in _living_meetings(viewer):
        if meeting.stage not in BEFORE or unit not in meeting.reporting_units:
            continue
        if meeting.reply_of(unit) is None:
            owed.append((meeting, f"报参会回执（{office_time(meeting.starts)}召开）"))
        until = office_time(materials_due(meeting, viewer.rulebook.calendar))
        owed += [
            (meeting, f"报送“{i.title}”的汇报材料（{until}前）")
            for i in (*meeting.items, *meeting.added)
            if i.lead == unit and i.dropped is None and not meeting.materials_for(i.key)
        ]
    return owed


def _for_office(m: Matter, rulebook: Rulebook, at: datetime) -> list[OwedAct]:
    owed: list[OwedAct] = []
    policy = rulebook.policy
    if m.listed and not m.ended and m.listings and m.listings[-1].exit_when is None:
        owed.append(OwedAct("明确摘牌条件", "list"))
    if not m.ended:
        owed += [OwedAct(f"提请领导批准{d.card.label}：{d.reason}", "card") for d in due_cards(m, rulebook, at)]
    if m.stage is Stage.OPENED:
        owed.append(OwedAct("明确牵头单位", "assign"))
    if m.closure and not m.closure.endorsed:
        if unrated(m, policy):
            owed.append(OwedAct(f"征求提出人满意度（{m.origin}）", "rate"))
        weighed = "、".join(to_be_weighed(m, m.closure.evidence, policy))
        left = points_left_undone(m.closure.unfinished, m.closure.over_unfinished)
        owed.append(OwedAct(f"审核办结申请{left}{f'；请核对：{weighed}' if weighed else ''}", "review"))
    if m.closure and m.closure.endorsed:
        owed.append(OwedAct(f"报{marks_awaited(m)}", "mark"))
    if m.objection:
        owed.append(OwedAct(f"复核异议（{m.objection.decide_by}前，原结论人员回避）", "objection"))
    owed += [
        OwedAct(f"审核阶段目标{p.no}：{openly(p.text)}", "review_point")
        for p in m.points
        if p.waits_for_review and not m.ended
    ]
    if m.extension:
        owed.append(OwedAct(f"批复延期申请（延至 {m.extension.to}）", "extension"))
    return owed


def _called(m: Matter, names: Callable[[str], str]) -> str:
    """Who is waited for; a unit that is asked by letter is said to be."""
    return f"{names(m.lead or '')}{'（商请）' if m.by_letter else ''}"


def _reported_since(m: Matter, moment: datetime) -> bool:
    return m.last_feedback is not None and m.last_feedback.at > moment


def report_owed(m: Matter, unit: str) -> str | None:
    """The report this unit owes of a matter now, and until when; None when it owes none."""
    if m.ended or m.lead != unit or not unit:
        return None
    if (back := m.asked_back) is not None:
        return f"重新反馈（{office_time(back.until)}前；退回原因：{back.reason.label}，{openly(back.text)}）"
    if m.missed_in_row:
        return f"补报（已漏报{m.missed_in_row}次）"
    return f"反馈（{local_date(m.window.closes)}前）" if m.window and not m.window.answered else None


def _for_unit(m: Matter, unit: str, receipt: str | None = None) -> list[OwedAct]:
    """What a unit owes a matter; `receipt` is the 督办单 on it whose 办理情况回执 its lead has not given."""
    owed: list[OwedAct] = []
    if m.ended:
        return owed
    if m.lead == unit and unit:
        if m.stage is Stage.ASSIGNED:
            owed.append(OwedAct("签收", "accept"))
        if m.returned_at is not None and m.stage is Stage.IN_PROGRESS and not _reported_since(m, m.returned_at):
            owed.append(OwedAct(f"退回重办，办完再申请办结（时限仍为 {m.due}）", "close"))
        returned = [p.no for p in m.points if p.approved is False and p.open]
        owed += [OwedAct(f"办好后重新反馈阶段目标{no}（审核退回）", "report") for no in returned]
        last = m.inspections[-1] if m.inspections else None
        heard = m.last_feedback is not None and last is not None and m.last_feedback.version > last.version
        if last is not None and last.finding is Finding.UNTRUE and not heard:
            owed.append(OwedAct(f"{last.on}现场核查认定不实，请核实并重新反馈", "report"))
        report, asked = report_owed(m, unit), f"填报{receipt}督办单的办理情况回执" if receipt else None
        if report or asked:
            owed.append(OwedAct("，并".join(filter(None, (report, asked))), "report"))
    owed += [OwedAct(f"答复第{c.no}项协调请求", "coordinate_answer") for c in m.open_coordinations if c.unit == unit]
    return owed
