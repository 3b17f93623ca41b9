"""The days of a month one after the other, and what came of each. What follows a day that went wrong is not done."""

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.month.days import Day, Month
from tests.month.site import site_in
from tests.support.served import ROOT

TOLD = 3000
"""Characters of a service's log that are shown when a day went wrong."""


@dataclass
class Tally:
    """How many days went as they should, and whether one did not."""

    done: int = 0
    wrong: bool = False


def lived(days: Sequence[Day], folder: Path, earlier: Path | None, tally: Tally) -> Iterator[str]:
    """Live them on a site of their own, begun with that build; a line for each as it is over."""
    folder.mkdir()
    with site_in(folder, ROOT) as site:
        month = Month(site, earlier)
        for n, day in enumerate(days, start=1):
            began = time.monotonic()
            try:
                seen = day(month)
            except Exception:
                tally.wrong = True
                yield f"✗ {n:2} {day.__name__}: {day.__doc__}\n{traceback.format_exc()}"
                for log in sorted(folder.glob("*.log")):
                    yield f"--- {log.name}\n{log.read_text(errors='replace')[-TOLD:]}"
                return
            tally.done += 1
            yield f"✓ {n:2} {day.__name__}: {day.__doc__}\n     {seen} ({time.monotonic() - began:.1f} s)"
