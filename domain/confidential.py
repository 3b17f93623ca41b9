"""工作秘密 as a type: which words of a command may be sealed, which always are, and the one walk that does either.

A field says in its type that its words may be secret (`Confidential`) or are a leader's own (`LeadersWords`). Whoever
makes an order seals them once, here; whoever shows a state or an event opens what its reader may see, here. A field
nobody thought of has neither type and cannot be sealed by accident, and `tests/recovery/test_confidential.py` looks for
words in every file there is.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

from domain.base import Frozen
from domain.facts import MAY_BE_SECRET, SECRET, SecretValues, is_sealed

Mark = str | SecretValues | None
F = TypeVar("F", bound=Frozen)
Map = Callable[[str], str]


def sealed(command: F, seal: Map, *, secret: bool) -> F:
    """The command with a leader's words sealed, and with `secret` all words that may be; what is sealed stays."""

    def change(text: str, *, always: bool) -> str:
        return seal(text) if (always or secret) and not is_sealed(text) else text

    return _changed(command, change)


def left_open(command: Frozen) -> Iterator[str]:
    """Names of the fields that hold a leader's words in the clear."""
    texts: list[str] = []

    def look(text: str, *, always: bool) -> str:
        if always and not is_sealed(text):
            texts.append(text)
        return text

    _changed(command, look)
    yield from texts


def opened(value: Any, show: Map) -> Any:
    """The value with every ciphertext in it as its reader may see it, whatever field it stands in."""
    match value:
        case str():
            return show(value) if is_sealed(value) else value
        case Frozen():
            fields = {name: getattr(value, name) for name in type(value).model_fields}
            shown = {name: opened(field, show) for name, field in fields.items()}
            return value.model_copy(update={k: v for k, v in shown.items() if v is not fields[k]})
        case Mapping():
            return {key: opened(item, show) for key, item in value.items()}
        case list() | tuple():
            items = [opened(item, show) for item in value]
            return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
        case _:
            return value


def _changed(model: F, change: Callable[..., str]) -> F:
    update: dict[str, Any] = {}
    for name, mark in _marks(type(model)).items():
        value = getattr(model, name)
        if isinstance(value, str) and mark is not None:
            update[name] = change(value, always=mark == SECRET)
        elif isinstance(mark, SecretValues):
            update[name] = {k: change(v, always=False) if k in mark.of else v for k, v in value.items()}
        elif isinstance(value, Frozen):
            update[name] = _changed(value, change)
        elif isinstance(value, tuple):
            update[name] = tuple(_changed_item(item, mark, change) for item in value)
    changed = {name: value for name, value in update.items() if value != getattr(model, name)}
    return model.model_copy(update=changed) if changed else model


def _changed_item(item: Any, mark: Mark, change: Callable[..., str]) -> Any:
    if isinstance(item, str) and mark is not None:
        return change(item, always=mark == SECRET)
    return _changed(item, change) if isinstance(item, Frozen) else item


@cache
def _marks(kind: type[Frozen]) -> dict[str, Mark]:
    """Field → what its type says of its words; None where it may hold values that say it of theirs."""
    return {
        name: next(_annotations(field.annotation, field.metadata), None) for name, field in kind.model_fields.items()
    }


def _annotations(annotation: Any, metadata: list[Any]) -> Iterator[str | SecretValues]:
    yield from (m for m in metadata if m in (MAY_BE_SECRET, SECRET) or isinstance(m, SecretValues))
    if get_origin(annotation) is Annotated:
        yield from _annotations(None, list(get_args(annotation)[1:]))
    for inner in get_args(annotation):
        if get_origin(inner) is not None and inner is not annotation:
            yield from _annotations(inner, [])
