"""Meetings over the API: their own routes, by the rights of who holds the token, and nothing that is a person's own."""

from datetime import datetime, timedelta
from uuid import uuid4

from domain.access.terms import TokenScope
from domain.calendar import SHANGHAI
from domain.meetings.commands import ConveneMeeting
from domain.meetings.meeting import Meeting
from eventlog import reading
from tests.support.history import meet
from tests.support.meetings import MONTHLY
from tests.support.office import OFFICE
from tests.web.conftest import Served
from tests.web.test_commands import post, problem_of


def convened(working: Served) -> str:
    """A meeting some three weeks from now, called by the office; its number."""
    now = datetime.now(SHANGHAI)
    day = now + timedelta(days=21)
    starts = (day - timedelta(days=max(0, day.weekday() - 3))).replace(hour=9, minute=30, second=0, microsecond=0)
    command = ConveneMeeting.model_validate({"series": MONTHLY, "starts": starts, "chair": "leader"})
    stream = f"meeting/{uuid4().hex}"
    meet(working.log, stream, command, OFFICE, now)
    meeting = reading.load(working.log, stream)
    assert meeting is not None
    assert isinstance(meeting.state, Meeting)
    return meeting.state.number


def test_a_meeting_is_read_and_moved_by_programs(working: Served) -> None:
    office = working.client("office")
    no = convened(working)
    shown = office.get(f"/api/v1/meetings/{no}").json()
    assert (shown["meeting"], shown["stage"]) == (no, "scheduled")
    later = datetime.fromisoformat(shown["starts"]) + timedelta(hours=2)
    key = uuid4().hex
    moved = post(
        office, f"/meetings/{no}/commands/move", {"starts": later.isoformat(), "reason": "与市里的会冲突"}, key
    )
    assert moved.status_code == 201, moved.text
    assert moved.json()["events"] == ["MeetingMoved"]
    again = post(
        office, f"/meetings/{no}/commands/move", {"starts": later.isoformat(), "reason": "与市里的会冲突"}, key
    )
    assert again.json()["version"] == moved.json()["version"], "the same key is the same command"
    assert office.get(f"/api/v1/meetings/{no}").json()["starts"] == later.isoformat()


def test_rights_and_hands_are_those_of_the_person(working: Served) -> None:
    office, other, reporter = working.client("office"), working.client("zhao"), working.client("li", TokenScope.REPORT)
    no = convened(working)
    problem_of(other.get(f"/api/v1/meetings/{no}"), 404, "not_found")
    problem_of(post(other, f"/meetings/{no}/commands/cancel_meeting", {"reason": "不开了"}), 404, "not_found")
    problem_of(post(reporter, f"/meetings/{no}/commands/cancel_meeting", {"reason": "不开了"}), 403, "scope")
    problem_of(post(office, f"/meetings/{no}/commands/cancel_meeting", {"reason": " "}), 422, "malformed")
    without = office.post(f"/api/v1/meetings/{no}/commands/cancel_meeting", json={"reason": "不开了"})
    assert "Idempotency-Key" in problem_of(without, 422, "malformed")
    for own in ("minutes", "decide", "withdraw", "waive", "freeze", "note_delivery", "expire_meeting"):
        assert post(office, f"/meetings/{no}/commands/{own}", {}).status_code in (404, 405), own
    secret = post(office, f"/meetings/{no}/commands/cancel_meeting", {"reason": "不开了", "secret": True})
    assert "没有对应的督办事项" in problem_of(secret, 422, "malformed")
