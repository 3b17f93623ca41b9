"""No table changes: a matter's state says of which event its progress is, and by what its limits were counted.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
