"""Whom an identity provider vouches for: which person a subject of its is."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Two columns beside what else opens an account; empty, nothing changes."""
    op.add_column("credentials", sa.Column("issuer", sa.Text, nullable=True))
    op.add_column("credentials", sa.Column("subject", sa.Text, nullable=True))
    op.create_index("credentials_subject", "credentials", ["issuer", "subject"], unique=True)
