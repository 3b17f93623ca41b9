"""No table changes: a matter's state says which instructions on incoming papers it carries, and whose word ended it.

Every upgrade makes the read model again from the events; this revision asks for one.
"""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew in the same transaction."""
