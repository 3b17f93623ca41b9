"""In which post somebody came in: a session ends when its person is moved to another unit or role."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """A column; sessions that are open know no post and run out as they would have."""
    op.add_column("sessions", sa.Column("post", sa.Text, nullable=True))
