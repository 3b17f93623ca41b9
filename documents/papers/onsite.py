"""督查报告 and 督查反馈意见: what an on-site inspection concluded, in print and under a 文号 (条例 art. 16)."""

from collections.abc import Callable, Iterable
from datetime import date

from documents.ledger import Ledger
from documents.page import Block, Grid, Layout, Page, Paragraph, Section, section
from documents.papers.case import PaperText
from documents.wording import clean_text, day_in, sentence, span_in_words
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.facts import openly
from domain.onsite.inspection import OnSite, OnSiteFinding
from domain.onsite.queries import pressed_said
from domain.onsite.rules import OFFICE_UNIT
from domain.onsite.terms import ProblemStage
from domain.papers import PaperKind

Name = Callable[[str], str]
"""Id of a unit, or of a person, → name; the office and somebody in it may have the same id."""


def onsite_page(inspection: OnSite, name: Name, person: Name, today: date, unit: str | None = None) -> Page:
    """The inspection as a report; for one unit only what was found there, and its 反馈意见."""
    office = name(OFFICE_UNIT)
    return Page(
        layout=Layout.REPORT,
        masthead=office,
        issue=inspection.number,
        issuer=office,
        on=today,
        title=onsite_title(inspection, unit),
        addressee=name(unit) if unit else None,
        sections=onsite_sections(inspection, name, person, today, unit),
    )


def onsite_title(inspection: OnSite, unit: str | None) -> str:
    """关于在建工地汛期安全专项督查情况的报告; 关于…的反馈意见."""
    return f"关于{inspection.title}{'的反馈意见' if unit else '情况的报告'}"


def onsite_sections(
    inspection: OnSite, name: Name, person: Name, today: date, unit: str | None = None
) -> tuple[Section, ...]:
    """Who went where, what was found, what is to be put right, and the conclusion; for one unit only its own."""
    findings = tuple(f for f in inspection.findings if unit in (None, f.unit))
    called: Name = (lambda _: "—") if unit else name  # to a unit nobody says who it is
    conclusion = inspection.opinions.get(unit) if unit else inspection.report
    return (
        section("督查组织", (Paragraph(text=_organised(inspection, name, person)),)),
        section("督查发现", _findings(findings, called, today)),
        section("问题清单", _problems(findings, called, today)),
        section("反馈意见" if unit else "督查结论", (*_concluded(conclusion), *(_asked(findings) if unit else ()))),
    )


def _closing(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """With the words that end a 报告."""
    *others, last = sections
    return (*others, last.model_copy(update={"blocks": (*last.blocks, Paragraph(text="特此报告。"))}))


def _asked(findings: Iterable[OnSiteFinding]) -> Iterable[Block]:
    """What a unit is to do with it, and that it may object (条例 art. 17)."""
    if any(f.problem is not None and f.problem.closed_on is None for f in findings):
        yield Paragraph(text="列入问题清单的，请在整改时限前完成整改并反馈，经核查后销号。")
    yield Paragraph(text="对督查结论有异议的，可自收到本意见之日起30日内书面提出。")


def _organised(inspection: OnSite, name: Name, person: Name) -> str:
    plan = inspection.plan
    if plan is None:
        return "暗访方案在开展前保密。"
    days = span_in_words(plan.on, plan.until)
    members = "、".join(person(p) for p in inspection.team if p != plan.leader)
    parts = [
        f"依据{plan.basis}，经{person(inspection.approver)}批准，{days}对{'、'.join(map(name, plan.units))}"
        f"开展{plan.kind.label}{'（暗访）' if inspection.covert else ''}",
        f"组长{person(plan.leader)}" + (f"，成员{members}" if members else ""),
        f"特邀{'、'.join(plan.experts)}" if plan.experts else "",
        f"督查事项{'、'.join(m.number for m in plan.matters)}" if plan.matters else "",
        f"本年再次督查的理由：{plan.over_frequency}" if plan.over_frequency else "",
    ]
    left = (*plan.recused, *inspection.recused)
    parts.append(f"回避{'、'.join(map(person, left))}" if left else "")
    return "；".join(p for p in parts if p) + "。"


def _findings(findings: Iterable[OnSiteFinding], name: Name, today: date) -> tuple[Block, ...]:
    rows = tuple(
        (
            str(f.no),
            day_in(f.on, today.year),
            name(f.unit),
            f.matter.number if f.matter else "—",
            clean_text(openly(f.text)) + (f"（{f.finding.label}）" if f.finding else ""),
            "、".join(a.name for a in f.attachments) or "—",
        )
        for f in findings
    )
    return (_filled(("序号", "日期", "单位", "事项", "发现", "附件"), rows),) if rows else ()


def _problems(findings: Iterable[OnSiteFinding], name: Name, today: date) -> tuple[Block, ...]:
    rows = tuple(
        (
            str(f.no),
            name(f.unit),
            clean_text(openly(f.text)),
            day_in(f.problem.rectify_by, today.year),
            problem_state(f, today),
            clean_text(openly(f.problem.text)) if f.problem.text else "—",
        )
        for f in findings
        if f.problem is not None
    )
    return (_filled(("序号", "单位", "问题", "整改时限", "状态", "整改情况"), rows),) if rows else ()


def _filled(headers: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Grid:
    """A table without the columns in which nothing stands."""
    kept = [n for n in range(len(headers)) if any(row[n] != "—" for row in rows)]
    return Grid(headers=tuple(headers[n] for n in kept), rows=tuple(tuple(row[n] for n in kept) for row in rows))


def problem_state(finding: OnSiteFinding, today: date) -> str:
    """整改中（已逾期）; 已销号（5月20日）."""
    problem = finding.problem
    if problem is None:
        return "—"
    if problem.closed_on is not None:
        return f"{ProblemStage.CLOSED.label}（{day_in(problem.closed_on, today.year)}）"
    return problem.stage.label + (f"（已逾期{pressed_said(problem)}）" if problem.overdue(today) else "")


def _concluded(text: str | None) -> tuple[Block, ...]:
    return (Paragraph(text=sentence(openly(text))),) if text else ()


def compose_onsite_paper(ledger: Ledger, stream: str, unit: str | None, *, upward: bool = True) -> PaperText:
    """The report of an inspection, or with a unit its 反馈意见 to that unit, from the log at a position.

    A report goes up to the headquarters (上行文): `upward`, as from `paper-9` on, it says so and bears its 签发人.

    Raises:
        Refusal: `not_found`, without such an inspection; `nothing_to_say`, before it has concluded.
    """
    inspection = next((i for i in ledger.inspections if i.stream == stream), None)
    if inspection is None:
        raise Refusal("没有这次督查", "not_found")
    refuse(inspection.report is None, f"{inspection.number} 还没有督查报告（先用 inspection report）", "nothing_to_say")
    unsaid = unit is not None and unit not in inspection.opinions
    refuse(unsaid, f"还没有向{ledger.unit(unit)}反馈意见（先用 inspection opinion）", "nothing_to_say")
    upward = upward and unit is None
    sections = onsite_sections(inspection, ledger.unit, ledger.person, local_date(ledger.as_of), unit)
    return PaperText(
        kind=PaperKind.OPINION if unit else PaperKind.INSPECTION,
        letter=False,
        matter=None,
        inspection=inspection,
        title=onsite_title(inspection, unit),
        addressees=(unit,) if unit else (),
        sections=_closing(sections) if upward else sections,
        upward=upward,
        ledger=ledger,
    )
