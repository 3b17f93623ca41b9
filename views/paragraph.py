"""One matter in a paragraph, to be read out on the phone: 那件事到哪一步了."""

from typing import Any

from domain.base import refuse
from domain.calendar import local_date
from domain.lights import light
from domain.relations import withdrawn_how
from domain.sight import Sight
from views.matters import matter_row
from views.tree import state_of
from views.viewer import Viewer


def matter_paragraph(viewer: Viewer, stream: str) -> dict[str, Any]:
    """What a list has of a matter, and the paragraph; what was last reported for who may read that.

    Raises:
        Refusal: `not_found`.
    """
    matter = state_of(viewer.database, stream, None)
    seen = viewer.rights.sees(stream, Sight.LISTED)
    refuse(matter is None or not seen, "没有这个事项", "not_found")
    assert matter is not None  # noqa: S101  (refused above)
    names, opened, lit = viewer.units, viewer.words_of(matter), light(matter, viewer.rulebook, viewer.now)
    who = f"由{names(matter.lead)}牵头" if matter.lead else "尚未明确牵头单位"
    with_ = f"，{'、'.join(map(names, matter.assist))}配合" if matter.assist else ""
    limit = f"{'时限' if matter.period is None else '长期事项，本期至'}{matter.due:%Y年%-m月%-d日}"
    parts = [f"“{matter.title}”（{matter.number}）{who}{with_}，{limit}，目前{withdrawn_how(matter)}"]
    if matter.progress and not matter.ended:
        parts.append(f"进度{matter.progress}%")
    if (feedback := matter.last_feedback) and viewer.rights.may_read_report(matter.stream, feedback.unit):
        parts.append(f"最近一次反馈是{local_date(feedback.at):%-m月%-d日}：{opened(feedback.text).rstrip('。')}")
        if feedback.problem:
            parts.append(f"存在问题：{opened(feedback.problem).rstrip('。')}")
    text = "，".join(parts[:2]) + "".join(f"。{p}" for p in parts[2:]) + f"。亮灯情况：{lit.reason}。"
    return {**matter_row(matter, lit), "text": text}
