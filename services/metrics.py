"""What a worker tells whoever watches it: `xmh_*`, in the form Prometheus reads.

Counters are counted here as things happen; everything else is asked of the log and of the last sweep when somebody
looks, so that a figure is never older than the look. Which figure is bad, and what then to do, say
`deploy/prometheus/alerts.yml` and the pages it links.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.calendar import local_date
from domain.deadlines import owed
from domain.ids import OfficeStream
from domain.matter import Matter
from domain.operations import Operations
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.notices import oldest_waiting, untold_count
from services.order_refusals import OrderRefusals
from services.sweep import Sweep

LATE = timedelta(minutes=5)
"""What the clock owes is done within seconds; so much later something holds it up."""
LATE_EVERY = 300.0
"""Seconds for which the count of late deadlines holds: it reads every open matter."""


class WorkerMetrics:
    """The figures of one worker."""

    def __init__(
        self, database: Database, sweep: Sweep, refusals: OrderRefusals, *, drained: float | None = None
    ) -> None:
        """Of its log, its sweeps, what it refused as nobody's, and how many seconds the one before took to stop."""
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "xmh_appends", "What the log answered to this worker.", ["answer"], registry=self._registry
        )
        self._registry.register(_LogFigures(database))
        self._registry.register(_SweepFigures(sweep))
        forged = Gauge("xmh_forged_orders", "Orders past all entrances this worker refused.", registry=self._registry)
        forged.set_function(lambda: refusals.total)
        if drained is not None:
            help_text = "How long the last worker of this home took to stop; infinite when it was killed amid it."
            Gauge("xmh_last_drain_seconds", help_text, registry=self._registry).set(drained)

    def answered(self, answer: str) -> None:
        """Count one answer of the log: appended, behind, already, ahead, refused or failed."""
        self._answers.labels(answer).inc()

    def exposition(self) -> bytes:
        """All figures as text."""
        return generate_latest(self._registry)


class _SweepFigures(Collector):
    """What the last look at every matter found."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def collect(self) -> Iterator[Metric]:
        looked, report = self._sweep.looked_at, self._sweep.found
        yield _gauge(
            "xmh_sweep_age_seconds",
            "Since every matter was last looked at; -1 before the first look.",
            -1 if looked is None else (datetime.now(UTC) - looked).total_seconds(),
        )
        yield _gauge("xmh_log_restored", "How often this worker met a log that had gone back.", self._sweep.restored)
        yield _gauge("xmh_healed_matters", "Matters this worker brought to the log.", self._sweep.healed)
        if report is None:
            return
        yield _gauge("xmh_open_matters", "Matters and meetings that live, by the log.", report.open)
        gaps = GaugeMetricFamily("xmh_matters_off", "Matters not where the log is, at the last look.", labels=["how"])
        for how in ("missing", "foreign", "behind", "silent", "ahead", "refused", "stray"):
            gaps.add_metric([how], len(getattr(report, how)))
        yield gaps


class _LogFigures(Collector):
    """What the log says of itself at this moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._late = 0
        self._counted_at = -LATE_EVERY

    def collect(self) -> Iterator[Metric]:
        try:
            figures = [*self._of_events(), *self._of_notices(), *self._of_keeping(), self._of_clock()]
        except LogError:
            yield _gauge("xmh_log_up", "Whether the log answers.", 0)
            return
        yield _gauge("xmh_log_up", "Whether the log answers.", 1)
        yield from figures

    def _of_events(self) -> Iterator[Metric]:
        position, _ = reading.newest_event(self._database)
        yield _gauge("xmh_log_position", "The newest event.", position)
        calendar, today = reading.rulebook(self._database).calendar, local_date(datetime.now(UTC))
        published = next((days for days in range(366) if calendar.is_provisional(today + timedelta(days))), 366)
        yield _gauge("xmh_calendar_days_published", "Days from now with a published calendar.", published)

    def _of_notices(self) -> Iterator[Metric]:
        yield _gauge("xmh_events_untold", "Events of which no notice was made yet.", untold_count(self._database))
        waiting = GaugeMetricFamily(
            "xmh_notice_waiting_seconds", "How long the oldest notice due waits, by channel.", labels=["channel"]
        )
        for channel, since in oldest_waiting(self._database, datetime.now(UTC)).items():
            waiting.add_metric([channel], (datetime.now(UTC) - since).total_seconds())
        yield waiting

    def _of_keeping(self) -> Iterator[Metric]:
        loaded = reading.load(self._database, self._database.own(OfficeStream.OPERATIONS))
        kept = loaded.state if loaded and isinstance(loaded.state, Operations) else Operations()
        for what, of, at in (
            ("backup", "backup", kept.backed_up_at),
            ("drill", "backup that could be had back, by trial,", kept.tried_at),
            ("checkpoint", "checkpoint", kept.checkpoint_at),
        ):
            help_text = f"Since the last {of} on record; -1 when there is none."
            age = -1 if at is None else (datetime.now(UTC) - at).total_seconds()
            yield _gauge(f"xmh_{what}_age_seconds", help_text, age)
        lacking = kept.backup.lacking if kept.backup else 0
        yield _gauge("xmh_backup_lacking_files", "Files the log names that the last backup has not.", lacking)

    def _of_clock(self) -> Metric:
        if time.monotonic() - self._counted_at >= LATE_EVERY:
            rulebook, now = reading.rulebook(self._database), datetime.now(UTC)
            matters = [s.state for s in reading.open_states(self._database, "matter") if isinstance(s.state, Matter)]
            self._late = sum(any(now - d.at > LATE for d in owed(m, rulebook, now)) for m in matters)
            self._counted_at = time.monotonic()
        return _gauge("xmh_matters_late", "Matters whose clock owes something for more than five minutes.", self._late)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
