"""A package of the archives: of each matter its evidence and its metadata, a list of them, and the digest of each file.

In the manner of DA/T 48 (one package that carries what it needs to be understood) with the metadata of DA/T 46 and
GB/T 18894; evidence and metadata of a matter lie together under its 档号.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from domain.archive import ArchivedMatter, Retention
from domain.base import Frozen, refuse
from domain.calendar import local_date
from domain.envelope import Actor, Recorded
from domain.event import label_of
from domain.facts import openly
from domain.founding import Headquarters
from domain.ids import OfficeStream
from domain.operations import ArchiveWritten
from eventlog import reading
from eventlog.database import Database
from services.archiving.numbering import archive, ending_day
from services.bundle.export import ExportedBundle, export_matter, matter_of
from services.bundle.histories import fetch_runs
from services.headquarters import founding_of
from services.office_records import record_office_events
from services.whole_zip import write_whole_zip

if TYPE_CHECKING:
    from settings import Settings

FORMAT = 1
MANIFEST, LIST = "清单.json", "归档目录.csv"
EVIDENCE, METADATA = "证据包.zip", "元数据.xml"
COLUMNS = ("档号", "题名", "事项编号", "牵头单位", "立项日期", "办结日期", "保管期限", "保管至", "记录条数")


class PackedMatter(Frozen):
    """A matter in a package."""

    no: str
    matter: str
    title: str
    lead: str
    opened: str
    ended: str
    retention: str
    until: str | None
    version: int

    @property
    def row(self) -> tuple[str, ...]:
        """A file's line in the list of the package."""
        kept, events = self.until or "长期", str(self.version)
        return self.no, self.title, self.matter, self.lead, self.opened, self.ended, self.retention, kept, events


class ArchivePackage(Frozen):
    """A package that was written; `size` is in bytes."""

    file: Path
    sha256: str
    size: int
    matters: tuple[PackedMatter, ...]
    left_out: tuple[str, ...] = ()
    """What no evidence has with it, said once."""


def write_package(  # noqa: PLR0913  (what a package is made of)
    database: Database,
    settings: "Settings",
    streams: Sequence[str],
    file: Path,
    retention: Retention | None,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> ArchivePackage:
    """Archive ended matters and write them into a package; nothing is written when one of them may not be.

    Raises:
        Refusal: the file cannot be written, or exists; a matter has not ended; the actor may not.
        LogError: the log cannot be read, or not written to.
    """
    refuse(file.exists(), f"{file} 已存在，不会覆盖；请换一个文件名", "malformed")
    refuse(not file.parent.is_dir(), f"没有目录 {file.parent}，请先建立", "not_found")
    refuse(not streams, "没有可归档的事项", "not_found")
    _all_ended(database, streams)
    files: dict[str, bytes] = {}
    packed: list[PackedMatter] = []
    left_out: list[str] = []
    keeper = founding_of(settings)
    with TemporaryDirectory(prefix="xmh-archive-") as folder:
        for n, stream in enumerate(streams):
            kept = archive(database, stream, retention, actor=actor, now=now)
            runs = fetch_runs(settings, stream)
            place = Path(folder) / f"{n}.zip"
            bundle = export_matter(database, settings, stream, place, runs=runs, by=actor.id, now=now)
            events = reading.read_stream(database, stream)
            one = _packed(database, kept, events)
            packed.append(one)
            left_out += bundle.left_out
            files[f"{kept.no}/{EVIDENCE}"] = place.read_bytes()
            files[f"{kept.no}/{METADATA}"] = _metadata(keeper, one, kept, bundle, events, now)
            progress(n + 1)
    files[LIST] = _list_of(packed)
    files[MANIFEST] = _manifest(keeper, packed, files, now)
    size, digest = write_whole_zip(file, files)
    record = ArchiveWritten(file=file.name, sha256=digest, numbers=tuple(one.no for one in packed))
    operations = database.own(OfficeStream.OPERATIONS)
    record_office_events(database, operations, [record], actor=actor, command_id=f"package:{digest[:32]}", now=now)
    return ArchivePackage(
        file=file, sha256=digest, size=size, matters=tuple(packed), left_out=tuple(dict.fromkeys(left_out))
    )


def _all_ended(database: Database, streams: Sequence[str]) -> None:
    living = [m for s in streams if not (m := matter_of(reading.read_stream(database, s))).ended]
    refuse(
        bool(living),
        f"{'、'.join(m.number for m in living[:5])} 还没有办结，不能归档；销号或撤销后再归档",
        "not_ended",
    )


def _packed(database: Database, kept: ArchivedMatter, events: Sequence[Recorded]) -> PackedMatter:
    matter, names = matter_of(events), {unit.id: unit.name for unit in reading.units(database)}
    return PackedMatter(
        no=kept.no,
        matter=matter.number,
        title=openly(matter.title),
        lead=names.get(matter.lead or "", ""),
        opened=str(local_date(events[0].occurred_at)),
        ended=str(ending_day(events)),
        retention=kept.retention.label,
        until=str(kept.until) if kept.until else None,
        version=kept.version,
    )


def _list_of(packed: Sequence[PackedMatter]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    rows.writerows(one.row for one in packed)
    return ("\ufeff" + text.getvalue()).encode()  # as a spreadsheet expects UTF-8


def _metadata(
    keeper: Headquarters,
    one: PackedMatter,
    kept: ArchivedMatter,
    bundle: ExportedBundle,
    events: Sequence[Recorded],
    now: datetime,
) -> bytes:
    """The metadata of DA/T 46 that a matter has: where from, what of, in which form, by whom, and what was done."""
    root = ET.Element("电子文件", {"聚合层次": "件", "元数据": "DA/T 46-2009", "格式版本": str(FORMAT)})
    _tell(root, "来源", {"全宗名称": keeper.name, "立档单位名称": keeper.office, "全宗号": keeper.code})
    _tell(root, "电子文件号", {"档号": one.no, "文件编号": one.matter})
    described = {
        "题名": one.title, "责任者": one.lead, "日期": one.opened, "办结日期": one.ended,
        "保管期限": one.retention, "保管至": one.until or "长期", "年度": str(kept.year),
    }  # fmt: skip
    _tell(root, "内容描述", described)
    form = {
        "格式": "application/zip", "计算机文件名": EVIDENCE, "计算机文件大小": str(bundle.size),
        "SHA-256": bundle.sha256, "记录条数": str(bundle.events), "文件个数": str(bundle.files),
    }  # fmt: skip
    _tell(root, "电子属性", form)
    signed = {
        "签名规则": "Ed25519，C2SP 检查点",
        "公钥": bundle.public_key,
        "签名所及的日志条数": str(bundle.checkpoint),
    }
    _tell(root, "电子签名", signed)
    people = ET.SubElement(root, "机构人员实体")
    for person, role in dict.fromkeys((e.actor.id, e.actor.role.label) for e in events):
        ET.SubElement(people, "人员", {"标识": person, "角色": role})
    done = ET.SubElement(root, "业务实体")
    for event in (events[0], events[-1]):
        at = event.occurred_at.isoformat()
        ET.SubElement(done, "业务行为", {"行为": label_of(event.type), "时间": at, "责任者": event.actor.id})
    ET.SubElement(done, "业务行为", {"行为": "归档", "时间": now.isoformat()})
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _tell(root: ET.Element, name: str, elements: Mapping[str, str]) -> None:
    block = ET.SubElement(root, name)
    for key, value in elements.items():
        ET.SubElement(block, key).text = value


def _manifest(keeper: Headquarters, packed: Sequence[PackedMatter], files: Mapping[str, bytes], now: datetime) -> bytes:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "headquarters": keeper.code,
        "name": keeper.name,
        "matters": [one.model_dump(mode="json") for one in packed],
        "files": [
            {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for path, data in sorted(files.items())
        ],
    }
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode()
