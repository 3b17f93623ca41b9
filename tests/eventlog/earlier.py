"""The tables as the builds before made them: what takes each migration back, for tests that bring a log forward."""

from eventlog.database import Database
from tests.eventlog.sample import is_sqlite

GUARDS = (("numbers", "update"), ("secret_keys", "update"), ("secret_keys", "delete"))
LATER_TABLES = ("relations", "matter_rows", "streams", "snapshots", "counted_events")
"""Of the read model, those that 0009 did not have."""
BACK_TO_0009 = (
    "ALTER TABLE people DROP COLUMN title",
    "DROP TABLE relations",
    "DROP TABLE event_words",
    "DROP TABLE counted_events",
    *(
        f"DROP TABLE {table}"
        for table in (
            *("credentials", "sessions", "tokens", "sign_in_failures", "signing_keys", "autosaves", "uploads"),
            *("webhooks", "logins", "earlier_passwords", "processes", "security_keys"),
        )
    ),
    "DROP TABLE matter_rows",
    "DROP TABLE streams",
    "DROP TABLE snapshots",
    "CREATE TABLE states (stream TEXT PRIMARY KEY, kind TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL, "
    "position BIGINT NOT NULL, state TEXT NOT NULL, ended INTEGER NOT NULL DEFAULT 0)",
    "DROP INDEX matters_tail",
    "DROP INDEX matters_year",
    "ALTER TABLE matters DROP COLUMN year",
    "ALTER TABLE matters DROP COLUMN tail",
    "ALTER TABLE matters ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE events ADD COLUMN causation TEXT",
    "UPDATE alembic_version SET version_num = '0009'",
)
"""Statements that leave the tables of 0009."""


def back_to_0007(database: Database) -> tuple[str, ...]:
    """Statements that leave the tables of 0007."""
    names = [(table, f"{table}_guard_{verb}") for table, verb in GUARDS]
    dropped = [f"DROP TRIGGER {name}" if is_sqlite(database) else f"DROP FUNCTION {name} CASCADE" for _, name in names]
    return (
        *BACK_TO_0009,
        *dropped,
        "ALTER TABLE secret_keys DROP COLUMN wrapped_by",
        "ALTER TABLE commands DROP COLUMN digest",
        "ALTER TABLE outbox DROP COLUMN notices",
        "UPDATE alembic_version SET version_num = '0007'",
    )
