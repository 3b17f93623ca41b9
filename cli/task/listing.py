"""`xmh task listing interview card`: 挂牌 register, 约谈, 红黄牌."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.asking import ByOption, MatterArg, PaperOption, ReasonOption, TextOption, need_option, typed_term
from cli.lookup import acting_for
from cli.moments import now
from cli.names import person_names, unit_names
from cli.sending import attached_files, do_for_matter
from cli.session import Problem, answer, session
from cli.shape import Command, SealingCommand
from cli.tables import table
from cli.task.opening import moment
from cli.task.reads import secrets_of
from domain.commands import DelistMatter, HoldInterview, IssueCard, ListMatter, WithdrawCard
from domain.matter import Listing, Matter
from domain.terms import Card
from views.matters import known_matters

listing = typer.Typer(
    help="挂牌督办：挂牌（理由、摘牌条件）、摘牌、挂牌台账。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@listing.command("enter", cls=SealingCommand)
def enter(
    matter: MatterArg,
    reason: ReasonOption = None,
    exit_when: Annotated[
        str | None, typer.Option("--exit-when", metavar="TEXT", help="摘牌条件：做到什么可以摘牌")
    ] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """挂牌督办，由领导决定；会议已挂牌的，用它补明摘牌条件。"""
    do_for_matter(matter, ListMatter(reason=reason, exit_when=exit_when), acting_for(by, paper))


@listing.command("leave", cls=SealingCommand)
def leave(
    matter: MatterArg,
    met: Annotated[bool, typer.Option("--met", help="摘牌条件已达到")] = False,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """摘牌，由领导决定；条件未达到的说明理由。"""
    do_for_matter(matter, DelistMatter(met=met, reason=reason), acting_for(by, paper))


@listing.command("list", cls=Command)
def list_(
    all_: Annotated[bool, typer.Option("--all", help="连已摘牌的一起列出")] = False,
) -> None:
    """挂牌台账：何时因何挂牌、摘牌条件、约谈和红黄牌、何时摘牌。"""
    matters, _, _ = known_matters(session.database, None, now())
    units = unit_names()
    rows = [
        (m, line)
        for m in session.rights.among(matters)
        for line in m.listings
        if all_ or (line.left_on is None and not m.ended)
    ]
    document = {"listings": [_listed(m, line) for m, line in rows]}
    shown = [
        (
            d["matter"],
            d["title"],
            units(d["lead"]) if d["lead"] else "待明确",
            d["on"],
            d["exit_when"] or "未明确",
            str(d["interviews"]),
            "、".join(d["cards"]) or "—",
            d["left_on"] or "—",
        )
        for d in document["listings"]
    ]
    heads = ("编号", "事项", "牵头单位", "挂牌", "摘牌条件", "约谈", "红黄牌", "摘牌")
    answer(document, table(heads, shown) if shown else "没有挂牌督办的事项")


def _listed(matter: Matter, line: Listing) -> dict[str, Any]:
    seen = secrets_of(matter)

    def shown(text: str | None) -> str | None:
        return seen(text) if text else None

    return {
        "matter": matter.number,
        "title": matter.title,
        "lead": matter.lead,
        "on": line.on.isoformat(),
        "by": line.by,
        "reason": shown(line.reason),
        "exit_when": shown(line.exit_when),
        "interviews": sum(i.on >= line.on for i in matter.interviews),
        "cards": [c.card.label for c in matter.cards if c.withdrawn is None],
        "left_on": line.left_on.isoformat() if line.left_on else None,
        "left_reason": shown(line.left_reason),
        "met": line.met,
    }


def interview(
    matter: MatterArg,
    person: Annotated[
        list[str] | None, typer.Option("--person", metavar="P", help="约谈谁（同一单位的可多次填写）")
    ] = None,
    text: TextOption = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="约谈记录")] = None,
    occurred: Annotated[
        str | None, typer.Option("--occurred", metavar="DATE", help="哪天约谈的（当天录入不必填写）")
    ] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """约谈：办公室或领导就一个事项约谈办理单位的人员，记下谈了什么、对方如何表态。"""
    if not person:
        raise Problem("请用 --person 写明约谈了谁", "malformed")
    people = [session.person(name) for name in person]
    units = dict.fromkeys(p.unit for p in people)
    if len(units) > 1:
        raise Problem("一次约谈只记一个单位的人员，请分开登记", "malformed")
    command = HoldInterview(
        unit=people[0].unit,
        people=tuple(p.id for p in people),
        text=need_option(text, "--text", "约谈情况"),
        attachments=attached_files(attach or ()),
        occurred_at=moment(occurred),
    )
    do_for_matter(matter, command, acting_for(by, paper))


def card(
    matter: MatterArg,
    colour: Annotated[
        str | None, typer.Option("--card", metavar="黄牌|红牌", help="发哪种；不写则按规则，写错的不发")
    ] = None,
    withdraw: Annotated[int | None, typer.Option("--withdraw", metavar="N", help="撤回第几张")] = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """红黄牌：达到督办规则（[[cards]]）所列情形的，由领导批准发给牵头单位；撤回的记录保留。"""
    actor = acting_for(by, paper)
    if withdraw is not None:
        command = WithdrawCard(no=withdraw, reason=need_option(reason, "--reason", "撤回理由"))
        do_for_matter(matter, command, actor)
        return
    if reason is not None:
        raise Problem("发牌的理由由规则给出，--reason 只与 --withdraw 一起填写", "malformed")
    do_for_matter(matter, IssueCard(card=typed_term(Card, colour, "--card") if colour else None), actor)


def pressed_lines(state: Matter) -> list[str]:
    """For `task show`: how far it was carried up and why, 挂牌, 约谈, 红黄牌."""
    people, units = person_names(), unit_names()
    lines = [f"  升级 {c.on} 至{c.rung.label}：{c.reason}" for c in state.climbed]
    for line in state.listings:
        left = f"；{line.left_on} 摘牌{'，条件已达到' if line.met else ''}" if line.left_on else ""
        why = f"：{line.reason}" if line.reason else ""
        lines.append(f"  挂牌 {line.on}（{line.by}）{why}；摘牌条件：{line.exit_when or '未明确'}{left}")
    for one in state.interviews:
        who = "、".join(map(people, one.people))
        lines.append(f"  约谈 {one.on} {people(one.interviewer)}约谈{units(one.unit)}{who}：{one.text}")
    for given in state.cards:
        back = f"（已撤回：{given.withdrawn}）" if given.withdrawn else ""
        lines.append(f"  第{given.no}张{given.card.label} {given.on} {units(given.unit)}：{given.reason}{back}")
    return lines
