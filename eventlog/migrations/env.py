"""What Alembic runs: the scripts, on the connection `run.upgrade` opened and will commit."""

from alembic import context

from eventlog.migrations.metadata import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
