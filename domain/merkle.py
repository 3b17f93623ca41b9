"""A Merkle tree over the log as in RFC 6962: one root says what every entry before it was, and in which order.

Leaf: H(0x00 ‖ data); node: H(0x01 ‖ left ‖ right); of n > 1 entries the left part is the greatest power of two below n.
Here it grows from left to right and keeps only the roots of its whole subtrees.
"""

import hashlib

_LEAF, _NODE = b"\x00", b"\x01"


class MerkleTree:
    """Grows by one entry at a time; `algorithm` is a name of `hashlib` (sha256, sm3)."""

    def __init__(self, algorithm: str = "sha256") -> None:
        """Of no entry."""
        self._algorithm = algorithm
        self._whole: list[bytes] = []
        """Roots of whole subtrees, the largest first: one for each bit of `size`."""
        self.size = 0

    def append(self, data: bytes) -> None:
        """Add the next entry."""
        node, size = self._hash(_LEAF + data), self.size
        while size & 1:
            node = self._hash(_NODE + self._whole.pop() + node)
            size >>= 1
        self._whole.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Of everything appended so far; of nothing the hash of nothing."""
        if not self._whole:
            return self._hash(b"")
        root = self._whole[-1]
        for left in reversed(self._whole[:-1]):
            root = self._hash(_NODE + left + root)
        return root

    def _hash(self, data: bytes) -> bytes:
        digest = hashlib.sha256(data) if self._algorithm == "sha256" else hashlib.new(self._algorithm, data)
        return digest.digest()
