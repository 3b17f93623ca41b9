"""`make chaos`: every kind of fault, in an order drawn from SEED, for SECONDS; the tally, and what repeats it."""

import argparse
import asyncio
import os
import sys
import time

from tests.faults.driver import Plan, driven


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed")
    parser.add_argument("only", nargs="*", help="parts of the names of faults; by default every kind")
    asked = parser.parse_args()
    began = time.monotonic()
    print(f"make chaos SECONDS={asked.seconds:.0f} SEED={asked.seed}", flush=True)
    tally = asyncio.run(driven(Plan(asked.seed, began + asked.seconds, only=tuple(asked.only))))
    print("\n".join(tally.lines()))
    print(f"{time.monotonic() - began:.0f} s; to strike the same again: make chaos SEED={asked.seed}", flush=True)
    return int(tally.wrong)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
