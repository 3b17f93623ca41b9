"""The simulated Temporal against the real server: the same commands, the same answers, the same history."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from domain import commands as c
from domain.base import Refusal
from domain.envelope import Actor
from domain.facts import NewPoint
from domain.terms import Rhythm, SuspensionReason
from tests.support.desk import MONDAY, desk
from tests.support.office import HEAD, LIAISON, OFFICE, OTHER, SECOND, founded, opening, order, sqlite
from tests.support.temporal import DevServer
from tests.universe.people import Wish
from tests.universe.server import Run
from tests.universe.universe import Universe
from tests.universe.world import MINUTE
from tests.universe.world import SECOND as A_SECOND

REPORT = c.SubmitFeedback(text="主体施工至三层", progress=30)
SCRIPT: tuple[tuple[Any, Actor], ...] = (
    (REPORT, LIAISON),
    (opening(), OFFICE),
    (REPORT, LIAISON),
    (c.AcceptReceipt(), LIAISON),
    (c.AcceptReceipt(), HEAD),
    (REPORT, LIAISON),
    (REPORT, OTHER),
    (c.IssueUrge(reason="请抓紧"), LIAISON),
    (c.IssueUrge(reason="请抓紧"), OFFICE),
    (c.IssueUrge(reason="再催"), OFFICE),
    (c.AddPoint(point=NewPoint(text="要点")), OFFICE),
    (c.ChangeRhythm(rhythm=Rhythm.DAILY), OFFICE),
    (c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=(MONDAY + timedelta(days=9)).date()), OFFICE),
    (REPORT, LIAISON),
    (c.ResumeMatter(), OFFICE),
    (c.RequestClosure(text="办结", over_unfinished="已够"), HEAD),
    (c.ReviewClosure(approve=False, text="材料不全"), SECOND),
    (REPORT, HEAD),
    (c.CancelMatter(reason="另行安排"), OFFICE),
    (REPORT, LIAISON),
)
"""Command and who gives it; each twice, under one id."""
TOKENS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "accepted",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: "completed",
    EventType.EVENT_TYPE_MARKER_RECORDED: "local",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_TIMER_CANCELED: "cancel",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "done",
}
Told = tuple[str, str, tuple[str, ...]]


async def test_the_same_commands_have_the_same_answers_and_the_same_history(
    dev_server: DevServer, tmp_path: Path
) -> None:
    real, real_history = await _on_the_server(dev_server, tmp_path)
    simulated, simulated_history = _simulated()
    assert simulated == real
    assert {code for code, _, _ in real} >= {"ok", "not_found", "forbidden", "cooldown", "ended"}
    assert simulated_history == real_history


async def _on_the_server(dev_server: DevServer, folder: Path) -> tuple[list[Told], list[list[str]]]:
    told: list[Told] = []
    with founded(sqlite(folder)) as log:
        async with desk(dev_server, log, MONDAY) as at:
            for n, (command, actor) in enumerate(SCRIPT):
                for _ in range(2):
                    asked = order(at.stream, command, actor, now=at.now, command_id=_id(n))
                    told.append(await _told(at.gateway, asked))
            runs = [run async for run in at.client.list_workflows(f"WorkflowId = '{at.stream}'")]
            histories = []
            for run in sorted(runs, key=lambda run: run.start_time):
                history = await at.client.get_workflow_handle(at.stream, run_id=run.run_id).fetch_history()
                histories.append(_tokens(history.events))
    return told, histories


async def _told(gateway: Any, asked: c.Order) -> Told:
    try:
        reply = await gateway.submit(asked)
    except Refusal as refusal:
        return refusal.code, refusal.message, ()
    return "ok", str(reply.version), reply.events


def _id(n: int) -> str:
    return f"script-{n:04d}"


def _tokens(events: Sequence[HistoryEvent]) -> list[str]:
    """What each run did, in order; markers of patches are not of the script."""
    return [
        TOKENS[event.event_type]
        for event in events
        if event.event_type in TOKENS and event.marker_recorded_event_attributes.marker_name != "core_patch"
    ]


def _simulated() -> tuple[list[Told], list[list[str]]]:
    """The same in a universe of clear weather, one command after the other."""
    script = [
        Wish(MINUTE + (2 * n + again) * A_SECOND, _id(n), "matter/u0", command, actor, ())
        for n, (command, actor) in enumerate(SCRIPT)
        for again in range(2)
    ]
    universe = Universe(0, script=tuple(script)).run()
    told: list[Told] = [
        ("ok", str(said.version), said.events) if said.outcome == "ok" else (said.code, said.message, ())
        for said in universe.said
    ]
    runs = [run for run in universe.server.runs if run.stream == "matter/u0"]
    return told, [_commands(run) for run in runs]


def _commands(run: Run) -> list[str]:
    known = set(TOKENS.values())
    return [command[0] for record in run.history for command in record.commands if command[0] in known]


pytestmark = pytest.mark.timeout(60)
