"""Rows for lists, and the year and tail of a number: lists and look-ups read neither states nor the whole table.

Every upgrade makes the read model again from the events, and so the rows.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_OPTIONAL = {"lead", "parent", "period", "source", "section", "origin", "person"}
_COLUMNS = {
    sa.Text: "number title stage lead due parent kind klass flags urgency rung period source section origin opened "
    "supervisor person assist asked leaders instructed_by followers facts",
    sa.Integer: "version progress by_letter listed missed_in_row settled wavers",
    sa.BigInteger: "red yellow blue",
}


def upgrade() -> None:
    """A table and two columns, filled in the same transaction; nobody asked how many events a matter found has."""
    columns: list[sa.Column[Any]] = [
        sa.Column(name, kind, nullable=name in _OPTIONAL) for kind, names in _COLUMNS.items() for name in names.split()
    ]
    op.create_table("matter_rows", sa.Column("stream", sa.Text, primary_key=True), *columns)
    op.create_index("matter_rows_number", "matter_rows", ["number"])
    op.create_index("matter_rows_settled_number", "matter_rows", ["settled", "number"])
    op.drop_column("matters", "version")
    op.add_column("matters", sa.Column("year", sa.Integer, nullable=False, server_default="0"))
    op.add_column("matters", sa.Column("tail", sa.BigInteger, nullable=True))
    op.create_index("matters_tail", "matters", ["tail"])
    op.create_index("matters_year", "matters", ["year"])
