"""Commands that were refused, so that no late attempt at one is recorded after its caller was told so."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The table, found by id and pruned by time."""
    op.create_table(
        "refusals",
        sa.Column("command_id", sa.Text, primary_key=True),
        sa.Column("valid_until", sa.BigInteger, nullable=False),
    )
    op.create_index("refusals_valid_until", "refusals", ["valid_until"])
