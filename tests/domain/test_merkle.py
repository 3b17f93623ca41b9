"""The Merkle tree: the published vectors of RFC 6962, and the definition itself said plainly."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import MerkleNodes, MerkleTree, leaf_hash
from services.bundle.verify_bundle import root_of

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Of the test data of Certificate Transparency (RFC 6962): the root after so many entries."""


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_agree(size: int) -> None:
    tree = MerkleTree()
    for entry in ENTRIES[:size]:
        tree.append(entry)
    assert (tree.size, tree.root().hex()) == (size, ROOTS[size])


def defined(entries: list[bytes], algorithm: str) -> bytes:
    """RFC 6962, section 2.1, word for word."""

    def digest(data: bytes) -> bytes:
        return hashlib.new(algorithm, data).digest()

    if not entries:
        return digest(b"")
    if len(entries) == 1:
        return digest(b"\x00" + entries[0])
    left = 1
    while left * 2 < len(entries):
        left *= 2
    return digest(b"\x01" + defined(entries[:left], algorithm) + defined(entries[left:], algorithm))


@given(st.lists(st.binary(max_size=40), max_size=70), st.sampled_from(["sha256", "sm3"]))
def test_the_tree_is_the_one_defined(entries: list[bytes], algorithm: str) -> None:
    tree = MerkleTree(algorithm)
    for entry in entries:
        tree.append(entry)
    assert tree.root() == defined(entries, algorithm)


@given(st.lists(st.lists(st.binary(max_size=3), max_size=9), max_size=9), st.sampled_from(["sha256", "sm3"]))
def test_a_tree_is_the_same_however_many_entries_come_at_once(parts: list[list[bytes]], algorithm: str) -> None:
    at_once, single = MerkleTree(algorithm), MerkleTree(algorithm)
    for part in parts:
        at_once.extend(part)
        for entry in part:
            single.append(entry)
        assert (at_once.size, at_once.roots) == (single.size, single.roots)


PROOFS = (
    (1, 1, ()),
    (
        *(1, 8),
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        *(6, 8),
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (3, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
    (
        *(2, 5),
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
)
"""Of the same test data: which leaf (from 1) of how many, and its audit path."""


@pytest.mark.parametrize(("leaf", "size", "path"), PROOFS)
def test_the_published_proofs_agree(leaf: int, size: int, path: tuple[str, ...]) -> None:
    nodes = MerkleNodes([leaf_hash(entry) for entry in ENTRIES[:size]])
    assert nodes.root().hex() == ROOTS[size]
    assert tuple(node.hex() for node in nodes.proof(leaf - 1)) == path


def defined_path(index: int, entries: list[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1, word for word."""
    if len(entries) == 1:
        return []
    left = 1
    while left * 2 < len(entries):
        left *= 2
    if index < left:
        return [*defined_path(index, entries[:left]), defined(entries[left:], "sha256")]
    return [*defined_path(index - left, entries[left:]), defined(entries[:left], "sha256")]


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=40), st.data())
def test_a_proof_is_the_one_defined_and_leads_to_the_root_from_its_place_alone(
    entries: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    nodes, size = MerkleNodes([leaf_hash(entry) for entry in entries]), len(entries)
    path = nodes.proof(index)
    assert (nodes.root(), path) == (defined(entries, "sha256"), defined_path(index, entries))
    leaf = leaf_hash(entries[index])
    assert root_of(leaf, index, size, path) == nodes.root()
    for other in {n for n in range(size) if n != index}:
        if root_of(leaf, other, size, path) == nodes.root():
            assert nodes.proof(other) == path, "two entries alike, side by side"
            assert entries[other] == entries[index]
    assert root_of(leaf, index, size, [*path, leaf]) is None
    assert root_of(leaf, index, size, path[:-1]) is None or not path


@given(st.integers(0, 6), st.integers(0, 5), st.integers(0, 70))
def test_a_tree_grows_by_trees_as_it_does_by_entries(power: int, blocks: int, rest: int) -> None:
    length = 1 << power
    entries = [n.to_bytes(2, "big") for n in range(blocks * length + min(rest, length))]
    whole, grown = MerkleTree(), MerkleTree()
    for entry in entries:
        whole.append(entry)
    for start in range(0, len(entries), length):
        part = MerkleTree()
        for entry in entries[start : start + length]:
            part.append(entry)
        grown.append_tree(part)
    assert (grown.size, grown.root()) == (whole.size, whole.root())
