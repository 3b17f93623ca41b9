"""The office's rules: what becomes of a command. One rule, one function; `decide` is the table."""

from domain.rules.claims import claims
from domain.rules.context import DecisionContext
from domain.rules.decide import decide

__all__ = ["DecisionContext", "claims", "decide"]
