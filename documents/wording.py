"""How the office writes: dates, shares, sentences, and what stands for a secret."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from domain.calendar import SHANGHAI
from domain.facts import WITHHELD, is_sealed
from domain.lights import Lit
from domain.matter import Matter
from domain.terms import Rung, Stage
from sheets.table import CONTROL

INSTRUCTION = "批示（工作秘密）"
NOTE = "本期数据由督办日志生成"
NOTE_OF_CORRECTION = "本期为更正"
"""With one of the two ends what an editor of an issue may change."""
_SPACES = re.compile(r"\s*\n\s*")
_ISO = re.compile(r" ?(\d{4}-\d{2}-\d{2})")
_ENDS = "。；;，,、 "
_DIGITS = "一二三四五六七八九十"


def numeral(n: int) -> str:
    """The number of a heading, 1 to 99: 九, 十, 十一, 二十, 二十一."""
    tens, ones = divmod(n, 10)
    if n <= len(_DIGITS):
        return _DIGITS[n - 1]
    return f"{_DIGITS[tens - 1] if tens > 1 else ''}十{_DIGITS[ones - 1] if ones else ''}"


def full_date(day: date) -> str:
    """2022年3月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_date(day: date) -> str:
    """3月31日."""
    return f"{day.month}月{day.day}日"


def day_in(day: date, year: int) -> str:
    """The date, with its year only when that is not the one the document is about."""
    return short_date(day) if day.year == year else full_date(day)


def dated(text: str, year: int) -> str:
    """A reason with its 2022-12-15 as the office writes it: 12月15日."""
    return _ISO.sub(lambda match: day_in(date.fromisoformat(match[1]), year), text)


def span(since: date, until: date) -> str:
    """2022年2月1日至3月31日; a single day once."""
    if since == until:
        return full_date(since)
    return f"{full_date(since)}至{short_date(until) if since.year == until.year else full_date(until)}"


def moment(instant: datetime) -> str:
    """2022年3月31日17时30分, in the office's time; the last moment of a day is 24时."""
    local = instant.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (23, 59):
        return f"{full_date(local.date())}24时"
    minutes = f"{local.minute}分" if local.minute else ""
    return f"{full_date(local.date())}{local.hour}时{minutes}"


def share(part: int, whole: int) -> str:
    """A share to one decimal, 83.3%; only asked for when there is a whole."""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def clean(text: str) -> str:
    """A text as it can be printed: on one line, without control characters, without its last full stop."""
    if is_sealed(text):
        return WITHHELD
    return _SPACES.sub(" ", CONTROL.sub("", text)).strip().rstrip(_ENDS)


def sentence(text: str) -> str:
    """Cleaned of marks and line breaks, and closed with 。 unless it ends in a mark of its own."""
    plain = clean(text)
    return plain if plain.endswith(("！", "？", "!", "?", WITHHELD)) else f"{plain}。"


def counted(pairs: Sequence[tuple[str, int, str]], separator: str = "、") -> str:
    """绿灯3件、红灯1件: what there is none of is not mentioned."""
    return separator.join(f"{what}{n}{measure}" for what, n, measure in pairs if n)


_INNER = str.maketrans("“”", "‘’")


def marked(text: str) -> str:
    """“办结金融文化中心‘一书两证’”: marks inside marks are single (GB/T 15834 4.8.3.2)."""
    return f"“{text.translate(_INNER)}”"


def quoted(matter: Matter) -> str:
    """The matter's title in quotation marks."""
    return marked(clean(matter.title))


def reason_of(lit: Lit) -> str:
    """Why the light is what it is, without its colour."""
    return lit.reason.partition(":")[2]


def rung_above(rung: Rung) -> bool:
    """Whether the matter waits for somebody above the office."""
    return rung in (Rung.LEADER, Rung.MEETING)


def whose_move(matter: Matter, lead: str) -> str:
    """Who has to do what next, so that nobody waits without knowing for whom."""
    match matter.stage:
        case Stage.OPENED:
            return "指挥部办公室明确牵头单位"
        case Stage.ASSIGNED:
            return f"{lead}签收"
        case Stage.CLOSING:
            endorsed = matter.closure is not None and matter.closure.endorsed
            return "原批示领导审阅" if endorsed else "指挥部办公室审核"
        case Stage.SUSPENDED:
            return "暂缓期满恢复"
    if matter.extension is not None:
        return "批复延期申请"
    return f"{lead}办理"
