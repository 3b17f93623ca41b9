"""要情 as briefing-3 worded it. Its issues are printed again by this; nobody mends it."""

from collections.abc import Iterable, Iterator
from datetime import date

from documents.figures import Entry, count_by_light, count_by_stage, newest_decision
from documents.ledger import MatterFile
from documents.page import Items, Paragraph
from documents.sections.edition import Edition, Piece, Writers
from documents.sections.overview import ALIVE
from documents.sections.recipe import SectionPart
from documents.wording import (
    clean_text,
    counts_in_words,
    day_in,
    light_reason,
    quoted_title,
    reason_with_dates,
    rung_above,
    sentence,
    share_in_words,
    short_date,
)
from domain import events as ev
from domain.calendar import local_date
from domain.facts import is_sealed
from domain.matter import Matter
from domain.queries.stock_phrases import stock_reason
from domain.queries.waiting import whose_move
from domain.terms import Light, MatterClass, Stage

REPLY_WORKDAYS = 5
"""Until when a unit is to name a day, when nobody else set one."""
_SHORT, _MOST_MAJOR, _MOST_FOLLOWED, _MOST_NAMED = 48, 3, 4, 4


def report_said(file: MatterFile) -> str | None:
    """What the lead last reported, when it says something."""
    feedback = file.matter.last_feedback
    if feedback is None or is_sealed(feedback.text):
        return None
    return None if why_stock(file) else clean_text(feedback.text)


def why_stock(file: MatterFile) -> str | None:
    """Why the last report on a matter is 套话; None when it says something, or is nobody's to read."""
    feedback = file.matter.last_feedback
    if feedback is None or is_sealed(feedback.text):
        return None
    reports = [t.event for t in file.events if isinstance(t.event, ev.FeedbackSubmitted)]
    before = reports[-2].text if len(reports) > 1 and not is_sealed(reports[-2].text) else None
    return stock_reason(feedback.text, file.matter.progress, before)


# --- 提请研究


def _to_decide(edition: Edition) -> Iterator[Piece]:
    """Each thing that waits for a leader's word; nothing when nothing does."""
    entries = [e for e in edition.period.entries() if not e.matter.ended]
    asked = [text for e in entries for text in _asked(edition, e)]
    if asked:
        yield Items(items=tuple(asked))
    elif not any(e.lit.light is Light.RED for e in entries):
        yield Paragraph(text="本期没有提请领导研究的事项。")


def _asked(edition: Edition, entry: Entry) -> Iterator[str]:
    matter, unit, year = entry.matter, edition.period.ledger.unit, edition.period.until.year
    title = quoted_title(matter)
    if matter.stage is Stage.OPENED:
        yield f"请明确{title}的牵头单位。"
    if matter.extension is not None:
        what = f"第{matter.extension.point}项要点" if matter.extension.point else ""
        was = "" if matter.extension.point else f"由{day_in(matter.due, year)}"
        to = day_in(matter.extension.to, year)
        why = sentence(matter.extension.reason)
        yield f"请批复{title}{what}的延期申请：{unit(matter.lead)}申请{was}延至{to}，理由是{why}"
    if matter.closure is not None and matter.closure.endorsed:
        yield f"请原批示领导审阅{title}的办结申请，指挥部办公室已审核。"
    for wish in matter.open_coordinations:
        late = edition.period.ledger.calendar.workdays_between(
            local_date(wish.answer_due), local_date(edition.period.ledger.as_of)
        )
        if late > 0:
            about = f"{unit(matter.lead)}提出“{clean_text(wish.text)}”" if not is_sealed(wish.text) else "有协调请求"
            yield f"请协调{title}：{about}，{unit(wish.unit)}逾期{late}个工作日未答复。"
    if rung_above(matter.rung) and entry.lit.light is not Light.RED and matter.extension is None:
        why = reason_with_dates(light_reason(entry.lit), year)
        yield f"请研究{title}（{edition.led(matter)}）：已升级至{matter.rung.label}，{why}。"


# --- 红灯


def _red(edition: Edition) -> Iterator[Piece]:
    """Each red matter: who, how late, why, what was tried, the next move, by when; the longest first."""
    red = [e for e in edition.period.entries() if e.lit.light is Light.RED]
    red.sort(key=lambda e: e.matter.due)
    shown = red[: edition.limits.reported]
    if not red:
        return
    if len(red) > len(shown):
        yield Paragraph(text=f"逾期未办结的事项中，最久的{len(shown)}件如下，其余见附表。")
    yield Items(items=tuple(_told_red(edition, e) for e in shown))


def _told_red(edition: Edition, entry: Entry) -> str:
    period, matter = edition.period, entry.matter
    leaders = "、".join(map(period.ledger.person, matter.leaders))
    who = f"（{edition.led(matter)}{f'，责任领导{leaders}' if leaders else ''}）"
    until = local_date(matter.closure.at if matter.closure else period.ledger.as_of)
    days = period.ledger.calendar.workdays_between(matter.due, until)
    late = f"逾期{days}个工作日" if days > 0 else "当日到期未办结"
    parts = [f"{quoted_title(matter)}{who}{late}", f"原因：{_why(matter)}", *_tried(edition, entry)]
    return f"{'。'.join(part.rstrip('。') for part in parts)}。{_next_move(edition, entry)}"


def _why(matter: Matter) -> str:
    problem = matter.last_feedback.problem if matter.last_feedback else None
    return sentence(problem) if problem else "牵头单位未报告原因"


def _tried(edition: Edition, entry: Entry) -> Iterator[str]:
    matter = entry.matter
    done = [f"已催办{matter.counts.urges}次"] if matter.counts.urges else []
    if matter.climbed:
        done.append(f"{short_date(matter.climbed[-1].on)}升级至{matter.climbed[-1].rung.label}")
    decided = [
        (t.event, local_date(t.recorded.occurred_at))
        for t in entry.file.events
        if isinstance(t.event, ev.DecisionRecorded)
    ]
    if decided:
        day, meeting = edition.held(*decided[-1])
        done.append(f"{short_date(day)}{_of_the_year(meeting, edition)}议定{clean_text(decided[-1][0].text)}")
    if done:
        yield "，".join(done)


def _of_the_year(meeting: str, edition: Edition) -> str:
    """第46次工作例会: the year is the document's."""
    return meeting.removeprefix(f"{edition.period.until.year}年")


def _next_move(edition: Edition, entry: Entry) -> str:
    period, matter = edition.period, entry.matter
    next_step = matter.last_feedback.next_step if matter.last_feedback else None
    if matter.stage is Stage.CLOSING:
        return f"下一步由{whose_move(matter, period.ledger.unit(matter.lead))}。"
    by = period.ledger.calendar.add_workdays(period.until, REPLY_WORKDAYS)
    wish = f"请牵头单位{day_in(by, period.until.year)}前书面报告补救措施和明确的完成时间。"
    step = clean_text(next_step).removeprefix("下一步").lstrip("，：") if next_step else ""
    return f"下一步{step}。{wish}" if step else wish


# --- 上次议定


def _followed(edition: Edition) -> Iterator[Piece]:
    """What meetings decided since the last issue and is still open: 已报, 未报, and how often it came up."""
    period = edition.period
    told_above = SectionPart.RED in edition.parts
    open_ones = [e for e in period.entries() if not e.matter.ended and not (told_above and e.lit.light is Light.RED)]
    followed = [(e, decision) for e in open_ones if (decision := _last_decision(edition, e)) is not None]
    followed.sort(key=lambda one: one[1][1])
    if not followed:
        yield Paragraph(text=f"{period.called}没有{'其他' if told_above else ''}尚未落实的会议议定事项。")
        return
    shown = followed[-_MOST_FOLLOWED:]
    if len(followed) > len(shown):
        yield Paragraph(text=f"{period.called}议定尚未落实的{len(followed)}件，最近的{len(shown)}件如下，其余见附表。")
    yield Items(items=tuple(_told_decision(edition, e, *decision) for e, decision in shown))


def _last_decision(edition: Edition, entry: Entry) -> tuple[ev.DecisionRecorded, date, int] | None:
    """The newest decision on a matter within the period, its day, and how many there were this year."""
    year, newest = edition.period.until.year, newest_decision(edition.period, entry)
    if newest is None or not isinstance(newest.event, ev.DecisionRecorded):
        return None
    decided = (t for t in entry.file.events if isinstance(t.event, ev.DecisionRecorded))
    times = sum(local_date(t.recorded.occurred_at).year == year for t in decided)
    day, _ = edition.held(newest.event, local_date(newest.recorded.occurred_at))
    return newest.event, day, times


def _told_decision(edition: Edition, entry: Entry, event: ev.DecisionRecorded, day: date, times: int) -> str:
    feedback = entry.matter.last_feedback
    answered = feedback is not None and local_date(feedback.at) >= day
    reported = _first_clause(report_said(entry.file) or "") if answered else ""
    state = "未报"
    if feedback is not None and answered:
        on = short_date(local_date(feedback.at))
        state = f"{on}已报{f'，{reported}' if reported else '，未写明具体进展'}"
    again = f"（今年第{times}次提出）" if times > 1 else ""
    lead, words = edition.period.ledger.unit(entry.matter.lead), _first_clause(clean_text(event.text))
    return f"{short_date(day)}议定{quoted_title(entry.matter)}（{lead}）{words}{again}：{state}。"


def _first_clause(text: str) -> str:
    """As much of a report as fits a line or two, cut where it pauses."""
    if len(text) <= _SHORT:
        return text
    cut = max(text.rfind(mark, 0, _SHORT) for mark in "。；")
    return text[: cut if cut > 0 else max(text.rfind("，", 0, _SHORT), 0) or _SHORT]


# --- 总体、重点


def _summary(edition: Edition) -> Iterator[Piece]:
    """Where things stand, in one paragraph; every figure once."""
    period, entries = edition.period, edition.period.entries()
    if not entries:
        return
    stages, lights = count_by_stage(entries), count_by_light(entries)
    working = sum(not e.matter.ended and e.matter.stage is not Stage.SUSPENDED for e in entries)
    where = counts_in_words(
        (("在办", working, "件"), ("暂缓", stages[Stage.SUSPENDED], "件"),
         ("已销号", stages[Stage.CLOSED], "件"), ("已撤销", stages[Stage.CANCELLED], "件"))
    )  # fmt: skip
    lit = counts_in_words([(f"{kind.label}灯", lights[kind], "件") for kind in ALIVE])
    shown = f"；在办的亮{lit}" if lit else ""
    yield Paragraph(
        text=f"今年以来共督办事项{len(entries)}件，截至{short_date(period.until)}{where}{shown}。{_rates(edition)}"
    )


def _rates(edition: Edition) -> str:
    rate, feedback, called = edition.period.on_time(), edition.period.feedback(), edition.period.called
    on_time = ""
    if rate.whole:
        share = share_in_words(rate.part, rate.whole)
        on_time = f"应办结{rate.whole}件，按期办结{rate.part}件，按期办结率{share}。"
    if not feedback.owed:
        return on_time
    share = share_in_words(feedback.on_time, feedback.owed)
    missed = len(feedback.missed) - feedback.made_up
    left = f"，漏报未补{missed}次" if missed else ""
    reported = f"{called}应反馈{feedback.owed}次，按时反馈{feedback.on_time}次，按时反馈率{share}"
    return f"{on_time}{reported}{left}。"


def _closed_names(edition: Edition) -> Iterator[Piece]:
    """办结销号, by name; how late stands in the 附表."""
    closed = list(dict.fromkeys(quoted_title(m) for m, _, _ in edition.period.happened(ev.MatterClosed)))
    if not closed:
        return
    named = "".join(closed[:_MOST_NAMED])
    more = f"等{len(closed)}件" if len(closed) > _MOST_NAMED else ""
    yield Paragraph(text=f"{edition.period.called}办结销号的有{named}{more}。")


def _major_brief(edition: Edition) -> Iterator[Piece]:
    """重大 matters that are not red: one line each, of those whose report says something."""
    lines = []
    for entry in edition.period.entries():
        matter, feedback = entry.matter, entry.matter.last_feedback
        recent = feedback is not None and edition.period.since <= local_date(feedback.at) <= edition.period.until
        if matter.klass is not MatterClass.MAJOR or matter.ended or not recent or entry.lit.light is Light.RED:
            continue
        if reported := report_said(entry.file):
            lines.append(f"{quoted_title(matter)}：{_first_clause(reported)}。")
    if lines:
        yield Items(items=tuple(lines[:_MOST_MAJOR]))


def _warned_brief(edition: Edition) -> Iterator[Piece]:
    """Yellow matters in one sentence by lead; each with its reason in the 附表."""
    yellow = [e for e in edition.period.entries() if e.lit.light is Light.YELLOW]
    if not yellow:
        return
    led: dict[str, list[str]] = {}
    for entry in yellow:
        led.setdefault(edition.period.ledger.unit(entry.matter.lead), []).append(quoted_title(entry.matter))
    named = "；".join(f"{unit}牵头的{_some(titles)}" for unit, titles in led.items())
    yield Paragraph(text=f"黄灯预警的有：{named}。原因见附表。")


def _some(titles: list[str], most: int = 2) -> str:
    return f"{''.join(titles[:most])}{f'等{len(titles)}件' if len(titles) > most else ''}"


def _ahead_brief(edition: Edition) -> Iterable[Piece]:
    """What falls due next, in the order of its days."""
    period, year, days = edition.period, edition.period.until.year, edition.limits.ahead
    at_rest = (Stage.SUSPENDED, Stage.CLOSING)
    alive = [e.matter for e in period.entries() if not e.matter.ended and e.matter.stage not in at_rest]
    coming = sorted((m for m in alive if m.due > period.until), key=lambda m: m.due)
    near = [m for m in coming if (m.due - period.until).days <= days]
    if near:
        named = "；".join(f"{day_in(m.due, year)}{quoted_title(m)}" for m in near[:_MOST_NAMED])
        more = f"等{len(near)}件" if len(near) > _MOST_NAMED else ""
        return [Paragraph(text=f"今后{days}日内应办结：{named}{more}。")]
    if coming:
        first = f"{day_in(coming[0].due, year)}的{quoted_title(coming[0])}"
        return [Paragraph(text=f"今后{days}日内没有到期事项，最近到期的是{first}。")]
    return []


LEADING: Writers = {
    SectionPart.TO_DECIDE: _to_decide,
    SectionPart.RED: _red,
    SectionPart.FOLLOWED: _followed,
    SectionPart.SUMMARY: _summary,
    SectionPart.CLOSED_NAMES: _closed_names,
    SectionPart.MAJOR_BRIEF: _major_brief,
    SectionPart.WARNED_BRIEF: _warned_brief,
    SectionPart.AHEAD_BRIEF: _ahead_brief,
}
