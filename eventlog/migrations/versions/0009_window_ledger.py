"""No table changes: a matter's reporting windows are a ledger, where counters stood beside each other.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
