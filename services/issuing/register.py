"""登记 issues from before this log: each once, in the order of their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.base import refuse
from domain.bulletin import BulletinRecorded, PastIssue, number_series
from domain.calendar import local_date
from domain.envelope import Actor
from domain.ids import bulletin_stream
from eventlog.database import Database
from services.issuing.bulletins import issued_series
from services.office_records import record_office_events


@dataclass
class Registered:
    """Numbers registered now, and those that were there already."""

    recorded: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


def register_issues(database: Database, rows: Sequence[PastIssue], actor: Actor, now: datetime) -> Registered:
    """Register issues of 简报 and 动态 from before this log, in order; all are judged before the first is recorded.

    Raises:
        Refusal: `out_of_order`, when a number is not the next of its year; `malformed`, for a day still to come.
        LogError: the log cannot be written.
    """
    done = Registered()
    wanted: list[PastIssue] = []
    last: dict[str, int] = {}
    for row in rows:
        year = row.issued_on.year
        series = number_series(row.publication, year)
        known = issued_series(database, row.publication)
        number = series.render(row.no)
        refuse(row.issued_on > local_date(now), f"{number} 的日期 {row.issued_on} 还没有到", "malformed")
        if any(i.number == number for i in known.issues):
            done.known.append(number)
            continue
        due = last.get(series.series, known.last_no(year)) + 1
        refuse(row.no != due, f"{number} 不是下一期（应为第{due}期），请逐期登记", "out_of_order")
        last[series.series] = row.no
        wanted.append(row)
    for row in wanted:
        year = row.issued_on.year
        event = BulletinRecorded(
            publication=row.publication, year=year, no=row.no, title=row.title, issued_on=row.issued_on
        )
        command_id = f"bulletin-record:{row.publication.value}:{year}:{row.no}"
        stream = bulletin_stream(row.publication)
        content = event.model_dump(mode="json")
        record_office_events(database, stream, [event], actor=actor, command_id=command_id, now=now, content=content)
        done.recorded.append(number_series(row.publication, year).render(row.no))
    return done
