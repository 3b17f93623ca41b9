"""A meeting kept in the browser: its agenda prepared, decided in the room, signed on a phone."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from domain.calendar import SHANGHAI, local_date
from domain.meetings.commands import ConveneMeeting, FreezeAgenda
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.terms import Outcome
from eventlog import reading
from services import signing_in
from services.issuing.minutes import filed_minutes
from tests.support.browsing import Browsing, accessible, press
from tests.support.history import meet
from tests.support.meetings import MONTHLY
from tests.support.office import OFFICE
from tests.support.served import wait_for
from tests.web.conftest import Served
from tests.web.test_acting import opened, types
from tests.web.test_leader_phone import age
from tests.web.test_meeting_commands import convened
from tests.web.test_reads import grant_account
from tests.web.test_signing_in import HERE, cookie_of, enrolled, enter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def state_of(working: Served, no: str) -> Meeting:
    (listed,) = reading.find_meetings(working.log, no)
    loaded = reading.load(working.log, listed.stream)
    assert loaded is not None
    assert isinstance(loaded.state, Meeting)
    return loaded.state


def called_for_today(working: Served, matter: str, stream: str) -> str:
    """A meeting of today whose agenda is fixed: one matter, and a subject of its own."""
    now = datetime.now(SHANGHAI)
    item = AgendaItem(key=stream, title="研究桩基施工", matter=stream, number=matter, lead="gengxin")
    starts = min(now + timedelta(minutes=5), now.replace(hour=23, minute=59, second=59))
    convene = {"series": MONTHLY, "starts": starts, "chair": "leader", "reason": "急办", "emergency": True}
    meeting = f"meeting/{uuid4().hex}"
    meet(working.log, meeting, ConveneMeeting.model_validate(convene), OFFICE, now)
    other = AgendaItem(key="值班", title="研究值班安排")
    meet(working.log, meeting, FreezeAgenda(proposed=(item, other), position=1), OFFICE, now)
    loaded = reading.load(working.log, meeting)
    assert loaded is not None
    assert isinstance(loaded.state, Meeting)
    return loaded.state.number


async def opened_by(office: Page, no: str) -> None:
    """Who came is tapped, and the meeting opened."""
    await office.goto(f"/meetings/{no}")
    await office.get_by_role("link", name="登记出席").click()
    await accessible(office, "登记出席")
    for name, way in (("吴七", "出席"), ("李三", "请假")):
        await office.get_by_role("radiogroup", name=name).get_by_label(way).check()
    await office.get_by_label(re.compile("另有列席")).fill("设计院王工")
    await office.get_by_role("main").get_by_role("button", name="登记出席").click()
    await expect(office.get_by_role("main")).to_contain_text("设计院王工")
    await office.get_by_role("link", name="召开").click()
    await office.get_by_role("main").get_by_role("button", name="召开").click()
    await expect(office.get_by_role("main")).to_contain_text("已召开")


async def decided_in_the_room(office: Page, limit: date) -> None:
    """Item by item: a date nobody can mean, then one; a second decision that is taken back; what is left."""
    await office.get_by_role("link", name="会议模式").click()
    await decided(office, "限期", "倒排工期，年底前完成桩基", due="大后年的某一天")
    await expect(office.get_by_role("alert")).to_contain_text("时限")
    await expect(office.get_by_label("议定内容")).to_have_value("倒排工期，年底前完成桩基")
    await office.get_by_label("时限").fill(f"{limit.year}年{limit.month}月{limit.day}日")
    await office.get_by_role("button", name="记录议定").click()
    await expect(office.get_by_role("heading", name="本次议定")).to_be_visible()
    await accessible(office, "会议模式记录议定")
    await press(office, "ArrowRight")
    await expect(office.get_by_role("heading", level=1)).to_contain_text("研究值班安排")
    await press(office, "ArrowRight")
    await expect(office.get_by_role("heading", level=1)).to_have_text("已议 1 项，未议 1 项")
    await office.get_by_role("link", name="研究值班安排").click()
    for text in ("值班安排照旧", "记错了"):
        await decided(office, "听取汇报", text)
        await expect(office.locator(".decided").filter(has_text=text)).to_be_visible()
    await office.get_by_role("link", name="退出会议模式").click()
    await office.get_by_role("link", name="撤回").last.click()
    await office.get_by_label("理由").fill("不是这一项")
    await office.get_by_role("button", name="撤回议定").click()
    await expect(office.get_by_role("heading", level=1)).not_to_have_text("撤回议定")
    await expect(office.get_by_role("main")).not_to_contain_text("记错了")


async def decided(page: Page, outcome: str, text: str, **other: str) -> None:
    """Record one decision under the item that is shown."""
    await page.wait_for_load_state()
    await page.locator("details.record > summary").click()
    await page.get_by_label("议定结果").select_option(outcome)
    await page.get_by_label("议定内容").fill(text)
    for name, value in other.items():
        await page.locator(f'[name="{name}"]').fill(value)
    await page.get_by_role("button", name="记录议定").click()


async def test_a_meeting_is_kept_from_the_room_and_signed_on_a_phone(browsing: Browsing, working: Served) -> None:
    matter, stream = opened(working)
    no = called_for_today(working, matter, stream)
    limit = local_date(datetime.now(SHANGHAI)) + timedelta(days=90)
    office = await browsing.person("office")
    await opened_by(office, no)
    await decided_in_the_room(office, limit)
    assert await office.get_by_role("link", name="签发纪要").count() == 0, "a leader signs"

    leader = await browsing.person("leader", "phone")
    age(working, "leader")
    await leader.goto(f"/meetings/{no}/do/minutes")
    await accessible(leader, "签发纪要")
    await expect(leader.get_by_label("动态口令（再次验证）")).to_be_visible()
    await browsing.sign_in(leader, "leader")
    await leader.goto(f"/meetings/{no}")
    await leader.get_by_role("link", name="签发纪要").click()
    await leader.get_by_role("main").get_by_role("button", name="签发纪要").click()
    await expect(leader.get_by_role("main")).to_contain_text("吴七签发")

    known = state_of(working, no)
    first = known.points[0]
    assert first.decided_by.on_behalf_of is not None
    assert (first.outcome, first.due, first.decided_by.id) == (Outcome.LIMITED, limit, "office")
    behalf = first.decided_by.on_behalf_of
    assert (behalf.id, behalf.paper) == ("leader", f"{no}会议记录")
    assert (known.attendance.present, known.attendance.leave) == (("leader",), ("li",))
    assert known.minutes is not None
    assert (known.minutes.signer, len(known.standing_points)) == ("leader", 2)
    assert filed_minutes(working.log, known) is not None
    wait_for(lambda: "DecisionRecorded" in types(working, stream))


def test_an_agenda_is_prepared_on_its_page(working: Served) -> None:
    office = cookie_of(enter(working, "office", enrolled(working, "office")))
    unit = cookie_of(enter(working, "zhao", enrolled(working, "zhao")))
    no, client = convened(working), working.client()
    matter, _ = opened(working)

    def did(do: str, person: dict[str, str] = office, **fields: str) -> httpx.Response:
        given = {"command": uuid4().hex, **fields}
        return client.post(f"/meetings/{no}/do/{do}", data=given, headers={**HERE, **person})

    for words in ("研究值班安排", matter, "研究车辆管理"):
        assert did("item_add", words=words).status_code == 303
    added = state_of(working, no).added
    assert [item.title for item in added] == ["研究值班安排", added[1].title, "研究车辆管理"]
    assert added[1].number == matter
    lines = [line for line in client.get(f"/meetings/{no}", headers=office).text.splitlines() if "<li value" in line]
    last = len(lines)
    assert did("item_order", order=f"{last}、1").status_code == 303
    assert state_of(working, no).order[0] == added[2].key
    for bad in ("x", "99", ""):
        told = did("item_order", order=bad)
        assert (told.status_code, 'id="summary"' in told.text) == (422, True), told.text
    unknown = did("item_add", words="XMH-2099-999")
    assert (unknown.status_code, "没有编号为" in unknown.text, "XMH-2099-999" in unknown.text) == (422, True, True)
    assert did("item_drop", key=added[0].key, reason="另行研究").status_code == 303
    assert did("freeze").status_code == 303
    known = state_of(working, no)
    assert known.items[0].title == "研究车辆管理"
    assert "不能再调整次序" in did("item_order", order="1").text
    early = did("open_meeting")
    assert (early.status_code, "未到日期" in early.text) == (409, True), early.text
    assert did("item_add", unit, words="研究本单位").status_code == 404, "a meeting he has no part in"
    assert did("decide", item="1", outcome="heard", text="先说").status_code == 409
    age(working, "office")
    assert did("cancel_meeting", reason="不开了").status_code == 303
    assert client.get(f"/meetings/{no}/do/nothing", headers=office).status_code == 404


def test_an_order_means_the_items_that_were_shown(working: Served) -> None:
    """Somebody else adds, drops and orders while the form is open: its numbers mean the items it showed."""
    grant_account(working, "office")
    session = signing_in.begin(working.log, "office", "127.0.0.1", datetime.now(SHANGHAI))
    office = {"Cookie": f"__Host-xmh={session}"}
    no, client = convened(working), working.client()

    def shown() -> tuple[dict[str, str], list[str]]:
        page = client.get(f"/meetings/{no}/do/item_order", headers=office).text
        return filled(page), re.findall(r"<li>(.*?)</li>", page)

    def sent(do: str, **fields: str) -> httpx.Response:
        given = {"command": uuid4().hex, **fields}
        return client.post(f"/meetings/{no}/do/{do}", data=given, headers={**HERE, **office})

    for words in ("研究甲事", "研究乙事", "研究丙事"):
        assert sent("item_add", words=words).status_code == 303
    fields, titles = shown()
    place = {title: n for n, title in enumerate(titles, 1)}
    key = {item.title: item.key for item in state_of(working, no).added}
    assert sent("item_drop", key=key["研究甲事"], reason="另行研究").status_code == 303, "what follows moves up"
    assert sent("item_order", **fields | {"order": f"{place['研究丙事']}"}).status_code == 303
    assert state_of(working, no).order == (key["研究丙事"],)
    gone = sent("item_order", **fields | {"order": f"{place['研究甲事']}"})
    assert (gone.status_code, "已撤下" in gone.text) == (422, True), gone.text

    late, titles = shown()
    assert titles[0] == "研究丙事"
    place = {title: n for n, title in enumerate(titles, 1)}
    assert sent("item_order", order="2").status_code == 303, "somebody else orders"
    other = state_of(working, no).order
    changed = sent("item_order", **late | {"order": f"{place['研究乙事']}、1"})
    assert (changed.status_code, "已另有人调整次序" in changed.text) == (412, True), changed.text
    assert state_of(working, no).order == other
    again = filled(changed.text)
    assert again["order"] == f"{place['研究乙事']}、1", "what was typed stands"
    for _ in range(2):
        assert sent("item_order", **again).status_code == 303, "pressed twice"


def test_who_came_is_recorded_again_without_losing_anybody(working: Served) -> None:
    """A latecomer is added: whoever was written beside the names stays, and so does what somebody else recorded."""
    grant_account(working, "office")
    session = signing_in.begin(working.log, "office", "127.0.0.1", datetime.now(SHANGHAI))
    office = {"Cookie": f"__Host-xmh={session}"}
    matter, stream = opened(working)
    no, client = called_for_today(working, matter, stream), working.client()

    def shown() -> dict[str, str]:
        return filled(client.get(f"/meetings/{no}/do/attend", headers=office).text)

    def sent(fields: dict[str, str]) -> httpx.Response:
        return client.post(f"/meetings/{no}/do/attend", data=fields, headers={**HERE, **office})

    guests = {"others.observers": "设计院王工（桥梁、隧道）、赵六", "who.leader": "present"}
    assert sent(shown() | guests).status_code == 303
    first = state_of(working, no).attendance
    late, early = shown(), shown()
    assert sent(late | {"who.li": "present"}).status_code == 303
    known = state_of(working, no).attendance
    assert (known.observers, set(known.present)) == (first.observers, {"leader", "li"})
    assert len(known.observers) == 2

    away = early | {"who.office": "leave"}
    refused = sent(away)
    assert (refused.status_code, "已另有人登记" in refused.text, "李三" in refused.text) == (412, True, True)
    assert state_of(working, no).attendance == known
    again = filled(refused.text)
    assert again["who.office"] == "leave", "what was tapped stands"
    assert sent(again).status_code == 303
    assert sent(again).status_code == 303, "pressed twice"
    assert state_of(working, no).attendance.leave == ("office",)

    for do, field in (("decide", "item"), ("waive", "point")):
        given = {"command": uuid4().hex, field: "9" * 16, "outcome": "heard", "text": "说了", "reason": "错了"}
        answer = client.post(f"/meetings/{no}/do/{do}", data=given, headers={**HERE, **office})
        assert (answer.status_code, "超过15位" in answer.text) == (422, True), answer.text


def filled(page: str) -> dict[str, str]:
    """What a browser would send of the form as it is shown."""
    fields = re.findall(
        r'<input (?:type="hidden" |id="[^"]*" )?name="([^"]+)"(?: maxlength="\d+")? value="([^"]*)"', page
    )
    fields = [(name, unescape(value)) for name, value in fields]
    return dict(fields) | dict(re.findall(r'type="radio" name="([^"]+)" value="([^"]*)" checked', page))
