"""Twins merged and matters that wait for each other, in one log, on either database."""

import threading
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.envelope import Actor
from domain.facts import LeadersWords, MatterRef, PartOf
from domain.terms import Stage
from eventlog import reading
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.secrets import seal_text
from eventlog.verify import verify
from tests.eventlog.sample import everything
from tests.support.history import act, refusal_of
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE, OTHER, SECOND, founded, matter, opening

MONDAY = at("2022-03-07")
FIRST, TWIN, THIRD = "matter/first", "matter/twin", "matter/third"


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        for stream, title in ((FIRST, "会展中心配套道路"), (TWIN, "会展周边道路建设"), (THIRD, "道路绿化")):
            act(database, stream, opening(title), OFFICE, MONDAY)
            act(database, stream, c.AcceptReceipt(), LIAISON, MONDAY)
        yield database


def ref(log: Database, stream: str) -> MatterRef:
    return MatterRef(stream=stream, number=matter(log, stream).number)


def merging(log: Database, into: str) -> c.MergeMatter:
    return c.MergeMatter(into=ref(log, into), into_due=matter(log, into).due, reason="同一条路")


def waiting(log: Database, earlier: str) -> c.SetPredecessor:
    return c.SetPredecessor(earlier=ref(log, earlier))


def refused(log: Database, stream: str, command: Frozen, actor: Actor = OFFICE) -> str:
    return refusal_of(log, stream, command, actor, MONDAY)


def test_of_twins_one_ends_and_says_under_which_number_it_goes_on(log: Database) -> None:
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    merged = matter(log, TWIN)
    assert (merged.stage, merged.ended, merged.number) == (Stage.CANCELLED, True, "XMH-2022-002")
    assert merged.merged_into == ref(log, FIRST)
    assert [s.stream for s in reading.related_matters(log, FIRST)] == [TWIN]
    assert TWIN not in {h.stream for h in reading.open_streams(log, "matter")}
    assert "已撤销，不能再反馈" in refused(log, TWIN, c.SubmitFeedback(text="还在做"), LIAISON)
    assert verify(log).ok


def test_a_matter_is_not_merged_into_itself_nor_into_what_has_ended_or_is_about_to(log: Database) -> None:
    assert "不能并入自己" in refused(log, FIRST, merging(log, FIRST))
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    assert "不能并入" in refused(log, FIRST, merging(log, TWIN)), "the other way round: a circle"
    act(log, FIRST, c.RequestClosure(text="建成"), LIAISON, MONDAY)
    assert "正在办结审核" in refused(log, THIRD, merging(log, FIRST))
    assert "正在办结审核" in refused(log, FIRST, merging(log, THIRD))
    good = merging(log, FIRST)
    nowhere = good.model_copy(update={"into": MatterRef(stream="matter/nowhere", number="XMH-2022-001")})
    assert "没有事项 XMH-2022-001" in refused(log, THIRD, nowhere)
    mistaken = good.model_copy(update={"into": MatterRef(stream=FIRST, number="XMH-2022-009")})
    assert "没有事项 XMH-2022-009" in refused(log, THIRD, mistaken)


def test_nothing_hangs_under_a_merged_matter(log: Database) -> None:
    of_twin = PartOf(stream=TWIN, number=matter(log, TWIN).number)
    act(log, "matter/part", opening("路灯", part_of=of_twin), OFFICE, MONDAY)
    assert "XMH-2022-004" in refused(log, TWIN, merging(log, FIRST))
    act(log, "matter/part", c.CancelMatter(reason="另行安排"), OFFICE, MONDAY)
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)


def test_whoever_instructed_on_the_merged_matter_is_answered_by_the_other(log: Database) -> None:
    def words(stream: str) -> LeadersWords:
        return seal_text(log, stream, "务必年内通车")

    act(log, TWIN, c.RecordInstruction(leader="leader", text=words(TWIN)), FOR_LEADER, MONDAY)
    assert "请先在 XMH-2022-001 录入同一批示" in refused(log, TWIN, merging(log, FIRST))
    act(log, FIRST, c.RecordInstruction(leader="leader", text=words(FIRST)), FOR_LEADER, MONDAY)
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)


def test_a_merge_puts_off_no_limit_but_by_who_set_it(log: Database) -> None:
    act(log, "matter/late", opening("年底通车", date(2022, 12, 30)), OFFICE, MONDAY)
    act(log, "matter/his", opening("汛期前通车"), FOR_LEADER, MONDAY)
    assert "该时限由领导确定" in refused(log, "matter/his", merging(log, "matter/late"))
    act(log, "matter/his", merging(log, "matter/late"), FOR_LEADER, MONDAY)
    act(log, TWIN, merging(log, "matter/late"), OFFICE, MONDAY)


def test_a_limit_that_moved_meanwhile_is_looked_at_again(log: Database) -> None:
    seen = merging(log, FIRST)
    act(log, FIRST, c.RequestExtension(to=date(2022, 9, 30), reason="管线迁改"), LIAISON, MONDAY)
    act(log, FIRST, c.AnswerExtension(grant=True), OFFICE, MONDAY)
    assert "时限刚改为 2022-09-30" in refused(log, TWIN, seen)


def test_handled_again_a_matter_stands_by_itself(log: Database) -> None:
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    act(log, TWIN, c.ReopenMatter(reason="是两条路"), OFFICE, MONDAY)
    assert matter(log, TWIN).merged_into is None
    assert reading.related_matters(log, FIRST) == ()
    before = everything(log)
    rebuild_read_model(log)
    assert everything(log) == before
    assert verify(log).ok


def test_units_leaders_who_stepped_back_and_the_closing_do_not_merge(log: Database) -> None:
    assert "须由办公室或领导决定" in refused(log, TWIN, merging(log, FIRST), LIAISON)
    act(log, TWIN, c.DeclareRecusal(reason="亲属承建"), LEADER, MONDAY)
    assert "已对 XMH-2022-002 声明回避" in refused(log, TWIN, merging(log, FIRST), LEADER)


def test_of_two_merged_into_each_other_at_one_moment_one_goes_on(log: Database) -> None:
    """Without the check inside the transaction both end, and nobody supervises the thing any more."""
    commands = {FIRST: merging(log, TWIN), TWIN: merging(log, FIRST)}
    said: dict[str, str] = {}
    gate = threading.Barrier(2)

    def race(stream: str, go: Callable[[], object]) -> None:
        gate.wait()
        try:
            go()
            said[stream] = "merged"
        except Refusal as refusal:
            said[stream] = "ended" if "code='ended'" in refusal.message else refusal.message

    threads = [
        threading.Thread(target=race, args=(s, lambda s=s, m=m: act(log, s, m, OFFICE, MONDAY)))
        for s, m in commands.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said.values()) == ["ended", "merged"], said
    assert [matter(log, s).ended for s in commands].count(True) == 1


def test_what_waits_is_found_from_either_side_until_it_waits_no_more(log: Database) -> None:
    act(log, THIRD, waiting(log, FIRST), OFFICE, MONDAY)
    assert matter(log, THIRD).predecessors == (ref(log, FIRST),)
    assert [s.stream for s in reading.related_matters(log, FIRST)] == [THIRD]
    assert act(log, THIRD, waiting(log, FIRST), OFFICE, MONDAY) == (), "named once"
    act(log, THIRD, c.DropPredecessor(earlier=ref(log, FIRST), reason="改为同步施工"), OFFICE, MONDAY)
    assert (matter(log, THIRD).predecessors, reading.related_matters(log, FIRST)) == ((), ())
    act(log, THIRD, waiting(log, FIRST), OFFICE, MONDAY)
    assert [s.stream for s in reading.related_matters(log, FIRST)] == [THIRD]
    before = everything(log)
    rebuild_read_model(log)
    assert everything(log) == before
    assert verify(log).ok


def test_nothing_waits_for_what_waits_for_it(log: Database) -> None:
    assert "不能是自己的前置事项" in refused(log, FIRST, waiting(log, FIRST))
    act(log, TWIN, waiting(log, FIRST), OFFICE, MONDAY)
    act(log, THIRD, waiting(log, TWIN), OFFICE, MONDAY)
    said = refused(log, FIRST, waiting(log, THIRD))
    assert "XMH-2022-001→XMH-2022-003→XMH-2022-002→XMH-2022-001" in said
    act(log, TWIN, c.DropPredecessor(earlier=ref(log, FIRST), reason="改为同步施工"), OFFICE, MONDAY)
    act(log, FIRST, waiting(log, THIRD), OFFICE, MONDAY)


def test_nothing_waits_for_what_was_withdrawn_and_only_the_office_says_what_waits(log: Database) -> None:
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    assert "已并入 XMH-2022-001" in refused(log, THIRD, waiting(log, TWIN))
    assert "由办公室督办员办理" in refused(log, THIRD, waiting(log, FIRST), LIAISON)
    unknown = c.DropPredecessor(earlier=ref(log, FIRST), reason="改为同步施工")
    assert "不是 XMH-2022-003 的前置事项" in refused(log, THIRD, unknown)


def test_each_follows_for_himself_and_units_what_they_handle(log: Database) -> None:
    act(log, FIRST, c.FollowMatter(), SECOND, MONDAY)
    act(log, FIRST, c.FollowMatter(), LIAISON, MONDAY)
    assert act(log, FIRST, c.FollowMatter(), LIAISON, MONDAY) == ()
    assert matter(log, FIRST).followers == ("office-2", "li")
    assert "不由您所在单位办理" in refused(log, FIRST, c.FollowMatter(), OTHER)
    act(log, FIRST, c.FollowMatter(stop=True), SECOND, MONDAY)
    assert act(log, FIRST, c.FollowMatter(stop=True), SECOND, MONDAY) == ()
    assert matter(log, FIRST).followers == ("li",)


def test_a_circle_through_a_merge_is_seen_from_either_side(log: Database) -> None:
    act(log, FIRST, waiting(log, THIRD), OFFICE, MONDAY)
    act(log, THIRD, waiting(log, TWIN), OFFICE, MONDAY)
    said = refusal_of(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    assert "XMH-2022-001 经 XMH-2022-003 在等 XMH-2022-002" in said, "FIRST would wait for THIRD, and THIRD for FIRST"
    act(log, THIRD, c.DropPredecessor(earlier=ref(log, TWIN), reason="先合并"), OFFICE, MONDAY)
    act(log, FIRST, c.DropPredecessor(earlier=ref(log, THIRD), reason="先合并"), OFFICE, MONDAY)
    act(log, THIRD, waiting(log, TWIN), OFFICE, MONDAY)
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    said = refused(log, FIRST, waiting(log, THIRD))
    assert "XMH-2022-001→XMH-2022-003→XMH-2022-002→XMH-2022-001" in said


def test_what_is_waited_for_directly_may_be_merged_into_what_waits(log: Database) -> None:
    act(log, FIRST, waiting(log, TWIN), OFFICE, MONDAY)
    act(log, TWIN, merging(log, FIRST), OFFICE, MONDAY)
    assert matter(log, TWIN).merged_into == ref(log, FIRST)
