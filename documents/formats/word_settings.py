"""What Word and WPS go by beside styles: the grid of lines, the mode of layout, languages, and names of like faces."""

from docx.document import Document as Docx
from docx.opc.part import Part
from docx.oxml.ns import qn

from documents.formats.word_styles import BODY, HEADING, LATIN, NUMBER, PITCH, SUBHEADING, TITLE

_MODE = "15"
"""Of Word 2013 and later; below it Word opens a file in 兼容模式 and lays it out by older rules."""
_ALIKE = {
    BODY: "仿宋,FangSong,STFangsong,FandolFang R",
    HEADING: "SimHei,Noto Sans CJK SC,FandolHei",
    SUBHEADING: "楷体,KaiTi,STKaiti,FandolKai",
    TITLE: "FZXiaoBiaoSong-B05S,华文中宋,STZhongsong,FandolSong",
    NUMBER: "SimSun,Noto Serif CJK SC,FandolSong",
}
"""Faces Word takes in place of one the machine has not, the nearest first."""
_FONTS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def set_up(document: Docx) -> None:
    """Grid, mode, languages and font table of a template."""
    _grid(document)
    _mode(document)
    _languages(document)
    table = next(r.target_part for r in document.part.rels.values() if r.reltype.endswith("/fontTable"))
    _fonts(table)


def _grid(document: Docx) -> None:
    """22 lines of a face (5.2.3). Characters go by their spacing: LibreOffice doubles them on a grid of their own."""
    grid = document.sections[0]._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(PITCH * 20)))


def _mode(document: Docx) -> None:
    for one in document.settings.element.iter(qn("w:compatSetting")):
        if one.get(qn("w:name")) == "compatibilityMode":
            one.set(qn("w:val"), _MODE)


def _languages(document: Docx) -> None:
    """Chinese is what is neither figure nor Latin: proofing, line breaks and marks go by it."""
    for lang in document.styles.element.iter(qn("w:lang")):
        lang.set(qn("w:eastAsia"), "zh-CN")
    theme = document.settings.element.find(qn("w:themeFontLang"))
    if theme is not None:
        theme.set(qn("w:eastAsia"), "zh-CN")


def _fonts(table: Part) -> None:
    """Only the faces the styles name, each with those that may stand for it."""
    faces = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{alike}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, alike in _ALIKE.items()
    )
    latin = (
        f'<w:font w:name="{LATIN}"><w:charset w:val="00"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font>'
    )
    table._blob = f'<?xml version="1.0" encoding="UTF-8"?><w:fonts xmlns:w="{_FONTS}">{faces}{latin}</w:fonts>'.encode()
