"""Random lives in two depths: some for every change, many for `make long`."""

import unittest

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

STEPS = 40


def some(machine: type[RuleBasedStateMachine]) -> type[unittest.TestCase]:
    """Forty lives: what is wrong in one of twenty is found."""
    return _lived(machine, 40)


def many(machine: type[RuleBasedStateMachine]) -> type[unittest.TestCase]:
    """A thousand lives."""
    return pytest.mark.chaos(pytest.mark.timeout(3600)(_lived(machine, 1000)))


def _lived(machine: type[RuleBasedStateMachine], examples: int) -> type[unittest.TestCase]:
    depth = settings(max_examples=examples, stateful_step_count=STEPS)
    return type(machine.__name__, (machine.TestCase,), {"settings": depth})
