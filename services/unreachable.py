"""What is said when a needed service does not answer; apart, so that saying it needs no Temporal client."""


class Unreachable(Exception):  # noqa: N818  (an answer, like `Refusal`)
    """A needed service did not answer. The command may still be carried out; it can be repeated under its id."""

    def __init__(self, message: str, command_id: str | None = None) -> None:
        """Keep the line for the person, and the id to repeat with."""
        super().__init__(message)
        self.message = message
        self.command_id = command_id
