"""What the `task` commands share: which matter is meant, who decides, and sending."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.reach import gap_lines, gaps_as_json, nobody_to_tell
from cli.session import Exit, Problem, answer, problem_of, session
from domain.base import Frozen, Refusal, Term, refuse
from domain.bounds import cleaned, seen, within_bounds
from domain.calendar import local_date
from domain.commands import MatterCommand, Order
from domain.confidential import sealed
from domain.envelope import Actor, OnBehalf
from domain.facts import Attachment, UnitRef
from domain.matter import Matter
from domain.queries.spoken import spoken_date
from domain.rules.context import DecisionContext
from domain.rules.practice import CONCERNED, shortfalls
from domain.terms import Role
from eventlog import reading
from eventlog.errors import LogError
from eventlog.patience import answer_deadline, lift_answer_limit, time_left, time_not_counted

if TYPE_CHECKING:
    from typing import TypeVar

    from services.gateway import Gateway
    from workflows.contract import Reply

    F = TypeVar("F", bound=Frozen)
    R = TypeVar("R")
    T = TypeVar("T", bound=Term)

VALID_FOR = timedelta(minutes=15)
MOST_IN_TIME = 50
"""So many commands at once are answered within the time of one."""
WAKE_WITHIN = 8.5
"""Seconds to tell a workflow that it may look: what is recorded is found without that too."""
MOST_ATTACHED = 100 * 1024 * 1024
MOST_PAPER = 200
"""Characters of the 文号 or name of a paper."""

MatterArg = Annotated[str, typer.Argument(metavar="M", help="事项编号（XMH-2022-007）、尾号（7）或名称中的字词")]
MattersArg = Annotated[list[str], typer.Argument(metavar="M…", help="一个或多个事项：编号、尾号或名称中的字词")]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="PERSON", help="作出决定的领导（代录时填写，人员编号或姓名）")
]
PaperOption = Annotated[
    str | None, typer.Option("--paper", metavar="REF", help="代录领导决定所凭的文件（文号、纪要、签批件）")
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="理由")]
TextOption = Annotated[str | None, typer.Option("--text", metavar="TEXT", help="内容；写 - 则由标准输入读取")]
OverOption = Annotated[
    str | None,
    typer.Option("--over-open-children", metavar="TEXT", help="分解的事项还没有全部办结而先行结束的理由"),
]
UnfinishedOption = Annotated[
    str | None,
    typer.Option("--over-unfinished", metavar="TEXT", help="进度、要点、指标或证明材料尚有未完成而办结的理由"),
]


def now() -> datetime:
    """The moment of this run of a `task` command."""
    return datetime.now(UTC)


def today() -> date:
    """The date of this run in Shanghai, whatever the machine's zone."""
    return local_date(now())


def need_option(value: str | None, option: str, question: str) -> str:
    """A required option of a command: asked for on a terminal, else refused.

    Raises:
        Problem: it is missing and nobody can be asked (exit 2).
    """
    value = typed_text(value, question)
    if value is None and session.asks:
        with time_not_counted():
            value = typer.prompt(question)
    if value is None or not value.strip():
        raise Problem(f"缺少{question}，请用 {option} 填写", "malformed")
    return value


def typed_text(value: str | None, question: str) -> str | None:
    """A text option; `-` stands for standard input, so that a secret need not stand in the list of processes.

    On a terminal it is asked for without being shown.
    """
    if value != "-":
        return value
    if sys.stdin.isatty():
        with time_not_counted():
            return str(typer.prompt(f"{question}（输入时不显示）", hide_input=True))
    from sheets.input_file import read_text

    with time_not_counted():
        return read_text(Path("-")).strip()


def confirm_command(question: str) -> None:
    """Ask before a command that cannot be taken back; a pipe, `--json` or `--yes` asks nothing."""
    if session.asks:
        session.echo()
    with time_not_counted():
        refused = session.asks and not typer.confirm(question)
    if refused:
        raise Problem("已取消，未作任何改动", "aborted")


def typed_term(kind: "type[T]", text: str, option: str, offered: "Sequence[T] | None" = None) -> "T":
    """The term an option means by Chinese label or English value. `offered` are those to be named, else all.

    Raises:
        Problem: there is no such term (exit 2).
    """
    member = kind.from_label(text.strip())
    if member is None:
        choices = "、".join(m.label for m in offered or kind)
        raise Problem(f"{option} 没有“{text}”这一项，可填：{choices}", "malformed")
    return member


def typed_day(text: str) -> date:
    """The date an option means, as people say it."""
    spoken = spoken_date(text, today())
    session.understood(text, spoken)
    return spoken


def the_matter(words: str) -> reading.ListedMatter:
    """The one matter meant by its number, its tail, or words of its title.

    Raises:
        Problem: as `the_one`.
    """
    return the_one(reading.find_matters(session.database, words), words)


def the_one(matters: Sequence[reading.ListedMatter], words: str) -> reading.ListedMatter:
    """The only one of those that fit the words.

    Raises:
        Problem: none (exit 4), or several (exit 2, with the candidates).
    """
    if len(matters) == 1:
        return matters[0]
    if not matters:
        raise Problem(f"没有找到事项“{words}”，请用 xmh task list 查看编号", "not_found")
    shown = "；".join(f"{m.number} {m.title}" for m in matters[:8]) + ("……" if len(matters) > 8 else "")  # noqa: PLR2004
    candidates = [{"matter": m.number, "title": m.title} for m in matters]
    raise Problem(f"“{words}”对应{len(matters)}个事项，请写明编号：{shown}", "ambiguous", candidates=candidates)


def the_unit(name: str) -> UnitRef:
    """The unit an option means by id, name or alias; never guessed.

    Raises:
        Problem: none (exit 4), or several (exit 2).
    """
    from intake.directory import UnitIndex

    units = UnitIndex(reading.units(session.database)).find(name)
    if not units:
        raise Problem(f"通讯录里没有单位“{name}”，请用 xmh org list 查看，或先 xmh org import", "not_found")
    if len(units) > 1:
        shown = "、".join(u.name for u in units)
        raise Problem(f"“{name}”对应多个单位：{shown}，请写全称或编号", "ambiguous")
    return UnitRef(id=units[0].id, supervision=units[0].supervision)


def the_supervisor(name: str) -> str:
    """The 督办员 meant by id or name; a leader who opens a matter supervises it himself.

    Raises:
        Problem: there is no such person, or several.
        Refusal: the person is of a unit, or an auditor.
    """
    person = session.person(name)
    refuse(person.role not in (Role.OFFICE, Role.LEADER), f"{person.name}（{person.id}）不是督办员，不能督办事项")
    return person.id


def acting_for(by: str | None = None, paper: str | None = None) -> Actor:
    """Who acts in a `task` command, and for whom: `--by` records who decided and who typed (代录)."""
    if by is None:
        if paper is not None:
            raise Problem("--paper 须与 --by 一起使用，写明是谁的决定", "malformed")
        return session.actor
    if session.for_person is not None:
        raise Problem("--by（代录）与 --for-person（授权代办）二者取一", "malformed")
    if paper is not None and len(paper) > MOST_PAPER:
        raise Problem(f"--paper 有{len(paper)}字，只写文号或文件名，最多{MOST_PAPER}字", "malformed")
    decider = session.person(by)
    if decider.id == session.actor.id:
        return session.actor
    behalf = OnBehalf(id=decider.id, role=decider.role, unit=decider.unit, paper=paper)
    return session.actor.model_copy(update={"on_behalf_of": behalf})


def attached_files(paths: Sequence[Path]) -> tuple[Attachment, ...]:
    """Copies of attached files in the home, named by their hash; the log only holds name, hash and size."""
    return tuple(map(_attached, paths))


def _attached(path: Path) -> Attachment:
    from eventlog.attachments import keep_attachment
    from sheets.input_file import file_pieces, opened_file

    with opened_file(path, MOST_ATTACHED) as file:
        refuse(os.fstat(file.fileno()).st_size == 0, f"附件 {path.name} 是空文件，请核对", "malformed")
        # A name written in another encoding than UTF-8 is kept as it reads.
        name = seen(os.fsencode(path.name).decode("gb18030", "replace")) if not path.name.isprintable() else path.name
        return keep_attachment(session.settings.home, file_pieces(file, name, MOST_ATTACHED), name)


def task_order(
    stream: str, command: MatterCommand, actor: Actor | None = None, occurred_at: datetime | None = None, nth: int = 0
) -> Order:
    """The order of a `task` command, its secret words sealed. `nth` keeps ids apart when one run sends several."""
    base, actor = session.command_id or uuid4().hex, actor or session.actor
    _advise(stream, command, actor)
    return Order(
        command_id=f"{base}-{nth}" if nth else base,
        stream=stream,
        actor=actor,
        command=sealed_under(stream, command),
        valid_until=now() + VALID_FOR,
        occurred_at=occurred_at,
    )


def _advise(stream: str, command: MatterCommand, actor: Actor) -> None:
    """Keep for the answer what good practice would have had of the command; what the policy requires the rule says."""
    if not isinstance(command, CONCERNED) and actor.on_behalf_of is None:
        return
    loaded = reading.load(session.database, stream)
    matter = loaded.state if loaded is not None else None
    context = DecisionContext(rulebook=reading.rulebook(session.database), now=now(), actor=actor)
    lacking = shortfalls(matter if isinstance(matter, Matter) else None, command, context)
    advice = [one.message for one in lacking if not one.required]
    session.advice += advice
    if isinstance(matter, Matter) and advice:
        session.advised.setdefault(matter.number, []).extend(advice)


def sealed_under(stream: str, command: "F") -> "F":
    """Under which stream's key a command's words are sealed: a leader's always, others with `--secret`."""

    def seal(text: str) -> str:
        from eventlog.secrets import seal_text as under_key

        return under_key(session.database, stream, text)

    plain = cleaned(command)
    within_bounds(plain)  # once sealed, nobody sees what is in it
    return sealed(plain, seal, secret=session.secret)


def send_orders(orders: Sequence[Order]) -> list[Any]:
    """Submit orders through the gateway; an answer or the exception for each, in order. Very many take their time."""
    if len(orders) > MOST_IN_TIME:
        lift_answer_limit()
    return asyncio.run(_send(orders))


async def _send(orders: Sequence[Order]) -> list[Any]:
    gateway = await the_gateway()
    return await gateway.submit_all(orders)


async def told_in_time(telling: "Awaitable[R]", within: float = WAKE_WITHIN) -> "R":
    """What a reading beside the answer tells in time; it keeps nobody waiting.

    Raises:
        TimeoutError: it was not told in time.
    """
    return await asyncio.wait_for(telling, time_left(within))


async def the_gateway() -> "Gateway":
    """The gateway to the matters' workflows, connected.

    Raises:
        Problem: no service runs on this home (exit 5).
        Unreachable: it does not answer.
    """
    from services.gateway import Gateway, connect

    settings = session.settings
    if settings.address is None:
        raise Problem(f"督办服务没有运行（数据目录 {settings.home}），请先运行 xmh up --detach", "unreachable")
    client = await connect(settings.address, settings.temporal_namespace)
    return Gateway(client, session.database, settings.task_queue, settings.door, answer_by=answer_deadline())


def tell_one(reply: "Reply | Exception") -> None:
    """Show a matter's answer to one order, or fail with its refusal."""
    if isinstance(reply, Exception):
        raise reply
    shown = answer_document(reply)
    answer(shown, answer_line(reply, shown))


def do_for_matter(
    words: str, command: MatterCommand, actor: Actor | None = None, occurred_at: datetime | None = None
) -> None:
    """Send one command to one matter and show its answer."""
    stream = the_matter(words).stream
    tell_one(send_orders([task_order(stream, command, actor, occurred_at)])[0])


def do_for_matters(words: Sequence[str], command: MatterCommand, actor: Actor | None = None) -> None:
    """Send the same command to several matters and show their answers; the first refusal decides the exit code."""
    if len(words) == 1:
        do_for_matter(words[0], command, actor)
        return
    matters = [the_matter(w) for w in words]
    orders = [task_order(m.stream, command, actor, nth=n) for n, m in enumerate(matters)]
    tell_many([m.number for m in matters], send_orders(orders))


def tell_many(
    numbers: Sequence[str],
    replies: Sequence["Reply | Exception"],
    *,
    handed: bool = False,
    more: Sequence[Sequence[str]] = (),
) -> None:
    """Show several answers; what was refused is shown in its place. Of what was `handed` over, who cannot be told.

    `more` are further lines to each answer, under `notes` for scripts.
    """
    documents: list[dict[str, Any]] = []
    lines: list[str] = []
    worst = Exit.DONE
    for n, (number, reply) in enumerate(zip(numbers, replies, strict=True)):
        if isinstance(reply, Exception):
            problem = _problem(reply)
            worst = max(worst, problem.exit_code)
            documents.append({"matter": number, "error": {"code": problem.code, "message": problem.message}})
            lines.append(f"{number}  未办：{problem.message}")
        else:
            without = nobody_to_tell(matters=[reply.matter]) if handed else ()
            notes = list(more[n]) if more else []
            unreached = {"unreached": gaps_as_json(without)} if handed else {}
            shown = answer_document(reply)
            advice = session.advised.get(reply.matter)
            more_of = {"notes": notes} if notes else {}
            documents.append({**shown, **unreached, **more_of, **({"advice": advice} if advice else {})})
            lines += [answer_line(reply, shown), *notes, *gap_lines(without)]
    answer(documents, "\n".join(lines))
    if worst:
        raise SystemExit(worst)


def _problem(error: Exception) -> Problem:
    if isinstance(error, Refusal):
        return problem_of(error)
    from cli.explain import explain_error

    return explain_error(error)


def answer_document(reply: "Reply") -> dict[str, Any]:
    """A matter's answer as scripts read it; `changed` are numbers given, limits moved and rung reached, in words."""
    return {
        "matter": reply.matter,
        "stage": reply.stage.value,
        "version": reply.version,
        "light": reply.light.value,
        "light_reason": reply.light_reason,
        "changed": _changed(reply),
    }


def _changed(reply: "Reply") -> list[str]:
    """What the command changed; nothing when the log cannot be read just now, for the command itself is recorded."""
    from domain.queries.changed import changed_by_command

    if not reply.events:
        return []
    try:
        events = reading.read_stream(session.database, reply.stream)
    except LogError:
        return []
    upto = [e for e in events if e.version <= reply.version]
    before = upto[: len(upto) - len(reply.events)]
    states = [reading.folded_state(reply.stream, part).state if part else None for part in (before, upto)]
    old, new = (state if isinstance(state, Matter) else None for state in states)
    return list(changed_by_command(old, new)) if new is not None else []


def answer_line(reply: "Reply", shown: dict[str, Any]) -> str:
    """A matter's answer as people read it, from the one for scripts."""
    from domain.event import label_of

    done = "、".join(dict.fromkeys(label_of(e) for e in reply.events)) or "没有变化"
    more = f"  （{'；'.join(shown['changed'])}）" if shown["changed"] else ""
    return f"{reply.matter}  {done}{more}  →  {reply.stage.label}  {reply.light_reason}"
