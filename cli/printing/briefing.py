"""`xmh briefing draft issue list show`: 简报 and 动态, from the log to numbered files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import PaperOption, confirm_command, need_option, typed_term
from cli.checkpoint import left_after_issue, left_lines
from cli.lookup import acting_for
from cli.moments import past_day
from cli.numbers import pass_numbers_given
from cli.printing.files import check_output_file, office_press, write_output_file
from cli.session import Problem, answer, session
from cli.shape import group
from cli.sheets import reject_file
from domain.base import Refusal
from domain.bulletin import BulletinIssued, BulletinRecorded, Issue, PastIssue, Publication
from domain.calendar import SHANGHAI, local_date
from domain.rules.records import may_record
from domain.sight import Sight
from eventlog import reading

if TYPE_CHECKING:
    from documents.bulletin.briefing import Briefing
    from documents.bulletin.drafts import BulletinDraft
    from domain.bulletin import Change
    from services.issuing.bulletins import Issued

app = group(
    "简报和动态：由事件日志起草，领导签发，逐期编号。\n\n"
    "先用 draft 起草（要改文字就导出 .docx 改好，用 edit 读回），再用 issue 签发；"
    "印发后有错，用 correct 另编一期更正。",
    {
        "draft": "cli.printing.briefing:draft",
        "edit": "cli.printing.briefing:edit",
        "drop": "cli.printing.briefing:drop",
        "correct": "cli.printing.correction:correct",
        "issue": "cli.printing.briefing:issue",
        "list": "cli.printing.briefing:list_",
        "show": "cli.printing.briefing:show",
        "annex": "cli.printing.annex:annex",
        "rebuild": "cli.printing.proof:rebuild",
        "check": "cli.printing.proof:check",
        "record": "cli.printing.briefing:record",
        "annual": "cli.printing.annual:annual",
        "unit": "cli.printing.statement:unit",
        "templates": "cli.printing.templates:templates",
    },
)

SeriesOption = Annotated[str, typer.Option("--series", metavar="简报|动态", help="简报综述一段时间，动态逐条记事")]


def draft(
    series: SeriesOption = Publication.BRIEFING.label,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="D", help="起始日期，如 2022-03-01 或 3月1日；默认接上一期，首期从第一件立项之日起"
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="D", help="截止日期，写法同上；默认今天")] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE.docx", help="另存一份 .docx，改好后用 xmh briefing edit 读回"),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="按语，印在标题前；默认用 简报.toml 里写的")
    ] = None,
) -> None:
    """起草一期：算出全文，留下草稿编号，等领导签发。"""
    from documents.bulletin.drafts import keep_draft
    from documents.formats.markdown import markdown_of
    from services.issuing.drafting import composed_issue, next_day

    if not session.rights.of_office:
        raise Problem("简报草稿由办公室和领导查阅", "not_found")
    now = datetime.now(UTC)
    today = local_date(now)
    publication = typed_term(Publication, series, "--series")
    last = past_day(until, "截止日期 ") if until else today
    first = past_day(since, "起始日期 ") if since else next_day(session.database, publication, last)
    check_output_file(out, (".docx",))
    actor, ready = session.actor, office_press()
    briefing, trial = composed_issue(session.database, ready, publication, (first, last), now, note)
    if out is not None:
        write_output_file(out, trial["草稿.docx"])
    kept = keep_draft(session.settings.store_place, briefing, actor.id, now, ready)
    text = markdown_of(briefing.draft(today))
    stock = _stock(briefing)
    document = {**draft_document(kept), "title": briefing.title, "markdown": text, "stock": stock}
    sent_back = [
        f"反馈没有实质内容，可退回：xmh task ask-back {one['matter']} --reason 不清楚 --text “{one['reason']}”"
        for one in stock
    ]
    saved = f"，已另存为 {out}，修改后用 xmh briefing edit {kept.id} --from {out} 读回" if out else ""
    answer(
        {**document, "file": str(out) if out else None},
        "\n".join(
            [text, *sent_back, f"草稿编号 {kept.id}{saved}；签发请用 xmh briefing issue {kept.id} --sign 签发领导"]
        ),
    )


def _stock(briefing: "Briefing") -> list[dict[str, str]]:
    """The reports of the span that say nothing, and why."""
    from documents.ledger import read_ledger
    from documents.sections.stock import stock_reports

    ledger = read_ledger(session.database, briefing.as_of, briefing.position)
    stock = stock_reports(ledger, briefing.since, briefing.until)
    return [{"matter": f.matter.number, "unit": ledger.unit(f.matter.lead), "reason": why} for f, why in stock]


def drop(draft_id: Annotated[str, typer.Argument(metavar="DRAFT", help="草稿编号，如 D20220331-1")]) -> None:
    """弃去一份没有签发的草稿，如日期起草错了的。"""
    from documents.bulletin.drafts import find_draft
    from services.issuing.editing import drop_draft

    kept = find_draft(session.settings.store_place, draft_id) if session.rights.of_office else None
    if kept is None:
        raise Problem(f"没有草稿“{draft_id}”，请用 xmh briefing list 查看", "not_found")
    drop_draft(session.database, session.settings.store_place, kept, session.actor)
    answer({"draft": kept.id, "dropped": True}, f"草稿 {kept.id} 已弃去")


def edit(
    draft_id: Annotated[str, typer.Argument(metavar="DRAFT", help="草稿编号，如 D20220331-1")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.docx", help="在导出的草稿上改好的 .docx")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="导出以后草稿又改过的，那些修改不要了，以这份文件为准")
    ] = False,
) -> None:
    """读回改好的草稿：签发时用改后的文字，改了哪些字记入日志；会冲掉别人修改的不读，先说是哪一处。"""
    from documents.bulletin.drafts import computed_draft, find_draft, press_of_draft
    from documents.bulletin.not_taken import not_taken
    from documents.sections.recipe import recipe_of
    from services.issuing.bulletins import contradictions_of_draft
    from services.issuing.editing import briefing_of_draft
    from services.issuing.editing import record_edited_draft as keep_edited

    kept = find_draft(session.settings.store_place, draft_id) if session.rights.of_office else None
    if kept is None:
        raise Problem(f"没有草稿“{draft_id}”，请用 xmh briefing list 查看", "not_found")
    if source is None:
        raise Problem("请用 --from 写明改好的 .docx", "malformed")
    recipe = recipe_of(press_of_draft(session.settings.store_place, kept, office_press()).template)
    try:
        changed = keep_edited(session.database, kept, source, session.actor, datetime.now(UTC), recipe, replace=replace)
    except Refusal as refusal:
        if refusal.code != "changed":
            raise
        how = f"最新的用 xmh briefing show {kept.id} -o 最新.docx 另存；要以这份为准的加 --replace"
        raise Problem(f"{refusal.message}：{how}", refusal.code) from refusal
    wrong = contradictions_of_draft(session.database, kept, recipe)
    left = not_taken(source, computed_draft(session.database, kept, recipe))
    changes = [c.model_dump(mode="json") for c in changed]
    document = {"draft": kept.id, "changes": changes, "contradictions": wrong, "not_taken": list(left)}
    summary = (
        f"草稿 {kept.id} 与日志算出的文字相比改了{len(changed)}处"
        if changed
        else "文字没有改动"
        if not left
        else "正文文字没有改动"
    )
    summary += f"，另有{len(left)}处没有取用" if left else ""
    summary += (
        "；附表由日志生成，其中的改动不取" if briefing_of_draft(session.database, kept, recipe).appendices else ""
    )
    warned = [f"  注意，签发前须改正或用 --despite 写明理由：{one}" for one in wrong]
    answer(document, "\n".join([summary, *change_lines(changed), *(f"  {line}" for line in left), *warned]))


def change_lines(changed: "tuple[Change, ...]") -> list[str]:
    """What an editor changed of a draft, as people read it."""
    lines = []
    for change in changed:
        lines += [f"  原：{text}" for text in change.before] + [f"  改：{text}" for text in change.after]
    return lines


def issue(
    draft_id: Annotated[str, typer.Argument(metavar="DRAFT", help="草稿编号，如 D20220331-1")],
    sign: Annotated[str | None, typer.Option("--sign", metavar="P", help="签发领导（人员编号或姓名）")] = None,
    paper: PaperOption = None,
    copies: Annotated[
        int | None, typer.Option("--copies", metavar="N", help="印数，印在版记末行", min=1, max=9999)
    ] = None,
    despite: Annotated[
        str | None,
        typer.Option("--despite", metavar="REASON", help="改后与日志不一致仍要签发的理由，记入日志"),
    ] = None,
) -> None:
    """签发一期：编号、成文（.md、.docx、.pdf、.html）、入日志；没有领导签发的不能成文。"""
    from documents.bulletin.drafts import find_draft
    from services.issuing.bulletins import Manner, issue_draft

    home = session.settings.store_place
    kept = find_draft(home, draft_id)
    if kept is None:
        raise Problem(f"没有草稿“{draft_id}”，请用 xmh briefing list 查看", "not_found")
    if sign is None:
        raise Problem(f"{kept.publication.label}须由领导签发，请用 --sign 写明签发领导", "unsigned")
    signer = acting_for(session.person(sign).id, paper)
    confirm_command(f"签发{kept.publication.label}（{kept.since} 至 {kept.until}）？签发后编号不能收回。")
    pass_numbers_given()
    done = issue_draft(
        session.database,
        home,
        kept,
        signer,
        datetime.now(UTC),
        office_press(),
        how=Manner(copies, despite),
    )
    lines = [f"已签发 {done.number}（第{done.event.no}期，总第{done.event.total_no}期）"]
    left = left_after_issue()
    lines += [*(f"  {path}" for path in done.files.values()), *left_lines(left)]
    answer({**_issued_document(done), **left}, "\n".join(lines))


def list_(
    series: Annotated[str | None, typer.Option("--series", metavar="简报|动态", help="只看一种")] = None,
) -> None:
    """已签发的各期和未签发的草稿。"""
    from documents.bulletin.drafts import kept_drafts
    from services.issuing.bulletins import issued_bulletins

    publication = typed_term(Publication, series, "--series") if series else None
    events = issued_bulletins(session.database, publication) if _receives() else ()
    old = [i for p in Publication if publication in (None, p) for i in _old(p)] if _receives() else []
    waiting = [
        d
        for d in (kept_drafts(session.settings.store_place) if session.rights.of_office else ())
        if publication in (None, d.publication) and reading.find_command(session.database, d.key) is None
    ]
    document = {
        "bulletins": [*(_old_row(i) for i in old), *(_row(e, _corrected_by(e, events)) for e in events)],
        "drafts": [draft_document(d) for d in waiting],
    }
    answer(document, "" if session.json else _table(old, events, waiting))


def _receives() -> bool:
    """Whether issues are sent to who runs this: office, leaders and auditor, and units with a part in a matter."""
    rights = session.rights
    return rights.whole or Sight.FULL in rights.sights.values()


def _corrected_by(event: BulletinIssued, events: "tuple[BulletinIssued, ...]") -> tuple[str, ...]:
    return tuple(e.number for e in events if e.corrects == event.number)


def _old(publication: Publication) -> list[Issue]:
    """What was issued before this log and is only registered here."""
    from services.issuing.bulletins import issued_series

    return [i for i in issued_series(session.database, publication).issues if i.recorded]


def _old_row(issue: Issue) -> dict[str, Any]:
    return {
        "bulletin": issue.number,
        "series": issue.number.partition("-")[0],
        "no": issue.no,
        "total_no": issue.total_no,
        "title": issue.title,
        "issued_on": issue.issued_on.isoformat(),
        "recorded": True,
    }


def _table(old: list[Issue], events: "tuple[BulletinIssued, ...]", waiting: "list[BulletinDraft]") -> str:
    from cli.tables import table

    if not old and not events and not waiting:
        return "还没有简报；用 xmh briefing draft 起草"
    names = {p.id: p.name for p in reading.people(session.database, former=True)}
    rows = [(i.number, f"第{i.no}期", i.title, i.issued_on.isoformat(), "台账登记", "") for i in old]
    rows += [
        (
            e.number,
            f"第{e.no}期",
            e.title,
            e.issued_on.isoformat(),
            names.get(e.signer, e.signer),
            _correction(e.corrects, _corrected_by(e, events)),
        )
        for e in events
    ]
    rows += [
        (d.id, "草稿", f"{d.publication.label}：{d.since} 至 {d.until}", "", "待签发", _correction(d.corrects, ()))
        for d in waiting
    ]
    return table(("编号", "期数", "标题", "签发日期", "签发人", "更正"), rows)


def _correction(corrects: str | None, by: tuple[str, ...]) -> str:
    """What it corrects and by what it was corrected."""
    return "；".join([*([f"更正 {corrects}"] if corrects else []), *([f"已由 {'、'.join(by)} 更正"] if by else [])])


def show(
    bulletin: Annotated[str, typer.Argument(metavar="ID", help="期号（简报-2022-07）或草稿编号")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE.docx", help="把草稿最新的文字另存为 .docx，改好后用 edit 读回"),
    ] = None,
) -> None:
    """一期或一份草稿的全文；签发的文件丢失时由日志重新生成，须与原来逐字节一致。"""
    from documents.bulletin.drafts import find_draft
    from services.issuing.bulletins import bulletin_with_files, issued_bulletins

    check_output_file(out, (".docx",))
    home, wanted = session.settings.store_place, bulletin.strip().replace("－", "-")
    events = issued_bulletins(session.database) if _receives() else ()
    event = next((e for e in events if e.number == wanted), None)
    if event is not None:
        if out is not None:
            raise Problem(f"{event.number} 已经签发，不能再改；更正请用 xmh briefing correct", "issued")
        done = bulletin_with_files(session.database, home, event, office_press())
        text, by = done.files["md"].read_text(encoding="utf-8"), _corrected_by(event, events)
        lines = [text.rstrip("\n"), *([f"（本期{_correction(event.corrects, by)}）"] if event.corrects or by else [])]
        answer({**_row(event, by), **_issued_document(done), "markdown": text}, "\n\n".join(lines))
        return
    kept = find_draft(home, wanted) if session.rights.of_office else None
    if kept is None:
        raise Problem(f"没有“{bulletin}”这一期，也没有这份草稿，请用 xmh briefing list 查看", "not_found")
    _show_draft(kept, out)


def _show_draft(kept: "BulletinDraft", out: Path | None) -> None:
    """As it reads now, on the screen and, to be edited, as a file."""
    from documents.bulletin.drafts import press_of_draft
    from documents.formats.markdown import markdown_of
    from documents.sections.recipe import recipe_of
    from services.issuing.editing import briefing_of_draft, changes_of

    press = press_of_draft(session.settings.store_place, kept, office_press())
    page = briefing_of_draft(session.database, kept, recipe_of(press.template)).draft(local_date(kept.drafted_at))
    if out is not None:
        write_output_file(out, press.printed(page, "docx"))
    text, changed = markdown_of(page), changes_of(session.database, kept.publication, kept.key)
    document = {**draft_document(kept), "edited": [c.model_dump(mode="json") for c in changed], "markdown": text}
    how = f"修改后用 xmh briefing edit {kept.id} --from {out} 读回"
    if kept.corrects is not None:
        how = f"这是更正稿，要改的请改好 {kept.corrects} 的 .docx，再用 xmh briefing correct 起草"
    saved = [f"已另存为 {out}；{how}"] if out else []
    answer(
        {**document, "file": str(out) if out else None}, "\n".join([text, *change_lines(changed), *saved]).rstrip("\n")
    )


def record(
    series: SeriesOption = Publication.BRIEFING.label,
    no: Annotated[int | None, typer.Option("--no", metavar="N", help="当年第几期")] = None,
    on: Annotated[str | None, typer.Option("--date", metavar="DATE", help="印发日期")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="标题")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="一次登记多期：.csv 或 .xlsx（系列、期次、日期、标题）"),
    ] = None,
) -> None:
    """登记以往年度的简报、动态，列入台账；期次须逐期相接。"""
    from intake.bulletins import read_bulletins
    from services.issuing.register import register_issues

    may_record(BulletinRecorded, session.actor)
    if source is not None:
        listed = read_bulletins(source, past_day)
        if listed.faults:
            faults = [{"row": f.row, "column": f.column, "message": f.message} for f in listed.faults]
            lines = [*(f.line for f in listed.faults), f"共{len(listed.faults)}处错误，整份未登记"]
            reject_file({"recorded": [], "rejected": faults}, lines)
        rows = list(listed.rows)
    else:
        if no is None:
            raise Problem("缺少期次，请用 --no 填写", "malformed")
        rows = [
            PastIssue(
                publication=typed_term(Publication, series, "--series"),
                no=no,
                issued_on=past_day(need_option(on, "--date", "印发日期")),
                title=need_option(title, "--title", "标题"),
            )
        ]
    done = register_issues(session.database, rows, session.actor, datetime.now(UTC))
    answer(
        {"recorded": done.recorded, "known": done.known},
        f"已登记{len(done.recorded)}期，已有{len(done.known)}期未重复登记",
    )


# --- documents for scripts


def _issued_document(done: "Issued") -> dict[str, Any]:
    return {
        "bulletin": done.number,
        "no": done.event.no,
        "files": {kind: str(path) for kind, path in done.files.items()},
        "sha256": done.sha256,
    }


def _row(event: BulletinIssued, corrected_by: tuple[str, ...]) -> dict[str, Any]:
    return {
        "bulletin": event.number,
        "series": event.publication.label,
        "no": event.no,
        "total_no": event.total_no,
        "title": event.title,
        "from": event.since.isoformat(),
        "to": event.until.isoformat(),
        "position": event.position,
        "as_of": event.as_of.astimezone(SHANGHAI).isoformat(),
        "signer": event.signer,
        "issued_on": event.issued_on.isoformat(),
        "corrects": event.corrects,
        "corrected_by": list(corrected_by),
    }


def draft_document(kept: "BulletinDraft") -> dict[str, Any]:
    """A draft of a 简报, for scripts."""
    return {
        "draft": kept.id,
        "series": kept.publication.label,
        "from": kept.since.isoformat(),
        "to": kept.until.isoformat(),
        "position": kept.position,
        "as_of": kept.as_of.astimezone(SHANGHAI).isoformat(),
        "drafted_by": kept.drafted_by,
        "corrects": kept.corrects,
    }
