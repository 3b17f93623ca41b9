"""What nothing inside a log can show: its owner rewrites events, chains, commands, outbox and all that is read of them.

Each of these agrees with itself to the last digest, so `verify` is content; whoever kept a checkpoint names it, and
from where on.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.checkpoint import LogCheckpoint
from domain.envelope import canonical
from eventlog.chain import hash_of
from eventlog.database import Database
from eventlog.evidence import command_digest
from eventlog.projections import rebuild_read_model
from eventlog.reading import events_page
from eventlog.rows import EVENT_COLUMNS, INSERT_EVENT
from eventlog.verify import Token, verify
from services.checkpoints import hold_against, hold_against_fingerprint, log_fingerprint, take_checkpoint
from tests.eventlog.sample import Asker, raw
from tests.eventlog.test_verify import unprotect

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)
COLUMNS = EVENT_COLUMNS.split(", ")
Told = dict[str, Any]
Plot = Callable[[list[Told]], list[Told]]


@pytest.fixture
def log(database: Database) -> Database:
    """A directory (2 events) and three streams of six, in turn."""
    Asker(database).begin("abc", notes=5)
    return database


@pytest.fixture
def kept(log: Database, tmp_path: Path) -> LogCheckpoint:
    taken, _, _ = take_checkpoint(log, tmp_path, NOW)
    return taken


def forge(log: Database, plot: Plot) -> None:
    """Put another history in the log's place, with everything that follows from it."""
    unprotect(log)
    with log.reading() as transaction:
        rows = events_page(transaction, -(2**62), 10_000)
        hashes: dict[str, str] = dict(transaction.all("SELECT command_id, request_hash FROM commands"))
    events, commands, heads = list[tuple[Any, ...]](), dict[str, Told](), dict[str, tuple[int, str]]()
    for position, told in enumerate(plot([dict(zip(COLUMNS, row, strict=True)) for row in rows]), start=1):
        version, previous = heads.get(told["stream"], (0, ""))
        told |= {"position": position, "version": version + 1, "previous_hash": previous}
        told["hash"] = hash_of("sha256", tuple(told[column] for column in COLUMNS))
        heads[told["stream"]] = (told["version"], told["hash"])
        events.append(tuple(told[column] for column in COLUMNS))
        first = commands.get(told["command_id"], told).get("first", told["version"])
        commands[told["command_id"]] = {**told, "first": first}
    raw(log, "DELETE FROM events", "DELETE FROM commands", "DELETE FROM outbox")
    index = []
    for name, last in commands.items():
        row = (name, last["stream"], last["first"], last["version"], hashes.get(name, "content"))
        index.append((*row, command_digest((*row, last["hash"]))))
    columns = "command_id, stream, first, last, request_hash, digest"
    with log.writing() as transaction:
        transaction.commit(
            [
                (INSERT_EVENT, events),
                (f"INSERT INTO commands ({columns}) VALUES (?, ?, ?, ?, ?, ?)", index),
                ("INSERT INTO outbox (position) VALUES (?)", [(event[0],) for event in events]),
            ]
        )
    rebuild_read_model(log)


def signed_away(events: list[Told]) -> list[Told]:
    """Without what the log itself says was signed: he takes that out too."""
    return [told for told in events if told["type"] != "CheckpointSigned"]


def reworded(events: list[Told]) -> list[Told]:
    for told in events:
        if (told["stream"], told["version"]) == ("sample/b", 3):
            told["payload"] = canonical({**json.loads(told["payload"]), "text": "从未说过"})
    return signed_away(events)


def another_actor(events: list[Told]) -> list[Told]:
    for told in events:
        if (told["stream"], told["version"]) == ("sample/b", 3):
            told["actor"] = canonical({"id": "office", "role": "office"})
    return signed_away(events)


def swapped(events: list[Told]) -> list[Told]:
    events[9], events[10] = events[10], events[9]
    return signed_away(events)


def inserted(events: list[Told]) -> list[Told]:
    more = {**events[10], "event_id": "forged", "command_id": "forged", "payload": canonical({"text": "补记"})}
    return signed_away([*events[:11], more, *events[11:]])


def without_newest(events: list[Told]) -> list[Told]:
    return signed_away(events)[:-1]


def without_ends(events: list[Told]) -> list[Told]:
    last = {told["stream"]: told["event_id"] for told in events if told["stream"].startswith("sample/")}
    return [told for told in signed_away(events) if told["event_id"] not in last.values()]


def without_a_matter(events: list[Told]) -> list[Told]:
    """And the numbers given since are closed up, so that none is missing."""
    stay = [told for told in signed_away(events) if told["stream"] != "sample/b"]
    for told in stay:
        payload = json.loads(told["payload"])
        if payload.get("number") == "S-2022-003":
            told["payload"] = canonical({**payload, "number": "S-2022-002"})
    return stay


def rolled_back(events: list[Told]) -> list[Told]:
    """Yesterday's copy: the watermark lies in the home, and went with it."""
    return events[:12]


PLOTS: dict[str, tuple[Plot, Token, str]] = {
    "an event of one chain reworded": (reworded, Token.LOG_DIFFERS, "从第11条起"),
    "somebody else put in as the actor": (another_actor, Token.LOG_DIFFERS, "从第11条起"),
    "two events that changed places": (swapped, Token.LOG_DIFFERS, "从第10条起"),
    "an event pushed in": (inserted, Token.LOG_DIFFERS, "从第12条起"),
    "the newest event gone": (without_newest, Token.LOG_SHORTER, "有20条，现在只有19条；末尾被截去"),
    "the newest of every stream gone": (without_ends, Token.LOG_SHORTER, "现在只有17条，从第8条起就不同"),
    "a matter gone and the numbers closed up": (without_a_matter, Token.LOG_SHORTER, "现在只有14条，从第9条起就不同"),
    "an older copy": (rolled_back, Token.LOG_SHORTER, "现在只有12条；末尾被截去，或换回了旧副本"),
}


@pytest.mark.parametrize("what", PLOTS)
def test_only_a_checkpoint_kept_elsewhere_names_it(log: Database, kept: LogCheckpoint, what: str) -> None:
    plot, token, where = PLOTS[what]
    printed = log_fingerprint(log, kept.size)
    assert (hold_against(log, kept), hold_against_fingerprint(log, printed)) == ([], [])
    forge(log, plot)
    assert {finding.token for finding in verify(log).problems} == {Token.UNPROTECTED}, "it agrees with itself"
    [named] = hold_against(log, kept)
    assert (named.token, where in named.message) == (token, True), named.message
    [on_paper] = hold_against_fingerprint(log, printed)
    assert on_paper.token is token


def test_the_forger_leaves_a_log_he_does_not_change_as_it_was(log: Database, kept: LogCheckpoint) -> None:
    """Otherwise the others would be named for his clumsiness."""
    forge(log, lambda events: events)
    assert hold_against(log, kept) == []
    assert {finding.token for finding in verify(log).problems} == {Token.UNPROTECTED}
