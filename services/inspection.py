"""The cabinet against the log: issued files as they were printed, none beside them, templates as they were shelved."""

from collections.abc import Iterator
from pathlib import Path

from documents.filing.cabinet import FOLDER
from documents.filing.shelf import altered_templates
from documents.formats.digest import sha256
from eventlog.attachments import attachment_problems
from eventlog.database import Database
from eventlog.findings import Token, VerifyFinding
from services.issuing.catalogue import all_filed


def file_problems(database: Database, home: Path, stream: str | None = None) -> tuple[VerifyFinding, ...]:
    """What is wrong with attachments, those of one stream or all, and then with issued files too.

    Where the log cannot be read they cannot be looked up in it, and that is said.
    """
    try:
        missing = attachment_problems(database, home, stream)
        return missing if stream is not None else (*missing, *inspect_cabinet(database, home))
    except Exception:
        return (VerifyFinding(token=Token.FILES_UNREAD, message=Token.FILES_UNREAD.label),)


def inspect_cabinet(database: Database, home: Path) -> Iterator[VerifyFinding]:
    """What is altered, missing or added in the home's cabinet. Without one there is none: the files stand elsewhere.

    Raises:
        UnknownEventError: the log holds an issue this build cannot read.
    """
    if not (home / FOLDER).is_dir():
        return
    known: dict[Path, dict[str, str]] = {}
    for filed in all_filed(database, home):
        known.setdefault(filed.folder, {}).update(filed.event.files)
    for folder, files in known.items():
        yield from _folder(home, folder, files)
    for place in altered_templates(home):
        yield _problem(Token.TEMPLATE_ALTERED, home, place)


def _folder(home: Path, folder: Path, files: dict[str, str]) -> Iterator[VerifyFinding]:
    there = {path.name: path for path in folder.glob("*") if not path.name.startswith(".")} if folder.is_dir() else {}
    for name in sorted(files.keys() | there.keys()):
        if name not in there:
            yield _problem(Token.FILE_MISSING, home, folder / name)
        elif name not in files:
            yield _problem(Token.FILE_ADDED, home, there[name])
        elif not there[name].is_file() or sha256(there[name].read_bytes()) != files[name]:
            yield _problem(Token.FILE_ALTERED, home, there[name])


def _problem(token: Token, home: Path, place: Path) -> VerifyFinding:
    return VerifyFinding(token=token, message=f"{token.label}：{place.relative_to(home)}")
