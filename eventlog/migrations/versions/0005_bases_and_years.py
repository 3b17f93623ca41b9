"""A leader's secretary; and a matter's state holds more than before (its further bases, the years it was carried into).

Every upgrade makes the read model again from the events.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """The column; the states are folded anew in the same transaction."""
    op.add_column("people", sa.Column("secretary", sa.Text))
