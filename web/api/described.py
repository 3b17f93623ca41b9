"""What the description of the interface says of a command's texts beside what their types say themselves.

A name or an id of which its type says nothing is a line: `domain.bounds` refuses more, and a program is to know.
"""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from domain.bounds import bounds_of


def describe_bounds(document: dict[str, Any], bodies: Mapping[str, type[BaseModel]]) -> None:
    """Write into an OpenAPI document how long texts may be; `bodies`: name of a body's schema → its command."""
    schemas = document["components"]["schemas"]
    named = {**{model.__name__: model for kind in bodies.values() for model in _within(kind)}, **bodies}
    for name, model in named.items():
        described = schemas.get(name, {}).get("properties", {})
        for field, bound in bounds_of(model).items():
            if bound.most is not None and not bound.of_the_log and field in described:
                _bound(described[field], bound.most)


def _within(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models that stand in a command, but for what repeats the log."""
    for name, bound in bounds_of(model).items():
        if not bound.of_the_log:
            for inner in _models(model.model_fields[name].annotation):
                yield inner
                yield from _within(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from _models(one)


def _bound(schema: dict[str, Any], most: int) -> None:
    """Bound a text, or each text of a list or a mapping or a choice."""
    if schema.get("type") == "string" and not _SAYS_MORE & schema.keys():
        schema["maxLength"] = most
    for inner in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            _bound(inner, most)


_SAYS_MORE = frozenset({"maxLength", "format", "enum", "const", "pattern"})
