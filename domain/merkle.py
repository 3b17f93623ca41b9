"""A Merkle tree over the log as in RFC 6962: one root says what every entry before it was, and in which order.

Leaf: H(0x00 ‖ data); node: H(0x01 ‖ left ‖ right); of n > 1 entries the left part is the greatest power of two below n.
`MerkleTree` grows from left to right and keeps only the roots of its whole subtrees; `MerkleNodes` keeps every node, so
that it can prove of an entry that it is in the tree; `consistency_proof` proves that a tree is an earlier one, grown.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Self

_LEAF, _NODE = b"\x00", b"\x01"


class MerkleTree:
    """Grows by one entry at a time; `algorithm` is a name of `hashlib` (sha256, sm3)."""

    def __init__(self, algorithm: str = "sha256") -> None:
        """Of no entry."""
        self._fresh = hashlib.new(algorithm)  # to be copied: finding an algorithm by its name costs as much as hashing
        self._whole: list[bytes] = []
        """Roots of whole subtrees, the largest first: one for each bit of `size`."""
        self.size = 0

    @classmethod
    def taken_up(cls, roots: Sequence[bytes], size: int, algorithm: str = "sha256") -> Self:
        """A tree of so many entries by the roots of its whole subtrees, as `roots` told them.

        Raises:
            ValueError: it has another number of them.
        """
        if size < 0 or len(roots) != size.bit_count():
            raise ValueError(f"a tree of {size} has {size.bit_count()} whole subtrees, not {len(roots)}")
        tree = cls(algorithm)
        tree._whole, tree.size = list(roots), size
        return tree

    @property
    def roots(self) -> tuple[bytes, ...]:
        """Of its whole subtrees, the largest first: what it is taken up by."""
        return tuple(self._whole)

    def append(self, data: bytes) -> None:
        """Add the next entry."""
        self._put(self._hash(_LEAF + data), self.size)
        self.size += 1

    def extend(self, entries: Iterable[bytes]) -> None:
        """Add the next entries, as `append` does one by one, at two thirds of the price: one level after the other."""
        level, size, alone = [self._hash(_LEAF + data) for data in entries], self.size, list[bytes]()
        self.size += len(level)
        while level:
            if size & 1:
                level.insert(0, self._whole.pop())
            if len(level) & 1:
                alone.append(level.pop())
            level = [self._hash(_NODE + left + right) for left, right in zip(level[::2], level[1::2], strict=True)]
            size >>= 1
        self._whole += reversed(alone)

    def append_block(self, root: bytes, length: int) -> None:
        """Add the next so many entries by the root of their own tree: a power of two that divides the size so far."""
        self._put(root, self.size // length)
        self.size += length

    def append_tree(self, other: "MerkleTree") -> None:
        """Add the next entries by their own tree, no greater than a power of two that divides the size so far."""
        left = other.size
        for root in other._whole:
            length = 1 << (left.bit_length() - 1)
            self.append_block(root, length)
            left -= length

    def _put(self, node: bytes, before: int) -> None:
        """The root of a whole subtree, after so many of its size."""
        while before & 1:
            node = self._hash(_NODE + self._whole.pop() + node)
            before >>= 1
        self._whole.append(node)

    def root(self) -> bytes:
        """Of everything appended so far; of nothing the hash of nothing."""
        if not self._whole:
            return self._hash(b"")
        root = self._whole[-1]
        for left in reversed(self._whole[:-1]):
            root = self._hash(_NODE + left + root)
        return root

    def _hash(self, data: bytes) -> bytes:
        digest = self._fresh.copy()
        digest.update(data)
        return digest.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two neighbours, by SHA-256."""
    return hashlib.sha256(_NODE + left + right).digest()


def leaf_hash(data: bytes) -> bytes:
    """Of one entry, by SHA-256."""
    return hashlib.sha256(_LEAF + data).digest()


class MerkleNodes:
    """A whole tree over the hashes of its leaves (SHA-256), for inclusion proofs; 64 bytes an entry."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Hash level upon level: a node without a neighbour goes up as it is, which is the tree of RFC 6962."""
        self.size = len(leaves)
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            above = [node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=False)]
            self._levels.append(above + below[-1:] if len(below) % 2 else above)

    def root(self) -> bytes:
        """Of all entries; of nothing the hash of nothing."""
        return self._levels[-1][0] if self.size else hashlib.sha256(b"").digest()

    def proof(self, index: int) -> list[bytes]:
        """The neighbours on the way from an entry up to the root (RFC 6962, section 2.1.1)."""
        path = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index //= 2
        return path


def consistency_proof(old: int, new: int, entries: Iterable[bytes]) -> list[bytes]:
    """That the tree of the first `new` entries begins with that of the first `old` (RFC 6962, section 2.1.2).

    Read from the first entry on, once; of an empty old tree nothing has to be proven.

    Raises:
        ValueError: there are fewer entries, or the old tree is the greater one.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not begin with one of {old}")
    parts = _proof_parts(old, 0, new, known=True) if old else []
    roots = dict[tuple[int, int], bytes]()
    source = iter(entries)
    at = 0
    for first, last in sorted(parts):
        tree = MerkleTree()
        for place in range(at, last):
            data = next(source, None)
            if data is None:
                raise ValueError(f"the log has {place} entries, not {new}")
            if place >= first:
                tree.append(data)
        roots[first, last], at = tree.root(), last
    return [roots[part] for part in parts]


def _proof_parts(old: int, first: int, last: int, *, known: bool) -> list[tuple[int, int]]:
    """Which parts of the entries [first, last) the proof has the roots of, in its order; `old` counts from `first`.

    `known`: whoever checks has the root of these `old` entries already, as that of the old tree.
    """
    if old == last - first:
        return [] if known else [(first, last)]
    middle = first + (1 << (last - first - 1).bit_length() - 1)
    if old <= middle - first:
        return [*_proof_parts(old, first, middle, known=known), (middle, last)]
    return [*_proof_parts(old - (middle - first), middle, last, known=False), (first, middle)]
