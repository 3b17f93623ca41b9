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
from web.acts import ACTS

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


def command_in(page: httpx.Response, name: str = "command") -> str:
    found = re.search(rf'name="{name}" value="([0-9a-f]{{32}})"', page.text)
    assert found, page.text
    return found[1]


def test_receipt_and_report_are_one_command_each_and_say_by_which_session(working: Served, li: dict[str, str]) -> None:
    no, stream = opened(working)
    client = working.client()

    def sent(path: str, **fields: Any) -> httpx.Response:
        return client.post(f"/matters/{no}/{path}", data=fields, headers={**HERE, **li})

    page = client.get(f"/matters/{no}", headers=li)
    assert "签收</button>" in page.text
    assert f"/feedback?matter={no}" not in page.text, "what cannot be done has no button"
    for _ in range(2):
        assert sent("accept", command=command_in(page)).status_code == 303
    assert types(working, stream).count("ReceiptSigned") == 1

    def reported(command: str, **fields: str) -> httpx.Response:
        given = {f"{no}.{name}": value for name, value in {"command": command, **fields}.items()}
        return client.post(f"/feedback?matter={no}", data=given, headers={**HERE, **li})

    command = command_in(client.get(f"/feedback?matter={no}", headers=li), f"{no}.command")
    for fields, said in (
        ({"text": "", "progress": "30", "next_step": "清底"}, "请填写进展情况"),
        ({"text": TYPED, "progress": "三成"}, "0 至 100 的整数"),
        ({"text": TYPED, "progress": "130"}, "0 至 100 的整数"),
        ({"text": TYPED, "same": "等待图审"}, "请留其一"),
    ):
        refused = reported(command, **fields)
        assert (refused.status_code, said in refused.text) == (422, True), refused.text
        assert command_in(refused, f"{no}.command") == command
        assert [v.replace("<", "&lt;").replace(">", "&gt;") in refused.text for v in fields.values() if v] == [True] * (
            len([v for v in fields.values() if v])
        ), "what was typed is still there, as text"
    assert reported(command).status_code == 422, "nothing was filled in"
    for _ in range(2):
        assert reported(command, text=TYPED, progress="30%", problem="钢材未到").status_code == 303
    assert types(working, stream).count("FeedbackSubmitted") == 1
    shown = client.get(f"/matters/{no}", headers=li).text
    assert "A区&lt;b&gt;昼夜&lt;/b&gt;两班" in shown
    assert "钢材未到" in shown

    require_proofs(working.log, working.home, OFFICE, datetime.now(UTC))
    again = command_in(client.get(f"/feedback?matter={no}", headers=li), f"{no}.command")
    assert reported(again, text="继续施工").status_code == 303
    newest = [e for e in reading.read_stream(working.log, stream) if e.type == "FeedbackSubmitted"][-1]
    assert newest.proven is not None
    assert (newest.proven.via.value, newest.actor.id) == ("web", "li")


def test_a_form_that_was_changed_after_back_says_what_to_do_and_keeps_what_was_typed(
    working: Served, li: dict[str, str]
) -> None:
    no, stream = opened(working)
    client = working.client()

    client.post(f"/matters/{no}/accept", data={"command": uuid4().hex}, headers={**HERE, **li})
    command = command_in(client.get(f"/matters/{no}/do/coordinate", headers=li))

    def ask(command: str, text: str) -> httpx.Response:
        given = {"command": command, "unit": "zhujian", "text": text}
        return client.post(f"/matters/{no}/do/coordinate", data=given, headers={**HERE, **li})

    assert ask(command, "请协调管线迁改").status_code == 303
    changed = ask(command, "请协调管线迁改和占道许可")
    assert (changed.status_code, "命令编号" in changed.text) == (409, False), changed.text
    assert "这一页已经提交过" in changed.text
    assert "请协调管线迁改和占道许可</textarea>" in changed.text
    again = command_in(changed)
    assert again != command
    assert types(working, stream).count("CoordinationRequested") == 1
    assert "已请求该单位协调" in ask(again, "请协调占道许可").text, (
        "sent once more it is another request, which the rules judge"
    )
    for no_command in ("", "x"):
        told = ask(no_command, "请协调供电")
        assert (told.status_code, "命令编号" in told.text, "请协调供电</textarea>" in told.text) == (422, False, True)
        assert command_in(told)


def test_what_was_typed_when_the_session_ended_is_on_the_page(working: Served) -> None:
    no, stream = opened(working)
    fields = {f"{no}.command": uuid4().hex, f"{no}.text": TYPED * 3, f"{no}.progress": "30"}
    for headers in (HERE, {**HERE, "Cookie": "__Host-xmh=x"}):
        page = working.client().post(f"/feedback?matter={no}", data=fields, headers=headers)
        assert page.status_code == 401
        for kept in (
            fields[f"{no}.command"],
            f'action="/feedback?matter={no}"',
            (TYPED * 3).replace("<", "&lt;").replace(">", "&gt;"),
            'value="30"',
        ):
            assert kept in page.text
    assert types(working, stream) == ["MatterOpened", "MatterAssigned"]


def test_no_form_tells_another_unit_of_a_matter_or_lets_it_act(working: Served) -> None:
    no, stream = opened(working)
    zhao = cookie_of(enter(working, "zhao", enrolled(working, "zhao")))
    client, before = working.client(), types(working, stream)
    basis = "2027年工作计划"
    for act in ACTS:
        for path in (f"/matters/{no}/do/{act.do}", f"/matters/XMH-2099-001/do/{act.do}"):
            shown = client.get(path, headers=zhao)
            assert (shown.status_code, basis in shown.text) == (404, False), (path, shown.text)
        fields = {"command": uuid4().hex, "text": "x", "reason": "x", "approve": "yes", "lead": "zhujian"}
        tried = client.post(f"/matters/{no}/do/{act.do}", data=fields, headers={**HERE, **zhao})
        assert tried.status_code in (404, 409), (act.do, tried.text)
    for path in (f"/feedback?matter={no}", "/queue", "/open"):
        shown = client.get(path, headers=zhao)
        assert (shown.status_code in (403, 404), basis in shown.text) == (True, False), path
    for key in (f"{no}:review:", f"{no}:mark:"):
        batch = client.post("/queue/approve", data={f"approve.{key}": uuid4().hex}, headers={**HERE, **zhao})
        assert basis not in batch.text
    keeper = client.put(f"/drafts/close:{no}", json={"version": 0, "fields": {"text": "x"}}, headers={**HERE, **zhao})
    assert keeper.status_code == 200, "what somebody types is his own, whatever it is about"
    assert types(working, stream) == before


def test_a_form_is_no_way_around_rights_or_rules(working: Served, li: dict[str, str]) -> None:
    no, stream = opened(working)
    client = working.client()
    early = client.get(f"/feedback?matter={no}", headers=li)
    assert (early.status_code, "现在不能反馈" in early.text) == (409, True)

    def sent(number: str, path: str, **headers: str) -> httpx.Response:
        block = {f"{number}.command": uuid4().hex, f"{number}.text": "先报一次", "command": uuid4().hex}
        return client.post(path.format(number), data=block, headers={**li, **headers})

    forced = sent(no, "/feedback?matter={}", **HERE)
    assert (forced.status_code, "请先签收再反馈" in forced.text) == (409, True), "and the reason is on the page"
    for path in ("/feedback?matter={}", "/matters/{}/accept"):
        assert sent("XMH-2099-999", path, **HERE).status_code == 404
        assert sent(no, path).status_code == 403, "from another site's page"
    hidden = sent("XMH-2099-999", "/feedback", **HERE)
    assert (hidden.status_code, "先报一次" in hidden.text) == (404, True), "what was typed is on the page all the same"
    assert types(working, stream) == ["MatterOpened", "MatterAssigned"]
