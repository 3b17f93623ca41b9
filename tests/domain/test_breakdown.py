"""任务分解: what is refused between a whole and its parts, and how their progress adds up. Pure values."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import commands as c
from domain import events as ev
from domain.base import Refusal
from domain.breakdown import Kin, may_be_part, may_end
from domain.event import Event
from domain.facts import PartOf
from domain.matter import Matter
from domain.queries.rollup import Branch, matter_branches
from domain.terms import Stage
from tests.support.life import Life, accepted
from tests.support.office import HEAD, LIAISON, SECOND, opening

WHOLE = Kin(number="XMH-2022-001", title="金融文化中心建设", stage=Stage.IN_PROGRESS, due=date(2022, 6, 30))
PART_OF = PartOf(stream="matter/whole", number="XMH-2022-001", weight=3)


def part(due: date = date(2022, 6, 30)) -> tuple[Matter, list[Event]]:
    life = Life()
    life.do(opening("金融文化中心施工图设计", due, part_of=PART_OF))
    return life.m, life.events(ev.MatterOpened)


def test_a_part_knows_its_whole_and_its_weight() -> None:
    matter, _ = part()
    assert matter.part_of == PART_OF


def test_the_last_day_of_the_whole_is_the_last_of_its_parts() -> None:
    matter, events = part(date(2022, 6, 30))
    may_be_part(matter, WHOLE, events)
    matter, events = part(date(2022, 7, 1))
    with pytest.raises(Refusal, match=r"时限 2022-07-01 晚于上级事项 XMH-2022-001.*的时限 2022-06-30") as refused:
        may_be_part(matter, WHOLE, events)
    assert (refused.value.code, "\n" in refused.value.message) == ("beyond_parent", False)


@pytest.mark.parametrize(
    ("stage", "words"), [(Stage.CLOSED, "销号"), (Stage.CANCELLED, "撤销"), (Stage.CLOSING, "正在办结审核")]
)
def test_no_part_begins_under_a_whole_that_ends(stage: Stage, words: str) -> None:
    matter, events = part()
    with pytest.raises(Refusal, match=words):
        may_be_part(matter, WHOLE.model_copy(update={"stage": stage}), events)


@pytest.mark.parametrize("whole", [None, WHOLE.model_copy(update={"number": "XMH-2022-009"})])
def test_a_whole_that_is_not_there_or_has_another_number_is_no_whole(whole: Kin | None) -> None:
    matter, events = part()
    with pytest.raises(Refusal, match="没有上级事项 XMH-2022-001") as refused:
        may_be_part(matter, whole, events)
    assert refused.value.code == "not_found"


LATE = date(2022, 7, 1)
REOPENED = ev.MatterReopened(reason="再办", due=LATE, stage=Stage.IN_PROGRESS)


@pytest.mark.parametrize(
    "event",
    [
        REOPENED,
        ev.ExtensionRequested(to=LATE, reason="雨季", progress=10),
        ev.ExtensionGranted(to=LATE),
        ev.DecisionRecorded(meeting="第四次会议", text="顺延", due=LATE),
    ],
)
def test_whoever_chooses_a_later_date_for_a_part_is_told_of_the_whole(event: Event) -> None:
    matter, _ = part()
    with pytest.raises(Refusal, match="晚于上级事项"):
        may_be_part(matter, WHOLE, [event])
    may_be_part(matter, WHOLE.model_copy(update={"due": LATE}), [event])


@pytest.mark.parametrize(
    "event",
    [
        ev.DeadlineMoved(what="due", before=date(2022, 6, 30), after=LATE, reason="台风停工"),
        ev.MatterResumed(workdays=5, due=LATE),
        ev.ExtensionRequested(to=LATE, reason="雨季", progress=10, point=1),
    ],
)
def test_what_nobody_chose_and_what_is_no_limit_of_the_matter_passes(event: Event) -> None:
    matter, _ = part()
    may_be_part(matter, WHOLE, [event])


def test_an_upheld_objection_opens_a_part_again_whatever_became_of_the_whole() -> None:
    matter, _ = part()
    closed = WHOLE.model_copy(update={"stage": Stage.CLOSED})
    with pytest.raises(Refusal, match="不能重开"):
        may_be_part(matter, closed, [REOPENED])
    upheld = ev.ObjectionDecided.model_validate({"outcome": "upheld", "text": "成立"})
    may_be_part(matter, closed, [upheld, REOPENED])


def test_who_leads_a_part_is_named_by_the_office_although_a_leader_instructed_the_whole() -> None:
    """The part stands on the instruction, too, but its lead may decline: the leader named the lead of the whole."""
    instruction = {"kind": "instruction", "text": "区长批示"}
    for part_of, by_leader in ((None, True), (PART_OF, False)):
        life = Life()
        life.do(opening(basis=instruction, part_of=part_of))
        assert life.m.lead_named_by_leader is by_leader


# --- ending


def kin(no: int, stage: Stage = Stage.IN_PROGRESS) -> Kin:
    return Kin(number=f"XMH-2022-{no:03d}", title=f"第{no}标段", stage=stage, due=date(2022, 6, 30))


ASKED = ev.ClosureRequested(unit="gengxin", text="已完成")
CLOSED = ev.MatterClosed(overdue_workdays=0, overdue_workdays_original=0)


@pytest.mark.parametrize(
    "event",
    [ASKED, ev.ClosureEndorsed(), CLOSED, ev.MatterCancelled(reason="政策调整")],
    ids=lambda e: type(e).__name__,
)
def test_no_step_towards_the_end_is_taken_over_open_parts_without_a_reason(event: Any) -> None:
    parts = [kin(2), kin(3, Stage.CLOSED), kin(4, Stage.CANCELLED), kin(5, Stage.SUSPENDED)]
    with pytest.raises(Refusal, match="还有2件没有办结：XMH-2022-002“第2标段”、XMH-2022-005") as refused:
        may_end("XMH-2022-001", parts, [event])
    assert refused.value.code == "open_children"
    may_end("XMH-2022-001", parts, [event.model_copy(update={"over_open_children": "余项移交区住建局"})])
    may_end("XMH-2022-001", parts[1:3], [event])


def test_of_many_open_parts_five_are_named() -> None:
    with pytest.raises(Refusal, match=r"还有7件.*XMH-2022-005“第5标段”等；"):
        may_end("XMH-2022-099", [kin(no) for no in range(1, 8)], [CLOSED])


def test_the_reason_given_with_the_request_stands_in_the_end_unless_the_review_gives_another() -> None:
    for said, kept in ((None, "余项移交"), ("余项另行督办", "余项另行督办")):
        life = accepted()
        life.do(c.RequestClosure(text="已完成", over_open_children="余项移交"), LIAISON)
        life.do(c.ReviewClosure(approve=True, over_open_children=said), SECOND)
        [closed] = life.events(ev.MatterClosed)
        assert isinstance(closed, ev.MatterClosed)
        assert closed.over_open_children == kept


# --- weights


def test_a_weight_is_corrected_by_a_new_event_and_only_on_a_part() -> None:
    life = Life()
    life.do(opening(part_of=PART_OF))
    life.do(c.CorrectEvent(version=1, text="权重录错", fields={"weight": "5"}))
    assert life.m.part_of == PART_OF.model_copy(update={"weight": 5})
    for wrong in ("0", "101", "三", "1.5"):
        life.refuses(c.CorrectEvent(version=1, text="改", fields={"weight": wrong}), words="1 到 100", code="malformed")
    accepted().refuses(c.CorrectEvent(version=1, text="改", fields={"weight": "5"}), words="没有上级事项")
    life.refuses(c.CorrectEvent(version=1, text="改", fields={"weight": "5"}), HEAD, code="forbidden")


# --- the fold


def matter(no: int, whole: int | None = None, weight: int = 1, **more: Any) -> Matter:
    plain = accepted().m
    parent = None if whole is None else PartOf(stream=f"matter/{whole}", number=f"XMH-2022-{whole:03d}", weight=weight)
    named = {"stream": f"matter/{no}", "number": f"XMH-2022-{no:03d}", "part_of": parent}
    return plain.model_copy(update={**named, **more})


def test_progress_rolls_up_by_weight_over_two_levels() -> None:
    """Part 2 (weight 1) is closed: 100. Part 3 (weight 3) has parts 4 and 5 of equal weight, 50 and 25: 37.5.

    The whole is (1x100 + 3x37.5) / 4 = 53.125, shown as 53. Were part 3 rounded first, (100 + 3x37) / 4 = 52.75: 52.
    """
    [whole] = matter_branches(
        [
            matter(1, progress=10),
            matter(2, 1, stage=Stage.CLOSED, progress=90),
            matter(3, 1, weight=3),
            matter(4, 3, progress=50),
            matter(5, 3, progress=25),
            matter(6, 3, progress=100, stage=Stage.CANCELLED),
        ]
    )
    assert whole.progress == 53
    assert [(depth, b.matter.number[-1], b.progress) for depth, b in whole.walk()] == [
        (0, "1", 53),
        (1, "2", None),
        (1, "3", 37),
        (2, "4", None),
        (2, "5", None),
        (2, "6", None),
    ]


def test_a_whole_whose_parts_were_all_called_off_is_as_far_as_it_says() -> None:
    [whole] = matter_branches([matter(1, progress=40), matter(2, 1, stage=Stage.CANCELLED, progress=100)])
    assert whole.progress is None
    assert whole.exact == 40


def test_a_part_whose_whole_is_not_in_sight_stands_by_itself() -> None:
    assert [b.matter.number for b in matter_branches([matter(7, 1), matter(8)])] == ["XMH-2022-007", "XMH-2022-008"]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 100)), min_size=1, max_size=8), st.randoms())
def test_the_mean_lies_between_its_parts_and_no_order_moves_it(parts: list[tuple[int, int]], random: Any) -> None:
    family = [MATTERS[0], *(_weighed(no, *said) for no, said in enumerate(parts, start=2))]
    shuffled = list(family)
    random.shuffle(shuffled)
    [whole], [again] = matter_branches(family), matter_branches(shuffled)
    lowest, highest = min(p for p, _ in parts), max(p for p, _ in parts)
    assert lowest <= whole.exact <= highest
    assert whole.exact == again.exact == Fraction(sum(p * w for p, w in parts), sum(w for _, w in parts))
    assert (whole.progress == 100) == all(p == 100 for p, _ in parts)


MATTERS = [matter(no, 1 if no > 1 else None) for no in range(1, 10)]


def _weighed(no: int, progress: int, weight: int) -> Matter:
    plain = MATTERS[no - 1]
    assert plain.part_of is not None
    return plain.model_copy(
        update={"progress": progress, "part_of": plain.part_of.model_copy(update={"weight": weight})}
    )


def test_a_branch_is_a_value() -> None:
    assert Branch(MATTERS[0]) == Branch(MATTERS[0])
