"""重点推进, and the 动态: what was done in the period."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date

from documents.figures import Entry
from documents.page import Items, Paragraph, Picture, headed
from documents.sections.edition import Edition, Piece, Writers, listed_items, shortened_list
from documents.sections.recipe import SectionPart
from documents.wording import (
    INSTRUCTION,
    clean_text,
    counts_in_words,
    day_in,
    light_reason,
    quoted_title,
    sentence,
    short_date,
)
from domain import events as ev
from domain.calendar import local_date
from domain.event import Event
from domain.facts import is_sealed
from domain.matter import Matter
from domain.queries.telling import ended_how, points_left_undone
from domain.terms import Light, MatterClass, Stage

# --- 办结销号、由红转绿


def closed_section(edition: Edition) -> Iterable[Piece]:
    """办结销号: each matter closed in the period, its lead, and whether in time."""
    endings = edition.period.happened(ev.MatterClosed)
    items = [f"{quoted_title(m)}（{edition.led(m)}），{short_date(on)}销号，{_how_ended(e)}。" for m, e, on in endings]
    return listed_items(edition, f"办结销号{len(endings)}件", "办结销号事项", items)


def _how_ended(closed: ev.MatterClosed) -> str:
    return f"{ended_how(closed)}{points_left_undone(closed.unfinished, closed.over_unfinished)}"


def _recovered(edition: Edition) -> Iterable[Piece]:
    """What was red at the last issue and is so no more: because the limit moved, never because time passed."""
    was_red = edition.red_before()
    items = [
        f"{quoted_title(e.matter)}（{edition.led(e.matter)}）：{_why_green(edition, was_red[e.matter.stream], e)}。"
        for e in edition.period.entries()
        if e.matter.stream in was_red and _green_now(e)
    ]
    return listed_items(edition, f"由红转绿{len(items)}件", "由红转绿事项", items)


def _green_now(entry: Entry) -> bool:
    if entry.matter.stage is Stage.CLOSED and entry.matter.closed:
        return entry.matter.closed.overdue_workdays == 0
    return entry.lit.light in (Light.GREEN, Light.BLUE)


def _why_green(edition: Edition, then: Entry, now: Entry) -> str:
    year, matter = edition.period.until.year, now.matter
    moved = [
        reason
        for happening in now.file.after(then.file.known)
        if (reason := _moved_the_limit(happening.event)) is not None
    ]
    because = moved[-1] if moved else ""
    limit = ""
    if matter.due != then.matter.due:
        limit = f"{because}，时限由{day_in(then.matter.due, year)}调整为{day_in(matter.due, year)}，"
    if matter.closed:
        return f"{limit.lstrip('，')}{short_date(matter.closed.on)}按期办结"
    return f"{limit.lstrip('，')}现为{now.lit.light.label}灯，{light_reason(now.lit, former=edition.former)}"


def _moved_the_limit(event: Event) -> str | None:
    match event:
        case ev.ExtensionGranted(point=None):
            return "经批准延期"
        case ev.DecisionRecorded(due=due, meeting=meeting) if due is not None:
            return f"{clean_text(meeting)}议定延期"
        case ev.MatterResumed():
            return "暂缓后恢复办理"
        case ev.MatterReopened():
            return "重开办理"
        case ev.DeadlineMoved(what="due"):
            return "工作日历或督办规则调整"
    return None


# --- 会议议定、重大事项


def _decided(edition: Edition) -> Iterable[Piece]:
    """By meeting: what one meeting decided on several matters is told under its name once."""
    decisions = edition.period.happened(ev.DecisionRecorded)
    meetings: defaultdict[tuple[date, str], list[tuple[Matter, ev.DecisionRecorded]]] = defaultdict(list)
    for matter, event, on in decisions:
        meetings[edition.held(event, on)].append((matter, event))
    items = [_decisions(edition, on, meeting, points) for (on, meeting), points in meetings.items()]
    return listed_items(edition, f"会议议定{len(decisions)}项", "会议议定事项", items, "次会议的议定事项")


def _decisions(edition: Edition, on: date, meeting: str, points: list[tuple[Matter, ev.DecisionRecorded]]) -> str:
    if len(points) == 1:
        matter, event = points[0]
        return f"{short_date(on)}，{meeting}就{quoted_title(matter)}议定：{_resolved(event, on)}"
    about: defaultdict[str, list[str]] = defaultdict(list)
    for matter, event in points:
        about[_resolved(event, on)].append(quoted_title(matter))
    worded = "".join(f"关于{''.join(matters)}，{text}" for text, matters in about.items())
    # A meeting may have decided more than what was about a matter there was.
    many = f"议定{len(points)}项。" if edition.former else "议定："
    return f"{short_date(on)}，{meeting}{many}{worded}"


def _resolved(event: ev.DecisionRecorded, on: date) -> str:
    """With the new limit, unless the text names it."""
    text = sentence(event.text)
    if event.due is None or short_date(event.due) in text:
        return text
    return f"{text}办结时限定为{day_in(event.due, on.year)}。"


def _next_step(words: str, *, former: bool) -> str:
    """下一步，…。; nothing where only a mark or the heading was typed."""
    if former:
        return f"下一步，{sentence(words).removeprefix('下一步').lstrip('，')}"
    step = clean_text(words).removeprefix("下一步").lstrip("，：: ")
    return f"下一步，{sentence(step)}" if step else ""


def _major(edition: Edition) -> Iterable[Piece]:
    """What the leads of 重大 matters last reported in the period."""
    period, items = edition.period, []
    for entry in period.entries():
        matter, feedback = entry.matter, entry.matter.last_feedback
        if matter.klass is not MatterClass.MAJOR or matter.ended or feedback is None:
            continue
        if period.since <= local_date(feedback.at) <= period.until:
            further = _next_step(feedback.next_step, former=edition.former) if feedback.next_step else ""
            items.append(
                f"{quoted_title(matter)}（{edition.led(matter)}，进度{matter.progress}%）：{sentence(feedback.text)}{further}"
            )
    return listed_items(edition, f"重大事项进展{len(items)}件", "重大事项进展", items)


# --- 新立项、领导批示、工作动态


def _opened(edition: Edition) -> Iterable[Piece]:
    openings = edition.period.happened(ev.MatterOpened)
    if not openings:
        return ()
    heading = f"新立项{len(openings)}件"
    if len(openings) > edition.limits.opened:
        return headed(heading, Paragraph(text=_by_class(Counter(e.klass for _, e, _ in openings))))
    year = edition.period.until.year
    items = [
        f"{quoted_title(m)}（{edition.led(m)}），时限{day_in(e.due, year)}，依据{clean_text(str(e.basis))}。"
        for m, e, _ in openings
    ]
    return headed(heading, Items(items=tuple(items)))


def _by_class(classes: Counter[MatterClass]) -> str:
    if len(classes) == 1:
        (only,) = classes
        return f"均为{only.label}事项。"
    return f"其中{counts_in_words([(klass.label, classes[klass], '件') for klass in MatterClass])}。"


def _instructed(edition: Edition) -> Iterable[Piece]:
    """That a leader instructed, on what and when; never the words."""
    instructions = edition.period.happened(ev.InstructionRecorded)
    person = edition.period.ledger.person
    items = [f"{short_date(on)}，{person(e.leader)}对{quoted_title(m)}作出{INSTRUCTION}。" for m, e, on in instructions]
    return listed_items(edition, f"领导批示{len(instructions)}件", "领导批示事项", items)


def _issued(edition: Edition) -> Iterable[Piece]:
    """The 动态 of the period: each told one event as it happened, the 简报 lists them."""
    period = edition.period
    issues = [i for i in period.ledger.news if period.since <= i.issued_on <= period.until]
    items = [f"第{i.no}期，{short_date(i.issued_on)}：{clean_text(i.title)}。" for i in issues]
    return listed_items(edition, f"编发工作动态{len(issues)}次", "工作动态", items, "次")


ADVANCES: Writers = {
    SectionPart.CLOSED: closed_section,
    SectionPart.RECOVERED: _recovered,
    SectionPart.DECIDED: _decided,
    SectionPart.MAJOR: _major,
    SectionPart.OPENED: _opened,
    SectionPart.INSTRUCTED: _instructed,
    SectionPart.NEWS: _issued,
}


# --- 动态


_PICTURED = (".jpg", ".jpeg", ".png")
_MOST_PICTURES, _LARGEST_PICTURE = 6, 5 * 1024 * 1024


def news_section(edition: Edition, parts: Collection[SectionPart]) -> list[Piece]:
    """动态: what happened in the period, day by day."""
    items = [item for part in parts if part in _NEWS for item in _NEWS[part](edition)]
    items.sort(key=lambda item: item[0])
    pieces = shortened_list(edition, "工作动态", [f"{short_date(on)}，{text}" for on, text in items], "条")
    return [*pieces, *(_pictures(edition) if SectionPart.NEWS_PICTURES in parts else ())]


def _pictures(edition: Edition) -> Iterator[Picture]:
    """What leads sent with their reports: of each matter the newest, of all the newest few, in the order of days."""
    newest = filter(None, (_newest_picture(edition, entry) for entry in edition.period.entries()))
    shown = sorted(newest, key=lambda one: one[0])[-_MOST_PICTURES:]
    yield from (picture for _, picture in shown)


def _newest_picture(edition: Edition, entry: Entry) -> tuple[date, Picture] | None:
    """Of the reports of the lead that were not returned; no picture that is too large to be printed.

    What was reported under seal (工作秘密) shows none: a picture tells what the words keep back.
    """
    returned = {t.event.report for t in entry.file.events if isinstance(t.event, ev.ReportReturned)}
    for happening in reversed(entry.file.events):
        report, on = happening.event, local_date(happening.recorded.occurred_at)
        if not isinstance(report, ev.FeedbackSubmitted) or not edition.period.within(happening):
            continue
        if report.unit != entry.matter.lead or happening.recorded.version in returned or _sealed(report):
            continue
        sent = (a for a in report.attachments if a.name.lower().endswith(_PICTURED) and a.size <= _LARGEST_PICTURE)
        if (one := next(sent, None)) is not None:
            source = f"{edition.period.ledger.unit(report.unit)}，{short_date(on)}"
            return on, Picture(
                caption=clean_text(entry.matter.title), source=source, sha256=one.sha256, bare=edition.bare_pictures
            )
    return None


def _sealed(report: ev.FeedbackSubmitted) -> bool:
    return any(is_sealed(words or "") for words in (report.text, report.problem, report.next_step, report.coordination))


def _news_decided(edition: Edition) -> Iterator[tuple[date, str]]:
    for m, e, on in edition.period.happened(ev.DecisionRecorded):
        day, meeting = edition.held(e, on)
        yield day, f"{meeting}就{quoted_title(m)}议定：{sentence(e.text)}"


def _news_closed(edition: Edition) -> Iterator[tuple[date, str]]:
    for m, e, on in edition.period.happened(ev.MatterClosed):
        yield on, f"{quoted_title(m)}办结销号（{edition.led(m)}，{_how_ended(e)}）。"


def _news_opened(edition: Edition) -> Iterator[tuple[date, str]]:
    """A whole list opened on one day is one piece of news."""
    days: defaultdict[date, list[Matter]] = defaultdict(list)
    for m, _, on in edition.period.happened(ev.MatterOpened):
        days[on].append(m)
    for on, opened in days.items():
        if len(opened) > edition.limits.opened:
            yield on, f"新立项督办{len(opened)}件，{_by_class(Counter(m.klass for m in opened))}"
        else:
            yield from ((on, f"{quoted_title(m)}立项督办（{edition.led(m)}）。") for m in opened)


def _news_answered(edition: Edition) -> Iterator[tuple[date, str]]:
    for m, e, on in edition.period.happened(ev.CoordinationAnswered):
        yield on, f"{edition.period.ledger.unit(e.unit)}就{quoted_title(m)}答复协调：{sentence(e.text)}"


def _news_suspended(edition: Edition) -> Iterator[tuple[date, str]]:
    for m, e, on in edition.period.happened(ev.MatterSuspended):
        yield on, f"{quoted_title(m)}暂缓办理至{day_in(e.until, on.year)}（{e.reason.label}）。"


def _news_points(edition: Edition) -> Iterator[tuple[date, str]]:
    """节点: each 要点 that was reached in the period."""
    for entry in edition.period.entries():
        for point in entry.matter.points:
            if point.done_on and edition.period.since <= point.done_on <= edition.period.until and not point.dropped:
                about = f"{quoted_title(entry.matter)}（{edition.led(entry.matter)}）"
                yield point.done_on, f"{about}要点“{clean_text(point.text)}”完成。"


def _news_inspected(edition: Edition) -> Iterator[tuple[date, str]]:
    """现场: each inspection held in the period, and what it came to."""
    for inspection in edition.period.ledger.inspections:
        on = inspection.held_on
        if on is not None and edition.period.since <= on <= edition.period.until:
            problems = sum(f.problem is not None for f in inspection.findings)
            came_to = f"发现问题{problems}个" if problems else "没有发现问题"
            yield on, f"开展{clean_text(inspection.title)}，{came_to}。"


_NEWS: Mapping[SectionPart, Callable[[Edition], Iterator[tuple[date, str]]]] = {
    SectionPart.NEWS_DECIDED: _news_decided,
    SectionPart.NEWS_CLOSED: _news_closed,
    SectionPart.NEWS_OPENED: _news_opened,
    SectionPart.NEWS_ANSWERED: _news_answered,
    SectionPart.NEWS_SUSPENDED: _news_suspended,
    SectionPart.NEWS_POINTS: _news_points,
    SectionPart.NEWS_INSPECTED: _news_inspected,
}
