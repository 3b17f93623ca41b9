"""No table changes: an instruction's state says to whom it was handed over when its leader left.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
