"""One public class name means one thing: a reader who has met it once knows it everywhere."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    *(
        "domain",
        "eventlog",
        "workflows",
        "activities",
        "intake",
        "documents",
        "sheets",
        "services",
        "views",
        "web",
        "cli",
        "simulation",
    ),
    *("worker.py", "settings.py", "process.py"),
)


SAYS_NOTHING = {"found", "said", "told"}
"""A noun says what it is that was found or told."""


@dataclass
class Named:
    """What the house calls things by: public classes and where they stand, locals that say nothing and all locals."""

    classes: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    nothing: list[tuple[str, int, str]] = field(default_factory=list)
    stored: int = 0


@cache
def _named() -> Named:
    named = Named()
    for room in ROOMS:
        for path in [ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"):
            _note(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")), named)
    return named


def _note(file: str, module: ast.Module, named: Named) -> None:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            named.classes[node.name].append(file)
    for function in _outermost(module):
        names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        named.stored += len(names)
        if "/versions/" not in file:
            named.nothing += [(file, name.lineno, name.id) for name in names if name.id in SAYS_NOTHING]


def _outermost(module: ast.Module) -> Iterator[ast.AST]:
    """Functions of a module and of its classes; what is defined within one is walked with it."""
    of_classes = (inner for node in module.body if isinstance(node, ast.ClassDef) for inner in node.body)
    return (one for one in (*module.body, *of_classes) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)))


def test_no_public_class_name_is_used_twice() -> None:
    classes = _named().classes
    assert len(classes) > 500
    assert {name: where for name, where in classes.items() if len(where) > 1} == {}


def test_what_a_function_holds_is_called_by_a_noun() -> None:
    assert _named().stored > 5000
    assert _named().nothing == []
