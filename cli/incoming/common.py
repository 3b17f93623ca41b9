"""What the `incoming` commands share: which paper is meant, who may look, sending, and the answer."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.moments import now, today
from cli.names import person_names
from cli.sending import sealed_under
from cli.session import Problem, answer, session
from domain.base import Frozen
from domain.envelope import Actor
from domain.facts import is_sealed
from domain.incoming.paper import IncomingPaper, PaperTask
from domain.incoming.terms import Secrecy
from domain.terms import Role
from eventlog import reading
from services.today import owed_on

PaperArg = Annotated[
    str, typer.Argument(metavar="PAPER", help="收文号（收〔2022〕7号）、尾号（7）、来文字号或标题中的字词")
]
NoOption = Annotated[int | None, typer.Option("--no", metavar="N", min=1, help="第几条批示；只有一条时不必写")]


def the_paper(words: str) -> IncomingPaper:
    """The one paper meant.

    Raises:
        Problem: none, or not the reader's to see (exit 4); several (exit 2, with the candidates).
    """
    readers_only()
    papers = reading.find_papers(session.database, words)
    if not papers:
        raise Problem(f"没有找到来文“{words}”，请先收文登记，或用 xmh incoming list 查看", "not_found")
    if len(papers) > 1:
        shown = "；".join(f"{p.number} {p.title}" for p in papers[:8])
        candidates = [{"paper": p.number, "title": p.title} for p in papers]
        raise Problem(f"“{words}”对应{len(papers)}份来文，请写收文号：{shown}", "ambiguous", candidates=candidates)
    return papers[0]


def readers_only() -> None:
    """Incoming papers are the office's and the leaders'; the auditor sees that they are there, a unit its matter.

    Raises:
        Problem: exit 4.
    """
    if not session.rights.whole:
        raise Problem("批示件由办公室和领导查阅；交办给本单位的请看督办事项", "not_found")


def the_instruction(paper: IncomingPaper, no: int | None) -> int:
    """Which instruction is meant; unsaid, the only open one.

    Raises:
        Problem: none, or several.
    """
    if no is not None:
        return no
    standing = [i for i in paper.instructions if i.open]
    if len(standing) == 1:
        return standing[0].no
    if not standing:
        none = "没有领导批示（圈阅不是批示）" if not paper.instructions else "没有未办结的批示"
        raise Problem(f"{paper.number} {none}", "nothing_to_say")
    listed = "、".join(str(i.no) for i in standing)
    raise Problem(f"{paper.number} 有第{listed}条批示，请用 --no 写明是哪一条", "malformed")


def send(stream: str, command: Frozen, actor: Actor | None = None, *, nth: int | None = None) -> IncomingPaper:
    """Record a command to a paper, its secret words sealed; the `nth` of several under one command id."""
    from services.incoming_papers import act_on_paper

    return act_on_paper(
        session.database,
        stream,
        sealed_under(stream, command),
        actor=actor or session.actor,
        command_id=f"{session.command_id or uuid4().hex}{f'/paper/{nth}' if nth else ''}",
        now=now(),
    )


def secret_when_work(paper: IncomingPaper) -> None:
    """What is said of a 工作秘密件 is sealed without being asked."""
    session.secret = session.secret or paper.secrecy is Secrecy.WORK


def tell(paper: IncomingPaper, line: str, **more: Any) -> None:
    """The answer to a command: where the paper stands, what changed, and what is next."""
    next_ = [what_is_owed(o) for o in owed_today(paper)]
    document = {"paper": paper.number, "stage": paper.stage.value, "version": paper.version, "next": next_, **more}
    text = f"{paper.number}  {line}  →  {paper.stage.label}"
    answer(document, "\n".join([text, *(f"  待办：{one}" for one in next_)]))


def owed_today(paper: IncomingPaper) -> list[PaperTask]:
    """What waits on a paper today."""
    return owed_on(session.database, paper, today())


def what_is_owed(owed: PaperTask) -> str:
    """One thing owed, with the leader whose it is."""
    return f"{person_names()(owed.leader)}{owed.what}" if owed.leader else owed.what


def words_of(paper: IncomingPaper) -> Callable[[str], str]:
    """How this reader sees the paper's words."""
    from eventlog.secrets import readable_text
    from views.viewer import HIDDEN

    allowed = session.rights.of_office

    def seen(text: str) -> str:
        if not is_sealed(text):
            return text
        return readable_text(session.database, paper.stream, text) if allowed else HIDDEN

    return seen


def leader_ids(names: Sequence[str]) -> tuple[str, ...]:
    """Ids of the leaders a paper is submitted to.

    Raises:
        Problem: nobody or several are so called, or one is no leader.
    """
    people = [session.person(name) for name in names]
    for person in people:
        if person.role is not Role.LEADER:
            raise Problem(f"{person.name}（{person.id}）不是领导，不能呈批", "malformed")
    return tuple(p.id for p in people)
