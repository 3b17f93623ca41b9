"""Once the log demands proofs, whoever has the door's key and reaches Temporal still acts in nobody's name."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain import commands as c
from domain.base import Refusal
from domain.envelope import SYSTEM, Actor, Provenance, Via
from eventlog import reading
from eventlog.database import Database
from eventlog.proofs import add_vouching_key, vouching_keys
from eventlog.verify import verify
from services.gateway import Gateway
from services.running import running_worker
from services.vouching import VouchKey, require_proofs, service_vouch, signed, vouch_key
from tests.support.office import DOOR, LEADER, LIAISON, OFFICE, founded, office_today, opening, order, sqlite
from tests.support.temporal import DevServer

REPORT = c.SubmitFeedback(text="正常推进", progress=20)
CANCEL = c.CancelMatter(reason="到此为止")


class Demanding:
    """A home whose log demands proofs, with one matter in progress, and a stranger who has read `door.key`."""

    def __init__(self, client: Client, log: Database, gateway: Gateway, home: Path) -> None:
        self.client, self.log, self.gateway, self.home = client, log, gateway, home
        self.stream = f"matter/{uuid4().hex[:12]}"

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def proven(self, via: Via = Via.WEB) -> Provenance:
        return Provenance(via=via, credential="c0ffee", auth_time=self.now)

    def order(self, command: c.MatterCommand, actor: Actor = LEADER) -> c.Order:
        return DOOR.pass_order(order(self.stream, command, actor, now=self.now))

    def types(self) -> list[str]:
        return [event.type for event in reading.read_stream(self.log, self.stream)]

    async def sent(self, said: c.Order) -> str:
        """What a bare client is answered: a code, or nothing."""
        try:
            await self.client.get_workflow_handle(self.stream).execute_update("submit", said)
        except WorkflowUpdateFailedError as told:
            assert isinstance(told.cause, ApplicationError)
            return str(told.cause.type)
        return ""


@pytest_asyncio.fixture(loop_scope="session")
async def home(dev_server: DevServer, tmp_path: Path) -> AsyncIterator[Demanding]:
    client, queue = await dev_server.client(), f"signed-{uuid4().hex[:8]}"
    with founded(sqlite(tmp_path)) as log:
        log.vouch = service_vouch(tmp_path, Via.WORKER)
        async with running_worker(client, log, task_queue=queue, door=DOOR):
            found = Demanding(client, log, Gateway(client, log, queue, DOOR), tmp_path)
            due = office_today() + timedelta(days=60)
            await found.gateway.submit(order(found.stream, opening(due=due), now=found.now))
            await found.gateway.submit(order(found.stream, c.AcceptReceipt(), LIAISON, now=found.now))
            yield found
            assert verify(log).problems == ()


async def test_without_proofs_the_door_key_is_enough_and_with_them_it_is_not(home: Demanding) -> None:
    assert await home.sent(home.order(REPORT, LIAISON)) == "", "this is why proofs exist"
    assert home.types()[-1] == "FeedbackSubmitted"
    require_proofs(home.log, home.home, OFFICE, home.now)
    before = home.types()
    forgeries = [home.order(CANCEL), home.order(CANCEL, SYSTEM), home.order(REPORT, LIAISON)]
    assert [await home.sent(said) for said in forgeries] == ["unproved"] * 3
    assert home.types() == before

    # The service that saw who it is signs; the event says how.
    said = home.order(REPORT, LIAISON)
    said = said.model_copy(update={"signed": signed(home.home, said, home.proven())})
    assert await home.sent(said) == ""
    newest = reading.read_stream(home.log, home.stream)[-1]
    assert newest.proven is not None
    assert (newest.type, newest.proven.via, newest.proven.credential) == ("FeedbackSubmitted", Via.WEB, "c0ffee")
    # What the worker sends of itself carries its own.
    await home.gateway.submit(order(home.stream, REPORT, LIAISON, now=home.now))
    mine = reading.read_stream(home.log, home.stream)[-1]
    assert mine.proven is not None
    assert mine.proven.via is Via.WORKER


async def test_a_proof_is_of_one_order_by_a_known_key_and_of_now(home: Demanding) -> None:
    require_proofs(home.log, home.home, OFFICE, home.now)
    before, key = home.types(), vouch_key(home.home)
    assert key is not None
    honest, cancel = home.order(REPORT, LIAISON), home.order(CANCEL)
    stranger = VouchKey(key.name, Ed25519PrivateKey.generate())
    unknown = VouchKey("0" * 16, stranger.private)

    def told(said: c.Order, by: VouchKey, **changed: object) -> c.Order:
        proof = by.proof(said.command_id, said.content_hash(), home.proven())
        return said.model_copy(update={"signed": proof.model_copy(update=changed)})

    hour = timedelta(hours=2)
    old = key.proof(honest.command_id, honest.content_hash(), home.proven(), home.now - hour)
    early = key.proof(honest.command_id, honest.content_hash(), home.proven(), home.now + hour)
    forged: dict[str, c.Order] = {
        "of another order": cancel.model_copy(update={"signed": told(honest, key).signed}),
        "of another content": told(honest, key).model_copy(update={"command": CANCEL, "actor": LEADER}),
        "by a stranger's key": told(honest, stranger),
        "by a key nobody knows": told(honest, unknown),
        "an old one": honest.model_copy(update={"signed": old}),
        "by a clock two hours ahead": honest.model_copy(update={"signed": early}),
        "another session": told(honest, key, provenance=home.proven().model_copy(update={"credential": "mine"})),
        "another moment": told(honest, key, issued_at=home.now + timedelta(minutes=1)),
        "no signature": told(honest, key, signature=""),
        "no base64": told(honest, key, signature="～"),
    }
    answers = {what: await home.sent(DOOR.pass_order(said)) for what, said in forged.items()}
    assert answers == dict.fromkeys(forged, "unproved")
    assert home.types() == before
    assert await home.sent(told(honest, key)) == "", "a refused proof spoils no id"


async def test_a_key_of_before_a_rotation_ends(home: Demanding) -> None:
    old = require_proofs(home.log, home.home, OFFICE, home.now)
    new = require_proofs(home.log, home.home, OFFICE, home.now, rotate=True)
    assert old.name != new.name

    def by(key: VouchKey) -> c.Order:
        said = home.order(REPORT, LIAISON)
        return said.model_copy(update={"signed": key.proof(said.command_id, said.content_hash(), home.proven())})

    assert [await home.sent(by(key)) for key in (old, new)] == ["", ""], "both hold for a day"
    again = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    ended = [k.name for k in vouching_keys(home.log) if k.until is not None]
    assert ended == [old.name]
    add_vouching_key(home.log, "f" * 16, again, home.now, old_until=home.now - timedelta(seconds=1))
    assert [await home.sent(by(key)) for key in (old, new)] == ["", "unproved"]


async def test_what_the_office_records_itself_is_asked_for_a_proof_too(home: Demanding) -> None:
    from domain.office import DayOverridden
    from services.office_records import record_office_events
    from tests.support.streams import CALENDAR_STREAM

    def override(log: Database, day: int) -> None:
        event = DayOverridden(day=office_today() + timedelta(days=day), workday=False, reason="停工")
        record_office_events(log, CALENDAR_STREAM, [event], actor=OFFICE, command_id=uuid4().hex, now=home.now)

    require_proofs(home.log, home.home, OFFICE, home.now)
    vouch, home.log.vouch = home.log.vouch, None
    assert _refused(lambda: override(home.log, 90)) == "unproved"
    home.log.vouch = vouch
    override(home.log, 90)


def _refused(act: Callable[[], None]) -> str:
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return ""
