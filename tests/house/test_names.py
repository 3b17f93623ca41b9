"""One public class name means one thing: a reader who has met it once knows it everywhere."""

import ast
from collections import defaultdict
from collections.abc import Iterator
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


def _files() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for file in [ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def test_no_public_class_name_is_used_twice() -> None:
    places = defaultdict[str, list[str]](list)
    for file, module in _files():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(file)
    assert len(places) > 500
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_what_a_function_holds_is_called_by_a_noun() -> None:
    stored = [
        (file, node.lineno, node.id)
        for file, module in _files()
        for function in ast.walk(module)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    assert len(stored) > 5000
    assert [one for one in stored if one[2] in SAYS_NOTHING and "/versions/" not in one[0]] == []
