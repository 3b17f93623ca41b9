"""A matter's life on the real time-skipping server."""

from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from domain import commands as c
from domain.terms import Stage
from tests.support.office import LIAISON, OFFICE, SECOND, at_work, founded, matter, opening, order, sqlite, types, until


async def test_a_matter_goes_from_opening_to_closure(time_skipping_env: WorkflowEnvironment, tmp_path: Path) -> None:
    now = await time_skipping_env.get_current_time()
    with founded(sqlite(tmp_path)) as log:
        async with at_work(time_skipping_env.client, log) as gateway:
            stream = f"matter/{tmp_path.name}"
            due = now.date() + timedelta(days=60)
            opened = await gateway.submit(order(stream, opening(due=due), now=now))
            assert (opened.stage, opened.version) == (Stage.ASSIGNED, 2)
            await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=now))
            await gateway.submit(order(stream, c.SubmitFeedback(text="主体施工至封顶", progress=100), LIAISON, now=now))
            await gateway.submit(order(stream, c.RequestClosure(text="已完成"), LIAISON, now=now))
            closed = await gateway.submit(order(stream, c.ReviewClosure(approve=True), SECOND, now=now))
            assert closed.stage is Stage.CLOSED
            assert types(log, stream) == [
                "MatterOpened",
                "MatterAssigned",
                "ReceiptSigned",
                "FeedbackWindowOpened",
                "FeedbackSubmitted",
                "ClosureRequested",
                "MatterClosed",
            ]
            await time_skipping_env.client.get_workflow_handle(stream).result()


async def test_silence_is_receipt_then_missed_then_urged_then_escalated(
    time_skipping_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    now = await time_skipping_env.get_current_time()
    with founded(sqlite(tmp_path)) as log:
        async with at_work(time_skipping_env.client, log) as gateway:
            stream = f"matter/{tmp_path.name}"
            await gateway.submit(order(stream, opening(due=now.date() + timedelta(days=90)), now=now))
            await time_skipping_env.sleep(timedelta(days=6))
            await until(lambda: matter(log, stream).accepted_at is not None)
            await time_skipping_env.sleep(timedelta(days=16))
            await until(lambda: matter(log, stream).counts.escalations > 0)
            found = matter(log, stream)
            assert len(found.windows.missed) >= 2
            assert found.counts.urges >= 1
            await gateway.submit(order(stream, c.CancelMatter(reason="试验结束"), OFFICE, now=now + timedelta(days=30)))
