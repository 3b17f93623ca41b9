"""`xmh today` and `xmh ask`: what waits for me, and one paragraph for the phone."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any

import typer

from cli.assess.common import assessment_duties
from cli.incoming.reads import papers_today
from cli.inspection.duties import onsite_duties
from cli.lookup import the_matter, the_one
from cli.moments import now
from cli.names import unit_names
from cli.reach import gaps_as_json, nobody_to_tell
from cli.session import Problem, answer, session
from cli.task.reads import living_matters, matter_row, secrets_of
from cli.task.tree import state_of
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
from domain.queries.leading import leads_as, waits_for_leader
from domain.queries.spoken import said_date
from domain.queries.telling import office_time, points_left_undone
from domain.queries.waiting import predecessor_danger
from domain.relations import withdrawn_how
from domain.rules.satisfaction import unrated
from domain.terms import Finding, Role, Stage
from eventlog import reading

SOON_WORKDAYS = 5


def today() -> None:
    """今天：待我办的、我在等的、快到期的。"""
    rulebook, at = reading.rulebook(session.database), now()
    actor, names = session.actor, unit_names()
    office = actor.role in (Role.OFFICE, Role.LEADER)
    alive = living_matters()
    if actor.role is Role.LEADER:
        alive = [m for m in alive if leads_as(m, actor.id) or actor.id in (m.supervisor, *m.followers)]

    def owed(m: Matter) -> Sequence[str]:
        if actor.role is Role.LEADER:
            return waits_for_leader(m, actor.id, local_date(at))
        return _for_office(m, rulebook, at) if office else _for_unit(m, actor.unit or "")

    mine = [(m, what) for m in alive for what in owed(m)]
    waiting = [(m, f"等{_called(m, names)}{what}") for m in alive for what in _for_unit(m, m.lead or "") if office]
    day = local_date(at)
    due = [
        m
        for m in alive
        if m.stage is not Stage.SUSPENDED
        and not m.ended
        and (office or actor.unit in m.units)
        and rulebook.calendar.workdays_between(day, m.due) <= SOON_WORKDAYS
    ]

    def lit(m: Matter) -> dict[str, Any]:
        return matter_row(m, light(m, rulebook, at))

    known = cache(lambda stream: state_of(stream, None))
    endangered = [
        (m, why)
        for m in alive
        if office or actor.unit in m.units
        for p in m.predecessors
        if (earlier := known(p.stream)) and (why := predecessor_danger(earlier, m, rulebook, at, known))
    ]
    following = [m for m in alive if actor.id in m.followers]
    meetings = _meetings(day, rulebook) if office else _meetings_of(actor.unit or "", rulebook)
    visits = onsite_duties(day, office=office)
    appraisals = assessment_duties(day, office=office)
    without = nobody_to_tell() if office else ()
    papers = papers_today()
    document = {
        "date": day.isoformat(),
        "for_me": [{**lit(m), "what": what} for m, what in mine],
        "waiting_for": [{**lit(m), "what": what} for m, what in waiting],
        "due_soon": [lit(m) for m in due],
        "endangered": [{**lit(m), "what": what} for m, what in endangered],
        "following": [lit(m) for m in following],
        "meetings": [{"meeting": m.number, "title": m.title, "what": what} for m, what in meetings],
        "inspections": [duty.model_dump() for duty in visits],
        "incoming": papers,
        "assessments": [{"assessment": key, "what": what} for key, what in appraisals],
        "unreached": gaps_as_json(without),
    }
    lines = [
        f"今天 {said_date(day)}",
        *_section("待我办理", [f"{m.number} {m.title}：{what}" for m, what in mine]),
        *_section("我在等待", [f"{m.number} {m.title}：{what}" for m, what in waiting]),
        *_section("即将到期", [f"{m.number} {m.title}：{lit(m)['light_reason']}" for m in due]),
        *(_section("前置事项拖期", [f"{m.number} {m.title}：{why}" for m, why in endangered]) if endangered else []),
        *(
            _section("我的关注", [f"{m.number} {m.title}：{lit(m)['light_reason']}" for m in following])
            if following
            else []
        ),
        *(_section("会议", [f"{m.number} {m.title}：{what}" for m, what in meetings]) if office or meetings else []),
        *(_section("督查和整改", [f"{d.number} {d.title}：{d.what}" for d in visits]) if visits else []),
        *(_section("批示件", [f"{p['paper']} {p['title']}：{p['what']}" for p in papers]) if papers else []),
        *(_section("考核", [what for _, what in appraisals]) if appraisals else []),
        *(_section("无人可通知", [one.line for one in without]) if without else []),
    ]
    answer(document, "\n".join(lines))


def _meetings(day: date, rulebook: Rulebook) -> list[tuple[Meeting, str]]:
    """Meetings that come soon, minutes that are owed, outcomes a matter did not take."""
    meetings = []
    for state in reading.states_of(session.database, "meeting"):
        meeting = state.state
        if not isinstance(meeting, Meeting) or meeting.settled:
            continue
        on = local_date(meeting.starts)
        if meeting.stage in BEFORE and rulebook.calendar.workdays_between(day, on) <= SOON_WORKDAYS:
            late = "，逾期未开" if meeting.lapsed else ""
            meetings.append((meeting, f"{said_date(on)}召开，{meeting.stage.label}{late}"))
            meetings += [(meeting, what) for what in _awaited(meeting)]
        if meeting.stage is MeetingStage.IN_SESSION:
            meetings.append((meeting, "纪要待签发" + ("，已逾期" if meeting.minutes_overdue else "")))
        meetings += [
            (meeting, f"第{p.no}项议定未被 {p.number or '事项'} 接受（{p.reason}），请再次落实或注明不再落实")
            for p in meeting.standing_points
            if p.delivery is Delivery.REFUSED
        ]
    return meetings


def _awaited(meeting: Meeting) -> list[str]:
    """Of whom the secretary still waits before a meeting whose agenda is fixed: 回执, and 汇报材料."""
    names = unit_names()
    silent = [names(u) for u in meeting.reporting_units if meeting.reply_of(u) is None]
    without = [str(i.no) for i in meeting.items if i.lead and i.dropped is None and not meeting.materials_for(i.key)]
    if meeting.stage is not MeetingStage.FROZEN:
        return []
    lines = [f"{'、'.join(silent)}还没有回执"] if silent else []
    return lines + ([f"第{'、'.join(without)}项议题还没有汇报材料"] if without else [])


def _meetings_of(unit: str, rulebook: Rulebook) -> list[tuple[Meeting, str]]:
    """What a unit owes the meetings it is called to: its 回执, and 汇报材料 for its items."""
    owed = []
    for state in reading.open_states(session.database, "meeting"):
        meeting = state.state
        if not isinstance(meeting, Meeting) or meeting.stage not in BEFORE or unit not in meeting.reporting_units:
            continue
        if meeting.reply_of(unit) is None:
            owed.append((meeting, f"报参会回执（{office_time(meeting.starts)}召开）"))
        until = office_time(materials_due(meeting, rulebook.calendar))
        owed += [
            (meeting, f"报送“{i.title}”的汇报材料（{until}前）")
            for i in (*meeting.items, *meeting.added)
            if i.lead == unit and i.dropped is None and not meeting.materials_for(i.key)
        ]
    return owed


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}（{len(lines)}）", *(f"  {text}" for text in lines)]


def _for_office(m: Matter, rulebook: Rulebook, at: datetime) -> list[str]:
    owed, policy = [], rulebook.policy
    if m.listed and not m.ended and m.listings and m.listings[-1].exit_when is None:
        owed.append("明确摘牌条件")
    if not m.ended:
        owed += [f"提请领导批准{d.card.label}：{d.reason}" for d in due_cards(m, rulebook, at)]
    if m.stage is Stage.OPENED:
        owed.append("明确牵头单位")
    if m.closure and not m.closure.endorsed:
        if unrated(m, policy):
            owed.append(f"征求提出人满意度（{m.origin}）")
        weighed = "、".join(to_be_weighed(m, m.closure.evidence, policy))
        left = points_left_undone(m.closure.unfinished, m.closure.over_unfinished)
        owed.append(f"审核办结申请{left}{f'；请核对：{weighed}' if weighed else ''}")
    if m.closure and m.closure.endorsed:
        owed.append("报原批示领导审阅")
    if m.objection:
        owed.append(f"复核异议（{m.objection.decide_by}前，原结论人员回避）")
    owed += [f"审核阶段目标{p.no}：{openly(p.text)}" for p in m.points if p.waits_for_review and not m.ended]
    if m.extension:
        owed.append(f"批复延期申请（延至 {m.extension.to}）")
    return owed


def _called(m: Matter, names: Callable[[str], str]) -> str:
    """Who is waited for; a unit that is asked by letter is said to be."""
    return f"{names(m.lead or '')}{'（商请）' if m.by_letter else ''}"


def _reported_since(m: Matter, moment: datetime) -> bool:
    return m.last_feedback is not None and m.last_feedback.at > moment


def _for_unit(m: Matter, unit: str) -> list[str]:
    owed: list[str] = []
    if m.ended:
        return owed
    if m.lead == unit and unit:
        if m.stage is Stage.ASSIGNED:
            owed.append("签收")
        if m.returned_at is not None and m.stage is Stage.IN_PROGRESS and not _reported_since(m, m.returned_at):
            owed.append(f"退回重办，办完再申请办结（时限仍为 {m.due}）")
        owed += [f"办好后重新反馈阶段目标{p.no}（审核退回）" for p in m.points if p.approved is False and p.open]
        last = m.inspections[-1] if m.inspections else None
        heard = m.last_feedback is not None and last is not None and m.last_feedback.version > last.version
        if last is not None and last.finding is Finding.UNTRUE and not heard:
            owed.append(f"{last.on}现场核查认定不实，请核实并重新反馈")
        if (back := m.asked_back) is not None:
            owed.append(f"重新反馈（{office_time(back.until)}前；退回原因：{back.reason.label}，{openly(back.text)}）")
        elif m.missed_in_row:
            owed.append(f"补报（已漏报{m.missed_in_row}次）")
        elif m.window and not m.window.answered:
            owed.append(f"反馈（{local_date(m.window.closes)}前）")
    owed += [f"答复第{c.no}项协调请求" for c in m.open_coordinations if c.unit == unit]
    return owed


def _meant(words: str) -> reading.ListedMatter:
    """The matter of that number or title; else the one of whose records the words are."""
    if not reading.find_matters(session.database, words):
        position, _ = reading.newest_event(session.database)
        streams = reading.streams_saying(session.database, words, position)
        if streams:
            return the_one(reading.listed_matters(session.database, streams), words)
    return the_matter(words)


def ask(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help="事项编号、尾号、名称中的字词，或要点、反馈、议定中的字词")
    ],
) -> None:
    """那件事到哪一步了：一段可以在电话里念的话。"""
    target = _meant(" ".join(words))
    matter = state_of(target.stream, None)
    if matter is None:  # it was found by its row
        raise Problem(f"没有事项“{target.number}”", "not_found")
    rulebook, at = reading.rulebook(session.database), now()
    names, opened = unit_names(), secrets_of(matter)
    lit = light(matter, rulebook, at)
    who = f"由{names(matter.lead)}牵头" if matter.lead else "尚未明确牵头单位"
    with_ = f"，{'、'.join(map(names, matter.assist))}配合" if matter.assist else ""
    limit = f"{'时限' if matter.period is None else '长期事项，本期至'}{matter.due:%Y年%-m月%-d日}"
    parts = [f"“{matter.title}”（{matter.number}）{who}{with_}，{limit}，目前{withdrawn_how(matter)}"]
    if matter.progress and not matter.ended:
        parts.append(f"进度{matter.progress}%")
    if feedback := matter.last_feedback:
        parts.append(f"最近一次反馈是{local_date(feedback.at):%-m月%-d日}：{opened(feedback.text).rstrip('。')}")
        if feedback.problem:
            parts.append(f"存在问题：{opened(feedback.problem).rstrip('。')}")
    text = "，".join(parts[:2]) + "".join(f"。{p}" for p in parts[2:]) + f"。亮灯情况：{lit.reason}。"
    answer({**matter_row(matter, lit), "text": text}, text)
