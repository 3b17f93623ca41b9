"""`xmh org import list leave`: the directory of units and people."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.asking import confirm_command
from cli.moments import today
from cli.names import person_names, unit_names
from cli.reach import directory_before, gap_lines, gaps_as_json, nobody_to_tell, units_left
from cli.session import answer, session
from cli.shape import group
from cli.sheets import reject_file
from domain.base import refuse
from domain.event import Event
from domain.ids import OfficeStream
from domain.office import (
    Delegation,
    Person,
    PersonLeft,
    PersonRecorded,
    PostAssigned,
    Unit,
    UnitRecorded,
)
from domain.rules.delegation import revoke_all
from domain.rules.records import may_record
from domain.terms import Role
from eventlog import reading
from services.accounts import close_of_who_left
from views.directory import directory_document

if TYPE_CHECKING:
    from domain.incoming.paper import IncomingPaper
    from domain.matter import Matter
    from domain.terms import Duty

app = group(
    "通讯录：单位和人员。",
    {
        "import": "cli.org:import_",
        "list": "cli.org:list_",
        "delegate": "cli.posts:delegate",
        "revoke": "cli.posts:revoke",
        "duties": "cli.posts:duties",
        "post": "cli.posts:post",
        "transfer": "cli.posts:transfer",
        "leave": "cli.org:leave",
    },
)


class Changes:
    """What an import would add, change and leave as it is, by id."""

    def __init__(self, units: Sequence[Unit], people: Sequence[Person]) -> None:
        """Compare with the directory as it is."""
        now_units = {u.id: u for u in reading.units(session.database)}
        now_people = {p.id: Person.model_validate(p.model_dump(exclude={"left_at"})) for p in _active()}
        self.units = _compared(now_units, {u.id: u for u in units})
        self.people = _compared(now_people, {p.id: p for p in people})
        moved = {*self.units["added"], *self.units["changed"]}
        came = {*self.people["added"], *self.people["changed"]}
        self.events: list[Event] = [
            *(UnitRecorded(unit=u) for u in units if u.id in moved),
            *(PersonRecorded(person=p) for p in people if p.id in came),
        ]
        self.before = tuple(now_people.values())
        self.after = tuple({**now_people, **{p.id: p for p in people}}.values())
        """The people in office, before and when it is done."""


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="通讯录：含工作表“单位”“人员”的 .xlsx，或同名 .csv；或一张有单位、姓名、职务、手机的表"
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入")] = False,
) -> None:
    """导入通讯录：只登记有变化的单位和人员；有一处错误就整份不导入。"""
    from intake.directory import read_directory

    may_record(UnitRecorded, session.actor)
    may_record(PersonRecorded, session.actor)
    sheets = read_directory(file, known=reading.units(session.database), people=_active())
    units, people = [r.unit for r in sheets.units], [r.person for r in sheets.people]
    changes = Changes(units, people)
    document: dict[str, Any] = {
        "units": changes.units,
        "people": changes.people,
        "rejected": [{"sheet": f.sheet, "row": f.row, "column": f.column, "message": f.message} for f in sheets.faults],
        "dry_run": dry_run,
        "assumed": list(sheets.assumed),
    }
    if sheets.faults:
        reject_file(document, [*(f.line for f in sheets.faults), f"共{len(sheets.faults)}处错误，整份未导入"])
    refuse(
        Role.OFFICE not in {p.role for p in changes.after}, "导入后将没有督办员（角色 office），系统会无人能办，未导入"
    )
    if changes.events and not dry_run:
        _record(changes.events)
    left, without = _not_in_file(units, people), nobody_to_tell()
    vacant = units_left(changes.before, changes.after, told=without)
    document |= {"missing": [p.id for p in left], "unreached": gaps_as_json(without)}
    document |= {"without_liaison": gaps_as_json(vacant)}
    summary = [
        *(f"推定：{line}" for line in sheets.assumed),
        _told(changes, dry_run),
        *([_missing(left)] if left else []),
        *gap_lines(without),
        *gap_lines(vacant),
    ]
    answer(document, "\n".join(summary))


def _not_in_file(units: Sequence[Unit], people: Sequence[Person]) -> list[Person]:
    """Who is in the directory, of a unit this file lists, and not in the file: left, moved, or forgotten."""
    listed, named = {p.id for p in people}, {*(u.id for u in units), *(p.unit for p in people)}
    return [p for p in _active() if people and p.unit in named and p.id not in listed]


def _missing(people: Sequence[Person]) -> str:
    shown = "、".join(f"{p.name}（{p.id}，{p.unit}）" for p in people[:10])
    more = f"等{len(people)}人" if len(people) > 10 else ""  # noqa: PLR2004  (a line, not a list)
    return f"注意：通讯录里仍在任、而这份文件没有的：{shown}{more}；已离任的请用 xmh org leave 登记"


def _compared(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "added": [k for k in after if k not in before],
        "changed": [k for k in after if k in before and before[k] != after[k]],
        "unchanged": [k for k in after if before.get(k) == after[k]],
    }


def _told(changes: Changes, dry_run: bool) -> str:
    def line(what: str, measure: str, rows: dict[str, list[str]]) -> str:
        added, changed, same = (len(rows[k]) for k in ("added", "changed", "unchanged"))
        return f"{what}：新增{added}{measure}，变更{changed}{measure}，未变{same}{measure}"

    summary = [line("单位", "个", changes.units), line("人员", "人", changes.people)]
    if dry_run:
        summary.append("以上是试导入，没有写入；去掉 --dry-run 即正式导入")
    return "\n".join(summary)


def leave(
    person: Annotated[str, typer.Argument(metavar="P", help="离任人员（人员编号或姓名）")],
    successor: Annotated[str | None, typer.Option("--successor", metavar="Q", help="由谁接手未了职责和职务")] = None,
) -> None:
    """登记人员离任：此后不能再以其身份办理，已有记录不变；未了职责交给接手人，没有接手人的列出来，可再用本命令补交。"""
    from cli.posts import (
        anyone,
        check_successor,
        hand_over_papers,
        held_duties,
        held_papers,
        held_posts,
        reassign_duties,
        sole_liaison_of,
    )

    may_record(PersonLeft, session.actor)
    leaver = anyone(person)
    gone = leaver.left_at is not None
    refuse(
        gone and successor is None, f"{leaver.name}（{leaver.id}）已登记离任；补交未了职责请写明接手人（--successor）"
    )
    next_one = session.person(successor) if successor else None
    others = [p for p in _active() if p.id != leaver.id and p.role is Role.OFFICE]
    refuse(leaver.id == session.actor.id, "不能登记本人离任，请由其他督办员办理")
    refuse(leaver.role is Role.OFFICE and not others, f"{leaver.name}是唯一的督办员，不能登记离任")
    held, posts, papers = held_duties(leaver.id), held_posts(leaver.id), held_papers(leaver.id)
    if next_one is not None:
        check_successor(leaver, next_one, held, sole_liaison_of(leaver), papers)
    confirm_command(f"登记{leaver.name}（{leaver.id}）离任？")
    before = directory_before()
    if next_one is not None:
        reassign_duties(held, leaver.id, next_one.id, f"{leaver.name}离任")
        hand_over_papers(papers, leaver.id, next_one.id, f"{leaver.name}离任")
    passed = [PostAssigned(post=post, person=next_one.id) for post in posts] if next_one else []
    ended = revoke_all(session.directory(), leaver.id, f"{leaver.name}离任")
    if recorded := [*ended, *passed, *([] if gone else [PersonLeft(person=leaver.id)])]:
        _record(recorded)
        close_of_who_left(session.database, leaver.id, datetime.now(UTC))
    without = nobody_to_tell(units=[leaver.unit])
    vacant = units_left(before, told=without)
    answer(
        {
            "left": leaver.id,
            "successor": next_one.id if next_one else None,
            "duties": [{"matter": m.number, "title": m.title, "duty": duty.value} for m, duty in held],
            "posts": posts,
            "incoming": [p.number for p in papers],
            "unreached": gaps_as_json(without),
            "without_liaison": gaps_as_json(vacant),
        },
        "\n".join(
            [
                f"{'补交' if gone else '已登记'}{leaver.name}（{leaver.id}）离任{'的职责' if gone else ''}",
                *_left_behind(held, posts, papers, next_one.name if next_one else None),
                *gap_lines((*without, *vacant)),
            ]
        ),
    )


def _left_behind(
    held: "Sequence[tuple[Matter, Duty]]",
    posts: Sequence[str],
    papers: "Sequence[IncomingPaper]",
    successor: str | None,
) -> list[str]:
    """Who answers now for what the person answered for; of what nobody does, each, and how it is handed over."""
    from cli.posts import paper_lines

    if not held and not posts and not papers:
        return []
    count = len(held) + len(papers)
    what = "、".join([*([f"{count}项未了职责"] if count else []), *posts])
    if successor:
        return [f"{what}由{successor}接手"]
    how = (
        "换督办员用 xmh task batch --supervisor，职务用 xmh org post，责任领导用 xmh task leaders，"
        "全部交给一人用 xmh org leave --successor"
    )
    return [
        f"注意：{what}没有人接手；{how}",
        *(f"  {m.number}  {duty.label}  {m.title}" for m, duty in held),
        *paper_lines(papers),
    ]


def _active() -> tuple[reading.PersonOnRecord, ...]:
    return reading.people(session.database)


def _record(events: Sequence[Event]) -> None:
    from services.office_records import record_office_events

    record_office_events(
        session.database,
        session.database.own(OfficeStream.DIRECTORY),
        events,
        actor=session.actor,
        command_id=session.command_id or uuid4().hex,
        now=datetime.now(UTC),
    )


def list_(
    unit: Annotated[str | None, typer.Option("--unit", metavar="U", help="只看一个单位")] = None,
) -> None:
    """单位和人员一览。"""
    from cli.lookup import the_unit

    wanted = the_unit(unit).id if unit is not None else None
    if session.remote is not None:
        document = session.remote.read("/directory", unit=wanted)
    else:
        document = directory_document(session.viewer, wanted)
    answer(document, "" if session.json else _tables(document))


def _tables(shown: dict[str, Any]) -> str:
    """The directory as people read it, from here or from a server."""
    from cli.tables import table

    unit_name, person_name = unit_names(), person_names()
    units = [Unit.model_validate(one) for one in shown["units"]]
    people = [Person.model_validate(one) for one in shown["people"]]
    first = table(
        ("编号", "名称", "层级", "督办对象", "上级", "别名"),
        [
            (u.id, u.name, u.level.label, u.supervision.label, unit_name(u.parent or ""), "、".join(u.aliases))
            for u in units
        ],
        title=f"单位（{len(units)}）",
    )
    second = table(
        ("编号", "姓名", "职务", "单位", "角色", "手机", "邮箱", "秘书"),
        [
            (
                p.id,
                p.name,
                p.title or "",
                unit_name(p.unit),
                p.role.label,
                p.phone or "",
                p.email or "",
                person_name(p.secretary or ""),
            )
            for p in people
        ],
        title=f"人员（{len(people)}）",
    )
    parts = [first, second, *_given_tables(shown)]
    return "\n\n".join(parts)


def _given_tables(shown: dict[str, Any]) -> Iterator[str]:
    """Who holds which post, and which 授权 hold."""
    from cli.tables import table

    name = person_names()
    if shown["posts"]:
        yield table(("职务", "现任"), [(post, name(p)) for post, p in shown["posts"].items()], title="职务")
    given = [(one.pop("delegation"), Delegation.model_validate(one)) for one in map(dict, shown["delegations"])]
    holding = [(no, d) for no, d in given if not d.revoked and d.until >= today()]
    if holding:
        rows = [(no, name(d.giver), name(d.receiver), f"{d.since}至{d.until}", d.reason) for no, d in holding]
        yield table(("编号", "授权人", "受托人", "期限", "理由"), rows, title=f"授权（{len(holding)}）")
