"""What a worker says of itself: every alert can be raised and cleared, has its page, and names figures that exist."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain import commands as c
from domain.access.terms import OrderFault
from domain.calendar import local_date
from domain.envelope import SYSTEM
from domain.ids import OfficeStream
from domain.office import DayOverridden
from domain.operations import BackupTaken, BackupTried
from eventlog.database import Database
from eventlog.notices import keep_notices, untold_events
from services.draining import Drain, last_drain
from services.gateway import Gateway
from services.healing import Recovery
from services.metrics import WorkerMetrics
from services.office_records import record_office_events
from services.order_refusals import OrderRefusals
from services.sweep import Sweep
from tests.support.alerts import BY_NAME, RULES, Figure, figures_in, is_raised
from tests.support.history import act
from tests.support.office import DOOR, OFFICE, founded, opening, sqlite

ROOT = Path(__file__).parents[2]
NOT_OURS = {"XmhWorkerDown", "XmhWebDown"}
"""Prometheus itself says that nobody answers."""
ONLY_AT_TIMES = {"xmh_notice_waiting_seconds", "xmh_last_drain_seconds"}
"""Figures of what need not be: a notice that waits, a worker of before."""


class Watched:
    """A log with its worker's figures, and a sweep that has found whatever the test says."""

    def __init__(self, log: Database, path: Path) -> None:
        self.log, self.path = log, path
        nobody: Any = None  # no figure asks Temporal
        self.sweep = Sweep(Gateway(nobody, log, "xmh", DOOR), lambda: path.parent)
        self.sweep.looked_at, self.sweep.found = datetime.now(UTC), Recovery(open=0)
        self.begin_again()

    def begin_again(self) -> None:
        """A worker starts: its counters stand at nothing."""
        self.refusals = OrderRefusals(self.log)
        home = self.path.parent
        self.metrics = WorkerMetrics(self.log, self.sweep, self.refusals, drained=last_drain(home))

    def figures(self) -> list[Figure]:
        return figures_in(self.metrics.exposition().decode())

    def raised(self, alert: str) -> bool:
        """What Prometheus would make of the rule at this moment."""
        return is_raised(alert, self.figures())

    def tell(self) -> None:
        """All events are told."""
        keep_notices(self.log, untold_events(self.log, 0, 1000), [], datetime.now(UTC))

    def back_up(self, lacking: int = 0) -> None:
        """On record."""
        taken = BackupTaken(file="a.zip", position=1, hash="h", sha256="0" * 64, size=1, lacking=lacking)
        self.record(OfficeStream.OPERATIONS, taken)
        self.tell()

    def record(self, kind: OfficeStream, event: Any) -> None:
        now = datetime.now(UTC)
        record_office_events(self.log, self.log.own(kind), [event], actor=SYSTEM, command_id=f"test:{now}", now=now)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Nothing is wrong with it but what a test does; it was never backed up."""
    with founded(sqlite(tmp_path)) as log:
        made = Watched(log, tmp_path / "events.db")
        made.tell()
        yield made


def _lost(watched: Watched) -> None:
    watched.log.close()
    watched.path.rename(watched.path.with_name("away"))


def _found(watched: Watched) -> None:
    watched.path.with_name("away").rename(watched.path)


def _swept(found: Recovery, seconds: int = 0) -> Callable[[Watched], None]:
    def set_to(watched: Watched) -> None:
        watched.sweep.found, watched.sweep.looked_at = found, datetime.now(UTC) - timedelta(seconds=seconds)

    return set_to


def _restored(times: int) -> Callable[[Watched], None]:
    return lambda watched: setattr(watched.sweep, "restored", times)


def _overdue(watched: Watched) -> None:
    """Its receipt was due long ago, and nobody acts for the clock here."""
    act(
        watched.log,
        "matter/late",
        opening(due=local_date(datetime.now(UTC))),
        OFFICE,
        datetime.now(UTC) - timedelta(days=30),
    )
    watched.begin_again()


def _cancelled(watched: Watched) -> None:
    act(watched.log, "matter/late", c.CancelMatter(reason="另行安排"), OFFICE, datetime.now(UTC))
    watched.begin_again()


def _day_off(watched: Watched) -> None:
    watched.record(OfficeStream.CALENDAR, DayOverridden(day=datetime.now(UTC).date(), workday=False, reason="台风"))


def _stopped(*, killed: bool) -> Callable[[Watched], None]:
    """The worker of before stopped, whole or amid its drain, and the next one begins."""

    def stop(watched: Watched) -> None:
        drain = Drain(watched.path.parent)
        drain.begin()
        if not killed:
            drain.end()
        watched.begin_again()

    return stop


LEVEL = Recovery(open=1)
TROUBLES: dict[str, tuple[Callable[[Watched], None], Callable[[Watched], None]]] = {
    "XmhLogDown": (_lost, _found),
    "XmhAppendsFail": (lambda w: w.metrics.answered("failed"), Watched.begin_again),
    "XmhNoSweep": (_swept(LEVEL, 400), _swept(LEVEL)),
    "XmhLogRestored": (_restored(1), _restored(0)),
    "XmhMattersOff": (_swept(Recovery(open=1, silent=("matter/a",))), _swept(LEVEL)),
    "XmhClockRefused": (_swept(Recovery(open=1, refused=("matter/a",))), _swept(LEVEL)),
    "XmhMattersLate": (_overdue, _cancelled),
    "XmhForgedOrders": (
        lambda w: w.refusals.note(OrderFault.PAST_THE_DOOR, "matter/a", "leader"),
        Watched.begin_again,
    ),
    "XmhEventsUntold": (_day_off, Watched.tell),
    "XmhBackupLacks": (lambda w: w.back_up(lacking=2), Watched.back_up),
    "XmhDrainCut": (_stopped(killed=True), _stopped(killed=False)),
}
"""Alert → what raises it, and what clears it."""


@pytest.mark.parametrize("alert", TROUBLES)
def test_an_alert_is_raised_by_its_trouble_and_cleared_with_it(watched: Watched, alert: str) -> None:
    raising, clearing = TROUBLES[alert]
    assert not watched.raised(alert)
    raising(watched)
    assert watched.raised(alert)
    clearing(watched)
    assert not watched.raised(alert)


def test_a_log_never_backed_up_is_said_until_it_is(watched: Watched) -> None:
    assert watched.raised("XmhBackupOld")
    watched.back_up()
    assert not watched.raised("XmhBackupOld")


def test_a_backup_nobody_could_have_back_is_said_until_one_is_had_back_whole(watched: Watched) -> None:
    def drilled(locked: int) -> None:
        moment = datetime.now(UTC)
        tried = BackupTried(file="a.zip", taken_at=moment, position=1, sha256="0" * 64, seconds=3, locked=locked)
        watched.record(OfficeStream.OPERATIONS, tried)

    assert watched.raised("XmhDrillOld")
    drilled(locked=1)
    assert watched.raised("XmhDrillOld")
    drilled(locked=0)
    assert not watched.raised("XmhDrillOld")


def test_a_worker_tells_how_long_the_one_before_took_to_stop(watched: Watched) -> None:
    assert "xmh_last_drain_seconds" not in {name for name, _, _ in watched.figures()}
    drain = Drain(watched.path.parent)
    drain.begin()
    time.sleep(0.2)
    drain.end()
    watched.begin_again()
    (seconds,) = [value for name, _, value in watched.figures() if name == "xmh_last_drain_seconds"]
    assert 0.2 <= seconds < 30


def test_every_alert_names_figures_that_exist_and_has_its_page(watched: Watched) -> None:
    watched.metrics.answered("failed")
    of_web = {"xmh_web_commands_total"}  # held by tests/web/test_metrics.py
    known = {name for name, _, _ in watched.figures()} | ONLY_AT_TIMES | of_web
    page = (ROOT / "docs/运维告警.md").read_text(encoding="utf-8")
    assert {line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")} == set(BY_NAME)
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/运维告警.md#{rule['alert'].lower()}"
        if rule["alert"] not in NOT_OURS:
            assert set(re.findall(r"xmh_\w+", rule["expr"])) <= known, rule["alert"]


DASHBOARD = json.loads((ROOT / "deploy/grafana/xmh.json").read_text(encoding="utf-8"))
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_the_dashboard_shows_figures_that_exist_each_once_and_all_that_alert(watched: Watched) -> None:
    watched.metrics.answered("failed")
    known = {name for name, _, _ in watched.figures()} | ONLY_AT_TIMES
    shown = {name for expr in SHOWN for name in re.findall(r"xmh_\w+", expr)}
    assert {name for name in shown if not name.startswith("xmh_web_")} <= known
    assert {name for rule in RULES for name in re.findall(r"xmh_\w+", rule["expr"])} <= shown
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in DASHBOARD["panels"]]
    assert len(set(places)) == len(places) == len({p["id"] for p in DASHBOARD["panels"]})
