"""A disk that promises what POSIX does and nothing more: what was not flushed may be there, missing or torn.

A file's bytes are sure after its `fsync`; a name is sure after an `fsync` of its folder. Names of one folder reach the
disk in the order they were made (every journal keeps it), bytes in any order, and a piece of 512 bytes whole or not.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tests.plugs.trace import Began, Cut, Named, Step, Synced, Told, Wrote, below

SECTOR = 512
ALL, NONE = "all", "none"


@dataclass(frozen=True)
class Image:
    """What the disk holds after the plug was pulled, and what had been acknowledged before."""

    at: int
    """So many steps had been taken."""
    how: str
    """`all`, `none`, or the seed by which the unflushed was chosen."""
    told: tuple[str, ...]
    folders: frozenset[str]
    files: dict[str, bytes]


@dataclass
class _File:
    kept: list[tuple[int, Wrote | Cut]] = field(default_factory=list)
    sure: int = 0
    """The first so many of them are on the disk."""


@dataclass
class _Disk:
    files: dict[int, _File] = field(default_factory=dict)
    names: dict[str, list[tuple[int, Named]]] = field(default_factory=dict)
    """By folder, in order."""
    sure: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def take(self, n: int, step: Step) -> None:
        match step:
            case Wrote() | Cut():
                self.files.setdefault(step.inode, _File()).kept.append((n, step))
            case Named():
                self.names.setdefault(_folder(step.path), []).append((n, step))
            case Synced(inode=int() as inode, began=began):
                file = self.files.setdefault(inode, _File())
                file.sure = max(file.sure, sum(at < began for at, _ in file.kept))
            case Synced(folder=str() as folder, began=began):
                ordered = self.names.get(folder, [])
                self.sure[folder] = max(self.sure.get(folder, 0), sum(at < began for at, _ in ordered))
            case Told(text=text):
                self.told.append(text)

    def image(self, at: int, how: str, root: str) -> Image:
        choose = random.Random(how)
        names: dict[str, int] = {}
        folders = {root}
        for _, name in sorted(self._names_there(how, choose), key=lambda one: one[0]):
            if name.is_folder:
                for old in name.also:
                    folders = {below(path, old, name.path) for path in folders}
                    names = {below(path, old, name.path): inode for path, inode in names.items()}
                folders.add(name.path)
                continue
            for old in name.also:
                names.pop(old, None)
            if name.inode is None and name.path in folders:
                folders.discard(name.path)
            elif name.inode is None:
                names.pop(name.path, None)
            else:
                names[name.path] = name.inode
        there = {path for path in (*names, *folders) if all(str(p) in folders for p in _above(path, root))}
        content = {inode: self._bytes(inode, how, choose) for inode in sorted(set(names.values()))}
        files = {path: content[inode] for path, inode in names.items() if path in there}
        return Image(at, how, tuple(self.told), frozenset(folders & there), files)

    def _names_there(self, how: str, choose: random.Random) -> Iterator[tuple[int, Named]]:
        for folder, ordered in sorted(self.names.items()):
            sure = self.sure.get(folder, 0)
            yield from ordered[: _between(sure, len(ordered), how, choose)]

    def _bytes(self, inode: int, how: str, choose: random.Random) -> bytes:
        file = self.files.get(inode, _File())
        data = bytearray()
        for n, (_, step) in enumerate(file.kept):
            part = 1.0 if n < file.sure or how == ALL else 0.0 if how == NONE else choose.choice((0.0, 0.5, 1.0))
            _apply(data, step, part, choose)
        return bytes(data)


def images(steps: Sequence[Step], root: str, each: int, seed: int, every: int = 1) -> Iterator[Image]:
    """After every `every`-th step of the writer: all of it, only what is sure, and `each` chances between."""
    disk = _Disk()
    first = steps.index(Began())
    for n, step in enumerate(steps):
        disk.take(n, step)
        if n >= first and (n % every == 0 or isinstance(step, Told)):
            for how in (ALL, NONE, *(f"{seed}-{n}-{k}" for k in range(each))):
                yield disk.image(n + 1, how, root)


def _apply(data: bytearray, step: Wrote | Cut, part: float, choose: random.Random) -> None:
    if part == 0.0:
        return
    if isinstance(step, Cut):
        del data[step.length :]
        data.extend(bytes(step.length - len(data)))
        return
    end = step.offset + len(step.data)
    data.extend(bytes(max(0, end - len(data))))
    if part == 1.0:
        data[step.offset : end] = step.data
        return
    place = step.offset
    while place < end:
        until = min(end, (place // SECTOR + 1) * SECTOR)
        if choose.random() < part:
            data[place:until] = step.data[place - step.offset : until - step.offset]
        place = until


def _between(sure: int, most: int, how: str, choose: random.Random) -> int:
    return most if how == ALL else sure if how == NONE else choose.randint(sure, most)


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _above(path: str, root: str) -> Iterator[PurePosixPath]:
    """The folders between a path and the root, without both ends' outside."""
    for parent in PurePosixPath(path).parents:
        if path == root or str(parent) == root:
            return
        yield parent
