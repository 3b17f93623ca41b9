"""Of several leaders who instructed each says whether a matter may end: a state keeps who has (`Closure.marked`).

Every upgrade makes the read model again from the events, and so the states kept in it.
"""

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Nothing but the states changes."""
