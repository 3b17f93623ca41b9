"""LibreOffice as another hand at our files: it opens, saves and prints them, with the faces the program comes with."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pylopdf_fonts_zh_cn import serif_path

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed: apt-get install libreoffice-writer-nogui"
)
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{faces}</dir><cachedir>{cache}</cachedir></fontconfig>"""


def converted(paths: Iterable[Path], to: str, into: Path) -> list[Path]:
    """The files as LibreOffice saves or prints them, all in one start of it; `to` is pdf, odt, docx."""
    every = list(paths)
    with TemporaryDirectory(prefix="xmh-office-") as own:
        fonts = Path(own) / "fonts.conf"
        fonts.write_text(_FONTS.format(faces=serif_path().parent, cache=Path(own) / "cache"), encoding="utf-8")
        profile = f"-env:UserInstallation={(Path(own) / 'profile').as_uri()}"
        subprocess.run(
            ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(into), *map(str, every)],
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)}, check=True, capture_output=True, timeout=180,
        )  # fmt: skip
    made = [into / f"{path.stem}.{to}" for path in every]
    assert all(path.exists() for path in made), "LibreOffice made nothing of a file"
    return made
