"""Who appends can neither add a key that vouches nor end what the log demands."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from eventlog.database import Database
from eventlog.migrations.rights import least_rights
from eventlog.migrations.run import engine_for


def test_the_database_role_of_a_worker_can_neither_add_a_key_nor_end_the_demand(on_postgres: Database) -> None:
    engine = engine_for(on_postgres.backend)
    role = f"worker_{uuid4().hex[:8]}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT INSERT ON events TO {role}"))
        least_rights(connection)
    try:
        for attempt in (
            "INSERT INTO signing_keys VALUES ('mine', '00', 0, NULL)",
            "UPDATE signing_keys SET until = 0",
            "DELETE FROM commands WHERE command_id = 'access:require'",
            "UPDATE commands SET command_id = 'x' WHERE command_id = 'access:require'",
        ):
            with engine.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(f"SET LOCAL ROLE {role}"))
                connection.execute(text(attempt))
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
