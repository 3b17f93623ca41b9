"""套话: a report that says nothing, and why one can tell; the office may send it back, a 简报 need not quote it."""

import re

from domain.matter import DONE

_PHRASES = (
    "取得阶段性进展",
    "按计划推进",
    "有序推进",
    "稳步推进",
    "扎实推进",
    "主要工作面已铺开",
    "各方分工明确",
    "正在积极推进",
    "加快推进",
    "持续推进",
    "进展顺利",
    "抓紧办理",
    "正在办理中",
)
_CONCRETE = re.compile(r"\d+(?!%)(?:\.\d+)?\s*(?!%)[\u4e00-\u9fff]|\d+月\d+日|《[^》]+》")
"""A figure with its measure, a day, a paper that has a name."""
_OWN = re.compile(r"总体进度\d+%|“[^”]*”|本期召开专题协调会\d+次")
"""What the form asks for anyway, and names of points: no content of its own."""


_CLAUSE = re.compile(r"[^，。；]+[，。；]?")


def said_without_stock(text: str) -> str:
    """A report without the clauses that say nothing: 取得阶段性进展，成桩30根 is 成桩30根."""
    kept = [c for c in _CLAUSE.findall(text) if not any(p in c for p in _PHRASES) or _CONCRETE.search(_OWN.sub("", c))]
    return "".join(kept).strip("，。； ")


def stock_reason(text: str, progress: int, before: str | None = None) -> str | None:
    """Why a report is 套话, in the words to send it back with; None when it says something."""
    trimmed = text.strip("。 ")
    phrase = next((p for p in _PHRASES if p in trimmed), None)
    if before is not None and trimmed == before.strip("。 "):
        return "与上次反馈文字完全相同"
    if phrase and progress == 0:
        return f"进度0%而称“{phrase}”"
    if progress >= DONE and phrase:
        return f"进度100%仍称“{phrase}”，未申请办结"
    if phrase and not _CONCRETE.search(_OWN.sub("", trimmed)):
        return f"只写“{phrase}”，没有具体的数量、日期或成果"
    return None
