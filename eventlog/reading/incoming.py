"""Incoming papers by what people call them, and which matters carry out what was instructed on them."""

import re
import unicodedata
from collections.abc import Iterable

from domain.bounds import visible
from domain.facts import InstructionRef
from domain.incoming.paper import IncomingPaper
from domain.matter import Matter
from domain.papers import spelled
from domain.terms import ENDED
from eventlog.database import Database
from eventlog.reading.states import load, states_in, states_of

CARRYING = "s.stream IN (SELECT stream FROM relations WHERE kind = 'carries' AND target = ? AND holds = 1)"
"""Which streams carry out an instruction on a paper, for `states_in`."""
_CARRIED = (
    "SELECT DISTINCT r.target FROM relations r JOIN matters m ON m.stream = r.stream "
    "WHERE r.kind = 'carries' AND r.holds = 1 AND m.stage NOT IN (?, ?)"
)
_NUMBER = re.compile(r"收〔(\d{4})〕(\d+)号")


def incoming_papers(database: Database, *, position: int | None = None) -> tuple[IncomingPaper, ...]:
    """Every incoming paper, by 收文号."""
    states = (s.state for s in states_of(database, "incoming", position=position))
    return tuple(sorted((p for p in states if isinstance(p, IncomingPaper)), key=_place))


def find_papers(database: Database, words: str) -> tuple[IncomingPaper, ...]:
    """The papers meant by 收文号, its tail (of the newest year), 来文字号, or words of the title."""
    papers = incoming_papers(database)
    wanted = _plain(words)
    called = spelled(words)
    exact = [p for p in papers if called in (p.number, p.sender_no and spelled(p.sender_no))]
    if exact or not wanted:
        return tuple(exact)
    if wanted.isdecimal():
        newest = max((_place(p)[0] for p in papers), default=0)
        return tuple(p for p in papers if _place(p) == (newest, int(wanted)))
    return tuple(p for p in papers if all(word in _plain(p.title) for word in wanted.split()))


def carrying_matters(database: Database, instruction: InstructionRef) -> tuple[Matter, ...]:
    """The matters that carry out an instruction on a paper, by number."""
    with database.reading() as transaction:
        states = states_in(transaction, CARRYING, (instruction.key,))
    return _by_number(one.state for one in states)


def carried_instructions(database: Database) -> frozenset[tuple[str, int]]:
    """Every instruction on a paper that some open matter carries, by the paper's stream and its number there."""
    with database.reading() as transaction:
        rows = transaction.all(_CARRIED, tuple(sorted(stage.value for stage in ENDED)))
    named = (target.rpartition("#") for (target,) in rows)
    return frozenset((stream, int(no)) for stream, _, no in named)


def paper_of(database: Database, stream: str) -> IncomingPaper | None:
    """The incoming paper of a stream."""
    known = load(database, stream)
    return known.state if known is not None and isinstance(known.state, IncomingPaper) else None


def _by_number(states: Iterable[object]) -> tuple[Matter, ...]:
    return tuple(sorted((m for m in states if isinstance(m, Matter)), key=lambda m: m.number))


def _place(paper: IncomingPaper) -> tuple[int, int]:
    """收〔2022〕7号 → 2022, 7."""
    match = _NUMBER.fullmatch(paper.number)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", visible(text)).casefold().strip()
