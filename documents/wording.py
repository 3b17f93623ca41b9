"""How the office writes: dates, shares, sentences, and what stands for a secret."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from domain.calendar import SHANGHAI, WorkCalendar
from domain.facts import WITHHELD, is_sealed
from domain.lights import Lit
from domain.matter import Matter
from domain.terms import Rung
from sheets.table import CONTROL

INSTRUCTION = "批示（工作秘密）"
NOTE = "本期数据由督办日志生成"
NOTE_OF_CORRECTION = "本期为更正"
"""With one of the two ends what an editor of an issue may change."""
INCLUDED = "本稿含至第{}号改动。"
"""At the end of that line, in a draft somebody edited: the editor's version it shows."""
_SPACES = re.compile(r"\s*\n\s*")
_ISO = re.compile(r" ?(\d{4}-\d{2}-\d{2})")
_ENDS = "。；;，,、 "
_DIGITS = "一二三四五六七八九十"


def numeral(n: int) -> str:
    """The number of a document's heading, 1 to 99, in Chinese: 九, 十, 十一, 二十, 二十一."""
    tens, ones = divmod(n, 10)
    if n <= len(_DIGITS):
        return _DIGITS[n - 1]
    return f"{_DIGITS[tens - 1] if tens > 1 else ''}十{_DIGITS[ones - 1] if ones else ''}"


def full_date(day: date) -> str:
    """A date as a document writes it: 2022年3月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_date(day: date) -> str:
    """A date as a document writes it without its year: 3月31日."""
    return f"{day.month}月{day.day}日"


def day_in(day: date, year: int) -> str:
    """A date as a document writes it, with its year only when that is not the one the document is about."""
    return short_date(day) if day.year == year else full_date(day)


def reason_with_dates(text: str, year: int) -> str:
    """A reason whose 2022-12-15 is written as the office writes a date: 12月15日."""
    return _ISO.sub(lambda match: day_in(date.fromisoformat(match[1]), year), text)


def span_in_words(since: date, until: date) -> str:
    """A period as a document writes it, 2022年2月1日至3月31日; a single day once."""
    if since == until:
        return full_date(since)
    return f"{full_date(since)}至{short_date(until) if since.year == until.year else full_date(until)}"


def period_in_words(since: date, until: date) -> str:
    """A period by its name where it has one, 2022年, 2022年第一季度 or 2022年3月; else its first and last day."""
    next_day = until + timedelta(days=1)
    months = (next_day.year - since.year) * 12 + next_day.month - since.month
    if since.day != 1 or next_day.day != 1 or since.month % months != 1 % months:
        return span_in_words(since, until)
    named = {1: f"{since.month}月", 3: f"第{numeral(since.month // 3 + 1)}季度", 12: ""}
    return f"{since.year}年{named[months]}" if months in named else span_in_words(since, until)


def whole_months(since: date, until: date, calendar: WorkCalendar) -> tuple[date, date]:
    """A period of all working days of some months as those months, 1 December to 31 December; else as it is.

    What begins on the first working day of a month or ends on its last is called by the month: nobody works between.
    """
    first, last = calendar.first_workday_on_or_after(since), calendar.last_workday_on_or_before(until)
    begins = first.replace(day=1)
    ends = (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    whole = calendar.first_workday_on_or_after(begins) == first and calendar.last_workday_on_or_before(ends) == last
    return (begins, ends) if first <= last and whole else (since, until)


def moment_in_words(instant: datetime) -> str:
    """An instant as a document writes it, 2022年3月31日17时30分, in the office's time; a day's last moment is 24时."""
    local = instant.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (23, 59):
        return f"{full_date(local.date())}24时"
    minutes = f"{local.minute}分" if local.minute else ""
    return f"{full_date(local.date())}{local.hour}时{minutes}"


def share_in_words(part: int, whole: int) -> str:
    """A share as a document writes it, to one decimal, 83.3%; only asked for when there is a whole."""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def clean_text(text: str) -> str:
    """A text as a document prints it: on one line, without control characters, without its last full stop."""
    if is_sealed(text):
        return WITHHELD
    return _SPACES.sub(" ", CONTROL.sub("", text)).strip().rstrip(_ENDS)


def sentence(text: str) -> str:
    """A text as a document's sentence: cleaned, and closed with 。 unless it ends in a mark of its own."""
    plain = clean_text(text)
    return plain if plain.endswith(("！", "？", "!", "?", WITHHELD)) else f"{plain}。"


def counts_in_words(pairs: Sequence[tuple[str, int, str]], separator: str = "、") -> str:
    """Counts as a document writes them, 绿灯3件、红灯1件: what there is none of is not mentioned."""
    return separator.join(f"{what}{n}{measure}" for what, n, measure in pairs if n)


_LOOSE = re.compile(r"(《[^《》]+》)\s*(?!（)([^《》（），。；\s]*〔\d{4}〕\d+号)")


def cited(text: str, no: str | None = None, *, former: bool = False) -> str:
    """A document as a paper cites it: 《2022年工作计划》（香指办〔2022〕1号）.

    Marks inside marks are single, 《关于〈…〉的批复》 (GB/T 15834 4.15.3.2), and 在《…》上的批示 is no title but tells
    where the words stand. Before, both were put into marks as they were.
    """
    plain = _LOOSE.sub(r"\1（\2）", clean_text(text))
    if no is None or is_sealed(no) or no in plain:
        return plain
    if former:
        named = plain if plain.startswith("《") else f"《{plain}》"
    else:
        titled = plain.startswith(("《", "在《"))
        named = plain if titled else f"《{plain.translate(_INNER_TITLE)}》"
    return f"{named}（{clean_text(no)}）"


_INNER_TITLE = str.maketrans("《》", "〈〉")


_INNER = str.maketrans("“”", "‘’")


def in_quotation_marks(text: str) -> str:
    """A text in a document's quotation marks, “…‘一书两证’”: marks inside marks are single (GB/T 15834 4.8.3.2)."""
    return f"“{text.translate(_INNER)}”"


def quoted_title(matter: Matter) -> str:
    """A matter's title in quotation marks, as a document writes it."""
    return in_quotation_marks(clean_text(matter.title))


_POINT_PASSED = re.compile(r"(要点\d+已过)(?:今日)?节点(?!\d)")
_PASSED_TODAY = re.compile(r"(要点\d+)已过今日节点")


def light_reason(lit: Lit, *, former: bool = False) -> str:
    """Why a matter's light is what it is, as a document words it: without its colour, and how far up it was carried.

    Before, a point's day that passed with no working day since was told as 0个工作日.
    """
    reason = lit.reason.partition(":")[2].removesuffix(lit.raised)
    return _POINT_PASSED.sub(r"\1节点0个工作日", reason) if former else reason


def printed_reason(lit: Lit, year: int) -> str:
    """Why a light is what it is, for a reader of another day: dates as the office writes them, and no 今日.

    The light is told on the day it is looked at; a paper is read later, and its day is the one it is told of.
    """
    reason = _PASSED_TODAY.sub(r"\1当日到期未完成", light_reason(lit))
    reason = reason.replace("已过今日办结时限", "当日到期未办结").replace("今日到期", "当日到期")
    return reason_with_dates(reason, year).replace(f"{year}年", "")


def rung_above(rung: Rung) -> bool:
    """Whether a matter waits for somebody above the office, by its escalation level."""
    return rung in (Rung.LEADER, Rung.MEETING)
