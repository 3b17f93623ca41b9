"""The colours of a light between two events: what is scheduled is what the light shows, to the microsecond."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import DayOverride
from domain.lights import EARLIEST, IndicatorTurn, LightFacts, facts_in, facts_text, light_of, light_schedule
from domain.log import Rulebook
from domain.policy import Policy
from domain.queries.list_row import NEVER, colour_moments
from domain.terms import Light
from tests.support.life import CALENDAR, RULEBOOK, at

DAYS = st.dates(date(2022, 1, 1), date(2022, 12, 31))
MOMENTS = st.datetimes(datetime(2021, 12, 1), datetime(2023, 2, 1)).map(lambda t: t.replace(tzinfo=EARLIEST.tzinfo))  # noqa: DTZ001
STEPS = st.dictionaries(DAYS, st.sampled_from(["", "落后", "落后多了"]), max_size=5).map(
    lambda steps: tuple(IndicatorTurn(day, steps[day]) for day in sorted(steps))
)
FACTS = st.builds(
    LightFacts,
    due=DAYS,
    green=st.just("按计划推进"),
    grey=st.sampled_from(["", "", "", "", "按期办结"]),
    red=st.sampled_from(["", "", "", "第3周未完成，连续2期"]),
    asked=st.none() | st.none() | MOMENTS,
    period=st.booleans(),
    missed=st.sampled_from(["", "", "", "漏报第9周反馈"]),
    closes=st.none() | MOMENTS,
    window=st.just("2022-W10"),
    held_up=st.sampled_from(["", "", "", "已退签，待明确牵头单位"]),
    indicators=st.lists(STEPS.filter(bool), max_size=2).map(tuple),
    points=st.lists(st.tuples(DAYS, st.integers(1, 9)), max_size=3).map(lambda p: tuple(sorted(p))),
)
RULEBOOKS = st.builds(
    lambda days, overrides: Rulebook(
        calendar=CALENDAR.model_copy(update={"overrides": tuple(overrides)}),
        policy=Policy(near_due_workdays=days),
    ),
    days=st.integers(0, 15),
    overrides=st.lists(st.builds(DayOverride, day=DAYS, workday=st.booleans(), reason=st.just("台风")), max_size=3),
)


@settings(max_examples=60)
@given(facts=FACTS, rulebook=RULEBOOKS, moments=st.lists(MOMENTS, min_size=3, max_size=3))
def test_the_scheduled_colour_is_the_light_at_every_moment(
    facts: LightFacts, rulebook: Rulebook, moments: list[datetime]
) -> None:
    schedule = light_schedule(facts, rulebook)
    assert schedule[0][0] == EARLIEST
    assert all(one[1] is not other[1] for one, other in pairwise(schedule))
    columns = colour_moments(facts, rulebook)
    around = [t + timedelta(microseconds=d) for t, _ in schedule[1:] for d in (-1, 0, 1)]
    for moment in (*moments, *around):
        colour = light_of(facts, rulebook, moment).light
        assert [c for since, c in schedule if since <= moment][-1] is colour
        assert colour is Light.GREY or columns.wavers or columns.at(moment) is colour


@settings(max_examples=60)
@given(facts=FACTS)
def test_a_row_keeps_the_facts_of_a_light_as_they_are(facts: LightFacts) -> None:
    assert facts_in(facts_text(facts)) == facts


def test_an_indicator_that_catches_up_with_a_lower_checkpoint_wavers() -> None:
    steps = (IndicatorTurn(date(2022, 3, 8), "落后"), IndicatorTurn(date(2022, 3, 10), ""))
    facts = LightFacts(date(2022, 6, 30), "按计划推进", indicators=(steps,))
    colours = [colour for _, colour in light_schedule(facts, RULEBOOK)]
    assert colours == [Light.GREEN, Light.YELLOW, Light.GREEN, Light.BLUE, Light.RED]
    assert colour_moments(facts, RULEBOOK).wavers


def test_what_is_over_has_one_colour_whatever_comes() -> None:
    facts = LightFacts(date(2022, 3, 1), grey="按期办结", ended=True)
    assert light_schedule(facts, RULEBOOK) == ((EARLIEST, Light.GREY),)
    assert colour_moments(facts, RULEBOOK) == (NEVER, NEVER, NEVER, False)


def test_the_minute_of_the_limit_is_in_time_and_what_follows_is_not() -> None:
    facts = LightFacts(date(2022, 3, 10), "按计划推进")
    assert light_of(facts, RULEBOOK, at(3, 10, 18)).light is Light.BLUE
    assert light_schedule(facts, RULEBOOK)[-1] == (at(3, 10, 18) + timedelta(microseconds=1), Light.RED)
