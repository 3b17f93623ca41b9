"""Periods of matters without an end, 阶段目标 and ranges: the tables are the same, the states are not.

Every upgrade makes the read model again from the events.
"""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Nothing but a new revision, so that a home of an earlier build is upgraded."""
