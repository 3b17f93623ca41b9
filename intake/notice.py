"""The State Council's yearly holiday notice, in its own wording: which days are off, and which weekends are worked.

It is read sentence by sentence. A sentence that names a day and says 放假 or 上班 is understood whole or refused: a day
lost silently would move every deadline of the year. What the notice says twice (weekday names, 共N天) must agree.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from domain.base import Frozen, Refusal, refuse, refuse_always
from domain.calendar import DayOverride
from domain.queries.spoken import WEEKDAYS
from intake.archive import DOCX, local, main_part, opened, small_part
from sheets.budget import reading_budget
from sheets.input_file import read_text

SUFFIXES = frozenset({".txt", ".md", ".docx"})
HOLIDAYS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
_MOST_BYTES = 2 * 1024 * 1024
_LONGEST = 15
"""Days; a longer holiday is a slip of the pen."""
_SATURDAY = 5
_HEAD = 200

_TITLE = re.compile(r"(\d{4})年(?:部分)?(?:节假日|放假)")
_NUMBER = re.compile(
    r"(?<![一-鿿])[一-鿿]{1,8}发[一-鿿]{0,3}\s*〔\d{4}〕\s*\d+\s*号|国(?:办|务院)?发(?:明电)?〔\d{4}〕\d+号"
)
_CHANGE = re.compile(r"(?:调整|延长|变更|取消)(?:(\d{4})年)?[^。,;:]{0,12}(?:假期|放假|休假|节假日)")
"""The title of a notice that changes a published year (调整2026年劳动节假期安排, 延长2020年春节假期)."""
_ITEM = re.compile(r"[一二三四五六七八九十]+、([^:。,、\d]{2,6}(?:、[^:。,、\d]{2,6})*):")
_DAY = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:\([^)]*\))?"
_OFF = re.compile(rf"({_DAY})(?:[至到~-]({_DAY}))?放假(?:(\d+)天)?(?:调休)?(?:,(?:共(\d+)天|与周末连休|不调休))*")
_WORK = re.compile(rf"({_DAY}(?:[、,和]{_DAY})*)(?:照常|正常|调休)?上班")
_ONE_DAY = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:\(([^)]*)\))?")
_WEEKDAY = re.compile(r"(?:星期|周)([一二三四五六日天])")


class HolidayNotice(Frozen):
    """The exceptional days of the year, and those it names in the year before or after."""

    year: int
    source: str | None
    off: tuple[date, ...]
    work: tuple[date, ...]
    weekends: int
    outside: tuple[DayOverride, ...] = ()


@dataclass
class _Found:
    """The days in the order they are read, each with what was said of it."""

    year: int
    days: dict[date, bool] = field(default_factory=dict)

    def take(self, day: date, works: bool) -> None:
        earlier = self.days.get(day)
        refuse(earlier is not None and earlier is not works, f"{_said(day)}既放假又上班，前后矛盾", "malformed")
        self.days[day] = works


def read_notice(path: Path) -> HolidayNotice:
    """The notice in a .txt, .md or .docx file.

    Raises:
        Refusal: `not_found` or `malformed`: no notice, or one that contradicts itself; the line names where.
    """
    text = _text(path)
    try:
        with reading_budget(path.name, "通知"):
            return parse_notice(text)
    except Refusal as refusal:
        raise Refusal(f"{path.name}：{refusal.message}", refusal.code) from refusal


def parse_notice(text: str) -> HolidayNotice:
    """The notice in its wording.

    Raises:
        Refusal: `malformed`.
    """
    lines = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\s*#>]", "", lines)
    number = _number(lines) or _number(plain)
    title, change = _TITLE.search(plain), _CHANGE.search(plain[:_HEAD])
    if change is not None and (title is None or change.start() < title.start()):
        refuse_always(
            "这是对已公布年份的调整，不是一整年的安排；请用 xmh calendar override 日期 --off|--workday "
            f"--reason {number or '文号'} 逐日登记（连同此前公布而现已取消的放假日和调休上班日）",
            "malformed",
        )
    if title is None:
        refuse_always("看不出是哪一年的放假安排（没有“某年部分节假日安排”字样）", "malformed")
    reading = _Found(int(title[1]))
    items = list(_items(plain))
    named = "".join(name for name, _ in items)
    missing = [h for h in HOLIDAYS if h not in named]
    refuse(bool(missing), f"缺少{'、'.join(missing)}的安排，不是完整的一年", "malformed")
    for name, body in items:
        for sentence in body.split("。"):
            _sentence(name, sentence, reading)
    return _notice(reading, number)


def _number(text: str) -> str | None:
    """文号 alone: on a line of its own nothing of the title can be taken for its beginning."""
    match = _NUMBER.search(text)
    return re.sub(r"\s", "", match[0]) if match else None


def _items(plain: str) -> Iterator[tuple[str, str]]:
    """(holiday, what is said of it), in order."""
    heads = list(_ITEM.finditer(plain))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield head[1], plain[head.end() : following.start() if following else len(plain)]


def _sentence(name: str, sentence: str, reading: _Found) -> None:
    if off := _OFF.fullmatch(sentence):
        _take_off(name, off, reading)
    elif work := _WORK.fullmatch(sentence):
        _take_work(work[1], reading)
    else:
        # Advice (带薪年休假, 值班) names no day off and none worked; anything that does must be understood.
        says = re.search(rf"{_DAY}[^,;]*(?:放假|上班)", sentence)
        refuse(says is not None, f"{name}：看不懂“{sentence[:40]}”", "malformed")


def _take_off(name: str, match: re.Match[str], reading: _Found) -> None:
    first = _day(match[1], reading.year, None)
    last = _day(match[2], first.year, first) if match[2] else first
    length = (last - first).days + 1
    refuse(not 1 <= length <= _LONGEST, f"{name}：从{_said(first)}到{_said(last)}，起止有误", "malformed")
    for count in (match[3], match[4]):
        refuse(
            count is not None and int(count) != length,
            f"{name}：写的是共{count}天，{_said(first)}至{_said(last)}却是{length}天",
            "malformed",
        )
    for n in range(length):
        reading.take(first + timedelta(days=n), works=False)


def _take_work(listed: str, reading: _Found) -> None:
    before: date | None = None
    for match in _ONE_DAY.finditer(listed):
        day = _day(match[0], reading.year, before)
        refuse(day.weekday() < _SATURDAY, f"{_said(day)}本来上班，不能列为调休上班", "malformed")
        reading.take(day, works=True)
        before = day


def _day(text: str, year: int, before: date | None) -> date:
    """One day; year and month as said, else as those of the day before it in the same sentence."""
    match = _ONE_DAY.fullmatch(text)
    assert match is not None  # noqa: S101  (the sentence matched)
    month = match[2] or (str(before.month) if before else None)
    refuse(month is None, f"“{text}”没有写月份", "malformed")
    in_year = int(match[1]) if match[1] else (before.year if before else year)
    try:
        day = date(in_year, int(month or 0), int(match[3]))
    except ValueError:
        refuse_always(f"没有{in_year}年{month}月{match[3]}日这一天", "malformed")
    named = _WEEKDAY.search(match[4] or "")
    if named:
        unit = "日" if named[1] == "天" else named[1]
        refuse(
            WEEKDAYS[day.weekday()] != unit,
            f"{day.month}月{day.day}日是星期{WEEKDAYS[day.weekday()]}，写的却是星期{unit}",
            "malformed",
        )
    return day


def _notice(reading: _Found, source: str | None) -> HolidayNotice:
    inside = {d: w for d, w in reading.days.items() if d.year == reading.year}
    # What it says of another year stands there only as far as the weekday does not say so already.
    other = {d: w for d, w in reading.days.items() if d.year != reading.year and w is not (d.weekday() < _SATURDAY)}
    off = [d for d, works in inside.items() if not works]
    reason = f"{reading.year}年节假日安排" + (f"（{source}）" if source else "")
    return HolidayNotice(
        year=reading.year,
        source=source,
        off=tuple(sorted(d for d in off if d.weekday() < _SATURDAY)),
        work=tuple(sorted(d for d, works in inside.items() if works)),
        weekends=sum(d.weekday() >= _SATURDAY for d in off),
        outside=tuple(DayOverride(day=d, workday=w, reason=reason) for d, w in sorted(other.items())),
    )


def _said(day: date) -> str:
    return f"{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def _text(path: Path) -> str:
    if path.suffix.lower() != ".docx":
        return read_text(path, _MOST_BYTES)
    with opened(path, DOCX) as archive:
        root = small_part(archive, main_part(archive, path.name, DOCX))
    return "\n".join(
        "".join(t.text or "" for t in paragraph.iter() if local(t.tag) == "t")
        for paragraph in root.iter()
        if local(paragraph.tag) == "p"
    )
