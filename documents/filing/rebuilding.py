"""Whatever was issued, printed again from the log at the position it was computed from, and compared.

The log says which hash each file had; so three things can be told apart: an event that was changed (its hash chain
breaks), a face that is not the one it was printed with, and a file in the cabinet that somebody touched. The templates
are those of then, from the shelf.
"""

import difflib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from documents.filing.filed import Filed, Printed
from documents.formats import standard as gb
from documents.formats.digest import sha256
from documents.formats.press import Press
from documents.ledger import from_events_alone
from domain.base import Frozen, Refusal, Term
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from eventlog.verify import VerifyFinding, verify
from sheets.file_errors import unwritable_file

_SHOWN = 3
"""So many changed lines are shown; the rest are in the files `--out` leaves."""


_UNREADABLE = "被改动的事件已不能读出，无从重算"


class ReprintVerdict(Term):
    """How a file printed again compares with the one that was issued."""

    IDENTICAL = "identical", "逐字节一致"
    SAME_CONTENT = "same_content", "内容一致"
    UNPROVEN = "unproven", "无从比较"
    DIFFERENT = "different", "不一致"


class Kept(Term):
    """What became of the file in the cabinet."""

    INTACT = "intact", "原样在柜"
    ALTERED = "altered", "柜中文件已被改动"
    MISSING = "missing", "柜中没有"


class Compared(Frozen):
    """One file of an issue."""

    name: str
    verdict: ReprintVerdict
    kept: Kept
    recorded: str
    rebuilt: str


class Rebuilt(Frozen):
    """What came of it. `ok` cannot disagree with what was found; a remark is no difference."""

    number: str
    position: int
    files: tuple[Compared, ...] = ()
    differences: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the log still gives what was issued, and the cabinet still holds it or nothing."""
        return not self.differences


@dataclass(frozen=True)
class _Bench:
    """An issue being compared."""

    filed: Filed
    press: Press

    @property
    def event(self) -> Printed:
        return self.filed.event

    @property
    def other_faces(self) -> bool:
        return bool(self.event.fonts) and self.event.fonts != dict(self.press.typeface.hashes)


def rebuild_issue(database: Database, filed: Filed, press: Press, out: Path | None = None) -> Rebuilt:
    """Print an issue again from the log and compare it. With `out` the files printed now are left there.

    Raises:
        Refusal: `template_gone`, when the layout or the templates it was printed with are not to be had;
            `unwritable` or `disk_full`, when the files cannot be left.
        LogUnreachable: the database is down.
    """
    return _rebuild(filed, press, _problems(database), out)


def rebuild_issues(database: Database, documents: Iterable[Filed], press: Press) -> Iterator[Rebuilt]:
    """Print issues again one after the other; what this build cannot print is named among the differences.

    Raises:
        LogUnreachable: the database is down.
    """
    problems = _problems(database)
    for filed in documents:
        try:
            yield _rebuild(filed, press, problems)
        except Refusal as refusal:
            event = filed.event
            yield Rebuilt(number=event.number, position=event.position, differences=(refusal.message,))


def _rebuild(filed: Filed, press: Press, problems: Iterable[VerifyFinding], out: Path | None = None) -> Rebuilt:
    event, damaged = filed.event, _damaged(filed, problems)
    press = filed.press(press)
    try:
        with from_events_alone():
            page = filed.page(press)
    except (Refusal, LogUnreachable):
        raise
    except Exception:
        if not damaged:
            raise
        return Rebuilt(number=event.number, position=event.position, differences=(*damaged, _UNREADABLE))
    bench = _Bench(filed, press)
    rendered = press.files(page, event.files)
    if out is not None:
        _leave(rendered, out)
    files = tuple(_compared(bench, name, data) for name, data in rendered.items())
    changed = [line for name, data in rendered.items() for line in _changed_lines(bench, name, data)]
    return Rebuilt(
        number=event.number,
        position=event.position,
        files=files,
        differences=(*damaged, *filter(None, map(_difference, files)), *changed),
        remarks=tuple(_faces(bench)),
    )


def _leave(rendered: Mapping[str, bytes], out: Path) -> None:
    """The files printed now, for who wants to look."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in rendered.items():
            (out / name).write_bytes(data)
    except OSError as error:
        raise unwritable_file(out, error) from error


# --- what differs, in words


def _problems(database: Database) -> tuple[VerifyFinding, ...]:
    return verify(database, read_model=False).problems


def _damaged(filed: Filed, problems: Iterable[VerifyFinding]) -> tuple[str, ...]:
    """Every break of the hash chain in the part of the log the issue stands on, and in the issue itself."""
    return tuple(
        f"事件日志 {p.stream} 第{p.version}条（序号 {p.position}）：{p.message}"
        for p in problems
        if p.position is not None and (p.position <= filed.event.position or p.stream == filed.stream)
    )


def _faces(bench: _Bench) -> list[str]:
    if not bench.other_faces:
        return []
    then, now = bench.event.fonts, dict(bench.press.typeface.hashes)
    gone = [name for name, digest in then.items() if now.get(name) != digest]
    new = [name for name, digest in now.items() if then.get(name) != digest]
    return [f"字体与成文时不同，PDF 只比较内容：成文时 {'、'.join(gone) or '较少'}，现在 {'、'.join(new) or '较少'}"]


def _difference(compared: Compared) -> str | None:
    if compared.verdict is ReprintVerdict.DIFFERENT:
        return f"{compared.name} 与成文时不一致：成文时 {compared.recorded[:12]}，重算 {compared.rebuilt[:12]}"
    if compared.kept is Kept.ALTERED:
        return f"{compared.name} {compared.kept.label}，日志和重算的一致"
    return None


def _changed_lines(bench: _Bench, name: str, data: bytes) -> list[str]:
    """The first lines of the .md that changed, when the issued one is still there."""
    if not name.endswith(".md") or sha256(data) == bench.event.files[name]:
        return []
    issued = _issued(bench, name)
    if issued is None:
        return []
    old, new = issued.decode().splitlines(), data.decode().splitlines()
    pairs = [
        (old[i1:i2], new[j1:j2], i1 + 1)
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    return [f"正文第{at}行：成文“{' '.join(was)}”，重算“{' '.join(now)}”" for was, now, at in islice(pairs, _SHOWN)]


# --- one file


def _compared(bench: _Bench, name: str, data: bytes) -> Compared:
    recorded, rebuilt = bench.event.files[name], sha256(data)
    place = bench.filed.folder / name
    kept = Kept.MISSING
    if place.exists():
        kept = Kept.INTACT if _issued(bench, name) is not None else Kept.ALTERED
    verdict = ReprintVerdict.IDENTICAL if rebuilt == recorded else _by_content(bench, name, data)
    return Compared(name=name, verdict=verdict, kept=kept, recorded=recorded, rebuilt=rebuilt)


def _by_content(bench: _Bench, name: str, data: bytes) -> ReprintVerdict:
    """A .docx of another library and a .pdf in other faces are other bytes; what they say must be the same."""
    read = {".docx": _words_of_docx, ".pdf": _words_of_pdf}.get(Path(name).suffix)
    issued = _issued(bench, name)
    if read is not None and issued is not None and read(issued) == read(data):
        return ReprintVerdict.SAME_CONTENT
    # In other faces lines and pages break elsewhere; the .md and .html still prove what it says.
    return ReprintVerdict.UNPROVEN if bench.other_faces and name.endswith(".pdf") else ReprintVerdict.DIFFERENT


def _issued(bench: _Bench, name: str) -> bytes | None:
    """The file as it was issued, if the cabinet still has it."""
    place = bench.filed.folder / name
    data = place.read_bytes() if place.exists() else None
    return data if data is not None and sha256(data) == bench.event.files[name] else None


def _words_of_docx(data: bytes) -> list[str]:
    from docx import Document  # noqa: PLC0415  (only what is no longer the same byte for byte is read)

    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(p.text for p in document.paragraphs), *cells]


def _words_of_pdf(data: bytes) -> str:
    from documents.checking.pdf_reading import read_pdf, words_of_pdf  # noqa: PLC0415

    return words_of_pdf(read_pdf(data), above=gb.PAPER[1] - gb.BOTTOM + 1)
