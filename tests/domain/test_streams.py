"""Kinds of streams are loaded when first met; that is never seen in what is read."""

import subprocess
import sys

import pytest

from domain import streams
from domain.fold import Fold

OURS = [kind for kind, place in streams.FOLDS.items() if place.startswith("domain.")]
"""Tests of the log bring one of their own."""
OF_ANOTHER_KIND = '{"person":{"id":"p9","name":"王某","unit":"u1","role":"liaison"}}'


def alone(code: str) -> str:
    """What a fresh process prints, which loaded no more than it was told to."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize("kind", OURS)
def test_each_kind_has_its_fold_where_the_table_says(kind: str) -> None:
    fold = streams.fold_of(kind)
    assert isinstance(fold, Fold)
    assert alone(f"from domain import streams; print(streams.fold_of({kind!r}).state.__name__)") == fold.state.__name__


def test_a_kind_nobody_knows_has_none() -> None:
    assert streams.fold_of("comet") is None


def test_an_event_of_a_kind_not_met_before_is_read() -> None:
    code = (
        "import sys, types; from domain import event; assert 'domain.office' not in sys.modules; "
        f"one = types.SimpleNamespace(type='PersonRecorded', schema_version=1, payload={OF_ANOTHER_KIND!r}); "
        "print(type(event.decode(one)).__name__, "
        "event.label_of('MatterOpened'))"
    )
    assert alone(code) == "PersonRecorded 立项"


def test_every_event_written_down_anywhere_is_among_the_known() -> None:
    code = (
        "import domain, importlib, pkgutil; from domain.event import known_types; before = {*known_types()}; "
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(domain.__path__, 'domain.')]; "
        "print(*{*known_types()} - before)"
    )
    assert alone(code) == ""


def test_no_workflow_is_the_first_to_load_a_kind() -> None:
    """In the sandbox it would define the kind's events a second time: no longer would they be what the fold knows."""
    code = (
        "import sys; from services.running import workflow_runner; from domain.streams import FOLDS; "
        "workflow_runner(); print(*{place.partition(':')[0] for place in FOLDS.values()} - {*sys.modules})"
    )
    assert alone(code) == ""


def test_a_list_loads_no_rule_and_no_command() -> None:
    loaded = alone("import sys, cli.task.reads, cli.tables, cli.names; print(*sys.modules)").split()
    assert {"views.matters", "domain.matter"} <= {*loaded}
    assert {"domain.commands", "domain.rules.decide", "domain.access.account", "services.saved_choices"}.isdisjoint(
        loaded
    )
