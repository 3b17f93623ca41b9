"""`xmh today` and `xmh ask`: what waits for me, and one paragraph for the phone."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer

from cli.assess.common import assessment_duties
from cli.incoming.reads import papers_today
from cli.inspection.duties import onsite_duties
from cli.lookup import found_matters, the_matter, the_one
from cli.moments import now
from cli.names import unit_names
from cli.reach import gaps_as_json, nobody_to_tell
from cli.session import Problem, answer, session
from cli.task.reads import secrets_of
from domain.calendar import local_date
from domain.lights import light
from domain.queries.spoken import said_date
from domain.relations import withdrawn_how
from eventlog import reading
from eventlog.webhooks import kept_webhooks
from views.matters import matter_row
from views.tree import state_of
from views.webhooks import state_said
from views.worklist import INSIDE, worklist


def today() -> None:
    """今天：待我办的、我在等的、快到期的。"""
    if session.remote is not None:
        shown = session.remote.read("/worklist")
        office = session.actor.role in INSIDE
        answer(shown, _told(date.fromisoformat(shown["date"]), _of_worklist(shown), office=office))
        return
    viewer = session.viewer
    office, day = viewer.actor.role in INSIDE, local_date(viewer.now)
    shown = worklist(viewer)
    visits, appraisals = onsite_duties(day, office=office), assessment_duties(day, office=office)
    without, papers = nobody_to_tell() if office else (), papers_today()
    failing = [h for h in kept_webhooks(session.database) if h.error is not None] if office else []
    document = {
        **shown,
        "inspections": [duty.model_dump() for duty in visits],
        "incoming": papers,
        "assessments": [{"assessment": key, "what": what} for key, what in appraisals],
        "unreached": gaps_as_json(without),
        "webhooks": [{"webhook": h.id, "url": h.url, "what": state_said(h)} for h in failing],
    }
    sections = {
        **_of_worklist(shown),
        "督查和整改": [f"{d.number} {d.title}：{d.what}" for d in visits],
        "批示件": _lines(papers, "paper"),
        "考核": [what for _, what in appraisals],
        "无人可通知": [one.line for one in without],
        "推送没有送达": [f"{h.id} {h.url}：{state_said(h)}" for h in failing],
    }
    answer(document, _told(day, sections, office=office))


def _of_worklist(shown: dict[str, Any]) -> dict[str, list[str]]:
    """The sections of a worklist, from here or from a server."""
    return {
        "待我办理": _lines(shown["for_me"], "matter"),
        "我在等待": _lines(shown["waiting_for"], "matter"),
        "即将到期": _lines(shown["due_soon"], "matter", "light_reason"),
        "前置事项拖期": _lines(shown["endangered"], "matter"),
        "我的关注": _lines(shown["following"], "matter", "light_reason"),
        "会议": _lines(shown["meetings"], "meeting"),
    }


def _told(day: date, sections: dict[str, list[str]], *, office: bool) -> str:
    """The day in lines; a section nothing is in is left out, but for those everybody looks for."""
    always = {"待我办理", "我在等待", "即将到期", *(("会议",) if office else ())}
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
        position, _ = reading.newest_event(session.database)
        streams = reading.streams_saying(session.database, words, position)
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
    matter = state_of(session.database, target.stream, None)
    if matter is None:  # it was found by its row
        raise Problem(f"没有事项“{target.number}”", "not_found")
    rulebook, at = reading.rulebook(session.database), now()
    names, opened = unit_names(), secrets_of(matter)
    lit = light(matter, rulebook, at)
    who = f"由{names(matter.lead)}牵头" if matter.lead else "尚未明确牵头单位"
    with_ = f"，{'、'.join(map(names, matter.assist))}配合" if matter.assist else ""
    limit = f"{'时限' if matter.period is None else '长期事项，本期至'}{matter.due:%Y年%-m月%-d日}"
    parts = [f"“{matter.title}”（{matter.number}）{who}{with_}，{limit}，目前{withdrawn_how(matter)}"]
    if matter.progress and not matter.ended:
        parts.append(f"进度{matter.progress}%")
    if (feedback := matter.last_feedback) and session.rights.may_read_report(matter.stream, feedback.unit):
        parts.append(f"最近一次反馈是{local_date(feedback.at):%-m月%-d日}：{opened(feedback.text).rstrip('。')}")
        if feedback.problem:
            parts.append(f"存在问题：{opened(feedback.problem).rstrip('。')}")
    text = "，".join(parts[:2]) + "".join(f"。{p}" for p in parts[2:]) + f"。亮灯情况：{lit.reason}。"
    answer({**matter_row(matter, lit), "text": text}, text)
