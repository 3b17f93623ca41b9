"""Programs that wait for a person to let them in."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """A table; empty, nothing changes."""
    op.create_table(
        "logins",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("person", sa.Text),
    )
