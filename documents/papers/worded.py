"""督办单, 催办单, 问题处理通知单, 交办通知单 as their readers answer them; the other papers are worded as before."""

from collections.abc import Callable, Iterator

from documents.page import Block, Grid, Items, Paragraph
from documents.papers.case import REPLY_WORKDAYS, SECRECY, PaperCase, Written
from documents.papers.overtaken import answered_since
from documents.wording import (
    INSTRUCTION,
    cited,
    clean_text,
    full_date,
    light_reason,
    moment_in_words,
    quoted_title,
    sentence,
)
from domain import events as ev
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.lights import light
from domain.papers import PaperKind
from domain.terms import OrderColour, Rhythm, Stage
from domain.windows import window_label

_REPLY = {OrderColour.RED: 2, OrderColour.ORANGE: 2, OrderColour.YELLOW: 3}
"""Working days within which a 催办单 of a colour wants its answer; any other within five."""
_RECEIPT = "经办人：　　　　　负责人：　　　　　（盖章）　　年　月　日"


def _grounds(case: PaperCase) -> str:
    return "、".join(cited(basis.text, basis.no) for basis in case.matter.bases)


def _points(case: PaperCase) -> list[str]:
    return [
        f"{clean_text(p.text)}{f'（{case.day(p.due)}前）' if p.due else ''}"
        for p in case.matter.points
        if not p.dropped
    ]


def _reply_by(case: PaperCase, workdays: int) -> str:
    return full_date(case.ledger.calendar.add_workdays(local_date(case.ledger.as_of), workdays))


# --- 交办、督办


def _assignment(case: PaperCase) -> Written:
    return _request(case) if case.letter else _order(case)


def _order(case: PaperCase) -> Written:
    m = case.matter
    rows = []
    if m.receipt_due and m.stage is Stage.ASSIGNED:
        rows.append(f"请于{moment_in_words(m.receipt_due)}前签收。")
    if points := _points(case):
        rows.append(f"主要工作：{'；'.join(points)}。")
    rows += [f"请于{full_date(m.due)}前办结。", f"请{_feedback(m.rhythm)}。"]
    return f"关于交办{quoted_title(m)}的通知", (
        Paragraph(
            text=f"根据{_grounds(case)}，{case.what}现交由{case.you}牵头办理{_assisted(case)}。有关事项通知如下："
        ),
        Items(items=tuple(rows)),
        Paragraph(text="确有困难的，请在时限前书面说明理由并提出明确的新时限。"),
        *_secrecy(case),
    )


def _request(case: PaperCase) -> Written:
    """Whom one asks is told what is wanted and by when it is wished for; he answers by 函 (decision 082)."""
    m = case.matter
    points = _points(case)
    rows = [f"商请事项：{'；'.join(points)}。"] if points else []
    rows.append(f"商请时限：恳请于{full_date(m.due)}前办结；如有困难，请函告可行的时限。")
    news = "办结时函告结果" if m.rhythm is Rhythm.ONCE else f"{m.rhythm.label}函告办理进展"
    rows.append(f"情况沟通：请{news}，需指挥部协调的请一并提出。")
    if m.receipt_due and m.stage is Stage.ASSIGNED:
        rows.append(f"意见回复：可否牵头办理，请于{full_date(local_date(m.receipt_due))}前函复。")
    return f"关于商请办理{quoted_title(m)}的函", (
        Paragraph(
            text=f"根据{_grounds(case)}，{case.what}需{case.you}支持。现商请{case.you}牵头办理{_assisted(case)}："
        ),
        Items(items=tuple(rows)),
        Paragraph(text="专此函商，请予支持。"),
        *_secrecy(case),
    )


def _assisted(case: PaperCase) -> str:
    return f"，由{'、'.join(map(case.unit, case.matter.assist))}配合" if case.matter.assist else ""


def _secrecy(case: PaperCase) -> tuple[Block, ...]:
    return (Paragraph(text=SECRECY),) if case.all(ev.InstructionRecorded) else ()


def _feedback(rhythm: Rhythm) -> str:
    return "办结时一次性反馈办理情况" if rhythm is Rhythm.ONCE else f"{rhythm.label}反馈办理进展，要点逐项说明"


def _supervision(case: PaperCase) -> Written:
    """On one face: the grounds, what, who, by when, a dated first answer, and the receipt the unit fills.

    Whom one asks by 函 answers by 函: it is given no form to fill and no receipt to seal.
    """
    m, directory = case.matter, case.ledger.directory
    person = directory.people.get(m.supervisor)
    contact = " ".join(filter(None, (person.name if person else m.supervisor, person.phone if person else None)))
    lead = case.unit(m.lead) + (f"（责任人：{case.ledger.person(m.person)}）" if m.person else "")
    rows = [
        ("督办事项", f"{clean_text(m.title)}（{m.number}）"),
        ("督办依据", "；".join(filter(None, (_grounds(case), _followed_up(case))))),
        ("督办内容", "；".join(_points(case)) or clean_text(m.title)),
        ("牵头单位", lead),
        *((("配合单位", "、".join(map(case.unit, m.assist))),) if m.assist else ()),
        *((("责任领导", "、".join(map(case.ledger.person, m.leaders))),) if m.leaders else ()),
        ("办结时限", full_date(m.due)),
        ("反馈期限", _report_by(case)),
        ("督办联系人", contact),
        *(() if case.letter else (("办理情况", "（由牵头单位填写，可另附页）"), ("回执", _RECEIPT))),
    ]
    grid = Grid(headers=("项目", "内容"), rows=tuple(rows))
    if not case.letter:
        return f"关于{quoted_title(m)}的督办单", (grid, *_secrecy(case))
    ask = Paragraph(text=f"现将以下事项商请{case.you}牵头办理，并按期函复办理情况：")
    thanks = Paragraph(text="确有困难的，请在时限前函告理由和明确的新时限。专此函商，请予支持。")
    return f"关于{quoted_title(m)}的督办函", (ask, grid, thanks, *_secrecy(case))


def _report_by(case: PaperCase) -> str:
    """When the first report is due: never after the limit; that near, or past, it is the only one asked for."""
    m, today = case.matter, local_date(case.ledger.as_of)
    first = case.ledger.calendar.add_workdays(today, REPLY_WORKDAYS)
    if case.late or first < m.due:
        return f"{full_date(first)}前首次反馈，其后{_feedback(m.rhythm)}"
    if today <= m.due:
        return f"{full_date(m.due)}前反馈办理结果，要点逐项说明"
    soon = case.ledger.calendar.add_workdays(today, _REPLY[OrderColour.RED])
    return f"已过办结时限，请于{full_date(soon)}前反馈未办结的原因和明确的完成时间"


def _followed_up(case: PaperCase) -> str:
    """The leader whose instruction it follows up, never his words; else the meeting that decided, with its words."""
    leaders = dict.fromkeys(case.ledger.person(e.leader) for e in case.all(ev.InstructionRecorded))
    if leaders:
        return f"{'、'.join(leaders)}{INSTRUCTION}"
    decided = case.last(ev.DecisionRecorded)
    return f"{clean_text(decided.meeting)}议定：{clean_text(decided.text)}" if decided else ""


# --- 催办


def _urge(case: PaperCase) -> Written:
    m, urge = case.matter, case.last(ev.UrgeIssued)
    if urge is None:
        raise Refusal(f"{m.number} 没有催办过，请先 xmh task urge", "nothing_to_say")
    given = case.colour
    owed = "；".join(_outstanding(case)) or _still_asked(case, urge)
    feedback = m.last_feedback
    last = f"最近一次反馈为{full_date(local_date(feedback.at))}。" if feedback else "至今没有收到反馈。"
    if case.letter:
        by = _reply_by(case, REPLY_WORKDAYS)
        return f"关于商请加快办理{quoted_title(m)}的函", (
            Paragraph(
                text=f"商请{case.you}办理的{case.what}，时限{full_date(m.due)}。目前尚需{case.you}支持的有：{owed}。{last}"
            ),
            Paragraph(text=f"恳请{case.you}予以支持，加快办理，并于{by}前将进展函复指挥部办公室。"),
        )
    by = _reply_by(case, _REPLY.get(given or OrderColour.PLAIN, REPLY_WORKDAYS))
    title = f"关于{quoted_title(m)}的催办单{f'（{given.label}色）' if given else ''}"
    return title, (
        Paragraph(
            text=f"{case.you}牵头办理的{case.what}，办结时限{full_date(m.due)}。目前尚未完成的有：{owed}。{last}"
        ),
        Paragraph(
            text=f"请于{by}前书面反馈办理情况、未完成的原因和明确的完成时间；逾期仍未反馈的，按督办规则升级。"
            f"（{urge.no}，第{m.counts.urges}次催办）"
        ),
    )


def _still_asked(case: PaperCase, urge: ev.UrgeIssued) -> str:
    """The reason it was urged for, as long as the lead has not answered.

    Raises:
        Refusal: `overtaken`, it has, and nothing else is owed.
    """
    report = case.matter.last_feedback
    if report is not None and report.unit == case.matter.lead and report.at > case.urged_at:
        raise Refusal(f"{case.matter.number} {answered_since(report.at)}", "overtaken")
    return clean_text(urge.reason)


def _outstanding(case: PaperCase) -> Iterator[str]:
    """What is owed on the day the paper is made, and not what was owed when it was urged."""
    m, today = case.matter, local_date(case.ledger.as_of)
    late = case.ledger.calendar.workdays_between(m.due, today)
    if late > 0 and m.closure is None:
        yield f"事项逾期{late}个工作日未办结"
    for point in m.points:
        if point.open and point.due and point.due < today:
            yield f"要点{point.no}“{clean_text(point.text)}”应于{case.day(point.due)}完成"
    if row := m.windows.row:
        yield f"{'、'.join(window_label(w.key) for w in row)}的反馈未报"


# --- 问题


def _problem(case: PaperCase) -> Written:
    m = case.matter
    problems = list(_raised(case) if case.letter else _problems(case))
    refuse(not problems, f"{m.number} 没有逾期、漏报、退回或已反映的问题，不需要问题处理通知单", "nothing_to_say")
    by = _reply_by(case, REPLY_WORKDAYS)
    if case.letter:
        return f"关于商请研究{quoted_title(m)}有关问题的函", (
            Paragraph(text=f"商请{case.you}牵头办理的{case.what}，目前有以下情况需{case.you}支持解决："),
            Items(items=tuple(problems)),
            Paragraph(text=f"恳请{case.you}研究，并于{by}前函告处理意见和预计完成时间。专此函商，请予支持。"),
        )
    wish = "逐项说明原因、整改措施、责任人和完成时间"
    return f"关于{quoted_title(m)}有关问题的处理通知单", (
        Paragraph(text=f"督办中发现，{case.you}牵头办理的{case.what}存在以下问题："),
        Items(items=tuple(problems)),
        Paragraph(text=f"请{case.you}对照以上问题{wish}，于{by}前书面反馈指挥部办公室。"),
    )


def _raised(case: PaperCase) -> Iterator[str]:
    """What stands open with whom one asks: told, not reproached."""
    m = case.matter
    if m.lapsed_for and not m.ended:
        reason = light_reason(light(m, case.ledger.rulebook, case.ledger.as_of))
        yield f"商请的时限已过。该事项商请于{full_date(m.due)}前办结，目前{reason}。"
    if m.windows.row:
        yield f"进展尚待函告。{'、'.join(window_label(w.key) for w in m.windows.row)}的进展指挥部办公室尚未收到。"
    if m.counts.returns:
        yield f"办结材料尚待补充。指挥部办公室曾{m.counts.returns}次商请补充。"
    if m.last_feedback and m.last_feedback.problem:
        yield f"反映的问题尚待解决。{case.unit(m.last_feedback.unit)}函告：{sentence(m.last_feedback.problem)}"


def _problems(case: PaperCase) -> Iterator[str]:
    m = case.matter
    missed = m.windows.missed
    if m.lapsed_for and not m.ended:
        reason = light_reason(light(m, case.ledger.rulebook, case.ledger.as_of))
        yield f"办理逾期。该事项应于{full_date(m.due)}前办结，目前{reason}。"
    if missed:
        left = "、".join(window_label(w.key) for w in m.windows.row)
        yield f"反馈漏报。应报未报共{len(missed)}次，{f'其中{left}至今没有补报' if left else '均已补报'}。"
    if m.returned_reports:
        reasons = "、".join(dict.fromkeys(r.reason.label for r in m.returned_reports))
        yield f"反馈质量不高。反馈被退回{len(m.returned_reports)}次，原因是{reasons}。"
    if m.counts.returns:
        yield f"办结申请不符合要求。办结申请被退回重办{m.counts.returns}次。"
    if m.last_feedback and m.last_feedback.problem:
        yield f"反映的问题尚待解决。{case.unit(m.last_feedback.unit)}反馈：{sentence(m.last_feedback.problem)}"


WORDED: dict[PaperKind, Callable[[PaperCase], Written]] = {
    PaperKind.ASSIGNMENT: _assignment,
    PaperKind.SUPERVISION: _supervision,
    PaperKind.URGE: _urge,
    PaperKind.PROBLEM: _problem,
}
