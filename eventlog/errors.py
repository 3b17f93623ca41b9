"""What the log says when it cannot answer: one Chinese line for the person and a stable code for scripts."""

# ruff: noqa: N818  (the names are part of the log's vocabulary, as `Refusal` is)

from typing import ClassVar

UNREADABLE_EVENT = "日志中有读不懂的记录，请先升级 xmh，仍不行请运行 xmh audit verify"
"""Of a newer build, or spoilt."""


class LogError(Exception):
    """The log cannot answer; nothing is known to be written."""

    def __init__(self, message: str, code: str) -> None:
        """Keep the line for the person and the code for scripts."""
        super().__init__(message)
        self.message = message
        self.code = code


class LogUnreachable(LogError):
    """The database is down, busy, full or read-only. The same command may be sent again under its id (exit 5)."""

    def __init__(self, message: str) -> None:
        """Keep the line for the person."""
        super().__init__(message, "log_unreachable")


class LogBusy(LogUnreachable):
    """Others write without a break: whoever waits longer gets his turn (exit 5)."""

    LINE: ClassVar[str] = "事件日志正被占用，请稍后用同一命令重试"

    def __init__(self) -> None:
        """The line for the person."""
        super().__init__(self.LINE)


def unreachable(line: str) -> LogUnreachable:
    """What a database's own words come to, by the line for the person."""
    return LogBusy() if line == LogBusy.LINE else LogUnreachable(line)


class LogRestored(LogUnreachable):
    """The log is an older copy of itself: nothing is added before every number given from it is settled (exit 5)."""

    def __init__(self) -> None:
        """The line for the person; the same command may be sent again."""
        super().__init__(
            "事件日志被换成了较旧的副本或别的日志，核对已发出的编号以前不再记录；办理进程正在核对，请稍后用同一命令重试，"
            "一直不好时运行 xmh doctor"
        )
        self.code = "log_restored"


class SchemaMismatch(LogError):
    """The database's tables are not those of this build: empty, behind, or written by a newer one."""


class LogDamaged(LogError):
    """The stored log contradicts itself; `xmh audit verify` names where."""

    def __init__(self, message: str) -> None:
        """Keep the line for the person."""
        super().__init__(message, "log_damaged")


class ForeignLog(LogError):
    """The log is of another headquarters than the one that was meant; nothing of it is read or written."""

    def __init__(self, owner: str, meant: str) -> None:
        """Keep the line for the person."""
        super().__init__(
            f"这里的事件日志是指挥部 {owner} 的，不是 {meant} 的，未作读写；"
            "请核对 --headquarters（XMH_HEADQUARTERS）和数据目录，目录被移动过的请移回原处",
            "foreign_log",
        )
