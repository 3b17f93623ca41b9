"""避免重复立项: when two titles mean the same matter (条例 art. 15: no 重复督查; 减负).

Two titles are one when they differ only in how they are written: width, case, blanks, punctuation, numerals (一 and 1),
and in a leading verb that adds nothing (推进、加快). What is done to the matter stays: 启动 and 完成 are two matters. A
title found equal is refused with the open matter named, so that a person judges; nothing is merged silently.
"""

import re
import unicodedata
from functools import lru_cache

from domain.base import Frozen, Refusal

_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}]+")
_WELL_FORMED = re.compile(
    r"(?:[一二三四五六七八九]千)?(?:零|(?:[一二三四五六七八九]百))?(?:零|(?:[一二三四五六七八九]?十))?[一二三四五六七八九]?"
)
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[^\w\s](?=\d)")
"""1.5 is not 15, and 一、二期 is not 十二期."""
_MANNER = "|".join(("进一步", "持续", "继续", "全力", "积极", "扎实", "有序", "稳步", "大力", "深入", "抓紧", "加紧"))
_LEADING = re.compile(rf"^(?:(?:{_MANNER})*(?:加快推进|推进|推动|加快))+")
"""A leading verb, with its adverbs, that says only that the matter is to move on."""


class OpenTitle(Frozen):
    """An open matter as a new one is compared with it."""

    stream: str
    number: str
    title: str
    lead: str | None


@lru_cache(maxsize=1024)  # every event of a matter asks for the same title
def title_key(title: str) -> str:
    """Equal for titles that mean the same matter; never shown."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    plain = _BETWEEN_DIGITS.sub("|", _NUMERAL.sub(_arabic, plain))
    plain = "".join(c for c in plain if c == "|" or unicodedata.category(c)[0] not in "PZC")
    return _LEADING.sub("", plain) or plain


def duplicate(title: str, standing: OpenTitle) -> Refusal:
    """The refusal of a 立项 whose matter is open already, with the pointer to it."""
    differs = "" if title.strip() == standing.title.strip() else "（仅写法不同）"
    lead = "牵头单位也相同" if standing.lead else "两件都尚未明确牵头单位"
    return Refusal(
        f"“{title}”与未办结的 {standing.number}“{standing.title}”重复{differs}，{lead}；"
        f"请在 {standing.number} 上办理，确需另立请用 --duplicate-reason 说明理由",
        "duplicate",
    )


def _arabic(match: re.Match[str]) -> str:
    """一 → 1, 十二 → 12, 二〇二二 → 2022; what is no well-formed number stays as it is."""
    text = match[0]
    if all(c in _DIGITS for c in text):
        return "".join(str(_DIGITS[c]) for c in text)
    if not _WELL_FORMED.fullmatch(text):
        return text
    total, digit = 0, None
    for c in text:
        if c in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[c]
            digit = None
        else:
            digit = _DIGITS[c] or None
    return str(total + (digit or 0))
