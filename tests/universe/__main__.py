"""`python -m tests.universe run FIRST COUNT | replay SEED | trace SEED | shrink SEED | hunt [MOST] [WORDS…]`."""

import gc
import sys
import time

from tests.universe.defects import hunt
from tests.universe.playing import played
from tests.universe.product import founded_log
from tests.universe.shrinking import shrink


def run(first: int, count: int) -> int:
    """Play so many universes; how many failed. One line for each failure, and the tally."""
    founded_log()
    gc.freeze()
    failed = asked = events = 0
    began, cpu = time.perf_counter(), time.process_time()
    for seed in range(first, first + count):
        universe, broken = played(seed)
        asked += len(universe.said)
        events += universe.events
        if broken:
            failed += 1
            print(f"{seed} {universe.digest} {len(broken)} {broken[0][:300]}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{seed - first + 1}/{count}, {failed} failed", end="", file=sys.stderr, flush=True)
    cpu = time.process_time() - cpu
    print(
        f"{count} universes, {asked} calls, {events} events, {failed} failed; {cpu / count * 1000:.0f} ms each, "
        f"{3600 * count / cpu:.0f} universes per core-hour, {time.perf_counter() - began:.0f} s"
    )
    return failed


def replay(seed: int) -> int:
    """Play it twice; the digests must be the same."""
    digests = set()
    for _ in range(2):
        universe, broken = played(seed)
        digests.add(universe.digest)
        print(universe.digest, universe.world.steps, universe.tape.drawn, len(universe.tape.faults), broken)
    print("identical" if len(digests) == 1 else "DIFFERENT")
    return len(digests) - 1


def trace(seed: int) -> int:
    """Everything that happened, in order."""
    universe, broken = played(seed, traced=True)
    print("\n".join([*(universe.world.trace or []), *broken]))
    return len(broken)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", first, count]:
            return run(int(first), int(count))
        case ["replay", seed]:
            return replay(int(seed))
        case ["trace", seed]:
            return trace(int(seed))
        case ["shrink", seed]:
            return shrink(int(seed))
        case ["hunt", *words]:
            most = int(words.pop(0)) if words and words[0].isdigit() else 2000
            return hunt(most, words)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
