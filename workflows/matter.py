"""One supervised matter as a workflow: what its clock owes, and how that is decided. The loop is that of `stream`."""

from collections.abc import Sequence

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import ExpireDeadline, Order, Reproject
    from domain.deadlines import Deadline, next_deadline
    from domain.envelope import SYSTEM, Draft, Recorded
    from domain.evolve import evolve
    from domain.lights import light
    from domain.log import Claims, Loaded
    from domain.matter import Matter
    from domain.numbering import numbers_held
    from domain.rules.claims import claims
    from domain.rules.context import DecisionContext
    from domain.rules.decide import decide
    from workflows.contract import MatterStart, Reply, matter_reply
    from workflows.logged import LOG_PAUSE, Logged
    from workflows.stream import StreamWorkflow


class LoggedMatter(Logged[Matter, Order, Reply]):
    """What `Logged` asks of a matter: how it folds, decides and answers."""

    kind = "matter"

    def evolve(self, state: Matter | None, recorded: Recorded) -> Matter:
        """By the table of events."""
        return evolve(state, recorded)

    def decide(self, order: Order, context: DecisionContext) -> tuple[Draft, ...]:
        """By the office's rule book."""
        return decide(self.state, order.command, context)

    def claims(self, order: Order) -> Claims:
        """The units the command names."""
        return claims(order.command)

    def of(self, loaded: Loaded) -> Matter | None:
        """None until it is opened: its run may start before its first event."""
        return loaded.matter

    def numbers(self, state: Matter) -> dict[str, int]:
        """The matter's own number, and that of its last 催办单."""
        return numbers_held(state)

    def answer(self, state: Matter, events: Sequence[Recorded]) -> Reply:
        """How the matter stands, with its light."""
        return matter_reply(state, light(state, self.rulebook, self.now()), events)


@workflow.defn(name="Matter")
class MatterWorkflow(StreamWorkflow[Matter, Order, Reply, Deadline]):
    """One matter, from 立项 to 销号."""

    @workflow.init
    def __init__(self, start: MatterStart) -> None:
        """Know the stream; everything else is loaded from the log."""
        super().__init__(LoggedMatter(start))

    @workflow.run
    async def run(self, start: MatterStart) -> None:
        """Until the matter has ended and nobody objects."""
        await self._live(start)

    @workflow.update
    async def submit(self, order: Order) -> Reply:
        """Carry out one command; the reply comes after the commit."""
        return await self._answer(order)

    def _reprojection(self) -> Order:
        return self._order(Reproject(), "reproject")

    def _deadline(self, state: Matter) -> Deadline | None:
        return next_deadline(state, self._log.rulebook, self._log.now())

    async def _expire(self, deadline: Deadline) -> None:
        await self._log.execute_due(self._order(ExpireDeadline(), deadline.kind.value), deadline.kind.value)

    def _order(self, command: ExpireDeadline | Reproject, what: str) -> Order:
        return Order(
            command_id=self._due_id(what),
            stream=self._log.stream,
            actor=SYSTEM,
            command=command,
            valid_until=self._log.now() + LOG_PAUSE,
        )
