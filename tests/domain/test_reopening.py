"""A second 立项 under the same key opens nothing, and says what it would have had otherwise."""

from datetime import date

from domain.event import decode
from domain.facts import NewPoint
from domain.queries.reopening import opening_differences
from tests.support.life import opened
from tests.support.office import ASSIST, opening


def test_what_the_second_opening_says_otherwise_is_told() -> None:
    life = opened()
    again = opening(due=date(2022, 7, 15), lead=ASSIST, points=[NewPoint(text="围挡")])
    said = opening_differences(
        [decode(r) for r in life.recorded], again, {"gengxin": "更新局", "zhujian": "住建局"}.__getitem__
    )
    assert said == (
        "时限立项时为2022-06-30，这次写的是2022-07-15",
        "牵头单位立项时为更新局，这次写的是住建局",
        "要点立项时为无，这次写的是围挡",
    )


def test_the_same_opening_and_a_limit_left_to_the_rules_are_no_difference() -> None:
    life = opened()
    events = [decode(r) for r in life.recorded]
    assert opening_differences(events, opening(), str) == ()
    assert opening_differences(events, opening(due=None, lead=None), str) == ()
