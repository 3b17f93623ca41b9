"""What matters answered, as people read it and as scripts do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.reach import gap_lines, gaps_as_json, nobody_to_tell
from cli.session import Exit, Problem, answer, problem_of, session
from domain.base import Refusal
from domain.matter import Matter
from eventlog import reading
from eventlog.errors import LogError

if TYPE_CHECKING:
    from workflows.contract import Reply


def tell_one(reply: "Reply | Exception") -> None:
    """Show a matter's answer to one order, or fail with its refusal."""
    if isinstance(reply, Exception):
        raise reply
    shown = answer_document(reply)
    answer(shown, answer_line(reply, shown))


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
