"""任务分解: a matter is found by the one it is a part of.

Every upgrade makes the read model again from the events.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The column and its index; the rows are folded anew in the same transaction."""
    op.add_column("matters", sa.Column("parent", sa.Text))
    op.create_index("matters_parent", "matters", ["parent"])
