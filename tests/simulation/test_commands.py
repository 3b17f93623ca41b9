"""An incident of a scenario is the command the command line would make of it."""

from datetime import date, time
from pathlib import Path

from domain import commands as c
from domain.calendar import at_office
from domain.facts import PartOf
from domain.terms import Duty, Finding, ReturnReason
from intake.directory import read_directory
from simulation.commands import Cast, command_of, open_command
from simulation.scenario import Incident, read_scenario
from tests.support.life import Life
from tests.support.office import OFFICE, opening

EXAMPLE = Path(__file__).parents[2] / "examples" / "xiangmihu-2022"
EXAMPLE_YEAR = read_scenario(EXAMPLE / "scenario.toml")


def test_an_inspection_and_a_returned_report_are_said_in_the_offices_words() -> None:
    cast = Cast((), ())

    def made(do: str, **fields: str) -> c.MatterCommand:
        incident = Incident.model_validate({"on": date(2022, 6, 1), "matter": 1, "do": do, "fields": fields})
        return command_of(incident, cast, str)

    assert made("inspect", text="未动工", finding="不实") == c.InspectMatter(text="未动工", finding=Finding.UNTRUE)
    back = c.AskBack(reason=ReturnReason.SAME, text="写明本周做了什么")
    assert made("ask_back", reason="与上期雷同", text="写明本周做了什么") == back


def test_what_happens_to_many_at_once_happens_to_each() -> None:
    urged = [i.matter for i in EXAMPLE_YEAR.incident if i.do == "remind"]
    assert urged == [16, 17, 24, 33]
    supervisors = [i for i in EXAMPLE_YEAR.incident if i.do == "reassign_duty"]
    life = Life(now=at_office(date(2022, 4, 1), time(9, 0)))
    life.do(opening(), OFFICE)
    command = command_of(supervisors[0], Cast((), ()), str, lambda _: life.m)
    assert isinstance(command, c.ReassignDuty)
    assert (command.duty, command.from_person, command.to_person) == (Duty.SUPERVISOR, OFFICE.id, "p-office-2")


def test_an_opened_matter_has_its_stages_its_range_and_its_whole() -> None:
    by_no = {opened.no: opened for opened in EXAMPLE_YEAR.open}
    sheets = read_directory(EXAMPLE / "通讯录.xlsx")
    cast = Cast(tuple(u.unit for u in sheets.units), tuple(p.person for p in sheets.people))
    first, second = open_command(by_no[104], cast, str).points
    assert (first.stage, first.due, second.stage) == (True, date(2022, 9, 16), False)
    (rate,) = open_command(by_no[111], cast, str).indicators
    assert rate.goal == "应在4500–5000立方米之间"
    whole = Life(now=at_office(date(2022, 4, 1), time(9, 0)))
    whole.do(opening("协调二期用地收储", date(2022, 6, 30), source="工作计划", section="一"), OFFICE)
    part = open_command(by_no[109], cast, str, whole=whole.m)
    assert part.part_of == PartOf(stream=whole.m.stream, number=whole.m.number, weight=2)
    assert (part.source, part.section) == ("工作计划", "一"), "it comes from where the whole does"
