"""One public class name means one thing: a reader who has met it once knows it everywhere."""

import ast
from collections import defaultdict
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


def test_no_public_class_name_is_used_twice() -> None:
    places = defaultdict[str, list[str]](list)
    files = [
        file for room in ROOMS for file in ([ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"))
    ]
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(ROOT)))
    assert len(places) > 500
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
