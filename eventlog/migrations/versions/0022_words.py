"""The words of what is recorded, as pairs of characters with an index: FTS5 on SQLite, GIN on PostgreSQL.

Every upgrade makes the read model again from the events, and so the words.
"""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """A table of its kind on each database, filled in the same transaction."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE event_words USING fts5(stream UNINDEXED, pairs, detail=none)")
        return
    op.execute("CREATE TABLE event_words (rowid BIGINT PRIMARY KEY, stream TEXT NOT NULL, pairs TEXT NOT NULL)")
    op.execute(
        "CREATE INDEX event_words_pairs ON event_words "
        "USING gin (array_to_tsvector(string_to_array(btrim(pairs), ' ')))"
    )
