"""No table changes: a matter's state holds more than before (its further bases, the years it was carried into).

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
