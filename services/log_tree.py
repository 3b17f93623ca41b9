"""The tree over the log up to some size, by SHA-256 and by SM3: from the first event on, or from where it was left.

What was hashed for the last checkpoint is kept in the home (`checkpoint.tree`): roots only, some twenty kilobytes. So
the next one costs the events since, and it goes on from what was signed: whoever has changed an earlier event since is
found by `verify`, whose log is then not what was signed, and does not get his change signed.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from domain.base import Frozen
from domain.checkpoint import block_length
from domain.merkle import MerkleTree, node_hash
from eventlog.database import Transaction
from eventlog.durable import write_durably

TREE_FILE = "checkpoint.tree"
"""Inside the home. It may be removed: the next checkpoint makes it again, and takes as long as the log is."""
_STOOD_ON = "SELECT hash FROM events WHERE position = ?"


@dataclass
class LogTree:
    """The log up to some size: its roots, and those of its blocks."""

    block: int
    blocks: list[bytes] = field(default_factory=list)
    running: MerkleTree = field(default_factory=MerkleTree)
    """Of the events behind the last whole block."""
    sm3: MerkleTree = field(default_factory=lambda: MerkleTree("sm3"))

    @property
    def size(self) -> int:
        """How many events it has taken."""
        return self.sm3.size

    def take(self, data: bytes) -> None:
        """The next event, as it is stored."""
        self.running.append(data)
        self.sm3.append(data)
        if self.running.size == self.block:
            self.blocks.append(self.running.root())
            self.running = MerkleTree()

    def root(self) -> bytes:
        """Over all of them, by SHA-256."""
        tree = MerkleTree()
        for root in self.blocks:
            tree.append_block(root, self.block)
        tree.append_tree(self.running)
        return tree.root()

    def all_blocks(self) -> list[bytes]:
        """The roots of the blocks, the last of fewer events."""
        return [*self.blocks, *([self.running.root()] if self.running.size else [])]

    def widen(self, block: int) -> None:
        """Go on with blocks of so many events, a power of two that is no less: two become one."""
        while self.block < block:
            if len(self.blocks) % 2:
                begun = MerkleTree()
                begun.append_block(self.blocks.pop(), self.block)
                begun.append_tree(self.running)
                self.running = begun
            pairs = zip(self.blocks[::2], self.blocks[1::2], strict=True)
            self.blocks = [node_hash(left, right) for left, right in pairs]
            self.block *= 2


class PassingRoots:
    """The roots of a log at the sizes asked for, taken as its events pass by somebody who reads them anyway.

    They are only believed where they are what they should be: whoever skips an event gets other roots, and a second
    look finds why.
    """

    def __init__(self, sizes: Iterable[int], by_sm3: Iterable[int] = ()) -> None:
        """Take the roots by SHA-256 at `sizes` and at `by_sm3`, at the latter by SM3 too."""
        self._by_sm3 = sorted({size for size in by_sm3 if size > 0}, reverse=True)
        self._due = sorted({size for size in sizes if size > 0} | {*self._by_sm3}, reverse=True)
        self._tree, self._sm3 = MerkleTree(), MerkleTree("sm3")
        self._roots: dict[int, tuple[bytes, bytes | None]] = {}

    def take(self, entries: Sequence[bytes]) -> None:
        """The next events, as they are stored."""
        while entries and self._due:
            size = self._due[-1]
            some, entries = entries[: size - self._tree.size], entries[size - self._tree.size :]
            self._tree.extend(some)
            if self._by_sm3:
                self._sm3.extend(some)
            if self._tree.size == size:
                self._end(self._due.pop())

    def _end(self, size: int) -> None:
        sm3 = self._sm3.root() if self._by_sm3 and self._by_sm3[-1] == size else None
        self._roots[size] = (self._tree.root(), sm3)
        if sm3 is not None:
            self._by_sm3.pop()

    def at(self, size: int) -> tuple[bytes, bytes | None] | None:
        """By SHA-256, and by SM3 where that was asked for; None when the log did not come so far."""
        return self._roots.get(size)

    def begins(self, size: int, root: str) -> bool:
        """Whether the root by SHA-256 at a size begins with these figures (hexadecimal), at least one."""
        taken = self._roots.get(size)
        return taken is not None and bool(root) and taken[0].hex().startswith(root)


class _KeptTree(Frozen):
    """As it lies in the home; digests in hexadecimal."""

    log: str
    """Which log it is of."""
    size: int
    hash: str
    """Of the event at that position."""
    block: int
    blocks: tuple[str, ...]
    running: tuple[str, ...]
    sm3: tuple[str, ...]
    digest: str = ""
    """Of all the rest: a disk that has lost a bit shall not have us sign what never was."""

    def summed(self) -> str:
        """What the digest has to be."""
        return sha256(self.model_dump_json(exclude={"digest"}).encode()).hexdigest()


def keep_tree(home: Path, log: str, tree: LogTree, transaction: Transaction) -> None:
    """Keep a tree for the next checkpoint, where the home lets us: nothing is lost without."""
    row = transaction.one(_STOOD_ON, (tree.size,))
    if row is None:
        return
    kept = _KeptTree(
        log=log,
        size=tree.size,
        hash=row[0],
        block=tree.block,
        blocks=_hex(tree.blocks),
        running=_hex(tree.running.roots),
        sm3=_hex(tree.sm3.roots),
    )
    with suppress(OSError):
        write_durably(home / TREE_FILE, kept.model_copy(update={"digest": kept.summed()}).model_dump_json().encode())


def kept_tree(home: Path, log: str, size: int, transaction: Transaction) -> LogTree:
    """The tree that was kept, if it is of this log and its last event is the one that is there; else an empty one."""
    block = block_length(size)
    try:
        kept = _KeptTree.model_validate_json((home / TREE_FILE).read_bytes())
        tree = LogTree(
            kept.block,
            _bytes(kept.blocks),
            MerkleTree.taken_up(_bytes(kept.running), kept.size - kept.block * len(kept.blocks)),
            MerkleTree.taken_up(_bytes(kept.sm3), kept.size, "sm3"),
        )
    except (OSError, ValidationError, ValueError):
        return LogTree(block)
    ours = kept.digest == kept.summed() and kept.log == log and kept.size <= size
    if not ours or transaction.one(_STOOD_ON, (kept.size,)) != (kept.hash,):
        return LogTree(block)
    tree.widen(block)
    return tree


def _hex(roots: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(root.hex() for root in roots)


def _bytes(roots: tuple[str, ...]) -> list[bytes]:
    return [bytes.fromhex(root) for root in roots]
