"""Run the scripts on a database. Imported only when there is something to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from eventlog.backend import Backend
from eventlog.database import Transaction
from eventlog.migrations.rights import least_rights
from eventlog.projections import fold_read_model

_MIGRATION_LOCK = 0x786D69


def config() -> Config:
    """Alembic's configuration for the migrations, made without a file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration


def engine_for(backend: Backend) -> Engine:
    """An SQLAlchemy engine over the backend's own, equally configured connection."""
    if not backend.one_writer_per_process:
        return create_engine("postgresql+psycopg://", creator=backend.driver_connection, poolclass=StaticPool)
    engine = create_engine("sqlite://", creator=backend.driver_connection, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver is in autocommit mode; DDL is transactional on SQLite only if somebody says BEGIN.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def upgrade(backend: Backend) -> None:
    """Apply the migrations that are missing and fold the log anew: all of it or nothing, only one process at a time.

    A state stored by an older build lacks what this one folds from the same events.
    """
    engine = engine_for(backend)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                from eventlog.postgres import lock_schema, make_schema  # noqa: PLC0415  (only where there is a driver)

                make_schema(connection.connection.driver_connection)
                lock_schema(connection.connection.driver_connection, _MIGRATION_LOCK)
            configuration = config()
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
            fold_read_model(Transaction(backend.around(connection.connection.driver_connection)))
            if connection.dialect.name == "postgresql":
                least_rights(connection)
    finally:
        engine.dispose()
