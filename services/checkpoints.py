"""Checkpoints of the log: signed here, kept by somebody else, and held against the log later.

The chains show a changed event; whoever owns the database can rewrite them all, or put yesterday's copy back, and
nothing inside shows it. What he cannot change is a note that lies elsewhere.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from domain.base import Refusal, refuse
from domain.bulletin import BulletinIssued, Publication
from domain.checkpoint import LogCheckpoint, block_length, note_of, read_note
from domain.envelope import SYSTEM
from domain.event import Event
from domain.fingerprint import FIGURES, Fingerprint, fingerprint_of, read_fingerprint
from domain.ids import OfficeStream, bulletin_stream
from domain.merkle import MerkleTree, consistency_proof
from domain.operations import CheckpointSigned, CheckpointWitnessed, Operations
from eventlog import reading
from eventlog.chain import stored_bytes
from eventlog.database import Database, Transaction
from eventlog.findings import Token, VerifyFinding
from eventlog.projections import log_pages
from eventlog.verify_since import VerifiedSince, verify_since
from services.checkpoint_keys import KEY_FILE, is_key_line, is_public_key, is_signed, signing_key
from services.log_tree import LogTree, PassingRoots, keep_tree, kept_tree
from services.office_records import record_office_events

E = TypeVar("E", bound=Event)
_WHOLE = 64
"""Hexadecimal figures of a root."""
_SIGNED = "SELECT payload FROM events WHERE stream = ? AND type = ? ORDER BY version"

# --- the tree over the log


def _tree_of(database: Database, size: int, home: Path | None = None) -> LogTree:
    """Over the first so many events, as they are stored; from where it was left in a home that is given."""
    with database.reading(snapshot=True, tolerant=True) as transaction:
        tree = LogTree(block_length(size)) if home is None else kept_tree(home, origin_of(database), size, transaction)
        for data in islice(_stored(transaction, tree.size), size - tree.size):
            tree.take(data)
        if home is not None and tree.size == size:
            keep_tree(home, origin_of(database), tree, transaction)
    return tree


def _stored(transaction: Transaction, after: int | None = None) -> Iterator[bytes]:
    for rows in log_pages(transaction) if not after else log_pages(transaction, after):
        yield from map(stored_bytes, rows)


def log_consistency(database: Database, old: int, new: int) -> list[bytes]:
    """The proof that the log of `new` events is that of `old`, grown (RFC 6962)."""
    with database.reading(snapshot=True, tolerant=True) as transaction:
        return consistency_proof(old, new, _stored(transaction))


def log_fingerprint(database: Database, size: int) -> Fingerprint:
    """Of the first so many events, short enough to be printed.

    Raises:
        LogError: the log cannot be read.
    """
    return fingerprint_of(size, _tree_of(database, size).root())


def origin_of(database: Database) -> str:
    """Which log it is: the headquarters, and the hash of its first event."""
    return f"xmh/{database.headquarters}/{database.log().partition(':')[2][:16]}"


# --- taking one


def take_checkpoint(database: Database, home: Path, now: datetime) -> tuple[LogCheckpoint, str, str]:
    """Sign what the log is now: the checkpoint, its note, and the public key. That it was signed is in the log.

    Raises:
        Refusal: the log is empty, or the key is none.
        LogError: the log cannot be read or written.
    """
    size = log_size(database)
    refuse(size == 0, "事件日志还是空的，没有可以签的", "not_found")
    tree = _tree_of(database, size, home)
    checkpoint = LogCheckpoint(
        origin=origin_of(database),
        size=size,
        root=tree.root(),
        made_at=now.replace(microsecond=0),
        sm3=tree.sm3.root(),
        block=tree.block,
        blocks=tuple(tree.all_blocks()),
    )
    key = signing_key(home, database.headquarters)
    signed = CheckpointSigned(size=size, root=checkpoint.root.hex(), key=key.public)
    command_id = f"checkpoint:{size}:{checkpoint.root.hex()[:16]}:{key.public.split('+')[1]}"
    record_office_events(
        database, database.own(OfficeStream.OPERATIONS), [signed], actor=SYSTEM, command_id=command_id, now=now
    )
    return checkpoint, note_of(checkpoint, (key.sign(checkpoint),)), key.public


def log_size(database: Database) -> int:
    """How many events the log has now."""
    with database.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM events")
    return int(row[0] or 0) if row else 0


# --- holding the log against them


def known_keys(database: Database, home: Path) -> tuple[str, ...]:
    """The public keys checkpoints were signed with: the home's, and those the log has, which may have lost its end."""
    own = (signing_key(home, database.headquarters).public,) if (home / KEY_FILE).exists() else ()
    keys = (signed.key for signed in _signed(database) if is_public_key(signed.key))
    return tuple(dict.fromkeys((*own, *keys)))


def roots_in_passing(
    database: Database, kept: Sequence[LogCheckpoint] = (), printed: Sequence[Fingerprint] = ()
) -> PassingRoots:
    """What takes the roots that these and the log's own checkpoints ask for while `verify` reads the log.

    Raises:
        LogError: the log cannot be read.
    """
    sizes = [*(one.size for one in printed), *(size for size, *_ in _claims(database))]
    return PassingRoots(sizes, by_sm3=(one.size for one in kept))


def hold_against(
    database: Database, checkpoint: LogCheckpoint, passed: PassingRoots | None = None
) -> list[VerifyFinding]:
    """What of the log is not what a checkpoint says, at most one finding. What has `passed` is not read again."""
    when = f"{checkpoint.made_at:%Y-%m-%d}检查点"
    if checkpoint.origin != origin_of(database):
        return [_finding(Token.OTHER_LOG, f"{when}是 {checkpoint.origin}，这里是 {origin_of(database)}")]
    if passed is not None and passed.at(checkpoint.size) == (checkpoint.root, checkpoint.sm3):
        return []
    tree = _tree_of(database, checkpoint.size)
    first = _first_difference(tree, checkpoint)
    if tree.size < checkpoint.size:
        how = (
            f"，从{_place(first, checkpoint)}起就不同：有记录被抽去或改写" if first else "；末尾被截去，或换回了旧副本"
        )
        line = f"{when}时有{checkpoint.size}条，现在只有{tree.size}条{how}"
        return [_finding(Token.LOG_SHORTER, line, first)]
    if (tree.root(), tree.sm3.root()) == (checkpoint.root, checkpoint.sm3):
        return []
    line = f"从{_place(first or 1, checkpoint)}起与{when}不同，此后的内容不能作证"
    return [_finding(Token.LOG_DIFFERS, line, first or 1)]


def _first_difference(tree: LogTree, checkpoint: LogCheckpoint) -> int | None:
    """Where the first block begins that is another, of those the log has in full; None when each is the same."""
    ours = tree.all_blocks() if tree.size == checkpoint.size else tree.blocks
    pairs = enumerate(zip(ours, checkpoint.blocks, strict=False))
    return next((n * checkpoint.block + 1 for n, (one, other) in pairs if one != other), None)


def _place(first: int, checkpoint: LogCheckpoint) -> str:
    last = min(first + checkpoint.block - 1, checkpoint.size)
    return f"第{first}条" if first == last else f"第{first}至{last}条之间"


def hold_against_fingerprint(
    database: Database, printed: Fingerprint, passed: PassingRoots | None = None
) -> list[VerifyFinding]:
    """What of the log is not what a paper says that was printed from it, at most one finding."""
    if passed is not None and (taken := passed.at(printed.size)) is not None and printed.fits(taken[0]):
        return []
    tree = _tree_of(database, printed.size)
    if tree.size < printed.size:
        line = f"指纹 {printed} 印出时有{printed.size}条，现在只有{tree.size}条；末尾被截去，或换回了旧副本"
        return [_finding(Token.LOG_SHORTER, line)]
    if printed.fits(tree.root()):
        return []
    line = f"前{printed.size}条与印出的指纹 {printed} 不同，其中有改动，或纸上的指纹抄错"
    return [_finding(Token.LOG_DIFFERS, line)]


def recorded_checkpoints_differ(database: Database, passed: PassingRoots | None = None) -> list[VerifyFinding]:
    """Checkpoints and printed fingerprints the log itself tells of, whose root is not that of its events."""
    claims = _claims(database)
    findings = list(_false_witnesses(database))
    if passed is not None and all(
        len(root) == figures and passed.begins(size, root) for size, root, figures, _ in claims
    ):
        return findings
    tree = MerkleTree()
    with database.reading(snapshot=True, tolerant=True) as transaction:
        entries = _stored(transaction)
        for size, root, figures, what in sorted(claims):
            while tree.size < size and (data := next(entries, None)) is not None:
                tree.append(data)
            if (tree.size, tree.root().hex()[:figures]) != (size, root):
                findings.append(_finding(Token.LOG_DIFFERS, f"第{size}条处{what}与现在的日志不符", size))
    return findings


def _claims(database: Database) -> list[tuple[int, str, int, str]]:
    """What the log says of itself: at which size, which root by how many figures, and where it says so."""
    claims = [(one.size, one.root, _WHOLE, "所签的检查点") for one in _signed(database)]
    return claims + [(one.size, one.root.lower(), FIGURES, "印在简报上的指纹") for one in _printed(database)]


def _false_witnesses(database: Database) -> Iterator[VerifyFinding]:
    """What the log says others signed, and they did not; what they signed must be a checkpoint the log tells of."""
    from services.timestamps import check_timestamp
    from services.witnesses import unproven_witnesses

    roots = {(one.size, one.root) for one in _signed(database)}
    for event in _of_operations(database, CheckpointWitnessed):
        try:
            checkpoint, signatures = read_note(event.note)
        except Refusal:
            yield _finding(Token.LOG_DIFFERS, f"第{event.size}条处所说的见证，其检查点读不懂", event.size)
            continue
        if (checkpoint.size, checkpoint.root.hex()) not in roots:
            yield _finding(Token.LOG_DIFFERS, f"有人为第{event.size}条处的检查点作过见证，日志里没有签过它", event.size)
        for name in unproven_witnesses(event.witnesses, checkpoint.body(), signatures):
            yield _finding(Token.LOG_DIFFERS, f"第{event.size}条处的检查点没有 {name} 的有效见证签名", event.size)
        for key in event.signers:
            if not is_key_line(key) or not is_signed(checkpoint, signatures, key):
                line = f"第{event.size}条处的检查点没有 {key.partition('+')[0][:40]} 的有效签名"
                yield _finding(Token.LOG_DIFFERS, line, event.size)
        if event.token is not None:
            try:
                check_timestamp(base64.b64decode(event.token), checkpoint.body().encode(), event.roots)
            except Refusal as refusal:
                line = f"第{event.size}条处的检查点没有有效的时间戳：{refusal.message}"
                yield _finding(Token.LOG_DIFFERS, line, event.size)
            except ValueError:
                yield _finding(Token.LOG_DIFFERS, f"第{event.size}条处的检查点没有有效的时间戳", event.size)


def hold_since(database: Database, since: LogCheckpoint, kept: Iterable[LogCheckpoint] = ()) -> VerifiedSince:
    """What was recorded since a checkpoint, verified at its own cost, against all checkpoints signed later too.

    Raises:
        Refusal: `malformed`, it is another log's.
        LogError: the log cannot be read.
    """
    here, later = origin_of(database), [(one.size, one.root.hex()) for one in kept]
    refuse(since.origin != here, f"检查点是 {since.origin} 的，这里是 {here}", "malformed")
    return verify_since(database, since, [*later, *((one.size, one.root) for one in _signed(database))])


def newest_checkpoint_at(database: Database) -> datetime | None:
    """When a checkpoint was last signed; None when never."""
    loaded = reading.load(database, database.own(OfficeStream.OPERATIONS))
    return loaded.state.checkpoint_at if loaded and isinstance(loaded.state, Operations) else None


def _signed(database: Database) -> Iterator[CheckpointSigned]:
    """Those the log tells of."""
    return _of_operations(database, CheckpointSigned)


def _printed(database: Database) -> Iterator[Fingerprint]:
    """Those the log says were printed on an issue."""
    stream = bulletin_stream(Publication.BRIEFING)
    with database.reading(tolerant=True) as transaction:
        rows = transaction.all(_SIGNED, (stream, BulletinIssued.__name__))
    for (payload,) in rows:
        with suppress(ValueError, TypeError, Refusal):
            issued = BulletinIssued.model_validate_json(payload)
            if issued.fingerprint is not None:
                yield read_fingerprint(issued.fingerprint)


def _of_operations(database: Database, kind: type[E]) -> Iterator[E]:
    """Events of a kind. Somebody may have written into the log: what cannot be read is named by `verify`."""
    with database.reading(tolerant=True) as transaction:
        rows = transaction.all(_SIGNED, (database.own(OfficeStream.OPERATIONS), kind.__name__))
    for (payload,) in rows:
        with suppress(ValueError, TypeError):
            yield kind.model_validate_json(payload)


def _finding(token: Token, line: str, position: int | None = None) -> VerifyFinding:
    return VerifyFinding(token=token, message=f"{token.label}：{line}", position=position)
