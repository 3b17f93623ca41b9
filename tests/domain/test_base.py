"""What a value of the domain is: frozen, and cheap to copy as pydantic would."""

from typing import Any

from pydantic import BaseModel

from domain.base import Frozen
from domain.facts import Basis
from domain.terms import BasisKind


class Told(Frozen):
    """A value with defaults, one of which is not asked for."""

    text: str
    no: int = 1
    basis: Basis | None = None


def test_a_copy_is_what_pydantic_makes_of_it() -> None:
    told = Told(text="一", basis=Basis(kind=BasisKind.TASK_LIST, text="计划"))
    changes: tuple[dict[str, Any], ...] = ({}, {"no": 2}, {"text": "二", "basis": None})
    for change in changes:
        ours, theirs = told.model_copy(update=change), BaseModel.model_copy(told, update=change)
        assert ours == theirs
        assert ours.model_fields_set == theirs.model_fields_set
        assert ours.model_dump_json(exclude_unset=True) == theirs.model_dump_json(exclude_unset=True)
    assert told == Told(text="一", basis=Basis(kind=BasisKind.TASK_LIST, text="计划"))
    deep = told.model_copy(deep=True)
    assert (deep, deep.basis is told.basis) == (told, False)


def test_a_value_of_known_fields_is_the_validated_one() -> None:
    fields: dict[str, Any] = {"text": "一", "no": 3, "basis": None}
    trusted = Told.trusted(dict(fields))
    assert trusted == Told(**fields)
    assert trusted.model_dump_json(exclude_unset=True) == Told(**fields).model_dump_json(exclude_unset=True)
    assert hash(trusted) == hash(Told(**fields))
