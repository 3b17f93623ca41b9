"""The least a workflow costs: an update that runs one local activity which does nothing."""

from datetime import timedelta

from temporalio import activity, workflow


@activity.defn
async def nothing(text: str) -> str:
    """Give back what came."""
    return text


@workflow.defn(name="Bare")
class BareWorkflow:
    """Waits for ever, and answers updates."""

    @workflow.run
    async def run(self) -> None:
        """Live."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def submit(self, text: str) -> str:
        """One local activity, as a matter's append."""
        return await workflow.execute_local_activity(nothing, text, start_to_close_timeout=timedelta(seconds=5))
