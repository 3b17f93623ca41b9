"""`xmh task batch`: the same thing for many matters, tried first, with a result for each."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.answering import tell_many
from cli.asking import ByOption, PaperOption, ReasonOption, confirm_command
from cli.lookup import acting_for, the_one, the_supervisor
from cli.moments import now
from cli.sending import send_orders, task_order
from cli.session import Exit, Problem, answer, session
from cli.task import choosing as ch
from cli.task.due import due_day
from domain import commands as c
from domain.base import Refusal
from domain.breakdown import Kin, may_be_part
from domain.commands import Order
from domain.envelope import Actor, Draft
from domain.event import event_of, label_of
from domain.matter import Matter
from domain.queries.list_row import lit_rows
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.terms import Duty, Urgency
from eventlog import reading
from views.matters import fitting

_OWN = 12
"""Hex digits of a matter's own in the id of its command."""
Made = Callable[[Matter], c.MatterCommand]
"""The command for one matter."""


def batch(
    matters: Annotated[list[str] | None, typer.Argument(metavar="[M…]", help="哪些事项，或用 --saved、--from")] = None,
    saved: Annotated[
        str | None, typer.Option("--saved", metavar="NAME", help="用 list --save 存下的条件选出的在办事项")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="表中“事项”一列（编号、尾号或名称）所列的事项")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="条件选出全部在办事项时，确认就是要全部办理")] = False,
    lead: Annotated[str | None, typer.Option("--lead", metavar="U", help="交办或改派给哪个单位（配 --reason）")] = None,
    supervisor: Annotated[
        str | None, typer.Option("--supervisor", metavar="P", help="督办员换成谁（配 --reason）")
    ] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="延期到哪天（配 --reason）")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", metavar="U", help="改为特急、加急或平件")] = None,
    urge: Annotated[bool, typer.Option("--urge", help="催办")] = False,
    remind: Annotated[bool, typer.Option("--remind", help="提醒：不编号、不计入催办次数，一天一次")] = False,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只逐件核对将怎样，不办理")] = False,
) -> None:
    """批量办理：一批事项办同一件事（改派、换督办员、延期、改紧急程度、催办、提醒），逐件给出结果。"""
    made, what = _action(lead, supervisor, due, urgency, urge=urge, remind=remind, reason=reason)
    chosen = _chosen(matters, saved, source, everything=everything)
    actor = acting_for(by, paper)
    if dry_run:
        _tried(chosen, made, actor, what)
        return
    if not chosen:
        answer([], "没有符合条件的在办事项")
        return
    confirm_command(f"对{len(chosen)}件事项{what}？")
    tell_many([matter.number for matter in chosen], send_orders([_order(matter, made, actor) for matter in chosen]))


def _order(matter: Matter, made: Made, actor: Actor) -> Order:
    """The command for one matter, under an id that is its own: a repeated batch says the same to each, in any order.

    What is said may follow from how the matter stood, so what is repeated is made from how it stood then.
    """
    own = hashlib.sha256(matter.stream.encode()).hexdigest()[:_OWN]
    command_id = f"{session.command_id or uuid4().hex}-{own}"
    done = reading.find_command(session.database, command_id)
    if done is not None:
        then = reading.load(session.database, matter.stream, reading.recorded_upto(done[0].position - 1))
        matter = then.state if then is not None and isinstance(then.state, Matter) else matter
    return task_order(matter.stream, made(matter), actor).model_copy(update={"command_id": command_id})


def _action(
    lead: str | None,
    supervisor: str | None,
    due: str | None,
    urgency: str | None,
    *,
    urge: bool,
    remind: bool,
    reason: str | None,
) -> tuple[Made, str]:
    """The one thing that is asked for, and how it is called.

    Raises:
        Problem: none or several are asked for, or a reason is missing.
    """
    if [lead is not None, supervisor is not None, due is not None, urgency is not None, urge, remind].count(True) != 1:
        raise Problem(
            "请写明办哪一件事：--lead、--supervisor、--due、--urgency、--urge、--remind（六者取一）", "malformed"
        )
    if urge:
        return lambda _: c.IssueUrge(reason=reason), "催办"
    if remind:
        return lambda _: c.RemindUnit(text=reason), "提醒"
    if urgency is not None:
        wanted: Urgency = ch.term_of(Urgency, "--urgency", urgency)
        return lambda _: c.ChangeUrgency(urgency=wanted), f"改为{wanted.label}"
    if reason is None:
        raise Problem("请用 --reason 写明理由", "malformed")
    why = reason
    if lead is not None:
        from cli.lookup import the_unit

        unit = the_unit(lead)
        return lambda m: c.AssignMatter(lead=unit, reason=why if m.lead else None), f"交办{lead}"
    if supervisor is not None:
        person = the_supervisor(supervisor)

        def handed(m: Matter) -> c.MatterCommand:
            return c.ReassignDuty(duty=Duty.SUPERVISOR, from_person=m.supervisor, to_person=person, reason=why)

        return handed, f"督办员换成{supervisor}"
    day = due_day(due or "")
    return lambda _: c.ExtendLimit(to=day, reason=why), f"延期至 {day}"


def _chosen(words: Sequence[str] | None, saved: str | None, source: Path | None, *, everything: bool) -> list[Matter]:
    """The matters meant, each once; of a choice those that have not ended.

    Raises:
        Problem: not one way of naming them, or a choice that chooses nothing out.
    """
    if [bool(words), saved is not None, source is not None].count(True) != 1:
        raise Problem("请写明哪些事项：M…、--saved 或 --from（三者取一）", "malformed")
    if saved is None:
        named = list(words or ()) if source is None else _listed(source)
        matters = reading.find_each(session.database, named)
        streams = dict.fromkeys(the_one(some, word).stream for some, word in zip(matters, named, strict=True))
        return [m for stream in streams if (m := _state(stream)) is not None]
    wanted = ch.choice({}, saved, None)
    alive = [row for row in session.rights.rows() if not row.ended]
    fits = fitting(session.viewer, wanted, None)
    lights = lit_rows(alive, reading.rulebook(session.database), now())
    chosen = [row for row, lit in lights if wanted.fits_light(lit) and fits(row)]
    if len(chosen) == len(alive) > 1 and not everything:
        raise Problem(f"“{saved}”选出了全部{len(alive)}件在办事项；确要全部办理请加 --all，否则请缩小条件", "fits_all")
    return [m for row in chosen if (m := _state(row.stream)) is not None]


def _listed(source: Path) -> list[str]:
    from intake.sheets import read_table

    words = [row.text("事项") for row in read_table(source, "事项", ("事项",)).rows]
    return [word for word in words if word]


def _state(stream: str) -> Matter | None:
    loaded = reading.load(session.database, stream)
    return loaded.state if loaded and isinstance(loaded.state, Matter) else None


def _tried(chosen: Sequence[Matter], made: Made, actor: Actor, what: str) -> None:
    """What the rules would say to each, by what is known now; exit 3 when one says no. Nothing is sent."""
    context = DecisionContext(rulebook=reading.rulebook(session.database), now=now(), actor=actor)
    rows: list[dict[str, Any]] = []
    for matter in chosen:
        try:
            drafts = decide(matter, made(matter), context)
            _asked_of_its_whole(matter, drafts)
        except Refusal as refusal:
            rows.append({"matter": matter.number, "title": matter.title, "refused": refusal.message, "would": []})
        else:
            would = [label_of(draft.type) for draft in drafts]
            rows.append({"matter": matter.number, "title": matter.title, "refused": None, "would": would})
    lines = [f"{r['matter']}  {r['title']}  {'不能：' + r['refused'] if r['refused'] else '可以'}" for r in rows]
    can = sum(r["refused"] is None for r in rows)
    answer(rows, "\n".join([*lines, f"将对{can}件{what}，{len(rows) - can}件不能；确认后去掉 --dry-run 再办理"]))
    if can < len(rows):
        raise SystemExit(Exit.REFUSED)


def _asked_of_its_whole(part: Matter, drafts: Sequence[Draft]) -> None:
    """What the whole of a part would say to it; the append asks the same.

    Raises:
        Refusal: the part would end later than its whole.
    """
    if part.part_of is None:
        return
    whole = _state(part.part_of.stream)
    kin = Kin(number=whole.number, title=whole.title, stage=whole.stage, due=whole.due) if whole else None
    may_be_part(part, kin, [event_of(draft) for draft in drafts])
