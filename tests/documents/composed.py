"""A 简报 of every part there was before the first page led: five sections, each saying all it can."""

from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from documents.bulletin.briefing import compose_briefing as compose
from documents.formats.press import GB_2, LAYOUT, Press
from documents.formats.templates import load_template
from documents.sections.recipe import FILE, built_in_recipe

EVERY_PART = built_in_recipe(GB_2).model_copy(update={"layout": LAYOUT})
compose_briefing = partial(compose, recipe=EVERY_PART)


def every_part_press() -> Press:
    """Of an office whose own 简报.toml names every such part."""
    own = Path(mkdtemp())
    (own / FILE).write_bytes(load_template(GB_2).source(FILE))
    return Press(template=load_template(LAYOUT, own))
