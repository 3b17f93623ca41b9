"""What the web process tells whoever watches it: it moves with what happens, and on a port of its own."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from eventlog.autosaves import keep_autosave
from services.embedded.supervise import free_port
from tests.services.test_metrics import SHOWN
from tests.web.conftest import Served, served_home
from tests.web.test_commands import OPENING
from tests.web.test_signing_in import HERE

PORT = free_port()
NO_ANSWER = "xmh_web_commands_total refused"


@pytest.fixture(scope="module")
def watched(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    web = f'{{"metrics_port": {PORT}}}'
    yield from served_home(founded_home, tmp_path_factory.mktemp("metrics"), lambda _: None, XMH_WEB=web)


def figures() -> dict[str, float]:
    """Each figure by its name, with its labels' values."""
    text = httpx.get(f"http://127.0.0.1:{PORT}/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([s.name, *(v for k, v in s.labels.items() if k != "le")]): s.value for s in samples}


def test_it_moves_with_what_happens(watched: Served) -> None:
    office = watched.client("office")
    before = figures()
    assert (before["xmh_web_log_up"], before["xmh_web_live_streams"], before["xmh_web_position_lag"]) == (1, 0, 0)
    assert office.get("/api/v1/matters").status_code == 200
    assert office.get("/api/v1/matters/XMH-2022-404").status_code == 404
    assert office.head("/api/v1/today").status_code == 200
    watched.client().post("/sign-in", data={"name": "li", "password": "Wrong-word-7", "code": "123456"}, headers=HERE)
    after = figures()

    def moved(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert moved("xmh_web_request_seconds_count /api/v1/matters 2xx") == 1
    assert moved("xmh_web_request_seconds_count /api/v1/matters/{no} 4xx") == 1
    assert moved("xmh_web_request_seconds_count /api/v1/today 2xx") == 1, "asked by HEAD"
    assert moved("xmh_web_read_refusals_total") == 1
    assert moved("xmh_web_sign_in_failures_total") == 1
    assert not any("XMH-2022-404" in name for name in after), "a figure for each number would be one for each matter"


def test_a_command_is_counted_by_its_answer(watched: Served) -> None:
    """Nobody runs behind the door of this home, which is said at once."""
    before = figures().get(NO_ANSWER, 0)
    answer = watched.client("office").post("/api/v1/matters", json=OPENING, headers={"Idempotency-Key": "metrics-0002"})
    assert answer.status_code == 503
    assert figures()[NO_ANSWER] - before == 1


def test_what_was_typed_and_left_lying_is_counted_and_a_log_that_is_away_is_said(watched: Served) -> None:
    earlier = datetime.now(UTC) - timedelta(days=2)
    keep_autosave(watched.log, "li", "open:x", {"text": "写了一半"}, 0, earlier)
    assert figures()["xmh_web_autosaves_old"] == 1
    file = watched.home / "events.db"
    away = file.rename(file.with_name("away.db"))
    try:
        assert figures()["xmh_web_log_up"] == 0
    finally:
        away.rename(file)
    assert figures()["xmh_web_log_up"] == 1


def test_the_dashboard_shows_figures_that_exist(watched: Served) -> None:
    watched.client("office").post("/api/v1/matters", json=OPENING, headers={"Idempotency-Key": "metrics-0003"})
    known = {name.split()[0] for name in figures()}
    shown = {name for expr in SHOWN for name in re.findall(r"xmh_web_\w+", expr)}
    assert len(shown) >= 8
    assert shown <= known


def test_it_is_not_where_the_pages_are(watched: Served) -> None:
    assert watched.client().get("/metrics").status_code == 404
    assert httpx.get(f"http://127.0.0.1:{PORT}/").status_code == 404
