"""`xmh form` and `xmh paper`: the papers on one matter, each issue under its 文号, and the ledger of all papers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import MatterArg, PaperOption, ReasonOption, confirm_command, need_option, typed_term
from cli.checkpoint import left_after_issue
from cli.lookup import acting_for, the_matter, whole_office_only
from cli.moments import now
from cli.numbers import pass_numbers_given
from cli.printing.files import OutOption, check_output_file, office_press, write_copy, write_page
from cli.session import Problem, answer, session
from cli.shape import group
from domain.papers import ON_ONE_MATTER, Paper, PaperKind, spelled

if TYPE_CHECKING:
    from services.issuing.papers import IssuedPaper

app = group(
    "督办公文：已编文号的督办单、催办单、批复、通报等；作废的文号保留。\n\n"
    "一件事项的公文用 xmh form 起草和签发。通报先用 circular 看草稿，"
    "领导批准后用 approve 登记，再用 circular --issue 签发。",
    {
        "list": "cli.printing.papers:list_",
        "void": "cli.printing.papers:void",
        "readers": "cli.printing.papers:readers",
        "circular": "cli.printing.circular:circular",
        "approve": "cli.printing.circular:approve",
    },
)
FORMS = ON_ONE_MATTER
KINDS = "|".join(k.label for k in FORMS)


def form(
    matter: MatterArg,
    kind: Annotated[str, typer.Option("--kind", metavar=KINDS, help="哪一种")] = PaperKind.SUPERVISION.label,
    issue: Annotated[bool, typer.Option("--issue", help="签发：编文号、成文、入日志（须配 --sign）")] = False,
    sign: Annotated[str | None, typer.Option("--sign", metavar="P", help="签发领导（人员编号或姓名）")] = None,
    paper: PaperOption = None,
    out: OutOption = None,
) -> None:
    """督办单、交办通知单、催办单等：由日志填写；市级部门和区外单位自动用函。"""
    wanted, listed = typed_term(PaperKind, kind, "--kind", FORMS), the_matter(matter)
    check_output_file(out)
    if issue:
        _issue(listed.stream, wanted, sign, paper, out)
        return
    if sign is not None:
        raise Problem("--sign 须与 --issue 一起使用", "malformed")
    whole_office_only("公文草稿")
    from documents.formats.markdown import markdown_of
    from documents.ledger import read_ledger
    from documents.papers.forms import compose_paper

    page = compose_paper(read_ledger(session.database, now()), listed.stream, wanted).page()
    text = markdown_of(page)
    if out is not None:
        write_page(page, out)
    document = {"matter": listed.number, "kind": wanted.value, "number": None, "title": page.title, "markdown": text}
    answer(
        {**document, "file": str(out) if out else None},
        f"已写入 {out}（未编号；签发请加 --issue --sign 领导）" if out else text.rstrip("\n"),
    )


def _issue(stream: str, kind: PaperKind, sign: str | None, paper: str | None, out: Path | None) -> None:
    from services.issuing.papers import issue_paper

    signer = acting_for(session.person(need_option(sign, "--sign", "签发领导")).id, paper)
    confirm_command(f"签发{kind.label}？文号给出后不能收回，只能作废。")
    pass_numbers_given()
    done = issue_paper(
        session.database,
        session.settings.store_place,
        stream,
        kind,
        signer=signer,
        now=datetime.now(UTC),
        press=office_press(),
    )
    answer_issued(done, out, {"matter": done.event.about})


def answer_issued(done: "IssuedPaper", out: Path | None, about: dict[str, Any]) -> None:
    """What was issued, under which number and in which files; a copy where one is wanted."""
    if out is not None:
        write_copy(done.event.number, done.files, out)
    left = left_after_issue()
    document = {
        **about,
        **left,
        "kind": done.event.kind.value,
        "number": done.event.number,
        "title": done.event.title,
        "files": {name: str(path) for name, path in done.files.items()},
        "sha256": {name: done.event.files[path.name] for name, path in done.files.items()},
        "file": str(out) if out else None,
    }
    answer(
        document,
        "\n".join(
            [
                f"已签发 {done.event.number}  {done.event.title}",
                *(f"  {p}" for p in done.files.values()),
                *(f"  检查点已留存：{p}" for p in left.values()),
            ]
        ),
    )


def list_(
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="只看哪一年")] = None,
    matter: Annotated[str | None, typer.Option("--matter", metavar="M", help="只看一个事项")] = None,
) -> None:
    """已编文号的公文，作废的也列出。"""
    from views.papers import paper_ledger

    stream = the_matter(matter).stream if matter else None
    papers = [p for p in paper_ledger(session.database, year) if stream in (None, p.matter) and _sent_to_reader(p)]
    answer({"papers": [_row(p) for p in papers]}, "" if session.json else _table(papers))


def _sent_to_reader(paper: Paper) -> bool:
    """Whether whoever runs this may know of a paper: the office, leaders and the auditor, and to whom it went."""
    rights = session.rights
    return rights.whole or bool(rights.units & {paper.addressee, *paper.distributed})


def void(
    number: Annotated[str, typer.Argument(metavar="文号", help="如 香指办督〔2022〕7号")],
    reason: ReasonOption = None,
    by: Annotated[str | None, typer.Option("--by", metavar="P", help="决定作废的领导（代录时填写）")] = None,
    paper: PaperOption = None,
) -> None:
    """作废一份公文：文号保留在台账，不再使用；可以另行制发。"""
    from services.issuing.papers import record_void_paper as record_void

    why, number = need_option(reason, "--reason", "作废理由"), spelled(number)
    confirm_command(f"作废 {number}？")
    record_void(session.database, number, why, actor=acting_for(by, paper), now=now())
    answer({"number": number, "void": why}, f"{number} 已作废：{why}")


def readers(
    number: Annotated[str, typer.Argument(metavar="文号", help="公文、简报或纪要的编号，如 简报-2022-07")],
) -> None:
    """谁已读：送达了谁，谁打开过文件，谁还没有。"""
    from cli.tables import table
    from services.issuing.catalogue import readers_of_paper

    if session.remote is not None:
        document = session.remote.read("/readers", number=number)
    else:
        document = readers_of_paper(session.viewer, session.settings.store_place, number)
    rows = [
        (r["name"], r["unit"] or "", r["read_at"][:16].replace("T", " ") if r["read_at"] else "未读")
        for r in document["readers"]
    ]
    head = f"{number}　送达{document['sent']}人，已读{document['read']}人"
    answer(document, "\n".join([head, *([table(("人员", "单位", "已读"), rows)] if rows else [])]))


def _row(paper: Paper) -> dict[str, Any]:
    return {**paper.model_dump(mode="json", exclude={"about"}), "matter": paper.about or None}


def _table(papers: list[Paper]) -> str:
    from cli.names import person_names, unit_names
    from cli.tables import table

    if not papers:
        return "没有已编文号的公文；用 xmh form M --kind 督办单 --issue --sign 领导 制发"
    units, people = unit_names(), person_names()
    return table(
        ("文号", "种类", "事项", "主送", "日期", "签发", "备注"),
        [
            (
                p.number,
                p.kind.label,
                p.about or f"{p.since} 至 {p.until}",
                "、".join(map(units, p.distributed or ((p.addressee,) if p.addressee else ()))),
                p.issued_on.isoformat(),
                people(p.signer),
                f"作废：{p.void}" if p.void else "",
            )
            for p in papers
        ],
    )
