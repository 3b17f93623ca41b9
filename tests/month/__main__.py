"""`make month`: an operator's month on a site of its own, the tally of its days; ends with 1 when a day went wrong."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.month.days import DAYS
from tests.month.lived import Tally, lived
from tests.support.builds import last_before_these_tables, unpack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.month", description=__doc__)
    parser.add_argument("--until", metavar="DAY", choices=[day.__name__ for day in DAYS], help="stop after this day")
    parser.add_argument("--build", metavar="COMMIT", help="the landed build the site begins with")
    asked = parser.parse_args()
    began, tally = time.monotonic(), Tally()
    with tempfile.TemporaryDirectory(prefix="xmh-month-") as folder:
        commit = asked.build or last_before_these_tables()
        print(
            f"begins with {commit[:9] if commit else 'this build: no history is at hand, nothing is upgraded'}",
            flush=True,
        )
        earlier = unpack(commit, Path(folder) / "landed") if commit else None
        names = [day.__name__ for day in DAYS]
        days = DAYS[: names.index(asked.until) + 1] if asked.until else DAYS
        for line in lived(days, Path(folder) / "site", earlier, tally):
            print(line, flush=True)
    print(f"{tally.done} days of {len(days)}, {time.monotonic() - began:.0f} s", flush=True)
    return int(tally.wrong)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
