"""交办, 催办 and 问题处理 as `paper-5` worded them in the layout of today, by which its papers are printed again.

It ordered by letter, and gave the reason of an old 催办 where nothing was owed any more.
"""

from collections.abc import Iterator

from documents.page import Items, Paragraph
from documents.papers import worded
from documents.papers.case import REPLY_WORKDAYS, SECRECY, PaperCase, Written
from documents.wording import (
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


def _assignment(case: PaperCase) -> Written:
    m = case.matter
    with_ = f"，由{'、'.join(map(case.unit, m.assist))}配合" if m.assist else ""
    ask = f"现商请{case.you}牵头办理" if case.letter else f"现交由{case.you}牵头办理"
    rows = []
    if m.receipt_due and m.stage is Stage.ASSIGNED:
        rows.append(f"请于{moment_in_words(m.receipt_due)}前签收。")
    if points := _points(case):
        rows.append(f"主要工作：{'；'.join(points)}。")
    rows += [f"请于{full_date(m.due)}前办结。", f"请{_feedback(m.rhythm)}。"]
    close = f"确有困难的，请在时限前书面说明理由并提出明确的新时限。{'专此函商，请予支持。' if case.letter else ''}"
    secrecy = (Paragraph(text=SECRECY),) if case.all(ev.InstructionRecorded) else ()
    return f"关于{'商请办理' if case.letter else '交办'}{quoted_title(m)}的{'函' if case.letter else '通知'}", (
        Paragraph(text=f"根据{_grounds(case)}，{case.what}{ask}{with_}。有关事项通知如下："),
        Items(items=tuple(rows)),
        Paragraph(text=close),
        *secrecy,
    )


def _feedback(rhythm: Rhythm) -> str:
    return "办结时一次性反馈办理情况" if rhythm is Rhythm.ONCE else f"{rhythm.label}反馈办理进展，要点逐项说明"


def _urge(case: PaperCase) -> Written:
    m, urge = case.matter, case.last(ev.UrgeIssued)
    if urge is None:
        raise Refusal(f"{m.number} 没有催办过，请先 xmh task urge", "nothing_to_say")
    given = case.colour
    owed = "；".join(_outstanding(case)) or clean_text(urge.reason)
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


def _problem(case: PaperCase) -> Written:
    m = case.matter
    problems = list(_problems(case))
    refuse(not problems, f"{m.number} 没有逾期、漏报、退回或已反映的问题，不需要问题处理通知单", "nothing_to_say")
    verb = "商请函" if case.letter else "处理通知单"
    wish = "逐项说明原因、整改措施、责任人和完成时间"
    reply = f"请{case.you}对照以上问题{wish}，于{_reply_by(case, REPLY_WORKDAYS)}前书面反馈指挥部办公室。"
    return f"关于{quoted_title(m)}有关问题的{verb}", (
        Paragraph(text=f"督办中发现，{case.you}牵头办理的{case.what}存在以下问题："),
        Items(items=tuple(problems)),
        Paragraph(text=reply),
    )


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


WORDED = {
    **worded.WORDED,
    PaperKind.ASSIGNMENT: _assignment,
    PaperKind.URGE: _urge,
    PaperKind.PROBLEM: _problem,
}
