"""The example year: its files are read without a fault, and its scenario holds together."""

import runpy
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from domain.calendar import WorkCalendar
from domain.log import Rulebook
from domain.office import Person, Unit
from domain.terms import Rhythm, Role, Stage, Supervision
from intake.directory import DirectorySheets, UnitIndex, read_directory
from intake.task_list import TaskList, read_task_list
from services.calendar_seed import seed_years
from tests.intake.office_year import COMMANDS, MatterYear, happens_to, monthly_meetings

FOLDER = Path(__file__).parents[2] / "examples" / "xiangmihu-2022"
CALENDAR = WorkCalendar(years=seed_years(2022, 2022))
Entry = dict[str, Any]


@pytest.fixture(scope="module")
def tasks() -> TaskList:
    return read_task_list(FOLDER / "任务清单.xlsx")


@pytest.fixture(scope="module")
def directory() -> DirectorySheets:
    return read_directory(FOLDER / "通讯录.xlsx")


@pytest.fixture(scope="module")
def people(directory: DirectorySheets) -> dict[str, Person]:
    return {row.person.id: row.person for row in directory.people}


@pytest.fixture(scope="module")
def index(directory: DirectorySheets) -> UnitIndex:
    return UnitIndex(row.unit for row in directory.units)


@pytest.fixture(scope="module")
def scenario() -> Entry:
    return tomllib.loads((FOLDER / "scenario.toml").read_text(encoding="utf-8"))


def the_unit(index: UnitIndex, name: str) -> Unit:
    (unit,) = index.find(name)
    return unit


# The sheets


def test_both_files_are_read_without_a_fault(tasks: TaskList, directory: DirectorySheets) -> None:
    assert tasks.faults == ()
    assert directory.faults == ()
    assert len(tasks.rows) >= 36
    assert len(directory.units) >= 18


def test_the_committed_sheets_are_those_the_script_writes(
    tasks: TaskList, directory: DirectorySheets, tmp_path: Path
) -> None:
    runpy.run_path(str(FOLDER / "build.py"))["main"](tmp_path)
    assert read_task_list(tmp_path / "任务清单.xlsx") == tasks
    assert read_directory(tmp_path / "通讯录.xlsx") == directory


def test_every_unit_named_in_the_list_is_in_the_directory_once(tasks: TaskList, index: UnitIndex) -> None:
    for row in tasks.rows:
        for name in (*row.assist, *((row.lead,) if row.lead else ())):
            assert len(index.find(name)) == 1, name


def test_only_units_that_may_be_supervised_lead_and_a_few_matters_wait_for_a_lead(
    tasks: TaskList, index: UnitIndex
) -> None:
    leads = [the_unit(index, row.lead) for row in tasks.rows if row.lead]
    assert all(unit.supervision is not Supervision.CONTACT for unit in leads)
    assert 0 < len(tasks.rows) - len(leads) <= 4


def test_every_responsible_person_belongs_to_the_lead_unit(
    tasks: TaskList, index: UnitIndex, people: dict[str, Person]
) -> None:
    for row in tasks.rows:
        if row.lead:
            unit = the_unit(index, row.lead)
            assert [p.unit for p in people.values() if p.name == row.person] == [unit.id]


def test_every_approver_is_a_leader_and_every_matter_has_its_basis(tasks: TaskList, people: dict[str, Person]) -> None:
    leaders = {person.name for person in people.values() if person.role is Role.LEADER}
    assert {row.approver for row in tasks.rows} == leaders
    assert all("〔" in row.basis for row in tasks.rows)


def test_every_limit_is_a_working_day_of_2022(tasks: TaskList) -> None:
    for row in tasks.rows:
        for due in (row.due, *(point.due for point in row.points if point.due)):
            assert due is not None
            assert due.year == 2022
            assert CALENDAR.is_workday(due), (row.no, due)


def test_the_list_spreads_over_the_year_and_over_all_rhythms(tasks: TaskList) -> None:
    assert {row.due.month for row in tasks.rows if row.due} == set(range(2, 13))
    rhythms = Counter(row.rhythm for row in tasks.rows)
    assert set(rhythms) == set(Rhythm) - {Rhythm.PLAN_AND_LAND}
    assert rhythms.most_common(1)[0][0] is Rhythm.WEEKLY
    assert all(1 <= len(row.points) <= 4 for row in tasks.rows)


def test_every_supervised_unit_has_a_liaison_and_a_head(directory: DirectorySheets, people: dict[str, Person]) -> None:
    for unit in (row.unit for row in directory.units):
        if unit.supervision is not Supervision.CONTACT:
            roles = {person.role for person in people.values() if person.unit == unit.id}
            assert roles == {Role.LIAISON, Role.HEAD}, unit.id


def test_the_office_has_people_enough_that_nobody_reviews_his_own_work(people: dict[str, Person]) -> None:
    roles = Counter(person.role for person in people.values())
    assert people["office"].role is Role.OFFICE
    assert (roles[Role.OFFICE], roles[Role.LEADER], roles[Role.AUDITOR]) == (3, 3, 1)


def test_no_telephone_number_is_real(people: dict[str, Person]) -> None:
    assert all(person.phone and person.phone.startswith("0755-0000") for person in people.values())


# The scenario


def dated(scenario: Entry) -> Iterator[Entry]:
    for part in ("incident", "briefing", "override", "delegation"):
        yield from scenario[part]


def test_everything_happens_on_a_working_day_of_2022(scenario: Entry) -> None:
    stopped = {entry["day"] for entry in scenario["override"]}
    for entry in dated(scenario):
        assert scenario["year"]["opens"] <= entry["on"] <= scenario["year"]["ends"]
        assert CALENDAR.is_workday(entry["on"]), entry
        assert entry["on"] not in stopped


def test_every_incident_names_a_known_command_matter_person_and_unit(
    scenario: Entry, tasks: TaskList, people: dict[str, Person], index: UnitIndex
) -> None:
    numbers = {int(row.no) for row in tasks.rows} | {entry["no"] for entry in scenario["open"]}
    for entry in scenario["incident"]:
        assert entry["do"] in COMMANDS
        assert numbers.issuperset(happens_to(entry))
        assert {entry.get("as", "office"), entry.get("by", "office")} <= people.keys()
        assert ("by" in entry) == ("paper" in entry)
        for unit in (*(entry[key] for key in ("lead", "with", "for") if key in entry), *entry.get("assist", ())):
            assert the_unit(index, unit).id == unit
    lists = (scenario["receipt"]["silent"], scenario["closing"]["open_at_year_end"])
    assert {no for named in lists for no in named} <= numbers
    assert {d["matter"] for meeting in scenario["meeting"] for d in meeting["decisions"]} <= numbers


def test_the_punctuality_of_every_leading_unit_adds_up(scenario: Entry, tasks: TaskList, index: UnitIndex) -> None:
    units = {unit["id"]: unit for unit in scenario["unit"]}
    leads = {the_unit(index, row.lead).id for row in tasks.rows if row.lead}
    assigned = {entry["lead"] for entry in scenario["incident"] if entry["do"] == "assign"}
    assert leads | assigned <= units.keys()
    for unit in units.values():
        assert unit["on_time"] + unit["late"] + unit["missed"] == pytest.approx(1)


def test_the_meeting_is_held_on_the_last_working_thursday_of_each_month(
    scenario: Entry, people: dict[str, Person]
) -> None:
    def last_thursday(month: int) -> date:
        days = (date(2022, month, 1) + timedelta(days=n) for n in range(31))
        return [d for d in days if d.month == month and d.weekday() == 3 and CALENDAR.is_workday(d)][-1]

    held = monthly_meetings(scenario, CALENDAR)
    assert [meeting["month"] for meeting in scenario["meeting"] if "convene" not in meeting] == list(held)
    assert [*held.values()] == [last_thursday(month) for month in range(1, 13)]
    assert {people[meeting["by"]].role for meeting in scenario["meeting"]} == {Role.LEADER}


def test_the_briefings_cover_the_year_without_gap_each_signed_by_a_leader(
    scenario: Entry, people: dict[str, Person]
) -> None:
    briefings = [b for b in scenario["briefing"] if "series" not in b]
    assert [b["on"].month for b in briefings] == list(range(1, 13))
    assert {people[b["sign"]].role for b in briefings} == {Role.LEADER}
    assert briefings[0]["from"] == scenario["year"]["opens"]
    for before, after in pairwise(briefings):
        assert after["from"] == before["to"] + timedelta(days=1)


def test_the_rules_accept_every_incident_and_the_year_ends_as_told(
    scenario: Entry, tasks: TaskList, people: dict[str, Person], index: UnitIndex
) -> None:
    rulebook = Rulebook(calendar=CALENDAR)
    stages = {}
    types: Counter[str] = Counter()
    for row in tasks.rows:
        year = MatterYear(row, rulebook, people, lambda name: the_unit(index, name), scenario)
        stages[int(row.no)] = year.play().stage
        types.update(event.type for event in year.recorded)
    still_open = {no for no, stage in stages.items() if stage not in (Stage.CLOSED, Stage.CANCELLED)}
    assert still_open == set(scenario["closing"]["open_at_year_end"])
    assert [no for no, stage in stages.items() if stage is Stage.CANCELLED] == [40]
    assert types["MatterSuspended"] == types["MatterResumed"] == 5
    assert types["ReceiptDeclined"] == 3
    assert types["ClosureReturned"] == 3
    assert types["MatterReopened"] == 1
    listed = {int(row.no) for row in tasks.rows}
    decisions = [d for meeting in scenario["meeting"] for d in meeting["decisions"] if d["matter"] in listed]
    assert types["DecisionRecorded"] == sum(d.get("outcome") != "新立项" for d in decisions) > 20
