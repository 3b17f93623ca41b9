"""Passwords somebody had before, as slow hashes, so that none of the last is used again."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """A table; empty, nothing changes."""
    op.create_table(
        "earlier_passwords",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("set_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("password", sa.Text, nullable=False),
    )
