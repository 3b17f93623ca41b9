"""Which matters are meant: the options of `list`, and choices kept under a name (`--saved` of `list` and `batch`)."""

from datetime import date
from typing import Annotated, Any

import typer

from cli.session import Problem, session
from domain.base import Term
from domain.queries.matter_filter import MatterFilter
from domain.terms import KeyFlag, Light, MatterClass, Rung, Stage, Urgency

StageOption = Annotated[str | None, typer.Option("--stage", metavar="S", help="办理阶段，如 in_progress 或 办理中")]
LightOption = Annotated[str | None, typer.Option("--light", metavar="L", help="灯色：绿蓝黄红灰")]
LeadOption = Annotated[str | None, typer.Option("--lead", metavar="U", help="牵头单位")]
LeaderOption = Annotated[
    str | None, typer.Option("--leader", metavar="P", help="责任领导、分管领导或批示领导（编号或姓名）")
]
SupervisorOption = Annotated[str | None, typer.Option("--supervisor", metavar="P", help="督办员（编号或姓名）")]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="TEXT", help="来源或章节中的字词")]
ClassOption = Annotated[str | None, typer.Option("--class", metavar="C", help="重大、协调或常规")]
UrgencyOption = Annotated[str | None, typer.Option("--urgency", metavar="U", help="特急、加急或平件")]
FlagOption = Annotated[str | None, typer.Option("--flag", metavar="F", help="关键专项、关键项目、关键问题或关键节点")]
RungOption = Annotated[str | None, typer.Option("--rung", metavar="R", help="压力已到哪一级，如 单位负责人")]
ListedOption = Annotated[bool, typer.Option("--listed", help="只看挂牌督办的")]
OverdueOption = Annotated[bool, typer.Option("--overdue", help="只看逾期未办结的")]
UnansweredOption = Annotated[bool, typer.Option("--unanswered", help="只看漏报尚未补报的")]
SilentOption = Annotated[bool, typer.Option("--silent", help="只看本期还没有反馈的")]
TroubledOption = Annotated[bool, typer.Option("--troubled", help="只看最近一次反馈有问题的")]
OpenOption = Annotated[bool, typer.Option("--open", help="只看在办的（未销号、未撤销）")]
DueFromOption = Annotated[str | None, typer.Option("--due-from", metavar="DATE", help="时限不早于哪天")]
DueToOption = Annotated[str | None, typer.Option("--due-to", metavar="DATE", help="时限不晚于哪天")]
WordsOption = Annotated[
    str | None, typer.Option("--text", metavar="WORDS", help="要点、反馈、问题、议定等记录中的字词，须都有")
]
MineOption = Annotated[bool, typer.Option("--mine", help="只看我的：我督办、我负责、我批示、我关注，或本单位办理的")]
FollowingOption = Annotated[bool, typer.Option("--following", help="只看我关注的")]
SaveOption = Annotated[str | None, typer.Option("--save", metavar="NAME", help="把这次的条件存为一个名称，供本人再用")]
SavedOption = Annotated[str | None, typer.Option("--saved", metavar="NAME", help="用存下的条件，另写的条件优先")]


def choice(options: dict[str, Any], saved: str | None, save: str | None) -> MatterFilter:
    """The choice the options make, over the one of a saved name; kept under a name when asked.

    Args:
        options: each option by the name of its function's parameter; what was not said is None or False.
        saved: the name of a choice kept before.
        save: the name to keep this one under.

    Raises:
        Problem: a term, unit, person, day or name that is not known.
    """
    fields = {name: _READ[name](value) for name, value in options.items() if value not in (None, False)}
    base = _kept().get(saved.strip()) if saved is not None else MatterFilter()
    if base is None:
        known = "、".join(sorted(_kept())) or "还没有存过"
        raise Problem(f"没有存过名为“{saved}”的条件；已存：{known}", "not_found")
    wanted = base.model_copy(update=fields)
    if wanted.due_from and wanted.due_to and wanted.due_from > wanted.due_to:
        raise Problem(f"时限范围写反了：{wanted.due_from} 晚于 {wanted.due_to}", "malformed")
    if save is not None:
        from services.saved_choices import keep_choice

        keep_choice(session.settings.store_place, session.actor.id, save.strip(), wanted)
    return wanted


def term_of(kind: "type[Term]", option: str, text: str) -> Any:
    """The term a person means; 红灯 and 红 are one.

    Raises:
        Problem: there is no such term (exit 2).
    """
    member = kind.from_label(text.strip().removesuffix("灯"))
    if member is None:
        raise Problem(f"{option} 没有“{text}”这一项，可填：{'、'.join(m.label for m in kind)}", "malformed")
    return member


def _unit(name: str) -> str:
    from cli.lookup import the_unit

    return the_unit(name).id


def _person(name: str) -> str:
    return session.person(name, former=True).id


def _day(text: str) -> date:
    from cli.asking import typed_day

    return typed_day(text)


_READ: dict[str, Any] = {
    "stage": lambda text: term_of(Stage, "--stage", text),
    "light": lambda text: term_of(Light, "--light", text),
    "klass": lambda text: term_of(MatterClass, "--class", text),
    "urgency": lambda text: term_of(Urgency, "--urgency", text),
    "flag": lambda text: term_of(KeyFlag, "--flag", text),
    "rung": lambda text: term_of(Rung, "--rung", text),
    "lead": _unit,
    "leader": _person,
    "supervisor": _person,
    "due_from": _day,
    "due_to": _day,
    **dict.fromkeys(
        ("source", "words", "listed", "overdue", "unanswered", "silent", "troubled", "open", "mine", "following"),
        lambda value: value,
    ),
}


def _kept() -> dict[str, MatterFilter]:
    from services.saved_choices import saved_choices

    return saved_choices(session.settings.store_place, session.actor.id)
