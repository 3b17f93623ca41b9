"""The templates issues were printed by, kept in the cabinet: an office changes its own, old issues are printed again.

What the program comes with is kept too: a home then holds all it needs but the program that reads it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from documents.filing.cabinet import FOLDER, place_folder, print_files
from documents.formats.press import LAYOUT, Press
from documents.formats.templates import Template, load_template
from domain.base import Refusal

SHELF = "模板"
_SHORT = 16


def shelve_template(home: Path, used: Template) -> None:
    """Keep the files of a template in the cabinet, once.

    Raises:
        Refusal: `disk_full`, `home_unwritable`, when they cannot be written; nothing has a number yet.
    """
    place = _place(home, used.sha256)
    if all((place / name).is_file() for name in used.files):
        return
    if place.exists():  # builds before this one laid the files there one by one
        with print_files(place, used.files) as put:
            put()
        return
    place_folder(place, used.files)


def press_of_template(
    home: Path, press: Press, sha256: str | None, what: str, remedy: str = "请从备份恢复", layout: str = LAYOUT
) -> Press:
    """The press an issue or a draft was printed by: today's faces, and the template of that layout and hash.

    Raises:
        Refusal: `template_gone`, when it is neither today's nor the program's nor on the shelf as it was.
    """
    press = replace(press, home=home)
    if layout == press.template.id and sha256 in (None, press.template.sha256):
        return press
    own = load_template(layout)
    if sha256 is None:
        return replace(press, template=own)
    place = _place(home, sha256)
    kept = Template(layout, place) if place.is_dir() else None
    for candidate in (own, kept):
        if candidate is not None and candidate.sha256 == sha256:
            return replace(press, template=candidate)
    state = f"已被改动（{place}）" if kept else f"不在了（应在 {place}）"
    raise Refusal(f"{what} 所用的模板{state}，不能按原样成文；{remedy}", "template_gone")


def altered_templates(home: Path) -> Iterator[Path]:
    """Shelved templates whose files are no longer what was shelved."""
    for place in sorted((home / FOLDER / SHELF).glob("*")):
        if place.is_dir() and not place.name.startswith("."):
            try:
                same = Template(LAYOUT, place).sha256[:_SHORT] == place.name
            except OSError:
                same = False
            if not same:
                yield place


def _place(home: Path, sha256: str) -> Path:
    return home / FOLDER / SHELF / sha256[:_SHORT]
