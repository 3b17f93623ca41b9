"""What was told to whom, as its reader may see it now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.ids import kind_of
from domain.readership import ReadKind
from domain.sight import Sight
from eventlog.database import Database
from eventlog.notices import NoticeOnRecord, list_notices
from views.meetings import may_know_meeting
from views.readership import REMEMBERED, readings
from views.viewer import Viewer


def notice_as_read(viewer: Viewer, notice: NoticeOnRecord) -> NoticeOnRecord:
    """A notice as its reader may see it now: of what is no longer his, only that there was one."""
    rights = viewer.rights
    if kind_of(notice.stream) == "meeting" and not may_know_meeting(viewer, notice.stream):
        hidden = "（这次会议现与本单位无关，内容不再显示）"
        return notice.model_copy(update={"subject": "（现与本单位无关的会议）", "text": hidden})
    if kind_of(notice.stream) != "matter" or rights.sees(notice.stream):
        return notice
    subject = notice.subject if rights.sees(notice.stream, Sight.LISTED) else "（现不由本单位办理的事项）"
    return notice.model_copy(update={"subject": subject, "text": "（这个事项现不由本单位办理，内容不再显示）"})


def notices_document(
    viewer: Viewer,
    last: int,
    *,
    person: str | None = None,
    pending: bool = False,
    failed: bool = False,
    unread: bool = False,
) -> dict[str, Any]:
    """The last of the notices, the oldest first: one's own, or for the office everybody's or one person's.

    Raises:
        Refusal: `not_found`: another's are asked for by who may not read them.
    """
    own = viewer.rights.reader.person
    refuse(person not in (None, own) and not viewer.rights.whole, "只能看发给本人的通知", "not_found")
    wanted = person or (None if viewer.rights.whole else own)
    listed = list_notices(viewer.database, person=wanted, failed=failed, pending=pending, moment=viewer.shown)
    if unread:
        opened = opened_notices(viewer.database, listed)
        listed = tuple(n for n in listed if (n.position, n.person) not in opened)
    return {"notices": notice_documents(viewer, listed[-last:]), "total": len(listed)}


def opened_notices(database: Database, notices: Iterable[NoticeOnRecord]) -> dict[tuple[int, str], datetime]:
    """Which of these their receivers have opened: (position, person) → when."""
    keys = {str(n.position) for n in notices}
    return {(int(key), who): at for (key, who), at in readings(database, ReadKind.NOTICE, keys).items()}


def notice_documents(viewer: Viewer, notices: Sequence[NoticeOnRecord]) -> list[dict[str, Any]]:
    """Notices as scripts read them, each with when it was opened."""
    opened = opened_notices(viewer.database, notices)
    return [notice_document(notice_as_read(viewer, n), opened.get((n.position, n.person))) for n in notices]


def notice_document(n: NoticeOnRecord, opened: datetime | None = None) -> dict[str, Any]:
    """A notice as scripts read it."""
    state = "sent" if n.sent_at else "given_up" if n.given_up else "failed" if n.failed else "pending"
    times = ("recorded_at", "due_at", "next_at", "tried_at", "sent_at")
    return {
        **n.model_dump(mode="json"),
        "state": state,
        **{t: at.astimezone(SHANGHAI).isoformat() if (at := getattr(n, t)) else None for t in times},
        **({"next_at": None} if n.given_up or n.sent_at else {}),
        "read_at": opened.astimezone(SHANGHAI).isoformat() if opened else None,
    }


def own_notices(viewer: Viewer, last: int) -> tuple[int, tuple[NoticeOnRecord, ...]]:
    """How many notices he was sent; the last of them, and as many of those before that still count as unread.

    What `unread_notices` counts comes before him so, however much it is. The newest first.
    """
    every = list_notices(viewer.database, person=viewer.reader.person, moment=viewer.shown)
    before = [n for n in every[:-last] if n.recorded_at >= viewer.now - REMEMBERED]
    opened = opened_notices(viewer.database, before)
    unread = [n for n in before if (n.position, n.person) not in opened]
    return len(every), tuple(notice_as_read(viewer, n) for n in reversed([*unread[-last:], *every[-last:]]))


def notices_of(viewer: Viewer, stream: str) -> tuple[NoticeOnRecord, ...]:
    """Who was told what of a matter, the newest first, for who reads all of it and of all units."""
    if not viewer.rights.whole:
        return ()
    viewer.rights.need(stream)
    return tuple(reversed(list_notices(viewer.database, stream=stream, moment=viewer.shown)))
