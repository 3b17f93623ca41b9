"""When the person of a session last showed his second factor; null: as he came in."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """A column without a value: sessions of before have shown none since."""
    op.add_column("sessions", sa.Column("proven_at", sa.BigInteger, nullable=True))
