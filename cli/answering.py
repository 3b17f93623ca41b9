"""What matters answered, as people read it and as scripts do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.reach import gap_lines, gaps_as_json, nobody_to_tell
from cli.session import Exit, Problem, answer, problem_of, session
from domain.base import Refusal

if TYPE_CHECKING:
    from workflows.contract import Reply


def tell_one(reply: "Reply | Exception") -> None:
    """Show a matter's answer to one order, or fail with its refusal."""
    if isinstance(reply, Exception):
        raise reply
    shown = answer_document(reply)
    answer(shown, answer_line(reply, shown))


def tell_document(answered: dict[str, Any]) -> None:
    """Show what a server answered to one order, as `tell_one` does of a reply."""
    answer({key: value for key, value in answered.items() if key != "events"}, line_of_document(answered))


def tell_documents(numbers: Sequence[str], answered: "Sequence[dict[str, Any] | Exception]") -> None:
    """Show what a server answered to several orders, as `tell_many` does of replies."""
    documents, lines, worst = list[dict[str, Any]](), list[str](), Exit.DONE
    for number, one in zip(numbers, answered, strict=True):
        if isinstance(one, Exception):
            worst = max(worst, _told_fault(number, one, documents, lines))
        else:
            documents.append({key: value for key, value in one.items() if key != "events"})
            lines.append(line_of_document(one))
    answer(documents, "\n".join(lines))
    if worst:
        raise SystemExit(worst)


def line_of_document(answered: dict[str, Any]) -> str:
    """A server's answer as people read it."""
    from workflows.contract import Reply

    reply = Reply(stream="", **{key: answered[key] for key in _OF_REPLY})
    return answer_line(reply, answered)


def _told_fault(number: str, fault: Exception, documents: list[dict[str, Any]], lines: list[str]) -> Exit:
    """What was refused, in its place among the answers; the exit code it asks for."""
    problem = _problem(fault)
    documents.append({"matter": number, "error": {"code": problem.code, "message": problem.message}})
    lines.append(f"{number}  未办：{problem.message}")
    return problem.exit_code


_OF_REPLY = ("matter", "stage", "version", "light", "light_reason", "events")


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
            worst = max(worst, _told_fault(number, reply, documents, lines))
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
    """A matter's answer as scripts read it."""
    from services import answers

    return answers.answer_document(session.database, reply)


def answer_line(reply: "Reply", shown: dict[str, Any]) -> str:
    """A matter's answer as people read it, from the one for scripts."""
    from domain.event import label_of

    done = "、".join(dict.fromkeys(label_of(e) for e in reply.events)) or "没有变化"
    more = f"  （{'；'.join(shown['changed'])}）" if shown["changed"] else ""
    return f"{reply.matter}  {done}{more}  →  {reply.stage.label}  {reply.light_reason}"
