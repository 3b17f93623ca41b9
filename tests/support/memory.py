"""How much memory a process took at its highest, told so that it is its own.

`ru_maxrss` will not do: a child begins with what its parent had, and a process never forgets what it did before.
"""

from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def forget_peak() -> int:
    """Forget the highest so far; how much is in use now, in MiB."""
    _FORGET.write_text("5", encoding="ascii")
    return peak()


def peak() -> int:
    """The highest since the program began, or since it was forgotten, in MiB."""
    line = next(x for x in _STATUS.read_text(encoding="ascii").splitlines() if x.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024
