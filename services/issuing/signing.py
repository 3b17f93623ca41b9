"""签发 of whatever is numbered: printed under the next number first, recorded last: a crash leaves no number used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from documents.filing.cabinet import print_files
from documents.filing.shelf import shelve_template
from documents.formats.digest import sha256
from documents.formats.press import Press
from domain.base import Refusal
from domain.envelope import Actor, NumberSeries, Recorded, canonical
from domain.event import Event, decode
from domain.log import AppendAnswer, Appended, AppendRequest
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from services.retry_append import retry_append

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Desk:
    """Where and by whom something is written or signed, and what prints it."""

    database: Database
    home: Path
    signer: Actor
    now: datetime
    press: Press


@dataclass(frozen=True)
class NumberedIssue(Generic[E]):
    """What is to be issued: where it is recorded and filed, and how it reads under a number."""

    key: str
    """The id of the command: what was issued under it is not issued again."""
    stream: str
    series: NumberSeries
    folder: Path
    content: Mapping[str, str | int]
    """What a repetition under the same key must agree in."""
    event: Callable[[int], E]
    """The event that gives it the number, without the hashes of its files."""
    files: Callable[[E], dict[str, bytes]]


def issue_next(desk: Desk, issue: NumberedIssue[E]) -> Recorded:
    """Print an issue and record it under the next number; its event in the log, also if it stood there before.

    Raises:
        Refusal: the log refused it, or too many sign at once.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    shelve_template(desk.home, desk.press.template)

    def attempt() -> AppendAnswer:
        stands = reading.stream_head(desk.database, issue.stream)
        event = issue.event(_next(desk.database, issue.series))
        rendered = issue.files(event)
        event = event.model_copy(update=desk.press.provenance(rendered))
        with print_files(issue.folder, rendered) as place:
            answer = _record(desk, issue, stands, event)
            if isinstance(answer, Appended):
                place()
        return answer

    return retry_append(attempt).events[0]


def issued_event(recorded: Recorded, kind: type[E]) -> E:
    """The typed event of an issue, from the event in the log.

    Raises:
        Refusal: `command_id_reused`, when its command recorded something else.
    """
    event = decode(recorded)
    if not isinstance(event, kind):
        raise Refusal(f"命令编号 {recorded.command_id} 已用于另一条命令", "command_id_reused")
    return event


def _next(database: Database, series: NumberSeries) -> int:
    """The number the log will allot if nobody else issues in between."""
    with database.reading() as transaction:
        row = transaction.one("SELECT last FROM numbers WHERE series = ?", (series.series,))
    return (row[0] if row else 0) + 1


def _record(desk: Desk, issue: NumberedIssue[E], stands: reading.Head, event: E) -> AppendAnswer:
    return append(
        desk.database,
        AppendRequest(
            stream=stands.stream,
            expected_version=stands.version,
            expected_hash=stands.hash,
            rulebook_version=reading.rulebook(desk.database).version,
            command_id=issue.key,
            request_hash=sha256(canonical({**issue.content, "stream": issue.stream}).encode()),
            actor=desk.signer,
            now=desk.now,
            drafts=(event.draft(desk.now),),
        ),
    )
