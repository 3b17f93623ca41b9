"""What may be handed in, by its name and by its content: what would harm who opens it is refused in one line."""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from domain.base import Refusal
from intake.attached_file import MOST_ENTRIES, MOST_LISTED, attached_name, check_attached

DOCX = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
EXE = b"MZ\x90\x00" + bytes(200)


def packed(entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", how, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return data.getvalue()


def locked(data: bytes) -> bytes:
    """The same archive with each entry marked as encrypted."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 8] + struct.pack("<H", 1) + data[at + 10 :]


def overlapping() -> bytes:
    """An archive whose every entry is the one same heap of bytes."""
    data = packed({"a": bytes(2_000_000)}, zipfile.ZIP_STORED)
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    directory = data[at:end]
    many = directory * 50
    tail = data[end:]
    tail = tail[:8] + struct.pack("<HHL", 50, 50, len(many)) + tail[16:]
    return data[:at] + many + tail


def crowded(entries: int) -> bytes:
    """An archive that is nothing but a list of entries, for which memory is taken as it is read."""
    listed = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"a"
    size = (listed * entries, struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(listed) * entries, 4, 0))
    return b"PK\x03\x04" + b"".join(size)


def test_what_offices_exchange_is_taken() -> None:
    drawing = {"drawing.dwg": bytes(range(256)) * 8000}
    for name, content in {
        "验收单.PDF": b"%PDF-1.4 ...",
        "照片.jpg": b"\xff\xd8\xff\xe0JFIF",
        "照片.jpeg": b"\xff\xd8\xff\xe1Exif",
        "截图.png": b"\x89PNG\r\n\x1a\n....",
        "方案.docx": packed(DOCX),
        "台账.xlsx": packed({"xl/workbook.xml": b"x", "xl/media/image1.png": b"y"}),
        "汇报.pptx": packed({"ppt/presentation.xml": b"x", "ppt/embeddings/sheet.xlsx": packed(DOCX)}),
        "公文.ofd": packed({"OFD.xml": b"x"}),
        "图纸.zip": packed(drawing, zipfile.ZIP_STORED),
    }.items():
        check_attached(BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("工具.exe", EXE, "不是可附的种类"),
        ("没有后缀", b"%PDF-1.4", "不是可附的种类"),
        ("旧.doc", b"\xd0\xcf\x11\xe0", "另存为新格式"),
        ("脚本.html", b"<script>", "不是可附的种类"),
        ("方案.docx", EXE, "内容不是 docx"),
        ("方案.docx", packed({"xl/workbook.xml": b"x"}), "内容不是 docx"),
        ("照片.jpg", b"<svg onload=alert(1)>", "内容不是 jpg"),
        ("照片.png", b"%PDF-1.4", "内容不是 png"),
        ("空.pdf", b"", "空文件"),
        ("坏.zip", b"PK\x03\x04" + bytes(100), "已损坏"),
        ("套.zip", packed({"里面/又一个.ZIP": b"PK"}), "里还有压缩包"),
        ("藏.zip", packed({"又一个.7z. ": b"7z"}), "里还有压缩包"),
        ("越.zip", packed({"..\\..\\启动\\说明.pdf": b"%PDF-1.4"}), "会解到别处"),
        ("带.zip", packed({"现场/通知.EXE": EXE}), "里有程序"),
        ("密.zip", locked(packed({"a.pdf": b"x"})), "设了密码"),
        ("宏.docx", packed({**DOCX, "word/vbaProject.bin": b"x"}), "带有宏"),
    ],
)
def test_what_would_harm_is_refused_in_one_line(name: str, content: bytes, said: str) -> None:
    _refused(name, content, said)


@pytest.mark.parametrize(
    ("name", "made", "said"),
    [
        ("炸弹.zip", lambda: packed({"zeros": bytes(300 * 1024 * 1024)}), "压缩得异常"),
        ("大.zip", lambda: packed({f"{n}.bin": bytes(60 * 1024 * 1024) for n in range(10)}), "解开后超过 500 MB"),
        ("叠.zip", overlapping, "互相重叠|已损坏"),
        ("多.zip", lambda: packed({str(n): b"" for n in range(MOST_ENTRIES + 1)}), "最多 5000 个"),
        ("挤.zip", lambda: crowded(MOST_LISTED + 1), "里的文件太多"),
    ],
)
def test_what_would_swell_is_refused_in_one_line(name: str, made: Callable[[], bytes], said: str) -> None:
    """Made when it is asked for: whoever only collects the tests need not wait for it."""
    _refused(name, made(), said)


def _refused(name: str, content: bytes, said: str) -> None:
    with pytest.raises(Refusal, match=said) as told:
        check_attached(BytesIO(content), name)
    assert (told.value.code, "\n" in told.value.message) == ("malformed", False)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\李三\\照片.jpg", "照片.jpg"),
        ("照片\u202egpj.exe", "照片gpj.exe"),
        (".隐藏.pdf", "隐藏.pdf"),
        ("两\n行.pdf", "两 行.pdf"),
        ("=cmd|'calc'!A0.pdf", "=cmd|'calc'!A0.pdf"),
    ],
)
def test_a_name_is_a_name_and_no_way(given: str, name: str) -> None:
    assert attached_name(given) == name


@pytest.mark.parametrize("given", ["", "/", "..", "\u202e\u200b", "长" * 300 + ".pdf"])
def test_what_is_no_name_is_refused(given: str) -> None:
    with pytest.raises(Refusal):
        attached_name(given)
