"""What is due for one person becomes one message: 特急 each by itself, the rest together."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from domain.base import Frozen
from domain.terms import Urgency

MOST_LINES = 60
"""A digest names so many; the rest it counts."""


class Due(Frozen):
    """A notice that is to go out on a channel, as it is kept."""

    id: str
    person: str
    subject: str
    text: str
    urgency: Urgency
    position: int = 0
    """Of its event in the log."""
    stream: str = ""
    batch: str | None = None
    """The message it was first tried in: it stays in it, so that a repeated message says the same under the same id."""
    attempts: int = 0
    """How often it was tried."""


class Message(Frozen):
    """One message to one person on one channel. `id` is the idempotency id, `ids` those of the notices in it."""

    id: str
    person: str
    subject: str
    text: str
    urgency: Urgency
    ids: tuple[str, ...]


def message_batches(due: Iterable[Due]) -> list[list[Due]]:
    """Which notices go out as one message: what was tried together before, 特急 alone, else all there is for a person.

    特急 come first, then the order of the log.
    """
    groups: dict[tuple[str, str], list[Due]] = {}
    for notice in due:
        alone = notice.urgency is Urgency.EXTRA and notice.batch is None
        key = notice.id if alone else notice.batch or ""
        groups.setdefault((notice.person, key), []).append(notice)
    return sorted(groups.values(), key=lambda group: group[0].urgency is not Urgency.EXTRA)


def batch_id(group: Sequence[Due]) -> str:
    """The id of a message: of the notice when it holds one, else derived from the notices in it.

    So what is tried again together keeps its id, and one that is tried without the others has an id of its own.
    """
    if len(group) == 1:
        return group[0].id
    return f"digest-{sha256(' '.join(notice.id for notice in group).encode()).hexdigest()[:20]}"


def batch_message(group: Sequence[Due]) -> Message:
    """The message that carries one batch of notices."""
    first = group[0]
    extra = first.urgency is Urgency.EXTRA
    if len(group) == 1:
        subject = f"【{first.urgency.label if extra else '督办'}】{first.subject}"
        text = first.text
    else:
        subject = f"【督办】您有{len(group)}条督办通知"
        text = "\n".join(_lines(group))
    return Message(
        id=batch_id(group),
        person=first.person,
        subject=subject,
        text=text,
        urgency=first.urgency,
        ids=tuple(notice.id for notice in group),
    )


def _lines(group: Sequence[Due]) -> list[str]:
    """Matter by matter, in the order in which each first appears."""
    by_matter: dict[str, list[Due]] = {}
    for notice in group[:MOST_LINES]:
        by_matter.setdefault(notice.subject, []).append(notice)
    lines = []
    for n, (subject, notices) in enumerate(by_matter.items(), start=1):
        lines.append(f"{n}. {subject}")
        lines += [f"   · {notice.text}" for notice in notices]
    if len(group) > MOST_LINES:
        lines.append(f"另有{len(group) - MOST_LINES}条，请用 xmh notice list 查阅")
    return lines
