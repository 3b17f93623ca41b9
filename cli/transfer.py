"""`xmh transfer up down answer list`: 上报 to the city, 下达 by the city, and the answers."""

from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.asking import ByOption, PaperOption, TextOption, need_option, typed_day
from cli.lookup import acting_for, the_matter, whole_office_only
from cli.moments import now
from cli.session import Problem, answer, session
from cli.shape import group
from domain.bounds import seen
from domain.rules.records import may_record
from domain.terms import ENDED
from domain.transfer import Direction, Transfer, TransferAnswered, TransferSent, Words
from eventlog import reading
from services.transfers import addressed, answer_received, carry_owed, send_transfer, transfers

app = group(
    "上报、下达：向市级指挥部上报，市级指挥部向各指挥部下达，以及回复；两边日志互记文号。",
    {
        "up": "cli.transfer:up",
        "down": "cli.transfer:down",
        "answer": "cli.transfer:answer_",
        "list": "cli.transfer:list_",
    },
)
TitleOption = Annotated[str | None, typer.Option("--title", metavar="T", help="标题；写了事项的，默认为事项名称")]
AboutOption = Annotated[str | None, typer.Option("--matter", metavar="M", help="有关的本指挥部事项")]
MOST_SHOWN = 40


def up(
    title: TitleOption = None,
    text: TextOption = None,
    matter: AboutOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="请求何时前回复")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """上报：把需要市级协调的事项报给市级指挥部。"""
    _send(Direction.UP, None, title, text, matter, due, by, paper)


def down(
    code: Annotated[str, typer.Argument(metavar="CODE", help="下达给哪个指挥部（代号）")],
    title: TitleOption = None,
    text: TextOption = None,
    matter: AboutOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="要求何时前办结并回复")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """下达：市级指挥部把事项交给一个指挥部办理（在市级指挥部用，--headquarters 写它的代号）。"""
    _send(Direction.DOWN, code, title, text, matter, due, by, paper)


def _send(
    direction: Direction,
    to: str | None,
    title: str | None,
    text: str | None,
    matter: str | None,
    due: str | None,
    by: str | None,
    paper: str | None,
) -> None:
    database, settings = session.database, session.settings
    actor = acting_for(by, paper)
    may_record(TransferSent, actor)
    about = the_matter(matter) if matter else None
    sent_before = session.command_id is not None and reading.find_command(database, session.command_id) is not None
    if about is not None and about.stage in ENDED and not sent_before:
        raise Problem(
            f"{about.number} {about.stage.label}，不能再就它{direction.label}；另有事由的请不写 --matter", "ended"
        )
    words = Words(
        direction=direction,
        sender=settings.headquarters,
        receiver=addressed(settings, direction, to),
        title=need_option(title or (about.title if about else None), "--title", "标题"),
        text=need_option(text, "--text", "内容"),
        matter=about.number if about else None,
        due=typed_day(due) if due else None,
    )
    sent = send_transfer(database, words, actor, now(), session.command_id)
    _told(sent, direction.label)


def answer_(
    number: Annotated[str, typer.Argument(metavar="NO", help="收文号，如 SZ收〔2026〕1号，或尾号")],
    text: TextOption = None,
    matter: Annotated[str | None, typer.Option("--matter", metavar="M", help="由本指挥部哪个事项办理")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """回复收到的上报或下达；对方的日志随即收到。"""
    actor = acting_for(by, paper)
    may_record(TransferAnswered, actor)
    transfer = _the_transfer(number)
    about = the_matter(matter).number if matter else None
    words = need_option(text, "--text", "回复")
    command_id = session.command_id or uuid4().hex
    done = answer_received(session.database, transfer.stream, words, about, actor, now(), command_id)
    _told(done, "回复")


def list_() -> None:
    """发出的和收到的上报、下达，以及还没有送达的。"""
    whole_office_only("上报、下达")
    rows = [_row(t) for t in transfers(session.database)]
    answer({"transfers": rows}, _table(rows) if rows else "没有上报或下达")


def _the_transfer(words: str) -> Transfer:
    """The one that was received under a number, the sender's or one's own, or its tail.

    Raises:
        Problem: none (exit 4), or several (exit 2).
    """
    known = [t for t in transfers(session.database) if t.incoming]
    wanted = words.strip()
    exact = [t for t in known if wanted in (t.no, t.receipt)]
    fitting = exact or [t for t in known if wanted.isdecimal() and (t.receipt or "").endswith(f"〕{int(wanted)}号")]
    if not fitting:
        raise Problem(f"没有收到过“{seen(wanted)[:MOST_SHOWN]}”，请用 xmh transfer list 查看", "not_found")
    if len(fitting) > 1:
        raise Problem(f"“{seen(wanted)[:MOST_SHOWN]}”有{len(fitting)}份，请写全收文号", "ambiguous")
    return fitting[0]


def _told(transfer: Transfer, what: str) -> None:
    """Carry it at once; where that fails the worker will, and this says so."""
    failed = carry_owed(session.settings, session.database).get(transfer.no)
    row = _row(next(t for t in transfers(session.database) if t.stream == transfer.stream))
    got = "已送达对方" if transfer.incoming else f"对方已收（{row['receipt']}）"
    fate = got if failed is None else f"已记录，尚未送达（{failed}）；办理进程会继续送"
    answer(row, f"{what}  {row['no']}  {row['title']}：{fate}")


def _row(transfer: Transfer) -> dict[str, Any]:
    words = transfer.words
    return {
        "no": transfer.no,
        "receipt": transfer.receipt,
        "direction": words.direction.value,
        "from": words.sender,
        "to": words.receiver,
        "incoming": transfer.incoming,
        "title": words.title,
        "text": words.text,
        "matter": words.matter,
        "due": words.due.isoformat() if words.due else None,
        "on": transfer.on.isoformat(),
        "answer": transfer.answer,
        "handled_by": transfer.handled_by,
        "owed": transfer.owed,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    from cli.tables import table

    return table(
        ("文号", "收文号", "从", "到", "标题", "时限", "回复"),
        [
            (
                r["no"],
                r["receipt"] or "未送达",
                r["from"],
                r["to"],
                r["title"],
                r["due"] or "",
                f"{r['answer'] or '未回复'}{'（未送达）' if r['incoming'] and r['owed'] else ''}",
            )
            for r in rows
        ],
    )
