"""`xmh today` and `xmh ask`: what waits for me, and one paragraph for the phone."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer

from cli.lookup import found_matters, the_matter, the_one
from cli.session import answer, session
from domain.notices.reach import Unreached
from domain.queries.spoken import said_date
from eventlog import reading
from views.paragraph import matter_paragraph
from views.worklist import INSIDE


def today() -> None:
    """今天：待我办的、我在等的、逾期和快到期的。"""
    shown = session.remote.read("/today") if session.remote is not None else _today()
    office = session.actor.role in INSIDE
    answer(shown, _told(date.fromisoformat(shown["date"]), _sections(shown), office=office))


def _today() -> dict[str, Any]:
    from services.today import today_document

    return today_document(session.viewer, session.settings.notices)


def _sections(shown: dict[str, Any]) -> dict[str, list[str]]:
    """The sections of the day, from here or from a server."""
    return {
        **_of_worklist(shown),
        "未读通知": [f"{shown['unread']}条，请看 xmh notice list --unread"] if shown["unread"] else [],
        "督查和整改": [f"{d['number']} {d['title']}：{d['what']}" for d in shown["inspections"]],
        "批示件": _lines(shown["incoming"], "paper"),
        "考核": [a["what"] for a in shown["assessments"]],
        "无人可通知": [Unreached.model_validate(one).line for one in shown["unreached"]],
        "没有联络员": [w["line"] for w in shown["without_liaison"] if w["heads"]],
        "意见建议": [f"{shown['suggestions']}条待答复，请看 xmh suggestion list --open"]
        if shown["suggestions"]
        else [],
        "推送没有送达": [f"{h['webhook']} {h['url']}：{h['what']}" for h in shown["webhooks"]],
    }


def _of_worklist(shown: dict[str, Any]) -> dict[str, list[str]]:
    """What waits of matters and meetings."""
    return {
        "待我办理": _lines(shown["for_me"], "matter"),
        "我在等待": _lines(shown["waiting_for"], "matter"),
        "逾期和即将到期": _lines(shown["due_soon"], "matter", "light_reason"),
        "前置事项拖期": _lines(shown["endangered"], "matter"),
        "我的关注": _lines(shown["following"], "matter", "light_reason"),
        "会议": _lines(shown["meetings"], "meeting"),
    }


def _told(day: date, sections: dict[str, list[str]], *, office: bool) -> str:
    """The day in lines; a section nothing is in is left out, but for those everybody looks for."""
    always = {"待我办理", "我在等待", "逾期和即将到期", *(("会议",) if office else ())}
    desk_lines = [
        line for title, lines in sections.items() if lines or title in always for line in _section(title, lines)
    ]
    return "\n".join([f"今天 {said_date(day)}", *desk_lines])


def _lines(rows: Sequence[dict[str, Any]], number: str, what: str = "what") -> list[str]:
    return [f"{r[number]} {r['title']}：{r[what]}" for r in rows]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}（{len(lines)}）", *(f"  {text}" for text in lines)]


def _meant(words: str) -> reading.ListedMatter:
    """The matter of that number or title; else the one of whose records the words are."""
    if not found_matters(words):
        if session.remote is not None:
            hits = session.remote.read("/search", text=words)["matters"]
            return the_matter(hits[0]["matter"] if len(hits) == 1 else words)
        streams = reading.streams_saying(session.database, words, reading.recorded_upto(None))
        readable = session.rights.readable
        if readable is not None:
            streams &= readable
        if streams:
            return the_one(reading.listed_matters(session.database, streams), words)
    return the_matter(words)


def ask(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help="事项编号、尾号、名称中的字词，或要点、反馈、议定中的字词")
    ],
) -> None:
    """那件事到哪一步了：一段可以在电话里念的话。"""
    target = _meant(" ".join(words))
    if session.remote is not None:
        document = session.remote.read(f"/matters/{target.number}/paragraph")
    else:
        document = matter_paragraph(session.viewer, target.stream)
    answer(document, document["text"])
