"""One event in one line, as the office would say it. Names and secrets are resolved by the caller."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import events as ev
from domain.calendar import SHANGHAI
from domain.confidential import opened
from domain.envelope import Actor
from domain.event import Event
from domain.facts import decimal, is_sealed
from domain.incoming import events as incoming
from domain.matter import Matter
from domain.periods import period_label
from domain.rules.ending import FIELDS
from domain.terms import Role
from domain.windows import window_label


@dataclass(frozen=True)
class Rendering:
    """How events are told to one reader: `name` and `person` make names of ids, `open` shows of a text what he may see.

    A unit and a person may have the same id: the office and who founded it do.
    """

    name: Callable[[str], str]
    """The name of a unit."""
    open: Callable[[str], str]
    person: Callable[[str], str]


def tell_event(event: Event, reader: Rendering) -> str:
    """What happened in an event, in one line without its label: who, what, until when."""
    event = opened(event, reader.open)
    line = _LINES.get(type(event))
    if line is not None:
        return line(event, reader)
    words = getattr(event, "text", None) or getattr(event, "reason", None) or ""
    return reader.open(words) if isinstance(words, str) else ""


def unit_typed_for(event: Event, actor: Actor) -> str | None:
    """The unit whose act the office typed (代录), by the event's actor; None when whoever acted did it himself."""
    unit = getattr(event, "unit", None)
    asked = isinstance(event, ev.CoordinationRequested) or not isinstance(unit, str)
    office = actor.role is Role.OFFICE and actor.on_behalf_of is None
    asked = asked or isinstance(event, ev.MatterInspected | ev.ReportReturned | ev.InterviewHeld | ev.CardIssued)
    return unit if office and not asked and unit != actor.unit else None


def office_time(value: object) -> str:
    """An instant in the office's time, to the minute; a date as it is."""
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return str(value)


def points_left_undone(unfinished: Sequence[str], why: str | None) -> str:
    """What a closed matter left undone: ；办结时尚有：要点2未完成；说明：…  Empty when nothing was left."""
    if not unfinished:
        return ""
    reason = "说明属工作秘密" if why and is_sealed(why) else f"说明：{why}"
    return f"；办结时尚有：{'、'.join(unfinished)}{_if(why and reason, '（', '）')}"


def pace_said(matter: Matter) -> str:
    """How often the matter owes a report just now, and when."""
    surge = matter.surge
    if surge is not None:
        days = "每天（含周末和节假日）" if surge.every_day else "每个工作日"
        return f"{days}，{surge.campaign}一日一调度，至 {surge.until}，此后{matter.rhythm.label}"
    return matter.rhythm.label


def deadline_in_words(what: str) -> str:
    """The deadline of a `DeadlineMoved`, as every timeline says it: `coordination:2` → 第2项协调答复时限."""
    kind, _, no = what.partition(":")
    label = {
        "window": "反馈期限",
        "receipt": "签收时限",
        "due": "办结时限",
        "coordination": "协调答复时限",
    }.get(kind, kind)
    return f"第{no}项{label}" if no else label


def _if(words: object, before: str = "", after: str = "") -> str:
    return f"{before}{words}{after}" if words else ""


def _opened(e: ev.MatterOpened, _: Rendering) -> str:
    came = f"{e.origin}；" if e.origin else ""
    limit = f"{came}时限 {e.due}{_if(e.due_rule and e.due_rule.rule, '（按默认时限：', '）')}"
    if e.period is not None:
        limit = f"{e.period.label}评判，首期至 {e.due}"
    return (
        f"{e.title}；依据：{e.basis}；{limit}{_if(e.duplicate_reason, '；另行立项理由：')}"
        f"{_if(e.inherited, '；存量，原列')}{_if(e.part_of and e.part_of.number, '；分解自 ')}"
    )


def _assigned(e: ev.MatterAssigned, r: Rendering) -> str:
    with_ = _if("、".join(map(r.name, e.assist)), "，配合：")
    asked = "（商请）" if e.by_letter else ""
    return f"牵头：{r.name(e.lead)}{asked}{with_}；签收时限 {office_time(e.receipt_due)}{_if(e.reason, '；')}"


def _signed(e: ev.ReceiptSigned, r: Rendering) -> str:
    if e.deemed:
        return f"{r.name(e.unit)}逾期未签，视同签收"
    return f"{r.name(e.unit)}签收{_if(e.via and e.via.label, '（', '告知，代签）')}"


def _feedback(e: ev.FeedbackSubmitted, r: Rendering) -> str:
    parts = [f"{r.name(e.unit)}：{r.open(e.text)}"]
    if e.progress is not None:
        parts.append(f"进度{e.progress}%")
    parts += [f"要点{p.no}：{p.progress}%{_if(p.text and r.open(p.text), ' ')}" for p in e.points]
    parts += [f"指标{i.no}：{decimal(i.value, i.decimals)}" for i in e.indicators]
    for label, words in (("问题", e.problem), ("下步", e.next_step), ("需协调", e.coordination)):
        if words:
            parts.append(f"{label}：{r.open(words)}")
    if e.letter:
        parts.append(f"（来函 {e.letter}）")
    elif e.via:
        parts.append(f"（{e.via.label}收到，代录）")
    if e.late_for:
        parts.append(f"（补报{window_label(e.late_for)}）")
    return "；".join(part.rstrip("。") for part in parts)


def _decided(e: ev.DecisionRecorded, _: Rendering) -> str:
    what = e.subject.label if e.subject else f"要点{e.matter_point}" if e.matter_point else ""
    outcome = f"{e.outcome.label}{what}，" if e.outcome else ""
    point = f"（{e.minutes}第{e.point}项）" if e.minutes and e.point else ""
    return f"{e.meeting}：{outcome}{e.text}{_if(e.due, '；时限 ')}{point}"


def _listed(e: ev.MatterListed, r: Rendering) -> str:
    why = _if(e.reason and r.open(e.reason), "：")
    return f"{e.meeting}{why}{_if(e.exit_when and r.open(e.exit_when), '；摘牌条件：')}"


def _closed(e: ev.MatterClosed, r: Rendering) -> str:
    how = f"{ended_how(e)}{_if(e.mark and e.mark.label, '，')}{_if(e.text and r.open(e.text), '：')}"
    return f"{how}{_ending(e, r)}"


def ended_how(closed: ev.MatterClosed) -> str:
    """Whether a matter closed in time: 按期办结, 逾期3个工作日办结; or 按决定结束, when it had no limit."""
    if closed.by_decision:
        return "按决定结束"
    return f"逾期{closed.overdue_workdays}个工作日办结" if closed.overdue_workdays else "按期办结"


_Ending = ev.ClosureRequested | ev.ClosureEndorsed | ev.ClosureMarked | ev.MatterClosed


def _over(e: _Ending | ev.MatterCancelled, r: Rendering) -> str:
    return _if(e.over_open_children and r.open(e.over_open_children), "；对未办结分解事项的说明：")


def _ending(e: _Ending, r: Rendering) -> str:
    why = e.over_unfinished and r.open(e.over_unfinished)
    return f"{points_left_undone(e.unfinished, why)}{_over(e, r)}"


def _corrected(e: ev.EventCorrected, r: Rendering) -> str:
    """更正第5条：误填；进度 60 → 20."""
    parts = [f"更正第{e.version}条：{r.open(e.text)}"]
    for field, words in e.fields.items():
        name = r.person if field == "person" else r.open
        was = f"{name(e.before[field]) or '无'} → " if field in e.before else "更正为 "
        late = "（此后另有记录，现状不变）" if field in e.overtaken else ""
        parts.append(f"{FIELDS.get(field, field)} {was}{name(words)}{late}")
    return "；".join(parts)


def _point(no: int | None) -> str:
    return f"要点{no}" if no else ""


_LINES: dict[type[Event], Callable[[Any, Rendering], str]] = {
    ev.MatterOpened: _opened,
    ev.MatterAssigned: _assigned,
    ev.LeadersSet: lambda e, r: f"{'、'.join(map(r.person, e.leaders))}{_if(e.reason and r.open(e.reason), '；')}",
    ev.ReceiptSigned: _signed,
    ev.ReceiptDeclined: lambda e, r: f"{r.name(e.unit)}：{e.reason}{'（牵头争议）' if e.disputed else ''}",
    ev.PointAdded: lambda e, _: f"要点{e.no}：{e.point.text}{_if(e.point.due, '（', '）')}",
    ev.PointChanged: lambda e, _: f"要点{e.no}：{e.point.text}{_if(e.point.due, '（', '）')}",
    ev.PointDropped: lambda e, _: f"要点{e.no}{_if(e.reason, '：')}",
    ev.BasisAdded: lambda e, _: f"{e.basis.kind.label} {e.basis}",
    ev.MatterCarriedOver: lambda e, _: f"列入{e.year}年，依据：{e.basis}",
    ev.UrgencyChanged: lambda e, _: f"改为{e.urgency.label}",
    ev.RhythmChanged: lambda e, _: f"改为{e.rhythm.label}",
    ev.SurgeStarted: lambda e, _: f"{e.campaign}，至 {e.until}{'，周末和节假日也报' if e.every_day else ''}",
    ev.SurgeMoved: lambda e, _: f"{e.campaign}，改至 {e.until}{_if(e.reason, '：')}",
    ev.SurgeEnded: lambda e, _: f"{e.campaign}{'（到期自动恢复原周期）' if e.automatic else ''}{_if(e.reason, '：')}",
    ev.FeedbackWindowOpened: lambda e, _: f"{window_label(e.window.key)}，{office_time(e.window.closes)}前反馈",
    ev.FeedbackSubmitted: _feedback,
    ev.ReportReturned: lambda e, r: (
        f"退回{r.name(e.unit)}第{e.report}条反馈，{e.reason.label}：{r.open(e.text)}；{office_time(e.until)}前重新反馈"
    ),
    ev.FeedbackMissed: lambda e, _: f"{window_label(e.window.key)}未反馈",
    ev.MissWithdrawn: lambda e, _: f"{window_label(e.window)}；{e.reason}",
    ev.SatisfactionGiven: lambda e, r: f"{r.open(e.by)}：{e.satisfaction.label}{_if(e.text and r.open(e.text), '，')}",
    ev.PeriodEnded: lambda e, _: f"{period_label(e.key)}{e.result.label}；下一期至 {e.due}",
    ev.PeriodJudged: lambda e, _: f"{period_label(e.key)}改为{e.result.label}：{e.reason}",
    ev.StageReviewed: lambda e, r: (
        f"阶段目标{e.no}{'通过' if e.approved else '退回'}{_if(e.text and r.open(e.text), '：')}"
    ),
    ev.UrgeIssued: lambda e, _: f"{e.no}{_if(e.colour and e.colour.label, '（', '色）')}：{e.reason}",
    ev.CoordinationRequested: lambda e, r: (
        f"请{r.name(e.unit)}协调：{r.open(e.text)}；{office_time(e.answer_due)}前答复"
    ),
    ev.CoordinationAnswered: lambda e, r: f"{r.name(e.unit)}：{r.open(e.text)}{_if(e.letter, '（来函 ', '）')}",
    ev.MatterEscalated: lambda e, _: f"{e.from_rung.label}→{e.to_rung.label}：{e.reason}",
    ev.DecisionRecorded: _decided,
    ev.MatterListed: _listed,
    ev.ListingTermsSet: lambda e, r: r.open(e.exit_when),
    ev.MatterDelisted: lambda e, r: (
        f"{e.meeting}{_if(e.met and '条件已达到', '，')}{_if(e.reason and r.open(e.reason), '：')}"
    ),
    ev.InterviewHeld: lambda e, r: (
        f"{r.person(e.interviewer)}约谈{r.name(e.unit)}{'、'.join(map(r.person, e.people))}：{r.open(e.text)}"
    ),
    ev.CardIssued: lambda e, r: f"第{e.no}张，{e.card.label}，{r.name(e.unit)}：{e.reason}",
    ev.CardWithdrawn: lambda e, r: f"第{e.no}张：{r.open(e.reason)}",
    ev.InstructionRecorded: lambda e, r: (
        f"{r.person(e.leader)}：{r.open(e.text)}{_if(e.paper and f'{e.paper.number}第{e.paper.no}条', '（', '）')}"
    ),
    ev.NearDueWarned: lambda e, _: f"时限 {e.due}",
    ev.DueLapsed: lambda e, _: f"时限 {e.due}",
    ev.DeadlineMoved: lambda e, _: (
        f"{deadline_in_words(e.what)} {office_time(e.before)}→{office_time(e.after)}：{e.reason}"
    ),
    ev.ExtensionRequested: lambda e, _: f"{_point(e.point)}延至 {e.to}：{e.reason}（进度{e.progress}%）",
    ev.ExtensionGranted: lambda e, _: f"{_point(e.point)}延至 {e.to}{_if(e.reason, '：')}",
    ev.MatterSuspended: lambda e, _: f"至 {e.until}，{e.reason.label}{_if(e.note, '：')}",
    ev.MatterResumed: lambda e, _: f"补回{e.workdays}个工作日，时限 {e.due}{'（到期自动恢复）' if e.automatic else ''}",
    ev.ClosureRequested: lambda e, r: f"{r.open(e.text)}{_ending(e, r)}",
    ev.ClosureEndorsed: lambda e, r: f"{r.open(e.text or '')}{_ending(e, r)}",
    ev.ClosureMarked: lambda e, r: (
        f"{e.mark.label}{_if(e.text and r.open(e.text), '：')}{_ending(e, r)}；请{r.person(e.next_leader)}审阅"
    ),
    ev.ClosureReturned: lambda e, r: f"{r.open(e.text)}{_if(e.due, '；时限仍为 ')}",
    ev.MatterClosed: _closed,
    ev.MatterCancelled: lambda e, r: f"{r.open(e.reason)}{_over(e, r)}",
    ev.MatterMerged: lambda e, r: f"并入 {e.into.number}（时限 {e.due}）：{r.open(e.reason)}",
    ev.PredecessorSet: lambda e, _: f"须待 {e.earlier.number}",
    ev.PredecessorDropped: lambda e, r: f"不再等待 {e.earlier.number}：{r.open(e.reason)}",
    ev.FollowBegun: lambda e, r: r.person(e.person),
    ev.FollowEnded: lambda e, r: r.person(e.person),
    ev.MatterReopened: lambda e, _: f"{e.reason}；时限 {e.due}",
    ev.ObjectionRaised: lambda e, r: f"{r.name(e.unit)}：{r.open(e.text)}；{e.decide_by}前复核",
    ev.ObjectionDecided: lambda e, r: f"{e.outcome.label}：{r.open(e.text)}",
    ev.MatterInspected: lambda e, r: (
        f"{_if(e.finding and e.finding.label, '', '：')}{r.open(e.text)}{_if(e.inspector, '（核查：', '）')}"
    ),
    ev.RecusalDeclared: lambda e, r: f"{r.person(e.person)}：{e.reason}",
    ev.DutyReassigned: lambda e, r: f"{e.duty.label}：{r.person(e.from_person)}→{r.person(e.to_person)}，{e.reason}",
    ev.EventCorrected: _corrected,
    incoming.PaperReceived: lambda e, _: f"{e.title}；{e.sender}{_if(e.sender_no, '（', '）')}，收文 {e.received_on}",
    incoming.PaperSubmitted: lambda e, r: f"{'→'.join(map(r.person, e.leaders))}{_if(e.reason, '；')}",
    incoming.LeaderInstructed: lambda e, r: f"第{e.no}条，{r.person(e.leader)}，时限 {e.due}：{e.text}",
    incoming.PaperSeen: lambda e, r: f"{r.person(e.leader)}（{e.on}）",
    incoming.LeaderInformed: lambda e, _: f"第{e.instruction}条：{e.text}",
    incoming.InstructionExtended: lambda e, r: f"第{e.instruction}条，{r.person(e.leader)}：延至 {e.to}；{e.reason}",
    incoming.InstructionReminded: lambda e, _: f"第{e.instruction}条{e.of.label}（{e.day}）",
    incoming.CompletionReported: lambda e, _: (
        f"第{e.instruction}条{_if('、'.join(e.seen_at), '（批示领导已审阅销号：', '）')}：{e.text}"
    ),
    incoming.PaperHandedOver: lambda e, r: f"{r.name(e.from_person)}→{r.name(e.to_person)}：{e.reason}",
    incoming.CompletionMarked: lambda e, r: (
        f"第{e.instruction}条，{r.person(e.leader)}：{e.mark.label}{_if(e.text, '，')}{_if(e.due, '；新时限 ')}"
    ),
}
