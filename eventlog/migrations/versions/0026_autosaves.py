"""What somebody is typing, kept for him until it is sent: sealed under his own key, one row for each of his forms."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """A table; empty, nothing changes."""
    op.create_table(
        "autosaves",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
    )
