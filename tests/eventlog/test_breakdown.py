"""A whole and its parts in one log: whoever comes second, by whatever entrance and however fast, meets the first."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.envelope import Actor
from domain.facts import PartOf
from domain.queries.rollup import matter_branches
from domain.terms import Stage
from eventlog import reading
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.verify import verify
from tests.eventlog.sample import everything
from tests.support.history import act, refusal_of
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, SECOND, founded, matter, opening

MONDAY = at("2022-03-07")
WHOLE = "matter/whole"


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        act(database, WHOLE, opening("金融文化中心建设"), OFFICE, MONDAY)
        act(database, WHOLE, c.AcceptReceipt(), LIAISON, MONDAY)
        yield database


def part(log: Database, name: str, whole: str = WHOLE, weight: int = 1, **more: Any) -> str:
    stream = f"matter/{name}"
    part_of = PartOf(stream=whole, number=matter(log, whole).number, weight=weight)
    act(log, stream, opening(f"第{name}标段", part_of=part_of, **more), OFFICE, MONDAY)
    return stream


def refused(log: Database, stream: str, command: Frozen, actor: Actor = OFFICE) -> str:
    return refusal_of(log, stream, command, actor, MONDAY)


def test_a_part_beyond_its_whole_is_refused_and_burns_no_number(log: Database) -> None:
    with pytest.raises(Refusal, match="beyond_parent"):
        part(log, "a", due=date(2022, 7, 1))
    assert matter(log, part(log, "b")).number == "XMH-2022-002"
    assert reading.streams_with_parts(log, WHOLE) == ("matter/b", WHOLE)
    assert verify(log).ok


def test_a_whole_nobody_opened_is_no_whole(log: Database) -> None:
    claimed = PartOf(stream="matter/nowhere", number="XMH-2022-001")
    assert "没有上级事项" in refused(log, "matter/x", opening("另一件", part_of=claimed))
    claimed = PartOf(stream=WHOLE, number="XMH-2022-777")
    assert "没有上级事项 XMH-2022-777" in refused(log, "matter/x", opening("另一件", part_of=claimed))


def test_a_whole_ends_after_its_parts_or_with_a_reason_that_is_kept(log: Database) -> None:
    first, second = part(log, "a"), part(log, "b")
    act(log, first, c.CancelMatter(reason="并入主体"), OFFICE, MONDAY)
    ask = c.RequestClosure(text="主体完成")
    assert "还有1件没有办结：XMH-2022-003“第b标段”" in refused(log, WHOLE, ask, LIAISON)
    assert "open_children" in refused(log, WHOLE, c.CancelMatter(reason="政策调整"))
    act(log, WHOLE, ask.model_copy(update={"over_open_children": "余项移交区住建局"}), LIAISON, MONDAY)
    act(log, WHOLE, c.ReviewClosure(approve=True), SECOND, MONDAY)
    assert "余项移交区住建局" in reading.read_stream(log, WHOLE)[-1].payload
    assert matter(log, second).stage is Stage.ASSIGNED, "the open part goes on"
    assert "不能再分解" in refused(log, "matter/c", opening("第c标段", part_of=matter(log, second).part_of))
    assert verify(log).ok


def test_a_part_reopened_while_the_whole_is_reviewed_is_refused(log: Database) -> None:
    first = part(log, "a")
    act(log, first, c.CancelMatter(reason="并入主体"), OFFICE, MONDAY)
    act(log, WHOLE, c.RequestClosure(text="主体完成"), LIAISON, MONDAY)
    assert "正在办结审核" in refused(log, first, c.ReopenMatter(reason="又要单列"))
    act(log, WHOLE, c.ReviewClosure(approve=False, text="单列一项"), SECOND, MONDAY)
    act(log, first, c.ReopenMatter(reason="又要单列"), OFFICE, MONDAY)
    assert "open_children" in refused(log, WHOLE, c.RequestClosure(text="主体完成"), LIAISON)


def test_a_part_is_not_extended_beyond_its_whole(log: Database) -> None:
    first = part(log, "a")
    act(log, first, c.AcceptReceipt(), LIAISON, MONDAY)
    ask = c.RequestExtension(to=date(2022, 8, 31), reason="雨季")
    assert "beyond_parent" in refused(log, first, ask, LIAISON)
    act(log, WHOLE, ask, LIAISON, MONDAY)
    act(log, WHOLE, c.AnswerExtension(grant=True), OFFICE, MONDAY)
    act(log, first, ask, LIAISON, MONDAY)


def test_parts_of_two_matters_may_have_one_title_but_not_two_parts_of_one(log: Database) -> None:
    other = "matter/other"
    act(log, other, opening("国际演艺中心建设"), OFFICE, MONDAY)
    design = "施工图设计"
    for whole in (WHOLE, other):
        part_of = PartOf(stream=whole, number=matter(log, whole).number)
        act(log, f"{whole}-design", opening(design, part_of=part_of), OFFICE, MONDAY)
        assert "duplicate" in refused(log, f"{whole}-again", opening(design, part_of=part_of))
    assert "duplicate" in refused(log, "matter/alone", opening(design))


def test_of_one_who_opens_a_part_and_one_who_closes_the_whole_the_later_is_refused(log: Database) -> None:
    """Without the check inside the transaction both look first and act then: a closed whole with an open part."""
    outcomes: set[tuple[str, ...]] = set()
    for round_ in range(8):
        whole = f"matter/race-{round_}"
        act(log, whole, opening(f"第{round_}轮建设"), OFFICE, MONDAY)
        act(log, whole, c.AcceptReceipt(), LIAISON, MONDAY)
        part_of = PartOf(stream=whole, number=matter(log, whole).number)
        said: dict[str, str] = {}
        gate = threading.Barrier(2)

        def race(name: str, go: Callable[[], object], said: dict[str, str] = said, gate: Any = gate) -> None:
            gate.wait()
            try:
                go()
                said[name] = "done"
            except Refusal as refusal:
                wanted = "open_children" if name == "whole" else "正在办结审核"
                said[name] = "refused" if wanted in refusal.message else refusal.message

        opens = opening(f"第{round_}轮设计", part_of=part_of)
        closes = c.RequestClosure(text="完成")
        goes = {
            "part": lambda s=f"{whole}-part", o=opens: act(log, s, o, OFFICE, MONDAY),
            "whole": lambda s=whole, o=closes: act(log, s, o, LIAISON, MONDAY),
        }
        threads = [threading.Thread(target=race, args=item) for item in goes.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcomes.add((said["part"], said["whole"]))
    assert outcomes <= {("done", "refused"), ("refused", "done")}, outcomes
    assert verify(log).ok


def test_the_tree_and_its_progress_follow_from_the_events_also_of_a_past_day(log: Database) -> None:
    first, second = part(log, "a", weight=3), part(log, "b")
    deeper = part(log, "c", whole=second)
    for stream, progress in ((first, 40), (deeper, 80)):
        act(log, stream, c.AcceptReceipt(), LIAISON, MONDAY)
        act(log, stream, c.SubmitFeedback(text="推进", progress=progress), LIAISON, at("2022-03-08"))
    assert reading.streams_with_parts(log, WHOLE) == tuple(sorted((WHOLE, first, second, deeper)))
    assert _progress(log) == (3 * 40 + 80) // 4
    assert _progress(log, at("2022-03-07", "23:00")) == 0
    before = everything(log)
    rebuild_read_model(log)
    assert everything(log) == before


def _progress(log: Database, as_of: Any = None) -> int | None:
    from domain.matter import Matter

    position = None if as_of is None else reading.position_at(log, as_of)
    states = [s.state for s in reading.matter_states(log, position=position)]
    [whole] = matter_branches(m for m in states if isinstance(m, Matter))
    return whole.progress
