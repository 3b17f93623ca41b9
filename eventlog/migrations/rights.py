"""What a role that does not own the tables may do on them: what the append does, and no more.

Whoever was given the right to insert events is the worker's role, whatever it is called. Every upgrade sets its rights
table by table, so that rights given in bulk, by an earlier build or a later table, do not stay.
"""

from sqlalchemy import Connection, text

ADD, CHANGE = "SELECT, INSERT", "SELECT, INSERT, UPDATE"
RIGHTS = {
    "alembic_version": "SELECT",
    "events": ADD,
    "commands": ADD,
    "refusals": f"{CHANGE}, DELETE",
    "streams": CHANGE,
    "snapshots": CHANGE,
    "matters": CHANGE,
    "matter_rows": CHANGE,
    "event_words": ADD,
    "counted_events": ADD,
    "meetings": CHANGE,
    "relations": CHANGE,
    "numbers": "SELECT, INSERT, UPDATE (last)",
    "units": CHANGE,
    "people": CHANGE,
    "secret_keys": "SELECT, INSERT, UPDATE (key, destroyed_at, wrapped_by)",
    "outbox": "SELECT, INSERT, UPDATE (sent_at, notices)",
    "notices": CHANGE,
    "signing_keys": "SELECT",
    "credentials": f"{CHANGE}, DELETE",
    "sessions": f"{CHANGE}, DELETE",
    "tokens": f"{CHANGE}, DELETE",
    "sign_in_failures": f"{CHANGE}, DELETE",
    "autosaves": f"{CHANGE}, DELETE",
    "uploads": f"{CHANGE}, DELETE",
    "webhooks": f"{CHANGE}, DELETE",
    "logins": f"{CHANGE}, DELETE",
    "earlier_passwords": f"{CHANGE}, DELETE",
    "security_keys": f"{CHANGE}, DELETE",
    "processes": f"{CHANGE}, DELETE",
}
"""Rows are never deleted by a worker, except refusals nobody can mean any more, drafts, what opens an account,
and who serves; `briefing rebuild` and the read model's own rebuilding are the owner's."""

_WORKERS = text(
    "SELECT DISTINCT quote_ident(grantee) FROM information_schema.role_table_grants WHERE table_name = 'events' "
    "AND table_schema IN (current_schema(), 'public') AND privilege_type = 'INSERT' "
    "AND grantee NOT IN (current_user, 'PUBLIC')"
)
"""Who appends to the first headquarters' log appends to the others': one fleet of workers serves them all."""
_SCHEMA = text("SELECT quote_ident(current_schema())")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")


def least_rights(connection: Connection) -> None:
    """Give every database role that appends to the log its rights on the tables, and no more."""
    tables = {name for (name,) in connection.execute(_TABLES)}
    schema = connection.execute(_SCHEMA).scalar_one()
    for (role,) in connection.execute(_WORKERS).all():
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {role}"))
        for table in sorted(tables):
            connection.execute(text(f"REVOKE ALL ON {table} FROM {role}"))
            if table in RIGHTS:
                connection.execute(text(f"GRANT {RIGHTS[table]} ON {table} TO {role}"))
