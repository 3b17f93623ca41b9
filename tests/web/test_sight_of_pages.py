"""Every page and read of the API × every kind of reader × every kind of tie: what may not be read is looked for.

The home, the readers and what they may see are those of the command line's matrix. The pages and reads are the
application's own table of routes: one that is neither in `PAGES` nor in `READS` fails.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from fastapi.routing import APIRoute

from documents.checking import pdf_reading
from domain.access.terms import TokenScope
from domain.sight import Scope, Sight
from domain.terms import Openness, Urgency
from eventlog import reading
from eventlog.notices import NoticeOnRecord
from services import accounts, signing_in
from settings import Settings
from tests.cli.test_sight_matrix import MATRIX, lived, numbers_of, open_to, unpacked
from tests.support.office import OFFICE
from views.notices import notice_as_read
from views.viewer import actor_of
from web.app import make_app
from web.codec import DECODE
from web.pages.returning import CAME_FROM
from web.service import WebService

__all__ = ["lived"]

API = "/api/v1"
PAGES: dict[str, tuple[str, ...]] = {
    "/": ("/",),
    "/matters": (
        "/matters?stage=all",
        "/matters?stage=all&order=light",
        "/matters?stage=all&as_of=2022-03-31",
        "/matters?stage=all&known_at=2022-03-31",
        "/matters?stage=all&text={mark}",
    ),
    "/matters/{no}": ("/matters/{no}?all=1", "/matters/{no}?all=1&as_of=2022-03-31"),
    "/matters/{no}/why": ("/matters/{no}/why", "/matters/{no}/why?as_of=2022-03-31"),
    "/matters/{no}/do/{do}": ("/matters/{no}/do/accept", "/matters/{no}/do/extend", "/matters/{no}/do/review"),
    "/suggestions": ("/suggestions",),
    "/password": ("/password",),
    "/account": ("/account",),
    "/prove": ("/prove?next=/table.xlsx",),
    "/connect": ("/connect", "/connect?code=BBBB-BBBB"),
    "/queue": ("/queue", "/queue?at={no}"),
    "/open": ("/open",),
    "/wall": ("/wall",),
    "/admin": ("/admin",),
    "/admin/{person}": ("/admin/li", "/admin/office"),
    "/ops": ("/ops",),
    "/policy": ("/policy",),
    "/import": ("/import",),
    "/import/{sha256}": (f"/import/{'0' * 64}",),
    "/import/{sha256}/list.xlsx": (f"/import/{'0' * 64}/list.xlsx",),
    "/figures": ("/figures?span=year", "/figures?as_of=2022-03-31"),
    "/figures/rows": (
        "/figures/rows?of=all&span=year&known_at=2022-03-31",
        "/figures/rows?of=decided&span=year&known_at=2022-03-31",
        "/figures/rows?of=reported&span=year&known_at=2022-03-31",
        "/figures/rows?of=held-monthly&year=2022",
    ),
    "/figures/{year}": ("/figures/2022", "/figures/2022?as_of=2022-03-31"),
    "/matters.xlsx": ("/matters.xlsx?stage=all", "/matters.xlsx?as_of=2022-03-31"),
    "/matters/{no}/sheet.pdf": ("/matters/{no}/sheet.pdf", "/matters/{no}/sheet.pdf?as_of=2022-03-31"),
    "/matters/{no}/files/{place}": ("/matters/{no}/files/1",),
    "/matters/{no}/files/{place}/view": ("/matters/{no}/files/1/view",),
    "/matters/{no}/files/{place}/content": ("/matters/{no}/files/1/content",),
    "/matters/{no}/replay": ("/matters/{no}/replay", "/matters/{no}/replay?step=3"),
    "/audit": ("/audit?as_of=2022-03-31",),
    "/audit/access": ("/audit/access",),
    "/audit/verify": ("/audit/verify",),
    "/search": ("/search?text={mark}", "/search?text=TITLE", "/search?text=WORD"),
    "/notices": ("/notices",),
    "/directory": ("/directory",),
    "/table": ("/table?as_of=2022-03-31&with=points&with=progress&with=problem",),
    "/table.{kind}": ("/table.xlsx?as_of=2022-03-31", "/table.docx?as_of=2022-03-31"),
    "/table/edit": ("/table/edit",),
    "/papers": ("/papers?year=2022",),
    "/bulletins": ("/bulletins",),
    "/bulletins/{draft}": ("/bulletins/D20220401-1",),
    "/bulletins/{draft}/draft.{kind}": ("/bulletins/D20220401-1/draft.pdf",),
    "/bulletins/{draft}/sign": ("/bulletins/D20220401-1/sign",),
    "/papers/readers": ("/papers/readers?number=1",),
    "/papers/file": ("/papers/file?number=1",),
    "/meetings": ("/meetings?year=2022", "/meetings?as_of=2022-06-30"),
    "/meetings/new": ("/meetings/new",),
    "/meetings/{no}": ("/meetings/HY-2022-001", "/meetings/HY-2022-001?as_of=2022-06-30"),
    "/meetings/{no}/files/{place}": ("/meetings/HY-2022-001/files/1",),
    "/meetings/{no}/room": (
        "/meetings/HY-2022-001/room?item=1",
        "/meetings/HY-2022-001/room?item=2",
        "/meetings/HY-2022-001/room?item=99",
        "/meetings/HY-2022-001/room?item=1&as_of=2022-06-30",
    ),
    "/meetings/{no}/do/{do}": tuple(
        f"/meetings/HY-2022-001/do/{do}" for do in ("decide?item=1", "attend", "item_drop", "reply", "material")
    ),
    "/meetings/pack.pdf": ("/meetings/pack.pdf",),
    "/meetings/{no}/notice.pdf": (
        "/meetings/HY-2022-001/notice.pdf",
        "/meetings/HY-2022-001/notice.pdf?as_of=2022-06-30",
    ),
    "/meetings/{no}/agenda.pdf": (
        "/meetings/HY-2022-001/agenda.pdf",
        "/meetings/HY-2022-001/agenda.pdf?as_of=2022-06-30",
    ),
    "/meetings/{no}/minutes.pdf": ("/meetings/HY-2022-001/minutes.pdf",),
    "/feedback": ("/feedback", "/feedback?unit=zhujian", "/feedback?unit=gengxin"),
}
READS: dict[str, tuple[str, ...]] = {
    "/matters": (
        "/matters",
        "/matters?as_of=2022-03-31",
        "/matters?supervisor=office",
        "/matters?text={mark}",
        "/matters?leader=leader",
        "/matters?listed=true&limit=2",
    ),
    "/matters/{no}": ("/matters/{no}", "/matters/{no}?as_of=2022-03-31"),
    "/matters/{no}/paragraph": ("/matters/{no}/paragraph",),
    "/matters/{no}/files": ("/matters/{no}/files",),
    "/matters/{no}/files/{place}": ("/matters/{no}/files/1",),
    "/table": ("/table", "/table?as_of=2022-03-31"),
    "/figures": ("/figures?span=year",),
    "/figures/rows": ("/figures/rows?of=all&span=year&as_of=2022-03-31",),
    "/me": ("/me",),
    "/names": ("/names",),
    "/find": ("/find?words={no}", "/find?words=TITLE", "/find?words={mark}"),
    "/worklist": ("/worklist",),
    "/today": ("/today",),
    "/directory": ("/directory", "/directory?unit=zhujian"),
    "/notices": ("/notices", "/notices?pending=true"),
    "/readers": ("/readers?number=1",),
    "/search": ("/search?text={mark}", "/search?text=TITLE", "/search?text=WORD", "/search?text=BODY&as_of=2022-03-31"),
    "/meetings": ("/meetings?year=2022",),
    "/meetings/{no}": ("/meetings/HY-2022-001",),
    "/unanswered": ("/unanswered", "/unanswered?as_of=2022-03-31"),
    "/audit/explain": ("/audit/explain?matter={no}", "/audit/explain?matter={no}&as_of=2022-03-31"),
    "/events": ("/events", "/events?after=20&limit=7"),
    "/suggestions": ("/suggestions",),
    "/suggestion": ("/suggestion?number=1",),
}
"""Of the API, below `/api/v1`."""
OIDC = {f"/oidc/{way}" for way in ("begin", "again", "bind", "callback")}
NOT_OF_A_PERSON = {"/first/{once}", "/sign-in", "/healthz", "/readyz", *OIDC, *CAME_FROM}
BY_SCRIPT_OR_LED_ON = {"/files", "/drafts/{form}/drop", DECODE}
"""Forms whose answer is no page that stays: a script has it, or it leads on at once."""
STREAMS = {"/live", "/wall/live", f"{API}/events/stream"}
"""What never ends is listened to by `test_live` and `test_event_feed`."""
"""What anybody may ask: the way in, and whether the service is well."""
READERS = ("li", "he", "one", "root", "audit", "city")
KINDS = ("own", "part", "former", "other", "named")


@pytest.fixture(scope="module")
def service(lived: Path) -> Iterator[WebService]:
    with mock.patch.dict("os.environ", {"XMH_HOME": str(lived)}):
        service = WebService(Settings())
    yield service
    service.close()


def cookie(service: WebService, person: str) -> dict[str, str]:
    """A session of his, for pages."""
    now = datetime.now(UTC)
    if accounts.account_of(service.database, person) is None:
        accounts.open_account(service.database, person, OFFICE, now)
    return {"Cookie": f"__Host-xmh={signing_in.begin(service.database, person, '10.0.0.1', now)}"}


def credentials(service: WebService, person: str) -> dict[str, str]:
    """A session, and a token for the API."""
    token, _ = accounts.issue_token(service.database, person, TokenScope.READ, 1, OFFICE, datetime.now(UTC))
    return {**cookie(service, person), "Authorization": f"Bearer {token}"}


def paths(numbers: dict[str, str]) -> Iterator[str]:
    """Every page and read, those of one matter for each kind of it."""
    reads = [API + read for reads in READS.values() for read in reads]
    for pages in (*PAGES.values(), reads):
        for page in pages:
            if "{" not in page:
                yield page
            else:
                # One letter short, for what one looked for oneself stands in its field.
                marks = [(numbers[kind], f"BODY{kind.upper()}"[:-1]) for kind in KINDS]
                yield from dict.fromkeys(page.format(no=no, mark=mark) for no, mark in marks)


def _is_cheap(page: str) -> bool:
    """Whether nothing is printed for it; what is printed is looked into for one who sees nothing of most matters."""
    return not page.partition("?")[0].endswith((".pdf", ".xlsx", ".docx"))


async def asked(client: httpx.AsyncClient, page: str, headers: dict[str, str]) -> bytes:
    answer = await client.get(page, headers=headers)
    assert answer.status_code in (200, 303, 403, 404, 409), (page, answer.status_code, answer.text)
    data = answer.content
    return words_of_pdf(data) if data.startswith(b"%PDF") else unpacked(data)


def words_of_pdf(data: bytes) -> bytes:
    """What is written in it, as whoever opens it reads."""
    return pdf_reading.words_of_pdf(pdf_reading.read_pdf(data), above=999).encode()


def routes_of(router: Any) -> Iterator[APIRoute]:
    """The routes of an application."""
    return (route for route in router.routes if isinstance(route, APIRoute))


def test_back_from_the_answer_to_any_form_is_a_page(service: WebService) -> None:
    pages = [r for r in routes_of(make_app(service)) if not r.include_in_schema]
    gets, posts = ({r.path for r in pages if method in (r.methods or ())} for method in ("GET", "POST"))
    assert posts - gets == BY_SCRIPT_OR_LED_ON
    assert set(CAME_FROM) <= posts
    assert set(CAME_FROM.values()) <= gets - set(CAME_FROM)


def test_every_page_and_read_is_looked_at(service: WebService) -> None:
    gets = {(r.path, r.include_in_schema) for r in routes_of(make_app(service)) if "GET" in (r.methods or ())}
    of_a_person = {(path, of_api) for path, of_api in gets if path not in NOT_OF_A_PERSON | STREAMS}
    assert {path for path, of_api in of_a_person if not of_api} == set(PAGES)
    assert {path.removeprefix("/api/v1") for path, of_api in of_a_person if of_api} == set(READS)


@pytest.mark.parametrize("openness", [Openness.TITLES, Openness.OWN])
async def test_no_page_or_read_shows_what_its_reader_may_not_see(
    service: WebService,
    client: httpx.AsyncClient,
    lived: Path,
    openness: Openness,
    capsys: pytest.CaptureFixture[str],
) -> None:
    open_to(lived, openness)
    every, found, looked = list(paths(numbers_of(lived))), [], 0
    for person in READERS if openness is Openness.TITLES else ("li", "he"):
        headers, forbidden = credentials(service, person), list(MATRIX[person].forbidden(openness))
        for page in every if person == "he" else filter(_is_cheap, every):
            said = await asked(client, page, headers)
            found += [(person, page, mark) for mark in forbidden if mark in said]
            looked += 1
    with capsys.disabled():
        sys.stdout.write(
            f"\nrights to read on pages and by the API ({openness.label}): {looked} cells, {len(found)} leaks\n"
        )
    assert found == []


OF_A_DAY = sorted({page for pages in PAGES.values() for page in pages if "as_of=" in page or "known_at=" in page})


@pytest.mark.parametrize("page", OF_A_DAY)
@pytest.mark.parametrize(
    ("day", "line"),
    [
        ("前天", "看不懂时刻“前天”，请写成"),
        ("2022-02-30", "看不懂时刻“2022-02-30”"),
        ("2999-01-01", "年份2999不在"),
        ("2099-01-01", "2099-01-01 还没有到"),
    ],
)
async def test_a_day_that_is_none_is_told_alike_on_every_page(
    service: WebService, client: httpx.AsyncClient, lived: Path, page: str, day: str, line: str
) -> None:
    address = (
        page.format(no=numbers_of(lived)["own"], mark="BODY").replace("2022-03-31", day).replace("2022-06-30", day)
    )
    assert day in address
    answer = await client.get(address, headers=cookie(service, "office"))
    assert answer.status_code == 422, address
    assert line in answer.text
    assert "<h1" in answer.text


def test_every_page_of_a_day_is_asked_of_one(service: WebService) -> None:
    takes = {
        route.path
        for route in routes_of(make_app(service))
        if not route.include_in_schema and {"as_of", "known_at"} & {p.name for p in route.dependant.query_params}
    }
    assert {path for path, pages in PAGES.items() if set(pages) & set(OF_A_DAY)} >= takes


BY_ROLE = {f"{API}/{read}" for read in ("today", "worklist", "me", "notices", "notices?pending=true")}
"""What is put together by who somebody is, whatever he may see."""


async def test_without_rights_the_same_pages_and_reads_show_it(
    service: WebService, client: httpx.AsyncClient, lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to(lived, Openness.OWN)
    numbers = numbers_of(lived)
    marks = [mark for mark in MATRIX["he"].forbidden(Openness.OWN) if mark.endswith(b"OTHER")]
    reads = {page for page in paths(dict.fromkeys(KINDS, numbers["other"])) if page.startswith(API)} - BY_ROLE
    pages = {f"/matters/{numbers['other']}?all=1", "/matters"}

    async def shown_to(person: str) -> dict[str, list[bytes]]:
        headers = credentials(service, person)
        answers = {page: await asked(client, page, headers) for page in sorted(reads | pages)}
        return {page: shown for page, answer in answers.items() if (shown := [m for m in marks if m in answer])}

    to_the_office = await shown_to("office")
    assert pages < set(to_the_office)
    assert len(to_the_office) > 20
    monkeypatch.setattr("views.rights.scope", lambda *_: Scope(least=Sight.FULL))
    monkeypatch.setattr("views.rights.reads_as", lambda *_: True)
    monkeypatch.setattr("views.rights.may_read_words", lambda *_: True)
    assert await shown_to("he") == to_the_office


@pytest.mark.parametrize(("person", "reads"), [("office", True), ("li", True), ("he", False), ("root", False)])
def test_a_notice_of_a_meeting_says_no_more_than_its_reader_may_know(
    service: WebService, person: str, reads: bool
) -> None:
    at = datetime.now(UTC)
    told = NoticeOnRecord(
        id="1",
        position=1,
        person=person,
        channel="file",
        stream="meeting/m1",
        subject="研究BODYOWN",
        text="议程BODYOWN",
        urgency=Urgency.NORMAL,
        recorded_at=at,
        due_at=at,
        next_at=at,
    )
    known = reading.person(service.database, person)
    assert known is not None
    shown = notice_as_read(service.viewer(actor_of(known)), told)
    assert ("BODYOWN" in shown.subject, "BODYOWN" in shown.text) == (reads, reads)
