"""What LibreOffice makes of our .docx: it keeps what the standard lays down, on as many faces, 版记 at the foot."""

import pytest

from documents.checking.docx_measures import measure_docx
from documents.checking.pdf_measures import measure_pdf
from documents.checking.pdf_reading import Pdf, read_pdf
from documents.checking.report import MeasuringReport, Verdict, judge_clauses
from documents.formats.press import Press
from documents.page import Layout, Page
from tests.documents.printing.sample import ISSUER, bulletin, form, letter, minutes, news, paper, report, upward
from tests.support.libreoffice import converted, needs_libreoffice

pytestmark = needs_libreoffice
PAGES: dict[str, Page] = {
    "简报": bulletin(),
    "简报短": bulletin(1),
    "简报长": bulletin(60),
    "督办通知": paper(),
    "督办通知短": paper(1),
    "督办单": form(),
    "督办单长": form(5),
    "函": letter(),
    "纪要": minutes(),
    "纪要短": minutes(5),
    "动态": news(),
    "报告": report(),
    "上行": upward(),
    "督办单过页": form(14),
}
WITH_IMPRINT = [name for name in PAGES if name not in ("函", "动态", "报告")]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each kind as LibreOffice prints it, all by one start of it."""
    folder = tmp_path_factory.mktemp("printed")
    paths = [folder / f"{name}.docx" for name in PAGES]
    for path in paths:
        path.write_bytes(Press().printed(PAGES[path.stem], "docx"))
    return {path.stem: path.read_bytes() for path in converted(paths, "pdf", folder)}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each kind as LibreOffice saves it."""
    folder = tmp_path_factory.mktemp("drawn")
    paths = [folder / f"{name}.docx" for name in PAGES]
    for path in paths:
        path.write_bytes(Press().printed(PAGES[path.stem], "docx"))
    return {path.stem: path.read_bytes() for path in converted(paths, "docx", tmp_path_factory.mktemp("saved"))}


@pytest.mark.parametrize("name", PAGES)
def test_a_right_docx_saved_by_libreoffice_fails_no_clause(saved: dict[str, bytes], name: str) -> None:
    """It names sides and places as the newer standard does, and draws the rules of 版记 at its cells.

    Of a 函 it loses the lower double rule, which is said.
    """
    lines = judge_clauses("x.docx", measure_docx(saved[name])).lines
    lost = [("函末双线距下页边", "没有红色双线")] if PAGES[name].layout is Layout.LETTER else []
    assert [(x.what, x.found) for x in lines if x.verdict is Verdict.FAILED] == lost


def judged(data: bytes) -> MeasuringReport:
    return judge_clauses("x.pdf", measure_pdf(data))


@pytest.mark.parametrize("name", PAGES)
def test_a_right_docx_printed_by_libreoffice_fails_no_clause_of_must(printed: dict[str, bytes], name: str) -> None:
    assert [(x.what, x.found) for x in judged(printed[name]).failed] == []


@pytest.mark.parametrize("name", WITH_IMPRINT)
def test_the_imprint_is_measured_and_stands_at_the_foot_of_the_last_face(printed: dict[str, bytes], name: str) -> None:
    lines = {x.what: x.verdict for x in judged(printed[name]).lines}
    assert lines["末条线距版心下边"] is Verdict.MET
    assert lines["版记分隔线宽"] is Verdict.MET


def faces(data: bytes) -> Pdf:
    return read_pdf(data)


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("简报")])
def test_it_fills_as_many_faces_as_our_pdf(printed: dict[str, bytes], name: str) -> None:
    """Closer lines that save the .pdf a face save the .docx one too, and its head is as high.

    LibreOffice sets figures apart from characters whatever a file says; a 简报 is full of figures, and may go over.
    """
    assert len(faces(printed[name]).faces) == len(faces(Press().printed(PAGES[name], "pdf")).faces)


def test_what_goes_over_of_a_form_is_what_its_reader_fills_and_has_the_whole_face(printed: dict[str, bytes]) -> None:
    for data in (printed["督办单过页"], Press().printed(PAGES["督办单过页"], "pdf")):
        *_, last = faces(data).faces
        said = "".join(g.text for g in last.glyphs)
        assert all(words in said for words in ("办理情况", "经办人", ISSUER, "印发")), said
        assert max(bottom - top for top, bottom in last.uprights) > 80


def test_a_form_stands_on_one_face_and_leaves_room_to_write(printed: dict[str, bytes]) -> None:
    [face] = faces(printed["督办单"]).faces
    said = "".join(g.text for g in face.glyphs)
    assert "回执" in said
    heights = [bottom - top for top, bottom in face.uprights]
    assert max(heights) > 16


def test_a_form_that_is_a_little_too_long_is_set_close_and_stands_on_one_face(printed: dict[str, bytes]) -> None:
    [face] = faces(printed["督办单长"]).faces
    assert [len(faces(Press().printed(PAGES["督办单长"], "pdf")).faces), len(face.glyphs) > 200] == [1, True]
    heights = [bottom - top for top, bottom in face.uprights]
    assert max(heights) > 9, "there is room left to write"


def test_the_head_of_every_kind_is_the_same_height_it_is_in_the_pdf(printed: dict[str, bytes]) -> None:
    """The first line below the head, in millimetres; a grid of lines would shift it by whole ones."""
    for name in ("督办通知", "纪要", "简报", "函"):
        ours = faces(Press().printed(PAGES[name], "pdf")).faces[0]
        theirs = faces(printed[name]).faces[0]
        mark, same = (max((g for g in face.glyphs if g.red), key=lambda g: g.size).y for face in (ours, theirs))
        assert abs(mark - same) < 6, name
