"""The events the figures count, in few words: a year of them is read without all that was said.

Every upgrade makes the read model again from the events, and so these.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """A table, filled in the same transaction."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "counted_events",
        sa.Column("position", number, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("window_key", sa.Text, nullable=True),
        sa.Column("detail", sa.Text, nullable=True),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
    )
    op.create_index("counted_events_window", "counted_events", ["window_key"])
