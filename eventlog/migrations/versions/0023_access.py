"""What opens an account, sessions and tokens: digests that change or must vanish, and so no part of the log.

What happened to accounts stands in the log (`domain/access`); these tables say only what would open one now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Four tables, each found by its key; sessions and tokens by their person too."""
    op.create_table(
        "credentials",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("password", sa.Text, nullable=True),
        sa.Column("totp", sa.Text, nullable=True),
        sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("link", sa.Text, nullable=True),
        sa.Column("link_until", sa.BigInteger, nullable=True),
    )
    op.create_index("credentials_link", "credentials", ["link"])
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_index("sessions_person", "sessions", ["person"])
    op.create_table(
        "tokens",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=True),
    )
    op.create_index("tokens_person", "tokens", ["person"])
    op.create_table(
        "sign_in_failures",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("minute", sa.BigInteger, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
