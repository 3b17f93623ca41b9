"""What a clerk has to be told: numbers nobody read, sentences left out that set a task, leaps in a list."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from intake.draft.fields.spoken import unit_mentions
from intake.draft.model import Region, TextPart
from intake.draft.rules import deadlines, targets
from intake.draft.sentences import sentences
from intake.draft.shape.outline import Outline, OutlineNode, ordinal
from intake.draft.text import Span, View, view

_NUMBER = re.compile(r"(?<![\dA-Za-z.+“〔（第/\-])\d+(?:,\d{3})*(?:\.\d+)?")
_EXPLAINED = re.compile(
    r"^(?:\d{0,3}(?:年|月|日|号|〕|）|”|\+|[-/.~至]\d|[A-Za-z]|[、．.]|强|时|点|期|版|路|届|楼|幢|栋|座|村|组|社区|中学|小学|地块))"
)
_QUIET = frozenset(
    {
        "工作总结",
        "落款",
        "文尾",
        "页码",
        "分隔线",
        "表格线",
        "空白",
        "附件标记",
        "页眉页脚",
        "重复的表头",
        "合计行",
    }
)
_LABEL = re.compile(r"^[（]?(?P<n>\d{1,3}|[一二三四五六七八九十]{1,3})[）、.．]")
_MOST = 5
_SHOWN = 24


def unread_numbers(texts: Sequence[View], known: Sequence[Span]) -> Iterator[str]:
    """Numbers of a task that are in no limit and no target, and are not plainly a name, a year or a price."""
    for text in texts:
        for match in _NUMBER.finditer(text.text):
            place, rest = text.at[match.start()], text.text[match.end() :]
            if any(a <= place < b for a, b in known) or _EXPLAINED.match(rest):
                continue
            before = text.text[: match.start()]
            quoted = before.count("“") > before.count("”") or before.count("《") > before.count("》")
            price = targets.PRICE_BEFORE.pattern.search(before) or targets.PRICE_AFTER.pattern.match(rest[1:])
            if not (quoted or price or targets.NOT_A_FIGURE.pattern.match(text.text[match.start() :])):
                yield f"{text.raw[match.start() : match.end() + 2]}"


def overlooked(text: str, regions: Sequence[Region]) -> list[str]:
    """Sentences that are in no task although they say who is to do something or until when."""
    doubts = []
    for region in regions:
        if region.part is TextPart.ITEM or region.why in _QUIET:
            continue
        for sentence in sentences(view(text, *region.span)):
            limit = region.part is not TextPart.HEADING and any(r.pattern.search(sentence.text) for r in _LIMITS)
            if limit or any(one.spoken for one in unit_mentions(sentence)):
                doubts.append(f"“{sentence.raw[:_SHOWN]}”没有列为任务（{region.why or region.part.label}），请核对")
    more = [f"另有{len(doubts) - _MOST}处写有时限或单位的文字没有列为任务，见“未列入”"] if len(doubts) > _MOST else []
    return [*doubts[:_MOST], *more]


_LIMITS = tuple(rule for rule in deadlines.EVERYWHERE if rule.name in {"年月日", "数字日期前", "月底前"})


def gaps(outline: Outline) -> Iterator[str]:
    """Items whose number is not the next: something between them was lost, or the author miscounted."""
    for root in outline.roots:
        for node in root.walk():
            for before, after in pairwise(node.children):
                first, second = _ordinal(before), _ordinal(after)
                if before.rank == after.rank and first and second and second > first + 1:
                    yield f"编号由“{before.label}”跳到“{after.label}”，请核对有无遗漏"


def _ordinal(node: OutlineNode) -> int:
    match = _LABEL.match(node.label)
    return ordinal(match["n"]) if match else 0
