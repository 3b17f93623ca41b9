"""Which numbers a meeting holds: its own, its ordinal, that of its minutes."""

import re

from domain.calendar import local_date
from domain.meetings.events import CODE, minutes_number
from domain.meetings.meeting import Meeting

_NUMBER = re.compile(rf"{CODE}-(\d{{4}})-(\d+)")
_MINUTES = re.compile(r"[^〔]+指纪〔(\d{4})〕(\d+)号")


def meeting_numbers_held(meeting: Meeting) -> dict[str, int]:
    """Series of numbers → the newest this meeting was given: its own, its ordinal."""
    held: dict[str, int] = {}
    if match := _NUMBER.fullmatch(meeting.number):
        held[f"meeting/{match[1]}"] = int(match[2])
    if meeting.ordinal is not None:
        held[f"meeting-ordinal/{meeting.series}/{local_date(meeting.starts).year}"] = meeting.ordinal
    return held | minutes_numbers_held(meeting.minutes.no if meeting.minutes else "")


def minutes_numbers_held(no: str) -> dict[str, int]:
    """Series → number of a 文号 of minutes; nothing when the text is none."""
    match = _MINUTES.fullmatch(no)
    return {minutes_number(int(match[1])).series: int(match[2])} if match else {}
