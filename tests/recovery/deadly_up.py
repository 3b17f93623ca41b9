"""`xmh up` with a deadly worker in the place of the product's own."""

import os
import sys
from pathlib import Path

from process import leave
from services.embedded.prepare import end_orphans
from services.embedded.runfile import HomeLock
from services.embedded.supervise import Supervisor


def main() -> None:
    home = Path(os.environ["XMH_HOME"])
    lock = HomeLock(home)
    end_orphans(home)
    worker: list[str | Path] = [sys.executable, Path(__file__).with_name("deadly_worker.py")]
    Supervisor(home, None, worker).run(lambda _found: print("ready", flush=True))  # noqa: T201
    lock.release()
    leave(0)


if __name__ == "__main__":
    main()
