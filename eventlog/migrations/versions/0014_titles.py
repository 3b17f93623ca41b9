"""A person's 职务.

Every upgrade makes the read model again from the events.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """The column; the rows are made anew in the same transaction."""
    op.add_column("people", sa.Column("title", sa.Text))
