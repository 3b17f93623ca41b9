"""An event's envelope: who, when, in which stream, and the bytes its hash covers."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from pydantic import AwareDatetime, ConfigDict

from domain.base import Frozen, Term
from domain.headquarters import FIRST_HEADQUARTERS, document_mark
from domain.terms import Role

HASH_FORMAT = b"xmh1"
LAST_OF_BMP = 0xFFFF
LARGEST_INTEGER = 2**53


class OnBehalf(Frozen):
    """The person who decided, when another typed it (代录, 授权代办), and the paper that shows it."""

    id: str
    role: Role
    unit: str | None = None
    paper: str | None = None
    delegation: str | None = None
    """The number of the 授权 the actor acts under; the append checks that it holds. None when he only types (代录)."""


class Actor(Frozen):
    """Who acts, as the client claims it; the append checks the claim against the directory."""

    id: str
    role: Role
    unit: str | None = None
    on_behalf_of: OnBehalf | None = None


SYSTEM = Actor(id="system", role=Role.SYSTEM)


class Via(Term):
    """By which entrance an order came."""

    WEB = "web", "网页"
    API = "api", "接口"
    CLI = "cli", "命令行"
    WORKER = "worker", "办理进程"


class Provenance(Frozen):
    """How whoever acted had proven himself, as an event keeps it."""

    via: Via
    credential: str
    """Which session or token, by its id; never what opens it."""
    auth_time: AwareDatetime
    """When he proved himself."""


class NumberSeries(Frozen):
    """A gapless series (per kind and year) and how its next number is written into a payload field."""

    series: str
    field: str
    template: str

    def render(self, n: int, headquarters: str = FIRST_HEADQUARTERS) -> str:
        """The number as people read it in a headquarters, e.g. `XMH-2022-007`."""
        return self.template.format(n=n, headquarters=headquarters, mark=document_mark(headquarters))

    def place(self, number: str, headquarters: str = FIRST_HEADQUARTERS) -> int | None:
        """Which of the series a number is, e.g. 7; None when it is none of this series."""
        digits = re.findall(r"\d+", number)
        n = int(digits[-1]) if digits else 0
        return n if self.render(n, headquarters) == number else None


class Draft(Frozen):
    """An event decided but not yet in the log: the append adds numbers, position, times and hash."""

    type: str
    schema_version: int
    payload: dict[str, object]
    occurred_at: datetime | None = None
    number: NumberSeries | None = None


class Encoded(Protocol):
    """What is asked of an event to know what it says."""

    @property
    def type(self) -> str:
        """Its kind by name."""

    @property
    def schema_version(self) -> int:
        """How its payload was written."""

    @property
    def payload(self) -> str:
        """The canonical JSON text exactly as hashed."""


class Countable(Encoded, Protocol):
    """What is asked of an event of the log to count it."""

    @property
    def position(self) -> int:
        """Which of the log's it is."""

    @property
    def stream(self) -> str:
        """What it is of."""

    @property
    def occurred_at(self) -> datetime:
        """When it was so (UTC)."""


class LoggedEvent(Countable, Protocol):
    """An event of the log, however it was read: what a fold goes by."""

    @property
    def headquarters(self) -> str:
        """Whose log that is."""

    @property
    def version(self) -> int:
        """Which of the stream's it is."""

    @property
    def actor(self) -> Actor:
        """Who acted."""

    @property
    def recorded_at(self) -> datetime:
        """When the log took it (UTC)."""

    @property
    def hash(self) -> str:
        """Its own."""


class Recorded(Frozen):
    """An event as it is handed on, validated where it comes in. `payload` is the canonical JSON text exactly as hashed.

    Histories of earlier builds hold it with a `causation`, which was never set.
    """

    model_config = ConfigDict(extra="ignore")
    position: int
    headquarters: str
    stream: str
    version: int
    event_id: str
    type: str
    schema_version: int
    payload: str
    actor: Actor
    proven: Provenance | None = None
    """How the actor had proven himself, where that was asked."""
    command_id: str
    occurred_at: datetime
    recorded_at: datetime
    previous_hash: str
    hash: str


def canonical(value: object) -> str:
    """Canonical JSON: RFC 8785 restricted to text, integers, booleans, null, lists and objects.

    Raises:
        TypeError: for floats and anything else outside the restriction.
    """
    _restrict(value)
    return _CANONICAL.encode(value)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _restrict(value: object) -> None:
    kind = value.__class__
    if kind is str or kind is bool or value is None:
        return  # nearly all; what is left may be a subclass of what is allowed
    if isinstance(value, str):
        pass
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise TypeError(f"integer beyond 2^53 has no canonical JSON form: {value}")
    elif isinstance(value, list | tuple):
        for item in value:
            _restrict(item)
    elif isinstance(value, dict | Mapping):
        for key, item in value.items():
            # Above the BMP RFC 8785 sorts by UTF-16 unit, json.dumps by code point.
            if not isinstance(key, str) or not (key.isascii() or max(map(ord, key)) <= LAST_OF_BMP):
                raise TypeError(f"key not allowed in canonical JSON: {key!r}")
            _restrict(item)
    else:
        raise TypeError(f"not allowed in canonical JSON: {type(value).__name__}")


Algorithm = Literal["sha256", "sm3"]
