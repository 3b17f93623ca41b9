"""What may enter: dates, numbers, ids and characters, for commands; old events fold whatever they hold."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from pydantic import ValidationError

from domain import commands as c
from domain.base import Refusal
from domain.bounds import is_command_id, seen, visible
from domain.envelope import canonical
from domain.facts import NewIndicator, NewPoint, PointReport
from domain.log import Rulebook
from domain.meetings import commands as mc
from domain.meetings.rules import decide_meeting
from domain.meetings.series import Series
from domain.queries.spoken import spoken_date
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from intake.xlsx import read_worksheet
from tests.support.office import LIST, OFFICE, opening, order

NOW = datetime(2022, 3, 1, 2, tzinfo=UTC)
HERE = DecisionContext(rulebook=Rulebook(), now=NOW, actor=OFFICE)


def refused(command: c.MatterCommand, **more: datetime) -> str:
    with pytest.raises(Refusal) as refusal:
        decide(None, command, DecisionContext(rulebook=Rulebook(), now=NOW, actor=OFFICE, **more))
    assert refusal.value.code == "malformed"
    return refusal.value.message


@pytest.mark.parametrize("due", [date(9999, 12, 31), date(1989, 12, 31), date(2101, 1, 1), date(1, 1, 1)])
def test_a_limit_no_calendar_reaches_is_refused_wherever_it_stands(due: date) -> None:
    assert "1990–2100" in refused(opening(due=due))
    assert "1990–2100" in refused(opening(points=(NewPoint(text="图审", due=due),)))


def test_a_thing_that_happened_before_there_was_an_office_is_refused() -> None:
    assert "1990–2100" in refused(opening(), occurred_at=datetime(1800, 1, 1, tzinfo=UTC))


def test_a_number_of_more_digits_than_json_keeps_is_refused() -> None:
    huge = NewIndicator(name="出土量", unit="万立方米", target=10**15)
    assert "15位" in refused(opening(indicators=(huge,)))


@pytest.mark.parametrize("digits", [1, 12, 15])
def test_a_number_within_the_bound_is_the_same_to_every_reader(digits: int, tmp_path: Path) -> None:
    for number in (10**digits - 1, -(10**digits) + 1, 10 ** (digits - 1) + 1):
        assert read_elsewhere(number) == number
        assert through_a_spreadsheet(number, tmp_path / "数.xlsx") == number


@pytest.mark.parametrize("number", [2**53 + 1, 123456789012345678, 999999999999999999])
def test_a_number_beyond_it_would_not_be(number: int, tmp_path: Path) -> None:
    """Why fifteen and not eighteen: Python keeps these, other readers of the log and of our sheets do not."""
    assert json.loads(json.dumps(number)) == number
    assert read_elsewhere(number) != number
    with pytest.raises(TypeError):
        canonical({"value": number})
    assert through_a_spreadsheet(number, tmp_path / "数.xlsx") != number


def read_elsewhere(number: int) -> int:
    """As whoever keeps to RFC 8785 reads it: a number is a double."""
    return int(json.loads(json.dumps(number), parse_int=float))


def through_a_spreadsheet(number: int, path: Path) -> object:
    """Typed into a cell, and read by our own reader."""
    book = Workbook()
    book.worksheets[0].append(["数", number])
    book.save(path)
    sheet = read_worksheet(path, book.worksheets[0].title)
    assert sheet is not None
    return sheet.rows[0][1][2]


def test_a_meeting_of_the_year_9999_is_refused() -> None:
    series = Series(id="x", name="例会")
    command = mc.ConveneMeeting(series=series, starts=datetime(9999, 1, 1, tzinfo=UTC))
    with pytest.raises(Refusal, match="1990–2100"):
        decide_meeting(None, command, HERE)


@pytest.mark.parametrize("text", ["\u200b", "\u202e\u2066", "\x1b\x07", "\u3164"])
def test_a_title_nobody_sees_is_refused(text: str) -> None:
    made = order("matter/x", opening(text), now=NOW)
    assert "看不见" in refused(made.command)


def test_what_nobody_sees_is_dropped_when_an_order_is_made() -> None:
    point = NewPoint(text="图\u200b审\u202e完成")
    made = order("matter/x", opening("雨水\u200b管网\x1b[31m改造", points=(point,)), now=NOW).command
    assert isinstance(made, c.OpenMatter)
    assert (made.title, made.points[0].text) == ("雨水管网[31m改造", "图审完成")
    assert made.basis == LIST


def test_an_order_is_the_same_however_often_it_is_read() -> None:
    first = order("matter/x", opening("雨水\u200b管网"), now=NOW)
    again = c.Order.model_validate_json(first.model_dump_json())
    assert again == first
    assert again.content_hash() == first.content_hash()


def test_a_title_stands_on_one_line() -> None:
    (opened, *_) = decide(None, opening("管网\n改造"), HERE)
    assert opened.payload["title"] == "管网 改造"


def test_a_yes_is_no_number() -> None:
    with pytest.raises(ValidationError):
        PointReport.model_validate({"no": True, "progress": 50})
    with pytest.raises(ValidationError):
        c.SubmitFeedback.model_validate({"text": "好", "progress": True})
    with pytest.raises(ValidationError):
        mc.WithdrawPoint.model_validate({"point": True, "reason": "写错了"})


def test_an_order_without_a_zone_in_its_times_is_none() -> None:
    sound = order("matter/x", opening(), now=NOW)
    for field in ("valid_until", "occurred_at"):
        with pytest.raises(ValidationError):
            c.Order.model_validate({**sound.model_dump(), field: datetime(2022, 3, 1)})  # noqa: DTZ001


@pytest.mark.parametrize(("command_id", "taken"), [
    ("a" * 8, True), ("a" * 128, True), ("a" * 128 + "-12", True), ("matter/3f2a#4.1", True),
    ("rule:weekly/2022-W10", True), ("short", False), ("a" * 129, False), ("含有中文的编号", False),
    ("a b c d e f", False), ("-leading-dash", False), ("x\ny\nz\nabcdef", False), ("", False),
])  # fmt: skip
def test_the_alphabet_of_command_ids(command_id: str, taken: bool) -> None:
    assert is_command_id(command_id) is taken


def test_a_date_typed_out_of_bounds_says_which_years_are_taken() -> None:
    for text in ("9999-12-31", "0001-01-01", "1989年1月1日"):
        with pytest.raises(Refusal, match="1990–2100"):
            spoken_date(text, date(2022, 3, 1))


def test_what_is_echoed_stays_on_its_line() -> None:
    assert seen("一\x1b[2J二\n三\u202e") == "一[2J二 三"
    assert seen("\udcff") == "\ufffd"
    assert visible("邵\U000e0100") == "邵\U000e0100", "a rare surname keeps its variation selector"
    assert visible("一\r\n二") == "一\n二"
