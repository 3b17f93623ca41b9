"""`xmh task merge wait follow`: one matter and another, and who keeps an eye on it."""

from datetime import date
from typing import Annotated

import typer

from cli.answering import answer_document, answer_line
from cli.asking import ByOption, MatterArg, MattersArg, PaperOption, ReasonOption, confirm_command, need_option
from cli.lookup import acting_for, the_matter
from cli.names import unit_names
from cli.sending import do_for_matter, do_for_matters, send_orders, task_order
from cli.session import Problem, answer, session
from cli.task.reads import secrets_of
from domain.commands import DropPredecessor, FollowMatter, MergeMatter, SetPredecessor
from domain.confidential import opened
from domain.event import decode
from domain.events import MatterMerged
from domain.facts import MatterRef
from domain.matter import Matter
from eventlog import reading
from eventlog.reading import ListedMatter
from views.tree import state_of


def merge(
    matter: MatterArg,
    into: Annotated[str | None, typer.Option("--into", metavar="N", help="并入哪个事项（继续办理的那一件）")] = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """合并：同一件事立了两项的，M 并入 N；M 的编号和来龙去脉保留，此后只在 N 办理。"""
    target = the_matter(need_option(into, "--into", "并入的事项"))
    twin, merged = (state_of(session.database, one, None) for one in (target.stream, the_matter(matter).stream))
    assert twin is not None  # noqa: S101  (it was listed just now)
    assert merged is not None  # noqa: S101
    why = need_option(reason, "--reason", "合并理由")
    confirm_command(f"{merged.number} “{merged.title}”并入 {twin.number} “{twin.title}”？")
    command = MergeMatter(into=_ref(target), into_due=_limit_decided_on(twin), reason=why)
    [reply] = send_orders([task_order(merged.stream, command, acting_for(by, paper))])
    if isinstance(reply, Exception):
        raise reply
    notes = _left_over(merged, twin) if reply.events else []
    shown = answer_document(reply)
    answer({**shown, "into": twin.number, "notes": notes}, "\n".join([answer_line(reply, shown), *notes]))


def wait(
    matter: MatterArg,
    after: Annotated[str | None, typer.Option("--for", metavar="N", help="前置事项：N 办结以后 M 才能推进")] = None,
    drop: Annotated[str | None, typer.Option("--drop", metavar="N", help="取消这个前置事项（配 --reason）")] = None,
    reason: ReasonOption = None,
) -> None:
    """前置事项：写明 M 在等哪一件；前置事项拖期时，today 和 show 会提醒。"""
    if (after is None) == (drop is None):
        raise Problem("请写明 --for 或 --drop（二者取一）", "malformed")
    if after is not None:
        do_for_matter(matter, SetPredecessor(earlier=_ref(the_matter(after))))
    else:
        why = need_option(reason, "--reason", "取消理由")
        do_for_matter(matter, DropPredecessor(earlier=_ref(the_matter(drop or "")), reason=why))


def follow(
    matters: MattersArg,
    stop: Annotated[bool, typer.Option("--stop", help="不再关注")] = False,
) -> None:
    """关注：此后在 today 单列，也可用 list --following 查看；只对本人有效。"""
    do_for_matters(matters, FollowMatter(stop=stop))


def _ref(listed: ListedMatter) -> MatterRef:
    return MatterRef(stream=listed.stream, number=listed.number)


def _limit_decided_on(twin: Matter) -> date:
    """The twin's limit as the office sees it; of a merge that is repeated, as it saw it then."""
    done = reading.find_command(session.database, session.command_id) if session.command_id else None
    then = [event.due for event in map(decode, done or ()) if isinstance(event, MatterMerged)]
    return then[0] if then else twin.due


def _left_over(merged: Matter, twin: Matter) -> list[str]:
    """What the office should see of the merged matter before it forgets it."""
    names = unit_names()
    merged = opened(merged, secrets_of(merged))
    notes = []
    if merged.lead and merged.lead not in twin.units:
        notes.append(f"{names(merged.lead)} 原牵头 {merged.number}，不在 {twin.number} 的办理单位中")
    if left := [p for p in merged.points if p.open]:
        notes.append(f"{merged.number} 有{len(left)}个要点未完成：{'；'.join(p.text for p in left)}")
    if twin.due > merged.due:
        notes.append(f"时限由 {merged.due} 改按 {twin.number} 的 {twin.due}")
    return notes
