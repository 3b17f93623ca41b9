"""驾驶舱: every number of the page is followed, on past days too; what it leads to has so many rows."""

import html
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from unittest import mock

import httpx
import pytest

from documents.figures import read_period
from documents.reports.annual import annual_report
from domain import commands as c
from domain.base import Refusal
from domain.bulletin import PastIssue, Publication
from domain.calendar import at_office, end_of_day
from domain.envelope import Actor
from domain.meetings.commands import RecordMeeting
from domain.meetings.series import DEFAULT_SERIES
from domain.terms import MatterClass, Rhythm, SuspensionReason
from eventlog import reading
from eventlog.database import Database
from services.issuing.register import register_issues
from settings import Settings
from tests.documents import quarter
from tests.support.clock import open_log
from tests.support.history import act, meet, tick
from tests.support.office import ASSIST, FOR_LEADER, LEAD, LIAISON, OFFICE, SECOND, opening, sqlite
from tests.web.test_sight_of_pages import cookie
from views.figures import FigureSpan
from web.service import WebService

DAYS = (date(2022, 3, 4), date(2022, 3, 31), date(2022, 6, 10))
LAST = DAYS[-1]
MATTERS, WEEKS = 12, 10
HELD_WEEKLY = (date(2022, 1, 10), date(2022, 3, 4), date(2022, 3, 28), date(2022, 5, 9))
HELD_MONTHLY = (date(2022, 3, 31), date(2022, 4, 28))
ISSUES = ((1, date(2022, 3, 3)), (2, date(2022, 4, 6)), (3, date(2022, 5, 6)))
NUMBER = re.compile(r'<a (?:class="count" )?href="(/figures/rows\?[^"]+)">(.*?)</a>', re.DOTALL)


@pytest.fixture(scope="module")
def generated(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A quarter that is known, and weeks of other matters drawn by chance, always the same."""
    home = tmp_path_factory.mktemp("figures") / "home"
    home.mkdir()
    for file in founded_home.iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    with open_log(sqlite(home)) as log:
        quarter.play(log)
        _held(log)
        _drawn(log, Random(15))
        issues = [PastIssue(publication=Publication.BRIEFING, no=n, issued_on=on, title=f"第{n}期") for n, on in ISSUES]
        register_issues(log, issues, OFFICE, at_office(LAST, time(8, 0)))
    yield home


def _held(log: Database) -> None:
    """Meetings that were held, some of them entered after the days that are looked at."""
    for series, days in (("weekly", HELD_WEEKLY), ("monthly", HELD_MONTHLY)):
        wanted = next(s for s in DEFAULT_SERIES if s.id == series)
        for n, day in enumerate(days):
            starts = at_office(day, time(9, 30))
            command = RecordMeeting(series=wanted, starts=starts, title=f"{wanted.name}之{n}")
            meet(log, f"meeting/{series}-{n}", command, OFFICE, at_office(LAST, time(8, 0)))


def _drawn(log: Database, chance: Random) -> None:
    monday, streams = date(2022, 4, 4), list[str]()
    for n in range(MATTERS):
        lead = LEAD if n % 4 else ASSIST
        due = monday + timedelta(days=chance.randrange(7, 90))
        klass, rhythm = chance.choice(list(MatterClass)), chance.choice((Rhythm.WEEKLY, Rhythm.MONTHLY, Rhythm.ONCE))
        wish = opening(f"第{n}项", due, lead=lead, klass=klass, rhythm=rhythm, source=f"来源{n % 3}")
        streams.append(f"matter/drawn{n}")
        act(log, streams[-1], wish, OFFICE, at_office(monday, time(9, 30)))
    for week in range(WEEKS):
        now = at_office(monday + timedelta(weeks=week, days=2), time(10, 0))
        tick(log, now)
        for stream in streams:
            command, actor = chance.choice(_commands(week, now))
            try:
                act(log, stream, command, actor, now)
            except Refusal:
                continue  # what the rules do not allow did not happen
    tick(log, at_office(LAST, time(18, 0)))


def _commands(week: int, now: datetime) -> tuple[tuple[c.MatterCommand, Actor], ...]:
    later = (now + timedelta(days=40)).date()
    return (
        (c.AcceptReceipt(), LIAISON),
        (c.SubmitFeedback(text=f"完成第{week}段", progress=min(week * 10, 90)), LIAISON),
        (c.SubmitFeedback(text=f"完成第{week}段", progress=min(week * 10, 90)), LIAISON),
        (c.RequestExtension(to=later, reason="雨季"), LIAISON),
        (c.AnswerExtension(grant=True, reason="同意"), OFFICE),
        (c.RequestClosure(text="已完成"), LIAISON),
        (c.ReviewClosure(approve=True), SECOND),
        (c.RecordDecision(meeting="第六次例会", text="抓紧推进"), FOR_LEADER),
        (c.SuspendMatter(until=later, reason=SuspensionReason.FORCE_MAJEURE, note="雨季"), OFFICE),
    )


@pytest.fixture(scope="module")
def service(generated: Path) -> Iterator[WebService]:
    with mock.patch.dict("os.environ", {"XMH_HOME": str(generated)}):
        service = WebService(Settings())
    yield service
    service.close()


def numbers(page: str) -> list[tuple[str, int]]:
    """Every number of a page, and where it leads."""
    found = []
    for href, inside in NUMBER.findall(page):
        shown = re.search(r'class="count">(\d+)<', f'class="count">{inside}<' if inside.isdigit() else inside)
        assert shown, inside
        found.append((html.unescape(href), int(shown[1])))
    return found


async def followed(client: httpx.AsyncClient, page: str, headers: dict[str, str]) -> dict[str, int]:
    """What numbers of a page there are by what they count, each followed."""
    every = numbers(page)
    plain = re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    assert plain.count('class="count"') == len(every), "a number that is no link"
    counted: dict[str, int] = {}
    for href, shown in dict.fromkeys(every):
        rows = await client.get(href, headers=headers)
        assert rows.status_code == 200, href
        listed = rows.text.count('<th scope="row">')
        assert listed == shown, (href, shown, listed)
        counted.setdefault(str(httpx.URL(href).params["of"]), shown)  # of the board; those of weeks come later
    return counted


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("span", FigureSpan)
async def test_every_number_of_a_past_day_opens_a_list_of_that_length(
    service: WebService, client: httpx.AsyncClient, day: date, span: FigureSpan
) -> None:
    headers = cookie(service, "office")
    page = await client.get("/figures", params={"span": span, "as_of": str(day)}, headers=headers)
    assert page.status_code == 200, page.text
    assert f"以下是 {day}" in page.text
    counted = await followed(client, page.text, headers)
    # What is listed elsewhere, from rows and not from the documents' fold, is as many.
    for light in ("red", "yellow", "blue", "green"):
        asked = {"light": light, "known_at": str(day)}
        page = await client.get("/matters", params=asked, headers=headers)
        assert f"事项（{counted[f'light-{light}']}）" in page.text, (light, page.text)
    closed = await client.get("/matters", params={"stage": "closed", "known_at": str(day)}, headers=headers)
    assert f"事项（{counted['stage-closed']}）" in closed.text
    # And 简报 of that day says the same.
    period = read_period(service.database, span.began(day), day, as_of=end_of_day(day))
    assert (counted["in-time"], counted["judged"]) == (period.on_time().part, period.on_time().whole)
    first = period.on_time_originally()
    assert (counted["in-time-originally"], counted["judged-originally"]) == (first.part, first.whole)
    assert (counted["reported"], counted["owed"]) == (period.feedback().on_time, period.feedback().owed)
    assert counted["all"] == len(period.entries())


async def test_the_numbers_are_of_something(service: WebService, client: httpx.AsyncClient) -> None:
    page = await client.get("/figures", params={"span": "year", "as_of": str(LAST)}, headers=cookie(service, "office"))
    counted = {str(httpx.URL(href).params["of"]): shown for href, shown in numbers(page.text)}
    for key in ("light-red", "in-time", "late", "missed", "reported", "escalated", "urged", "decided", "outstanding"):
        assert counted[key] > 0, key
    assert "<svg" in page.text


def number_of(service: WebService, meeting: str) -> str:
    return next(m.number for m in reading.meetings(service.database) if m.stream == f"meeting/{meeting}")


@pytest.mark.parametrize("day", [*DAYS, None])
async def test_every_number_of_the_annual_page_opens_a_list_of_that_length(
    service: WebService, client: httpx.AsyncClient, day: date | None
) -> None:
    headers, until = cookie(service, "audit"), day or date(2022, 12, 31)
    page = await client.get("/figures/2022", params={"as_of": str(day)} if day else {}, headers=headers)
    assert page.status_code == 200, page.text
    counted = await followed(client, page.text, headers)
    # 年度统计 of that day says the same, of matters and of what was held and issued.
    period = read_period(service.database, date(2022, 1, 1), until, as_of=end_of_day(until))
    assert (counted["in-time"], counted["judged"]) == (period.on_time().part, period.on_time().whole)
    assert (counted["reported"], counted["owed"]) == (period.feedback().on_time, period.feedback().owed)
    assert counted["all"] == len(period.entries())
    held = [sum(on <= until for on in days) for days in (HELD_WEEKLY, HELD_MONTHLY)]
    assert [counted.get(f"held-{series}", 0) for series in ("weekly", "monthly")] == held
    weekly = await client.get("/figures/rows", params={"of": "held-weekly", "year": "2022"}, headers=headers)
    assert f'<a href="/meetings/{number_of(service, "weekly-0")}">' in weekly.text, "and what is listed opens"
    assert counted["held-bulletins-briefing"] == sum(on <= until for _, on in ISSUES)
    sentence = annual_report(service.database, 2022, end_of_day(until)).sentence
    assert (sentence or "会议和简报") in page.text


async def test_what_is_entered_later_moves_no_number_of_a_page_that_is_open(
    service: WebService, client: httpx.AsyncClient, generated: Path
) -> None:
    headers = cookie(service, "office")
    page = (await client.get("/figures/2022", params={"as_of": str(LAST)}, headers=headers)).text
    starts = at_office(date(2022, 2, 21), time(9, 30))
    first = next(s for s in DEFAULT_SERIES if s.id == "hq")  # named before those on the page
    command = RecordMeeting(series=first, starts=starts, title="会后补登")
    with open_log(sqlite(generated)) as log:
        meet(log, "meeting/later", command, OFFICE, at_office(LAST + timedelta(days=20), time(9, 30)))
    await followed(client, page, headers)


async def test_a_year_that_has_no_figures_is_not_found(service: WebService, client: httpx.AsyncClient) -> None:
    headers = cookie(service, "audit")
    for asked in ("/figures/2099", "/figures/0", "/figures/2022?as_of=2021-12-31"):
        answer = await client.get(asked, headers=headers)
        assert (answer.status_code, "没有找到" in answer.text) == (404, True), asked


async def test_a_unit_counts_its_own_matters(service: WebService, client: httpx.AsyncClient) -> None:
    office, unit = cookie(service, "office"), cookie(service, "zhao")
    asked = {"span": "year", "as_of": str(LAST)}
    whole = await followed(client, (await client.get("/figures", params=asked, headers=office)).text, office)
    own = await followed(client, (await client.get("/figures", params=asked, headers=unit)).text, unit)
    assert 0 < own["all"] < whole["all"]
    assert "第1项" not in (await client.get("/figures/rows", params={**asked, "of": "all"}, headers=unit)).text


async def test_a_number_nobody_has_is_not_found(service: WebService, client: httpx.AsyncClient) -> None:
    headers = cookie(service, "office")
    for asked in ({"of": "x"}, {"of": "held-99", "year": "2022"}, {"of": "held-weekly", "year": "99999"}, {}):
        assert (await client.get("/figures/rows", params=asked, headers=headers)).status_code == 404, asked
    assert (await client.get("/figures", params={"as_of": "昨天"}, headers=headers)).status_code == 422


@pytest.mark.parametrize("day", [*DAYS, None])
async def test_every_matter_of_a_day_opens_and_says_why(
    service: WebService, client: httpx.AsyncClient, day: date | None
) -> None:
    headers, asked, upward = cookie(service, "office"), {"as_of": str(day)} if day else {}, 0
    for row in reading.list_rows(service.database):
        if day is not None and row.opened > day:
            continue
        for page in ("", "/why", "/replay"):
            answer = await client.get(f"/matters/{row.number}{page}", params=asked, headers=headers)
            assert answer.status_code == 200, (row.number, page)
            upward += page == "/why" and "下一级" in answer.text and "　到" in answer.text
    assert upward or day == DAYS[0], "some matter climbs on"


async def test_a_page_leads_to_the_days_of_the_last_meetings(service: WebService, client: httpx.AsyncClient) -> None:
    """What was said at a meeting is known at the end of its day."""
    held = [day for day in (*HELD_WEEKLY, *HELD_MONTHLY) if day <= DAYS[1]]
    days = sorted(map(str, held), reverse=True)[:5]
    for page in ("/matters", "/table", "/figures", "/figures/2022", "/meetings"):
        text = (await client.get(page, params={"as_of": str(DAYS[1])}, headers=cookie(service, "office"))).text
        line = re.search("开会的日子：(.*?)</span>", text)
        assert line, page
        shown = re.findall(r"as_of=([\d-]+)", line[1])
        assert [day for day in shown if day != "2022-02-21"] == days, page
        other = (await client.get(page, params={"as_of": str(DAYS[1])}, headers=cookie(service, "zhao"))).text
        assert "开会的日子" not in other, "who does not read all of them"
