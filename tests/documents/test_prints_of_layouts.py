"""What builds before made of one log by their wordings and layouts, each pinned while it was today's."""

import hashlib
import io
import zipfile
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from documents.bulletin.briefing import compose_briefing
from documents.formats.digest import sha256
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.formats.templates import load_template
from documents.ledger import read_ledger
from documents.page import Page
from documents.papers.circular import compose_circular
from documents.sections.recipe import built_in_recipe
from domain.bulletin import Publication
from domain.calendar import end_of_day
from domain.papers import PaperKind
from eventlog.database import Database
from services.issuing.bulletins import issued_bulletins
from services.issuing.minutes import all_minutes, minutes_at
from services.issuing.papers import filed_paper
from tests.documents.older import older
from tests.documents.quarter import crowd, play
from tests.documents.test_older_prints import PACKED_ALIKE, former_paper
from tests.support.history import tick
from tests.support.homes import at

__all__ = ["older"]

PRINTED: dict[str, dict[str, tuple[str, str]]] = {
    "gb-3": {
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
    },
    "gb-4": {
        "交办": ("f14bc1342d306bd7", "9d7687a560341f5c"),
        "督办单": ("86ebd5982714cb65", "0e460b751a23a305"),
        "督办函": ("f04bf786b64881cf", "936a7d803956100c"),
        "催办单": ("62b5942a08cde5f3", "805c7a5eb2e29c82"),
        "问题": ("3879a16ba2c7b2bc", "cd9169bae5cc9a57"),
        "批复": ("bcca72f743b525df", "5e03ddae05d662b4"),
        "结论": ("4e89d5712061dafc", "dcd63e484b24562c"),
        "通报": ("acd84c6ad9ec0c93", "9d72ce50354f85c8"),
        "纪要": ("7bfc56f96a007d9b", "d48d9496c01efc6b"),
        "briefing": ("26d4d118d17ab877", "55f8e48d73aba472"),
        "news": ("3b5b2ce89cadbd7e", "76b637b33424b5b6"),
    },
    "gb-5": {
        "交办": ("a5e4c1953fa8375d", "9d7687a560341f5c"),
        "督办单": ("cec290b116668ee2", "0e460b751a23a305"),
        "督办函": ("cd596c31ad5e80f9", "936a7d803956100c"),
        "催办单": ("bd13eb33c0b23779", "805c7a5eb2e29c82"),
        "问题": ("0835ff59577df72c", "cd9169bae5cc9a57"),
        "批复": ("ac1e95ea222d4966", "5e03ddae05d662b4"),
        "结论": ("8ff70bfcb2502770", "dcd63e484b24562c"),
        "通报": ("29560420272541d6", "71065c0924617653"),
        "纪要": ("dc38eb92578b6af4", "d48d9496c01efc6b"),
        "briefing": ("fb48fc9430415d65", "d760826aa3b82255"),
        "news": ("5484226a1b4a9005", "0622fe2190e56339"),
    },
    "gb-6": {
        "交办": ("5eb657a3e8dee466", "1e91e66a029ed18f"),
        "督办单": ("1403820e08393594", "338bc4d483e216e2"),
        "督办函": ("9ab5a1762c8ab557", "a3379e7eee24deb3"),
        "催办单": ("f655a29adea259fa", "0a014a0e6af358ef"),
        "问题": ("4f2385d2d0dd5f95", "d1921d7e80bd3957"),
        "批复": ("edcd87bed3906afa", "ba1ef4e8cc3ebffc"),
        "结论": ("c9ac35075a937d6e", "e7f1b2df0052efdc"),
        "通报": ("3081997c7be5972d", "ca5debeb723316b3"),
        "纪要": ("587b1b3d0c0eef14", "d41b3580a1a89f43"),
        "briefing": ("ee681c8a1843035a", "371c674ea41fc0d8"),
        "news": ("4981968a21851a01", "9a497a4d30df495a"),
    },
    "gb-7": {
        "交办": ("5eb657a3e8dee466", "6c600f03a9b3da07"),
        "督办单": ("077f3d498df85ae5", "b6255b860b1e4c45"),
        "督办函": ("9ab5a1762c8ab557", "feab255440cf7313"),
        "催办单": ("f655a29adea259fa", "e5d52effb2ae8d59"),
        "问题": ("4f2385d2d0dd5f95", "7ff946a6d6d9e94c"),
        "批复": ("edcd87bed3906afa", "ba1ef4e8cc3ebffc"),
        "结论": ("c9ac35075a937d6e", "de2cf051b6f13ca4"),
        "通报": ("a4413e076ad1c33c", "d8d9661d5e6c46a5"),
        "纪要": ("587b1b3d0c0eef14", "5b070f5949522b47"),
        "briefing": ("0cd8a1b7dc558edc", "357658e322f7408c"),
        "news": ("4981968a21851a01", "6d08ba672c7c3e9d"),
    },
}
"""Layout → document → the hash of its .md, .html and .pdf together, and of what is packed in its .docx."""
WORDED = {
    "gb-3": ("briefing-3", "paper-4", "minutes-2"),
    "gb-4": ("briefing-6", "paper-6", "minutes-3"),
    "gb-5": ("briefing-8", "paper-7", "minutes-4"),
    "gb-6": ("briefing-9", "paper-8", "minutes-5"),
    "gb-7": ("briefing-10", "paper-9", "minutes-6"),
}
"""The last wordings of a layout: of a bulletin, a paper, minutes."""
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


def page_of(older: Database, layout: str, document: str) -> Page:
    """The page of a document as a build before worded it."""
    bulletin, paper, noted = (f"{layout}/{name}" for name in WORDED[layout])
    if document in PAPERS:
        event = former_paper(older, *PAPERS[document]).model_copy(update={"template": paper})
        return filed_paper(older, Path(), event).page(Press())
    if document == "纪要":
        minutes = all_minutes(older)[4].model_copy(update={"template": noted})
        return minutes_at(older, minutes)
    issued = issued_bulletins(older, Publication.BRIEFING)[-1]
    publication = next(p for p in Publication if p.value == document)
    compose = partial(compose_briefing, older, publication, issued.since, issued.until)
    briefing = compose(as_of=issued.as_of, position=issued.position, recipe=built_in_recipe(layout), template=bulletin)
    return briefing.issue(issued.model_copy(update={"template": bulletin}))


@pytest.mark.parametrize("layout", WORDED)
@pytest.mark.parametrize("document", [*PAPERS, "纪要", *(p.value for p in Publication)])
def test_a_build_before_is_printed_again_as_it_was(older: Database, layout: str, document: str) -> None:
    press, page = Press(template=load_template(layout)), page_of(older, layout, document)
    plain = b"".join(press.printed(page, kind) for kind in ("md", "html", "pdf"))
    with zipfile.ZipFile(io.BytesIO(press.printed(page, "docx"))) as archive:
        packed = b"".join(archive.read(name) for name in archive.namelist())
    made = (hashlib.sha256(plain).hexdigest()[:16], hashlib.sha256(packed).hexdigest()[:16])
    wanted = PRINTED[layout][document]
    assert made == wanted if PACKED_ALIKE else made[0] == wanted[0]


CROWDED = {"简报": "94f0992fd65d260a", "通报": "015eba0b341938ff"}
"""Document → the hash of its .md by gb-4, where much is to be told."""


@pytest.fixture
def crowded(log: Database) -> Database:
    play(log)
    crowd(log, 40)
    tick(log, at("2022-03-31", "17:30"))
    return log


def test_much_to_tell_is_told_by_gb4_as_it_was(crowded: Database) -> None:
    evening = end_of_day(date(2022, 3, 31))
    compose = partial(compose_briefing, crowded, Publication.BRIEFING, date(2022, 3, 1), date(2022, 3, 31))
    briefing = compose(as_of=evening, recipe=built_in_recipe("gb-4"), template="gb-4/briefing-6")
    circular = compose_circular(read_ledger(crowded, evening), date(2022, 1, 1), date(2022, 3, 31), "gb-4")
    made = {"简报": briefing.draft(date(2022, 3, 31)), "通报": circular.page(on=date(2022, 4, 1))}
    assert {name: sha256(markdown_of(page).encode())[:16] for name, page in made.items()} == CROWDED
