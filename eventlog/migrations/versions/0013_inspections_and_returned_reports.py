"""No table changes: a matter's state holds its inspections and the reports that were returned.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
