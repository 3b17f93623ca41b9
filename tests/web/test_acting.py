"""签收 and 反馈 in a browser: one command however often the button is pressed, and nothing typed is ever lost."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventlog import reading
from services.vouching import require_proofs
from tests.support.office import OFFICE
from tests.web.conftest import Served
from tests.web.test_commands import OPENING, post
from tests.web.test_signing_in import HERE, cookie_of, enrolled, enter

TYPED = "桩基施工完成六成，A区<b>昼夜</b>两班"


@pytest.fixture(scope="module")
def li(working: Served) -> dict[str, str]:
    """The liaison's session, for the whole file: a code counts once."""
    return cookie_of(enter(working, "li", enrolled(working, "li")))


def opened(working: Served) -> tuple[str, str]:
    """A matter that waits for its receipt: its number and stream."""
    answer = post(working.client("office"), "/matters", {**OPENING, "title": f"推进主体施工{uuid4().hex[:6]}"})
    number = answer.json()["matter"]
    (found,) = reading.find_matters(working.log, number)
    return number, found.stream


def types(working: Served, stream: str) -> list[str]:
    return [e.type for e in reading.read_stream(working.log, stream)]


def command_in(page: httpx.Response) -> str:
    found = re.search(r'name="command" value="([0-9a-f]{32})"', page.text)
    assert found, page.text
    return found[1]


def test_receipt_and_report_are_one_command_each_and_say_by_which_session(working: Served, li: dict[str, str]) -> None:
    no, stream = opened(working)
    client = working.client()

    def sent(path: str, **fields: Any) -> httpx.Response:
        return client.post(f"/matters/{no}/{path}", data=fields, headers={**HERE, **li})

    page = client.get(f"/matters/{no}", headers=li)
    assert "签收</button>" in page.text
    assert "反馈</a>" not in page.text, "what cannot be done has no button"
    for _ in range(2):
        assert sent("accept", command=command_in(page)).status_code == 303
    assert types(working, stream).count("ReceiptSigned") == 1

    form = client.get(f"/matters/{no}/report", headers=li)
    command = command_in(form)
    for fields, said in (
        ({"text": "", "progress": "30", "next_step": "清底"}, "请填写进展情况"),
        ({"text": TYPED, "progress": "三成"}, "0 至 100 的整数"),
        ({"text": TYPED, "progress": "130"}, "0 至 100 的整数"),
    ):
        refused = sent("report", command=command, **fields)
        assert (refused.status_code, said in refused.text) == (422, True), refused.text
        assert command_in(refused) == command
        assert [v.replace("<", "&lt;").replace(">", "&gt;") in refused.text for v in fields.values() if v] == [True] * (
            len([v for v in fields.values() if v])
        ), "what was typed is still there, as text"
    for _ in range(2):
        assert sent("report", command=command, text=TYPED, progress="30%", problem="钢材未到").status_code == 303
    assert types(working, stream).count("FeedbackSubmitted") == 1
    shown = client.get(f"/matters/{no}", headers=li).text
    assert "A区&lt;b&gt;昼夜&lt;/b&gt;两班" in shown
    assert "钢材未到" in shown

    require_proofs(working.log, working.home, OFFICE, datetime.now(UTC))
    again = command_in(client.get(f"/matters/{no}/report", headers=li))
    assert sent("report", command=again, text="继续施工").status_code == 303
    newest = [e for e in reading.read_stream(working.log, stream) if e.type == "FeedbackSubmitted"][-1]
    assert newest.proven is not None
    assert (newest.proven.via.value, newest.actor.id) == ("web", "li")


def test_what_was_typed_when_the_session_ended_is_on_the_page(working: Served) -> None:
    no, stream = opened(working)
    fields = {"command": uuid4().hex, "text": TYPED * 3, "progress": "30"}
    for headers in (HERE, {**HERE, "Cookie": "__Host-xmh=x"}):
        page = working.client().post(f"/matters/{no}/report", data=fields, headers=headers)
        assert page.status_code == 401
        for kept in (fields["command"], (TYPED * 3).replace("<", "&lt;").replace(">", "&gt;"), 'value="30"'):
            assert kept in page.text
    assert types(working, stream) == ["MatterOpened", "MatterAssigned"]


def test_a_form_is_no_way_around_rights_or_rules(working: Served, li: dict[str, str]) -> None:
    no, stream = opened(working)
    client = working.client()
    early = client.get(f"/matters/{no}/report", headers=li)
    assert (early.status_code, "现在不能反馈" in early.text) == (409, True)
    forced = client.post(
        f"/matters/{no}/report", data={"command": uuid4().hex, "text": "先报一次"}, headers={**HERE, **li}
    )
    assert forced.status_code == 409
    for path in ("accept", "report"):
        nowhere = client.post(
            f"/matters/XMH-2099-999/{path}", data={"command": uuid4().hex, "text": "x"}, headers={**HERE, **li}
        )
        assert nowhere.status_code == 404
        foreign = client.post(f"/matters/{no}/{path}", data={"command": uuid4().hex, "text": "x"}, headers=li)
        assert foreign.status_code == 403, "from another site's page"
    assert types(working, stream) == ["MatterOpened", "MatterAssigned"]
