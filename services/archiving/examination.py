"""四性检测 of a package (DA/T 70): is it true, whole, usable and safe. It needs the package alone."""

import csv
import hashlib
import io
import json
import lzma
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

from domain.base import Frozen, Term
from services.archiving.package import COLUMNS, EVIDENCE, FORMAT, LIST, MANIFEST, METADATA
from services.bundle.verify_bundle import check_bundle

MOST_BYTES = 4 * 1024**3
"""Of all that is in a package, unpacked."""
MOST_READ = 64 * 1024**2
"""Of a file of the package that is read as one piece: manifest, list, metadata."""
MOST_OPENED = 512 * 1024**2
"""Of a file in the evidence that is parsed: as much as its verifier reads of events."""
_NO = re.compile(r"[A-Z][A-Z0-9]{0,7}-WS·\d{4}-DB-\d{4,}")
_ALLOWED = frozenset({EVIDENCE, METADATA})
_OPENED = (".pdf", ".html", ".md", ".txt", ".json", ".jsonl", ".docx", ".note", ".py", "")


_UNREADABLE = (
    KeyError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, OSError, MemoryError
)  # fmt: skip
"""What reading a file of somebody else's .zip may end with."""


class Property(Term):
    """The four properties."""

    TRUE = "true", "真实性"
    WHOLE = "whole", "完整性"
    USABLE = "usable", "可用性"
    SAFE = "safe", "安全性"


class ExaminationOutcome(Term):
    """What was found of one item."""

    PASSED = "passed", "合格"
    FAILED = "failed", "不合格"
    UNTESTED = "untested", "未检测"


class PropertyFinding(Frozen):
    """One item of the report."""

    property: Property
    item: str
    outcome: ExaminationOutcome
    said: str = ""


class ArchiveReport(Frozen):
    """The whole report."""

    numbers: tuple[str, ...]
    findings: tuple[PropertyFinding, ...]

    @property
    def ok(self) -> bool:
        """Nothing failed. What was not tested is no failure, and no success either."""
        return all(finding.outcome is not ExaminationOutcome.FAILED for finding in self.findings)


class _Broken(Exception):  # noqa: N818  (an answer)
    """The package cannot be read further."""


def examine(file: Path, keys: Sequence[str] = ()) -> ArchiveReport:
    """The report on a package; it never raises for what is in one.

    Args:
        file: the package.
        keys: public keys somebody kept; without them those in the evidence are believed.
    """
    try:
        with zipfile.ZipFile(file) as package:
            safe = tuple(_safe(package))
            if any(finding.outcome is ExaminationOutcome.FAILED for finding in safe):
                return ArchiveReport(numbers=(), findings=safe)
            manifest = _manifest_of(package)
            numbers = tuple(str(one["no"]) for one in manifest["matters"])
            findings = (*_true(package, manifest, keys), *_whole(package, manifest), *_usable(package, manifest), *safe)
            return ArchiveReport(numbers=numbers, findings=findings)
    except (*_UNREADABLE, _Broken) as error:
        why = str(error) if isinstance(error, _Broken) else "不是完整的归档包"
        return ArchiveReport(numbers=(), findings=(_found(Property.WHOLE, "归档包可读", why),))


def _found(what: Property, item: str, wrong: str = "", remark: str = "") -> PropertyFinding:
    outcome = ExaminationOutcome.FAILED if wrong else ExaminationOutcome.PASSED
    return PropertyFinding(property=what, item=item, outcome=outcome, said=wrong or remark)


# --- safe


def _safe(package: zipfile.ZipFile) -> Iterator[PropertyFinding]:
    entries = package.infolist()
    climbing = [e.filename for e in entries if ".." in e.filename.split("/") or e.filename.startswith(("/", "\\"))]
    yield _found(Property.SAFE, "路径不越界", _some(climbing))
    odd = [e.filename for e in entries if stat.S_IFMT(e.external_attr >> 16) not in (0, stat.S_IFREG)]
    yield _found(Property.SAFE, "没有链接和特殊文件", _some(odd))
    yield _found(Property.SAFE, "压缩方法为归档包所用", _some([e.filename for e in entries if not _packed_as_ours(e)]))
    yield _found(Property.SAFE, "没有加密", _some([e.filename for e in entries if e.flag_bits & 1]))
    names = [e.filename for e in entries]
    yield _found(Property.SAFE, "没有重名的文件", _some(sorted({name for name in names if names.count(name) > 1})))
    strangers = [name for name in names if not _known(name)]
    yield _found(Property.SAFE, "只有归档包应有的文件", _some(strangers))
    size = sum(e.file_size for e in entries)
    yield _found(Property.SAFE, "展开后的大小", f"{size / 2**20:.0f} MB，过大" if size > MOST_BYTES else "")
    yield PropertyFinding(
        property=Property.SAFE, item="病毒查杀", outcome=ExaminationOutcome.UNTESTED, said="请用本单位的杀毒软件查杀"
    )


def _packed_as_ours(entry: zipfile.ZipInfo) -> bool:
    """Other ways unpack to any size at once, whatever the entry says of its size."""
    return entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _known(name: str) -> bool:
    if name in (MANIFEST, LIST):
        return True
    no, _, leaf = name.partition("/")
    return _NO.fullmatch(no) is not None and leaf in _ALLOWED


def _some(names: Sequence[str]) -> str:
    shown = "、".join("".join(c if c.isprintable() else "?" for c in name)[:60] for name in names[:3])
    return f"{shown}{f'等{len(names)}个' if len(names) > 3 else ''}" if names else ""  # noqa: PLR2004


def _manifest_of(package: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = json.loads(_read(package, MANIFEST))
        for one in manifest["matters"]:
            if not _NO.fullmatch(one["no"]):
                raise _Broken(f"档号“{str(one['no'])[:40]}”不合规则")
            assert all(isinstance(one[key], str) for key in ("matter", "title"))  # noqa: S101  (answered below)
            assert isinstance(one["version"], int)  # noqa: S101
        if manifest["format"] != FORMAT:
            raise _Broken(f"归档包的格式版本是 {manifest['format']}，本版只认识 {FORMAT}")
        assert all(isinstance(f["path"], str) for f in manifest["files"])  # noqa: S101
    except (*_UNREADABLE, TypeError, AssertionError) as error:
        raise _Broken(f"{MANIFEST} 缺失或损坏") from error
    return dict(manifest)


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    """A small file of the package, in one piece."""
    if package.getinfo(name).file_size > MOST_READ:
        raise _Broken(f"{name} 过大")
    return _unpacked(package, package.getinfo(name))


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A piece at a time: it takes what the entry says of its size, and not what it would unpack to."""
    with archive.open(entry) as file:
        return b"".join(iter(lambda: file.read(1 << 20), b""))


@contextmanager
def _evidence(package: zipfile.ZipFile, no: str) -> Iterator[Path]:
    """The evidence of a matter in a file of its own; it may be larger than memory."""
    with TemporaryDirectory(prefix="xmh-examine-") as folder:
        place = Path(folder) / "evidence.zip"
        with package.open(f"{no}/{EVIDENCE}") as packed, place.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
        yield place


# --- true


def _true(package: zipfile.ZipFile, manifest: Mapping[str, Any], keys: Sequence[str]) -> Iterator[PropertyFinding]:
    for one in manifest["matters"]:
        yield _proven(package, one, keys)
        yield _matched(package, one)
    if not keys:
        remark = "公钥是证据包自带的；请用 --public-key 与当时留存的核对"
        yield PropertyFinding(
            property=Property.TRUE, item="签名的公钥", outcome=ExaminationOutcome.UNTESTED, said=remark
        )


def _proven(package: zipfile.ZipFile, one: Mapping[str, Any], keys: Sequence[str]) -> PropertyFinding:
    """The evidence proves itself, and is of the matter the list says."""
    item = f"{one['no']} 的记录、链和签名"
    try:
        with _evidence(package, one["no"]) as place:
            report = check_bundle(place, keys)
    except _UNREADABLE:
        return _found(Property.TRUE, item, "没有证据包，或已损坏")
    wrong = "；".join(report.problems[:2])
    matter = report.manifest.get("matter", {}) if report.ok else {}
    if report.ok and (matter.get("number"), matter.get("version")) != (one["matter"], one["version"]):
        wrong = f"证据包是 {matter.get('number')} 第{matter.get('version')}条的，与清单不符"
    return _found(Property.TRUE, item, wrong, f"记录{report.events}条")


def _matched(package: zipfile.ZipFile, one: Mapping[str, Any]) -> PropertyFinding:
    """The metadata tells the same as the list, and of the same evidence."""
    item = f"{one['no']} 的元数据与内容相符"
    try:
        metadata = _read(package, f"{one['no']}/{METADATA}")
        if b"<!DOCTYPE" in metadata or b"\0" in metadata:  # in UTF-16 a declaration would hide
            return _found(Property.TRUE, item, "元数据里有不该有的声明，或不是 UTF-8")
        root = ET.fromstring(metadata)  # noqa: S314  (without a declaration it defines no entities)
        _, evidence = _digest(package, f"{one['no']}/{EVIDENCE}")
    except (*_UNREADABLE, _Broken, ET.ParseError, LookupError):
        return _found(Property.TRUE, item, "没有元数据，或已损坏")
    described = (root.findtext("电子文件号/档号"), root.findtext("内容描述/题名"), root.findtext("电子属性/SHA-256"))
    same = described == (one["no"], one["title"], evidence)
    return _found(Property.TRUE, item, "" if same else "档号、题名或证据包的摘要不一致")


# --- whole


def _whole(package: zipfile.ZipFile, manifest: Mapping[str, Any]) -> Iterator[PropertyFinding]:
    listed = {str(f["path"]): f for f in manifest["files"]}
    there = {e.filename for e in package.infolist()} - {MANIFEST}
    yield _found(Property.WHOLE, "文件与清单一致", _some(sorted(there ^ listed.keys())))
    changed = [path for path in sorted(there & listed.keys()) if _digest(package, path) != _told(listed[path])]
    yield _found(Property.WHOLE, "大小和 SHA-256 与清单一致", _some(changed), f"文件{len(listed)}个")
    numbers = [str(one["no"]) for one in manifest["matters"]]
    lacking = [f"{no}/{leaf}" for no in numbers for leaf in (EVIDENCE, METADATA) if f"{no}/{leaf}" not in there]
    yield _found(Property.WHOLE, "每件都有证据包和元数据", _some(lacking), f"{len(numbers)}件")
    yield _found(Property.WHOLE, "归档目录与清单一致", _list_differs(package, manifest))


def _digest(package: zipfile.ZipFile, path: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with package.open(path) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                size += len(piece)
    except _UNREADABLE:
        return -1, ""
    return size, digest.hexdigest()


def _told(listed: Mapping[str, Any]) -> tuple[Any, Any]:
    return listed.get("size"), listed.get("sha256")


def _list_differs(package: zipfile.ZipFile, manifest: Mapping[str, Any]) -> str:
    try:
        rows = list(csv.reader(io.StringIO(_read(package, LIST).decode("utf-8-sig"))))
    except (*_UNREADABLE, _Broken, csv.Error):
        return f"没有{LIST}，或已损坏"
    numbers = [row[0] for row in rows[1:] if row]
    same = rows[:1] == [list(COLUMNS)] and numbers == [one["no"] for one in manifest["matters"]]
    return "" if same else "目录与清单的件数或档号不同"


# --- usable


def _usable(package: zipfile.ZipFile, manifest: Mapping[str, Any]) -> Iterator[PropertyFinding]:
    for one in manifest["matters"]:
        item = f"{one['no']} 的文件可打开"
        try:
            with _evidence(package, one["no"]) as place, zipfile.ZipFile(place) as evidence:
                broken = [e.filename for e in evidence.infolist() if not _opens(e, evidence)]
        except _UNREADABLE:
            yield _found(Property.USABLE, item, "证据包打不开")
            continue
        yield _found(Property.USABLE, item, _some(broken))


def _opens(entry: zipfile.ZipInfo, evidence: zipfile.ZipFile) -> bool:
    """Whether a file is what its name says, as far as its beginning and its parse tell."""
    if entry.filename.startswith("attachments/"):
        return True  # a person's own, of any kind; its digest was compared
    if entry.file_size > MOST_OPENED or not _packed_as_ours(entry):
        return False
    suffix, data = Path(entry.filename).suffix, _unpacked(evidence, entry)
    match suffix:
        case ".pdf":
            return data.startswith(b"%PDF-") and b"%%EOF" in data[-1024:]
        case ".docx":
            return zipfile.is_zipfile(io.BytesIO(data))
        case ".json":
            return _parses(data)
        case ".jsonl":
            return all(map(_parses, io.BytesIO(data)))
        case _:
            return suffix in _OPENED and _is_text(data)


def _parses(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
