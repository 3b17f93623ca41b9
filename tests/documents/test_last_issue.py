"""What a 简报 says of the issue before it: computed from the log at that issue's position, whatever came later."""

from datetime import date
from functools import partial
from pathlib import Path

from documents.bulletin.annex import annex_page
from documents.bulletin.briefing import Briefing
from documents.bulletin.briefing import compose_briefing as composed_by
from documents.figures import read_period
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.lit_weeks import weekly_lights
from documents.page import Page
from documents.sections.recipe import built_in_recipe
from domain import commands as c
from domain.bulletin import BulletinIssued, Publication
from domain.office import PolicyAdopted
from domain.policy import Policy
from domain.terms import Light, Rhythm
from eventlog.database import Database
from services.issuing.bulletins import filed_bulletin, issue_briefing, issued_bulletins
from services.office_records import record_office_events
from tests.documents.composed import compose_briefing
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import HEAD, LEADER, LIAISON, OFFICE, SECOND, opening
from tests.support.streams import POLICY_STREAM

ROAD, PIPE, LAND = "matter/road", "matter/pipe", "matter/land"


def page_of(log: Database, event: BulletinIssued) -> Page:
    """The page of an issue, computed again."""
    return filed_bulletin(log, Path("unused"), event).page(Press())


def opened(log: Database, stream: str, title: str, due: str, on: str = "2022-02-14") -> None:
    command = opening(title, date.fromisoformat(due), rhythm=Rhythm.ONCE)
    act(log, stream, command, OFFICE, at(on, "09:30"))
    act(log, stream, c.AcceptReceipt(), HEAD, at(on, "14:30"))


def closed(log: Database, stream: str, on: str) -> None:
    act(log, stream, c.RequestClosure(text="已完成"), LIAISON, at(on, "10:00"))
    act(log, stream, c.ReviewClosure(approve=True), SECOND, at(on, "11:00"))


def begun(log: Database, home: Path) -> None:
    """Three matters; ROAD is red when the first issue is signed on 18 March."""
    opened(log, ROAD, "打通断头路", "2022-03-11")
    opened(log, PIPE, "改造老旧管网", "2022-03-25")
    opened(log, LAND, "协调用地收储", "2022-06-30")
    tick(log, at("2022-03-18", "17:30"))
    signed(log, home, "2022-03-01", "2022-03-18")


def signed(log: Database, home: Path, since: str, until: str) -> None:
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    issue_briefing(log, home, since=first, until=last, signer=LEADER, now=at(until, "18:00"))


def april(log: Database, until: str = "2022-04-01", **more: object) -> Briefing:
    last = date.fromisoformat(until)
    return compose_briefing(
        log,
        Publication.BRIEFING,
        date(2022, 3, 19),
        last,
        as_of=at(until, "18:00"),
        **more,  # type: ignore[arg-type]
    )


def text_of(found: Briefing) -> str:
    return markdown_of(found.draft(found.until))


def extended(log: Database, stream: str, to: str, on: str) -> None:
    """Past its limit only a meeting moves it."""
    decision = c.RecordDecision(meeting="第六次工作会议", text="同意延期", due=date.fromisoformat(to))
    act(log, stream, decision, LEADER, at(on))


def test_the_first_issue_compares_with_nothing(log: Database, home: Path) -> None:
    begun(log, home)
    [event] = issued_bulletins(log)
    assert "与上期" not in markdown_of(page_of(log, event))


def test_lights_and_the_rate_are_compared_with_what_the_last_issue_said(log: Database, home: Path) -> None:
    begun(log, home)
    tick(log, at("2022-04-01", "17:30"))
    assert "与上期（截至3月18日）相比，红灯增加1件。" in text_of(april(log)), "PIPE's limit passed on 3-25"
    closed(log, LAND, "2022-03-31")
    text = text_of(april(log))
    assert "与上期（截至3月18日）相比，在办事项减少1件、红灯增加1件，按期办结率由0%升至33.3%。" in text


def test_nothing_changed_is_said_to_be_so(log: Database, home: Path) -> None:
    begun(log, home)
    text = text_of(april(log, "2022-03-22"))
    assert "在办件数、红黄灯件数和按期办结率均与上期（截至3月18日）持平。" in text


def test_in_a_new_year_the_rate_begins_anew_and_is_not_compared(log: Database, home: Path) -> None:
    begun(log, home)
    signed(log, home, "2022-12-01", "2022-12-30")
    since, until = date(2022, 12, 31), date(2023, 1, 20)
    text = text_of(compose_briefing(log, Publication.BRIEFING, since, until, as_of=at("2023-01-20")))
    assert "均与上期（截至2022年12月30日）持平。" in text
    assert "在办件数和红黄灯件数均" in text


def test_an_issue_computed_again_compares_with_the_same_issue_whatever_came_later(log: Database, home: Path) -> None:
    begun(log, home)
    tick(log, at("2022-04-01", "17:30"))
    signed(log, home, "2022-03-19", "2022-04-01")
    second = issued_bulletins(log)[-1]
    before = page_of(log, second)
    closed(log, ROAD, "2022-04-07")
    signed(log, home, "2022-03-19", "2022-03-25")
    assert page_of(log, second) == before


def test_the_state_then_is_the_one_a_reader_of_then_saw(log: Database, home: Path) -> None:
    begun(log, home)
    closed(log, ROAD, "2022-03-21")
    period = read_period(log, date(2022, 3, 19), date(2022, 4, 1), as_of=at("2022-04-01"))
    assert period.before is not None
    then = {e.matter.stream: e for e in period.before.entries()}
    alone = read_period(log, date(2022, 3, 1), date(2022, 3, 18), as_of=at("2022-03-18", "18:00"))
    assert [e.matter for e in period.before.entries()] == [e.matter for e in alone.entries()]
    assert [e.file.events for e in period.before.entries()] == [e.file.events for e in alone.entries()]
    assert then[ROAD].lit.light is Light.RED


def test_the_last_issue_counts_and_not_the_day_the_period_begins(log: Database, home: Path) -> None:
    begun(log, home)
    tick(log, at("2022-04-01", "17:30"))
    whole = (date(2022, 3, 1), date(2022, 4, 1))
    text = text_of(compose_briefing(log, Publication.BRIEFING, *whole, as_of=at("2022-04-01", "18:00")))
    assert "相比，红灯增加1件。" in text, "ROAD was red on 3-18, though not on 2-28"


def test_an_issue_of_a_later_period_is_not_the_last_one(log: Database, home: Path) -> None:
    begun(log, home)
    tick(log, at("2022-04-01", "17:30"))
    signed(log, home, "2022-03-19", "2022-04-01")
    text = text_of(
        compose_briefing(log, Publication.BRIEFING, date(2022, 3, 19), date(2022, 4, 1), as_of=at("2022-04-02"))
    )
    assert "与上期（截至3月18日）相比" in text


def test_lights_of_then_go_by_the_policy_of_then(log: Database, home: Path) -> None:
    begun(log, home)
    then = read_period(log, date(2022, 3, 1), date(2022, 3, 18), as_of=at("2022-03-18", "18:00"))
    adopted = PolicyAdopted(policy=Policy(version="2022-2", near_due_workdays=30))
    record_office_events(log, POLICY_STREAM, [adopted], actor=OFFICE, command_id="test:policy", now=at("2022-03-21"))
    later = read_period(log, date(2022, 3, 1), date(2022, 4, 1), as_of=at("2022-04-01"))
    assert later.before is not None
    assert [e.lit for e in later.before.entries()] == [e.lit for e in then.entries()]
    weeks, alone = weekly_lights(later), weekly_lights(then)
    assert weeks[: len(alone)] == alone


def test_what_turned_green_again_is_told_with_the_reason(log: Database, home: Path) -> None:
    begun(log, home)
    extended(log, ROAD, "2022-05-31", "2022-03-22")
    text = text_of(april(log))
    assert "由红转绿1件" in text
    assert (
        "1. “打通断头路”（区城市更新和土地整备局牵头）：第六次工作会议议定延期，时限由3月11日调整为5月31日，"
        "现为绿灯，按计划推进。" in text
    )


def test_what_was_closed_in_time_after_an_extension_turned_green_too(log: Database, home: Path) -> None:
    begun(log, home)
    extended(log, ROAD, "2022-05-31", "2022-03-22")
    closed(log, ROAD, "2022-03-30")
    assert "时限由3月11日调整为5月31日，3月30日按期办结。" in text_of(april(log))


def test_what_was_closed_late_did_not_turn_green(log: Database, home: Path) -> None:
    begun(log, home)
    closed(log, ROAD, "2022-03-30")
    assert "由红转绿" not in text_of(april(log))


def test_before_the_first_issue_red_is_compared_with_the_beginning_of_the_period(log: Database) -> None:
    opened(log, ROAD, "打通断头路", "2022-03-11")
    extended(log, ROAD, "2022-05-31", "2022-03-22")
    since = date(2022, 3, 19)
    found = compose_briefing(log, Publication.BRIEFING, since, date(2022, 3, 31), as_of=at("2022-03-31"))
    assert "由红转绿1件" in text_of(found)


def test_newly_red_matters_are_counted_and_marked_among_the_old_ones(log: Database, home: Path) -> None:
    begun(log, home)
    tick(log, at("2022-04-01", "17:30"))
    text = text_of(april(log))
    assert "逾期未办结2件，其中本期新增1件" in text
    assert "| 改造老旧管网（新增） |" in text
    assert "| 打通断头路 |" in text


def test_when_all_red_is_new_nothing_needs_a_mark(log: Database, home: Path) -> None:
    begun(log, home)
    [event] = issued_bulletins(log)
    recipe = built_in_recipe()
    compose = partial(composed_by, log, event.publication, event.since, event.until)
    lists = annex_page(lambda by: compose(as_of=event.as_of, position=event.position, recipe=by), recipe, "第1期")
    first = markdown_of(lists)
    assert "逾期未办结1件，为本期新增" in first
    assert "（新增）" not in first
