"""`simulate_year`: from two sheets and a scenario to a log of a whole year."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import uuid4

from temporalio.testing import WorkflowEnvironment

from domain.base import Refusal
from domain.calendar import at_office
from domain.commands import OpenMatter
from domain.envelope import SYSTEM, Actor, Algorithm
from domain.facts import Attachment
from domain.founding import FIRST, Headquarters
from domain.ids import OfficeStream
from domain.meetings.meeting import Meeting
from domain.meetings.series import SeriesRecorded, spoken_rule
from domain.office import PersonRecorded, UnitRecorded
from domain.rules.context import DecisionContext
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from intake.bulletins import read_bulletins
from intake.directory import read_directory
from intake.meetings import read_meetings
from intake.opening import Opening, openings
from intake.sheets import CellFault
from intake.task_list import TaskList, read_task_list
from services.extras import Extra, need_program
from services.gateway import Gateway
from services.issuing.register import register_issues
from services.meetings_elsewhere import record_meeting
from services.office_records import record_office_events
from services.running import running_worker
from services.temporal_client import converter_of, silent_runtime
from settings import Settings
from simulation.above import CityAbove, new_log, settings_of_year
from simulation.clock import SimulatedClock
from simulation.commands import Cast
from simulation.ordinary import first_day, ordinary_year
from simulation.scenario import PlannedBriefing, PlannedCircular, PlannedPaper, Scenario, read_scenario
from simulation.year import RefusedCommand, SimulatedYear

TASK_LIST, DIRECTORY, SCENARIO = "任务清单.xlsx", "通讯录.xlsx", "scenario.toml"
MEETINGS, BULLETINS = "会议台账.csv", "简报台账.csv"
COLLECT = (20_000, 20, 100)
"""How many values are made before cycles are looked for, among new ones and older ones."""
OFFICE = Actor(id="office", role=Role.OFFICE, unit="office")


@dataclass
class Played:
    """What the year left behind."""

    database: Database
    refused: list[RefusedCommand] = field(default_factory=list)
    briefings: list[tuple[str, str]] = field(default_factory=list)
    """(number, file) of each issue."""


class YearHome(NamedTuple):
    """Where a year is played."""

    settings: Settings
    """Of the fresh home."""
    database: Database
    start: datetime
    """When the year begins there."""
    above: CityAbove | None
    """The log of the city above, when the scenario has one."""


class Prints(Protocol):
    """Whatever prints what the year issues and files; see `simulation.printing.Printer`."""

    def briefing(self, database: Database, planned: PlannedBriefing, now: datetime) -> tuple[str, str]:
        """Issue a 简报 or 动态: its number, and its file."""

    def minutes(self, database: Database, meeting: Meeting, actor: Actor, now: datetime) -> None:
        """File signed minutes."""

    def keep(self, name: str, text: str) -> Attachment:
        """Keep a file somebody hands in."""

    def paper(self, database: Database, stream: str | None, planned: PlannedPaper, now: datetime) -> None:
        """Issue a paper on a matter, or on what called for one last."""

    def circular(self, database: Database, planned: PlannedCircular, now: datetime) -> None:
        """Issue the 通报 of a period."""


async def simulate_year(  # noqa: PLR0913  (what a year is made of)
    plan: Path,
    home: Path,
    year: int,
    *,
    seed: int | None = None,
    algorithm: Algorithm = "sha256",
    prints: Prints,
    progress: Callable[[date], None] = lambda _: None,
    headquarters: Headquarters = FIRST,
) -> Played:
    """Simulate a year of the office: from two sheets into a fresh log in `home`, as the folder's scenario tells it.

    Without a scenario it is an ordinary year, drawn from the seed (the year's number unless given). Another
    `headquarters` than the first has its log within `home`.

    Raises:
        Refusal: the folder lacks a sheet, or a sheet has faults; nothing is played.
    """
    scenario_told = _told(plan, year, seed)
    settings = settings_of_year(home, headquarters.code)
    check_fresh(settings.home)
    start = at_office(scenario_told.year.opens if scenario_told else first_day(year), time(9, 0))
    database = new_log(settings, headquarters, start, algorithm)
    cast, listed, ready = _cast_and_openings(database, plan, start)
    _somebody_acts(cast, ready)
    numbered = numbers(ready)
    calendar = reading.rulebook(database).calendar
    scenario = scenario_told or ordinary_year(year, year if seed is None else seed, cast, numbered, calendar)
    _register(database, plan, scenario, start)
    place = YearHome(settings, database, start, _city_above(settings, scenario, start, algorithm))
    with collecting_seldom():
        return await _play(place, scenario, cast, numbered, listed=listed, prints=prints, progress=progress)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """A year leaves many values that stay and few cycles: looking through them all cost a tenth of its time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _play(
    place: YearHome,
    scenario: Scenario,
    cast: Cast,
    numbered: dict[int, Opening],
    *,
    listed: TaskList,
    prints: Prints,
    progress: Callable[[date], None],
) -> Played:
    """Play a scenario on a server whose time is skipped."""
    database, door = place.database, place.settings.door
    java = str(need_program(Extra.SIMULATE))
    server = await WorkflowEnvironment.start_time_skipping(
        data_converter=converter_of(place.settings), test_server_existing_path=java, runtime=silent_runtime()
    )
    async with server as environment:
        shift = place.start - await environment.get_current_time() - timedelta(minutes=1)
        queue = f"simulate-{uuid4().hex[:8]}"
        gateway = Gateway(environment.client, database, queue, door, clock_shift=shift)
        worker = running_worker(
            environment.client,
            database,
            task_queue=queue,
            door=door,
            simulated=True,
            sandboxed=False,
            clock_shift=shift,
        )
        async with worker:
            player = SimulatedYear(
                scenario=scenario,
                cast=cast,
                openings=numbered,
                gateway=gateway,
                database=database,
                clock=SimulatedClock(environment, database, gateway),
                prints=prints,
                listed=listed,
                above=place.above,
                progress=progress,
            )
            await player.play()
    return Played(database, player.refused, player.briefings)


def _told(plan: Path, year: int, seed: int | None) -> Scenario | None:
    """The scenario of the folder, when there is one."""
    if not (plan / SCENARIO).exists():
        return None
    scenario = read_scenario(plan / SCENARIO)
    if scenario.year.year != year:
        raise Refusal(f"{plan / SCENARIO} 写的是{scenario.year.year}年，不是{year}年", "malformed")
    if seed is None:
        return scenario
    return scenario.model_copy(update={"year": scenario.year.model_copy(update={"seed": seed})})


def numbers(openings: tuple[Opening, ...]) -> dict[int, Opening]:
    """The openings by 序号; by their place in the list where a 序号 is no number or stands twice."""
    written = [int(o.row.no) for o in openings if o.row.no.isdecimal()]
    if len(set(written)) == len(openings):
        return dict(zip(written, openings, strict=True))
    return dict(enumerate(openings, start=1))


def _somebody_acts(cast: Cast, openings: tuple[Opening, ...]) -> None:
    """Every lead has somebody to act for it, and somebody may sign."""
    if not cast.leaders:
        raise Refusal("通讯录里没有领导，不能签发；请在“人员”表补一位", "unsigned")
    for lead in (o.command.lead for o in openings if isinstance(o.command, OpenMatter)):
        if lead is not None and not cast.has_staff(lead.id):
            raise Refusal(f"通讯录里{cast.name(lead.id)}没有联络员，也没有负责人，无人签收和反馈", "malformed")


def check_fresh(home: Path) -> None:
    """Refuse a home that has a log.

    Raises:
        Refusal: `home_in_use`.
    """
    if (home / "events.db").exists():
        raise Refusal(f"{home} 里已有事件日志，请换一个目录（--home）或先移走它", "home_in_use")


def _city_above(settings: Settings, scenario: Scenario, start: datetime, algorithm: Algorithm) -> CityAbove | None:
    """The city's log, founded, when the scenario has a city."""
    for one in scenario.headquarters:
        if one.city:
            city = Headquarters(code=one.code, name=one.name, city=True)
            new_log(settings_of_year(settings.installation, one.code), city, start, algorithm).close()
            return CityAbove(settings, one.code, algorithm)
    return None


def _cast_and_openings(database: Database, plan: Path, start: datetime) -> tuple[Cast, TaskList, tuple[Opening, ...]]:
    """Record the directory and judge the task list, as `org import` and `plan import` do."""
    sheets = read_directory(plan / DIRECTORY, known=reading.units(database))
    _no_faults(sheets.faults)
    events = [
        *(UnitRecorded(unit=u.unit) for u in sheets.units),
        *(PersonRecorded(person=p.person) for p in sheets.people),
    ]
    record_office_events(
        database, database.own(OfficeStream.DIRECTORY), events, actor=SYSTEM, command_id="simulate:directory", now=start
    )
    units, people = reading.units(database), reading.people(database)
    context = DecisionContext(rulebook=reading.rulebook(database), now=start, actor=OFFICE)
    listed = read_task_list(plan / TASK_LIST)
    judged = openings(listed, units, people, context)
    _no_faults(judged.faults)
    return Cast(units, people), listed, judged.ready


def _register(database: Database, plan: Path, scenario: Scenario, start: datetime) -> None:
    """The registers of the year before, and the rules the meetings follow, as the commands record them."""
    if scenario.ledger:
        folder = plan / scenario.ledger
        meetings = read_meetings(folder / MEETINGS, reading.series_book(database).series)
        bulletins = read_bulletins(folder / BULLETINS)
        _no_faults((*meetings.faults, *bulletins.faults))
        for command in meetings.commands:
            record_meeting(database, command, OFFICE, start)
        register_issues(database, bulletins.rows, OFFICE, start)
    book = reading.series_book(database)
    for rule in scenario.rule:
        change = {"rule": spoken_rule(rule.rule), "chair": rule.chair, "place": rule.place}
        entry = book.find(rule.series)[0].model_copy(update=change)
        command_id, stream = f"simulate:series:{entry.id}", database.own(OfficeStream.SERIES)
        record_office_events(
            database,
            stream,
            [SeriesRecorded(entry=entry)],
            actor=OFFICE,
            command_id=command_id,
            now=start,
        )


def _no_faults(faults: tuple[CellFault, ...]) -> None:
    if faults:
        more = f"（共{len(faults)}处）" if len(faults) > 1 else ""
        raise Refusal(f"{faults[0].line}{more}", "malformed")
