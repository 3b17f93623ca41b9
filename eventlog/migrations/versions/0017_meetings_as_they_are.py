"""No table changes: a meeting's state holds replies, papers handed in, and why it is on a day off.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
