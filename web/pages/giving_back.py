"""What somebody typed, in the words of the form he typed it into, where that form cannot be made any more.

The log is away, his session ended, or what he wrote about can no longer be done: every word goes back to him under its
label. Which people, units and parts of a matter he chose only the log can name; that goes with the form unseen.
"""

import re
from collections.abc import Mapping

from documents.wording import numeral
from domain.base import Term
from domain.facts import UnitRef
from web.acts import ACTS, OPENING, Act, label_of
from web.forms import OF_MATTER, PEOPLE, YES_OR_NO, type_of
from web.labels import BY_HAND
from web.meeting_acts import MEETING_ACTS

PASSWORDS = frozenset({"password", "old", "again"})
"""What no page of ours holds, seen or unseen: it is typed anew."""
PAGES_OWN = PASSWORDS | {"command", "version", "who", "seen", "next", "code", "key", "token", "totp"}
"""What the page put there itself, and what is a secret."""
BY_ROUTE = {
    "/matters/{no}/do/{do}": {act.do: act for act in ACTS},
    "/meetings/{no}/do/{do}": {act.do: act for act in MEETING_ACTS},
    "/open": {"": OPENING},
}
STANDS_ON = {
    "/import/{sha256}/open": "/import/{sha256}",
    "/table/look": "/table/edit",
    "/table/apply": "/table/edit",
}
"""Where a form is sent → where its fields are named."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_POINT, _ROW = re.compile(r"t(\d+)"), re.compile(r"r(\d+)")
_NUMBERED = (
    (_POINT, "要点{}"),
    (re.compile(r"p(\d+)"), "要点{}　进度"),
    (re.compile(r"i(\d+)"), "指标{}　累计值"),
)
"""Fields of 周反馈 that stand once for each point or indicator."""
_PARAGRAPH = re.compile(r"s(\d+)\.b(\d+)")
UNNAMED = "填写的内容"


def words_typed(route: str, do: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label and words of each field somebody filled in, in the order of the form.

    Args:
        route: where the form is sent, as the application's table of routes has it.
        do: which act, where that is part of the address.
        fields: what was sent, by the names of its fields.
    """
    route = STANDS_ON.get(route, route)
    act = BY_ROUTE.get(route, {}).get(do)
    worded = (_worded(route, act, name, fields) for name, value in fields.items() if value.strip())
    return [pair for pair in worded if pair is not None]


def _worded(route: str, act: Act | None, name: str, fields: Mapping[str, str]) -> tuple[str, str] | None:
    """A field that is filled in, as its form shows it; None of what goes unseen."""
    value, (block, _, last) = fields[name], name.rpartition(".")
    if last in PAGES_OWN:
        return None
    if _DIGEST.fullmatch(last):
        return label_of(act, block) if act is not None and block in act.fields else "附件", value
    if act is not None and name in act.fields:
        words = _as_shown(act, name, value)
        return (label_of(act, name), words) if words else None
    label = _by_hand(route, name, fields) or (UNNAMED if not value.isascii() else None)
    return (label, value) if label else None


def _as_shown(act: Act, name: str, value: str) -> str | None:
    """A field as its form shows it; None of what is chosen from the log."""
    kind, _ = type_of(act.kind, name)
    if name in YES_OR_NO:
        return dict(YES_OR_NO[name]).get(value)
    if isinstance(kind, type) and issubclass(kind, Term):
        return next((term.label for term in kind if term.value == value), None)
    if kind is bool:
        return "是"
    return None if kind is UnitRef or name in PEOPLE or name in OF_MATTER else value


def _by_hand(route: str, name: str, fields: Mapping[str, str]) -> str | None:
    """The label of a field whose form is written by hand; of one that stands once a matter or row, with which it is."""
    labels = BY_HAND.get(route, {})
    block, _, last = name.rpartition(".")
    if name == "text" and fields.get("number"):
        return labels.get("answer")
    if last == "text" and any(_POINT.fullmatch(other.removeprefix(f"{block}.")) for other in fields):
        last = "overall"
    if route == "/bulletins/{draft}" and (paragraph := _PARAGRAPH.search(name)):
        section, place = map(int, paragraph.groups())
        return f"第{numeral(section + 1)}部分，第 {place + 1} 段"
    label = labels.get(name) or labels.get(last) or labels.get(name.partition(".")[0])
    if label is None and route == "/feedback":
        label = next((form.format(*m.groups()) for shape, form in _NUMBERED if (m := shape.fullmatch(last))), None)
    row = _ROW.fullmatch(block)
    where = f"第{row[1]}行" if row else block if last in labels or route == "/feedback" else ""
    return label and f"{where}　{label}".strip("　")
