"""The log, its read model, keys and outbox.

The triggers are what makes the log append-only: the database refuses, whatever the program or the person at the
prompt believes. On SQLite `INSERT OR REPLACE` deletes without firing a DELETE trigger, so a third trigger looks before
each insert. On PostgreSQL they fire ALWAYS, else `session_replication_role = replica` would switch them off.
"""

# ruff: noqa: S608  (table and trigger names are constants)

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
REFUSAL = "事件日志只能追加，不能修改或删除；更正请另记一条更正事件"
KEYS = {
    "events": "position = NEW.position OR event_id = NEW.event_id OR (stream = NEW.stream AND version = NEW.version)",
    "commands": "command_id = NEW.command_id",
}


def upgrade() -> None:
    """Make everything."""
    _log()
    _read_model()
    _keys_and_outbox()
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _log() -> None:
    op.create_table(
        "events",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("headquarters", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("command_id", sa.Text, nullable=False),
        sa.Column("causation", sa.Text),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.UniqueConstraint("stream", "version", name="events_stream_version"),
        sa.UniqueConstraint("event_id", name="events_event_id"),
    )
    op.create_table(
        "commands",
        sa.Column("command_id", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("request_hash", sa.Text, nullable=False),
    )


def _read_model() -> None:
    op.create_table(
        "states",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("states_kind", "states", ["kind"])
    op.create_table(
        "matters",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("lead", sa.Text),
        sa.Column("due", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("number", name="matters_number"),
    )
    op.create_index("matters_stage_due", "matters", ["stage", "due"])
    op.create_table(
        "numbers",
        sa.Column("series", sa.Text, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("supervision", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("aliases", sa.Text, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("left_at", sa.BigInteger),
    )


def _keys_and_outbox() -> None:
    op.create_table(
        "secret_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("key", sa.LargeBinary),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("destroyed_at", sa.BigInteger),
    )
    op.create_index("secret_keys_stream", "secret_keys", ["stream"])
    op.create_table(
        "outbox",
        sa.Column("position", BIG, primary_key=True, autoincrement=False),
        sa.Column("sent_at", sa.BigInteger),
    )


def _protect_sqlite() -> None:
    for table, same in KEYS.items():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in KEYS:
        for verb in ("UPDATE", "DELETE", "TRUNCATE"):
            name = f"{table}_no_{verb.lower()}"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
