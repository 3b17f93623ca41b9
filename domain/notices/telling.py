"""Which event of a matter tells whom what. One table; `domain.queries.telling` says what happened, this what it asks.

Words that are secret, sealed or not, never leave by a notice: it says that they exist and where to read them (条例
art. 24). Nobody is told what he did himself. A report that only confirms the routine is told to the 督办员 alone: a
notice is a burden too.
"""

import re
from dataclasses import dataclass, replace

from domain import events as ev
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.matter import Matter
from domain.notices.notice import Notice, notice_text, notices_to, shown_in_notice
from domain.notices.people import RecipientDirectory, Scene, To, notice_recipients
from domain.queries.telling import Rendering, tell_event


@dataclass(frozen=True)
class NoticeRule:
    """Whom an event is told to, and what it asks of them."""

    to: tuple[To, ...]
    ask: str = ""


NOBODY = NoticeRule(to=())
OF_THE_HOUSE = (To.HEAD, To.PRESSED)
"""Who is answerable to the headquarters: not the head of a unit that is asked by letter (商请)."""
UNIT = (To.LIAISON, To.HANDLER)
WHOLE_UNIT = (*UNIT, To.HEAD)
EVERYBODY = (*WHOLE_UNIT, To.ASSIST, To.SUPERVISOR)

RULES: dict[type[Event], NoticeRule] = {
    # 立项、交办、签收. Opening alone asks nothing of anybody: 交办 does.
    ev.MatterOpened: NOBODY,
    ev.MatterAssigned: NoticeRule((*EVERYBODY, To.FORMER_LEAD), "请牵头单位在时限内签收或退签"),
    ev.LeadersSet: NoticeRule((To.ANSWERING, To.LIAISON, To.SUPERVISOR)),
    ev.ReceiptSigned: NoticeRule((To.LIAISON, To.SUPERVISOR)),
    ev.ReceiptDeclined: NoticeRule((To.SUPERVISOR,), "请重新明确牵头单位"),
    # 要点、反馈.
    ev.PointAdded: NoticeRule(UNIT),
    ev.PointChanged: NoticeRule(UNIT),
    ev.PointDropped: NoticeRule(UNIT),
    ev.BasisAdded: NoticeRule(EVERYBODY, "请一并落实"),
    ev.MatterCarriedOver: NoticeRule(WHOLE_UNIT, "请继续办理"),
    ev.RhythmChanged: NoticeRule(UNIT),
    ev.UrgencyChanged: NoticeRule(UNIT),
    ev.SurgeStarted: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR), "请按日反馈"),
    ev.SurgeMoved: NoticeRule(UNIT),
    ev.SurgeEnded: NoticeRule(UNIT),
    ev.FeedbackWindowOpened: NoticeRule(UNIT),
    ev.FeedbackSubmitted: NoticeRule((To.SUPERVISOR,)),
    ev.ReportReturned: NoticeRule(WHOLE_UNIT, "请在期限内重新反馈"),
    ev.FeedbackMissed: NoticeRule((*UNIT, To.SUPERVISOR), "请尽快补报"),
    ev.MissWithdrawn: NoticeRule(UNIT),
    ev.SatisfactionGiven: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    ev.PeriodEnded: NoticeRule((*UNIT, To.SUPERVISOR)),
    ev.PeriodJudged: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    ev.StageReviewed: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    # 催办、协调、升级、议定、批示. An urge reaches as far up as the matter has been carried.
    ev.UnitReminded: NoticeRule(UNIT),
    ev.UrgeIssued: NoticeRule((*UNIT, To.PRESSED), "请尽快反馈办理情况"),
    ev.CoordinationRequested: NoticeRule((To.ASKED, To.SUPERVISOR), "请在时限内答复"),
    ev.CoordinationAnswered: NoticeRule((*UNIT, To.SUPERVISOR)),
    ev.MatterEscalated: NoticeRule((To.RUNG, *UNIT, To.SUPERVISOR)),
    ev.DecisionRecorded: NoticeRule(EVERYBODY, "请按议定意见办理"),
    ev.MatterListed: NoticeRule(EVERYBODY),
    ev.ListingTermsSet: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    ev.MatterDelisted: NoticeRule(EVERYBODY),
    ev.InterviewHeld: NoticeRule((To.SUPERVISOR,)),
    ev.CardIssued: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    ev.CardWithdrawn: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    ev.InstructionRecorded: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR), "请按批示要求办理"),
    # 时限、暂缓.
    ev.NearDueWarned: NoticeRule(UNIT, "请按时办结"),
    ev.DueLapsed: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR), "请尽快办结，或说明原因"),
    ev.DeadlineMoved: NoticeRule(UNIT),
    ev.ExtensionRequested: NoticeRule((To.SUPERVISOR,), "请批复"),
    ev.ExtensionGranted: NoticeRule((*UNIT, To.ASKER, To.ASSIST)),
    ev.ExtensionRefused: NoticeRule((*WHOLE_UNIT, To.ASKER), "请按原时限办理"),
    ev.MatterSuspended: NoticeRule(EVERYBODY),
    ev.MatterResumed: NoticeRule(EVERYBODY, "请继续办理"),
    # 办结、销号、重开、撤销、异议、更正.
    ev.ClosureRequested: NoticeRule((To.SUPERVISOR,), "请审核"),
    ev.ClosureEndorsed: NoticeRule((To.INSTRUCTING, *UNIT), "请批示领导审阅"),
    ev.ClosureMarked: NoticeRule((To.INSTRUCTING,), "请批示领导审阅"),
    ev.ClosureReturned: NoticeRule((*WHOLE_UNIT, To.ASKER), "请按意见重办"),
    ev.MatterClosed: NoticeRule((*EVERYBODY, To.ASKER)),
    ev.MatterReopened: NoticeRule(EVERYBODY, "请继续办理"),
    ev.MatterCancelled: NoticeRule(EVERYBODY),
    ev.MatterMerged: NoticeRule(EVERYBODY, "此后在并入的事项中办理"),
    ev.PredecessorSet: NoticeRule(UNIT),
    ev.PredecessorDropped: NoticeRule(UNIT),
    ev.FollowBegun: NOBODY,
    ev.FollowEnded: NOBODY,
    ev.MatterInspected: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR), "如有不同意见请在反馈中说明"),
    ev.ObjectionRaised: NoticeRule((To.SUPERVISOR,), "请安排未参与结论的人员复核"),
    ev.ObjectionDecided: NoticeRule((*WHOLE_UNIT, To.SUPERVISOR)),
    ev.RecusalDeclared: NoticeRule((To.SUPERVISOR,), "请另行安排人员"),
    ev.DutyReassigned: NoticeRule((To.SUCCESSOR, *UNIT, To.SUPERVISOR)),
    ev.EventCorrected: NoticeRule((*UNIT, To.SUPERVISOR)),
}
"""Event → whom it is told, and what it asks. An event that is not here tells nobody; a test looks for that."""

_RECEIPT = re.compile(r"；签收时限 \d{4}-\d{2}-\d{2} \d{2}:\d{2}")
_INSTEAD: dict[type[Event], str] = {
    ev.InstructionRecorded: "有领导批示。批示属工作秘密，通知不载原文，请登录后用 xmh task show 查阅",
}
"""Events of which not even the leader's name goes out."""


def matter_notices(
    recorded: Recorded, before: Matter | None, after: Matter, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event of a matter: the same for the same event and directory, whoever computes them."""
    event = decode(recorded)
    rule = RULES.get(type(event), NOBODY)
    to = tuple(of for of in rule.to if not (after.by_letter and of in OF_THE_HOUSE))
    reached = house.reached(notice_recipients(Scene(event, before, after, house), to), recorded)
    subject = f"{after.number} {after.title}"
    return notices_to(recorded, reached, subject, _text(event, after, rule, house), after.urgency, house.calendar)


def matter_notice_now(recorded: Recorded, matter: Matter, house: RecipientDirectory, *, asks: bool) -> str:
    """The text of a matter's notice that waited, by the matter as it is now; what was done meanwhile is not asked."""
    event = decode(recorded)
    rule = RULES.get(type(event), NOBODY)
    return _text(event, matter, rule if asks else replace(rule, ask=""), house)


def _text(event: Event, matter: Matter, rule: NoticeRule, house: RecipientDirectory) -> str:
    line = _INSTEAD.get(type(event))
    if line is None:
        reader = Rendering(name=house.name, open=shown_in_notice, person=house.person_name)
        line = f"{event.label}：{tell_event(event, reader)}".rstrip("：")
    if isinstance(event, ev.MatterAssigned):
        # Once it is signed nobody waits for the 签收 any more.
        line = line if rule.ask else _RECEIPT.sub("", line)
        line = f"{line}；{'本期至' if matter.period else '办结时限'} {matter.due}"
    if isinstance(event, ev.NearDueWarned) and matter.period and rule.ask:
        rule = replace(rule, ask="请按期反馈本期办理情况")
    return notice_text(line, _asked(rule, matter))


def _asked(rule: NoticeRule, matter: Matter) -> str:
    """What a notice asks of a unit; of one that is asked by letter in the words of a request."""
    of_unit = bool(rule.ask) and rule.to[0] is To.LIAISON
    return f"商请{rule.ask.removeprefix('请')}" if of_unit and matter.by_letter else rule.ask
