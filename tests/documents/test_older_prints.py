"""What the build before issued is printed again byte for byte, in the words and by the layout of then.

`tests/fixtures/log-0006.sqlite.xz` holds 简报 and 纪要 that build printed, with the hashes of their files. It issued no
papers; what its wording of them was stands here as hashes that were taken before the wording changed.
"""

import zlib
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from documents.bulletin.briefing import FORMER, compose_briefing
from documents.filing.filed import Filed
from documents.formats.digest import sha256
from documents.formats.press import GB_2, Press
from documents.formats.templates import load_template
from documents.ledger import read_ledger
from documents.papers.forms import FORMER as FORMER_PAPER
from documents.sections.recipe import built_in_recipe
from domain.calendar import end_of_day
from domain.papers import PaperIssued, PaperKind
from eventlog import reading
from eventlog.database import Database
from services.issuing.bulletins import filed_bulletin, issued_bulletins
from services.issuing.minutes import all_minutes, minutes_to_print
from services.issuing.papers import filed_paper
from tests.documents.older import older

__all__ = ["older"]

PACKED_ALIKE = zlib.ZLIB_RUNTIME_VERSION == "1.2.13"
"""A .docx is packed by the zlib of the machine."""


def differing(filed: Filed, kinds: tuple[str, ...]) -> list[str]:
    """The files that are other bytes than they were; the cabinet is empty, so the templates are the program's."""
    press = filed.press(Press())
    wanted = [name for name in filed.event.files if name.endswith(kinds)]
    made = press.files(filed.page(press), wanted)
    return [name for name, data in made.items() if sha256(data) != filed.event.files[name]]


KINDS = (".md", ".html", ".pdf", *((".docx",) if PACKED_ALIKE else ()))


def test_bulletins_and_minutes_of_the_build_before_are_printed_again_byte_for_byte(
    older: Database, tmp_path: Path
) -> None:
    bulletins = [filed_bulletin(older, tmp_path, e) for e in issued_bulletins(older)]
    minutes = [minutes_to_print(older, tmp_path, e) for e in all_minutes(older)]
    assert (len(bulletins), len(minutes)) == (3, 13)
    assert {f.event.template for f in bulletins} == {FORMER}
    assert [name for f in bulletins for name in differing(f, KINDS)] == []
    assert [name for f in minutes[:2] for name in differing(f, KINDS)] == []
    assert [name for f in minutes[2:] for name in differing(f, (".md", ".html"))] == []


PAPERS: dict[tuple[PaperKind, str | None], dict[str, str]] = {
    (PaperKind.ASSIGNMENT, "XMH-2022-001"): {
        "md": "d684ec74629a3b90",
        "html": "8872569beb59e524",
        "pdf": "8270c7fa3faae55e",
    },
    (PaperKind.ASSIGNMENT, "XMH-2022-002"): {
        "md": "3b9008cadf6bd2b7",
        "html": "b1a850f07af90f3a",
        "pdf": "674fbab3b82eef6d",
    },
    (PaperKind.ASSIGNMENT, "XMH-2022-006"): {
        "md": "95ab74c2459e28dc",
        "html": "adc710f08447765a",
        "pdf": "44fbf6cb2891d43b",
    },
    (PaperKind.SUPERVISION, "XMH-2022-001"): {
        "md": "88996955b38949ef",
        "html": "b6c3a8bf3cf0839f",
        "pdf": "b376b018fc1f0d0d",
    },
    (PaperKind.SUPERVISION, "XMH-2022-002"): {
        "md": "d8cbec149199d10f",
        "html": "34d8c8e66f644149",
        "pdf": "83ff539c0a627468",
    },
    (PaperKind.SUPERVISION, "XMH-2022-004"): {
        "md": "99a6d9fa32c281b2",
        "html": "2f4e0f2654dc2451",
        "pdf": "c21c815e3f9ba940",
    },
    (PaperKind.SUPERVISION, "XMH-2022-006"): {
        "md": "2eb647e381ffebfb",
        "html": "d45e5feeefb50919",
        "pdf": "fb78db0ecc6c9c1d",
    },
    (PaperKind.SUPERVISION, "XMH-2022-010"): {
        "md": "eba0a73359083ca1",
        "html": "6d9bbd8bd8844a18",
        "pdf": "e6a22c94fb8fc34c",
    },
    (PaperKind.URGE, "XMH-2022-005"): {"md": "6f49bb3c849ad8db", "html": "e04edfda85104c3c", "pdf": "673e7bb0492f8324"},
    (PaperKind.URGE, "XMH-2022-007"): {"md": "456247ca03639f16", "html": "a27bc43c4f662a6c", "pdf": "f4baf75593a60034"},
    (PaperKind.PROBLEM, "XMH-2022-004"): {
        "md": "93ecb7534ee082c3",
        "html": "b6055359c19d0f23",
        "pdf": "b107a3a02fa55111",
    },
    (PaperKind.PROBLEM, "XMH-2022-006"): {
        "md": "3d240d47f3b0847d",
        "html": "ae0f7d5fc276b13f",
        "pdf": "ed331f8a47514ee7",
    },
    (PaperKind.EXTENSION, "XMH-2022-006"): {
        "md": "07622ec0f8286834",
        "html": "0046d3eddf8af31e",
        "pdf": "5b7ce10f911b6488",
    },
    (PaperKind.CONCLUSION, "XMH-2022-037"): {
        "md": "d8720c7862b9b67b",
        "html": "dca85e8f5d7a3f1f",
        "pdf": "ceb32a32cd2c9da9",
    },
    (PaperKind.CIRCULAR, None): {"md": "eb4741f8d884ee9c", "html": "08a9849af6c6f435", "pdf": "2956bace1cbefcdb"},
}
"""Kind and matter → hashes of .md, .html and .pdf in the wording of before."""
ON, AS_OF = date(2022, 4, 5), end_of_day(date(2022, 4, 4))


def former_paper(older: Database, kind: PaperKind, number: str | None) -> PaperIssued:
    """A paper as the build before would have issued it."""
    ledger = read_ledger(older, AS_OF)
    stream = next((f.matter.stream for f in ledger.matters if f.matter.number == number), None)
    return PaperIssued(
        number="香指办督〔2022〕99号",
        kind=kind,
        letter=False,
        year=2022,
        no=99,
        matter=stream,
        about=number or "",
        since=None if stream else date(2022, 1, 1),
        until=None if stream else date(2022, 3, 31),
        title="",
        addressee=None,
        position=ledger.position,
        as_of=ledger.as_of,
        signer="p-leader-1",
        issued_on=ON,
        files={},
        template=FORMER_PAPER,
    )


@pytest.mark.parametrize(("kind", "number"), PAPERS)
def test_papers_of_the_build_before_are_worded_and_set_as_they_were(
    older: Database, tmp_path: Path, kind: PaperKind, number: str | None
) -> None:
    filed = filed_paper(older, tmp_path, former_paper(older, kind, number))
    press = filed.press(Press())
    assert press.template.id == GB_2
    page = filed.page(press)
    made = {kind: sha256(press.printed(page, kind))[:16] for kind in ("md", "html", "pdf")}
    assert made == PAPERS[kind, number]


def test_a_draft_of_the_build_before_reads_as_it_did(older: Database) -> None:
    event = issued_bulletins(older)[0]
    compose = partial(compose_briefing, older, event.publication, event.since, event.until)
    former = compose(as_of=event.as_of, position=event.position, recipe=built_in_recipe(GB_2))
    assert former.issue(event) == filed_bulletin(older, Path(), event).page(Press(template=load_template(GB_2)))
    assert reading.stream_head(older, "bulletin/briefing").version
