"""Every rule finds its examples and leaves its counter-examples alone."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from intake.draft.rules import columns, deadlines, responsibility, structure, targets, words
from intake.draft.rules.rule import TextRule
from intake.draft.text import fold

MODULES = (structure, words, responsibility, deadlines, targets, columns)


def rules_of(value: object) -> Iterator[TextRule]:
    if isinstance(value, TextRule):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from rules_of(each)


def all_rules(module: ModuleType) -> list[TextRule]:
    return [rule for value in vars(module).values() for rule in rules_of(value)]


CASES = [
    (f"{module.__name__.rpartition('.')[2]}:{rule.name}", rule) for module in MODULES for rule in all_rules(module)
]


@pytest.mark.parametrize("rule", [rule for _, rule in CASES], ids=[name for name, _ in CASES])
def test_a_rule_finds_its_examples_and_nothing_in_its_counter_examples(rule: TextRule) -> None:
    assert rule.yes
    missed = [
        example
        for example in rule.yes
        if not rule.pattern.search(plain(example)) and not rule.pattern.search(fold(example))
    ]
    wrong = [example for example in rule.no if rule.pattern.search(plain(example))]
    assert (missed, wrong) == ([], [])


def plain(text: str) -> str:
    return fold(text).replace(" ", "")


def test_folding_keeps_every_place() -> None:
    text = "（區發改局）(１２.５％)〔下同〕,1,000;9:30 後"
    folded = fold(text)
    assert len(folded) == len(text)
    assert folded == "（区发改局）（12.5%）（下同），1,000；9:30 后"
