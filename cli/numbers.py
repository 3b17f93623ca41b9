"""Before a number is printed here: past those that were given elsewhere, as far as Temporal knows them."""

import asyncio
from contextlib import suppress

from cli.session import session
from domain.base import Refusal


def pass_numbers_given() -> None:
    """Move the series past numbers given from another home, which a log put back from an older copy has forgotten.

    Where Temporal does not answer, only this home's own witness and its filed papers are left to ask.

    Raises:
        LogError: the log cannot be written.
    """
    from temporalio.service import RPCError

    from services.gateway import Gateway, Unreachable
    from services.restored_numbers import advance_numbers
    from services.temporal_client import connect

    settings = session.settings
    if settings.address is None:
        return

    async def known() -> dict[str, int]:
        client = await connect(settings)
        seen = await Gateway(client, session.database, settings.task_queue, settings.door).witnessed()
        return seen.numbers if seen is not None and seen.log == session.database.log() else {}

    with suppress(Unreachable, RPCError, Refusal):
        advance_numbers(session.database, asyncio.run(known()))
