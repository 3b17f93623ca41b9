"""`xmh meeting schedule move cancel series`."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.asking import ReasonOption, confirm_command, need_option
from cli.meeting.common import (
    MeetingArg,
    do_for_meeting,
    meeting_answer_document,
    meeting_answer_line,
    meeting_order,
    send_meeting_commands,
    the_meeting,
    the_series,
    typed_moment,
)
from cli.sending import the_gateway, told_in_time
from cli.session import Problem, answer, session
from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.ids import OfficeStream, meeting_stream
from domain.meetings.commands import CancelMeeting, ConveneMeeting, MoveMeeting
from domain.meetings.series import Series, SeriesRecorded, rule_in_words, spoken_rule
from domain.queries.spoken import said_date
from domain.rules.records import may_record
from eventlog import reading

AtOption = Annotated[
    str | None, typer.Option("--at", metavar="DATETIME", help="开会时间，如 2022-03-31T09:30、3月31日9:30、下周四上午")
]


def schedule(
    series: Annotated[str | None, typer.Option("--series", metavar="S", help="会议系列，如 工作例会")] = None,
    at: AtOption = None,
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="会议名称，默认为系列名称")] = None,
    place: Annotated[str | None, typer.Option("--place", metavar="TEXT", help="地点")] = None,
    chair: Annotated[str | None, typer.Option("--chair", metavar="P", help="主持人（人员编号或姓名）")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="在休息日召开或临时召开的理由")] = None,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="临时召开：立即发通知、定议题（须有 --reason）")
    ] = False,
    materials_by: Annotated[
        str | None, typer.Option("--materials-by", metavar="DATETIME", help="汇报材料报送时限，默认为议题确定时")
    ] = None,
) -> None:
    """安排一次会议：到时发通知、定议题；休息日、临时召开的写明理由。"""
    wanted = the_series(need_option(series, "--series", "会议系列"))
    starts = typed_moment(need_option(at, "--at", "开会时间"))
    session.command_id = session.command_id or uuid4().hex
    command = ConveneMeeting(
        series=wanted,
        starts=starts,
        title=title,
        place=place,
        chair=session.person(chair).id if chair else None,
        reason=reason,
        emergency=emergency,
        materials_by=typed_moment(materials_by) if materials_by else None,
    )
    (reply,) = send_meeting_commands(meeting_order(meeting_stream(session.command_id), command))
    when = starts.astimezone(SHANGHAI)
    answer(
        {**meeting_answer_document(reply), "starts": when.isoformat()},
        f"{meeting_answer_line(reply)}\n{wanted.name} {said_date(when.date())} {when:%H:%M}",
    )


def move(
    meeting: MeetingArg,
    at: AtOption = None,
    reason: ReasonOption = None,
    off_day: Annotated[bool, typer.Option("--off-day", help="确须在休息日召开")] = False,
) -> None:
    """会议改期；已收的回执作废，请各单位重新回执。"""
    command = MoveMeeting(
        starts=typed_moment(need_option(at, "--at", "新的时间")),
        reason=need_option(reason, "--reason", "改期理由"),
        off_day=off_day,
    )
    do_for_meeting(the_meeting(meeting), command)


def cancel(meeting: MeetingArg, reason: ReasonOption = None) -> None:
    """取消会议。"""
    target, why = the_meeting(meeting), need_option(reason, "--reason", "取消理由")
    confirm_command(f"取消 {target.number} {target.title}？")
    do_for_meeting(target, CancelMeeting(reason=why))


def series(
    name: Annotated[str | None, typer.Argument(metavar="S", help="会议系列；不填则列出全部")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="TEXT", help="会期，如 每月最后一个工作周的周四上午；填“无”取消")
    ] = None,
    new: Annotated[str | None, typer.Option("--new", metavar="ID", help="新设系列，写明英文编号")] = None,
    chair: Annotated[str | None, typer.Option("--chair", metavar="P", help="按期安排的会议由谁主持")] = None,
    place: Annotated[str | None, typer.Option("--place", metavar="TEXT", help="按期安排的会议在哪里开")] = None,
    counted_as: Annotated[str | None, typer.Option("--counted-as", metavar="TEXT", help="年度统计时归入的名目")] = None,
) -> None:
    """会议系列一览；设定会期后由系统按期安排。"""
    if name is None:
        _list()
        return
    may_record(SeriesRecorded, session.actor)
    entry = Series(id=new, name=name) if new else the_series(name)
    change: dict[str, Any] = {}
    if rule is not None:
        change["rule"] = None if rule == "无" else spoken_rule(rule)
    if chair is not None:
        change["chair"] = session.person(chair).id
    change |= {k: v for k, v in (("place", place), ("counted_as", counted_as)) if v is not None}
    if not change and not new:
        raise Problem("请写明要改什么（--rule 会期、--chair 主持人、--place 地点、--counted-as 名目）", "malformed")
    taken = new is not None and bool(reading.series_book(session.database).find(new))
    refuse(taken, f"编号 {new} 已有会议系列使用", "malformed")
    changed = entry.model_copy(update=change)
    _record(changed)
    _wake()
    answer(_document(changed), f"已设定{changed.name}：{rule_in_words(changed.rule) if changed.rule else '不定期'}")


def _record(entry: Series) -> None:
    from services.office_records import record_office_events

    record_office_events(
        session.database,
        session.database.own(OfficeStream.SERIES),
        [SeriesRecorded(entry=entry)],
        actor=session.actor,
        command_id=session.command_id or uuid4().hex,
        now=datetime.now(UTC),
    )


def _wake() -> None:
    """The meetings of a new rule are convened at once; without a service, when it starts."""
    if session.settings.address is None:
        return
    from services.gateway import Unreachable

    with suppress(Unreachable, TimeoutError):
        asyncio.run(told_in_time(_woken()))


async def _woken() -> None:
    await (await the_gateway()).wake_rhythm()


def _list() -> None:
    from cli.tables import table

    all_series = reading.series_book(session.database).series
    rows = [
        (s.id, s.name, "、".join(s.aliases), s.counter, rule_in_words(s.rule) if s.rule else "不定期")
        for s in all_series
    ]
    shown = "" if session.json else table(("编号", "系列", "又称", "统计名目", "会期"), rows)
    answer({"series": [_document(s) for s in all_series]}, shown)


def _document(entry: Series) -> dict[str, Any]:
    return {**entry.model_dump(mode="json"), "rule": rule_in_words(entry.rule) if entry.rule else None}
