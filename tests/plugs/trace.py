"""What a process did to its files, as the kernel was asked to do it: read from the trace of its system calls."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SPOKEN_TO = 1
"""The descriptor on which the writer acknowledges."""
CALLS = (
    "openat,open,creat,close,dup,dup2,dup3,fcntl,write,pwrite64,writev,pwritev,lseek,ftruncate,truncate,fallocate,"
    "fsync,fdatasync,sync,msync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,"
    "sendfile,copy_file_range"
)


class Wrote(NamedTuple):
    """Bytes into a file."""

    inode: int
    offset: int
    data: bytes


class Cut(NamedTuple):
    """A file was given this length."""

    inode: int
    length: int


class Synced(NamedTuple):
    """All that was asked of a file before this call began is on the disk; of a folder: the names in it."""

    inode: int | None
    folder: str | None
    began: int


class Named(NamedTuple):
    """A name in a folder means this inode from now on; None: nothing. `also` are names that end with it (a rename)."""

    path: str
    inode: int | None
    also: tuple[str, ...] = ()
    is_folder: bool = False


class Told(NamedTuple):
    """What the writer acknowledged."""

    text: str


class Began(NamedTuple):
    """The writer was started: what lay there before is on the disk."""


Step = Began | Wrote | Cut | Synced | Named | Told


def traced(command: Sequence[str], root: Path) -> list[Step]:
    """Run a program under strace; what it did below `root`, in order, after what lay there before.

    Raises:
        RuntimeError: the program failed, or did something this reader does not know.
    """
    output = root.parent / f"{root.name}.strace"
    reader = _Reader(str(root))
    reader.find()
    done = subprocess.run(
        ["strace", "-f", "-xx", "-s", "100000000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", output, *command],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the writer failed: {done.stderr[-2000:]}")
    with output.open(encoding="ascii") as lines:
        return reader.steps(lines)


_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$", re.S)
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.S)
_RESULT = re.compile(r"\) += (-?\d+|\?)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass
class _Open:
    """What a descriptor stands for."""

    path: str
    inode: int | None
    position: int = 0
    appends: bool = False


@dataclass
class _Reader:
    root: str
    names: dict[str, int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)
    files: dict[int, _Open] = field(default_factory=dict)
    pending: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)

    def find(self) -> None:
        """Take what lies there already: it was flushed long ago."""
        self.folders.add(self.root)
        for path in sorted(Path(self.root).rglob("*")):
            if path.is_dir():
                self.folders.add(str(path))
                self.done.append(Named(str(path), None, is_folder=True))
            else:
                inode = self._fresh(str(path))
                self.sizes[inode] = path.stat().st_size
                self.done += [Wrote(inode, 0, path.read_bytes()), Synced(inode, None, len(self.done) + 1)]
        self.done += [Synced(None, folder, len(self.done)) for folder in sorted(self.folders)]
        self.done.append(Began())

    def _fresh(self, path: str) -> int:
        inode = len(self.sizes) + 1
        self.names[path], self.sizes[inode] = inode, 0
        self.done.append(Named(path, inode))
        return inode

    def steps(self, lines: Iterable[str]) -> list[Step]:
        """What the trace tells, after what lay there."""
        for line in lines:
            self._line(line.rstrip("\n"))
        return self.done

    def _line(self, line: str) -> None:
        """Bytes count from the beginning of a call, names, descriptors and flushes from its end."""
        if call := _CALL.match(line):
            process, name, rest = call.groups()
            if rest.endswith("<unfinished ...>"):
                self.pending[process, name] = (len(self.done), rest)
                if name in _AT_ONCE:
                    self._did(name, rest.removesuffix("<unfinished ...>"), None, len(self.done))
                return
            self._did(name, rest, _result(rest), len(self.done))
        elif resumed := _RESUMED.match(line):
            process, name, rest = resumed.groups()
            began, first = self.pending.pop((process, name))
            if name not in _AT_ONCE:
                self._did(name, first.removesuffix("<unfinished ...>") + rest, _result(rest), began)

    def _did(self, name: str, rest: str, result: int | None, began: int) -> None:
        if result is not None and result < 0:
            return
        file = self.files.get(_number(rest))
        match name:
            case "write" | "writev" | "pwrite64" | "pwritev":
                self._wrote(name, rest, result)
            case "mkdir" | "mkdirat" | "unlink" | "unlinkat" | "rmdir":
                self._made_or_removed(name, rest)
            case "rename" | "renameat" | "renameat2" | "link" | "linkat":
                self._moved(rest, links=name.startswith("link"))
            case "openat" | "open" | "creat":
                self._opened(rest, result)
            case _ if file is not None:
                self._of_descriptor(name, rest, file, result, began)
            case _:
                pass

    def _of_descriptor(self, name: str, rest: str, file: _Open, result: int | None, began: int) -> None:
        match name:
            case "close":
                del self.files[_number(rest)]
            case "dup" | "dup2" | "dup3" | "fcntl":
                if result is not None and (name != "fcntl" or "F_DUPFD" in rest):
                    self.files[result] = file
            case "lseek":
                file.position = result or 0
            case "ftruncate" if file.inode is not None:
                self._cut(file.inode, int(rest.split(", ")[1].split(")", maxsplit=1)[0]))
            case "fsync" | "fdatasync":
                self.done.append(Synced(file.inode, None if file.inode is not None else file.path, began))
            case _:
                raise RuntimeError(f"a call this reader does not know: {name}")

    def _opened(self, rest: str, result: int | None) -> None:
        path = self._path(rest)
        if path is None or result is None or not self._below(path):
            return
        if path in self.folders:
            self.files[result] = _Open(path, None)
            return
        inode = self.names.get(path) or self._fresh(path)
        if "O_TRUNC" in rest and self.sizes[inode]:
            self._cut(inode, 0)
        self.files[result] = _Open(path, inode, appends="O_APPEND" in rest)

    def _wrote(self, name: str, rest: str, result: int | None) -> None:
        descriptor, data = _number(rest), b"".join(_bytes(part) for part in _STRING.findall(rest))[:result]
        file = self.files.get(descriptor)
        if descriptor == SPOKEN_TO and file is None:
            self.done.extend(Told(line) for line in data.decode().splitlines())
        elif file is not None and file.inode is not None:
            offset = int(rest.rsplit(", ", 1)[1].split(")", maxsplit=1)[0]) if name.startswith("p") else file.position
            if not name.startswith("p"):
                offset = self.sizes[file.inode] if file.appends else offset
                file.position = offset + len(data)
            self.sizes[file.inode] = max(self.sizes[file.inode], offset + len(data))
            self.done.append(Wrote(file.inode, offset, data))

    def _cut(self, inode: int, length: int) -> None:
        self.sizes[inode] = length
        self.done.append(Cut(inode, length))

    def _made_or_removed(self, name: str, rest: str) -> None:
        path = self._path(rest)
        if path is None or not self._below(path):
            return
        made = name.startswith("mkdir")
        self.names.pop(path, None)
        self.folders.discard(path)
        self.folders.update([path] if made else ())
        self.done.append(Named(path, None, is_folder=made))

    def _moved(self, rest: str, *, links: bool) -> None:
        """A rename or a second name."""
        old, new = self._two_paths(rest)
        if not self._below(old) and not self._below(new):
            return
        if old in self.folders:
            self._moved_folder(old, new)
            return
        inode = self.names[old]
        if not links:
            del self.names[old]
        self.names[new] = inode
        self.done.append(Named(new, inode, () if links else (old,)))

    def _moved_folder(self, old: str, new: str) -> None:
        self.folders = {below(path, old, new) for path in self.folders}
        self.names = {below(path, old, new): inode for path, inode in self.names.items()}
        for file in self.files.values():
            file.path = below(file.path, old, new)
        self.done.append(Named(new, None, (old,), is_folder=True))

    def _path(self, rest: str) -> str | None:
        text = _STRING.search(rest)
        return self._whole(rest[: text.start()], _bytes(text[1]).decode()) if text else None

    def _two_paths(self, rest: str) -> tuple[str, str]:
        (first, second) = _STRING.finditer(rest)
        between = rest[first.end() : second.start()]
        return (
            self._whole(rest[: first.start()], _bytes(first[1]).decode()),
            self._whole(between, _bytes(second[1]).decode()),
        )

    def _whole(self, before: str, path: str) -> str:
        """A path as the call meant it: below an open folder, or below where the writer stands."""
        if path.startswith("/"):
            return os.path.normpath(path)
        folder = re.search(r"(\d+), *$", before)
        if folder and int(folder[1]) in self.files:
            return os.path.normpath(f"{self.files[int(folder[1])].path}/{path}")
        return os.path.normpath(f"{Path.cwd()}/{path}")

    def _below(self, path: str) -> bool:
        return path == self.root or path.startswith(f"{self.root}/")


def below(path: str, old: str, new: str) -> str:
    """Where a path is after a folder was moved."""
    return new + path.removeprefix(old) if path == old or path.startswith(f"{old}/") else path


_AT_ONCE = frozenset({"write", "writev", "pwrite64", "pwritev"})


def _result(rest: str) -> int | None:
    found = _RESULT.findall(rest)
    return int(found[-1]) if found and found[-1] != "?" else None


def _number(rest: str) -> int:
    match = re.match(r"(\d+)", rest)
    return int(match[1]) if match else -1


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
