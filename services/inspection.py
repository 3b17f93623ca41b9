"""The cabinet against the log: issued files as they were printed, none beside them, templates as they were shelved."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from documents.filing.cabinet import FOLDER
from documents.filing.shelf import altered_templates
from documents.formats.digest import sha256
from eventlog.attachments import attachment_problems
from eventlog.database import Database
from eventlog.findings import Token, VerifyFinding
from services.issuing.catalogue import all_filed

if TYPE_CHECKING:
    from settings import Settings

_BESIDE = (Token.FILE_ADDED, Token.TEMPLATE_ALTERED)
"""Found beside what the log names."""


def file_problems(database: Database, settings: "Settings", stream: str | None = None) -> tuple[VerifyFinding, ...]:
    """What is wrong with attachments, those of one stream or all, and then with issued files too.

    Where the log cannot be read they cannot be looked up in it, and that is said.

    Raises:
        Refusal: `store_missing`.
    """
    home = settings.store_place
    try:
        missing = attachment_problems(database, home, stream)
        if stream is not None:
            return missing
        return (*missing, *inspect_cabinet(database, home, elsewhere=_stands_elsewhere(settings)))
    except Exception:
        return (VerifyFinding(token=Token.FILES_UNREAD, message=Token.FILES_UNREAD.label),)


def lacking_files(database: Database, settings: "Settings") -> tuple[VerifyFinding, ...]:
    """Attachments and issued files that the log names and that are not there, or not as they were."""
    return tuple(one for one in file_problems(database, settings) if one.token not in _BESIDE)


def _stands_elsewhere(settings: "Settings") -> bool:
    """Whether the office's cabinet may be another machine's: several share the log, and no store is declared."""
    return settings.store is None and not settings.database.startswith("sqlite:")


def inspect_cabinet(database: Database, home: Path, *, elsewhere: bool = False) -> Iterator[VerifyFinding]:
    """What is altered, missing or added in the home's cabinet; none at all is one finding, unless it is `elsewhere`.

    Raises:
        UnknownEventError: the log holds an issue this build cannot read.
    """
    there = (home / FOLDER).is_dir()
    if elsewhere and not there:
        return
    all_of_it = all_filed(database, home)
    if not there:
        if all_of_it:
            line = f"{Token.FILE_MISSING.label}：目录 {FOLDER} 整个不在，日志里有{len(all_of_it)}件成文"
            yield VerifyFinding(token=Token.FILE_MISSING, message=f"{line}，请从备份恢复")
        return
    known: dict[Path, dict[str, str]] = {}
    for filed in all_of_it:
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
