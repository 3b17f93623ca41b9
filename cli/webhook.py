"""`xmh webhook`: other systems that are told what happens, by number and link."""

from typing import Annotated, Any

import typer

from cli.access import PersonArg, by_the_home
from cli.moments import now
from cli.names import person_names
from cli.session import answer, session
from cli.shape import group
from cli.tables import table
from domain.access import events as ev
from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.rules.records import may_record
from eventlog import reading
from eventlog.webhooks import KeptWebhook, kept_webhooks
from views.access_record import MAY_LIST_ACCOUNTS
from views.webhooks import state_said

app = group(
    "推送：事项和会议有了新的记录，即时告知登记过的其他系统（只有编号和链接，没有内容）。",
    {
        "add": "cli.webhook:add",
        "list": "cli.webhook:list_",
        "drop": "cli.webhook:drop",
        "resume": "cli.webhook:resume",
    },
)
IdArg = Annotated[str, typer.Argument(metavar="ID", help="推送地址的编号，见 xmh webhook list")]


def add(
    person: PersonArg,
    url: Annotated[str, typer.Argument(metavar="URL", help="https 地址，主机须写入设置 [webhooks] hosts")],
) -> None:
    """登记推送地址：此人看得到的，有新记录即推送；签名密钥只显示这一次。"""
    from services.webhooks import declare_webhook

    may_record(ev.WebhookDeclared, session.actor)
    by_the_home()
    known = session.person(person)
    places = session.settings.webhooks
    secret, hook = declare_webhook(session.database, known.id, url, places, session.actor, now())
    document = {"id": hook.id, "person": known.id, "url": hook.url, "secret": secret}
    answer(document, f"已登记 {hook.id}：{known.name}（{known.id}）看得到的推送到 {hook.url}\n签名密钥：{secret}")


def list_() -> None:
    """推送地址，各推送到哪里、有没有失败。"""
    refuse(session.actor.role not in MAY_LIST_ACCOUNTS, "推送地址由系统管理员、办公室督办员和审计员查阅", "forbidden")
    hooks, names = kept_webhooks(session.database), person_names()
    newest, _ = reading.newest_event(session.database)
    rows = [_document(hook, newest) for hook in hooks]
    lines = [
        (r["id"], names(r["person"]), r["url"], names(r["declared_by"]), state_said(hook))
        for r, hook in zip(rows, hooks, strict=True)
    ]
    shown = table(("编号", "按谁的权限", "地址", "登记人", "情况"), lines) if lines else "还没有登记推送地址"
    answer({"webhooks": rows}, shown)


def _document(hook: KeptWebhook, newest: int) -> dict[str, Any]:
    from services.webhooks import declared_by

    stopped = hook.stopped_at.astimezone(SHANGHAI).isoformat() if hook.stopped_at else None
    return {
        "id": hook.id,
        "person": hook.person,
        "url": hook.url,
        "declared_by": declared_by(session.database, hook),
        "behind": max(newest - hook.position, 0),
        "attempts": hook.attempts,
        "next_at": hook.next_at.astimezone(SHANGHAI).isoformat() if hook.attempts and stopped is None else None,
        "error": hook.error,
        "stopped_at": stopped,
    }


def drop(hook: IdArg) -> None:
    """撤销推送地址：不再推送。"""
    from services.webhooks import withdraw_webhook

    may_record(ev.WebhookWithdrawn, session.actor)
    by_the_home()
    kept = withdraw_webhook(session.database, hook, session.actor, now())
    answer({"id": kept.id, "dropped": True}, f"已撤销 {kept.id}（{kept.url}）")


def resume(hook: IdArg) -> None:
    """恢复推送：从没有送达的那一条接着推送，一条不漏；没有收到答复的会再推一次，编号不变。"""
    from services.webhooks import resume_webhook

    may_record(ev.WebhookResumed, session.actor)
    by_the_home()
    kept = resume_webhook(session.database, hook, session.actor, now())
    answer({"id": kept.id, "resumed": True}, f"已恢复 {kept.id}（{kept.url}）")
