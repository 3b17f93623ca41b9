"""`xmh meeting list show count pack`: from the log alone, without Temporal."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.lookup import whole_office_only
from cli.meeting.common import (
    MOST_NAMED,
    MeetingArg,
    directory_names,
    meeting_for_reader,
    the_meeting_to_read,
    the_series,
)
from cli.moments import today
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer, session
from documents.meetings.pack import week_held_at
from domain.calendar import SHANGHAI
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage
from domain.queries.spoken import said_date
from eventlog import reading
from views.meetings import may_know_meeting, meeting_document, meeting_row

if TYPE_CHECKING:
    from documents.meetings.calling import DirectoryNames

YearOption = Annotated[int | None, typer.Option("--year", metavar="Y", help="哪一年，默认今年")]


def list_(
    year: YearOption = None,
    series: Annotated[str | None, typer.Option("--series", metavar="S", help="只看一个系列")] = None,
    counted: Annotated[str | None, typer.Option("--counted", metavar="TEXT", help="只看归入这个统计名目的")] = None,
) -> None:
    """会议一览。"""
    year = year or today().year
    if session.remote is not None:
        if series or counted:
            session.need_machine()
        rows = session.remote.read("/meetings", year=year)["meetings"]
        answer({"meetings": rows}, _table_of_server(rows) if rows else f"{year}年没有会议，其他年份用 --year")
        return
    meetings = _known(year)
    counters = _counters()
    if series is not None:
        wanted = the_series(series).id
        meetings = tuple(m for m in meetings if m.series == wanted)
    if counted is not None:
        if counted not in counters.values():
            raise Problem(f"没有统计名目“{counted}”，现有：{'、'.join(dict.fromkeys(counters.values()))}", "not_found")
        meetings = tuple(m for m in meetings if counters.get(m.series) == counted and _held(m))
    shown = _table(meetings) if meetings else f"{year}年没有符合条件的会议，其他年份用 --year"
    answer({"meetings": [meeting_row(m) for m in meetings]}, shown)


def count_meetings(year: YearOption = None) -> None:
    """各类会议的次数；已召开的才计数，各名目互不合并。"""
    wanted = year or today().year
    counters = _counters()
    per_counter = Counter(counters.get(m.series, m.series) for m in _known(wanted) if _held(m))
    counted = {name: per_counter[name] for name in dict.fromkeys(counters.values()) if per_counter[name]}
    counted |= {name: n for name, n in per_counter.items() if name not in counted}
    lines = [f"{wanted}年会议次数", *(f"  {name}  {n}次" for name, n in counted.items())]
    lines.append("各次会议见 xmh meeting list --counted 名目" if counted else "  没有会议记录")
    answer(counted, "\n".join(lines))


def _known(year: int) -> tuple[reading.ListedMeeting, ...]:
    """The meetings of a year whoever runs this may know of."""
    return tuple(m for m in reading.meetings(session.database, year) if may_know_meeting(session.viewer, m.stream))


def _counters() -> dict[str, str]:
    """Series → the heading it is counted under."""
    return {s.id: s.counter for s in reading.series_book(session.database).series}


def _held(meeting: reading.ListedMeeting) -> bool:
    return meeting.ordinal is not None


def _table(meetings: Sequence[reading.ListedMeeting]) -> str:
    from cli.tables import table

    called = {s.id: s.name for s in reading.series_book(session.database).series}
    return table(
        ("编号", "系列", "次数", "时间", "名称", "状态"),
        [
            (
                m.number,
                called.get(m.series, m.series),
                f"第{m.ordinal}次" if m.ordinal else "",
                f"{m.starts.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
                m.title,
                m.stage.label,
            )
            for m in meetings
        ],
    )


def show(meeting: MeetingArg) -> None:
    """一次会议的全部情况：议题、出席、议定事项及其落实。"""
    if session.remote is not None:
        document = session.remote.read(f"/meetings/{_number_on_server(meeting)}")
        answer(document, "" if session.json else "\n".join(_told_of_server(document)))
        return
    target = meeting_for_reader(the_meeting_to_read(meeting))
    document = meeting_document(target)
    answer(document, "" if session.json else "\n".join(_told(target)))


def _table_of_server(rows: Sequence[dict[str, Any]]) -> str:
    from cli.tables import table

    lines = [(r["meeting"], r["starts"][:16].replace("T", " "), r["title"], _stage_label(r["stage"])) for r in rows]
    return table(("编号", "时间", "名称", "状态"), lines)


def _number_on_server(words: str) -> str:
    """The number of the meeting meant, of this year's and the last's: by number, tail, or words of its title.

    Raises:
        Problem: none (exit 4), or several (exit 2).
    """
    assert session.remote is not None  # noqa: S101  (who asks looked)
    wanted, year = words.strip().upper(), today().year
    rows = [r for y in (year, year - 1) for r in session.remote.read("/meetings", year=y)["meetings"]]
    fitting = [r for r in rows if r["meeting"] == wanted]
    fitting = fitting or [r for r in rows if wanted.isdigit() and r["meeting"].endswith(f"-{int(wanted):03}")][:1]
    fitting = fitting or [r for r in rows if words.strip() in r["title"]]
    if len(fitting) > 1:
        candidates = [{"meeting": r["meeting"], "title": r["title"]} for r in fitting]
        shown = "；".join(f"{c['meeting']} {c['title']}" for c in candidates[:MOST_NAMED])
        raise Problem(f"“{words}”对应{len(fitting)}次会议，请写明编号：{shown}", "ambiguous", candidates=candidates)
    return str(fitting[0]["meeting"]) if fitting else wanted


def _told_of_server(shown: dict[str, Any]) -> list[str]:
    """A meeting as a server tells of it."""
    lines = [
        f"{shown['meeting']}  {shown['name']}",
        f"  {_stage_label(shown['stage'])}  {shown['starts'][:16].replace('T', ' ')}  {shown['place'] or ''}".rstrip(),
    ]
    if shown["items"]:
        lines.append("  议题")
        lines += [f"    {i['no']}. {i['title']}  {i['number'] or ''}".rstrip() for i in shown["items"]]
    if shown["points"]:
        lines.append("  议定事项")
        lines += [f"    {p['no']}. {p['text']}  〔{p['matter'] or '无事项'}〕" for p in shown["points"]]
    return lines


def _stage_label(value: str) -> str:
    return next((s.label for s in MeetingStage if s.value == value), value)


def _told(m: Meeting) -> list[str]:
    who = directory_names()
    when = m.starts.astimezone(SHANGHAI)
    lines = [
        f"{m.number}  {m.name}  {m.title if m.title not in m.name else ''}".rstrip(),
        f"  {m.stage.label}  {said_date(when.date())} {when:%H:%M}  {m.place or ''}".rstrip(),
    ]
    if m.chair:
        lines.append(f"  主持：{who.person(m.chair)}")
    for label, people in (
        ("出席", m.attendance.present),
        ("列席", m.attendance.observers),
        ("请假", m.attendance.leave),
    ):
        if people:
            lines.append(f"  {label}：{'、'.join(map(who.person, people))}")
    if m.called_because:
        kind = "临时召开" if m.emergency else "休息日召开" if m.off_day else "召开"
        lines.append(f"  {kind}理由：{m.called_because}")
    for reply in m.replies:
        away = [
            f"{who.person(x.person)}请假（{x.reason}）{f'，{who.person(x.substitute)}代会' if x.substitute else ''}"
            for x in reply.leave
        ]
        replies = [f"参会{'、'.join(map(who.person, reply.coming))}"] if reply.coming else []
        lines.append(f"  回执：{who.unit(reply.unit)}  {'；'.join([*replies, *away])}")
    titles = {i.key: i.title for i in (*m.items, *m.added)}
    for handed in m.materials:
        files = "、".join(a.name for a in handed.attachments)
        late = "  迟报" if handed.late else ""
        lines.append(f"  材料：{titles.get(handed.key, handed.key)}  {who.unit(handed.unit)}  {files}{late}")
    if m.items:
        lines.append("  议题")
        lines += [
            f"    {i.no}. {i.title}{f'（{i.number}）' if i.number else ''}  {'、'.join(r.label for r in i.reasons)}"
            f"{f'  已撤下：{i.dropped}' if i.dropped else ''}"
            for i in m.items
        ]
    if m.points:
        lines.append("  议定事项")
        lines += [_point(m, n, who) for n in range(len(m.points))]
    if m.minutes:
        lines.append(f"  纪要：{m.minutes.no}，{who.person(m.minutes.signer)}签发，{m.minutes.on}")
    elif m.stage is MeetingStage.IN_SESSION:
        lines.append("  纪要：尚未签发" + ("，已逾期" if m.minutes_overdue else ""))
    return lines


def _point(m: Meeting, n: int, who: "DirectoryNames") -> str:
    from documents.meetings.minutes import decision_line

    p = m.points[n]
    state = f"已撤回：{p.withdrawn}" if p.withdrawn else p.delivery.label
    why = f"：{p.reason}" if p.reason else ""
    return f"    {p.no}.（议题{p.item}）{decision_line(m, p, who)}  〔{p.number or '无事项'}  {state}{why}〕"


# --- 周调度


def pack(
    week: Annotated[
        str | None, typer.Option("--week", metavar="W", help="哪一周，如 2022-W10，或其中一天；默认本周")
    ] = None,
    output: OutOption = None,
) -> None:
    """周调度材料：上次议定落实、本周到期、红黄灯、未反馈。"""
    whole_office_only("周调度材料")
    from documents.formats.markdown import markdown_of
    from documents.ledger import read_ledger
    from documents.meetings.pack import weekly_pack

    check_output_file(output)
    monday = _monday(week)
    at = min(datetime.now(UTC), week_held_at(session.database, monday))
    page = weekly_pack(read_ledger(session.database, at), monday, monday)
    text = markdown_of(page)
    if output is not None:
        write_page(page, output)
    document = {"week": f"{monday.isocalendar().year}-W{monday.isocalendar().week:02d}", "markdown": text}
    answer(document, f"已写入 {output}" if output else text.rstrip("\n"))


def _monday(text: str | None) -> date:
    from cli.asking import typed_day

    if text is None:
        given = today()
    elif "W" in text.upper():
        year, _, number = text.upper().partition("-W")
        try:
            given = date.fromisocalendar(int(year), int(number), 1)
        except ValueError:
            raise Problem(f"没有“{text}”这一周，请写成 2022-W10", "malformed") from None
    else:
        given = typed_day(text)
    return given - timedelta(days=given.weekday())
