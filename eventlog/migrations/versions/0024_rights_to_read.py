"""Which units once reported on a matter, for the rights to read it; its state says so too, and who chaired decisions.

Every upgrade makes the read model again from the events, and so states and rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """A column, filled in the same transaction."""
    op.add_column("matter_rows", sa.Column("reported_by", sa.Text, nullable=False, server_default="[]"))
