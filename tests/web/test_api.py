"""The whole API asked what its own description allows and what it does not: no fault, nothing that is not described.

Every operation of the committed document gets requests made from it, half of them well formed and half of them not, a
real matter and meeting as often as a made-up one. A long run (`-m chaos`) asks each two hundred times.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from domain.access.terms import TokenScope
from domain.meetings.commands import ConveneMeeting
from eventlog import reading
from eventlog.verify import verify
from services.accounts import issue_token
from tests.support.history import meet
from tests.support.meetings import MONTHLY
from tests.support.office import OFFICE
from tests.web.conftest import Served
from tests.web.test_commands import OPENING, post
from tests.web.test_openapi import COMMITTED

CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
ENDLESS = {"GET /api/v1/events/stream", "POST /api/v1/logout"}
"""What never ends, and what would end the asking itself: `test_event_feed` and `test_login` ask them."""
SHORT, LONG = 4, 200
SCHEMA = openapi.from_path(COMMITTED)
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)}


class Asked:
    """A home that is asked, with a matter and a meeting there really are."""

    def __init__(self, served: Served, matter: str, meeting: str) -> None:
        self.served = served
        self.real = {"/matters/": matter, "/meetings/": meeting}
        token, _ = issue_token(served.log, "office", TokenScope.HANDLE, 1, OFFICE, datetime.now(UTC))
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, case: Case[Any], *, real: bool) -> None:
        """Send it, and hold the answer to the description."""
        if real and "no" in case.path_parameters:
            case.path_parameters["no"] = next(n for part, n in self.real.items() if part in case.path)
        answer = case.call(base_url=self.served.address, headers=self.headers, timeout=20)
        case.validate_response(answer, checks=CHECKS, headers=self.headers)


@pytest.fixture(scope="module")
def asked(working: Served) -> Iterator[Asked]:
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
    now = datetime.now(UTC)
    no = post(working.client("office"), "/matters", {**OPENING, "title": "被试的事项"}).json()["matter"]
    starts = reading.rulebook(working.log).calendar.next_working(now.replace(year=now.year + 1))
    convene = ConveneMeeting.model_validate({"series": MONTHLY, "starts": starts, "chair": "leader"})
    meet(working.log, "meeting/asked", convene, OFFICE, now)
    yield Asked(working, no, reading.meetings(working.log)[-1].number)
    assert verify(working.log).ok, "whatever was asked, the log is whole"


def run(asked: Asked, label: str, examples: int) -> None:
    operation = OPERATIONS[label]
    well, ill = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == SHORT,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(well, ill), real=st.booleans())
    def one(case: Case[Any], real: bool) -> None:
        asked.ask(case, real=real)

    one()


def test_every_operation_answers_as_it_is_described(asked: Asked) -> None:
    """In one test: with a fixture for each of ninety, every worker would serve a home of its own."""
    faults = []
    for label in OPERATIONS:
        if label not in ENDLESS:
            try:
                run(asked, label, SHORT)
            except (Exception, BaseExceptionGroup) as fault:
                faults.append(f"{label}: {str(fault)[:700]}")
    assert not faults, "\n\n".join(faults)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("label", sorted(OPERATIONS.keys() - ENDLESS))
def test_every_operation_answers_so_however_often_it_is_asked(asked: Asked, label: str) -> None:
    run(asked, label, LONG)


def test_nothing_is_answered_without_a_token_or_by_another_method(working: Served) -> None:
    open_ways = {"/api/v1/login", "/api/v1/login/token"}
    client = working.client()
    for operation in OPERATIONS.values():
        path = operation.path.replace("{no}", "XMH-2026-001").replace("{place}", "1")
        if path in open_ways or not path.startswith("/api/"):
            continue
        assert client.request(operation.method.upper(), path, json={}).status_code == 401, operation.label
        assert client.request("DELETE", path).status_code == 401, operation.label


def test_the_checks_find_what_they_look_for(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that fails, and one that answers what is not described, are found."""
    monkeypatch.setattr("web.api.reads.worklist", lambda _: 1 / 0)
    with pytest.raises(BaseException, match="500"):
        run(asked, "GET /api/v1/worklist", SHORT)
    monkeypatch.setattr("web.api.events.feed_page", lambda *_: 7)
    with pytest.raises(BaseException, match="500"):
        run(asked, "GET /api/v1/events", SHORT)
