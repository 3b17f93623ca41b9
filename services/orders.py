"""Orders to matters and meetings, made alike for who types, posts or clicks: cleaned, bounded, sealed, with a term."""

from datetime import datetime, timedelta
from typing import TypeVar

from domain.base import Frozen, Refusal
from domain.bounds import cleaned, within_bounds
from domain.commands import MatterCommand, Order
from domain.confidential import sealed
from domain.envelope import Actor
from domain.meetings.commands import MeetingCommand, MeetingOrder
from domain.meetings.meeting import Meeting
from domain.meetings.secrets import matter_concerned
from eventlog.database import Database
from eventlog.secrets import seal_text

VALID_FOR = timedelta(minutes=15)

F = TypeVar("F", bound=Frozen)


def sealed_under(database: Database, stream: str, command: F, *, secret: bool = False, held: Frozen | None = None) -> F:
    """A command with its words sealed under the stream's key: a leader's always, others when they are `secret`.

    `held` is what stands in the log already and may be said again as it was recorded.

    Raises:
        Refusal: `malformed`, `too_large`; `master_key`.
    """
    plain = cleaned(command)
    within_bounds(plain, held)  # once sealed, nobody sees what is in it
    return sealed(plain, lambda text: seal_text(database, stream, text), secret=secret)


def matter_order(  # noqa: PLR0913  (what an order says)
    database: Database,
    stream: str,
    command: MatterCommand,
    *,
    actor: Actor,
    command_id: str,
    now: datetime,
    occurred_at: datetime | None = None,
    secret: bool = False,
) -> Order:
    """A command to a matter on its way, good for a quarter of an hour.

    Raises:
        Refusal: as `sealed_under`.
    """
    return Order(
        command_id=command_id,
        stream=stream,
        actor=actor,
        command=sealed_under(database, stream, command, secret=secret),
        valid_until=now + VALID_FOR,
        occurred_at=occurred_at,
    )


def meeting_order(
    database: Database,
    meeting: Meeting | str,
    command: MeetingCommand,
    *,
    actor: Actor,
    command_id: str,
    now: datetime,
    secret: bool = False,
) -> MeetingOrder:
    """A command to a meeting on its way; `meeting` as it stands, or the stream of one that is only being convened.

    Secret words are sealed under the key of the matter they are about.

    Raises:
        Refusal: `malformed`: they are about none, or something is out of bounds; as `sealed_under`.
    """
    within_bounds(command)  # what has no canonical form cannot even be named by its hash
    if secret:
        matter = matter_concerned(meeting, command) if isinstance(meeting, Meeting) else None
        if matter is None:
            no_matter = "工作秘密（--secret）用所涉事项的密钥加密，这里没有对应的督办事项；请先为其立项，或不作工作秘密"
            raise Refusal(no_matter, "malformed")
        command = sealed_under(database, matter, command, secret=True)
    return MeetingOrder(
        command_id=command_id,
        stream=meeting.stream if isinstance(meeting, Meeting) else meeting,
        actor=actor,
        command=command,
        valid_until=now + VALID_FOR,
    )
