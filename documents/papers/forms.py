"""交办通知单, 督办单, 催办单, 问题处理通知单, 延期批复, 督查结论: papers on one matter, from the log at a position."""

from collections.abc import Callable, Mapping

from documents.charts import LifeMoment, life_chart
from documents.formats.press import GB_2, GB_3, GB_4, GB_5, GB_6, GB_7, LAYOUT
from documents.ledger import Ledger, MatterFile
from documents.page import Block, Figure, Grid, Items, Paragraph, Section
from documents.papers import worded, worded_of_gb3, worded_of_paper5
from documents.papers.case import REPLY_WORKDAYS, SECRECY, PaperCase, PaperText, Written
from documents.wording import (
    INSTRUCTION,
    clean_text,
    full_date,
    light_reason,
    moment_in_words,
    quoted_title,
    sentence,
    short_date,
)
from domain import events as ev
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.event import Event
from domain.lights import closed_how, light
from domain.matter import Matter
from domain.papers import PaperKind, by_letter
from domain.queries.telling import points_left_undone
from domain.terms import OrderColour, Rhythm, Stage, UnitLevel
from domain.windows import window_label

TEMPLATE = f"{LAYOUT}/paper-10"
"""Changes with every change of wording or layout."""
FORMER = f"{GB_2}/paper-3"
"""The oldest wording, by which its papers are printed again."""
ORDERING = f"{GB_4}/paper-5"
"""The wording until what is asked by letter was asked in the words of a request."""
LATE = f"{GB_4}/paper-6"
"""The wording until a 督办单 asked for no first report after the limit."""
FOLLOWED = f"{GB_5}/paper-7"
"""The wording of gb-5."""
UNADDRESSED = f"{GB_6}/paper-8"
"""The wording until a 督查报告 was addressed to the headquarters and bore its 签发人."""
HEADLESS = f"{GB_7}/paper-9"
"""The wording of gb-7."""
UPWARD = (HEADLESS, TEMPLATE)
"""The wordings by which a 督查报告 is addressed to the headquarters and bears its 签发人."""
EXACT = (LATE, FOLLOWED, UNADDRESSED, *UPWARD)
"""The wordings that count what ended by decision in no rate."""
WORDINGS: Mapping[str, str] = {
    FORMER: GB_2,
    f"{GB_3}/paper-4": GB_3,
    ORDERING: GB_4,
    LATE: GB_4,
    FOLLOWED: GB_5,
    UNADDRESSED: GB_6,
    HEADLESS: GB_7,
    TEMPLATE: LAYOUT,
}
"""The layout a wording belongs to."""


def compose_paper(ledger: Ledger, stream: str, kind: PaperKind, template: str = TEMPLATE) -> PaperText:
    """The paper (交办通知单, 督办单, 催办单 …) of that kind on a matter, from the log at a position, in a wording.

    Raises:
        Refusal: `not_found`, without such a matter; `nothing_to_say`, when what the paper tells has not happened;
            `overtaken`, when what it urges was answered; `malformed`, when a paper of that kind is on no single matter.
    """
    refuse(kind not in _TEXTS, f"{kind.label}不针对单个事项，请用 xmh paper circular --from D --to D", "malformed")
    file = next((f for f in ledger.matters if f.matter.stream == stream), None)
    if file is None:
        raise Refusal("没有这个督办事项", "not_found")
    lead = ledger.directory.units.get(file.matter.lead or "")
    refuse(lead is None, f"{file.matter.number} 还没有牵头单位，不能制发{kind.label}", "nothing_to_say")
    letter = by_letter(lead.supervision if lead else None)
    before = template not in EXACT
    case = PaperCase(ledger, file, letter, ordering=before, late=before or template == LATE)
    refuse(
        file.matter.ended and kind in _WHILE_OPEN,
        f"{file.matter.number} {file.matter.stage.label}，不能再制发{kind.label}",
        "nothing_to_say",
    )
    layout = WORDINGS[template]
    former, plain = layout == GB_2, layout in (GB_2, GB_3)
    title, blocks = {**_TEXTS, **_WORDED.get(template, {})}[kind](case)
    return PaperText(
        kind=kind,
        letter=case.letter,
        matter=file.matter,
        title=title,
        addressees=(lead.id,) if lead else (),
        sections=(Section(title=kind.label, blocks=blocks),),
        ledger=ledger,
        copied=_copied(ledger, file) if kind in _COPIED and not former else (),
        form=kind is PaperKind.SUPERVISION and not former,
        former=former,
        marking=None if plain else case.marking,
        colour=case.colour.label if not plain and kind is PaperKind.URGE and case.colour else None,
    )


def _copied(ledger: Ledger, file: MatterFile) -> tuple[str, ...]:
    """抄送: the assisting units, but no consultancy or other 社会机构."""
    units = ledger.directory.units
    return tuple(u for u in file.matter.assist if u not in units or units[u].level is not UnitLevel.SOCIAL)


_COPIED = (PaperKind.ASSIGNMENT, PaperKind.SUPERVISION)
_WHILE_OPEN = (PaperKind.ASSIGNMENT, PaperKind.SUPERVISION, PaperKind.URGE, PaperKind.PROBLEM)

# --- 交办、督办


def _assignment(case: PaperCase) -> Written:
    m = case.matter
    with_ = f"，由{'、'.join(map(case.unit, m.assist))}配合" if m.assist else ""
    grounds = "、".join(clean_text(str(b)) for b in m.bases)
    ask = f"现商请{case.you}牵头办理" if case.letter else f"现交由{case.you}牵头办理"
    opening = Paragraph(text=f"根据{grounds}，{case.what}{ask}{with_}。有关事项如下：")
    rows = [f"办结时限：{full_date(m.due)}。", f"反馈要求：{_rhythm(m.rhythm)}。", *_points(case)]
    if m.receipt_due and m.stage is Stage.ASSIGNED:
        rows.insert(0, f"签收时限：{moment_in_words(m.receipt_due)}前。")
    close = f"确有困难的，请在时限前书面说明理由并提出明确的新时限。{'专此函商，请予支持。' if case.letter else ''}"
    verb = "商请办理" if case.letter else "交办"
    return f"关于{verb}{quoted_title(m)}的{'函' if case.letter else '通知'}", (
        opening,
        Items(items=tuple(rows)),
        Paragraph(text=close),
        *_secrecy(case),
    )


def _supervision(case: PaperCase) -> Written:
    """The fields of the form in use (永嘉): 批示督办 when a leader instructed, else 会议督办 when a meeting decided."""
    m = case.matter
    person = case.ledger.directory.people.get(m.supervisor)
    rows = [
        ("督办事项", f"{clean_text(m.title)}（{m.number}）"),
        ("立项依据", "；".join(clean_text(str(b)) for b in m.bases)),
        *_variant(case),
        ("督办内容", "；".join(line.rstrip("。") for line in _points(case)) or clean_text(m.title)),
        ("牵头单位", case.unit(m.lead)),
        ("配合单位", "、".join(map(case.unit, m.assist))),
        *((("责任领导", "、".join(map(case.ledger.person, m.leaders))),) if m.leaders else ()),
        ("责任人", case.ledger.person(m.person) if m.person else ""),
        ("部署时间", full_date(local_date(m.assigned_at)) if m.assigned_at else ""),
        ("交办时限", full_date(m.due)),
        ("反馈周期", _cycle(m.rhythm)),
        ("督办联系人", person.name if person else case.ledger.person(m.supervisor)),
        ("联系电话", (person.phone if person else None) or ""),
    ]
    return f"关于{quoted_title(m)}的{'督办函' if case.letter else '督办单'}", (
        Grid(headers=("项目", "内容"), rows=tuple(rows)),
        *_secrecy(case),
    )


def _variant(case: PaperCase) -> list[tuple[str, str]]:
    leaders = dict.fromkeys(case.ledger.person(e.leader) for e in case.all(ev.InstructionRecorded))
    if leaders:
        return [("督办类别", "批示督办"), ("批示领导", "、".join(leaders)), ("批示内容", INSTRUCTION)]
    decided = case.last(ev.DecisionRecorded)
    if decided is not None:
        return [
            ("督办类别", "会议督办"),
            ("会议名称", clean_text(decided.meeting)),
            ("议定意见", clean_text(decided.text)),
        ]
    return [("督办类别", "任务督办")]


def _points(case: PaperCase) -> list[str]:
    return [
        f"{clean_text(p.text)}{f'（{case.day(p.due)}前）' if p.due else ''}。"
        for p in case.matter.points
        if not p.dropped
    ]


def _rhythm(rhythm: Rhythm) -> str:
    if rhythm is Rhythm.ONCE:
        return "办结时一次性反馈办理情况"
    return f"{rhythm.label}反馈办理进展，要点逐项说明"


def _cycle(rhythm: Rhythm) -> str:
    return "一次性反馈" if rhythm is Rhythm.ONCE else f"定期反馈（{rhythm.label}）"


def _secrecy(case: PaperCase) -> tuple[Block, ...]:
    return (Paragraph(text=SECRECY),) if case.all(ev.InstructionRecorded) else ()


# --- 催办、问题


def _urge(case: PaperCase) -> Written:
    m, urge = case.matter, case.last(ev.UrgeIssued)
    if urge is None:
        raise Refusal(f"{m.number} 没有催办过，请先 xmh task urge", "nothing_to_say")
    coloured = urge.colour is not None and urge.colour is not OrderColour.PLAIN
    colour = f"（{urge.colour.label}色）" if coloured and urge.colour else ""
    feedback = m.last_feedback
    last = (
        f"最近一次反馈为{full_date(local_date(feedback.at))}：{sentence(feedback.text)}"
        if feedback
        else "至今没有收到反馈。"
    )
    if case.letter:
        return f"关于商请加快办理{quoted_title(m)}的函", (
            Paragraph(text=f"商请{case.you}办理的{case.what}，时限{full_date(m.due)}，{_light(case)}。"),
            Paragraph(text=f"有关情况：{sentence(urge.reason)}（第{m.counts.urges}次函商）"),
            Paragraph(text=f"{last}恳请{case.you}予以支持，加快办理，并将进展函复指挥部办公室。"),
        )
    ask = "请尽快反馈办理情况；逾期仍未反馈的，按督办规则升级。"
    return f"关于{quoted_title(m)}的催办单{colour}", (
        Paragraph(text=f"{case.you}牵头办理的{case.what}，办结时限{full_date(m.due)}，{_light(case)}。"),
        Paragraph(text=f"催办事由：{sentence(urge.reason)}（{urge.no}，第{m.counts.urges}次催办）"),
        Paragraph(text=f"{last}{ask}"),
    )


def _problem(case: PaperCase) -> Written:
    m = case.matter
    missed = m.windows.missed
    problems = [f"逾期：{_light(case)}。"] if m.lapsed_for and not m.ended else []
    if missed:
        windows = "、".join(window_label(w.key) for w in missed[-5:])
        problems.append(f"漏报{len(missed)}次，最近为{windows}。")
    if m.returned_reports:
        reasons = "、".join(dict.fromkeys(r.reason.label for r in m.returned_reports))
        problems.append(f"反馈被退回{len(m.returned_reports)}次（{reasons}）。")
    if m.counts.returns:
        problems.append(f"办结申请退回重办{m.counts.returns}次。")
    if m.last_feedback and m.last_feedback.problem:
        problems.append(f"反馈中提出的问题：{sentence(m.last_feedback.problem)}")
    refuse(not problems, f"{m.number} 没有逾期、漏报、退回或已反映的问题，不需要问题处理通知单", "nothing_to_say")
    by = case.ledger.calendar.add_workdays(local_date(case.ledger.as_of), REPLY_WORKDAYS)
    return f"关于{quoted_title(m)}有关问题的{'商请函' if case.letter else '处理通知单'}", (
        Paragraph(text=f"督办中发现，{case.you}牵头办理的{case.what}存在以下问题："),
        Items(items=tuple(problems)),
        Paragraph(text=f"请研究整改措施和完成时间，于{full_date(by)}前书面反馈指挥部办公室。"),
    )


def _light(case: PaperCase) -> str:
    return light_reason(light(case.matter, case.ledger.rulebook, case.ledger.as_of), former=True)


# --- 延期、结论


def _extension(case: PaperCase) -> Written:
    m = case.matter
    asked = case.last(ev.ExtensionRequested)
    answer = case.answer()
    if asked is None or answer is None or m.extension is not None:
        raise Refusal(f"{m.number} 没有已答复的延期申请", "nothing_to_say")
    asking = case.letter and not case.ordering
    what = f"要点{answer.point}的节点" if answer.point else "办结时限"
    wish = Paragraph(
        text=f"{case.you}关于{case.what}{what}延至{full_date(asked.to)}的申请收悉。申请理由：{sentence(asked.reason)}"
    )
    if isinstance(answer, ev.ExtensionGranted):
        why = f"{sentence(answer.reason)}" if answer.reason else ""
        wanted = "恳请统筹推进，如有变化及时函告。" if asking else "请倒排工期，确保如期完成。"
        decision = f"经研究，同意延至{full_date(answer.to)}。{why}{wanted}"
    else:
        wanted = f"恳请仍按{full_date(m.due)}" if asking else f"请按原时限{full_date(m.due)}"
        decision = f"经研究，不同意延期：{sentence(answer.reason)}{wanted}办结。"
    return f"关于{quoted_title(m)}延期申请的{'复函' if case.letter else '批复'}", (wish, Paragraph(text=decision))


def _conclusion(case: PaperCase) -> Written:
    m = case.matter
    if m.closed is None:
        raise Refusal(f"{m.number} 还没有办结，没有结论", "nothing_to_say")
    closed, asked = case.last(ev.MatterClosed), case.last(ev.ClosureRequested)
    result = closed_how(m)
    left = points_left_undone(m.closed.unfinished, m.closed.over_unfinished)
    done = f"办理情况：{sentence(asked.text)}" if asked else ""
    mark = f"批示领导意见：{closed.mark.label}。" if closed and closed.mark else ""
    moved = f"（原定时限{full_date(m.original_due)}）" if m.due != m.original_due else ""
    return f"关于{quoted_title(m)}{'办理情况的函' if case.letter else '的督查结论'}", (
        Paragraph(text=f"{case.you}牵头办理的{case.what}，办结时限{full_date(m.due)}{moved}。{done}"),
        Paragraph(text=f"经审核，该事项{result}，于{full_date(m.closed.on)}销号{left}。{mark}{_seen(m)}"),
        _course(case),
        Paragraph(
            text="对本结论有异议的，可自结论作出之日起30日内向指挥部办公室书面提出，由未参与作出结论的人员复核。"
        ),
    )


def _seen(m: Matter) -> str:
    """The last 现场核查, when there was one."""
    last = m.inspections[-1] if m.inspections else None
    if last is None:
        return ""
    by = f"由{clean_text(last.inspector)}" if last.inspector else ""
    return f"{full_date(last.on)}{by}现场核查{f'，认定{last.finding.label}' if last.finding else ''}。"


_MILESTONES: dict[type[Event], str] = {
    ev.MatterOpened: "立项",
    ev.ReceiptSigned: "签收",
    ev.MatterEscalated: "升级",
    ev.DecisionRecorded: "议定",
    ev.ExtensionGranted: "延期",
    ev.MatterSuspended: "暂缓",
    ev.MatterResumed: "恢复",
    ev.ClosureRequested: "申请办结",
    ev.MatterClosed: "销号",
    ev.MatterReopened: "重开",
}
_ENDS = 4


def _course(case: PaperCase) -> Figure:
    """办理过程 as a line of time; of a long story its first and its last steps."""
    steps = [
        LifeMoment(local_date(t.recorded.occurred_at), _MILESTONES[type(t.event)])
        for t in case.file.events
        if type(t.event) in _MILESTONES
    ]
    shown = steps if len(steps) <= 2 * _ENDS else [*steps[:_ENDS], *steps[-_ENDS:]]
    title = f"办理过程（{full_date(steps[0].day)}至{full_date(steps[-1].day)}）"
    caption = "、".join(f"{short_date(x.day)}{x.label}" for x in shown)
    return Figure(title=title, said=caption, svg=life_chart(shown, steps[0].day, steps[-1].day, title))


_TEXTS: dict[PaperKind, Callable[[PaperCase], Written]] = {
    PaperKind.ASSIGNMENT: _assignment,
    PaperKind.SUPERVISION: _supervision,
    PaperKind.URGE: _urge,
    PaperKind.PROBLEM: _problem,
    PaperKind.EXTENSION: _extension,
    PaperKind.CONCLUSION: _conclusion,
}
_WORDED = {
    f"{GB_3}/paper-4": worded_of_gb3.WORDED,
    ORDERING: worded_of_paper5.WORDED,
    **dict.fromkeys(EXACT, worded.WORDED),
}
"""What a wording says otherwise than the oldest."""
