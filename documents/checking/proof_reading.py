"""What a proof-reader marks in the words of a paper: 文号, 主送, 成文日期, level numbers, marks, figures.

Lines of a .pdf and paragraphs of a .docx are read alike; what is not there is not measured.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from documents.checking.clauses import PROPER, ClauseKey
from documents.checking.report import Measured

_DIGITS = "一二三四五六七八九十"
_HAN = r"[\u4e00-\u9fff]"
_NUMBER = re.compile(rf"{_HAN}{{2,}}\s*[〔\[(（【［]\s*\d{{2,4}}\s*[〕\])）】］]\s*第?\d+号")
_SIGNATORY = re.compile(r"(?<=号)\s*签发人\s*[：:].*$")
_PROPER_NUMBER = re.compile(rf"{_HAN}{{2,}}〔\d{{4}}〕[1-9]\d*号")
_YEAR, _PART = r"(?:\d{2,4}|[二〇○零一三四五六七八九]{4})", r"(?:\d{1,2}|[一二三四五六七八九十]+)"
_DATE = re.compile(rf"{_YEAR}[年.\-/]{_PART}[月.\-/]{_PART}日?")
_PROPER_DATE = re.compile(r"\d{4}年[1-9]\d?月[1-9]\d?日")
_PRINTED = re.compile(rf"{_DATE.pattern}\s*印发$")
_ADDRESSEE = re.compile(rf"[{_HAN[1:-1]}、，（）]{{2,80}}[：:]")
_LEVEL_ONE = re.compile(r"([一二三四五六七八九十]{1,3})([、.．,，。])")
_LEVEL_TWO = re.compile(r"([（(])([一二三四五六七八九十]{1,3})([）)])([、.．]?)")
_LEVEL_THREE = re.compile(r"(\d{1,2})([、，])(?=\D)")
_HALF = re.compile(rf"{_HAN}[,;:?!]{_HAN}|{_HAN}\([^()]*{_HAN}[^()]*\)")
_CHINESE = "一二三四五六七八九十"
_FIGURES = re.compile(
    r"[０-９]+"  # of full width
    rf"|\d{{4}}年[{_CHINESE}]{{1,3}}月|\d{{1,2}}月[{_CHINESE}]{{1,3}}[日号]"  # one date in two manners
    rf"|[〇○零{_CHINESE[:-1]}]{{4}}年\d{{1,2}}月|[{_CHINESE}]{{1,3}}月\d{{1,2}}日"
    rf"|(?<![百千])[{_CHINESE[:-1]}]?[零○][{_CHINESE[:-1]}零〇○]{{1,3}}年(?=[{_CHINESE}度底末初])"  # 〇
    rf"|[{_CHINESE[:-1]}][零○][{_CHINESE[:-1]}零〇○]{{2}}年"
    r"|\d[百十千](?=[万亿元人个件户项吨亩次名处套])|(?<![A-Za-z\d])\d{1,3}几"  # only 万 and 亿 follow figures
    # 三四天; 二、三个月来… that opens a line is a heading, and 周一、三天 are days of the week.
    rf"|(?<!^)(?<![第周期\s{_CHINESE}、])[{_CHINESE[:-1]}]、[{_CHINESE[:-1]}](?=[天周]|个月)"
    r"|(?<![\dA-Za-z.\-])\d+(?:\.\d+)?%?-\d+(?:\.\d+)?(?=[%万亿元吨个件户项年月日天公平米])"  # ～ or —
    r"|(?<![\d.%])\d+(?:\.\d+)?[～~—]\d+(?:\.\d+)?[%％万亿]"  # 15%～30%: without the first % it may be 15
)
"""Figures as GB/T 15835-2011 does not write them; what may be otherwise in some texts (3、4号) is not among them."""
_SHOWN = 24


def proof_read(measured: Measured, lines: Sequence[str]) -> None:
    """Add what the words of a paper come to, clause by clause: 规范, or the words at fault."""
    text = [without_signatory(line.strip()) for line in lines if line.strip()]
    for key, reader in _READERS.items():
        for value in reader(text):
            measured.add(key, value)


def without_signatory(line: str) -> str:
    """A line with the 文号 of what goes up, less the 签发人 that stands right of it (7.2.6)."""
    return _SIGNATORY.sub("", line)


def look_for_imprint(measured: Measured, lines: Iterable[str], *, letter: bool) -> None:
    """7.4.3: what has a 文号 says at its end who had it printed, and when; a 函 leaves both out (10.1)."""
    text = [without_signatory(line.strip()) for line in lines]
    if not letter and any(_NUMBER.fullmatch(line) for line in text):
        there = any(_PRINTED.search(line) for line in text)
        measured.add(ClauseKey.IMPRINT, PROPER if there else "没有")


def _whole(pattern: re.Pattern[str], proper: re.Pattern[str], text: Sequence[str]) -> Iterator[str]:
    for line in text:
        if pattern.fullmatch(line):
            yield PROPER if proper.fullmatch(line) else line


def _numbers(text: Sequence[str]) -> Iterator[str]:
    """7.2.5: 〔2022〕7号, the year whole, no 第 and no leading zero."""
    return _whole(_NUMBER, _PROPER_NUMBER, text)


def _dates(text: Sequence[str]) -> Iterator[str]:
    """7.3.5: Arabic figures, the year whole, no leading zero."""
    return _whole(_DATE, _PROPER_DATE, text)


def _addressee(text: Sequence[str]) -> Iterator[str]:
    """7.3.2: the first line that addresses somebody closes with a full-width colon."""
    line = next((line for line in text if _ADDRESSEE.fullmatch(line)), None)
    if line is not None:
        yield PROPER if line.endswith("：") else line[-_SHOWN:]


def _levels(text: Sequence[str]) -> Iterator[str]:
    """7.3.3: 一、 （一） 1. （1）, each in sequence; an annex begins anew."""
    first = second = 0
    for line in text:
        if match := _LEVEL_ONE.match(line):
            first, fault = _next(first, match[1], wrong=match[2] != "、")
            second = 0
            yield line[:_SHOWN] if fault else PROPER
        elif match := _LEVEL_TWO.match(line):
            wrong = (match[1], match[3], match[4]) != ("（", "）", "")
            second, fault = _next(second, match[2], wrong=wrong)
            yield line[:_SHOWN] if fault else PROPER
        elif _LEVEL_THREE.match(line):
            yield line[:_SHOWN]


def _next(before: int, numeral: str, *, wrong: bool) -> tuple[int, bool]:
    """The number and whether it is at fault: neither the next one nor a new beginning."""
    number = _value(numeral)
    return number, wrong or number not in (before + 1, 1)


def _value(numeral: str) -> int:
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _DIGITS.index(numeral) + 1 if len(numeral) == 1 else 0
    return (10 * (_DIGITS.index(tens) + 1) if tens else 10) + (_DIGITS.index(ones) + 1 if ones else 0)


def _marks(text: Sequence[str]) -> Iterator[str]:
    """GB/T 15834: marks between Chinese characters are of full width."""
    faults = [match[0][:_SHOWN] for line in text for match in _HALF.finditer(line)]
    if any(re.search(_HAN, line) for line in text):
        yield from faults or [PROPER]


def _digits(text: Sequence[str]) -> Iterator[str]:
    """GB/T 15835: figures of half width, a date in one manner, 万 and 亿 only behind figures, ranges with ～ or —."""
    lines = [line for line in text if _FIGURE.search(line) and not _DATE.fullmatch(line)]
    faults = [match[0][:_SHOWN] for line in lines for match in _FIGURES.finditer(line)]
    if lines:
        yield from faults or [PROPER]


_FIGURE = re.compile(rf"[\d０-９]|[{_CHINESE}][年月日天周个]")
_READERS: dict[ClauseKey, Callable[[Sequence[str]], Iterable[str]]] = {
    ClauseKey.PAPER_NUMBER: _numbers,
    ClauseKey.ADDRESSEE: _addressee,
    ClauseKey.DATE_FORM: _dates,
    ClauseKey.LEVELS: _levels,
    ClauseKey.MARKS: _marks,
    ClauseKey.DIGITS: _digits,
}
