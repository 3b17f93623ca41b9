"""Reads over the API and on pages: the documents of the command line, no more than the reader may see."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain import commands as c
from domain.access.events import Exported
from domain.access.terms import TokenScope
from domain.event import decode
from domain.facts import UnitRef
from domain.office import Person, PersonRecorded
from domain.terms import Role, Supervision
from eventlog import reading
from services import signing_in
from services.office_records import record_office_events
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.support.streams import DIRECTORY_STREAM
from tests.web.conftest import Served

HOSTILE = "<script>alert(1)</script>"
ADMIN = Person(id="admin", name="郑八", unit="office", role=Role.SYSTEM_ADMIN)


@pytest.fixture(scope="module")
def lived(served: Served) -> Iterator[Served]:
    """Three matters: one reported on, one of another unit, one with a hostile title."""
    now = datetime.now(UTC) - timedelta(hours=3)
    due = (now + timedelta(days=60)).date()
    other = UnitRef(id="zhujian", supervision=Supervision.OBJECT)
    act(served.log, "matter/one", opening("推进桩基施工", due), OFFICE, now)
    act(served.log, "matter/one", c.AcceptReceipt(), LIAISON, now + timedelta(minutes=10))
    report = c.SubmitFeedback(text="完成桩基八根", progress=30)
    act(served.log, "matter/one", report, LIAISON, now + timedelta(minutes=20))
    act(served.log, "matter/two", opening("老旧小区改造", due, lead=other), OFFICE, now + timedelta(minutes=30))
    act(served.log, "matter/three", opening(HOSTILE, due), OFFICE, now + timedelta(minutes=40))
    events = [PersonRecorded(person=ADMIN)]
    record_office_events(served.log, DIRECTORY_STREAM, events, actor=OFFICE, command_id="directory:admin", now=now)
    yield served


def get(client: httpx.Client, path: str, status: int = 200, **params: Any) -> Any:
    response = client.get(f"/api/v1{path}", params=params)
    assert response.status_code == status, response.text
    return response.json()


def test_the_documents_are_those_of_the_command_line(lived: Served, capsys: pytest.CaptureFixture[str]) -> None:
    xmh, office = CommandLine(lived.home, capsys), lived.client("office", TokenScope.READ)
    listed = get(office, "/matters")
    assert listed["matters"] == xmh.json("task", "list")["matters"]
    assert (listed["count"], listed["cursor"]) == (3, None)
    first = listed["matters"][0]["matter"]
    assert get(office, f"/matters/{first}") == xmh.json("task", "show", first)
    assert get(office, "/audit/explain", matter=first)["because"] == xmh.json("audit", "explain", first)["because"]
    today = xmh.json("today")
    assert get(office, "/worklist") == {key: today[key] for key in get(office, "/worklist")}
    assert get(office, "/meetings") == xmh.json("meeting", "list")
    unanswered = get(office, "/unanswered")
    assert unanswered["unfinished"] == xmh.json("audit", "unanswered", code=1 - unanswered["ok"])["unfinished"]
    assert [m["matter"] for m in get(office, "/search", text="桩基八根")["matters"]] == [first]
    assert (
        get(office, "/matters", lead="zhujian")["matters"] == xmh.json("task", "list", "--lead", "zhujian")["matters"]
    )


def test_pages_of_rows_follow_each_other(lived: Served) -> None:
    office = lived.client("office", TokenScope.READ)
    one = get(office, "/matters", limit=2)
    two = get(office, "/matters", limit=2, cursor=one["cursor"])
    numbers = [m["matter"] for m in (*one["matters"], *two["matters"])]
    assert (len(one["matters"]), two["cursor"], numbers) == (2, None, sorted(set(numbers)))


def test_what_may_not_be_seen_is_not_there(lived: Served) -> None:
    liaison, admin = lived.client("li", TokenScope.READ), lived.client("admin", TokenScope.READ)
    numbers = [m["matter"] for m in get(liaison, "/matters")["matters"]]
    assert len(numbers) == 3, "titles are open to all units by the usual policy"
    mine, others = numbers[0], numbers[1]
    assert get(liaison, f"/matters/{mine}")["points"] == []
    listed = get(liaison, f"/matters/{others}")
    assert (listed["sight"], listed["timeline"], "points" in listed) == ("listed", [], False)
    assert get(liaison, "/audit/explain", 404, matter=others)["code"] == "not_found"
    assert others not in str(get(liaison, "/unanswered"))
    assert get(admin, "/matters") == {"matters": [], "count": 0, "cursor": None, "as_of": None}
    assert get(admin, f"/matters/{mine}", 404)["detail"] == f"没有编号为 {mine} 的事项"
    assert get(admin, "/search", text="桩基")["matters"] == []
    assert get(admin, "/worklist")["due_soon"] == []
    # Another unit cannot find by trying what was reported.
    assert [m["matter"] for m in get(lived.client("zhao"), "/search", text="桩基八根")["matters"]] == []


def test_an_earlier_day_is_asked_for(lived: Served) -> None:
    office = lived.client("office", TokenScope.READ)
    assert get(office, "/matters", as_of="2022-01-01")["matters"] == []
    assert get(office, "/matters/XMH-2022-001", 404)["code"] == "not_found"
    for wrong in ("昨天", "2199-01-01", "2022-13-01", "x" * 41):
        assert get(office, "/matters", 422, as_of=wrong)["code"] == "malformed"
    assert "可填" in get(office, "/matters", 422, stage="没有")["detail"]
    assert "没有单位" in get(office, "/matters", 422, lead="没有")["detail"]
    get(office, "/matters", 422, limit=0)
    get(office, "/matters", 422, due_from="2022-02-01", due_to="2022-01-01")


def test_pages_show_the_same_and_no_script_of_anybody(lived: Served) -> None:
    for person in ("li", "admin"):
        grant_account(lived, person)
    client = lived.client()
    liaison = {"Cookie": f"__Host-xmh={signing_in.begin(lived.log, 'li', '10.0.0.1', datetime.now(UTC))}"}
    listed = client.get("/matters", headers=liaison)
    assert (listed.status_code, "事项（3）" in listed.text) == (200, True)
    assert HOSTILE not in listed.text
    assert "&lt;script&gt;" in listed.text
    mine, others = (m["matter"] for m in get(lived.client("li"), "/matters")["matters"][:2])
    page = client.get(f"/matters/{mine}", headers=liaison)
    assert (page.status_code, "完成桩基八根" in page.text, "<script>" in page.text) == (200, True, False)
    assert ("2022年工作计划" in page.text, "待办时限" in page.text, "只能看一览" in page.text) == (True, True, False)
    page = client.get(f"/matters/{others}", headers=liaison)
    assert (page.status_code, "只能看一览" in page.text, "2022年工作计划" in page.text) == (200, True, False)
    assert "待我办理" in client.get("/", headers=liaison).text
    assert "看不懂时刻" in client.get("/matters", params={"as_of": "昨天"}, headers=liaison).text
    assert "没有符合条件的事项" in client.get("/matters", params={"as_of": "2022-01-01"}, headers=liaison).text
    admin = {"Cookie": f"__Host-xmh={signing_in.begin(lived.log, 'admin', '10.0.0.1', datetime.now(UTC))}"}
    assert "事项（0）" in client.get("/matters", headers=admin).text
    assert client.get(f"/matters/{mine}", headers=admin).status_code == 404
    for path in ("/", "/matters", f"/matters/{mine}"):
        away = client.get(path)
        assert (away.status_code, away.headers["location"]) == (303, f"/sign-in?next={path}")


def grant_account(served: Served, person: str) -> None:
    from services.accounts import open_account

    open_account(served.log, person, OFFICE, datetime.now(UTC))


def test_the_table_and_the_figures_are_those_of_the_pages_and_count_what_they_list(lived: Served) -> None:
    office, li = lived.client("office", TokenScope.READ), lived.client("li", TokenScope.READ)
    table = get(office, "/table", as_of="2022-03-31")
    assert (table["count"], table["rows"]) == (0, []), "before there was any"
    table = get(office, "/table", as_of=datetime.now(UTC).isoformat())
    assert table["count"] == len(table["rows"]) == 3
    assert {row["title"] for row in table["rows"]} >= {"推进桩基施工", HOSTILE}
    mine = get(li, "/table", as_of=datetime.now(UTC).isoformat())
    assert "老旧小区改造" not in {row["title"] for row in mine["rows"]}, "the other unit's"
    record = reading.access_record(lived.log, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    taken = [decode(event) for event in record if event.type == "Exported"]
    assert [(e.person, e.name, e.count) for e in taken if isinstance(e, Exported)] == [("office", "一览表（接口）", 3)]
    for client in (office, li):
        board = get(client, "/figures", span="week", as_of=datetime.now(UTC).isoformat())
        for figure in board["figures"]:
            rows = get(client, "/figures/rows", of=figure["key"], span="week", as_of=board["as_of"])
            assert rows["count"] == len(rows["rows"]) == figure["count"], figure
    get(office, "/figures/rows", 404, of="nothing")
    get(office, "/figures", 422, span="decade")
