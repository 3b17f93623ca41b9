"""What people asked for and may not see comes on record by the minute: who tries numbers stands there once."""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.bounds import seen

if TYPE_CHECKING:
    from web.service import WebService

LONGEST_SOUGHT = 120
REFUSED = (403, 404)


class RefusalsNoted:
    """Each answer that says to somebody signed in that there is nothing of his is counted."""

    def __init__(self, app: ASGIApp, service: "WebService") -> None:
        """Wrap the application."""
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the answer as it begins."""

        async def looked_at(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                self._note(scope)
            await send(message)

        await self.app(scope, receive, looked_at)

    def _note(self, scope: Scope) -> None:
        state, client = scope.get("state", {}), scope.get("client")
        caller = state.get("caller")
        person = caller.actor.id if caller is not None else state.get("person")
        if person is not None:
            self.service.metrics.refused_reads.inc()
            sought = seen(scope["path"])[:LONGEST_SOUGHT]
            self.service.refusals.note((person, client[0] if client else ""), sought, self.service.now)
