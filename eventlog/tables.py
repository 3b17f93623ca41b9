"""The tables, as SQLModel: the schema of record, which the migrations are checked against.

The hot path speaks plain SQL through `eventlog.database`; importing this module costs half a second, so only the
migrations and their test do.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both databases; SQLite's `INTEGER PRIMARY KEY` is its row id."""


class EventRow(SQLModel, table=True):
    """An event exactly as hashed; columns are named as in the envelope. Times are microseconds since 1970 UTC."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("stream", "version", name="events_stream_version"),
        UniqueConstraint("event_id", name="events_event_id"),
    )

    position: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    headquarters: str = Field(sa_type=Text)
    stream: str = Field(sa_type=Text)
    version: int
    event_id: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    schema_version: int = Field(sa_column=Column("schema", Integer, nullable=False))
    payload: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    command_id: str = Field(sa_type=Text)
    occurred_at: int = Field(sa_type=BigInteger)
    recorded_at: int = Field(sa_type=BigInteger)
    previous_hash: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class CommandRow(SQLModel, table=True):
    """A command that is in the log, and the versions of the events it gave."""

    __tablename__ = "commands"

    command_id: str = Field(sa_type=Text, primary_key=True)
    stream: str = Field(sa_type=Text)
    first: int
    last: int
    request_hash: str = Field(sa_type=Text)
    digest: str = Field(sa_column=Column(Text, nullable=False, server_default=text("''")))
    """Of this row and its last event (`eventlog.evidence`)."""


class RefusalRow(SQLModel, table=True):
    """A command whose caller was told that it is refused, and until when it was meant (microseconds)."""

    __tablename__ = "refusals"
    __table_args__ = (Index("refusals_valid_until", "valid_until"),)

    command_id: str = Field(sa_type=Text, primary_key=True)
    valid_until: int = Field(sa_type=BigInteger)


class StreamRow(SQLModel, table=True):
    """Read model: a stream there is. Written when it begins, and when it ends or is taken up again."""

    __tablename__ = "streams"
    __table_args__ = (Index("streams_kind_ended", "kind", "ended"),)

    stream: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    first: int = Field(sa_type=BigInteger)
    """The position of its first event."""
    ended: int = Field(sa_type=BigInteger)
    """The position since which nothing more is owed by it, without a break; 0 while something may be."""


class SnapshotRow(SQLModel, table=True):
    """Read model: the state of a stream at one of its versions (`eventlog.snapshots`)."""

    __tablename__ = "snapshots"

    stream: str = Field(sa_type=Text, primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    version: int
    hash: str = Field(sa_type=Text)
    build: str = Field(sa_type=Text)
    """The newest migration of the build that folded it."""
    state: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    """Of all the others (`eventlog.evidence`)."""


class MatterRow(SQLModel, table=True):
    """Read model: what a matter is found and listed by. `due` is a date, as ISO text."""

    __tablename__ = "matters"
    __table_args__ = (
        UniqueConstraint("number", name="matters_number"),
        Index("matters_stage_due", "stage", "due"),
        Index("matters_title_key", "title_key"),
        Index("matters_parent", "parent"),
        Index("matters_tail", "tail"),
        Index("matters_year", "year"),
    )

    stream: str = Field(sa_type=Text, primary_key=True)
    number: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    lead: str | None = Field(default=None, sa_type=Text)
    due: str | None = Field(default=None, sa_type=Text)
    title_key: str = Field(sa_column=Column(Text, nullable=False, server_default=text("''")))
    """Equal for titles that mean the same matter (`domain.duplicates`)."""
    parent: str | None = Field(default=None, sa_type=Text)
    """The stream of the matter it is a part of."""
    year: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    tail: int | None = Field(default=None, sa_type=BigInteger)
    """Of its number: 2022 and 7 of XMH-2022-007."""


class ListRowRow(SQLModel, table=True):
    """Read model: the row a matter is listed by (`domain.queries.list_row`); lists are JSON, moments microseconds."""

    __tablename__ = "matter_rows"
    __table_args__ = (
        Index("matter_rows_number", "number"),
        Index("matter_rows_settled_number", "settled", "number"),
    )

    stream: str = Field(sa_type=Text, primary_key=True)
    number: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    lead: str | None = Field(default=None, sa_type=Text)
    due: str = Field(sa_type=Text)
    version: int
    parent: str | None = Field(default=None, sa_type=Text)
    progress: int
    kind: str = Field(sa_type=Text)
    klass: str = Field(sa_type=Text)
    flags: str = Field(sa_type=Text)
    urgency: str = Field(sa_type=Text)
    rung: str = Field(sa_type=Text)
    period: str | None = Field(default=None, sa_type=Text)
    by_letter: int
    source: str | None = Field(default=None, sa_type=Text)
    section: str | None = Field(default=None, sa_type=Text)
    origin: str | None = Field(default=None, sa_type=Text)
    listed: int
    missed_in_row: int
    settled: int
    opened: str = Field(sa_type=Text)
    supervisor: str = Field(sa_type=Text)
    person: str | None = Field(default=None, sa_type=Text)
    assist: str = Field(sa_type=Text)
    asked: str = Field(sa_type=Text)
    leaders: str = Field(sa_type=Text)
    instructed_by: str = Field(sa_type=Text)
    reported_by: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "[]"})
    followers: str = Field(sa_type=Text)
    facts: str = Field(sa_type=Text)
    red: int = Field(sa_type=BigInteger)
    yellow: int = Field(sa_type=BigInteger)
    blue: int = Field(sa_type=BigInteger)
    wavers: int
    position: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Of its newest event."""


class CountedEventRow(SQLModel, table=True):
    """Read model: an event the figures count (`domain.queries.counted`), written with its block of events."""

    __tablename__ = "counted_events"
    __table_args__ = (Index("counted_events_window", "window_key"),)

    position: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    stream: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    window_key: str | None = Field(default=None, sa_type=Text)
    detail: str | None = Field(default=None, sa_type=Text)
    occurred_at: int = Field(sa_type=BigInteger)


class RelationRow(SQLModel, table=True):
    """Read model: one matter is `merged` into another or `waits` for it; `holds` is 0 when that was taken back."""

    __tablename__ = "relations"
    __table_args__ = (Index("relations_stream", "stream"), Index("relations_target", "target"))

    id: str = Field(sa_type=Text, primary_key=True)
    stream: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    holds: int


class MeetingRow(SQLModel, table=True):
    """Read model: what a meeting is found and listed by. `starts` is in microseconds, `ordinal` NULL until held."""

    __tablename__ = "meetings"
    __table_args__ = (
        UniqueConstraint("number", name="meetings_number"),
        Index("meetings_series_starts", "series", "starts"),
    )

    stream: str = Field(sa_type=Text, primary_key=True)
    number: str = Field(sa_type=Text)
    series: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    starts: int = Field(sa_type=BigInteger)
    ordinal: int | None = None
    version: int


class NumberRow(SQLModel, table=True):
    """The last number given in a gapless series."""

    __tablename__ = "numbers"

    series: str = Field(sa_type=Text, primary_key=True)
    last: int


class UnitRow(SQLModel, table=True):
    """Read model: a unit of the directory; `aliases` is a JSON list."""

    __tablename__ = "units"

    id: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    supervision: str = Field(sa_type=Text)
    parent: str | None = Field(default=None, sa_type=Text)
    aliases: str = Field(sa_type=Text)


class PersonRow(SQLModel, table=True):
    """Read model: a person of the directory; one who left stays, with the time, so that old events keep a name."""

    __tablename__ = "people"

    id: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    phone: str | None = Field(default=None, sa_type=Text)
    email: str | None = Field(default=None, sa_type=Text)
    secretary: str | None = Field(default=None, sa_type=Text)
    title: str | None = Field(default=None, sa_type=Text)
    left_at: int | None = Field(default=None, sa_type=BigInteger)


class SecretKeyRow(SQLModel, table=True):
    """The key of a stream's secret fields; destroying it (key NULL) is the only erasure there is."""

    __tablename__ = "secret_keys"
    __table_args__ = (Index("secret_keys_stream", "stream"),)

    key_id: str = Field(sa_type=Text, primary_key=True)
    stream: str = Field(sa_type=Text)
    key: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: int = Field(sa_type=BigInteger)
    destroyed_at: int | None = Field(default=None, sa_type=BigInteger)
    wrapped_by: str | None = Field(default=None, sa_type=Text)
    """Which master key it is wrapped under; NULL when an earlier build kept it as it is."""


PENDING = text("sent_at IS NULL")


class OutboxRow(SQLModel, table=True):
    """An event still to be told to the outside, written in its own transaction; `sent_at` once told, 0 when never."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_untold", "position", sqlite_where=PENDING, postgresql_where=PENDING),)

    position: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    sent_at: int | None = Field(default=None, sa_type=BigInteger)
    notices: str | None = Field(default=None, sa_type=Text)
    """Digest of the notices it gave when it was told (`eventlog.evidence`)."""


class NoticeRow(SQLModel, table=True):
    """A notice to one person on one channel, and how its delivery stands. No read model: no event knows it."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("notices_pending", "channel", "next_at", sqlite_where=PENDING, postgresql_where=PENDING),
        Index("notices_person", "person"),
    )

    id: str = Field(sa_type=Text, primary_key=True)
    position: int = Field(sa_type=BigInteger)
    person: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    stream: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    urgency: str = Field(sa_type=Text)
    recorded_at: int = Field(sa_type=BigInteger)
    due_at: int = Field(sa_type=BigInteger)
    next_at: int = Field(sa_type=BigInteger)
    attempts: int
    batch: str | None = Field(default=None, sa_type=Text)
    tried_at: int | None = Field(default=None, sa_type=BigInteger)
    sent_at: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = Field(default=None, sa_type=Text)


class CredentialsRow(SQLModel, table=True):
    """What opens a person's account. No read model: it changes and must vanish, so the log does not know it."""

    __tablename__ = "credentials"
    __table_args__ = (
        Index("credentials_link", "link"),
        Index("credentials_subject", "issuer", "subject", unique=True),
    )

    person: str = Field(sa_type=Text, primary_key=True)
    password: str | None = Field(default=None, sa_type=Text)
    """Argon2id."""
    totp: str | None = Field(default=None, sa_type=Text)
    """The shared secret, sealed under a key of the account's stream."""
    totp_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """The thirty seconds whose code was used last: none counts twice."""
    link: str | None = Field(default=None, sa_type=Text)
    """SHA-256 of the link that opens it once."""
    link_until: int | None = Field(default=None, sa_type=BigInteger)
    issuer: str | None = Field(default=None, sa_type=Text)
    """The identity provider that vouches for him, and what it calls him."""
    subject: str | None = Field(default=None, sa_type=Text)


class SessionRow(SQLModel, table=True):
    """A session of a browser, by the SHA-256 of its cookie."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_person", "person"),)

    digest: str = Field(sa_type=Text, primary_key=True)
    person: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    proven_at: int | None = Field(default=None, sa_type=BigInteger)
    post: str | None = Field(default=None, sa_type=Text)
    """Role and unit its person had as he came in."""


class TokenRow(SQLModel, table=True):
    """A token for programs, by its SHA-256."""

    __tablename__ = "tokens"
    __table_args__ = (Index("tokens_person", "person"),)

    digest: str = Field(sa_type=Text, primary_key=True)
    id: str = Field(sa_type=Text)
    person: str = Field(sa_type=Text)
    scope: str = Field(sa_type=Text)
    until: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)


class SigningKeyRow(SQLModel, table=True):
    """A public key that may vouch for orders: the owner's, which whoever appends only reads."""

    __tablename__ = "signing_keys"

    name: str = Field(sa_type=Text, primary_key=True)
    public: str = Field(sa_type=Text)
    since: int = Field(sa_type=BigInteger)
    until: int | None = Field(default=None, sa_type=BigInteger)


class AutosaveRow(SQLModel, table=True):
    """What somebody is typing, sealed under his own key; it goes when it was sent."""

    __tablename__ = "autosaves"

    person: str = Field(sa_type=Text, primary_key=True)
    form: str = Field(sa_type=Text, primary_key=True)
    version: int
    body: str = Field(sa_type=Text)
    saved_at: int = Field(sa_type=BigInteger)


class UploadRow(SQLModel, table=True):
    """A file somebody handed in, which he may name in a command for a while."""

    __tablename__ = "uploads"

    person: str = Field(sa_type=Text, primary_key=True)
    sha256: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text, primary_key=True)
    size: int = Field(sa_type=BigInteger)
    uploaded_at: int = Field(sa_type=BigInteger)


class WebhookRow(SQLModel, table=True):
    """An address that is told what its person may see, and how far it was told. No read model: it must vanish."""

    __tablename__ = "webhooks"

    id: str = Field(sa_type=Text, primary_key=True)
    person: str = Field(sa_type=Text)
    url: str = Field(sa_type=Text)
    secret: str = Field(sa_type=Text)
    """What its messages are signed with, sealed under a key of the account's stream."""
    cursor: str = Field(sa_type=Text)
    position: int = Field(sa_type=BigInteger)
    """The cursor's, to compare by."""
    attempts: int
    """Tries in vain of the message that is next."""
    next_at: int = Field(sa_type=BigInteger)
    error: str | None = Field(default=None, sa_type=Text)
    stopped_at: int | None = Field(default=None, sa_type=BigInteger)


class SecurityKeyRow(SQLModel, table=True):
    """A security key's public half, and when it was last asked something it answered."""

    __tablename__ = "security_keys"

    credential: str = Field(sa_type=Text, primary_key=True)
    id: str = Field(sa_type=Text)
    person: str = Field(sa_type=Text, index=True)
    public: str = Field(sa_type=Text)
    count: int = Field(sa_type=BigInteger)
    asked_at: int = Field(sa_type=BigInteger)


class EarlierPasswordRow(SQLModel, table=True):
    """A password somebody set, as its slow hash: the last few are not set again."""

    __tablename__ = "earlier_passwords"

    person: str = Field(sa_type=Text, primary_key=True)
    set_at: int = Field(sa_type=BigInteger, primary_key=True)
    password: str = Field(sa_type=Text)


class LoginRow(SQLModel, table=True):
    """A program that waits for a person to let it in, by the SHA-256 of its secret and of the code it shows."""

    __tablename__ = "logins"

    device: str = Field(sa_type=Text, primary_key=True)
    code: str = Field(sa_type=Text)
    host: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    until: int = Field(sa_type=BigInteger)
    person: str | None = Field(default=None, sa_type=Text)


class ProcessRow(SQLModel, table=True):
    """A worker or web server that serves the log, and when it last said so."""

    __tablename__ = "processes"

    id: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    host: str = Field(sa_type=Text)
    pid: int = Field(sa_type=BigInteger)
    build: str = Field(sa_type=Text)
    started_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    detail: str = Field(sa_type=Text)


class SignInFailureRow(SQLModel, table=True):
    """How often a sign-in failed within a minute; it stays until the log has it and it locks nobody out any more."""

    __tablename__ = "sign_in_failures"

    person: str = Field(sa_type=Text, primary_key=True)
    address: str = Field(sa_type=Text, primary_key=True)
    minute: int = Field(sa_type=BigInteger, primary_key=True)
    count: int
