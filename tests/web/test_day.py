"""A past day on the web: all is as it was that evening, and nothing can be done."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from domain import commands as c
from eventlog import reading
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, opening
from tests.web.conftest import Served, served_home
from tests.web.test_commands import OPENING, problem_of
from tests.web.test_signing_in import cookie_of, enrolled, enter

DAY = at("2022-03-09").date()


@pytest.fixture(scope="module")
def past(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    day = json.dumps({"day": str(DAY)})
    for served in served_home(founded_home, tmp_path_factory.mktemp("past"), lambda _: None, XMH_WEB=day):
        act(served.log, "matter/past", opening(due=DAY + timedelta(days=30)), OFFICE, at("2022-03-07"))
        yield served


def test_a_light_is_of_that_day_and_the_banner_says_so(past: Served) -> None:
    (row,) = past.client("office").get("/api/v1/matters").json()["matters"]
    assert row["light"] == "green", "today it is years overdue"
    page = past.client().get("/", headers=cookie_of(enter(past, "office", enrolled(past, "office"))))
    assert (page.status_code, "以下是 2022-03-09" in page.text, "只供查看" in page.text) == (200, True, True), page.text


def test_nothing_is_done_on_a_past_day(past: Served) -> None:
    before = reading.newest_event(past.log)[0]
    answer = past.client("office").post("/api/v1/matters", json=OPENING, headers={"Idempotency-Key": uuid4().hex})
    assert "只供查看" in problem_of(answer, 409, "read_only")
    events = reading.read_all(past.log, before)
    assert {e.type for e in events} <= {"TokenIssued"}


def test_a_past_day_before_the_last_is_shown_as_it_stood(
    founded_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Regression: only lights were of that day, the rest was of now."""
    day = json.dumps({"day": str(DAY)})
    for served in served_home(founded_home, tmp_path_factory.mktemp("before"), lambda _: None, XMH_WEB=day):
        act(served.log, "matter/past", opening("当天已有", DAY + timedelta(days=30)), OFFICE, at("2022-03-07"))
        act(served.log, "matter/past", c.AcceptReceipt(), LIAISON, at("2022-03-11"))
        act(served.log, "matter/later", opening("后来才立", DAY + timedelta(days=60)), OFFICE, at("2022-03-11"))
        api = served.client("office")
        assert [m["title"] for m in api.get("/api/v1/matters").json()["matters"]] == ["当天已有"]
        (no,) = (m["matter"] for m in api.get("/api/v1/matters").json()["matters"])
        assert api.get(f"/api/v1/matters/{no}").json()["stage"] == "assigned"
        assert {m["title"] for m in api.get("/api/v1/worklist").json()["waiting_for"]} == {"当天已有"}
        cookie = cookie_of(enter(served, "office", enrolled(served, "office")))
        page = served.client().get("/matters", headers=cookie).text
        assert ("当天已有" in page, "后来才立" in page, "待签收" in page) == (True, False, True)
        for acting in ("/queue", "/open", "/feedback?unit=gengxin", f"/matters/{no}/do/assign"):
            shown = served.client().get(acting, headers=cookie)
            assert (shown.status_code in (403, 409), "只供查看" in shown.text) == (True, True), acting
        later = served.client().get("/matters", params={"as_of": "2022-03-11"}, headers=cookie).text
        assert "后来才立" in later
