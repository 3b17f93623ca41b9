"""Figures to be reached, with how they bind."""

import re
from collections.abc import Iterator

from intake.draft.fields.limits import number
from intake.draft.model import Comparison, Target
from intake.draft.rules import targets
from intake.draft.text import View

_SUBJECT = re.compile(r"[^，。；：、]*$")
_ORDINAL = re.compile(r"(?:第|“\d*\+?)$")
_MOST_SUBJECT = 30


def figures(text: View) -> Iterator[Target]:
    """The figures of a task."""
    for match in targets.FIGURE.pattern.finditer(text.text):
        if not _no_figure(text.text, match):
            yield _target(text, match)
    for match in targets.BARE_FIGURE.pattern.finditer(text.text):
        yield _bare_target(text, match)
    for match in targets.CHINESE_FIGURE.pattern.finditer(text.text):
        value = _chinese(match["value"])
        if value is not None:
            yield _chinese_target(text, match, value)


def _no_figure(text: str, match: re.Match[str]) -> bool:
    """Names that hold a number (15分钟生活圈, “1+19”), ordinals."""
    rest = text[match.start("value") :]
    price = "元" in match["unit"] and (
        targets.PRICE_BEFORE.pattern.search(text[: match.start()])
        or targets.PRICE_AFTER.pattern.match(text[match.end() :])
    )
    bound = any(match[key] for key in ("before", "more", "odd", "few", "after"))
    cost = "元" in match["unit"] and not bound and targets.COST_BEFORE.pattern.search(text[: match.start()])
    if cost or price or targets.NOT_A_FIGURE.pattern.match(rest) or _ORDINAL.search(text[: match.start("value")]):
        return True
    quoted = text[: match.start()].count("“") > text[: match.start()].count("”")
    return quoted and match["unit"] not in ("%", "个百分点")


def _target(text: View, match: re.Match[str]) -> Target:
    words = {match[key] for key in ("before", "more", "odd", "few", "after") if match[key]}
    part = text.cut(match.start(), match.end())
    return Target(
        written=part.raw,
        span=part.span(),
        subject=_subject(text, match.start()),
        comparison=Comparison.BETWEEN if match["upper"] else _comparison(words),
        value=match["value"].replace(",", ""),
        upper=match["upper"].replace(",", "") if match["upper"] else None,
        unit=(match["big"] or "") + match["unit"],
        striving=_striving(text, match.start()),
    )


def _bare_target(text: View, match: re.Match[str]) -> Target:
    part = text.cut(*match.span())
    return Target(
        written=part.raw,
        span=part.span(),
        subject=_subject(text, match.start()),
        comparison=_comparison({match[key] for key in ("before", "after") if match[key]}),
        value=match["value"].replace(",", ""),
        unit="",
        striving=_striving(text, match.start()),
    )


def _comparison(words: set[str]) -> Comparison:
    words = words | {word[:n] for word in words for n in (2, 3)}  # 至少开展3次
    if words & targets.ROUGHLY:  # 控制在5.5%左右
        return Comparison.ABOUT
    if words & targets.AT_LEAST:
        return Comparison.AT_LEAST
    if words & targets.AT_MOST:
        return Comparison.AT_MOST
    return Comparison.ABOUT if words & targets.ABOUT else Comparison.EQUAL


def _chinese(text: str) -> int | None:
    if any(char in text for char in "百千"):
        return None
    try:
        value = number(text)
    except KeyError:
        return None
    return value if value > 1 else None


def _chinese_target(text: View, match: re.Match[str], value: int) -> Target:
    words = {match[key] for key in ("more", "after") if match[key]}
    part = text.cut(match.start("value"), match.end())
    return Target(
        written=part.raw,
        span=part.span(),
        subject=_subject(text, match.start("value")),
        comparison=_comparison(words),
        value=str(value),
        unit=match["unit"],
        striving=_striving(text, match.start("value")),
    )


def _subject(text: View, before: int) -> str:
    """The words of the clause before the figure."""
    match = _SUBJECT.search(text.text[:before])
    start = max(match.start() if match else 0, before - _MOST_SUBJECT)
    return text.raw[start:before]


def _striving(text: View, before: int) -> bool:
    clause = re.split(r"[。；，]", text.text[: before + 2])[-1]
    return bool(targets.STRIVING.pattern.search(clause))
