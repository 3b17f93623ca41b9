"""Sentences: where one task ends and the next begins, what is none, and what a task is called."""

import re
from collections.abc import Iterator
from itertools import pairwise

from intake.draft.fields.spoken import past_names, past_who, without_who
from intake.draft.rules import deadlines, responsibility, structure, targets, words
from intake.draft.text import View

_GOALS_FOLLOW = re.compile(r"^[^：；]*(?:目标|指标)[^：；]{0,6}：")
_CLAUSE = re.compile(r"[^，：；。]+[，：；。]*")
_OF_SOMEBODY = re.compile(r"(?:负责)?(?:牵头|会同|配合|联合)")
"""What is said of a unit makes no sense without it."""
MOST_TITLE = 40
_LIMITS = frozenset({"年月日", "数字日期前", "月底前", "年底前", "某年完成", "全年", "到某年", "某年前", "五年规划"})
_LEAST_TOLD = 2
_LEAST_ORDER = 8
_LEAST_TITLE = 8
_FORMULA = re.compile(rf"(?:{responsibility.BEFORE_A_NAME.pattern.pattern})[，：]?$", re.VERBOSE)
"""会议要求， says nothing of what is to be done."""


def sentences(text: View) -> Iterator[View]:
    """The sentences of a text."""
    for match in structure.SENTENCE.pattern.finditer(text.text):
        yield text.cut(*match.span())


def enumerated(text: View) -> list[View]:
    """一是…二是…三是…: the parts, the lead-in first, when each has a verb of its own; else the text as it is."""
    matches = list(structure.ENUMERATION.pattern.finditer(text.text))
    if len(matches) < _LEAST_TOLD:
        return [text]
    cuts = [*(one.start() for one in matches), len(text)]
    halves = [text.cut(a, b) for a, b in pairwise(cuts)]
    if not all(has_verb(half.text[one.end() - one.start() :]) for half, one in zip(halves, matches, strict=True)):
        return [text]
    lead = text.cut(0, cuts[0])
    return [*([lead] if lead else []), *halves]


def divided(text: View, *, together: bool) -> list[View]:
    """The tasks a text tells; what 一是 says is one. `together` keeps the sentences of one item together."""
    pieces: list[View] = []
    parts = enumerated(text)
    for no, part in enumerate(parts):
        within = list(sentences(part))
        one = len(parts) > 1 and structure.ENUMERATION.pattern.match(part.text) is not None
        if (together and (len(within) > 1 or len(parts) > 1)) or (one and len(within) > 1):
            pieces.append(part)
            continue
        for sentence in within:
            pieces.extend([sentence] if one and no < len(parts) - 1 else _halves(sentence))
    return pieces


def _halves(sentence: View) -> list[View]:
    """The parts between semicolons, when each has a verb of its own or a figure (or the whole is a list of goals)."""
    cuts = [0, *(m.end() for m in re.finditer("；", sentence.text) if m.end() < len(sentence)), len(sentence)]
    halves = [sentence.cut(a, b) for a, b in pairwise(cuts) if b > a]
    goals = _GOALS_FOLLOW.match(sentence.text) is not None
    alone = goals or all(has_verb(half.text) or targets.FIGURE.pattern.search(half.text) for half in halves)
    return halves if alone else [sentence]


def has_verb(text: str) -> bool:
    """Whether a clause of the text orders something."""
    return any(_orders(clause) for clause in _clauses(text))


def _clauses(text: str) -> Iterator[str]:
    yield from (match.group().rstrip("，：；。") for match in _CLAUSE.finditer(text))


def _orders(clause: str) -> bool:
    for _ in range(4):
        if words.STARTS_WITH_VERB.pattern.match(clause) or words.DISPOSAL.pattern.match(clause):
            return True
        verbs = (
            deadlines.OPENS.pattern.match(clause)
            or words.LEADING_WORDS.pattern.match(clause)
            or structure.ENUMERATION.pattern.match(clause)
        )
        past = verbs.end() if verbs else past_names(clause)
        if past == 0:
            return False
        clause = clause[past:]
    return False


def is_task(text: str) -> bool:
    """Whether a sentence orders something, rather than reporting, announcing or declaring."""
    plain = structure.ENUMERATION.pattern.sub("", text, count=1).strip()
    if any(rule.pattern.search(plain) for rule in (words.RHETORIC, words.CONDITION, words.ANNOUNCES, words.SETS_OUT)):
        return False
    reports = words.REPORTS.pattern.search(plain)
    if reports and not words.FUTURE.pattern.search(plain[reports.start() :]):
        return False
    return has_verb(plain) or _sets_a_limit(plain) or (plain != text and len(plain) > _LEAST_ORDER)


def _sets_a_limit(text: str) -> bool:
    """A sentence that says until when is an order, whatever its verb."""
    rules = (*(r for r in deadlines.EVERYWHERE if r.name in _LIMITS), *(rule for _, rule in deadlines.RHYTHMS))
    return any(rule.pattern.search(text) for rule in rules)


def _leads_in(clause: str) -> bool:
    return bool(words.LEAD_IN.pattern.search(clause) or words.REPORTS.pattern.search(clause))


def title_of(text: View) -> View:
    """The words a task is called by: from its first clause with a verb, as many clauses as are short enough."""
    start = structure.ENUMERATION.pattern.match(text.text)
    body = text.cut(start.end()) if start else text
    who = without_who(body)
    matches = [one for one in _CLAUSE.finditer(body.text) if not any(a <= one.start() < b for a, b in who)]
    if not matches:
        return body
    if len(matches) > 1 and matches[0].group().endswith("：") and targets.FIGURE.pattern.search(matches[1].group()):
        matches = matches[1:]
    first = next((n for n, one in enumerate(matches) if words.SUBJECT_WILL.pattern.match(one.group())), None)
    if first is None:
        first = next((n for n, one in enumerate(matches) if _orders(one.group().rstrip("，：；。"))), 0)
        while first > 0 and not _leads_in(matches[first - 1].group()):
            first -= 1
    begin = matches[first].start()
    for _ in range(2):
        ahead = body.text[begin : matches[first].end()]
        lead = words.LEADING_WORDS.pattern.match(ahead) or words.WILL.pattern.match(ahead)
        past = lead.end() if lead else 0
        if not words.STARTS_WITH_VERB.pattern.match(ahead[past:]) or _OF_SOMEBODY.match(ahead[past:]):
            past = past_names(ahead)
        if "每" in ahead[:past]:  # 每半年演练一次: how often is part of what is to be done
            past = ahead.index("每")
        if past and words.STARTS_WITH_VERB.pattern.match(ahead[past:]) and not _OF_SOMEBODY.match(ahead[past:]):
            begin += past
    formula = responsibility.BEFORE_A_NAME.pattern.match(body.text, begin)
    begin = formula.end() if formula and formula.end() < matches[first].end() else begin
    end = matches[first].end()
    for one in matches[first + 1 :]:
        if one.end() - begin > MOST_TITLE or body.text[end - 1] in "。；" or one.start() > end:
            break
        end = one.end()
    title = body.cut(begin, end).strip("，：；。、 ")
    if len(title) >= _LEAST_TITLE or begin == 0:
        return title
    # 按程序报批: of what, the words before it say; who decided and who is to do it is not of them.
    telling = [one for one in matches if not _FORMULA.match(one.group())] or matches
    begin = telling[0].start()
    begin += past_who(body.text[begin : telling[0].end()])
    formula = responsibility.BEFORE_A_NAME.pattern.match(body.text, begin)
    begin = formula.end() if formula else begin
    return body.cut(begin, end).strip("，：；。、 ")
