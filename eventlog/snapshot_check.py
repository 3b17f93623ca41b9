"""For `verify`: is each snapshot there that is due, and the state its stream's events fold into?"""

# ruff: noqa: S608  (question marks)

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from domain.base import Frozen
from domain.ids import kind_of
from eventlog.backend import Row
from eventlog.database import Transaction
from eventlog.evidence import snapshot_digest
from eventlog.findings import Token, VerifyFinding
from eventlog.readmodel import parse_state
from eventlog.schema import HEAD
from eventlog.snapshots import COLUMNS, EVERY, STATE
from eventlog.typed import cell_problems

_AT_ONCE = 500
_KEPT = (
    f"SELECT {', '.join(f'n.{name}' for name in COLUMNS)} FROM events e "
    "JOIN snapshots n ON n.stream = e.stream AND n.position = e.position WHERE e.position IN "
)
_STRAY = (
    "SELECT n.stream, n.position FROM snapshots n WHERE NOT EXISTS (SELECT 1 FROM events e "
    f"WHERE e.position = n.position AND e.stream = n.stream AND e.version / {EVERY} * {EVERY} = e.version)"
)


def snapshot_problems(transaction: Transaction, due: Sequence[Row]) -> Iterator[VerifyFinding]:
    """What is wrong with the snapshots that stand where these, as a fold gives them, belong."""
    for start in range(0, len(due), _AT_ONCE):
        some = due[start : start + _AT_ONCE]
        places = tuple(row[1] for row in some)
        kept = {row[:2]: row for row in transaction.all(f"{_KEPT}({', '.join('?' * len(places))})", places)}
        for row in some:
            yield from _differs(row, kept.get(row[:2]))


def stray_snapshots(transaction: Transaction, streams: Sequence[str] | None = None) -> Iterator[VerifyFinding]:
    """Snapshots that stand where none belongs."""
    only, params = ("", ()) if streams is None else (f" AND n.stream IN ({', '.join('?' * len(streams))})", streams)
    for stream, position in sorted(transaction.all(_STRAY + only, tuple(params)), key=repr):
        yield _finding(stream, f"多出一份（序号 {position!r}）")


def _differs(due: Row, kept: Row | None) -> Iterator[VerifyFinding]:
    stream, _, version, *_ = due
    if kept is None:
        yield _finding(stream, f"缺少第 {version} 版的快照")
        return
    odd = list(cell_problems("snapshots", COLUMNS, kept))
    yield from odd
    if odd or kept == due or _says_the_same(due, kept):
        return
    if kept[4] != HEAD:
        yield _finding(stream, f"第 {version} 版的快照由别的程序版本（{str(kept[4])[:20]}）写成")
    elif isinstance(kept[STATE], str) and kept[STATE] != due[STATE] and due[STATE].startswith(kept[STATE]):
        yield _finding(stream, f"第 {version} 版的快照只写了一半")
    else:
        named = "、".join(name for name, mine, theirs in zip(COLUMNS, due, kept, strict=True) if mine != theirs)
        yield _finding(stream, f"第 {version} 版的快照 {named} 不符")


def _says_the_same(due: Row, kept: Row) -> bool:
    """Whether another build of the same tables, whose states looked otherwise, wrote this of the same state.

    Only what one of them does not know may differ: what is read of it then has to be the state.
    """
    if kept[:STATE] != due[:STATE] or kept[-1] != snapshot_digest(kept[:-1]):
        return False
    kind = kind_of(due[0])
    try:
        return _read(kind, kept[STATE], due[STATE]) == parse_state(kind, due[STATE])
    except (ValueError, LookupError, TypeError):  # no JSON, or of another shape
        return False


def _read(kind: str, text: str, due: str) -> Frozen:
    """A state as this build reads it, with what it lacks as it is due, and without what this build does not know."""
    try:
        return parse_state(kind, text)
    except ValidationError as error:
        problems = error.errors()
    known, expected = from_json(text), from_json(due)
    for problem in problems:
        *path, name = problem["loc"]
        mine, theirs = known, expected
        for step in path:
            mine, theirs = mine[step], theirs[step]
        if problem["type"] == "missing":
            mine[name] = theirs[name]
        elif problem["type"] == "extra_forbidden":
            del mine[name]
    return parse_state(kind, to_json(known).decode())


def _finding(stream: Any, detail: str) -> VerifyFinding:
    token = Token.SNAPSHOT_DIFFERS
    named = stream if isinstance(stream, str) and stream.isprintable() else None
    return VerifyFinding(token=token, message=f"{token.label}：{named or repr(stream)} {detail}", stream=named)
