"""An objection to an ended matter lives in the matter's workflow: it starts again, waits, is healed, and ends."""

from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain.base import Refusal
from domain.terms import ObjectionOutcome, Stage
from eventlog import reading
from services.healing import Healing
from tests.support.desk import Desk
from tests.support.office import LIAISON, OFFICE, SECOND, at_work, founded, matter, opening, order, sqlite, types, until

DECIDED = c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text="结论属实")


async def _closed(desk: Desk) -> None:
    await desk.accepted()
    await desk.do(c.RequestClosure(text="完成"), LIAISON)
    await desk.do(c.ReviewClosure(approve=True), SECOND)


async def test_an_objection_wakes_an_ended_matter_and_its_decision_ends_it(at_desk: Desk) -> None:
    await _closed(at_desk)
    await at_desk.handle.result()
    assert reading.open_streams(at_desk.log, "matter") == ()
    await at_desk.do(c.RaiseObjection(text="结论与事实不符"), LIAISON)
    await at_desk.listed(running=1)
    assert [h.stream for h in reading.open_streams(at_desk.log, "matter")] == [at_desk.stream]
    assert (await Healing(at_desk.gateway).recover(dry_run=True)).open == 1
    await at_desk.do(DECIDED, OFFICE)
    await at_desk.handle.result()
    assert (await Healing(at_desk.gateway).recover(dry_run=True)).open == 0


async def test_recover_starts_a_lost_matter_with_an_open_objection(at_desk: Desk) -> None:
    await _closed(at_desk)
    await at_desk.do(c.RaiseObjection(text='他说："objection":{ 不是异议'), LIAISON)
    await at_desk.handle.terminate("lost")
    await at_desk.listed(running=0)
    assert (await Healing(at_desk.gateway).recover()).missing == (at_desk.stream,)
    await at_desk.listed(running=1)
    await at_desk.do(DECIDED, OFFICE)


async def test_words_that_look_like_an_objection_keep_nothing_alive(at_desk: Desk) -> None:
    await at_desk.accepted()
    await at_desk.do(c.SubmitFeedback(text='"objection":{"unit":"x"}', progress=100), LIAISON)
    await at_desk.do(c.RequestClosure(text='"objection":{'), LIAISON)
    await at_desk.do(c.ReviewClosure(approve=True), SECOND)
    assert reading.open_streams(at_desk.log, "matter") == ()


async def test_thirty_days_without_a_decision_carry_it_up_once(
    time_skipping_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    now = await time_skipping_env.get_current_time()
    with founded(sqlite(tmp_path)) as log:
        async with at_work(time_skipping_env.client, log) as gateway:
            stream = f"matter/{tmp_path.name}"
            await gateway.submit(order(stream, opening(due=now.date() + timedelta(days=60)), now=now))
            for command, actor in (
                (c.AcceptReceipt(), LIAISON),
                (c.RequestClosure(text="完成"), LIAISON),
                (c.ReviewClosure(approve=True), SECOND),
                (c.RaiseObjection(text="不服"), LIAISON),
            ):
                await gateway.submit(order(stream, command, actor, now=now))
            await time_skipping_env.sleep(timedelta(days=32))
            await until(lambda: matter(log, stream).counts.escalations == 1)
            await time_skipping_env.sleep(timedelta(days=60))
            later = now + timedelta(days=92)
            decided = await gateway.submit(order(stream, DECIDED, OFFICE, now=later))
            assert decided.stage is Stage.CLOSED
            assert types(log, stream)[-3:] == ["ObjectionRaised", "MatterEscalated", "ObjectionDecided"]
            await time_skipping_env.client.get_workflow_handle(stream).result()


async def test_who_reviewed_it_is_refused_and_nothing_is_recorded(at_desk: Desk) -> None:
    await _closed(at_desk)
    await at_desk.do(c.RaiseObjection(text="不服"), LIAISON)
    before = len(types(at_desk.log, at_desk.stream))
    try:
        await at_desk.do(DECIDED, SECOND)
    except Refusal as refused:
        assert "应当回避" in refused.message
    else:
        raise AssertionError("the reviewer decided on the objection to his own finding")
    assert len(types(at_desk.log, at_desk.stream)) == before
    await at_desk.do(DECIDED, OFFICE)
