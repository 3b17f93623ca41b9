"""Prometheus' own checker: what `make test` puts into the venv where it may, or the machine's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROMTOOL = shutil.which("promtool", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool (Debian: prometheus) is not on this machine")


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it; what it says of a fault is in `stdout` or `stderr`."""
    assert PROMTOOL is not None
    return subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)
