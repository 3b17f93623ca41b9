"""How the log was kept, as the office, the 系统管理员 and the auditor read it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from domain import operations as did
from domain.access.events import ProofsRequired
from domain.calendar import SHANGHAI
from domain.envelope import Recorded
from domain.event import Event, decode, label_of
from domain.queries.telling import office_time
from eventlog import reading
from eventlog.database import Database

HEALED = {
    "missing": "没有运行",
    "foreign": "被别处占用",
    "behind": "落后",
    "silent": "没有应答",
    "ahead": "超前于日志",
    "stray": "已结束仍在运行",
}


def operations_rows(database: Database, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What was recorded within a span of how the log was kept, in the order it happened."""
    record = reading.operations_record(database, since, until)
    exported = [event.matter for one in record if isinstance(event := decode(one), did.EvidenceExported)]
    numbers = {matter.stream: matter.number for matter in reading.listed_matters(database, exported)}
    return [_row(recorded, numbers) for recorded in record]


def _row(recorded: Recorded, numbers: Mapping[str, str]) -> dict[str, Any]:
    """One event of the record; `numbers` are the matters' by stream. `said` is what it says, in words."""
    event = decode(recorded)
    return {
        "position": recorded.position,
        "at": recorded.recorded_at.astimezone(SHANGHAI).isoformat(),
        "type": recorded.type,
        "label": label_of(recorded.type),
        "said": "，".join(filter(None, _said(event, numbers))),
        "by": getattr(event, "by", None) or recorded.actor.id,
    }


def _said(event: Event, numbers: Mapping[str, str]) -> Iterator[str]:
    match event:
        case did.BackupTaken(file=file, position=position, lacking=lacking):
            yield from (file, f"日志到第{position}条", f"文件缺失或不符{lacking}处" if lacking else "")
        case did.BackupTried(file=file, position=position, seconds=seconds, lacking=lacking, locked=locked):
            yield from (file, f"日志到第{position}条", f"还原用{seconds}秒")
            yield f"文件缺失或不符{lacking}处" if lacking else ""
            yield f"打不开的密钥{locked}把" if locked else ""
        case did.CheckpointSigned(size=size):
            yield f"日志到第{size}条"
        case did.CheckpointWitnessed(size=size, witnesses=witnesses, signers=signers, authority=authority):
            yield f"日志到第{size}条"
            yield f"见证方{len(witnesses)}个" if witnesses else ""
            yield f"外部密钥{len(signers)}把" if signers else ""
            yield f"时间戳 {authority}" if authority else ""
        case did.CheckpointMailed(size=size, to=to):
            yield from (f"日志到第{size}条", f"寄给{'、'.join(to)}")
        case did.EvidenceExported(matter=matter, file=file, version=version):
            yield from (f"{numbers.get(matter, matter)} 到第{version}条", file)
        case did.ArchiveWritten(file=file, numbers=kept):
            yield f"{file}（{len(kept)}件）"
        case did.RestoredFromBackup(file=file, taken_at=taken_at, position=position):
            yield from (file, f"{office_time(taken_at)}的备份", f"日志到第{position}条")
        case did.SchemaMigrated(before=before, after=after, build=build):
            yield f"从第 {before} 版到第 {after} 版（xmh {build}）"
        case did.RunsRecovered():
            yield from (f"{words}{n}件" for kind, words in HEALED.items() if (n := getattr(event, kind)))
        case ProofsRequired(key=key):
            yield f"签名密钥 {key}"
