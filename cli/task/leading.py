"""`xmh leader`: a leader's page of what is his."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.incoming.common import owed_today, what_is_owed
from cli.lookup import whole_office_only
from cli.moments import now
from cli.names import unit_names
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer, session
from domain.calendar import local_date
from domain.lights import Lit, light
from domain.matter import Matter
from domain.queries.leading import leads_as, waits_for_leader
from domain.terms import Role
from eventlog import reading
from views.matters import known_matters, matter_row

if TYPE_CHECKING:
    from eventlog.reading import PersonOnRecord


def leader(
    person: Annotated[
        str | None, typer.Argument(metavar="[P]", help="哪位领导（人员编号或姓名）；领导本人不必写")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="办结的也列出")] = False,
    out: OutOption = None,
) -> None:
    """领导的一页：负责、分管、批示的事项和亮灯，等他办的事，呈给他的批示件。"""
    whole_office_only("领导分管事项")
    who = session.person(person or session.actor.id)
    if who.role is not Role.LEADER:
        raise Problem(f"{who.name}（{who.id}）不是领导，请写明哪位领导", "malformed")
    check_output_file(out)
    matters, rulebook, at = known_matters(session.database, None, now())
    day = local_date(at)
    own = [(m, leads_as(m, who.id), light(m, rulebook, at)) for m in matters if every or not m.ended]
    own = [one for one in own if one[1]]
    waits = [(m, what) for m in matters for what in waits_for_leader(m, who.id, day)]
    papers = _papers_of(who.id)
    document = {
        "leader": who.id,
        "name": who.name,
        "date": day.isoformat(),
        "for_me": [{"matter": m.number, "title": m.title, "what": what} for m, what in waits],
        "matters": [{**matter_row(m, lit), "as": list(roles)} for m, roles, lit in own],
        "incoming": papers,
    }
    page = _page(who, own, document, day)
    if out is not None:
        write_page(page, out)
    from documents.formats.markdown import markdown_of

    answer(
        {**document, "file": str(out) if out else None},
        f"已写入 {out}" if out else "" if session.json else markdown_of(page).rstrip("\n"),
    )


def _papers_of(person: str) -> list[dict[str, Any]]:
    """Incoming papers that wait for him, and instructions of his that are not done."""
    rows = []
    for paper in reading.incoming_papers(session.database):
        if paper.settled:
            continue
        owed = [what_is_owed(o) for o in owed_today(paper) if o.leader == person]
        given = [i.no for i in paper.instructions if i.open and i.whose == person]
        if owed or given:
            rows.append({"paper": paper.number, "title": paper.title, "waits": owed, "open_instructions": given})
    return rows


def _page(
    who: "PersonOnRecord", own: Sequence[tuple[Matter, tuple[str, ...], Lit]], document: dict[str, Any], day: date
) -> Any:
    from documents.page import Grid, Items, Page, Section, section

    names = unit_names()
    rows = tuple(
        (m.number, m.title, "、".join(roles), names(m.lead) if m.lead else "待明确", m.due.isoformat(), lit.reason)
        for m, roles, lit in own
    )
    grid = (Grid(headers=("编号", "事项", "责任", "牵头单位", "时限", "亮灯"), rows=rows),) if rows else ()
    waits = tuple(f"{w['title']}（{w['matter']}）：{w['what']}。" for w in document["for_me"])
    papers = tuple(_paper_line(p) for p in document["incoming"])
    sections: list[Section] = [
        section("请您办", (Items(items=waits),) if waits else ()),
        section(f"负责和分管的事项（{len(rows)}件）", grid),
        section("批示件", (Items(items=papers),) if papers else ()),
    ]
    return Page(
        masthead="领导分管事项",
        issue=who.name,
        issuer=names("office"),
        on=day,
        title=f"{who.name}同志分管督办事项",
        sections=tuple(sections),
    )


def _paper_line(paper: dict[str, Any]) -> str:
    given = "、".join(f"第{no}条" for no in paper["open_instructions"])
    parts = [*paper["waits"], *([f"您的{given}批示办理中"] if given else [])]
    return f"{paper['title']}（{paper['paper']}）：{'；'.join(parts)}。"
