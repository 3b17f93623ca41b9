"""The press of an office: its faces and its templates, or those that come with the program."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from documents.formats.press import Press
    from settings import Settings


def press_by(settings: "Settings") -> "Press":
    """The faces and templates these settings name."""
    from documents.formats.fonts import Typeface
    from documents.formats.press import LAYOUT, Press
    from documents.formats.templates import load_template

    return Press(Typeface(settings.font_folders), load_template(LAYOUT, settings.template_folder), settings.store_place)
