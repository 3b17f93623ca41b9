"""An incident of a scenario is the command the command line would make of it."""

from datetime import date

from domain import commands as c
from domain.terms import Finding, ReturnReason
from simulation.commands import Cast, command_of
from simulation.scenario import Incident


def test_an_inspection_and_a_returned_report_are_said_in_the_offices_words() -> None:
    cast = Cast((), ())

    def made(do: str, **fields: str) -> c.MatterCommand:
        incident = Incident.model_validate({"on": date(2022, 6, 1), "matter": 1, "do": do, "fields": fields})
        return command_of(incident, cast, str)

    assert made("inspect", text="未动工", finding="不实") == c.InspectMatter(text="未动工", finding=Finding.UNTRUE)
    back = c.AskBack(reason=ReturnReason.SAME, text="写明本周做了什么")
    assert made("ask_back", reason="与上期雷同", text="写明本周做了什么") == back
