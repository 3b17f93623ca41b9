"""How much is measured: enough to trust the medians, or, with `--quick`, enough to see that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes of all benchmarks."""

    rounds: int = 7
    """Pairs of each figure."""
    workflow_rounds: int = 5
    alone: int = 30
    """Commands one after another, per round."""
    matters: int = 100
    """Commands at ten at once, per round."""
    appends: int = 300
    batches: int = 20
    folds: int = 20
    listed: int = 1000
    """Matters in the log that is listed."""
    large: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    """Events in the logs that are verified."""
    large_rounds: int = 3
    long: int = 100
    """Matters of long lives in the log whose days long past are asked for."""
    pages: int = 10
    """Requests for each page, per round."""
    reads: tuple[int, ...] = (1000, 10_000, 100_000)
    """Matters in the logs that are read a page at a time."""
    headquarters: int = 19
    """Headquarters on one installation."""
    each: int = 500
    """Matters of each of them."""
    rows: int = 2000
    """Matters of the table a browser is shown whole."""
    drafted: int = 5000
    """Rows of the table that `plan draft` reads."""
    tabled: int = 5000
    """Matters of the table that `plan table` writes."""
    issues: int = 50
    """Issues of 35 matters that are printed."""
    matters_printed: int = 5000
    """Matters of the one large issue."""


QUICK = Scale(
    rounds=1,
    workflow_rounds=1,
    alone=5,
    matters=10,
    appends=30,
    batches=3,
    folds=3,
    listed=60,
    large=(500, 2000),
    large_rounds=1,
    long=6,
    pages=3,
    reads=(60,),
    headquarters=3,
    each=20,
    rows=60,
    drafted=60,
    tabled=60,
    issues=3,
    matters_printed=100,
)
