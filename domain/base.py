"""The two shapes everything in `domain/` is made of: a frozen value, and a term with its Chinese label."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict

F = TypeVar("F", bound="Frozen")


class Frozen(BaseModel):
    """An immutable value. Unknown fields are refused: a typing slip must not become a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def trusted(cls, fields: dict[str, Any]) -> Self:
        """The value of all its fields, which are known to be right: nothing is validated, nothing is filled in.

        The mapping is the value's from now on.
        """
        value: Self = _new(cls)
        _put_fields(value, fields)
        _put_set(value, _all_fields(cls))
        _put_extra(value, None)
        _put_private(value, None)
        return value

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's own, for values without extra or private parts at a third of its price: every event copies."""
        if deep:
            return super().model_copy(update=update, deep=deep)
        copied: Self = _new(self.__class__)
        fields_set = self.__pydantic_fields_set__
        if update:
            _put_fields(copied, {**self.__dict__, **update})
            fields_set = fields_set if fields_set.issuperset(update) else fields_set | update.keys()
        else:
            _put_fields(copied, self.__dict__.copy())
        _put_set(copied, fields_set)  # nobody changes such a set: values may share it
        _put_extra(copied, None)
        _put_private(copied, None)
        return copied

    def overwrite(self, change: Mapping[str, Any]) -> None:
        """Lay a change into this very value, where `model_copy` would make another: for a value nobody else holds yet.

        So a fold goes over a thousand events with one draft of its state, and not with a thousand states.
        """
        self.__dict__.update(change)
        if not self.__pydantic_fields_set__.issuperset(change):
            _put_set(self, self.__pydantic_fields_set__ | change.keys())


@cache
def _all_fields(cls: type["Frozen"]) -> set[str]:
    return set(cls.model_fields)


def of_checked_values(cls: type[F]) -> type[F]:
    """Let the constructor of a class check nothing: its values are made by folds, of what an event says.

    An event is checked when it is read, so to check what is taken out of it costs as much again. Values that are read
    from JSON or made of a mapping (`model_validate`) are checked as ever, and the type checker sees the constructor.
    """
    template = {name: None if field.is_required() else field.get_default() for name, field in cls.model_fields.items()}
    named = set(template)

    def made(self: F, /, **fields: Any) -> None:
        _put_fields(self, {**template, **fields})
        _put_set(self, named)
        _put_extra(self, None)
        _put_private(self, None)

    vars(made)["__pydantic_base_init__"] = True  # so that pydantic never calls it where it checks values itself
    setattr(cls, "__init__", made)  # noqa: B010  (no constructor of another type, for the type checker)
    return cls


_new: Any = object.__new__
# A frozen value refuses to be set; its fields, and what pydantic keeps beside them, lie in slots.
_put_fields, _put_set, _put_extra, _put_private = (
    BaseModel.__dict__[f"__{name}__"].__set__
    for name in ("dict", "pydantic_fields_set", "pydantic_extra", "pydantic_private")
)


class Term(StrEnum):
    """A term of the field: the code's English value with the office's Chinese label."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Make a member from its stored value and its Chinese label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def from_label(cls, text: str) -> Self | None:
        """The member whose Chinese label or English value is `text`; None when there is none."""
        return next((m for m in cls if text in (m.label, m.value)), None)


class Refusal(Exception):  # noqa: N818  (a rule's answer, not a fault)
    """A rule says no. `message` is one Chinese line for the person; `code` is stable for scripts."""

    def __init__(self, message: str, code: str = "refused") -> None:
        """Keep the line for the person and the code for scripts."""
        super().__init__(message)
        self.message = message
        self.code = code


class FieldRefusal(Refusal):
    """A refusal about one field of what was filled in: of a form, or of a command by its path, as `basis.no`."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field beside the line."""
        super().__init__(message, "malformed")
        self.field = field


def refuse(when: bool, message: str, code: str = "refused") -> None:
    """Raise `Refusal` when the condition holds. Rules read as a list of these."""
    if when:
        raise Refusal(message, code)


def refuse_always(message: str, code: str = "refused") -> NoReturn:
    """Raise `Refusal` unconditionally, where the type checker needs to know that control ends."""
    raise Refusal(message, code)
