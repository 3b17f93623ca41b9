"""A meeting is called on a page, and what the units that it calls hand in for it on theirs: 回执 and 汇报材料."""

import re
from datetime import datetime, timedelta
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import expect

from domain.calendar import SHANGHAI, WorkCalendar, local_date
from domain.meetings.commands import FreezeAgenda
from domain.meetings.meeting import AgendaItem
from domain.meetings.terms import MeetingStage
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import reading
from services import signing_in
from services.office_records import record_office_events
from tests.support.browsing import Browsing, accessible
from tests.support.history import meet
from tests.support.office import OFFICE
from tests.support.streams import DIRECTORY_STREAM
from tests.web.conftest import Served
from tests.web.test_acting import opened
from tests.web.test_meeting_room import state_of
from tests.web.test_reads import grant_account
from tests.web.test_signing_in import HERE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PDF = b"%PDF-1.4\n%%EOF\n"


class Hand:
    """A browser of one person, without script."""

    def __init__(self, working: Served, person: str) -> None:
        grant_account(working, person)
        session = signing_in.begin(working.log, person, "127.0.0.1", datetime.now(SHANGHAI))
        self.client, self.cookie = working.client(), {"Cookie": f"__Host-xmh={session}"}

    def get(self, address: str) -> httpx.Response:
        return self.client.get(address, headers=self.cookie)

    def post(
        self, address: str, fields: dict[str, str], file: bytes | None = None, name: str = "汇报材料.pdf"
    ) -> httpx.Response:
        files = {"attachments": (name, file)} if file is not None else None
        given = {"command": uuid4().hex, **fields}
        return self.client.post(address, data=given, files=files, headers={**HERE, **self.cookie})


def workday_to_come(calendar: WorkCalendar) -> datetime:
    day = calendar.first_workday_on_or_after(local_date(datetime.now(SHANGHAI)) + timedelta(days=21))
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=SHANGHAI)


def test_a_meeting_is_called_once_and_what_is_wrong_stands_beside_its_field(working: Served) -> None:
    office, unit = Hand(working, "office"), Hand(working, "li")
    starts = workday_to_come(reading.rulebook(working.log).calendar)
    asked = {
        "series": "topic",
        "starts": f"{starts:%Y-%m-%d}T15:00",
        "title": "研究管线迁改专题会",
        "place": "三楼会议室",
        "chair": "leader",
    }
    assert "安排会议" in office.get("/meetings").text
    assert "安排会议" not in unit.get("/meetings").text
    assert unit.get("/meetings/new").status_code == unit.post("/meetings/new", asked).status_code == 403
    for wrong, field in (
        ({"starts": "某一天"}, "starts"),
        ({"series": ""}, "series"),
        ({"series": "x"}, "series"),
        ({"chair": "nobody"}, "chair"),
        ({"title": "研究管线迁改专题会" * 12}, "title"),
    ):
        told = office.post("/meetings/new", asked | wrong)
        assert (told.status_code, f'<a href="#{field}">' in told.text, "研究管线迁改专题会" in told.text) == (
            422,
            True,
            True,
        )
    past = office.post("/meetings/new", asked | {"starts": "2022-03-31T09:30"})
    assert (past.status_code, "开会时间已经过去" in past.text, "xmh" in past.text.partition("<main")[2]) == (
        422,
        True,
        False,
    )
    command = uuid4().hex
    first, again = (office.post("/meetings/new", {**asked, "command": command}) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"], "pressed twice, called once"
    known = state_of(working, first.headers["location"].rpartition("/")[2])
    assert (known.title, known.place, known.chair, known.secretary) == (
        asked["title"],
        asked["place"],
        "leader",
        "office",
    )
    assert known.starts.astimezone(SHANGHAI).strftime("%H:%M") == "15:00"


def called(working: Served, office: Hand) -> str:
    """A meeting to come whose agenda is fixed: an item of one unit, one of another, one of nobody."""
    matter, stream = opened(working)
    starts = workday_to_come(reading.rulebook(working.log).calendar)
    starts_at = f"{starts:%Y-%m-%d}T10:{matter[-2:]}"  # of one series there are not two at once
    sent = office.post("/meetings/new", {"series": "topic", "starts": starts_at})
    no = sent.headers["location"].rpartition("/")[2]
    items = (
        AgendaItem(key=stream, title="研究桩基施工", matter=stream, number=matter, lead="gengxin"),
        AgendaItem(key="住建", title="研究住建事项", lead="zhujian"),
        AgendaItem(key="值班", title="研究值班安排"),
    )
    meet(
        working.log,
        state_of(working, no).stream,
        FreezeAgenda(proposed=items, position=1),
        OFFICE,
        datetime.now(SHANGHAI),
    )
    return no


def test_a_unit_answers_the_notice_and_the_office_for_one_that_telephones(working: Served) -> None:
    office, unit, other = Hand(working, "office"), Hand(working, "li"), Hand(working, "zhao")
    no = called(working, office)
    page, reply = f"/meetings/{no}", f"/meetings/{no}/do/reply"
    assert "还没有回执" in office.get(page).text
    assert reply in unit.get(page).text
    form = unit.get(reply).text
    assert [who in form for who in ("who.li", "who.zhao")] == [True, False], "his own unit's people"
    missing = unit.post(reply, {"who.li": "leave", "others.coming": "张总工"})
    assert (missing.status_code, 'href="#why.li"' in missing.text, "张总工" in missing.text) == (422, True, True)
    foreign = unit.post(reply, {"who.li": "leave", "why.li": "出差", "instead.li": "赵五"})
    assert (foreign.status_code, "请由该单位回执" in foreign.text) == (422, True), foreign.text
    away = {"who.li": "leave", "why.li": "出差", "instead.li": "张总工", "others.coming": "设计院王工"}
    sent = unit.post(reply, away)
    assert sent.status_code == 303, sent.text
    (known,) = state_of(working, no).replies
    assert (known.unit, known.coming) == ("gengxin", ("设计院王工",))
    assert [(x.person, x.reason, x.substitute) for x in known.leave] == [("li", "出差", "张总工")]
    again = unit.get(reply).text
    assert ('value="出差"' in again, "who.设计院王工" in again) == (True, True), "what was said stands in the form"

    assert "张总工" not in other.get(page).text, "another unit's reply"
    assert (reply in other.get(page).text, "do/material" in other.get(page).text) == (True, True)
    shown = office.get(page).text
    assert "出差，由张总工代会" in re.sub(r"\s", "", shown)
    (href,) = re.findall(rf'href="({reply}\?unit=zhujian)"', shown)
    form = office.get(href).text
    assert ("who.zhao" in form, "怎样收到的" in form) == (True, True)
    without = office.post(reply, {"unit": "zhujian", "who.zhao": "coming"})
    assert (without.status_code, "怎样收到的" in without.text) == (422, True)
    smoke = office.post(reply, {"unit": "zhujian", "via": "烽火", "who.zhao": "coming"})
    assert (smoke.status_code, 'href="#via"' in smoke.text) == (422, True), "a way the form did not offer"
    assert [office.get(f"{reply}{of}").status_code for of in ("", "?unit=nobody")] == [404, 404], "of a unit not called"
    assert office.post(reply, {"unit": "zhujian", "via": "phone", "who.zhao": "coming"}).status_code == 303
    assert {r.unit for r in state_of(working, no).replies} == {"gengxin", "zhujian"}
    assert "还没有回执" not in office.get(page).text
    assert office.post(reply, {"unit": "nobody", "via": "phone", "who.zhao": "coming"}).status_code == 404


def test_a_reply_is_not_lost_to_one_that_was_opened_before_it(working: Served) -> None:
    office, unit = Hand(working, "office"), Hand(working, "li")
    no = called(working, office)
    reply = f"/meetings/{no}/do/reply"
    (opened_before,) = re.findall(r'name="replied" value="(\w+)"', unit.get(reply).text)
    first = {"who.li": "coming", "others.coming": "张总工"}
    assert unit.post(reply, {**first, "replied": opened_before}).status_code == 303
    assert unit.post(reply, {**first, "replied": opened_before}).status_code == 303, "the same, pressed again"
    late = unit.post(reply, {"who.li": "leave", "why.li": "出差", "replied": opened_before})
    assert (late.status_code, "参会李三、张总工" in late.text, 'value="出差"' in late.text) == (412, True, True)
    assert state_of(working, no).replies[0].coming == ("li", "张总工")
    (seen,) = re.findall(r'name="replied" value="(\w+)"', late.text)
    assert unit.post(reply, {"who.li": "leave", "why.li": "出差", "replied": seen}).status_code == 303


def test_of_namesakes_a_unit_means_its_own(working: Served) -> None:
    office, unit = Hand(working, "office"), Hand(working, "li")
    no = called(working, office)
    reply = f"/meetings/{no}/do/reply"
    now, mark = datetime.now(SHANGHAI), uuid4().hex[:8]
    people = [Person(id=f"{at}{mark}", name=f"张{mark}", unit=at, role=Role.LIAISON) for at in ("gengxin", "zhujian")]
    for given in (people, people[::-1]):
        events = [PersonRecorded(person=p) for p in given]
        key = f"directory:{uuid4().hex}"
        record_office_events(working.log, DIRECTORY_STREAM, events, actor=OFFICE, command_id=key, now=now)
    named = {"who.li": "leave", "why.li": "出差", "instead.li": f"张{mark}"}
    assert unit.post(reply, named).status_code == 303
    ((away,),) = (known.leave for known in state_of(working, no).replies)
    assert away.substitute == f"gengxin{mark}"
    assert office.post(reply, {"unit": "zhujian", "via": "phone", "others.coming": f"张{mark}"}).status_code == 303
    assert [r.coming for r in state_of(working, no).replies if r.unit == "zhujian"] == [(f"zhujian{mark}",)]


def test_the_same_paper_of_two_units_keeps_the_name_each_gave_it(working: Served) -> None:
    office, unit, other = Hand(working, "office"), Hand(working, "li"), Hand(working, "zhao")
    no = called(working, office)
    handing, own = f"/meetings/{no}/do/material", state_of(working, no).items[0].key
    assert other.post(handing, {"key": "住建"}, PDF, "住建局内部.pdf").status_code == 303
    assert unit.post(handing, {"key": own}, PDF).status_code == 303
    hrefs = set(re.findall(rf'href="(/meetings/{no}/files/\d+)"', unit.get(f"/meetings/{no}").text))
    names = [unquote(unit.get(href).headers["content-disposition"]) for href in sorted(hrefs)]
    assert ["汇报材料.pdf" in name for name in names] == [True], names
    (foreign,) = set(re.findall(rf'href="(/meetings/{no}/files/\d+)"', other.get(f"/meetings/{no}").text))
    assert unit.get(foreign).status_code == 404, "nor that another handed in the same"


def test_a_unit_hands_in_its_papers_and_nobody_else_reads_them(working: Served) -> None:
    office, unit, other = Hand(working, "office"), Hand(working, "li"), Hand(working, "zhao")
    no = called(working, office)
    known = state_of(working, no)
    assert known.stage is MeetingStage.FROZEN
    handing, own = f"/meetings/{no}/do/material", known.items[0].key
    form = unit.get(handing).text
    assert ("研究桩基施工" in form, "研究住建事项" in form, 'enctype="multipart/form-data"' in form) == (
        True,
        False,
        True,
    )
    empty = unit.post(handing, {"key": own})
    assert (empty.status_code, "请选择要报送的材料" in empty.text) == (422, True)
    assert unit.post(handing, {"key": "住建"}, PDF).status_code == 422, "not his item"
    sent = unit.post(handing, {"key": own}, PDF)
    assert sent.status_code == 303, sent.text
    (material,) = state_of(working, no).materials
    assert (material.key, material.unit, material.attachments[0].name) == (own, "gengxin", "汇报材料.pdf")
    (href,) = re.findall(rf'href="(/meetings/{no}/files/\d+)"', unit.get(f"/meetings/{no}").text)
    assert unit.get(href).content == office.get(href).content == PDF
    assert "汇报材料.pdf" not in other.get(f"/meetings/{no}").text
    assert other.get(href).status_code == 404
    assert office.get(f"/meetings/{no}/files/99").status_code == 404


async def test_the_forms_are_filled_in_by_hand_on_a_phone(browsing: Browsing, working: Served) -> None:
    office = await browsing.person("office", "phone")
    await office.goto("/meetings/new")
    await accessible(office, "安排会议")
    no = called(working, Hand(working, "office"))
    unit = await browsing.person("li", "phone")
    await unit.goto(f"/meetings/{no}")
    await unit.get_by_role("link", name="参会回执").click()
    reason = unit.get_by_label("李三的请假事由")
    await expect(reason).to_be_hidden()
    await unit.get_by_role("radiogroup", name="李三").get_by_label("请假").check()
    await reason.fill("出差")
    await accessible(unit, "参会回执")
    await unit.get_by_role("main").get_by_role("button", name="参会回执").click()
    await expect(unit.get_by_role("main")).to_contain_text("请假：")
    await unit.get_by_role("link", name="报送汇报材料").click()
    await accessible(unit, "报送汇报材料")
    await unit.get_by_label("哪一项议题").select_option(label="1．研究桩基施工")
    await unit.get_by_label("汇报材料").set_input_files(
        {"name": "汇报.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    await unit.get_by_role("main").get_by_role("button", name="报送汇报材料").click()
    await expect(unit.get_by_role("link", name="汇报.pdf")).to_be_visible()
    await accessible(unit, "单位的会议页")
    await office.goto(f"/meetings/{no}")
    await accessible(office, "等回执的会议页")
