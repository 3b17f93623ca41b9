"""Verify an evidence bundle: one matter's recorded events, and what they name, against signed checkpoints of the log.

    python3 -I -S verify_bundle.py [BUNDLE] [--public-key KEY] [--checkpoint FILE]

BUNDLE is the .zip or the folder it was unpacked into, by default the one this file lies in. Standard library only: the
program that wrote the bundle verifies with this very file. Exit 0: sound, 1: something is wrong, 2: called wrongly.

- Every file is the one the manifest names, and the manifest is signed (Ed25519, RFC 8032, in a note as C2SP has them).
- Every event hashes to what it says, and each of the matter's follows the one before it.
- Every event stands in the log a checkpoint was signed for (inclusion proof, RFC 6962), under a key you kept.
- Every attachment and issued document is one that such an event names by its SHA-256.
- Not shown: that the matter has no later event (only the whole log, held against a later checkpoint, shows that), and
  what is told besides the events: the matter's title, the timeline and Temporal's histories are the signer's words.
- Not looked at: signatures that others put beside ours, by SM2 or as witnesses. The verdict names each of them.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, SIGNED, EVENTS, NOTES = "manifest.json", "manifest.note", "events.jsonl", "checkpoints/"
SEAL = b"xmh-bundle sha256:"
"""At the end of a .zip, before the SHA-256 (hexadecimal) of all that stands before that."""
COLUMNS = (
    *("position", "headquarters", "stream", "version", "event_id", "type", "schema", "payload", "actor"),
    *("command_id", "occurred_at", "recorded_at", "previous_hash", "hash"),
)
NUMBERS = frozenset({"position", "version", "schema", "occurred_at", "recorded_at"})
MOST_BYTES, MOST_FILES, MOST_EVENTS, MOST_LINE = 4 * 2**30, 10_000, 512 * 2**20, 4 * 2**20
MOST_NOTES, MOST_TRIED, MOST_PROBLEMS, MOST_SHOWN = 100, 8, 1000, 50
Files = dict[str, Callable[[], Any]]  # path in the bundle → what opens it


class BrokenBundle(Exception):  # noqa: N818  (an answer: one line for whoever asked)
    """It cannot be looked at any further, and why."""


class BundleReport:
    """What was found, and what the bundle is about; `kept` are those of its checkpoints the reader kept himself."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.manifest: dict[str, Any] = {}
        self.events = self.files = 0
        self.notes: list[Note] = []
        self.kept: list[Note] = []

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def check_bundle(place: Path, keys: Sequence[str] = (), kept: Sequence[bytes] = ()) -> BundleReport:
    """Verify a bundle by public keys noted, and checkpoints kept, elsewhere; it never raises."""
    report = BundleReport()
    try:
        _check(report, _folder(place) if place.is_dir() else _zip(place), keys)
        as_signed = (text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n") for text in kept)  # mail changes these
        for own in (Note(text, "留存的检查点") for text in as_signed):
            report.kept += (same := [note for note in report.notes if note.body == own.body])
            if not same:
                report.problems.append("留存的检查点不在证据包所证的检查点之中；请导出时用 --checkpoint 带上它")
    except BrokenBundle as broken:
        report.problems.append(str(broken))
    except OSError as error:
        report.problems.append(f"{_shown(place)} 读不出来：{error.strerror or error}")
    except Exception:  # whatever a stranger's file makes Python say, it is not sound
        report.problems.append("证据包的内容不合格式，不能核验")
    return report


def _check(report: BundleReport, source: Files, keys: Sequence[str]) -> None:
    text = b"".join(_pieces(source, MANIFEST, 2**24))
    manifest = report.manifest = json.loads(text)
    shown = [manifest["matter"][key] for key in ("stream", "number", "title", "hash")] + manifest["public_keys"]
    if manifest["format"] != FORMAT or any(type(value) is not str for value in shown):
        raise BrokenBundle(f"清单的内容不完整，或是别的格式：本程序只认 {FORMAT}")
    keys, note = keys or manifest["public_keys"], Note(b"".join(_pieces(source, SIGNED, 4096)), SIGNED)
    if note.lines != [f"xmh-bundle/{FORMAT}", manifest["origin"], hashlib.sha256(text).hexdigest()]:
        report.problems.append("清单与其签名不是一回事：清单被改动，或换了签名")
    _check_signature(report, note, keys)
    _check_notes(report, source, keys)
    _check_events(report, source, _check_files(report, source))


def _folder(place: Path) -> Files:
    paths = [path for path in place.rglob("*") if path.is_symlink() or not path.is_dir()]
    for path in paths:
        if path.is_symlink() or not path.is_file():
            raise BrokenBundle(f"{_shown(path.name)} 是链接，不是普通文件")
    return {path.relative_to(place).as_posix(): partial(path.open, "rb") for path in paths}


def _zip(place: Path) -> Files:
    archive = zipfile.ZipFile(_sealed(place))
    members = archive.infolist()
    most = len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES
    if most or len({member.filename for member in members}) < len(members):
        raise BrokenBundle("zip 里的文件过多、有重名的，或声称解开后过大，没有解开")
    for member in members:
        if re.search(r"[\\:\0]|(^|/)\.{0,2}(/|$)", member.filename):
            raise BrokenBundle(f"zip 里的路径 {_shown(member.filename)} 指向证据包以外")
        plain = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
        # Other ways to pack unpack to any size at once.
        if not plain or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BrokenBundle(f"zip 里的 {_shown(member.filename)} 是链接，或不是 xmh 的压缩方法，没有解开")
    return {member.filename: partial(archive.open, member) for member in members}


def _sealed(place: Path) -> Any:
    file = place.open("rb")
    length = place.stat().st_size
    file.seek(max(0, length - 64 - len(SEAL)))
    seal, digest, left = file.read(4096), hashlib.sha256(), length - 64
    if length > MOST_BYTES or not seal.startswith(SEAL):
        raise BrokenBundle("不是导出时的 zip：没有传完，或重新打包过（重新打包的请解开后核验文件夹）")
    file.seek(0)
    while left and (piece := file.read(min(left, 2**20))):
        digest.update(piece)
        left -= len(piece)
    if digest.hexdigest().encode() != seal[len(SEAL) :]:
        raise BrokenBundle("zip 与其封记不符：传送中损坏，或被改动")
    return file


def _pieces(source: Files, name: str, most: int, *, lines: bool = False) -> Iterator[bytes]:
    """A file in pieces, or by its lines."""
    if name not in source:
        raise BrokenBundle(f"缺少文件 {_shown(name)}")
    with source[name]() as file:
        while piece := file.readline(MOST_LINE) if lines else file.read(2**20):
            if (most := most - len(piece)) < 0:
                raise BrokenBundle(f"{_shown(name)} 过大")
            yield piece


def _check_files(report: BundleReport, source: Files) -> dict[str, str]:
    """Each file is the one the manifest names, and there is no other: path → SHA-256."""
    listed = {one["path"]: (one["size"], one["sha256"]) for one in report.manifest["files"]}
    there = source.keys() - {MANIFEST, SIGNED}
    if len(listed) < len(report.manifest["files"]):
        raise BrokenBundle("清单里有一个文件写了两遍")
    report.problems += [f"缺少文件 {_shown(name)}" for name in sorted(listed.keys() - there)]
    report.problems += [f"多出清单里没有的文件 {_shown(name)}" for name in sorted(there - listed.keys())]
    for name in sorted(listed.keys() & there):
        digest, size = hashlib.sha256(), 0
        for piece in _pieces(source, name, MOST_BYTES):
            digest.update(piece)
            size += len(piece)
        if (size, digest.hexdigest()) != listed[name]:
            report.problems.append(f"{_shown(name)} 与清单不符，已被改动")
    report.files = len(listed)
    return {name: listed[name][1] for name in listed.keys() & there}


class Note:
    """A signed note; a checkpoint has origin, size and root in its first lines, its time below, events it covers."""

    size, root, events, others = 0, b"", 0, list[str]()
    made_at: datetime

    def __init__(self, text: bytes, name: str) -> None:
        body, _, signed = text.decode("utf-8", "replace").partition("\n\n")
        self.name, self.body, self.lines = _shown(name), f"{body}\n".encode(), body.split("\n")
        self.signatures = re.findall(r"— (\S+) (\S+)\n", signed)
        if not re.fullmatch(r"(— \S+ \S+\n){1,100}", signed):
            raise BrokenBundle(f"{self.name} 不是签名文件，或内容不完整")


def _check_signature(report: BundleReport, note: Note, keys: Sequence[str]) -> None:
    signed = [(who, _decoded(what)) for who, what in note.signatures]
    tries = list[tuple[str, bytes, bytes]]()
    for key in keys[:MOST_NOTES]:
        name, told_id, text = [*key.strip().split("+", 2), "", ""][:3]
        raw = _decoded(text)
        key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if (raw[:1], len(raw), told_id) != (b"\x01", 33, key_id.hex()):
            raise BrokenBundle(f"不是公钥：{_shown(key)}")
        tries += [(name, raw[1:], data[4:]) for who, data in signed if (who, data[:4]) == (name, key_id)]
    for name, raw, signature in tries[:MOST_TRIED]:
        if ed25519_verify(raw, note.body, signature):
            note.others = sorted({who for who, _ in signed} - {name})
            return
    report.problems.append(f"{note.name} 的签名不是所认公钥的：内容被改动，或由别的密钥签发")


def _check_notes(report: BundleReport, source: Files, keys: Sequence[str]) -> None:
    names = sorted(name for name in source if name.startswith(NOTES))
    if not 0 < len(names) <= MOST_NOTES:
        raise BrokenBundle(f"证据包里没有检查点，或检查点过多（{len(names)}个）")
    for name in names:
        note = Note(b"".join(_pieces(source, name, 2**16)), name)
        note.size, note.root = int(note.lines[1]), _decoded(note.lines[2])
        extensions = {line[:5]: line[5:] for line in note.lines[3:]}
        note.made_at = datetime.fromisoformat(extensions["time "]).astimezone(timezone(timedelta(hours=8)))
        _check_signature(report, note, keys)
        if note.lines[0] != report.manifest["origin"]:
            report.problems.append(f"{note.name} 是另一本日志的检查点")
        if note.made_at > datetime.now(timezone.utc) + timedelta(days=1):  # noqa: UP017
            report.problems.append(f"{note.name} 的时间 {note.made_at:%Y-%m-%d} 还没有到")
        report.notes.append(note)
    report.notes.sort(key=lambda note: note.size)


def _check_events(report: BundleReport, source: Files, digests: dict[str, str]) -> None:
    ours = {name: digest for name, digest in digests.items() if name.startswith(("attachments/", "documents/"))}
    matter, unnamed, owed = report.manifest["matter"], set(ours.values()), set[str]()
    version, previous, position, index = 0, "", 0, -1
    for record in map(json.loads, _pieces(source, EVENTS, MOST_EVENTS, lines=True)):
        if len(report.problems) > MOST_PROBLEMS or len(owed) > 2 * MOST_FILES:
            raise BrokenBundle(f"到{EVENTS} 第{report.events}行，问题或登记的文件已经过多，没有再查")
        row, report.events = record["event"], report.events + 1
        if list(row) != list(COLUMNS) or any(type(row[c]) is not (int if c in NUMBERS else str) for c in COLUMNS):
            raise BrokenBundle(f"{EVENTS} 第{report.events}行不是一条完整的记录")
        place, (hashed, leaf) = f"{_shown(row['stream'])} 第{row['version']}条", stored_bytes(row)
        algorithm = row["hash"].partition(":")[0]
        if algorithm not in {"sha256", "sm3"} & hashlib.algorithms_available:
            raise BrokenBundle(f"这里不会算 {_shown(algorithm)}；是 sm3 的，请换一台机器（OpenSSL 1.1.1 以上）核验")
        if row["hash"] != f"{algorithm}:{hashlib.new(algorithm, hashed).hexdigest()}":
            report.problems.append(f"{place}：内容与其哈希不符，已被改动")
        if row["stream"] == matter["stream"]:
            if (row["version"], row["previous_hash"]) != (version + 1, previous) or row["position"] <= position:
                report.problems.append(f"{place}：与前一条接不上，有缺失、调换或插入")
            version, previous, position = row["version"], row["hash"], row["position"]
        before, index = index, int(record["index"])
        if index <= before:
            report.problems.append(f"{place}：不按它在日志里的次序，或有两份")
        _check_proofs(report, place, leaf, index, record["proofs"])
        _collect(json.loads(row["payload"]), unnamed, owed)
    if (version, previous) != (matter["version"], matter["hash"]):
        report.problems.append(f"记录到第{version}条为止，与清单所说的第{_shown(matter['version'])}条不是同一条")
    for name in sorted(name for name, digest in ours.items() if digest in unnamed):
        report.problems.append(f"{_shown(name)} 不是任何一条记录所登记的文件")
    if missing := owed - set(ours.values()) - {one.get("sha256") for one in report.manifest["left_out"]}:
        report.problems.append(f"记录里登记的{len(missing)}个文件没有附上，清单也没有说明")


def _check_proofs(report: BundleReport, place: str, leaf: bytes, index: int, proofs: dict[str, list[str]]) -> None:
    """The event is in the log of every checkpoint it is older than, the newest of them among these."""
    if not 0 <= index < report.notes[-1].size:
        report.problems.append(f"{place}：不在检查点所证的范围内")
    for note in report.notes:
        path = [bytes.fromhex(text) for text in proofs.get(str(note.size), ())]
        note.events += index < note.size
        if index < note.size and root_of(leaf, index, note.size, path) != note.root:
            report.problems.append(f"{place}：不在 {note.name} 所签的日志里")


def stored_bytes(row: dict[str, Any]) -> tuple[bytes, bytes]:
    """What an event's hash is over (format, then every field as text with its length before it), and its leaf."""
    columns = [row[c] for c in COLUMNS[:-2]]
    columns.insert(10, "")  # where format 1 had a place for a cause
    fields = [str(value).encode() for value in (row["previous_hash"], *columns, row["hash"])]
    prefixed = [len(field).to_bytes(4, "big") + field for field in fields]
    hashed = b"xmh1" + b"".join(prefixed[:-1])
    return hashed, hashlib.sha256(b"\0" + hashed + prefixed[-1]).digest()


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root a proof leads to, by the tree's shape (RFC 6962, section 2.1); None when it is none for that place."""
    if size == 1 or not path:
        return leaf if (index, size, len(path)) == (0, 1, 0) else None
    half, below = 1 << (size - 1).bit_length() - 1, path[:-1]
    right = index >= half
    node = root_of(leaf, index - half, size - half, below) if right else root_of(leaf, index, half, below)
    if node is None:
        return None
    return hashlib.sha256(b"\1" + (path[-1] + node if right else node + path[-1])).digest()


def _collect(value: Any, unnamed: set[str], owed: set[str]) -> None:
    """Take what an event names from `unnamed`; `owed` are the digests of attachments and of the files of an issue."""
    if isinstance(value, dict):
        owed.update([value["sha256"]] if value.keys() == {"name", "sha256", "size"} else ())
        owed.update(value["files"].values() if isinstance(value.get("files"), dict) else ())
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _collect(item, unnamed, owed)
    if isinstance(value, str):
        unnamed.discard(value)


# --- Ed25519 (RFC 8032, section 5.1; verification only). A point is (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z.

_P, _L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P


def _add(p: Any, q: Any) -> Any:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(n: int, p: Any) -> Any:
    total = (0, 1, 1, 0)
    while n:
        total, p, n = _add(total, p) if n & 1 else total, _add(p, p), n >> 1
    return total


def _point(data: bytes) -> Any:
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[-1] >> 7
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    x = x if (x * x - square) % _P == 0 else x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature of 64 bytes is the key's over the message."""
    if len(signature) != 64 or (s := int.from_bytes(signature[32:], "little")) >= _L:  # noqa: PLR2004
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    try:
        left, right = _times(s, _BASE), _add(_point(signature[:32]), _times(h, _point(key)))
    except ValueError:
        return False
    return all((left[i] * right[2] - right[i] * left[2]) % _P == 0 for i in (0, 1))


def _decoded(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:  # the same bytes, written otherwise
        raise BrokenBundle(f"不是规范的 base64：{_shown(text)}")
    return data


def _shown(text: object) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(text))[:80]


def verdict(report: BundleReport, *, key_given: bool) -> list[str]:
    """The lines for who asked."""
    if not report.ok:
        problems = [f"  {line}" for line in report.problems[:MOST_SHOWN]]
        return [f"核验未通过：发现{len(report.problems)}处问题", *problems]
    manifest, matter, notes = report.manifest, report.manifest["matter"], report.notes
    noted = f"公钥是证据包自带的，请与当时留存的核对（--public-key）：{'、'.join(map(_shown, manifest['public_keys']))}"
    return [
        f"核验通过：{_shown(matter['number'])} {_shown(matter['title'])}",
        f"  记录{report.events}条（本事项第1至{matter['version']}条，链完整），文件{report.files}个，均与清单相符",
        *(f"  {_covered(report, note)}" for note in notes),
        *(f"  {note.name} 另有 {_shown(who)} 的签名（SM2、见证方等），未核验" for note in notes for who in note.others),
        *(f"  未附：{_shown(one.get('what'))}" for one in manifest["left_out"]),
        "  事项名称、时间线和 histories 是签发者的说明，不由记录证明，以 events.jsonl 为准",
        f"  不能证明第{matter['version']}条以后再无记录：那要用整本日志和更晚的检查点核验",
        *([] if key_given else [f"  {noted}"]),
    ]


def _covered(report: BundleReport, note: Note) -> str:
    which = f"{note.name}{'（就是你留存的检查点）' if note in report.kept else ''}"
    signed = f"{which} 所签的日志里（{note.size}条，{note.made_at:%Y-%m-%d %H:%M}）"
    if note.events == report.events:
        return f"都在 {signed}"
    return f"只有{note.events}条在 {signed}，它不能证明其后的{report.events - note.events}条"


def main() -> int:
    """Verify, say what was found; 0 sound, 1 not, and 2 when called wrongly."""
    parser = argparse.ArgumentParser(usage="%(prog)s [证据包] [--public-key 公钥]… [--checkpoint 文件]…")
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--public-key", action="append", default=[])
    parser.add_argument("--checkpoint", action="append", type=Path, default=[])
    asked = parser.parse_args()
    try:
        asked.bundle.stat()
        kept = [file.read_bytes() for file in asked.checkpoint]
    except OSError as error:
        parser.error(f"{_shown(error.filename)} 读不出来：{error.strerror}")
    report = check_bundle(asked.bundle, asked.public_key, kept)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    print("\n".join(verdict(report, key_given=bool(asked.public_key))))  # noqa: T201
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
