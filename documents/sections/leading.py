"""The first page of a 简报: what a leader must decide, what is overdue and why, what became of what was decided before.

A matter is told as a person would tell it; lists and counts are in the 附表. What a unit wrote without saying anything
(套话) is not quoted.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from documents.figures import Entry, Period, newest_decision
from documents.page import Items, Paragraph, Subheading
from documents.sections.edition import Edition, Piece, Writers
from documents.sections.recipe import SectionPart
from documents.sections.stock import report_said
from documents.sections.summing_up import SUMMING_UP, by_lead
from documents.wording import (
    clean_text,
    day_in,
    printed_reason,
    quoted_title,
    rung_above,
    sentence,
    short_date,
)
from domain import events as ev
from domain.calendar import local_date
from domain.facts import is_sealed
from domain.matter import Matter
from domain.queries.waiting import whose_move
from domain.terms import Light, MatterClass, Stage

REPLY_WORKDAYS = 5
"""Until when a unit is to name a day, when nobody else set one."""
_SHORT, _LONG, _MOST_FOLLOWED, _MOST_MAJOR = 40, 40, 4, 2
_MOST_ASKED, _LEAST_TOLD = 5, 2
"""So many things are asked of leaders one by one beside what is red; so many red matters are told whoever is asked."""
_NO_PROBLEM = ("无", "暂无", "没有", "无问题")


def _red(edition: Edition) -> list[Entry]:
    """Red matters, the longest overdue first."""
    red = [e for e in edition.period.entries() if e.lit.light is Light.RED]
    return sorted(red, key=lambda e: e.matter.due)


# --- 提请研究


def _to_decide(edition: Edition) -> Iterator[Piece]:
    """What waits for a leader's word, the red ones told whole; or that nothing does. As 附表 all the text cut."""
    if edition.whole:
        every = _other_asked(edition)
        if edition.bounded and len(every) > _MOST_ASKED:
            yield Subheading(text=f"提请研究的其他事项{len(every)}项")
            yield Items(items=tuple(every))
        return
    asked = _asked_in_short(edition) if edition.bounded else asked_of_leaders(edition)
    if asked:
        yield Items(items=tuple(asked)) if len(asked) > 1 else Paragraph(text=asked[0])
    else:
        none_red = "，也没有逾期未办结的事项" if SectionPart.RED in edition.parts and not _red(edition) else ""
        yield Paragraph(text=f"{edition.period.called}没有提请领导研究的事项{none_red}。")


def asked_of_leaders(edition: Edition) -> list[str]:
    """What a meeting of the leaders has to decide, each in a sentence; red matters that were carried up to them too."""
    return [*(_told_red(edition, e) + _wish(e) for e in _carried_up(edition)), *_other_asked(edition)]


def _carried_up(edition: Edition) -> list[Entry]:
    """Red matters that wait for somebody above the office."""
    return [e for e in _red(edition) if rung_above(e.matter.rung)]


def _other_asked(edition: Edition) -> list[str]:
    """What is asked of the leaders beside what is red."""
    return [text for e in edition.period.entries() if not e.matter.ended for text in _asked(edition, e)]


def _asked_in_short(edition: Edition) -> list[str]:
    """The same for a page that is read in a minute: the longest overdue and the first others, the rest by number."""
    red, other, where = _carried_up(edition), _other_asked(edition), edition.listed_in(SectionPart.LIT_TABLE)
    lines = [_told_red(edition, e) + _wish(e) for e in red[: edition.limits.reported]]
    if rest := red[edition.limits.reported :]:
        lines.append(
            f"另有升级的逾期事项{len(rest)}件，{by_lead(edition.period, rest)}，见{where}，请一并研究时限和补救措施。"
        )
    if SectionPart.TO_DECIDE not in edition.annexed:
        return [*lines, *other]  # no other list holds them
    lines += other[:_MOST_ASKED]
    if len(other) > _MOST_ASKED:
        lines.append(f"提请研究的其他事项另有{len(other) - _MOST_ASKED}项，见附表。")
    return lines


def _wish(entry: Entry) -> str:
    """What is asked of the leaders about a matter that was carried up to them."""
    decide = "延期" if entry.matter.extension is not None else "时限和补救措施"
    return f"已升级至{entry.matter.rung.label}，请研究{decide}。"


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
    yield from _unanswered(edition.period, matter)
    if rung_above(matter.rung) and entry.lit.light is not Light.RED and matter.extension is None:
        why = printed_reason(entry.lit, year)
        yield f"请研究{title}（{edition.led(matter)}）：已升级至{matter.rung.label}，{why}。"


def _unanswered(period: Period, matter: Matter) -> Iterator[str]:
    for wish in matter.open_coordinations:
        late = period.ledger.calendar.workdays_between(local_date(wish.answer_due), local_date(period.ledger.as_of))
        if late > 0:
            lead, asked = period.ledger.unit(matter.lead), period.ledger.unit(wish.unit)
            about = "有协调请求" if is_sealed(wish.text) else f"{lead}提出“{clean_text(wish.text)}”"
            yield f"请协调{quoted_title(matter)}：{about}，{asked}逾期{late}个工作日未答复。"


# --- 红灯


def _overdue(edition: Edition) -> Iterator[Piece]:
    """Each red matter nobody above the office is asked about, the longest first; of many the rest by lead."""
    asked_above = SectionPart.TO_DECIDE in edition.parts
    red = [e for e in _red(edition) if not (asked_above and rung_above(e.matter.rung))]
    most = edition.limits.reported
    if edition.bounded and asked_above:
        most = max(most - len(_carried_up(edition)), _LEAST_TOLD)
    shown, rest = red[:most], red[most:]
    if not red:
        return
    paragraphs = tuple(_told_red(edition, e) for e in shown)
    yield Items(items=paragraphs) if len(paragraphs) > 1 else Paragraph(text=paragraphs[0])
    if rest:
        where = edition.listed_in(SectionPart.LIT_TABLE)
        yield Paragraph(text=f"另有逾期{len(rest)}件，{by_lead(edition.period, rest)}，见{where}。")
    owing = [e for e in red if e.matter.stage is not Stage.CLOSING]
    if owing:
        by = edition.period.ledger.calendar.add_workdays(edition.period.until, REPLY_WORKDAYS)
        which = "以上事项" if len(red) == len(owing) > 1 else "" if len(red) == 1 else "以上未申请办结的，"
        wish = f"请牵头单位于{day_in(by, edition.period.until.year)}前书面报告补救措施和明确的完成时间。"
        yield Paragraph(text=f"{which}{wish}")


def _told_red(edition: Edition, entry: Entry) -> str:
    """Who, how late, why, what was tried, the next move; by when follows for all of them."""
    period, matter = edition.period, entry.matter
    leaders = "、".join(map(period.ledger.person, matter.leaders))
    who = f"（{edition.led(matter)}{f'，责任领导{leaders}' if leaders else ''}）"
    until = local_date(matter.closure.at if matter.closure else period.ledger.as_of)
    days = period.ledger.calendar.workdays_between(matter.due, until)
    late = f"逾期{days}个工作日" if days > 0 else "当日到期未办结"
    return f"{quoted_title(matter)}{who}{late}。{_why(period, matter)}{_tried(edition, entry)}{_next_move(entry)}"


def _why(period: Period, matter: Matter) -> str:
    """The unit's own word on what holds it up; of an older report with its day, for its 目前 is not today's."""
    feedback = matter.last_feedback
    if feedback is None or not feedback.problem or clean_text(feedback.problem) in _NO_PROBLEM:
        return "牵头单位没有报告原因。"
    on = local_date(feedback.at)
    reported = f"{day_in(on, period.until.year)}反馈的" if on < period.since else ""
    return f"{reported}原因是：{sentence(feedback.problem)}"


def _tried(edition: Edition, entry: Entry) -> str:
    """How often it was urged, then what was done about it in the order of the days."""
    matter = entry.matter
    urged = [f"已催办{matter.counts.urges}次"] if matter.counts.urges else []
    done: list[tuple[date, str]] = []
    if matter.climbed and not rung_above(matter.rung):
        last = matter.climbed[-1]
        done.append((last.on, f"{short_date(last.on)}升级至{last.rung.label}"))
    decided = [
        (t.event, local_date(t.recorded.occurred_at))
        for t in entry.file.events
        if isinstance(t.event, ev.DecisionRecorded)
    ]
    if decided:
        day, meeting = edition.held(*decided[-1])
        words = _first_clause(clean_text(decided[-1][0].text))
        done.append((day, f"{short_date(day)}{meeting.removeprefix(f'{edition.period.until.year}年')}议定{words}"))
    steps = [*urged, *(what for _, what in sorted(done, key=lambda one: one[0]))]
    return f"{'，'.join(steps)}。" if steps else ""


def _next_move(entry: Entry) -> str:
    matter = entry.matter
    if matter.stage is Stage.CLOSING:
        return f"下一步由{whose_move(matter, '牵头单位')}。"
    next_step = matter.last_feedback.next_step if matter.last_feedback else None
    step = clean_text(next_step).removeprefix("下一步").lstrip("，：") if next_step else ""
    return f"下一步{step}。" if step else ""


# --- 上次议定


class _Followed(NamedTuple):
    """A matter meetings decided on in the period: the newest decision, its day and meeting, how often this year."""

    entry: Entry
    event: ev.DecisionRecorded
    day: date
    meeting: str
    times: int

    @property
    def reported_on(self) -> date | None:
        """The day the lead last reported, when that was after the decision."""
        feedback = self.entry.matter.last_feedback
        return local_date(feedback.at) if feedback and local_date(feedback.at) > self.day else None


def _followed(edition: Edition) -> Iterator[Piece]:
    """What became of what meetings decided: 未报 first, the most often repeated before others, then what was reported.

    What was decided within the last days has nothing to be asked of yet.
    """
    period, asked = edition.period, _asked_after(edition)
    if head := _followed_in_sum(edition, asked[_MOST_FOLLOWED:]):
        yield Paragraph(text=head)
    shown = tuple(_told_decision(edition, f) for f in asked[:_MOST_FOLLOWED])
    if shown:
        yield Items(items=shown) if len(shown) > 1 else Paragraph(text=shown[0])
    if not (head or shown):
        others = "其他" if any(not f.entry.matter.ended for f in _decisions(edition)) else ""
        if others and edition.bounded:
            return  # each is told above
        yield Paragraph(text=f"{period.called}没有{others}会议议定事项。")


def _decisions(edition: Edition) -> list[_Followed]:
    return [f for e in edition.period.entries() if (f := _last_decision(edition, e)) is not None]


def _asked_after(edition: Edition) -> list[_Followed]:
    """The decisions to be told one by one, the one to be asked after most first."""
    told_above = SectionPart.RED in edition.parts
    still_open = (f for f in _decisions(edition) if not f.entry.matter.ended and not _recent(edition.period, f))
    untold = (f for f in still_open if not (told_above and f.entry.lit.light is Light.RED))
    return sorted(untold, key=lambda f: (f.reported_on is not None, -f.times, f.day))


def _recent(period: Period, followed: _Followed) -> bool:
    """Nothing was reported since, and it is too early to ask why."""
    young = period.ledger.calendar.workdays_between(followed.day, period.until) < REPLY_WORKDAYS
    return young and followed.reported_on is None


def _followed_in_sum(edition: Edition, left: list[_Followed]) -> str:
    """Counts of what is not told one by one."""
    decisions = _decisions(edition)
    ended = sum(f.entry.matter.ended for f in decisions)
    recent = [f for f in decisions if not f.entry.matter.ended and _recent(edition.period, f)]
    called = edition.period.called
    parts = [f"{called}会议议定的事项已办结{ended}件"] if ended else []
    if left:
        silent = sum(f.reported_on is None for f in left)
        parts.append(f"议定后尚未办结、未在下面列出的还有{len(left)}件{f'，其中未报{silent}件' if silent else ''}")
    if recent:
        named = (f"{short_date(f.day)}{f.meeting.removeprefix(f'{edition.period.until.year}年')}" for f in recent)
        parts.append(f"{'、'.join(dict.fromkeys(named))}新近议定的{len(recent)}件下期报告")
    return f"{'；'.join(parts)}。" if parts else ""


def _last_decision(edition: Edition, entry: Entry) -> _Followed | None:
    year, newest = edition.period.until.year, newest_decision(edition.period, entry)
    if newest is None or not isinstance(newest.event, ev.DecisionRecorded):
        return None
    decided = (t for t in entry.file.events if isinstance(t.event, ev.DecisionRecorded))
    times = sum(local_date(t.recorded.occurred_at).year == year for t in decided)
    day, meeting = edition.held(newest.event, local_date(newest.recorded.occurred_at))
    return _Followed(entry, newest.event, day, meeting, times)


def _told_decision(edition: Edition, followed: _Followed) -> str:
    again = f"（该事项今年第{followed.times}次议定）" if followed.times > 1 else ""
    state = "至今未报"
    if followed.reported_on is not None:
        reported = _first_clause(report_said(followed.entry.file) or "")
        state = f"{short_date(followed.reported_on)}已报{f'，{reported}' if reported else '，未写明具体进展'}"
    lead = edition.period.ledger.unit(followed.entry.matter.lead)
    words = _first_clause(clean_text(followed.event.text))
    return f"{quoted_title(followed.entry.matter)}（{lead}）：{short_date(followed.day)}议定{words}{again}。{state}。"


def _first_clause(text: str) -> str:
    """As much of a text as fits a line or two, cut where it pauses."""
    if len(text) <= _SHORT:
        return text
    cut = max(text.rfind(mark, 0, _SHORT) for mark in "。；")
    return text[: cut if cut > 0 else max(text.rfind("，", 0, _SHORT), 0) or _SHORT]


# --- 重大事项


def _major_brief(edition: Edition) -> Iterator[Piece]:
    """重大 matters not told above, of those whose report says something."""
    above = {f.entry.matter.stream for f in _asked_after(edition)[:_MOST_FOLLOWED]}
    lines = []
    for entry in edition.period.entries():
        matter, feedback = entry.matter, entry.matter.last_feedback
        recent = feedback is not None and edition.period.since <= local_date(feedback.at) <= edition.period.until
        shown = matter.stream in above or entry.lit.light is Light.RED
        if matter.klass is not MatterClass.MAJOR or matter.ended or not recent or shown:
            continue
        if reported := report_said(entry.file):
            lines.append(f"{quoted_title(matter)}，{_shortened(reported)}")
    if lines:
        yield Paragraph(text=f"重大事项进展：{'；'.join(lines[:_MOST_MAJOR])}。")


def _shortened(text: str) -> str:
    """A report in a clause or two; its own sentences become clauses of the one it stands in."""
    kept, whole = "", text.replace("。", "，").replace("；", "，")
    for clause in whole.split("，"):
        if kept and len(kept) + len(clause) >= _LONG:
            break
        kept += f"{'，' if kept else ''}{clause}"
    return kept


LEADING: Writers = {
    SectionPart.TO_DECIDE: _to_decide,
    SectionPart.RED: _overdue,
    SectionPart.FOLLOWED: _followed,
    SectionPart.MAJOR_BRIEF: _major_brief,
    **SUMMING_UP,
}
