"""What a rule is."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TextRule:
    """A pattern with its name; `yes` are texts in which it must be found, `no` texts in which it must not."""

    name: str
    pattern: re.Pattern[str]
    yes: tuple[str, ...] = field(default=())
    no: tuple[str, ...] = field(default=())


def rule(name: str, pattern: str, *yes: str, no: tuple[str, ...] = ()) -> TextRule:
    """A rule from its pattern as written (verbose: blanks do not count)."""
    return TextRule(name, re.compile(pattern, re.VERBOSE), yes, no)


def first(rules: tuple[TextRule, ...], text: str) -> TextRule | None:
    """The first rule found in the text."""
    return next((r for r in rules if r.pattern.search(text)), None)
