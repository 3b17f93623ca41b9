"""What the log says when it cannot answer: one Chinese line for the person and a stable code for scripts."""

# ruff: noqa: N818  (the names are part of the log's vocabulary, as `Refusal` is)


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


class SchemaMismatch(LogError):
    """The database's tables are not those of this build: empty, behind, or written by a newer one."""


class LogDamaged(LogError):
    """The stored log contradicts itself; `xmh audit verify` names where."""

    def __init__(self, message: str) -> None:
        """Keep the line for the person."""
        super().__init__(message, "log_damaged")
