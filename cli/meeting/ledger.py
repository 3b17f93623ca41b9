"""`xmh meeting record`: meetings held elsewhere or before, for the ledger. They have no timers, so no workflow."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.asking import TextOption, need_option, typed_term
from cli.meeting.common import the_series
from cli.moments import now, past_moment
from cli.session import Problem, answer, session
from cli.sheets import reject_file
from domain.meetings.commands import RecordMeeting
from domain.meetings.terms import OfficePart


def record(
    series: Annotated[str | None, typer.Option("--series", metavar="S", help="会议系列")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="DATETIME", help="开会时间")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="会议名称或议题")] = None,
    part: Annotated[str, typer.Option("--part", metavar="组织|参加", help="组织还是参加")] = OfficePart.ORGANISED.label,
    place: Annotated[str | None, typer.Option("--place", metavar="TEXT", help="地点")] = None,
    chair: Annotated[str | None, typer.Option("--chair", metavar="P", help="主持人")] = None,
    text: TextOption = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="一次登记多次会议：.csv 或 .xlsx（系列、时间、名称、组织或参加、地点、摘要）"
        ),
    ] = None,
) -> None:
    """登记已开过的会议，列入台账：按系列和年度编次数。"""
    if source is not None:
        _many(source)
        return
    command = RecordMeeting(
        series=the_series(need_option(series, "--series", "会议系列")),
        starts=past_moment(need_option(at, "--at", "开会时间")),
        title=need_option(title, "--title", "会议名称"),
        part=typed_term(OfficePart, part, "--part"),
        place=place,
        chair=session.person(chair).id if chair else None,
        summary=text,
    )
    (entry,) = _recorded([command])
    answer(entry, f"{entry['meeting']}  {command.series.name}第{entry['ordinal']}次  {command.title}")


def _many(source: Path) -> None:
    from intake.meetings import read_meetings

    listed = read_meetings(source, {s.id: s for s in _series()}.values())
    if listed.faults:
        faults = [{"row": f.row, "column": f.column, "message": f.message} for f in listed.faults]
        lines = [*(f.line for f in listed.faults), f"共{len(listed.faults)}处错误，整份未登记"]
        reject_file({"recorded": [], "rejected": faults}, lines)
    entries = _recorded(listed.commands)
    fresh = [e for e in entries if e["fresh"]]
    answer(
        {"recorded": entries, "rejected": []},
        f"已登记{len(fresh)}次会议，已有{len(entries) - len(fresh)}次未重复登记",
    )


def _series() -> Any:
    from eventlog import reading

    return reading.series_book(session.database).series


def _recorded(commands: list[RecordMeeting]) -> list[dict[str, Any]]:
    """Into the log, in order; each is known by series, time and title, so that it is recorded once."""
    from services.meetings_elsewhere import record_meeting

    if not commands:
        raise Problem("没有一次会议", "malformed")
    entries = []
    for command in commands:
        meeting, fresh = record_meeting(session.database, command, session.actor, now())
        entries.append(
            {"meeting": meeting.number, "series": meeting.series, "ordinal": meeting.ordinal, "fresh": fresh}
        )
    return entries
