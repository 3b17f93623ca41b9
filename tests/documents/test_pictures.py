"""动态 with pictures: what leads sent with their reports, in every format, with what it shows and whose it is."""

import re
import struct
import zlib
from base64 import b64decode
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from docx.image.image import Image
from pypdf import PdfReader

from documents.bulletin.briefing import TALKATIVE, Briefing, compose_briefing
from documents.bulletin.drafts import computed_draft, keep_draft
from documents.bulletin.edited import read_edited
from documents.bulletin.not_taken import not_taken
from documents.filing.rebuilding import rebuild_issue
from documents.formats.markdown import markdown_of
from documents.formats.pictures import _drawn, photograph, picture_for_word
from documents.formats.press import Press
from documents.formats.raster import read_raster
from documents.page import Picture
from domain import commands as c
from domain.base import Refusal
from domain.bulletin import Publication
from domain.calendar import end_of_day
from domain.facts import Attachment
from domain.terms import ReturnReason
from eventlog.attachments import FOLDER, keep_attachment
from eventlog.database import Database
from eventlog.secrets import seal_text
from services.issuing.bulletins import issue_draft
from services.issuing.catalogue import find_filed
from tests.documents.quarter import HALL, LAND, play
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, opening

SPAN = (date(2022, 3, 28), date(2022, 4, 1))
NOW = at("2022-04-01", "18:00")
JPEG = (
    b64decode(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
        "////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
    )
    + b"\xff\xd9"
)


def png(wide: int, high: int) -> bytes:
    """A grey picture of so many dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x80" * wide for _ in range(high))
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def held(orientation: int, size: tuple[int, int] = (1, 1)) -> bytes:
    """A picture by a camera that says how it was held."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + b"\0\0\0\0"
    wide, high = size
    frame = JPEG.index(b"\xff\xc2") + 5
    sized = JPEG[:frame] + struct.pack(">HH", high, wide) + JPEG[frame + 4 :]
    return sized[:20] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + sized[20:]


def report(log: Database, home: Path, stream: str, data: bytes, name: str, clock: str) -> Attachment:
    """A lead's report with a picture."""
    kept = keep_attachment(home, [data], name)
    act(
        log,
        stream,
        c.SubmitFeedback(text="主体施工至六层", progress=50, attachments=(kept,)),
        LIAISON,
        at(*clock.split()),
    )
    return kept


def news(log: Database) -> Briefing:
    return compose_briefing(log, Publication.NEWS, *SPAN, as_of=NOW)


def pictures(found: Briefing) -> list[Picture]:
    return [b for s in found.sections for b in s.blocks if isinstance(b, Picture)]


def test_the_newest_picture_of_each_matter_is_shown_with_what_it_shows_and_whose_it_is(
    log: Database, home: Path
) -> None:
    play(log)
    report(log, home, HALL, png(4, 3), "旧.png", "2022-03-30 10:00")
    newest = report(log, home, HALL, png(8, 6), "现场.PNG", "2022-04-01 10:00")
    report(log, home, LAND, b"%PDF-1.7", "红线图.pdf", "2022-04-01 11:00")
    [shown] = pictures(news(log))
    assert (shown.sha256, shown.words) == (
        newest.sha256,
        "图：推进国际交流中心一期主体施工（区城市更新和土地整备局，4月1日）",
    )
    assert f"（{shown.words}）" in markdown_of(news(log).draft(SPAN[1]))


def test_a_picture_of_a_report_that_was_returned_or_is_too_large_is_not_shown(log: Database, home: Path) -> None:
    play(log)
    report(log, home, HALL, png(4, 3), "现场.png", "2022-03-31 10:00")
    act(log, HALL, c.AskBack(reason=ReturnReason.UNCLEAR, text="照片不清"), OFFICE, at("2022-03-31", "11:00"))
    huge = Attachment(name="航拍.jpg", sha256="0" * 64, size=6 * 1024 * 1024)
    act(log, LAND, c.SubmitFeedback(text="已测绘", progress=30, attachments=(huge,)), LIAISON, at("2022-04-01"))
    assert pictures(news(log)) == []


def test_a_picture_sent_with_a_report_under_seal_is_not_shown(log: Database, home: Path) -> None:
    play(log)
    for field in ("text", "problem", "next_step", "coordination"):
        kept = keep_attachment(home, [png(4, 3)], "现场.png")
        sent = c.SubmitFeedback(text="主体施工至六层", attachments=(kept,))
        sealed = sent.model_copy(update={field: seal_text(log, HALL, "专题会前不外传")})
        act(log, HALL, sealed, LIAISON, at("2022-04-01", "10:00"))
        assert pictures(news(log)) == [], field


def test_two_pictures_with_the_same_words_are_read_back_as_two(log: Database, home: Path) -> None:
    play(log)
    twin, title = "matter/twin", "推进国际交流中心一期主体施工"
    act(log, twin, opening(title, date(2022, 5, 31), duplicate_reason="分标段督办"), OFFICE, at("2022-03-31", "17:40"))
    act(log, twin, c.AcceptReceipt(), LIAISON, at("2022-03-31", "17:41"))
    report(log, home, HALL, png(40, 30), "现场.png", "2022-04-01 10:00")
    report(log, home, twin, png(30, 40), "现场.png", "2022-04-01 11:00")
    one, other = pictures(news(log))
    assert one.words == other.words
    draft = keep_draft(home, news(log), "office", NOW)
    issued = issue_draft(log, home, draft, FOR_LEADER, NOW)
    computed = computed_draft(log, draft)
    assert read_edited(issued.files["docx"], computed).sections == computed.sections


def test_an_issue_with_a_picture_is_printed_read_back_and_rebuilt(log: Database, home: Path) -> None:
    play(log)
    report(log, home, HALL, png(40, 30), "现场.png", "2022-04-01 10:00")
    draft = keep_draft(home, news(log), "office", NOW)
    issued = issue_draft(log, home, draft, FOR_LEADER, NOW)
    words = "图：推进国际交流中心一期主体施工（区城市更新和土地整备局，4月1日）"
    page = PdfReader(issued.files["pdf"]).pages[0]
    assert len(page.images) == 1
    assert words in page.extract_text().replace("\n", "")
    document = Document(str(issued.files["docx"]))
    assert [shape.height / shape.width for shape in document.inline_shapes] == [pytest.approx(0.75, abs=0.01)]
    assert words in [p.text for p in document.paragraphs]
    html = issued.files["html"].read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in html
    assert f"<figcaption>{words}</figcaption>" in html
    filed = find_filed(log, home, issued.number)
    assert filed is not None
    proof = rebuild_issue(log, filed, Press())
    assert proof.ok, proof.differences
    computed = computed_draft(log, draft)
    assert read_edited(issued.files["docx"], computed).sections == computed.sections, "nothing was changed"
    assert not_taken(issued.files["docx"], computed) == ()


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_a_picture_that_lies_on_its_side_is_set_upright(home: Path, orientation: int, turned: int) -> None:
    kept = keep_attachment(home, [held(orientation)], "现场.jpg")
    shown = photograph(home, Picture(caption="甲", source="乙", sha256=kept.sha256))
    assert shown.turned == turned
    assert ("rotate" in shown.svg) == bool(turned)
    assert Image.from_blob(shown.data).px_width == 1


def test_a_picture_is_no_higher_than_half_a_face_and_no_wider_than_the_text(home: Path) -> None:
    for wide, high in ((4000, 300), (300, 4000), (1, 1)):
        kept = keep_attachment(home, [png(wide, high)], "现场.png")
        shown = photograph(home, Picture(caption="甲", source="乙", sha256=kept.sha256))
        assert shown.width <= 156
        assert shown.width * high / wide <= 90.5


PLACE = b"\x88\x25GPS 22.5431 N 114.0579 E Canon"


def segment(marker: int, content: bytes) -> bytes:
    """A part of a .jpg."""
    return b"\xff" + bytes((marker,)) + (len(content) + 2).to_bytes(2, "big") + content


def as_of_a_phone(orientation: int = 1) -> bytes:
    """A picture with a place, a comment, a colour profile, and a film behind its end."""
    jpeg = held(orientation)
    told = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE) + segment(0xFE, PLACE)
    told += segment(0xE2, b"ICC_PROFILE\0profile") + segment(0xE2, b"MPF\0" + PLACE)
    return jpeg[:20] + told + jpeg[20:] + b"ftypmp42" + PLACE


def with_what_it_was_cut_from() -> bytes:
    """A picture with a smaller one of before it was cut in its JFIF, and a comment between its scans."""
    smaller = PLACE + b"\0" * (-len(PLACE) % 3)
    jfif = segment(0xE0, JPEG[6:18] + bytes((len(smaller) // 3, 1)) + smaller)
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + PLACE)
    return JPEG[:2] + jfif + adobe + JPEG[20:-2] + segment(0xFE, PLACE) + segment(0xC4, b"") + JPEG[-2:] + PLACE


def png_of_a_phone() -> bytes:
    """The same as a .png, with who vouches for it (C2PA) and a smaller picture."""
    plain = png(4, 3)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    programs = chunk(b"caBX", PLACE) + chunk(b"prVW", PLACE)
    return plain[:-12] + chunk(b"eXIf", PLACE) + chunk(b"tEXt", b"Comment\0" + PLACE) + programs + plain[-12:] + PLACE


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("现场.jpg", as_of_a_phone(6)),
        ("现场.jpg", with_what_it_was_cut_from()),
        ("现场.png", png_of_a_phone()),
    ],
)
def test_a_picture_is_printed_without_what_its_camera_wrote_into_it(home: Path, name: str, data: bytes) -> None:
    kept = keep_attachment(home, [data], name)
    asked = Picture(caption="甲", source="乙", sha256=kept.sha256)
    before, bare = photograph(home, asked), photograph(home, asked.model_copy(update={"bare": True}))
    assert (PLACE in before.data, PLACE in bare.data) == (True, False)
    assert (before.size, before.turned, before.kind) == (bare.size, bare.turned, bare.kind)
    assert read_raster(bare.data) == read_raster(data), "how it was held is still said"
    drawn = [_drawn(shown.svg, 20) for shown in (before, bare)]
    assert drawn[0] == drawn[1], "dot for dot"
    assert (b"ICC_PROFILE" in bare.data) == (b"ICC_PROFILE" in data)


def test_an_issue_of_today_names_no_place_and_one_of_before_is_as_it_was(log: Database, home: Path) -> None:
    play(log)
    report(log, home, HALL, as_of_a_phone(), "现场.jpg", "2022-04-01 10:00")
    press, today = Press(home=home), news(log)
    former = compose_briefing(log, Publication.NEWS, *SPAN, as_of=NOW, template=TALKATIVE)
    assert [(p.bare, q.bare) for p, q in zip(pictures(today), pictures(former), strict=True)] == [(True, False)]
    for kind in ("html", "docx"):
        for briefing, carried in ((today, False), (former, True)):
            data = press.printed(briefing.draft(SPAN[1]), kind)
            assert (PLACE in carried_pictures(kind, data)) is carried, kind


def carried_pictures(kind: str, data: bytes) -> bytes:
    """The bytes of all pictures a document carries."""
    if kind == "html":
        return b"".join(map(b64decode, re.findall(rb"data:image/jpeg;base64,([^\"]+)", data)))
    with ZipFile(BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if name.startswith("word/media/"))


@pytest.mark.parametrize(("orientation", "turned"), [(2, 0), (4, 180), (5, 270), (7, 90)])
def test_a_picture_of_a_mirror_is_set_as_it_was_seen(home: Path, orientation: int, turned: int) -> None:
    kept = keep_attachment(home, [held(orientation, (2, 3))], "自拍.jpg")
    asked = Picture(caption="甲", source="乙", sha256=kept.sha256, bare=True)
    shown = photograph(home, asked)
    assert (shown.turned, shown.mirrored, "scale(-1 1)" in shown.svg) == (turned, True, True)
    assert shown.upright == ((3, 2) if turned in (90, 270) else (2, 3))
    assert picture_for_word(shown).getvalue().startswith(b"\x89PNG"), "Word turns and mirrors nothing"
    assert photograph(home, asked.model_copy(update={"bare": False})).turned == 0, "as it was printed before"


def without_jfif(jpeg: bytes) -> bytes:
    """A .jpg that begins with its tables, as some cameras and programs write them."""
    return jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]


def test_what_a_camera_wrote_is_left_out_without_drawing_its_picture_anew(home: Path) -> None:
    """Most phones write an EXIF and no JFIF: without either, Word would get a drawing of it, many times as large."""
    kept = keep_attachment(home, [without_jfif(as_of_a_phone())], "现场.jpg")
    bare = photograph(home, Picture(caption="甲", source="乙", sha256=kept.sha256, bare=True))
    assert picture_for_word(bare).getvalue() == bare.data
    assert PLACE not in bare.data


def of_inks(jpeg: bytes) -> bytes:
    """A .jpg that says it is of four colours."""
    at = jpeg.index(b"\xff\xc2")
    return jpeg[: at + 9] + b"\x04" + jpeg[at + 10 :]


@pytest.mark.parametrize(
    "data",
    [
        JPEG[:-2],
        held(1)[: held(1).index(b"\xff\xda")] + b"\xff\xda\0\x08\1\1\0\0\x3f\0",
        png(4, 3)[:-12],
        png(4, 3).replace(b"IDAT\x78", b"IDAT\x79"),
        b"RIFF\x1c\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"GIF89a\1\0\1\0",
        b"",
    ],
)
def test_what_breaks_off_was_damaged_or_is_of_another_kind_is_told_and_not_printed_grey(
    home: Path, data: bytes
) -> None:
    kept = keep_attachment(home, [data], "现场.jpg")
    with pytest.raises(Refusal, match="读不出来；请退回这次反馈重传"):
        photograph(home, Picture(caption="甲", source="乙", sha256=kept.sha256))


def test_a_picture_of_too_many_dots_or_of_inks_is_refused_before_anybody_draws_it(home: Path) -> None:
    size = struct.pack(">II", 12000, 12000)
    head = b"IHDR" + size + struct.pack(">BBBBB", 8, 0, 0, 0, 0)
    vast = png(4, 3)[:8] + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + png(4, 3)[33:]
    for data, why in ((vast, "过大（12000×12000像素）"), (of_inks(JPEG), "CMYK")):
        kept = keep_attachment(home, [data], "现场.jpg")
        with pytest.raises(Refusal, match=why):
            photograph(home, Picture(caption="甲", source="乙", sha256=kept.sha256))


@pytest.mark.parametrize("data", [without_jfif(JPEG), JPEG + b"a film of a telephone", held(6)])
def test_a_whole_picture_is_printed_in_every_format_however_it_begins_and_whatever_follows(
    log: Database, home: Path, data: bytes
) -> None:
    play(log)
    report(log, home, HALL, data, "现场.jpg", "2022-04-01 10:00")
    page, press = news(log).draft(SPAN[1]), Press(home=home)
    assert len(PdfReader(BytesIO(press.printed(page, "pdf"))).pages[0].images) == 1
    assert len(Document(BytesIO(press.printed(page, "docx"))).inline_shapes) == 1
    assert b"data:image/jpeg;base64," in press.printed(page, "html")


def test_a_narrow_picture_on_its_side_is_drawn_for_word_as_wide_as_it_is_shown(home: Path) -> None:
    kept = keep_attachment(home, [held(6, (1, 200))], "现场.jpg")
    shown = photograph(home, Picture(caption="甲", source="乙", sha256=kept.sha256))
    drawn = Image.from_blob(picture_for_word(shown).getvalue())
    assert shown.upright == (200, 1)
    assert drawn.px_width == pytest.approx(shown.width / 25.4 * 200, abs=2)


def test_a_picture_that_is_gone_altered_or_none_is_one_line(log: Database, home: Path) -> None:
    play(log)
    kept = report(log, home, HALL, b"\xff\xd8\xff\xe0 no picture", "现场.jpg", "2022-04-01 10:00")
    page, press = news(log).draft(SPAN[1]), Press(home=home)
    for kind in ("pdf", "docx", "html"):
        with pytest.raises(Refusal, match=r"读不出来；请退回这次反馈重传") as refused:
            press.printed(page, kind)
        assert refused.value.code == "malformed"
    (home / FOLDER / kept.sha256).unlink()
    for kind in ("pdf", "docx", "html"):
        with pytest.raises(Refusal, match="不在数据目录中"):
            press.printed(page, kind)
    assert end_of_day(SPAN[1]) > NOW
