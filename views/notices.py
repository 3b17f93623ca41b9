"""What was told to whom, as its reader may see it now."""

from domain.ids import kind_of
from domain.sight import Sight
from eventlog.notices import NoticeOnRecord, list_notices
from views.viewer import Viewer


def notice_as_read(viewer: Viewer, notice: NoticeOnRecord) -> NoticeOnRecord:
    """A notice as its reader may see it now: of a matter that is no longer his, only that there was one."""
    rights = viewer.rights
    if kind_of(notice.stream) != "matter" or rights.sees(notice.stream):
        return notice
    subject = notice.subject if rights.sees(notice.stream, Sight.LISTED) else "（现不由本单位办理的事项）"
    return notice.model_copy(update={"subject": subject, "text": "（这个事项现不由本单位办理，内容不再显示）"})


def own_notices(viewer: Viewer, last: int) -> tuple[int, tuple[NoticeOnRecord, ...]]:
    """How many notices he was sent, and the last of them, the newest first."""
    every = list_notices(viewer.database, person=viewer.reader.person, moment=viewer.shown)
    return len(every), tuple(notice_as_read(viewer, n) for n in reversed(every[-last:]))


def notices_of(viewer: Viewer, stream: str) -> tuple[NoticeOnRecord, ...]:
    """Who was told what of a matter, the newest first, for who reads all of it and of all units."""
    if not viewer.rights.whole:
        return ()
    viewer.rights.need(stream)
    return tuple(reversed(list_notices(viewer.database, stream=stream, moment=viewer.shown)))
