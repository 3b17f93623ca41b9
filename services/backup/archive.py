"""The file a backup is: an archive of the log and its files; the manifest goes in last, so that half a one has none."""

import hashlib
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pydantic import ValidationError

from domain.base import Frozen, Refusal, refuse, refuse_always
from services.store import OFFICE_FILES
from settings import CONFIG_FILE
from sheets.file_errors import file_error_reason

FORMAT = 1
MANIFEST, LOG = "manifest.json", "events.db"
KEPT = (*OFFICE_FILES, CONFIG_FILE)
"""What goes along with the log. Keys do not, nor what is made anew: Temporal's file, witnesses, run files, logs."""
MOST_MANIFEST = 64 * 1024 * 1024
_PIECE = 1024 * 1024
_NO_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, KeyError, RuntimeError),  # a way to pack we do not know, a member missing, encrypted
)

Progress = Callable[[int, int], None]
"""(files done, files in all)."""


def unmoved(done: int, total: int) -> None:
    """Nobody watches."""
    del done, total


class KeptFile(Frozen):
    """One file of a backup, by its path below the home."""

    path: str
    size: int
    sha256: str


class Manifest(Frozen):
    """What a backup holds, and of which moment: position and hash are those of the newest event in it."""

    format: int = FORMAT
    taken_at: datetime
    headquarters: str
    position: int
    hash: str
    files: tuple[KeptFile, ...] = ()

    @property
    def digests(self) -> dict[str, str]:
        """Of each file, by its path."""
        return {kept.path: kept.sha256 for kept in self.files}


def write_archive(target: Path, manifest: Manifest, files: Iterable[tuple[str, Path]], moved: Progress) -> Manifest:
    """Write these files, by their path below the home; the manifest as it went in.

    Raises:
        Refusal: a file cannot be read.
        OSError: the archive cannot be written.
    """
    listed = sorted(files)
    kept: list[KeptFile] = []
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
        for n, (name, path) in enumerate(listed, start=1):
            try:
                kept.append(_put(archive, name, path))
            except Refusal as refusal:  # removed since it was listed, and of no moment after that
                if name == LOG or refusal.code != "not_found":
                    raise
            moved(n, len(listed))
        whole = manifest.model_copy(update={"files": tuple(kept)})
        archive.writestr(MANIFEST, whole.model_dump_json(indent=1))
    return whole


def _put(archive: zipfile.ZipFile, name: str, path: Path) -> KeptFile:
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with _opened(path, "没有备份成") as source, archive.open(entry, "w", force_zip64=True) as target:
        while piece := source.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    return KeptFile(path=name, size=size, sha256=digest.hexdigest())


def _opened(path: Path, so: str) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        refuse_always(f"没有文件 {path}", "not_found")
    except OSError as error:
        refuse_always(f"{path} 读不出来（{file_error_reason(error)}），{so}", "malformed")


def unpack_archive(file: Path, home: Path, headquarters: str, moved: Progress) -> Manifest:
    """Every file of the manifest below a home, exactly as it was put in, and no other.

    Raises:
        Refusal: the file is no whole backup of that headquarters, or of a newer build.
        OSError: a file cannot be written.
    """
    try:
        with _opened(file, "没有还原") as source, zipfile.ZipFile(source) as archive:
            manifest = _manifest(archive, file)
            refuse(
                manifest.headquarters != headquarters,
                f"{file.name} 是 {manifest.headquarters} 的备份，不是 {headquarters} 的；请用 --headquarters 写明",
                "malformed",
            )
            for n, kept in enumerate(manifest.files, start=1):
                _take(archive, kept, home, file)
                moved(n, len(manifest.files))
            return manifest
    except _NO_ARCHIVE:
        refuse_always(f"{file.name} 不是完整的备份文件，请换一份，或从存放处重新拷贝", "malformed")


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        refuse(archive.getinfo(MANIFEST).file_size > MOST_MANIFEST, f"{file.name} 的清单过大", "malformed")
        manifest = json.loads(archive.read(MANIFEST))
        newer = isinstance(manifest, dict) and isinstance(manifest.get("format"), int) and manifest["format"] > FORMAT
        refuse(newer, f"{file.name} 由更新版本的 xmh 写成，请用那个版本还原", "schema_newer")
        return Manifest.model_validate(manifest)
    except (ValidationError, ValueError, KeyError):
        refuse_always(f"{file.name} 不是 xmh 的备份文件，或没有写完", "malformed")


def _take(archive: zipfile.ZipFile, kept: KeptFile, home: Path, file: Path) -> None:
    """One file: of the size and the digest it had, below the home and nowhere else."""
    place = PurePosixPath(kept.path)
    ours = kept.path == LOG or (place.parts and place.parts[0] in KEPT)
    climbs = place.is_absolute() or ".." in place.parts or "\\" in kept.path or "\0" in kept.path or not ours
    refuse(climbs, f"{file.name} 要写到数据目录以外（{kept.path}），没有还原", "malformed")
    target = home.joinpath(*place.parts)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    differs = f"{file.name} 里的 {kept.path} 与清单不符"
    refuse(target.exists(), differs, "not_sound")
    digest, size = hashlib.sha256(), 0
    with archive.open(kept.path) as source, target.open("xb") as out:
        while piece := source.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            refuse(size > kept.size, differs, "not_sound")
            out.write(piece)
    refuse((size, digest.hexdigest()) != (kept.size, kept.sha256), differs, "not_sound")
