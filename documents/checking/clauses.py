"""The clauses of GB/T 9704-2012 that can be measured in a file, as one table.

A clause is 规定, 一般, 推荐 or 可以 as the standard words it; only a 规定 clause makes a file fail. A measure the file
does not hold (a paper without 版记, one page without a full line) is 未测, never passed.
"""

from dataclasses import dataclass

from documents.formats import standard as gb
from domain.base import Term


class Strength(Term):
    """How the standard words a clause."""

    MUST = "must", "规定"
    USUAL = "usual", "一般"
    ADVISED = "advised", "推荐"
    MAY = "may", "可以"


class ClauseKey(Term):
    """What is measured."""

    WIDTH = "paper_width", "纸宽"
    HEIGHT = "paper_height", "纸高"
    TOP = "top", "天头"
    LEFT = "left", "订口"
    TEXT_WIDTH = "text_width", "版心宽"
    TEXT_HEIGHT = "text_height", "版心高（按页边）"
    FILLED = "filled", "版心高（按文字）"
    LINES = "lines", "每面行数"
    CHARACTERS = "characters", "每行字数"
    BODY_SIZE = "body_size", "正文字号"
    BODY_FACE = "body_face", "正文字体"
    TITLE_SIZE = "title_size", "标题字号"
    TITLE_FACE = "title_face", "标题字体"
    TITLE_PLACE = "title_place", "标题位置"
    HEADING_FACE = "heading_face", "一级标题字体"
    SUBHEADING_FACE = "subheading_face", "二级标题字体"
    MARK_COLOUR = "mark_colour", "标志颜色"
    MARK_TOP = "mark_top", "标志上边距版心"
    RED_RULE = "red_rule", "红色分隔线宽"
    RED_RULE_BELOW = "red_rule_below", "文号下红线"
    NUMBER_SIZE = "number_size", "页码字号"
    NUMBER_FACE = "number_face", "页码字体"
    NUMBER_FORM = "number_form", "页码形式"
    NUMBER_BELOW = "number_below", "页码距版心"
    NUMBER_SIDE = "number_side", "页码左右"
    NUMBER_INDENT = "number_indent", "页码空字"
    IMPRINT = "imprint", "印发机关和印发日期"
    IMPRINT_SIZE = "imprint_size", "版记字号"
    IMPRINT_WIDTH = "imprint_width", "版记分隔线宽"
    IMPRINT_OUTER = "imprint_outer", "首末分隔线粗"
    IMPRINT_INNER = "imprint_inner", "中间分隔线粗"
    IMPRINT_BOTTOM = "imprint_bottom", "末条线距版心下边"
    LETTER_MARK = "letter_mark", "函标志上边距上页边"
    LETTER_RULE = "letter_rule", "函红色双线长"
    LETTER_RULE_BELOW = "letter_rule_below", "函标志下双线"
    LETTER_FOOT = "letter_foot", "函末双线距下页边"
    LETTER_NUMBER = "letter_number", "函首页页码"
    PAPER_NUMBER = "paper_number", "发文字号形式"
    ADDRESSEE = "addressee", "主送机关冒号"
    DATE_FORM = "date_form", "成文日期形式"
    LEVELS = "levels", "层次序数"
    MARKS = "marks", "标点全角"
    DIGITS = "digits", "数字用法"
    INDENT = "indent", "段首空字"
    STRAY = "stray", "局部格式"
    EMBEDDED = "embedded", "字体嵌入"


@dataclass(frozen=True)
class StandardClause:
    """One requirement: between two numbers, or one of some words."""

    no: str
    key: ClauseKey
    strength: Strength
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    words: tuple[str, ...] = ()
    said: str = ""

    @property
    def wanted(self) -> str:
        """As a person reads it."""
        if self.said:
            return self.said
        if self.words:
            return self.words[0]
        middle, off = (self.low + self.high) / 2, (self.high - self.low) / 2
        return f"{middle:g}±{round(off, 2):g}{self.unit}"

    def allows(self, value: float | str) -> bool:
        """Whether a value is within it. A word fits when it holds one of the wanted ones."""
        if isinstance(value, str):
            return any(word.lower() in value.lower() for word in self.words)
        return not self.words and self.low <= round(value, 2) <= self.high


def _near(no: str, key: ClauseKey, strength: Strength, value: float, off: float, unit: str = "mm") -> StandardClause:
    return StandardClause(no, key, strength, round(value - off, 3), round(value + off, 3), unit)


PROPER = "规范"
"""What a proof-reader's clause comes to when nothing is at fault; else the words at fault."""
FANG = ("仿宋", "FangSong", "Fang")
XBS = ("小标宋", "XiaoBiaoSong")
HEI = ("黑体", "SimHei", "Hei")
KAI = ("楷体", "KaiTi", "Kai")
SONG = ("宋体", "SimSun", "Song")
MUST, USUAL, ADVISED = Strength.MUST, Strength.USUAL, Strength.ADVISED

CLAUSES: tuple[StandardClause, ...] = (
    _near("5.1", ClauseKey.WIDTH, MUST, gb.PAPER[0], 1),
    _near("5.1", ClauseKey.HEIGHT, MUST, gb.PAPER[1], 1),
    _near("5.2.1", ClauseKey.TOP, MUST, gb.TOP, 1),
    _near("5.2.1", ClauseKey.LEFT, MUST, gb.LEFT, 1),
    _near("5.2.1", ClauseKey.TEXT_WIDTH, MUST, gb.TEXT[0], 1),
    _near("5.2.1", ClauseKey.TEXT_HEIGHT, MUST, gb.TEXT[1], 1),
    # From the first line's head to the last line's foot. The gap below that is part of 版心, and a face may end a line
    # short, with a row or a heading that did not fit.
    StandardClause("5.2.1", ClauseKey.FILLED, MUST, 210.4, gb.TEXT[1] + 0.5, "mm", said="225mm，末行以下不足一行"),
    _near("5.2.3", ClauseKey.LINES, USUAL, gb.LINES, 0.5, "行"),
    _near("5.2.3", ClauseKey.CHARACTERS, USUAL, gb.CHARACTERS, 0.5, "字"),
    _near("5.2.2", ClauseKey.BODY_SIZE, USUAL, gb.BODY, 0.25, "磅（3号）"),
    StandardClause("5.2.2", ClauseKey.BODY_FACE, USUAL, words=FANG),
    _near("7.3.1", ClauseKey.TITLE_SIZE, USUAL, gb.TITLE, 0.25, "磅（2号）"),
    StandardClause("7.3.1", ClauseKey.TITLE_FACE, USUAL, words=XBS),
    StandardClause("7.3.1", ClauseKey.TITLE_PLACE, MUST, words=("居中",)),
    StandardClause("7.3.3", ClauseKey.HEADING_FACE, USUAL, words=HEI),
    StandardClause("7.3.3", ClauseKey.SUBHEADING_FACE, USUAL, words=KAI),
    StandardClause("7.2.4", ClauseKey.MARK_COLOUR, MUST, words=("红色",)),
    _near("7.2.4", ClauseKey.MARK_TOP, MUST, gb.MARK_FROM_TOP, 2),
    _near("7.2.7", ClauseKey.RED_RULE, MUST, gb.TEXT[0], 1),
    _near("7.2.7", ClauseKey.RED_RULE_BELOW, MUST, gb.RULE_BELOW, 1),
    _near("7.5", ClauseKey.NUMBER_SIZE, USUAL, gb.SMALL, 0.25, "磅（4号）"),
    StandardClause("7.5", ClauseKey.NUMBER_FACE, USUAL, words=SONG),
    StandardClause("7.5", ClauseKey.NUMBER_FORM, MUST, words=("— N —",)),
    _near("7.5", ClauseKey.NUMBER_BELOW, MUST, gb.NUMBER_BELOW, 1),
    StandardClause("7.5", ClauseKey.NUMBER_SIDE, MUST, words=("单页居右、双页居左",)),
    _near("7.5", ClauseKey.NUMBER_INDENT, MUST, 1, 0.3, "字"),
    StandardClause("7.4.3", ClauseKey.IMPRINT, USUAL, words=(PROPER,), said="有文号的，版记里有印发机关和印发日期"),
    _near("7.4.2", ClauseKey.IMPRINT_SIZE, MUST, gb.SMALL, 0.25, "磅（4号）"),
    _near("7.4.1", ClauseKey.IMPRINT_WIDTH, MUST, gb.TEXT[0], 1),
    _near("7.4.1", ClauseKey.IMPRINT_OUTER, ADVISED, gb.RULE_THICK, 0.06),
    _near("7.4.1", ClauseKey.IMPRINT_INNER, ADVISED, gb.RULE_THIN, 0.06),
    _near("7.4.1", ClauseKey.IMPRINT_BOTTOM, MUST, 0, 1),
    _near("10.1", ClauseKey.LETTER_MARK, MUST, gb.LETTER_FROM_TOP, 1),
    _near("10.1", ClauseKey.LETTER_RULE, MUST, gb.LETTER_RULE, 1),
    _near("10.1", ClauseKey.LETTER_RULE_BELOW, MUST, gb.LETTER_RULE_BELOW, 1),
    _near("10.1", ClauseKey.LETTER_FOOT, MUST, gb.LETTER_FOOT, 1),
    StandardClause("10.1", ClauseKey.LETTER_NUMBER, MUST, words=("不显示",)),
    StandardClause("7.2.5", ClauseKey.PAPER_NUMBER, MUST, words=(PROPER,), said="〔2022〕7号，不加“第”，不编虚位"),
    StandardClause("7.3.2", ClauseKey.ADDRESSEE, MUST, words=(PROPER,), said="最后标全角冒号"),
    StandardClause("7.3.5", ClauseKey.DATE_FORM, MUST, words=(PROPER,), said="2022年1月5日，不编虚位"),
    StandardClause("7.3.3", ClauseKey.LEVELS, MUST, words=(PROPER,), said="一、（一）1.（1）依次"),
    StandardClause("GB/T 15834", ClauseKey.MARKS, USUAL, words=(PROPER,), said="汉字之间用全角标点"),
    StandardClause("GB/T 15835", ClauseKey.DIGITS, USUAL, words=(PROPER,), said="半角数字，形式一致，范围用～或—"),
    _near("7.3.3", ClauseKey.INDENT, MUST, 2, 0.4, "字"),
    StandardClause("5.2.2", ClauseKey.STRAY, USUAL, words=(PROPER,), said="正文中没有另设字体、字号、颜色的字"),
    # PDF/A; of a .docx only where it says that it carries its faces.
    StandardClause("GB/T 23286", ClauseKey.EMBEDDED, ADVISED, words=(PROPER,), said="所用字体都在文件里"),
)
