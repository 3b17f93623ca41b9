"""The main job, shortened to a winter: the same seed gives the same log, and the log is whole."""

import hashlib
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from documents.checking.report import check_layout
from documents.filing.rebuilding import ReprintVerdict, rebuild_issues
from documents.formats.press import Press
from documents.ledger import read_ledger
from domain.calendar import at_office, local_date
from domain.commands import SubmitFeedback
from domain.envelope import Actor, Recorded
from domain.facts import Attachment, PointReport, is_sealed
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.terms import Role, Stage
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.issuing.catalogue import all_filed
from simulation.leaving import print_year_end
from simulation.printing import Printer
from simulation.run import Played, simulate_year
from simulation.scenario import PlannedBriefing, PlannedCircular, PlannedPaper
from tests.simulation.figures import embarrassing, fridays_that_disagree
from tests.simulation.fridays import KeptFridays, Rows, fridays_not_replayed, fridays_seen_otherwise
from tests.support.history import act
from views.viewer import actor_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "xiangmihu-2022"
DRAWN_AT_SEND = ("event_id", "hash", "previous_hash", "position")
"""Ids, hashes (they cover ids and times) and the order in which matters of one instant reached the log."""
# A leader's words differ too: each home seals them under a key of its own.
TIMES = ("recorded_at", "occurred_at")
"""Equal to the minute only: the simulated clock stands while people act, but real milliseconds pass."""

PRINTED = ("bulletin/", "paper/", "minutes/")
"""Streams of what is issued and filed."""
PLAYED = {
    *("CardIssued", "StageReviewed", "LeadersSet", "FollowBegun", "UnitReminded", "DutyReassigned", "MatterMerged"),
    *("NoticeAnswered", "MaterialHandedIn", "SatisfactionGiven", "PeriodEnded", "ReportReturned", "MatterListed"),
    *("RectificationEscalated", "InstructionExtended", "ClosureMarked", "MatterInspected", "PredecessorSet"),
}
"""Some of what an office does in a year, as events; more is in `examples/xiangmihu-2022/scenario.toml`."""
KINDS = {"简报", "动态", "会议纪要", "督办公文", "年度统计", "单位情况", "周调度"}


def winter(folder: Path, ends: date = date(2022, 2, 18)) -> Path:
    """The example, ending early."""
    if not folder.exists():
        folder.mkdir()
        for sheet in EXAMPLE.glob("*.xlsx"):
            (folder / sheet.name).write_bytes(sheet.read_bytes())
        told = (EXAMPLE / "scenario.toml").read_text(encoding="utf-8")
        changes = {"year.ends = 2022-12-30": f"year.ends = {ends}", '"../': f'"{EXAMPLE.parent}/'}
        for before, after in changes.items():
            assert before in told
            told = told.replace(before, after)
        (folder / "scenario.toml").write_text(told, encoding="utf-8")
    return folder


@dataclass
class Unprinted:
    """An office without a printer: it only notes what it would have filed."""

    filed: list[str] = field(default_factory=list)

    def briefing(self, database: Database, planned: PlannedBriefing, now: datetime) -> tuple[str, str]:
        del database, now
        return str(planned.on), ""

    def minutes(self, database: Database, meeting: Meeting, actor: Actor, now: datetime) -> None:
        del database, actor, now
        assert meeting.minutes is not None
        self.filed.append(meeting.minutes.no)

    def keep(self, name: str, text: str) -> Attachment:
        return Attachment(name=name, sha256=hashlib.sha256(text.encode()).hexdigest(), size=len(text.encode()))

    def paper(self, database: Database, stream: str | None, planned: PlannedPaper, now: datetime) -> None:
        """No paper."""

    def circular(self, database: Database, planned: PlannedCircular, now: datetime) -> None:
        """No circular."""


async def played(folder: Path, seed: int, prints: Unprinted) -> Played:
    return await simulate_year(folder, folder / "home", 2022, seed=seed, prints=prints)


ENDS = date(2022, 2, 18)


async def printed_year(folder: Path) -> tuple[Path, Played, KeptFridays]:
    """A winter with everything printed that it leaves, and what its list said on its Fridays."""
    home, press = folder / "home", Press()
    year = winter(folder / "winter")
    fridays = KeptFridays(home)
    done = await simulate_year(year, home, 2022, seed=7, prints=Printer(home, press), progress=fridays)
    print_year_end(done.database, home, at_office(ENDS, time(18, 0)), press)
    return home, done, fridays


def told(log: Database) -> dict[str, list[dict[str, Any]]]:
    """Every stream's events without the fields that two equal runs draw anew."""
    streams: dict[str, list[dict[str, Any]]] = {}
    position = 0
    while page := reading.read_all(log, position):
        position = page[-1].position
        for event in page:
            streams.setdefault(event.stream, []).append(_plain(event))
    return {stream: _in_order(stream, events) for stream, events in streams.items()}


def _in_order(stream: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outcomes of one meeting set out together and arrive in any order: theirs is told by the number of the point."""
    if not stream.startswith("meeting/"):
        return events
    places = [i for i, event in enumerate(events) if event["type"] == "OutcomeDelivered"]
    by_point = sorted((events[i] for i in places), key=lambda event: event["payload"]["point"])
    for place, event in zip(places, by_point, strict=True):
        events[place] = {**event, "version": events[place]["version"]}
    return events


def _plain(event: Recorded) -> dict[str, Any]:
    fields = event.model_dump(exclude=set(DRAWN_AT_SEND))
    for name in TIMES:
        fields[name] = fields[name].replace(second=0, microsecond=0)
    payload = {k: "sealed" if is_sealed(str(v)) else v for k, v in json.loads(event.payload).items()}
    payload.pop("position", None)  # up to which event an agenda was assembled: drawn like the event's own
    if event.type == "UrgeIssued":
        payload.pop("no")  # matters urged at the same minute race for the next number; it is gapless, not ordered
    # A command of the clock names the rulebook position it stood on.
    fields["command_id"] = fields["command_id"].partition("+")[0]
    return {**fields, "payload": payload}


async def _the_same_seed_gives_the_same_year_and_another_seed_another(tmp_path: Path, first: Played) -> None:
    """The one with everything printed, the other, which ends earlier, with nothing: printing changes nothing else."""
    prints = Unprinted()
    second = await played(winter(tmp_path / "same", date(2022, 1, 28)), 7, prints)
    other = await played(winter(tmp_path / "other", date(2022, 1, 17)), 8, Unprinted())
    one, same, another = told(first.database), told(second.database), told(other.database)
    played_out = [stream for stream in same if not stream.startswith(PRINTED)]
    for stream in played_out:
        assert one[stream][: len(same[stream])] == same[stream], stream
    assert another.keys() <= same.keys()
    assert any(
        events != same[stream][: len(events)] for stream, events in another.items() if stream.startswith("matter/")
    )
    assert first.refused == second.refused == other.refused == []
    report = verify(first.database)
    assert report.ok, report.problems[:3]
    types = Counter(e["type"] for events in one.values() for e in events)
    assert types["MatterOpened"] == 46, "those of the list"
    for kind in ("FeedbackSubmitted", "FeedbackMissed", "UrgeIssued", "MeetingClosed"):
        assert types[kind] > 0, kind
    assert sum(len(events) for events in same.values()) > 300
    signed = sum(e["type"] == "MinutesIssued" for events in same.values() for e in events)
    assert prints.filed == [f"香指纪〔2022〕{n}号" for n in range(1, signed + 1)]


@pytest.mark.chaos
@pytest.mark.timeout(900)
async def test_the_whole_year_holds_what_the_winter_does(tmp_path: Path) -> None:
    """Some minutes: the year of `make demo`, without its papers."""
    year = winter(tmp_path / "year", date(2022, 12, 30))
    fridays = KeptFridays(tmp_path / "home")
    done = await simulate_year(year, tmp_path / "home", 2022, seed=2022, prints=Unprinted(), progress=fridays)
    assert done.refused == []
    assert embarrassing(done.database) == []
    assert {event["type"] for events in told(done.database).values() for event in events} >= PLAYED
    assert fridays_that_disagree(done.database, date(2022, 1, 14), date(2022, 12, 30)) == []
    assert len(fridays.kept) >= 49
    assert fridays_not_replayed(done.database, fridays.kept) == {}
    assert fridays_seen_otherwise(done.database, set(fridays.kept)) == {}


@pytest.mark.slow
@pytest.mark.timeout(500)
async def test_a_printed_winter_is_its_seeds_agrees_with_itself_and_is_laid_out_and_rebuilt(tmp_path: Path) -> None:
    """One test, because playing and printing takes most of a minute: what must hold of it is said by the functions."""
    home, done, fridays = await printed_year(tmp_path)
    assert done.refused == []
    await _the_same_seed_gives_the_same_year_and_another_seed_another(tmp_path, done)
    assert fridays_that_disagree(done.database, date(2022, 1, 14), ENDS) == []
    assert embarrassing(done.database) == []
    _replayed(done.database, fridays.kept)
    _laid_out_and_rebuilt(home, done)


def _replayed(log: Database, kept: dict[date, Rows]) -> None:
    """Each Friday is what it was, on both axes; a report of a day before is known from when it was recorded on."""
    assert list(kept) == [date(2022, 1, 14) + timedelta(days=7 * n) for n in range(5)]
    assert min(len(rows) for rows in kept.values()) > 40
    assert fridays_not_replayed(log, kept) == {}
    assert fridays_seen_otherwise(log, set(kept)) == {}
    late = _reported_late(log, date(2022, 1, 25))
    assert fridays_not_replayed(log, kept) == {}, "what was known is what it was"
    assert fridays_seen_otherwise(log, set(kept)) == {day: {late} for day in kept if day >= date(2022, 1, 28)}


def _reported_late(log: Database, day: date) -> str:
    """Report, as the year ends, what was achieved on an earlier day; the matter's number."""
    liaisons = {p.unit: p for p in reading.people(log) if p.role is Role.LIAISON}
    stream, matter = next(
        (one.stream, one.state)
        for one in reading.matter_states(log)
        if isinstance(one.state, Matter) and one.state.stage is Stage.IN_PROGRESS and one.state.lead is not None
        if one.state.lead in liaisons
    )
    assert matter.lead is not None
    points = tuple(PointReport(no=p.no, progress=min(p.progress + 7, 99)) for p in matter.points if p.open)[:1]
    progress, happened = min(matter.progress + 7, 99), at_office(day, time(10, 0))
    report = SubmitFeedback(text="完成管线探测三公里", progress=progress, points=points, occurred_at=happened)
    act(log, stream, report, actor_of(liaisons[matter.lead]), at_office(ENDS, time(19, 0)))
    return matter.number


def _laid_out_and_rebuilt(home: Path, done: Played) -> None:
    """Every paper keeps to the standard and is printed again byte for byte; a changed event is named."""
    press = Press()
    printed = [p for p in (home / "documents").rglob("*.*") if p.suffix in (".pdf", ".docx")]
    laid_out = [p for p in printed if p.parent.name != "一览表" and p.parent.parent.name != "模板"]
    assert {p.parent.name for p in laid_out} >= KINDS
    assert [p.name for p in laid_out if not check_layout(p).ok] == []

    held = [m for m in read_ledger(done.database, datetime.now(UTC)).meetings if m.series == "weekly" and m.opened_at]
    weeks = {f"{year}-W{week:02d}" for year, week, _ in (local_date(m.starts).isocalendar() for m in held)}
    packs = {p.stem for p in (home / "documents/周调度").glob("*.md")}
    assert packs == {week for week in weeks if week.startswith("2022-")}
    assert len(packs) > 3
    assert len([p for p in printed if p.parent.name == "周调度"]) == 2

    every = all_filed(done.database, home)
    assert {type(f.event).__name__ for f in every} == {"BulletinIssued", "PaperIssued", "MinutesFiled"}
    for found in rebuild_issues(done.database, every, press):
        assert found.ok, found.differences
        assert {f.verdict for f in found.files} == {ReprintVerdict.IDENTICAL}

    altered = _with_another_title(home)
    changed = [found for found in rebuild_issues(altered, all_filed(altered, home), press) if not found.ok]
    assert {found.number for found in changed} >= {"简报-2022-01"}
    assert all(any("事件日志" in line for line in found.differences) for found in changed)
    assert any("另一个名称" in line for found in changed for line in found.differences)


def _with_another_title(home: Path) -> Database:
    """What somebody does who owns the database: one matter was always called otherwise."""
    with sqlite3.connect(home / "events.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        wanted = "SELECT min(position) FROM events WHERE type = 'MatterClosed'"
        stream = f"SELECT stream FROM events WHERE position = ({wanted})"
        (position, payload), *_ = database.execute(
            f"SELECT position, payload FROM events WHERE type = 'MatterOpened' AND stream = ({stream})"
        ).fetchall()
        told = json.loads(payload) | {"title": "另一个名称"}
        database.execute(
            "UPDATE events SET payload = ? WHERE position = ?", (json.dumps(told, ensure_ascii=False), position)
        )
    return Database(f"sqlite:///{home / 'events.db'}")
