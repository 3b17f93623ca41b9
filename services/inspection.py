"""The cabinet against the log: issued files as they were printed, none beside them, templates as they were shelved."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from documents.filing.cabinet import FOLDER
from documents.filing.filed import Filed
from documents.filing.shelf import altered_templates
from documents.formats.digest import sha256
from eventlog.attachments import attachment_problems, lacking_attachments
from eventlog.database import Database
from eventlog.findings import Token, VerifyFinding
from services.issuing.catalogue import all_filed

if TYPE_CHECKING:
    from settings import Settings

LOST = "请从更早的备份或各台机器找回，再备份一次；找回以前不要删早先的备份"
NO_STORE = (
    "日志在 PostgreSQL 上而没有设共用目录，文件可能在别的机器上：各台设同一个 XMH_STORE，把各自的文件拷进去，"
    "再备份一次；只有一台存文件的，在那一台备份。此前不要删早先的备份"
)
"""What is to be done about files a backup lacks: where they were lost, and where each machine may keep its own."""
_UNREAD = (VerifyFinding(token=Token.FILES_UNREAD, message=Token.FILES_UNREAD.label),)


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
        return (*missing, *inspect_cabinet(database, home, elsewhere=stands_elsewhere(settings)))
    except Exception:
        return _UNREAD


def lacking_files(database: Database, digests: Mapping[str, str]) -> tuple[VerifyFinding, ...]:
    """Attachments and issued files that the log names and a backup has not, or not as they were.

    Args:
        database: the log that is in it.
        digests: of the files that are in it, by their path below the home: of these and not of those in the home,
            where one may be a link that no backup follows, or be taken away meanwhile.
    """
    try:
        return (*lacking_attachments(database, digests), *_lacking_papers(database, digests))
    except Exception:
        return _UNREAD


def _lacking_papers(database: Database, digests: Mapping[str, str]) -> Iterator[VerifyFinding]:
    below = Path()
    all_of_it = all_filed(database, below)
    if not any(path.startswith(f"{FOLDER}/") for path in digests):
        yield from _no_cabinet(all_of_it)
        return
    for folder, files in _by_folder(all_of_it).items():
        for name in sorted(files):
            digest = digests.get((folder / name).as_posix())
            if digest != files[name]:
                token = Token.FILE_MISSING if digest is None else Token.FILE_ALTERED
                yield _problem(token, below, folder / name)


def stands_elsewhere(settings: "Settings") -> bool:
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
        yield from _no_cabinet(all_of_it)
        return
    for folder, files in _by_folder(all_of_it).items():
        yield from _folder(home, folder, files)
    for place in altered_templates(home):
        yield _problem(Token.TEMPLATE_ALTERED, home, place)


def _no_cabinet(all_of_it: Sequence[Filed]) -> Iterator[VerifyFinding]:
    if all_of_it:
        line = f"{Token.FILE_MISSING.label}：目录 {FOLDER} 整个不在，日志里有{len(all_of_it)}件成文"
        yield VerifyFinding(token=Token.FILE_MISSING, message=f"{line}，请从备份恢复")


def _by_folder(all_of_it: Sequence[Filed]) -> dict[Path, dict[str, str]]:
    """Names of files and their digests, by the folder they belong in."""
    known: dict[Path, dict[str, str]] = {}
    for filed in all_of_it:
        known.setdefault(filed.folder, {}).update(filed.event.files)
    return known


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
