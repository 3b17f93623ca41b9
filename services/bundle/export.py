"""`xmh audit export`: what the log holds of one matter, in a file that a stranger can verify without us.

The verifier goes along with it (`verify_bundle.py`); `xmh audit check` runs that same file. Sealed words stay sealed.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents.filing.filed import Filed
from documents.reports.evidence import timeline_page
from domain.base import Frozen, Refusal, refuse
from domain.checkpoint import LogCheckpoint, read_note
from domain.envelope import SYSTEM, Recorded
from domain.facts import openly
from domain.ids import OfficeStream
from domain.matter import Matter
from domain.merkle import MerkleNodes, leaf_hash
from domain.operations import EvidenceExported
from eventlog import reading
from eventlog.attachments import attachment_content, attachments_of
from eventlog.backend import Row
from eventlog.chain import stored_bytes
from eventlog.database import Database
from eventlog.projections import log_pages
from services.bundle import verify_bundle as verifier
from services.bundle.histories import Runs
from services.checkpoint_keys import is_signed, signing_key
from services.checkpoints import known_keys, origin_of, take_checkpoint
from services.issuing.catalogue import all_filed
from services.office_records import record_office_events
from services.press import press_by
from services.whole_zip import write_whole_zip

if TYPE_CHECKING:
    from settings import Settings


SEAL_DIGITS = 64
"""Hexadecimal digits of the SHA-256 at the end."""


class ExportedBundle(Frozen):
    """An evidence bundle that was written; `size` is in bytes."""

    file: Path
    matter: str
    events: int
    version: int
    checkpoint: int
    """The size of the log it was signed for."""
    public_key: str
    files: int
    size: int
    sha256: str
    left_out: tuple[str, ...] = ()


@dataclass
class _Contents:
    """What goes in, by path, and what could not."""

    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What a file was called where its path does not tell."""
    left_out: list[dict[str, str]] = field(default_factory=list)


def export_matter(  # noqa: PLR0913  (what goes in comes from several places)
    database: Database,
    settings: "Settings",
    stream: str,
    file: Path,
    *,
    kept: Sequence[tuple[str, LogCheckpoint]] = (),
    runs: Runs,
    by: str,
    now: datetime,
) -> ExportedBundle:
    """Write the evidence of a matter as of now; that it was exported, and by whom, is recorded.

    Args:
        database: the log.
        settings: of its home, where files and keys are.
        stream: the matter's.
        file: where to; it must not exist.
        kept: checkpoints that lay elsewhere, which the events they are younger than are proven against too.
        runs: what Temporal still has of the matter.
        by: who exports.
        now: the moment.

    Raises:
        Refusal: the file cannot be written, or the log is not the one a kept checkpoint was signed for.
        LogError: the log cannot be read, or not written to.
    """
    refuse(file.exists(), f"{file} 已存在，不会覆盖；请换一个文件名", "malformed")
    refuse(not file.parent.is_dir(), f"没有目录 {file.parent}，请先建立", "not_found")
    taken, note, public = take_checkpoint(database, settings.home, now)
    events = reading.read_stream(database, stream, position=taken.size)
    contents = _gathered(database, settings, events, [*kept, (note, taken)])
    _put_runs(contents, runs)
    _put_timeline(contents, database, settings, events, now)
    manifest = _manifest(database, events, contents, (public, *_keys_of(database, settings.home, kept)), now)
    _put_manifest(contents, database, settings, manifest)
    size, digest = write_whole_zip(file, contents.files, verifier.SEAL + b"0" * SEAL_DIGITS, _seal)
    last = events[-1]
    record = EvidenceExported(
        matter=stream, version=last.version, file=file.name, sha256=digest, checkpoint=taken.size, by=by
    )
    operations, command_id = database.own(OfficeStream.OPERATIONS), f"export:{digest[:32]}"
    record_office_events(database, operations, [record], actor=SYSTEM, command_id=command_id, now=now)
    return ExportedBundle(
        file=file,
        matter=matter_of(events).number,
        events=len(events),
        version=last.version,
        checkpoint=taken.size,
        public_key=public,
        files=len(contents.files),
        size=size,
        sha256=digest,
        left_out=tuple(one["what"] for one in contents.left_out),
    )


def _gathered(
    database: Database, settings: "Settings", events: Sequence[Recorded], notes: Sequence[tuple[str, LogCheckpoint]]
) -> "_Contents":
    """The events with their proofs, the checkpoints these lead to, and the files the events name."""
    stream, (_, newest) = events[0].stream, notes[-1]
    concerned = _documents(database, settings.store_place, stream, events)
    issued = issued_upto(database, concerned, newest.size)
    contents = _Contents()
    contents.files[verifier.EVENTS] = _proven(database, stream, issued.keys(), [one for _, one in notes])
    for n, (text, _) in enumerate(notes, 1):
        contents.files[f"{verifier.NOTES}{n}.txt"] = text.encode()
    contents.files["verify_bundle.py"] = Path(verifier.__file__).read_bytes()
    _put_attachments(contents, settings.store_place, events)
    _put_documents(contents, settings, [filed for filed in concerned if filed.event.number in issued.values()])
    return contents


def matter_of(events: Sequence[Recorded]) -> Matter:
    """The matter these events add up to."""
    state = reading.folded_state(events[0].stream, list(events)).state
    assert isinstance(state, Matter)  # noqa: S101  (a stream under matter/)
    return state


# --- the events and their proofs


def _proven(database: Database, stream: str, issued: Collection[int], checkpoints: Sequence[LogCheckpoint]) -> bytes:
    """The matter's events and those its documents were issued by, as stored, each with where it stands in the log.

    One pass over the log: 32 bytes of an event are kept for the proofs.
    """
    size = checkpoints[-1].size
    leaves: list[bytes] = []
    wanted: list[tuple[int, Row]] = []
    with database.reading(snapshot=True, tolerant=True) as transaction:
        for row in (row for rows in log_pages(transaction) for row in rows):
            if len(leaves) == size:
                break
            if row[2] == stream or row[0] in issued:
                wanted.append((len(leaves), row))
            leaves.append(leaf_hash(stored_bytes(row)))
    trees: list[MerkleNodes] = []
    for checkpoint in checkpoints:
        tree = MerkleNodes(leaves[: checkpoint.size])
        same = (tree.size, tree.root()) == (checkpoint.size, checkpoint.root)
        when = f"{checkpoint.made_at:%Y-%m-%d}的检查点"
        refuse(not same, f"日志与{when}不符，没有导出；请先运行 xmh audit verify --checkpoint", "not_sound")
        trees.append(tree)
    lines = [
        {
            "index": index,
            "event": dict(zip(verifier.COLUMNS, row, strict=True)),
            "proofs": {str(t.size): [node.hex() for node in t.proof(index)] for t in trees if index < t.size},
        }
        for index, row in wanted
    ]
    return b"".join(_json(line) + b"\n" for line in lines)


def issued_upto(database: Database, documents: Sequence[Filed], size: int) -> dict[int, str]:
    """Where these documents were issued or made void by then: position → number. What comes meanwhile stays out."""
    numbers = {filed.event.number for filed in documents}
    return {
        event.position: number
        for where in {filed.stream for filed in documents}
        for event in reading.read_stream(database, where, position=size)
        if (number := json.loads(event.payload).get("number")) in numbers
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# --- what the events name


def _documents(database: Database, home: Path, stream: str, events: Sequence[Recorded]) -> tuple[Filed, ...]:
    """The papers on the matter, and the minutes of the meetings that decided on it."""
    meetings = {json.loads(e.payload).get("minutes") for e in events if e.type == "DecisionRecorded"} - {None}

    def concerns(filed: Filed) -> bool:
        event = filed.event
        return getattr(event, "matter", None) == stream or getattr(event, "about", None) in meetings

    return tuple(filter(concerns, all_filed(database, home)))


def _put_attachments(contents: _Contents, home: Path, events: Sequence[Recorded]) -> None:
    for one in {one.sha256: one for one in attachments_of(events)}.values():
        try:
            path = f"attachments/{one.no:02}-{one.sha256[:16]}"
            contents.files[path] = attachment_content(home, one)
            contents.names[path] = one.name
        except Refusal as refusal:
            contents.left_out.append({"what": refusal.message, "sha256": one.sha256})


def _put_documents(contents: _Contents, settings: "Settings", documents: Iterable[Filed]) -> None:
    press = press_by(settings)
    for filed in documents:
        try:
            for path in filed.kept(press).values():
                contents.files[f"documents/{path.name}"] = path.read_bytes()
        except Refusal as refusal:
            contents.left_out += [{"what": refusal.message, "sha256": digest} for digest in filed.event.files.values()]


def _put_runs(contents: _Contents, runs: Runs) -> None:
    for run, history in runs.histories.items():
        contents.files[f"histories/{run}.json"] = history
    if runs.why_none:
        contents.left_out.append({"what": runs.why_none})


def _put_timeline(
    contents: _Contents, database: Database, settings: "Settings", events: Sequence[Recorded], now: datetime
) -> None:
    page = timeline_page(database, matter_of(events), events, now)
    contents.files |= press_by(settings).files(page, ("timeline.html", "timeline.pdf"))


# --- the file


def _keys_of(database: Database, home: Path, kept: Sequence[tuple[str, LogCheckpoint]]) -> tuple[str, ...]:
    """The public keys the kept checkpoints were signed with, as far as the log knows them."""
    known = known_keys(database, home) if kept else ()
    return tuple(key for text, _ in kept for key in known if is_signed(*read_note(text), key))


def _put_manifest(contents: _Contents, database: Database, settings: "Settings", manifest: bytes) -> None:
    """The list of what is in it, and the signature of the headquarters over that list."""
    body = f"xmh-bundle/{verifier.FORMAT}\n{origin_of(database)}\n{hashlib.sha256(manifest).hexdigest()}\n"
    key = signing_key(settings.home, database.headquarters)
    contents.files[verifier.MANIFEST] = manifest
    contents.files[verifier.SIGNED] = f"{body}\n{key.sign_text(body).line()}".encode()


def _manifest(
    database: Database, events: Sequence[Recorded], contents: _Contents, keys: Iterable[str], now: datetime
) -> bytes:
    matter, last = matter_of(events), events[-1]
    files: list[dict[str, Any]] = [
        {
            "path": path,
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            **({"name": contents.names[path]} if path in contents.names else {}),
        }
        for path, data in sorted(contents.files.items())
    ]
    manifest = {
        "format": verifier.FORMAT,
        "made_at": now.isoformat(),
        "origin": origin_of(database),
        "matter": {
            "stream": last.stream,
            "number": matter.number,
            "title": openly(matter.title),
            "version": last.version,
            "hash": last.hash,
        },
        "public_keys": list(dict.fromkeys(keys)),
        "left_out": contents.left_out,
        "files": files,
    }
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode()


def _seal(written: Path) -> None:
    """Put the SHA-256 of all before it at the very end: who repacks the file breaks it."""
    with written.open("r+b") as file:
        body = written.stat().st_size - SEAL_DIGITS
        digest = hashlib.sha256(file.read(body)).hexdigest()
        file.seek(body)
        file.write(digest.encode())
