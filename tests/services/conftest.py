"""Logs on SQLite and on PostgreSQL, empty and migrated."""

from tests.support.logs import (
    database,
    log_url,
    migrated_postgres,
    migrated_sqlite,
    new_postgres,
    new_sqlite,
    on_sqlite,
)

__all__ = ["database", "log_url", "migrated_postgres", "migrated_sqlite", "new_postgres", "new_sqlite", "on_sqlite"]
