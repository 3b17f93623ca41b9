"""No table changes: a matter's state holds more than before (judged windows, surge, objection, how its limit came).

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
