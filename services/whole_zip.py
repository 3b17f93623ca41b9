"""A .zip for somebody outside, written whole or not at all and for its owner alone."""

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from eventlog.durable import put_durably
from sheets.file_errors import unwritable_file

_PLAIN_FILE = 0o100600 << 16


def write_whole_zip(
    file: Path, files: Mapping[str, bytes], comment: bytes = b"", seal: Callable[[Path], None] = lambda _: None
) -> tuple[int, str]:
    """Write files by their paths, without times, in order; its size, and its SHA-256.

    Args:
        file: where to.
        files: path inside → content.
        comment: of the archive, at its very end.
        seal: what is still done to the written file before it gets its name.

    Raises:
        Refusal: `unwritable` or `disk_full`; nothing is left then.
    """
    part = file.with_name(f".{file.name}.{uuid4().hex[:8]}")
    try:
        with zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = comment
            for name, data in sorted(files.items()):
                entry = zipfile.ZipInfo(name)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _PLAIN_FILE
                archive.writestr(entry, data)
        part.chmod(0o600)
        seal(part)
        with part.open("rb") as whole:
            digest = hashlib.file_digest(whole, "sha256").hexdigest()
        size = part.stat().st_size
        put_durably(part, file)
    except OSError as error:
        raise unwritable_file(file, error) from error
    finally:
        part.unlink(missing_ok=True)
    return size, digest
