"""批示件办理单, and 批示办理情况报告 to who instructed: an incoming paper as it lies on a leader's desk.

Neither takes a 文号: the 收文号 is the paper's. Whoever may not read the words gets them withheld.
"""

from collections.abc import Callable, Sequence
from datetime import date

from documents.page import Grid, Imprint, Items, Layout, Page, Paragraph, Section
from documents.wording import clean_text, full_date, sentence
from domain.base import Refusal
from domain.calendar import WorkCalendar
from domain.facts import openly
from domain.incoming.paper import IncomingPaper, Instruction
from domain.incoming.terms import Secrecy
from domain.matter import Matter
from domain.relations import withdrawn_how
from domain.terms import Urgency, progress_said

SECRECY = "注：领导批示为工作秘密，不得擅自扩散。"
Names = Callable[[str], str]
Carrying = Callable[[int], Sequence[Matter]]
"""The number of an instruction → the matters that carry it out."""


def handling_sheet(
    paper: IncomingPaper, names: Names, carrying: Carrying, calendar: WorkCalendar, office: str, on: date
) -> Page:
    """批示件办理单: what came, what the office proposes, who has read it with which words, and what became of it."""
    rows = [
        ("收文号", paper.number),
        ("收文日期", full_date(paper.received_on)),
        ("来文单位", clean_text(paper.sender)),
        ("来文字号", paper.sender_no or "无"),
        ("密级", paper.secrecy.label),
        ("紧急程度", paper.urgency.label),
        ("文件标题", clean_text(paper.title)),
        *((("内容摘要", openly(paper.summary)),) if paper.summary else ()),
        ("拟办意见", openly(paper.proposals[-1]) if paper.proposals else ""),
        ("呈批次序", "→".join(map(names, paper.route))),
        *((names(i.leader), f"{openly(i.text)}（{full_date(i.on)}）") for i in paper.instructions),
        *((names(s.leader), f"圈阅（{full_date(s.on)}）") for s in paper.seen),
        *((names(leader), "") for leader in paper.waiting),
        *(("办理情况", _carried(i, carrying(i.no), names, calendar)) for i in paper.instructions),
    ]
    return Page(
        layout=Layout.PAPER,
        marking=_marking(paper),
        masthead=f"{office}批示件办理单",
        issue=paper.number,
        issuer=office,
        on=on,
        title=clean_text(paper.title),
        sections=(
            Section(title="批示件办理单", blocks=(Grid(headers=("项目", "内容"), rows=tuple(rows)), *_secret(paper))),
        ),
        imprint=Imprint(),
    )


def completion_report(
    paper: IncomingPaper, no: int, names: Names, carrying: Carrying, calendar: WorkCalendar, office: str, on: date
) -> Page:
    """批示办理情况报告 to the leader who instructed: what he asked, what was done, and how it stands.

    Raises:
        Refusal: `not_found`, without such an instruction.
    """
    one = paper.instruction(no)
    if one is None:
        raise Refusal(f"{paper.number} 没有第{no}条批示", "not_found")
    limit = one.limit(calendar)
    where = f"《{clean_text(paper.title)}》（{paper.number}）"
    who = "您" if one.successor is None else f"{names(one.leader)}同志"
    asked = f"{full_date(one.on)}{who}在{where}上批示：{sentence(openly(one.text))}"
    matters = [_matter_line(m, names) for m in carrying(no)]
    done = f"该批示于{full_date(one.reported_on)}报结" if one.reported_on else "该批示正在办理"
    return Page(
        layout=Layout.PAPER,
        marking=_marking(paper),
        masthead=f"{office}批示办理情况报告",
        issue=paper.number,
        issuer=office,
        on=on,
        title=f"关于《{clean_text(paper.title)}》批示办理情况的报告",
        addressee=names(one.whose),
        sections=(
            Section(
                title="批示办理情况报告",
                blocks=(
                    Paragraph(text=f"{asked}办理时限{full_date(limit)}。现将办理情况报告如下："),
                    Items(items=tuple(matters)) if matters else Paragraph(text="由指挥部办公室直接办理。"),
                    Paragraph(text=f"{done}，请审阅。"),
                    *_secret(paper),
                ),
            ),
        ),
        imprint=Imprint(),
    )


def _carried(one: Instruction, matters: Sequence[Matter], names: Names, calendar: WorkCalendar) -> str:
    limit = f"{names(one.leader)}批示，{one.limit(calendar)}前"
    by = "；".join(_matter_line(m, names).rstrip("。") for m in matters) or "尚未交办"
    ended = f"，{one.done_on}办结" if one.done_on else f"，{one.reported_on}报结" if one.reported_on else ""
    return f"第{one.no}条（{limit}{ended}）：{by}"


def _matter_line(m: Matter, names: Names) -> str:
    who = names(m.lead) if m.lead else "待明确牵头单位"
    stands = withdrawn_how(m) if m.ended else f"{m.stage.label}，进度{progress_said(m.stage.value, m.progress)}"
    last = f"。{sentence(openly(m.last_feedback.text))}" if m.last_feedback else "。"
    return f"{clean_text(m.title)}（{m.number}，{who}）：{stands}{last}"


def _marking(paper: IncomingPaper) -> str | None:
    parts = [paper.secrecy.label if paper.secrecy is not Secrecy.NONE else ""]
    parts.append(paper.urgency.label if paper.urgency is not Urgency.NORMAL else "")
    return "　".join(p for p in parts if p) or None


def _secret(paper: IncomingPaper) -> tuple[Paragraph, ...]:
    return (Paragraph(text=SECRECY),) if paper.instructions else ()
