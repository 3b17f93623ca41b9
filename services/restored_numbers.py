"""After a log was restored from an older copy: numbers issued since then exist on paper and must not be given again."""

from collections.abc import Mapping
from datetime import UTC, datetime

from domain.base import Refusal
from domain.envelope import SYSTEM
from domain.log import Already, Appended, AppendRequest, Behind
from domain.numbering import NUMBERS_STREAM, NumbersAdvanced
from eventlog.append import append
from eventlog.database import Database
from eventlog.reading import head, rulebook


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
        LogUnreachable: nothing is known to be recorded.
    """
    while lagging := lagging_numbers(database, seen):
        now = datetime.now(UTC)
        stands = head(database, NUMBERS_STREAM)
        events = [NumbersAdvanced(name=series, past=n, reason=reason) for series, (_, n) in lagging.items()]
        answer = append(
            database,
            AppendRequest(
                stream=NUMBERS_STREAM,
                expected_version=stands.version,
                expected_hash=stands.hash,
                rulebook_version=rulebook(database).version,
                command_id=f"advance-numbers/{stands.version + 1}/{stands.hash[-16:]}",
                actor=SYSTEM,
                now=now,
                drafts=tuple(event.draft(now) for event in events),
            ),
            settling=True,
        )
        match answer:
            case Appended():
                return {event.name: event.past for event in events}
            case Behind() | Already():
                continue  # somebody else moved them in between: look again
            case _:
                raise Refusal(getattr(answer, "message", "日志被还原过，请运行 xmh doctor"), "numbers_refused")
    return {}
