"""Keys stand wrapped under a master key; numbers only grow, keys only die; commands and notices are bound by digests.

The column only: the keys themselves are wrapped after the migration, by whoever has the master key (`wrap_keys`).
The triggers hold against whoever has the worker's password: a number given twice, a key replaced or brought back, would
be his to make otherwise. The read model is made again by deleting and inserting, which they let pass for numbers.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from eventlog.evidence import NOTICE_COLUMNS, command_digest, notices_digest

# ruff: noqa: S608  (column names are constants)

revision = "0008"
down_revision = "0007"

CHANGE = "事件日志只能追加，不能修改或删除；更正请另记一条更正事件"
NUMBERS = "编号只能增加，不能退回"
KEYS = "密钥只能新增、加封或销毁，不能替换、恢复或删除"
GUARDS = {
    ("numbers", "update"): ("NEW.series <> OLD.series OR NEW.last < OLD.last", NUMBERS),
    ("secret_keys", "update"): (
        "NEW.key_id <> OLD.key_id OR NEW.stream <> OLD.stream OR NEW.created_at <> OLD.created_at "
        "OR (OLD.key IS NULL AND NEW.key IS NOT NULL)",
        KEYS,
    ),
    ("secret_keys", "delete"): ("TRUE", KEYS),
}


def upgrade() -> None:
    """The columns, the digests of what is there, and the guards."""
    op.add_column("secret_keys", sa.Column("wrapped_by", sa.Text))
    op.add_column("commands", sa.Column("digest", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("outbox", sa.Column("notices", sa.Text))
    postgresql = op.get_bind().dialect.name == "postgresql"
    _bind_commands(postgresql)
    _bind_notices()
    _guard(postgresql)


def _bind_commands(postgresql: bool) -> None:
    """Digest what stands there; the trigger that refuses it steps aside for as long as the transaction lasts."""
    bind = op.get_bind()
    found = bind.execute(
        sa.text(
            "SELECT c.command_id, c.stream, c.first, c.last, c.request_hash, e.hash FROM commands c "
            "JOIN events e ON e.stream = c.stream AND e.version = c.last"
        )
    ).all()
    if postgresql:
        op.execute("ALTER TABLE commands DISABLE TRIGGER commands_no_update")
    else:
        op.execute("DROP TRIGGER commands_no_update")
    if found:
        rows = [{"id": row[0], "digest": command_digest(tuple(row))} for row in found]
        bind.execute(sa.text("UPDATE commands SET digest = :digest WHERE command_id = :id"), rows)
    if postgresql:
        op.execute("ALTER TABLE commands ENABLE ALWAYS TRIGGER commands_no_update")
    else:
        op.execute(
            f"CREATE TRIGGER commands_no_update BEFORE UPDATE ON commands BEGIN SELECT RAISE(ABORT, '{CHANGE}'); END"
        )


def _bind_notices() -> None:
    """What was told before has the notices it has; the rest is digested when it is told."""
    bind = op.get_bind()
    kept: dict[int, list[Any]] = {}
    for row in bind.execute(sa.text(f"SELECT {NOTICE_COLUMNS} FROM notices")).all():
        kept.setdefault(row[1], []).append(tuple(row))
    told = bind.execute(sa.text("SELECT position FROM outbox WHERE sent_at IS NOT NULL")).all()
    if told:
        rows = [{"position": p, "notices": notices_digest(kept.get(p, ()))} for (p,) in told]
        bind.execute(sa.text("UPDATE outbox SET notices = :notices WHERE position = :position"), rows)


def _guard(postgresql: bool) -> None:
    for (table, verb), (wrong, said) in GUARDS.items():
        name = f"{table}_guard_{verb}"
        if postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN "
                f"RAISE EXCEPTION '{said}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
                f"RETURN {'NEW' if verb == 'update' else 'OLD'}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} WHEN {wrong} "
                f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            )
