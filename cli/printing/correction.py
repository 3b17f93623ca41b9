"""`xmh briefing correct`: the 更正 of an issue, drafted from its corrected .docx."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import need_option
from cli.printing.briefing import change_lines, draft_document
from cli.printing.files import office_press
from cli.session import Problem, answer, session
from domain.calendar import local_date


def correct(
    bulletin: Annotated[str, typer.Argument(metavar="ID", help="要更正的一期，如 简报-2022-07")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.docx", help="在印发的 .docx 上改正错处后存的文件")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="为何更正，印在更正里，如 数据填报有误")
    ] = None,
) -> None:
    """起草更正：印发的一期不改，另编一期写明错在何处、应为什么；领导签发（issue）后取下一个期号。"""
    from documents.formats.markdown import markdown_of
    from services.issuing.bulletins import bulletin_with_files
    from services.issuing.correcting import draft_correction, issue_to_correct
    from services.issuing.signing import Desk

    if source is None:
        raise Problem("请用 --from 写明改正后的 .docx", "malformed")
    why, now, home = need_option(reason, "--reason", "更正理由"), datetime.now(UTC), session.settings.store_place
    ready = office_press()
    wrong = bulletin_with_files(session.database, home, issue_to_correct(session.database, bulletin), ready)
    done = draft_correction(Desk(session.database, home, session.actor, now, ready), wrong, source, why)
    text = markdown_of(done.text.draft(local_date(now)))
    document = {
        **draft_document(done.draft),
        "title": done.text.title,
        "changes": [change.model_dump(mode="json") for change in done.changes],
        "markdown": text,
    }
    draft = done.draft.id
    next_step = f"更正稿 {draft}，共{len(done.changes)}处；签发请用 xmh briefing issue {draft} --sign 签发领导"
    answer(document, "\n".join([text, *change_lines(done.changes), next_step]))
