"""The burden meter counts what was asked, each thing once, of the unit that was asked."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from documents.figures import Period
from documents.ledger import read_ledger
from documents.reports.burden import BurdenLine, burden_report
from domain import commands as c
from domain.queries.burden import Ask
from eventlog import reading
from eventlog.database import Database
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import ASSIST, LIAISON, OFFICE, OTHER, SECOND, opening

MONDAY = at("2022-03-07")
REPORT = c.SubmitFeedback(text="进展", progress=30)
MATTER = "matter/a"


def of(log: Database, as_of: str = "2022-12-31", since: str = "2022-01-01") -> dict[str, BurdenLine]:
    ledger = read_ledger(log, at(as_of, "23:00"))
    found = burden_report(ledger, reading.units(log), date.fromisoformat(since), date.fromisoformat(as_of))
    return {b.unit: b for b in found}


def begun(log: Database) -> None:
    act(log, MATTER, opening(), OFFICE, MONDAY)
    act(log, MATTER, c.AcceptReceipt(), LIAISON, MONDAY)


def test_a_window_is_owed_once_answered_or_missed_and_the_running_one_is_told_apart(log: Database) -> None:
    begun(log)
    act(log, MATTER, REPORT, LIAISON, at("2022-03-09"))
    act(log, MATTER, REPORT, LIAISON, at("2022-03-10"))  # twice in one window: one owed, two given
    tick(log, at("2022-03-18", "18:00"))  # the second window passes in silence
    found = of(log, "2022-03-22")["gengxin"].counts()
    assert (found[Ask.WINDOW], found[Ask.REPORT]) == (2, 2)
    running = of(log, "2022-03-31")["gengxin"].counts()
    assert (running[Ask.WINDOW], running[Ask.RUNNING]) == (2, 1), "the third closes on 03-25 and is already asked for"


def test_a_late_report_owes_nothing_new(log: Database) -> None:
    begun(log)
    tick(log, at("2022-03-11", "17:30"))
    act(log, MATTER, REPORT, LIAISON, at("2022-03-14", "10:00"))
    found = of(log, "2022-03-14")["gengxin"]
    assert [(a.ask, a.text) for a in found.asked] == [
        (Ask.WINDOW, "2022年第10周"),
        (Ask.URGE, "催〔2022〕1号"),
        (Ask.REPORT, "补报2022年第10周"),
    ]


def test_urges_and_escalations_are_the_leads_and_coordination_the_asked_units(log: Database) -> None:
    begun(log)
    act(log, MATTER, c.IssueUrge(), OFFICE, MONDAY)
    act(log, MATTER, c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON, MONDAY)
    act(log, MATTER, c.AnswerCoordination(text="已提供"), OTHER, MONDAY)
    act(log, MATTER, c.EscalateMatter(reason="久拖不决"), SECOND, MONDAY)
    found = of(log, "2022-03-07")
    assert found["gengxin"].counts() == {**dict.fromkeys(Ask, 0), Ask.URGE: 1, Ask.ESCALATION: 1}
    assert found["zhujian"].counts() == {**dict.fromkeys(Ask, 0), Ask.COORDINATION: 1}


def test_what_was_asked_of_the_former_lead_stays_his(log: Database) -> None:
    begun(log)
    act(log, MATTER, c.IssueUrge(), OFFICE, MONDAY)
    act(log, MATTER, c.AssignMatter(lead=ASSIST, reason="职能调整"), OFFICE, MONDAY + timedelta(hours=1))
    act(log, MATTER, c.AcceptReceipt(), OTHER, MONDAY + timedelta(hours=2))
    act(log, MATTER, c.IssueUrge(), OFFICE, at("2022-03-21"))
    found = of(log, "2022-03-21")
    assert found["gengxin"].counts()[Ask.URGE] == found["zhujian"].counts()[Ask.URGE] == 1


def test_units_stand_in_the_order_of_the_directory_whatever_their_numbers(log: Database) -> None:
    begun(log)
    act(log, "matter/b", opening("别的事", lead=ASSIST), OFFICE, MONDAY)
    act(log, "matter/b", c.AcceptReceipt(), OTHER, MONDAY)
    for n in range(3):
        act(log, "matter/b", c.EscalateMatter(reason=f"第{n}次"), SECOND, MONDAY + timedelta(days=7 * n))
    assert list(of(log, "2022-04-30")) == ["gengxin", "zhujian"]


def test_the_meter_agrees_with_the_briefing_in_every_week(log: Database) -> None:
    """Two who count the same windows come to the same number, whatever span is asked for."""
    play(log)
    ledger = read_ledger(log, at("2022-03-31", "23:00"))
    asked = burden_report(ledger, reading.units(log), date(2022, 1, 1), date(2022, 12, 31))
    owed = [a.on for b in asked for a in b.asked if a.ask is Ask.WINDOW]
    assert len(owed) == Period(ledger, date(2022, 1, 1), date(2022, 3, 31)).feedback().owed == 9
    for week in range(13):
        since = date(2022, 1, 1) + timedelta(weeks=week)
        until = since + timedelta(days=6)
        assert sum(since <= on <= until for on in owed) == Period(ledger, since, until).feedback().owed, since


def test_the_command_shows_a_unit_and_opens_its_list(
    home: Path, log: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMH_HOME", str(home))
    begun(log)
    act(log, MATTER, REPORT, LIAISON, at("2022-03-09"))
    xmh = CommandLine(home, capsys)
    document = xmh.json("burden", "--month", "2022年3月", "--unit", "gengxin")
    [unit] = document["units"]
    assert (unit["feedback_owed"], unit["reports"]) == (1, 1)
    assert len(unit["asked"]) == 2
    assert "XMH-2022-001" in xmh("burden", "--year", "2022", "--unit", "gengxin").out
    assert xmh.json("burden", "--month", "2022-04")["units"] == []
    assert xmh("burden", "--month", "三月").code == 2
    assert xmh("burden", "--month", "2022-03", "--year", "2022").code == 2
