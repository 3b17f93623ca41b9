"""No table changes: a matter's state says whether its lead is asked by letter, and which letters answered.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
