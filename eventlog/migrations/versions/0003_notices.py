"""Notices and how their delivery stands; and by which key a matter is known to be the same as another.

What was recorded before there were notices is not announced afterwards. The key of titles is filled from the rule of
this build, as everything in the read model is.
"""

import sqlalchemy as sa
from alembic import op

from domain.duplicates import title_key

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and the column, and settle what is there."""
    op.create_table(
        "notices",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("urgency", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("batch", sa.Text),
        sa.Column("tried_at", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("error", sa.Text),
    )
    pending = sa.text("sent_at IS NULL")
    op.create_index(
        "notices_pending", "notices", ["channel", "next_at"], sqlite_where=pending, postgresql_where=pending
    )
    op.create_index("notices_person", "notices", ["person"])
    op.create_index("outbox_untold", "outbox", ["position"], sqlite_where=pending, postgresql_where=pending)
    op.execute("UPDATE outbox SET sent_at = 0 WHERE sent_at IS NULL")
    op.add_column("matters", sa.Column("title_key", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index("matters_title_key", "matters", ["title_key"])
    _fill_title_keys()


def _fill_title_keys() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT stream, title FROM matters")).all()
    if rows:
        connection.execute(
            sa.text("UPDATE matters SET title_key = :key WHERE stream = :stream"),
            [{"key": title_key(title), "stream": stream} for stream, title in rows],
        )
