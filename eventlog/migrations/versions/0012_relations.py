"""合并、前置: what a matter says of another is found from either side.

Every upgrade makes the read model again from the events.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """The table; its rows are folded anew in the same transaction."""
    op.create_table(
        "relations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("holds", sa.Integer, nullable=False),
    )
    op.create_index("relations_stream", "relations", ["stream"])
    op.create_index("relations_target", "relations", ["target"])
