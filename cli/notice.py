"""`xmh notice`: what was told to whom, what did not arrive, and once more."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.moments import AsOfOption, asked_moment, now
from cli.names import person_names
from cli.sending import told_in_time
from cli.session import Problem, answer, session
from cli.shape import group
from cli.tables import table
from domain.base import Refusal, refuse
from domain.queries.telling import office_time
from domain.readership import ReadKind
from domain.terms import Role, Urgency
from eventlog import notices as kept
from eventlog import reading
from eventlog.errors import LogError
from eventlog.notices import NoticeOnRecord
from views.notices import notice_as_read, notice_document, notice_documents, notices_document

MOST_OF_SERVER = 500
app = group(
    "通知：发给谁、发没发到、没发到的为什么。",
    {
        "list": "cli.notice:list_",
        "show": "cli.notice:show",
        "read": "cli.notice:read",
        "retry": "cli.notice:retry",
    },
)


def list_(
    person: Annotated[str | None, typer.Option("--person", metavar="P", help="只看发给此人的（编号或姓名）")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="只看没有送达的")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="只看待发送的")] = False,
    unread: Annotated[bool, typer.Option("--unread", help="只看收件人还没有读的")] = False,
    as_of: AsOfOption = None,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="最近多少条")] = 100,
) -> None:
    """列出通知：每人每个渠道一条，含送达情况。"""
    if session.remote is not None:
        if person or as_of:
            session.need_machine()
        document = session.remote.read(
            "/notices", last=min(last, MOST_OF_SERVER), pending=pending, failed=failed, unread=unread
        )
    else:
        wanted = session.person(person).id if person else None
        viewer = replace(session.viewer, shown=asked_moment(as_of))
        document = notices_document(viewer, last, person=wanted, pending=pending, failed=failed, unread=unread)
    names = person_names()
    rows = [
        [n["id"], names(n["person"]), n["channel"], _state(n), n["subject"], n["text"].replace("\n", " ")]
        for n in document["notices"]
    ]
    shown = table(["编号", "收件人", "渠道", "情况", "事项", "内容"], rows) if rows else "没有符合条件的通知"
    if document["total"] > len(rows):
        shown += f"\n共{document['total']}条，只列最近{len(rows)}条，更早的用 --last 查看"
    answer(document, shown)


def show(notice_id: Annotated[str, typer.Argument(metavar="ID", help="通知编号，见 xmh notice list")]) -> None:
    """看一条通知：内容、何时应发、试了几次、为什么没有送达。"""
    notice = kept.find_notice(session.database, notice_id)
    if not session.rights.whole and notice.person != session.rights.reader.person:
        raise Problem(f"没有编号为 {notice_id} 的通知，请用 xmh notice list 查看", "not_found")
    notice = _as_read(notice)
    person = reading.person(session.database, notice.person)
    lines = [
        f"{notice.id}  {_state(notice_document(notice))}",
        f"收件人：{person.name if person else notice.person}（{notice.person}），渠道 {notice.channel}",
        f"事项：{notice.subject}",
        f"内容：{notice.text}",
        f"应发：{office_time(notice.due_at)}（{_why(notice.urgency)}），已试 {notice.attempts} 次",
    ]
    if notice.batch and notice.batch != notice.id:
        lines.append(f"合并发送：{notice.batch}")
    if notice.failed:
        lines.append(f"原因：{notice.error}")
    if notice.person == session.rights.reader.person:
        with suppress(LogError):  # what cannot be recorded now is read all the same, and stays unread
            _note_read([notice])
    (document,) = notice_documents(session.viewer, [notice])
    if document["read_at"]:
        lines.append(f"已读：{_at(document['read_at'])}")
    answer(document, "\n".join(lines))


def read(
    notice_id: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="通知编号；不写则须加 --all")] = None,
    all_: Annotated[bool, typer.Option("--all", help="发给本人的全部未读通知")] = False,
) -> None:
    """标明已读：发给本人、自己已经看过的通知。"""
    if bool(notice_id) == all_:
        raise Problem("请写明通知编号，或用 --all（二者取一）", "malformed")
    session.need_machine()
    own = session.rights.reader.person
    if all_:
        chosen = [*kept.list_notices(session.database, person=own)]
    else:
        chosen = [kept.find_notice(session.database, one) for one in notice_id or ()]
        others = [n.id for n in chosen if n.person != own]
        if others:
            raise Problem(f"没有编号为 {others[0]} 的通知，请用 xmh notice list 查看", "not_found")
    count = _note_read(chosen)
    answer({"read": count}, f"已标明已读：{count}条" if count else "没有未读的通知")


def _note_read(notices: Sequence[NoticeOnRecord]) -> int:
    """Put on record that these were opened; how many were not before."""
    from domain.envelope import Via
    from services.readership import note_read
    from services.vouching import service_vouch

    session.database.vouch = session.database.vouch or service_vouch(session.settings.home, Via.CLI)
    keys = [str(n.position) for n in notices]
    return note_read(session.database, ReadKind.NOTICE, keys, session.rights.reader.person, now())


def _as_read(n: NoticeOnRecord) -> NoticeOnRecord:
    return notice_as_read(session.viewer, n)


def retry(
    notice_id: Annotated[str | None, typer.Argument(metavar="ID", help="通知编号")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="所有没有送达的")] = False,
) -> None:
    """马上再发一次：没有送达的通知不再等到下一次重试（非特急的仍只在办公时间发出）。"""
    if (notice_id is None) == (not failed):
        raise Problem("请写明通知编号，或用 --failed 重发所有没有送达的", "malformed")
    refuse(session.actor.role is not Role.OFFICE, "重发通知由办公室督办员办理", "forbidden")
    chosen = (
        [kept.find_notice(session.database, notice_id)]
        if notice_id
        else [*kept.list_notices(session.database, failed=True)]
    )
    if notice_id and not chosen[0].pending:
        state = "已经送达" if chosen[0].sent_at else str(chosen[0].error)
        raise Problem(f"通知 {notice_id} {state}，不能重发", "not_pending")
    again = [n.id for n in chosen if n.pending]
    kept.retry_notices(session.database, again, now())
    woken = bool(again) and asyncio.run(_wake())
    when = "，马上发送（办公时间以外只发特急）" if woken or not again else "；督办服务没有运行，启动后发送"
    answer({"retried": again, "service": woken}, f"重发{len(again)}条通知{when}")


async def _wake() -> bool:
    """Tell the delivery, if the service runs; otherwise its start will see."""
    from temporalio.service import RPCError

    from services.gateway import Gateway, Unreachable
    from services.temporal_client import connect

    settings = session.settings
    if settings.address is None:
        return False
    with suppress(Unreachable, RPCError, Refusal, TimeoutError):
        client = await connect(settings)
        gateway = Gateway(client, session.database, settings.task_queue, settings.door)
        await told_in_time(gateway.keep_notices(look=True))
        return True
    return False


def _state(n: dict[str, Any]) -> str:
    match n["state"]:
        case "sent":
            return f"已送达 {_at(n['sent_at'])}"
        case "given_up":
            return "不再发送"
        case "failed":
            return f"未送达（{n['attempts']}次），{_at(n['next_at'])} 再发"
        case _:
            return f"待发送 {_at(n['next_at'])}"


def _at(moment: str) -> str:
    return office_time(datetime.fromisoformat(moment))


def _why(urgency: Urgency) -> str:
    return {
        Urgency.EXTRA: "特急，随时发送",
        Urgency.URGENT: "加急，办公时间发送",
        Urgency.NORMAL: "每日上班时合并发送",
    }[urgency]
