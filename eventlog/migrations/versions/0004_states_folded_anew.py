"""No table changes: a matter's state holds more than before (judged windows, surge, objection, how its limit came).

`eventlog.migrate.migrate` makes the read model again from the events after every upgrade; this revision asks for it.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing in SQL; the states are folded anew by `migrate`."""
