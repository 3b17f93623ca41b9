"""会议 in a browser: agenda and minutes, their PDFs, and 会议模式, on which no secret word ever stands."""

import re
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import httpx
import pytest

from domain.meetings.commands import ConveneMeeting, DecideItem, FreezeAgenda, OpenMeeting
from domain.meetings.meeting import AgendaItem
from domain.meetings.terms import Outcome
from eventlog.secrets import seal_text
from settings import Settings
from tests.documents import quarter
from tests.support.clock import open_log
from tests.support.history import meet
from tests.support.homes import at
from tests.support.meetings import MONTHLY
from tests.support.office import FOR_LEADER, OFFICE, sqlite
from tests.web.test_sight_of_pages import cookie, words_of_pdf
from web.service import WebService

SECRET = "资金缺口两千万"


@pytest.fixture(scope="module")
def met(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quarter, and a meeting after it on two of its matters and a subject of its own."""
    home = tmp_path_factory.mktemp("meetings") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    with open_log(sqlite(home)) as log:
        quarter.play(log)
        convene = ConveneMeeting.model_validate({"series": MONTHLY, "starts": at("2022-04-28"), "chair": "leader"})
        sealed = seal_text(log, quarter.HALL, SECRET)
        items = (
            AgendaItem(
                key=quarter.HALL, title="研究主体施工", matter=quarter.HALL, number="XMH-2022-001", lead="gengxin"
            ),
            AgendaItem(
                key=quarter.LAND, title="研究用地收储", matter=quarter.LAND, number="XMH-2022-002", lead="gengxin"
            ),
            AgendaItem(key="其他", title="研究值班安排"),
        )
        meet(log, "meeting/april", convene, OFFICE, at("2022-04-11"))
        meet(log, "meeting/april", FreezeAgenda(proposed=items, position=1), OFFICE, at("2022-04-12"))
        meet(log, "meeting/april", OpenMeeting(), OFFICE, at("2022-04-28"))
        decided = DecideItem(item=1, outcome=Outcome.CONTINUED, text=sealed)
        meet(log, "meeting/april", decided, FOR_LEADER, at("2022-04-28"))
    return home


@pytest.fixture(scope="module")
def service(met: Path) -> Iterator[WebService]:
    yield from served(met)


def served(home: Path) -> Iterator[WebService]:
    with mock.patch.dict("os.environ", {"XMH_HOME": str(home)}):
        service = WebService(Settings())
    yield service
    service.close()


async def test_a_meeting_says_what_was_decided_last_time(service: WebService, client: httpx.AsyncClient) -> None:
    office = cookie(service, "office")
    listed = (await client.get("/meetings", params={"year": "2022"}, headers=office)).text
    assert 'href="/meetings/HY-2022-001"' in listed
    page = (await client.get("/meetings/HY-2022-001", headers=office)).text
    assert "议题（3）" in page
    assert "上次议定：2022-03-04" in page
    assert "加快主体施工" in page
    assert SECRET in page, "who may read it reads it on a page of his own"
    for unknown in ("/meetings/HY-2022-099", "/meetings/x", "/meetings/HY-2022-099/room"):
        assert (await client.get(unknown, headers=office)).status_code == 404
    assert "没有您可以查阅的会议" in (await client.get("/meetings", params={"year": "1"}, headers=office)).text


async def test_the_wall_shows_one_item_what_became_of_it_and_no_secret(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office = cookie(service, "leader")
    rooms = [(await client.get(f"/meetings/HY-2022-001/room?item={n}", headers=office)).text for n in (1, 2, 3)]
    for title, room in zip(("研究主体施工", "研究用地收储", "研究值班安排"), rooms, strict=True):
        assert [t in room for t in ("研究主体施工", "研究用地收储", "研究值班安排")].count(True) == 1
        assert title in room
        assert SECRET not in room
    assert ["上一项" in room for room in rooms] == [False, True, True]
    assert ["下一项" in room for room in rooms] == [True, True, False]
    assert ("加快主体施工" in rooms[0], "主体施工至五层" in rooms[0], "本次议定" in rooms[0]) == (True, True, True)
    assert "施工至三层" not in rooms[0], "what was before the decision is not what became of it"
    for item in ("0", "99", "x", "-1", "९"):
        assert (
            await client.get("/meetings/HY-2022-001/room", params={"item": item}, headers=office)
        ).status_code == 200
    assert (await client.get("/meetings/HY-2022-001/room", headers=cookie(service, "li"))).status_code == 404


async def test_a_meeting_and_their_list_are_shown_as_of_any_day(service: WebService, client: httpx.AsyncClient) -> None:
    office, page = cookie(service, "office"), "/meetings/HY-2022-001"

    async def on(day: str, address: str = page) -> str:
        answer = await client.get(address, params={"as_of": day}, headers=office)
        assert answer.status_code == 200, answer.text
        return answer.text

    before, fixed, held = await on("2022-04-11"), await on("2022-04-12"), await on("2022-04-28")
    assert ["议题（3）" in text for text in (before, fixed, held)] == [False, True, True]
    assert [SECRET in text for text in (before, fixed, held)] == [False, False, True]
    assert ["议题已定" in text for text in (before, fixed, held)] == [False, True, False]
    assert "亮灯是那时的情况" in fixed
    then, now = (re.findall(r"(.)灯</span>", text) for text in (fixed, (await client.get(page, headers=office)).text))
    assert then != now, "the lights of that day"
    for text in (before, fixed, held):
        assert ("/do/" in text, "只供查看" in text, "?as_of=" in text) == (False, True, True), (
            "nothing to do in the past"
        )
    assert 'href="/matters/XMH-2022-001?as_of=2022-04-12"' in fixed
    early = await client.get(page, params={"as_of": "2022-04-10"}, headers=office)
    assert (early.status_code, "那时还没有安排" in early.text) == (404, True)

    assert "会议（0）" in await on("2022-04-10", "/meetings")
    listed = await on("2022-04-12", "/meetings")
    assert ("会议（1）" in listed, "议题已定" in listed, f'href="{page}?as_of=2022-04-12"' in listed) == (
        True,
        True,
        True,
    )
    for address in (page, "/meetings"):
        wrong = await client.get(address, params={"as_of": "昨天"}, headers=office)
        assert wrong.status_code == 422


async def test_room_agenda_and_notice_of_a_past_day_say_what_was_known_then(
    service: WebService, client: httpx.AsyncClient
) -> None:
    office, page = cookie(service, "leader"), "/meetings/HY-2022-001"

    async def on(day: str, what: str) -> httpx.Response:
        return await client.get(f"{page}/{what}", params={"as_of": day}, headers=office)

    linked = (await client.get(page, params={"as_of": "2022-04-12"}, headers=office)).text
    for what in ("room", "agenda.pdf", "notice.pdf"):
        assert f'href="{page}/{what}?as_of=2022-04-12"' in linked
    fixed, held = [(await on(day, "room")).text for day in ("2022-04-12", "2022-04-28")]
    assert ["研究主体施工" in fixed, "的情况，由日志还原" in fixed, "data-live" in fixed] == [True, True, False]
    assert ("本次议定" in fixed, "本次议定" in held, "记录议定" in held) == (False, True, False)
    assert f'href="{page}/room?item=2&amp;as_of=2022-04-12"' in fixed, "the next item of the same day"
    assert "还没有议题" in (await on("2022-04-11", "room")).text
    assert (await on("2022-04-10", "room")).status_code == 404

    words = {}
    for day in ("2022-04-11", "2022-04-12"):
        for what in ("agenda.pdf", "notice.pdf"):
            answer = await on(day, what)
            assert answer.status_code == 200, answer.text
            words[what, day] = "".join(words_of_pdf(answer.content).decode().split())
    assert "暂无议题" in words["agenda.pdf", "2022-04-11"]
    assert "研究用地收储" in words["agenda.pdf", "2022-04-12"]
    assert (
        "议题确定后另行通知" in words["notice.pdf", "2022-04-11"],
        "2022年4月11日" in words["notice.pdf", "2022-04-11"],
    ) == (
        True,
        True,
    )
    assert "研究用地收储" in words["notice.pdf", "2022-04-12"]
    late = await on("2022-04-28", "notice.pdf")
    assert (late.status_code, "不再发会议通知" in late.text) == (409, True), "why there is none of that day"


async def test_agenda_and_minutes_are_printed_as_our_paper(service: WebService, client: httpx.AsyncClient) -> None:
    office, unit = cookie(service, "office"), cookie(service, "li")
    agenda = await client.get("/meetings/HY-2022-001/agenda.pdf", headers=office)
    assert (agenda.status_code, agenda.headers["content-type"]) == (200, "application/pdf")
    assert "研究用地收储" in words_of_pdf(agenda.content).decode().replace("\r\n", "")
    notice = await client.get("/meetings/HY-2022-001/notice.pdf", headers=office)
    assert (notice.status_code, "不再发会议通知；议定事项见会议页" in notice.text) == (409, True), notice.text
    pack = await client.get("/meetings/pack.pdf", headers=office)
    assert (pack.status_code, pack.headers["content-type"]) == (200, "application/pdf")
    assert (await client.get("/meetings/pack.pdf", headers=unit)).status_code == 404
    minutes = await client.get("/meetings/HY-2022-001/minutes.pdf", headers=office)
    assert minutes.status_code == 200
    words = words_of_pdf(minutes.content).decode()
    assert (SECRET in words, "未签发" in words) == (False, True)
    assert (await client.get("/meetings/HY-2022-001/minutes.pdf", headers=unit)).status_code == 404, "not signed yet"
