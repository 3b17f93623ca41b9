"""The attachments of a matter, to who may have them."""

from collections.abc import Sequence

from domain.base import Refusal, refuse
from eventlog import reading
from eventlog.attachments import StoredAttachment, attachments_of
from eventlog.reading import ListedMatter
from views.viewer import Viewer


def matter_files(viewer: Viewer, matter: ListedMatter) -> Sequence[StoredAttachment]:
    """What was handed in with a matter, in the order it came.

    Raises:
        Refusal: `not_found`: he does not have its attachments.
    """
    viewer.rights.need(matter.stream, matter.number)
    may = viewer.rights.may_read_files(matter.stream)
    refuse(not may, f"{matter.number} 的附件由办理单位查阅", "not_found")
    return attachments_of(reading.read_stream(viewer.database, matter.stream))


def matter_file(viewer: Viewer, matter: ListedMatter, no: int | None) -> StoredAttachment:
    """One of them, by its number.

    Raises:
        Refusal: `not_found`.
    """
    listed = matter_files(viewer, matter)
    wanted = next((one for one in listed if one.no == no), None)
    if wanted is None:
        raise Refusal(f"{matter.number} 没有第{no}个附件，共{len(listed)}个", "not_found")
    return wanted
