"""After a log was restored from an older copy: numbers issued since then exist on paper and must not be given again."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.envelope import SYSTEM, canonical
from domain.event import decode
from domain.ids import OfficeStream
from domain.log import AppendAnswer, AppendRequest
from domain.numbering import NumbersAdvanced
from eventlog.append import append
from eventlog.database import Database
from eventlog.reading import rulebook, stream_head
from services.retry_append import retry_append


def lagging_numbers(database: Database, seen: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Series whose last number in the log is below one seen elsewhere: series → (last, seen).

    Not empty means that the log is older than something that was issued from it.
    """
    with database.reading() as transaction:
        last: dict[str, int] = dict(transaction.all("SELECT series, last FROM numbers"))
    return {series: (last.get(series, 0), n) for series, n in sorted(seen.items()) if last.get(series, 0) < n}


def advance_numbers(database: Database, seen: Mapping[str, int], reason: str = "日志由旧备份还原") -> dict[str, int]:
    """Move every series past the highest number seen anywhere; the series moved and where they stand now.

    The move is an event of its own in the log, so that an auditor who asks for the missing numbers finds the reason.

    Raises:
        Refusal: the log refused it.
        LogUnreachable: nothing is known to be recorded.
    """

    def attempt() -> AppendAnswer:
        now, stands = datetime.now(UTC), stream_head(database, database.own(OfficeStream.NUMBERS))
        lagging = lagging_numbers(database, seen)
        events = [NumbersAdvanced(name=series, past=n, reason=reason) for series, (_, n) in lagging.items()]
        return append(
            database,
            AppendRequest(
                stream=database.own(OfficeStream.NUMBERS),
                expected_version=stands.version,
                expected_hash=stands.hash,
                rulebook_version=rulebook(database).version,
                command_id=_move_id(lagging),
                actor=SYSTEM,
                now=now,
                drafts=tuple(event.draft(now) for event in events),
            ),
            settling=True,
        )

    if not lagging_numbers(database, seen):
        return {}
    moves = map(decode, retry_append(attempt).events)
    return {move.name: move.past for move in moves if isinstance(move, NumbersAdvanced)}


def _move_id(lagging: Mapping[str, tuple[int, int]]) -> str:
    """The command id of a move of numbers, alike for whoever makes it: a series only rises, so no log has one twice."""
    moves = canonical({series: list(span) for series, span in lagging.items()})
    return f"advance-numbers/{hashlib.sha256(moves.encode()).hexdigest()[:32]}"
