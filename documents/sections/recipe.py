"""The recipe of an issue: which sections say what, in which order and under which titles, and how much is listed.

The office edits it as a file; whatever is wrong with the file is one line that names the key.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, ValidationError

from documents.formats.press import LAYOUT
from documents.formats.templates import Template, load_template
from documents.page import Imprint
from domain.base import Frozen, Refusal, Term
from sheets.toml_file import parse_toml

FILE = "简报.toml"


class Topic(Term):
    """What a section is about."""

    OVERVIEW = "overview", "总体情况"
    ADVANCES = "advances", "重点推进"
    PROBLEMS = "problems", "存在问题"
    COORDINATION = "coordination", "需协调事项"
    AHEAD = "ahead", "下步安排"
    LEADING = "leading", "要情"
    APPENDIX = "appendix", "附表"


class SectionPart(Term):
    """Something a section says."""

    STANDING = "standing", "督办总数"
    CHANGE = "change", "与上期相比"
    MOVEMENT = "movement", "本期进展"
    RATES = "rates", "按期办结率"
    REPORTS = "reports", "按时反馈率"
    BY_CLASS = "by_class", "分类表"
    CHART = "chart", "灯色图"

    CLOSED = "closed", "办结销号"
    RECOVERED = "recovered", "由红转绿"
    DECIDED = "decided", "会议议定"
    MAJOR = "major", "重大事项"
    OPENED = "opened", "新立项"
    INSTRUCTED = "instructed", "领导批示"
    NEWS = "news", "工作动态"

    OVERDUE = "overdue", "逾期未办结"
    BEHIND = "behind", "黄灯预警"
    MISSED = "missed", "漏报反馈"
    REPORTED = "reported", "单位反映问题"

    LEADLESS = "leadless", "牵头待明确"
    ASKED = "asked", "请求协调"
    BROUGHT_UP = "brought_up", "反馈提请"
    TO_EXTEND = "to_extend", "延期待批"
    RAISED = "raised", "升级待研究"

    MATTERS_DUE = "matters_due", "应办结事项"
    POINTS_DUE = "points_due", "应完成要点"
    NEXT_DUE = "next_due", "最近到期"

    TO_DECIDE = "to_decide", "提请研究"
    RED = "red", "红灯事项"
    FOLLOWED = "followed", "议定落实"
    SUMMARY = "summary", "总体数字"
    WIDER = "wider", "批示督查评价"
    CLOSED_NAMES = "closed_names", "销号事项"
    MAJOR_BRIEF = "major_brief", "重大进展"
    WARNED_BRIEF = "warned_brief", "黄灯事项"
    AHEAD_BRIEF = "ahead_brief", "近期到期"

    LIT_TABLE = "lit_table", "红黄灯表"
    BARS = "bars", "横道图"

    NEWS_DECIDED = "news_decided", "议定"
    NEWS_CLOSED = "news_closed", "销号"
    NEWS_OPENED = "news_opened", "立项"
    NEWS_ANSWERED = "news_answered", "协调答复"
    NEWS_SUSPENDED = "news_suspended", "暂缓"
    NEWS_POINTS = "news_points", "节点"
    NEWS_INSPECTED = "news_inspected", "现场"
    NEWS_PICTURES = "news_pictures", "图片"


def _between(first: SectionPart, last: SectionPart) -> tuple[SectionPart, ...]:
    every = list(SectionPart)
    return tuple(every[every.index(first) : every.index(last) + 1])


PARTS: Mapping[Topic, tuple[SectionPart, ...]] = {
    Topic.OVERVIEW: _between(SectionPart.STANDING, SectionPart.CHART),
    Topic.ADVANCES: _between(SectionPart.CLOSED, SectionPart.NEWS),
    Topic.PROBLEMS: _between(SectionPart.OVERDUE, SectionPart.REPORTED),
    Topic.COORDINATION: _between(SectionPart.LEADLESS, SectionPart.RAISED),
    Topic.AHEAD: _between(SectionPart.MATTERS_DUE, SectionPart.NEXT_DUE),
    Topic.LEADING: _between(SectionPart.TO_DECIDE, SectionPart.AHEAD_BRIEF),
    Topic.APPENDIX: (
        SectionPart.LIT_TABLE,
        SectionPart.TO_DECIDE,
        SectionPart.BARS,
        *_between(SectionPart.BY_CLASS, SectionPart.REPORTED),
        SectionPart.MATTERS_DUE,
        SectionPart.POINTS_DUE,
    ),
}
"""What each section may say."""
NEWS_PARTS = _between(SectionPart.NEWS_DECIDED, SectionPart.NEWS_PICTURES)

_Name = Annotated[str, Field(min_length=1)]
_Positive = Annotated[int, Field(gt=0)]


class Limits(Frozen):
    """From how many on something is told otherwise."""

    opened: Annotated[_Positive, Field(alias="新立项")]
    """More new matters than this are counted by class instead of listed."""
    reported: Annotated[_Positive, Field(alias="单位反映问题")]
    listed: Annotated[_Positive, Field(alias="逐条列出")]
    rows: Annotated[_Positive, Field(alias="正文表格")]
    """A longer table is cut, and goes whole into an appendix."""
    appended: Annotated[_Positive, Field(alias="附表")]
    """A longer appendix is left out: the 一览表 holds it."""
    ahead: Annotated[_Positive, Field(alias="下步安排")]
    """Days."""
    weeks: Annotated[_Positive, Field(alias="灯色图")]
    """A chart of fewer weeks says less than the text."""
    contents: Annotated[_Positive, Field(alias="目录")]
    """Characters of the text from which on it gets a table of contents."""


class Recipients(Frozen):
    """报、送、发 as the office fixed them; what is empty is computed."""

    above: Annotated[tuple[_Name, ...], Field(alias="报")]
    beside: Annotated[tuple[_Name, ...], Field(alias="送")]
    below: Annotated[tuple[_Name, ...], Field(alias="发")]

    def over(self, computed: Imprint) -> Imprint:
        """The fixed lists where there are any."""
        fixed = {"above": self.above, "beside": self.beside, "below": self.below}
        return computed.model_copy(update={name: names for name, names in fixed.items() if names})


class SectionRecipe(Frozen):
    """One section: what it is about, its title, and what it says, in order."""

    topic: Topic
    title: str
    parts: tuple[SectionPart, ...]


class Recipe(Frozen):
    """How the office wants its 简报 and 动态."""

    marking: Annotated[str, Field(alias="标识")]
    foreword: Annotated[str, Field(alias="按语")]
    copies: Annotated[int, Field(alias="印数", ge=0)]
    recipients: Annotated[Recipients, Field(alias="分送")]
    limits: Annotated[Limits, Field(alias="限度")]
    sections: Annotated[tuple[SectionRecipe, ...], Field(alias="栏目")]
    news: Annotated[tuple[SectionPart, ...], Field(alias="动态")]
    layout: str = LAYOUT
    """Which layout it belongs to, and with that which wording."""


def read_recipe(data: bytes, where: str) -> Recipe:
    """The recipe of a 简报 in a file (`简报.toml`); `where` is what the error calls the file.

    Raises:
        Refusal: `template_broken`, in one line that names the file and the line or key at fault.
    """
    try:
        document = parse_toml(data, where)
    except Refusal as refusal:
        raise _broken(f"{refusal.message}；名称和文字都要加英文双引号") from refusal
    _wrong_when("layout" in document, f"{where}：没有“layout”这一项")
    _wrong_when("动态" not in document, f'{where}：缺少 ["动态"] 一段')
    document |= {"栏目": _sections(where, document.get("栏目", [])), "动态": _news(where, document["动态"])}
    try:
        # Strict, and as JSON: there a list is a tuple, and a number in quotes is still no number.
        return Recipe.model_validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        raise _broken(f"{where}：{_fault(error)}") from error


def recipe_of(used: Template) -> Recipe:
    """The recipe of a 简报 among these templates.

    Raises:
        Refusal: `template_gone`, `template_broken`.
    """
    return _read(used.source(FILE), used.place(FILE)).model_copy(update={"layout": used.id})


_read = lru_cache(maxsize=16)(read_recipe)


@lru_cache(maxsize=2)
def built_in_recipe(layout: str = LAYOUT) -> Recipe:
    """The recipe of a 简报 that a layout of this build brings.

    Raises:
        Refusal: `template_gone`, `template_broken`.
    """
    return recipe_of(load_template(layout))


# --- sections


def _sections(where: str, written: Any) -> list[dict[str, Any]]:
    listed = isinstance(written, list) and all(isinstance(s, dict) for s in written)
    _wrong_when(not listed, f'{where}：栏目应写成 [["栏目"]]，一栏一段')
    _wrong_when(not written, f'{where}：一个栏目也没有，至少要有一段 [["栏目"]]')
    sections = [_section(where, f"第{n}个栏目", one) for n, one in enumerate(written, start=1)]
    names = [s["名称"] for s in written]
    twice = next((n for n in names if names.count(n) > 1 and n != Topic.LEADING.label), None)
    _wrong_when(twice is not None, f"{where}：栏目“{twice}”写了两次")
    return sections


def _section(where: str, which: str, written: dict[str, Any]) -> dict[str, Any]:
    _keys(where, which, written, ("名称", "标题", "内容"))
    name, title = written["名称"], written["标题"]
    topic = next((t for t in Topic if t.label == name), None)
    if topic is None:
        raise _broken(f"{where}：{which}的名称没有“{name}”，可填：{_labels(Topic)}")
    blank = not isinstance(title, str) or not title.strip()
    _wrong_when(blank, f"{where}：栏目“{name}”的标题须是文字（加引号），不能为空")
    return {"topic": topic, "title": title, "parts": _parts(where, f"栏目“{name}”", written["内容"], PARTS[topic])}


def _news(where: str, written: Any) -> list[SectionPart]:
    _wrong_when(not isinstance(written, dict), f'{where}：动态应写成 ["动态"] 一段')
    _keys(where, "动态", written, ("内容",))
    return _parts(where, "动态", written["内容"], NEWS_PARTS)


def _parts(where: str, which: str, written: Any, known: tuple[SectionPart, ...]) -> list[SectionPart]:
    _wrong_when(
        not isinstance(written, list), f'{where}：{which}的内容应写成 ["{known[0].label}", "{known[-1].label}"]'
    )
    _wrong_when(not written, f"{where}：{which}的内容是空的；不要这一栏就把整段删去")
    by_label = {part.label: part for part in known}
    strange = next((name for name in written if not isinstance(name, str) or name not in by_label), None)
    _wrong_when(strange is not None, f"{where}：{which}的内容没有“{strange}”，可填：{_labels(known)}")
    twice = next((name for name in written if written.count(name) > 1), None)
    _wrong_when(twice is not None, f"{where}：{which}的内容里“{twice}”写了两次")
    return [by_label[name] for name in written]


def _keys(where: str, which: str, written: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    strange = next((key for key in written if key not in wanted), None)
    _wrong_when(strange is not None, f"{where}：{which}没有“{strange}”这一项，只有：{'、'.join(wanted)}")
    missing = next((key for key in wanted if key not in written), None)
    _wrong_when(missing is not None, f"{where}：{which}缺少“{missing}”")


def _labels(terms: Any) -> str:
    return "、".join(term.label for term in terms)


# --- faults

_FAULTS = {
    "missing": "缺少{where}",
    "extra_forbidden": "没有{where}这一项",
    "int_type": "{where}须是整数（不加引号）",
    "greater_than": "{where}须大于{gt}",
    "greater_than_equal": "{where}不能小于{ge}",
    "string_type": "{where}须是文字（加引号）",
    "string_too_short": "{where}里有空的名称",
    "tuple_type": '{where}应写成 ["单位", "单位"]',
}


def _fault(error: ValidationError) -> str:
    # A key that is misspelt is also missing: its own spelling is what helps.
    first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    where = "的".join(f"“{key}”" for key in first["loc"] if isinstance(key, str))
    return _FAULTS.get(first["type"], "{where}填写有误").format(where=where, **first.get("ctx", {}))


def _wrong_when(wrong: bool, message: str) -> None:
    if wrong:
        raise _broken(message)


def _broken(message: str) -> Refusal:
    return Refusal(message, "template_broken")
