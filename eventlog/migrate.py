"""Bringing a database to this build's tables."""

from eventlog.backend import backend_of
from eventlog.errors import LogError, SchemaMismatch
from eventlog.schema import ADVICE, SchemaState, schema_state


def migrate(url: str) -> bool:
    """Bring the database to this build's tables, in one transaction; False when it already has them.

    A log that was there before is folded anew: states an older build stored lack what this one's hold.

    Raises:
        LogUnreachable: the database cannot be reached.
        SchemaMismatch: it was made by a newer build; nothing is touched.
    """
    state = schema_state(url)
    if state is SchemaState.CURRENT:
        return False
    if state is SchemaState.NEWER:
        raise SchemaMismatch(ADVICE[state], "schema_newer")
    from eventlog.migrations.run import upgrade  # noqa: PLC0415  (SQLAlchemy takes half a second to import)

    backend = backend_of(url)
    try:
        upgrade(backend)
    except LogError:
        raise
    except Exception as error:
        explained = backend.explain(error.__cause__ or error)
        if explained is None:
            raise
        raise explained from error
    return True
