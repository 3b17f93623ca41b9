"""挂牌 register, 约谈, 红黄牌 and the rungs a matter climbed: the tables are the same, the states are not.

Every upgrade makes the read model again from the events.
"""

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Nothing but a new revision, so that a home of an earlier build is upgraded."""
