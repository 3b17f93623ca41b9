"""`xmh suggestion write list show answer`: what burdens a unit, and what the office answers."""

from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.asking import TextOption, need_option, typed_term
from cli.lookup import the_matter
from cli.moments import now
from cli.session import answer, session
from cli.shape import group
from cli.tables import table
from domain.facts import MatterRef
from domain.suggestions import AnswerSuggestion, MakeSuggestion, Suggestion, SuggestionKind, SuggestionOutcome
from views.suggestions import seen_suggestions, suggestion_document, the_suggestion

app = group(
    "意见建议：单位提出什么是负担、什么重复要求，办公室公开答复本单位。",
    {
        "write": "cli.suggestion:write",
        "list": "cli.suggestion:list_",
        "show": "cli.suggestion:show",
        "answer": "cli.suggestion:answer_",
    },
)
KINDS, OUTCOMES = "|".join(k.label for k in SuggestionKind), "|".join(o.label for o in SuggestionOutcome)
NumberArg = Annotated[str, typer.Argument(metavar="编号", help="如 建议〔2026〕3号，见 xmh suggestion list")]


def write(
    text: TextOption = None,
    kind: Annotated[str, typer.Option("--kind", metavar=KINDS, help="关于什么")] = SuggestionKind.OTHER.label,
    matter: Annotated[str | None, typer.Option("--matter", metavar="M", help="涉及哪个事项")] = None,
) -> None:
    """提出意见建议：什么是负担，什么要求重复；本单位的人都能看到答复。"""
    words, about = need_option(text, "--text", "内容"), typed_term(SuggestionKind, kind, "--kind")
    command_id = session.command_id or uuid4().hex
    if session.remote is not None:
        number = the_matter(matter).number if matter else None
        _tell(session.remote.post("/suggestions", {"kind": about.value, "text": words, "matter": number}, command_id))
        return
    from services.suggestions import record_suggestion

    listed_matter = the_matter(matter) if matter else None
    concerned = MatterRef(stream=listed_matter.stream, number=listed_matter.number) if listed_matter else None
    command = MakeSuggestion(kind=about, text=words, matter=concerned)
    _tell_of(record_suggestion(session.database, command, actor=session.actor, command_id=command_id, now=now()))


def list_(
    open_: Annotated[bool, typer.Option("--open", help="只看还没有答复的")] = False,
) -> None:
    """意见建议一览：本单位的；办公室、领导和审计员看全部。"""
    if session.remote is not None:
        rows = session.remote.read("/suggestions", open=open_)["suggestions"]
    else:
        rows = seen_suggestions(session.viewer, waiting=open_)
    lines = [
        (r["suggestion"], r["kind_label"], r["unit_name"], r["text"].replace("\n", " "), _answered(r)) for r in rows
    ]
    none = "没有等待答复的意见建议" if open_ else "还没有意见建议"
    shown = table(("编号", "类别", "单位", "内容", "答复"), lines) if lines else none
    answer({"suggestions": rows}, shown)


def show(number: NumberArg) -> None:
    """一条意见建议和答复。"""
    if session.remote is not None:
        _tell(session.remote.read("/suggestion", number=number))
        return
    _tell_of(the_suggestion(session.viewer, number))


def answer_(
    number: NumberArg,
    text: TextOption = None,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar=OUTCOMES, help="结果")
    ] = SuggestionOutcome.EXPLAINED.label,
) -> None:
    """答复：由办公室或领导，提出的单位都能看到；可以再次补充。"""
    result, words = typed_term(SuggestionOutcome, outcome, "--outcome"), need_option(text, "--text", "答复")
    command_id = session.command_id or uuid4().hex
    if session.remote is not None:
        body = {"number": number, "outcome": result.value, "text": words}
        _tell(session.remote.post("/suggestions/answer", body, command_id))
        return
    from services.suggestions import record_answer

    command = AnswerSuggestion(outcome=result, text=words)
    _tell_of(record_answer(session.database, number, command, actor=session.actor, command_id=command_id, now=now()))


def _answered(shown: dict[str, Any]) -> str:
    return shown["answers"][-1]["outcome_label"] if shown["answers"] else "待答复"


def _tell_of(one: Suggestion) -> None:
    _tell(suggestion_document(session.viewer, one))


def _tell(shown: dict[str, Any]) -> None:
    about = f"（{shown['matter']}）" if shown["matter"] else ""
    lines = [f"{shown['suggestion']}  {shown['kind_label']}  {shown['unit_name']}{about}", f"  {shown['text']}"]
    lines += [f"  {a['at'][:10]} {a['by']}答复（{a['outcome_label']}）：{a['text']}" for a in shown["answers"]]
    answer(shown, "\n".join(lines if shown["answers"] else [*lines, "  待答复"]))
