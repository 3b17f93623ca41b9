"""Who hears what of an incoming paper: the leader whose turn it is, and the office. Its words leave by no notice."""

from collections.abc import Iterator

from domain.envelope import Recorded
from domain.event import decode
from domain.incoming import events as ev
from domain.incoming.paper import IncomingPaper
from domain.incoming.terms import PaperReminder
from domain.notices.notice import Notice, notice_text, notices_to
from domain.notices.people import RecipientDirectory
from domain.terms import LeaderMark, Role


def incoming_notices(
    recorded: Recorded, before: IncomingPaper | None, after: IncomingPaper, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event of an incoming paper; the others are the office's own work."""
    del before
    subject = f"{after.number} {after.title}"
    notices: list[Notice] = []
    for people, line, ask in _told(recorded, after, house):
        reached = house.reached(house.known(people), recorded)
        text = notice_text(line, ask)
        notices += notices_to(recorded, reached, subject, text, after.urgency, house.calendar)
    by_person: dict[str, Notice] = {}
    for notice in notices:
        by_person.setdefault(notice.person, notice)
    return tuple(by_person.values())


def _told(
    recorded: Recorded, after: IncomingPaper, house: RecipientDirectory
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Whom, what, and what it asks."""
    office = tuple(p.id for p in house.people if p.role is Role.OFFICE)
    turn = (after.waiting[:1], "来文呈批", "请批阅")
    match decode(recorded):
        case ev.PaperSubmitted():
            yield turn
        case ev.LeaderInstructed(no=no, due=due):
            yield turn
            yield office, f"第{no}条批示：有领导批示，时限 {due}。批示属工作秘密，通知不载原文", "请交办"
        case ev.PaperSeen(leader=leader):
            yield turn
            yield office, f"{house.name(leader)}已圈阅", ""
        case ev.LeaderInformed(instruction=no):
            yield _instructing(after, no), f"第{no}条批示的办理进展已报", ""
        case ev.InstructionExtended(instruction=no, to=to):
            yield office, f"第{no}条批示延期至 {to}", ""
        case ev.InstructionReminded(instruction=no, of=of, day=day):
            ask = "请向批示领导报告进展" if of is PaperReminder.REPORT else "请办结并报结"
            yield office, f"第{no}条批示{of.label}（{day}）", ask
            if of is PaperReminder.OVERDUE:
                yield _instructing(after, no), f"第{no}条批示{of.label}（{day}），尚未报结", ""
        case ev.CompletionReported(instruction=no, seen_at=seen_at):
            yield _instructing(after, no), f"第{no}条批示已报结", "" if seen_at else "请审阅"
        case ev.PaperHandedOver(to_person=successor):
            mine = after.waiting[:1] == (successor,)
            yield (successor,), "批示件由您接手", "请批阅" if mine else ""
        case ev.CompletionMarked(instruction=no, mark=mark):
            goes_on = mark is LeaderMark.CONTINUE
            yield office, f"第{no}条批示的报结：{mark.label}", "请继续办理" if goes_on else ""


def _instructing(paper: IncomingPaper, no: int) -> tuple[str, ...]:
    one = paper.instruction(no)
    return (one.whose,) if one else ()
