"""Meetings in the read model, and which streams have ended, so that a sweep need not read every closed one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what follows from the events alone; of the states there are, only matters can have ended."""
    op.add_column("states", sa.Column("ended", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE states SET ended = 1 WHERE stream IN "
        "(SELECT stream FROM matters WHERE stage IN ('closed', 'cancelled'))"
    )
    op.drop_index("states_kind", "states")
    op.create_index("states_kind_ended", "states", ["kind", "ended"])
    op.create_table(
        "meetings",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("starts", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("number", name="meetings_number"),
    )
    op.create_index("meetings_series_starts", "meetings", ["series", "starts"])
