"""What the build before makes of one log by its wording and layout (gb-3), pinned while they were today's."""

import hashlib
import io
import zipfile
from functools import partial
from pathlib import Path

import pytest

from documents.bulletin.briefing import compose_briefing
from documents.formats.press import Press
from documents.formats.templates import load_template
from documents.page import Page
from documents.sections.recipe import built_in_recipe
from domain.bulletin import Publication
from domain.papers import PaperKind
from eventlog.database import Database
from services.issuing.bulletins import issued_bulletins
from services.issuing.minutes import all_minutes, minutes_at
from services.issuing.papers import filed_paper
from tests.documents.older import older
from tests.documents.test_older_prints import PACKED_ALIKE, former_paper

__all__ = ["older"]

PRINTED: dict[str, tuple[str, str]] = {
    "交办": ("3ec181f7a417fb21", "ab91b40157c65aa6"),
    "督办单": ("2ed4dfc5f5b5e28b", "7be30a9d973bc893"),
    "督办函": ("8ddd2619b97f34b0", "c1b1ac83c4d780ce"),
    "催办单": ("6f2fe1cc7ab8d990", "01c0d5135399626e"),
    "问题": ("e5789f6ffad8ee67", "2c8a0b10cd6890d6"),
    "批复": ("f802dc23a3b4591d", "8df5f0ff418d546f"),
    "结论": ("fce183b0ec87b97c", "2f0b01ede2d95696"),
    "通报": ("0b38409a364891d2", "bad9802810acf704"),
    "纪要": ("3f4692da980930f7", "516c921c3d6933bc"),
    "briefing": ("bbd8623db2286141", "a5c8118088268a6b"),
    "news": ("324eaba4f2c1cf5c", "04121285fe8d6cb5"),
}
"""Document → the hash of its .md, .html and .pdf together, and of what is packed in its .docx."""
PAPERS: dict[str, tuple[PaperKind, str | None]] = {
    "交办": (PaperKind.ASSIGNMENT, "XMH-2022-001"),
    "督办单": (PaperKind.SUPERVISION, "XMH-2022-004"),
    "督办函": (PaperKind.SUPERVISION, "XMH-2022-006"),
    "催办单": (PaperKind.URGE, "XMH-2022-005"),
    "问题": (PaperKind.PROBLEM, "XMH-2022-004"),
    "批复": (PaperKind.EXTENSION, "XMH-2022-006"),
    "结论": (PaperKind.CONCLUSION, "XMH-2022-037"),
    "通报": (PaperKind.CIRCULAR, None),
}


def page_of(older: Database, document: str) -> Page:
    """The page of a document as the build before words it."""
    if document in PAPERS:
        event = former_paper(older, *PAPERS[document]).model_copy(update={"template": "gb-3/paper-4"})
        return filed_paper(older, Path(), event).page(Press())
    if document == "纪要":
        minutes = all_minutes(older)[4].model_copy(update={"template": "gb-3/minutes-2"})
        return minutes_at(older, minutes)
    issued = issued_bulletins(older, Publication.BRIEFING)[-1]
    publication = next(p for p in Publication if p.value == document)
    compose = partial(compose_briefing, older, publication, issued.since, issued.until)
    briefing = compose(as_of=issued.as_of, position=issued.position, recipe=built_in_recipe("gb-3"))
    return briefing.issue(issued.model_copy(update={"template": "gb-3/briefing-3"}))


@pytest.mark.parametrize("document", [*PAPERS, "纪要", *(p.value for p in Publication)])
def test_the_build_before_is_printed_again_as_it_was(older: Database, document: str) -> None:
    press, page = Press(template=load_template("gb-3")), page_of(older, document)
    plain = b"".join(press.printed(page, kind) for kind in ("md", "html", "pdf"))
    with zipfile.ZipFile(io.BytesIO(press.printed(page, "docx"))) as archive:
        packed = b"".join(archive.read(name) for name in archive.namelist())
    made = (hashlib.sha256(plain).hexdigest()[:16], hashlib.sha256(packed).hexdigest()[:16])
    assert made == PRINTED[document] if PACKED_ALIKE else made[0] == PRINTED[document][0]
