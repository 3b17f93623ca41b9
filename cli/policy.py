"""`xmh policy show adopt export`: the office's rules as data."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import ByOption, PaperOption, confirm_command
from cli.lookup import acting_for
from cli.moments import AsOfOption, asked_moment
from cli.moving import move_lines, record_and_move
from cli.printing.files import write_output_file
from cli.session import Problem, answer, session
from cli.shape import group
from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.envelope import Actor
from domain.ids import OfficeStream
from domain.office import PolicyAdopted
from domain.policy import Policy
from domain.queries.spoken import said_date
from domain.queries.telling import office_time
from domain.rules.records import may_record
from domain.terms import Role
from eventlog import reading

if TYPE_CHECKING:
    from services.reprojection import Pressure, Reminder

app = group(
    "督办规则：签收、反馈、催办、升级和默认时限。规则是数据，改动留痕，未办结事项的时限随之重算。",
    {"show": "cli.policy:show", "adopt": "cli.policy:adopt", "export": "cli.policy:export"},
)


def show(as_of: AsOfOption = None) -> None:
    """现行的督办规则，或某一天的。"""
    from views.policy import policy_lines

    moment = asked_moment(as_of)
    position = moment.position if moment else None
    policy = reading.rulebook(session.database, position).policy
    adopted = reading.read_stream(session.database, session.database.own(OfficeStream.POLICY), position=position)
    if not adopted:
        raise Problem(f"{as_of} 时还没有督办规则", "not_found")
    since = adopted[-1].recorded_at.astimezone(SHANGHAI)
    document: dict[str, Any] = {
        **policy.model_dump(mode="json"),
        "adopted_at": since.isoformat(),
        "adopted_by": adopted[-1].actor.id,
        "versions": len(adopted),
    }
    answer(document, "\n".join(policy_lines(policy, since.date(), len(adopted))))


def adopt(
    file: Annotated[str, typer.Argument(metavar="FILE", help="规则文件（.toml），或现成规则的名称：默认、宿迁、三明")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改变什么，不采用")] = False,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """采用一份督办规则：逐条说明改了什么；未办结事项的时限随即重算。"""
    from intake.policy_file import changes, find_policy, read_policy

    actor = acting_for(by, paper)
    may_record(PolicyAdopted, actor)
    policy = read_policy(find_policy(file))
    before = reading.rulebook(session.database).policy
    changed = changes(before, policy)
    document = {"version": policy.version, "before": before.version, "changes": changed, "dry_run": dry_run}
    if not changed and policy.version == before.version:
        answer({**document, "adopted": False}, f"现行规则就是“{before.version}”，没有变化")
        return
    refuse(
        policy.version in _versions(),
        f"“{policy.version}”这个版本名用过了，内容却不同；请在 version 另起一个版本名",
    )
    _approved(actor, before)
    lines = [f"“{before.version}” → “{policy.version}”", *(f"  {line}" for line in changed)]
    if dry_run:
        foreseen, soon = _foreseen(policy), _reminded(policy)
        preview = [f"未办结事项将有{len(foreseen)}个时限变动", *move_lines(foreseen), *soon.lines]
        ending = "以上是预演，没有采用；去掉 --dry-run 即正式采用"
        moved = [m.model_dump(mode="json") for m in foreseen]
        answer({**document, "adopted": False, "moved": moved, **soon.document}, "\n".join([*lines, *preview, ending]))
        return
    confirm_command(f"采用督办规则“{policy.version}”（{len(changed)}处改动）？")
    done = record_and_move(session.database.own(OfficeStream.POLICY), PolicyAdopted(policy=policy), actor=actor)
    answer({**document, "adopted": True, **done.document}, "\n".join(["已采用督办规则", *lines, done.told]))


def _approved(actor: Actor, before: Policy) -> None:
    """规则由领导批准: refused without one where the policy in force says so, else said aloud."""
    decider = actor.on_behalf_of or actor
    lacking = decider.role is not Role.LEADER
    refuse(lacking and before.leader_adopts, "采用督办规则须由领导批准（--by 领导 --paper 文号）", "practice")
    if lacking:
        session.advice.append("采用规则没有写明由哪位领导批准（--by 领导 --paper 文号）")
    elif actor.on_behalf_of is not None and actor.on_behalf_of.paper is None:
        refuse(before.paper_required, "代录领导决定没有写明所凭文件（--paper 文号）", "practice")
        session.advice.append("代录领导决定没有写明所凭文件（--paper 文号）")


def _versions() -> set[str]:
    """Version names used so far, unless the same content goes by it."""
    from domain.event import decode

    events = map(decode, reading.read_stream(session.database, session.database.own(OfficeStream.POLICY)))
    return {e.policy.version for e in events if isinstance(e, PolicyAdopted)}


def _foreseen(policy: Policy) -> Any:
    from services.reprojection import foreseen_moves

    rulebook = reading.rulebook(session.database)
    because = f"采用督办规则“{policy.version}”"
    return foreseen_moves(
        session.database, rulebook.model_copy(update={"policy": policy, "because": because}), datetime.now(UTC)
    )


@dataclass(frozen=True)
class _Soon:
    """What a policy would change of reminders, 催办 and 升级 of the open matters."""

    reminders: "tuple[Reminder, ...]"
    pressures: "tuple[Pressure, ...]"

    @property
    def document(self) -> dict[str, Any]:
        return {
            "near_due": [r.model_dump(mode="json") for r in self.reminders],
            "pressure": [p.model_dump(mode="json") for p in self.pressures],
        }

    @property
    def lines(self) -> list[str]:
        def said(at: datetime | None) -> str:
            return office_time(at) if at else "无"

        lines = [f"临期提醒、催办和升级将有{len(self.reminders) + len(self.pressures)}处变动"]
        lines += [f"  {r.matter}  临期提醒  {said_date(r.before)} → {said_date(r.after)}" for r in self.reminders]
        return lines + [f"  {p.matter}  {p.what}  {said(p.before)} → {said(p.after)}" for p in self.pressures]


def _reminded(policy: Policy) -> _Soon:
    from services.reprojection import moved_pressures, moved_reminders, open_matters

    was = reading.rulebook(session.database)
    wanted = was.model_copy(update={"policy": policy})
    matters = open_matters(session.database)
    now = datetime.now(UTC)
    return _Soon(moved_reminders(matters, was, matters, wanted), moved_pressures(matters, was, wanted, now))


def export(
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="写到哪个文件")] = None,
) -> None:
    """导出现行规则为 .toml 文件，供修改后采用；不写 -o 则打印。"""
    from intake.policy_file import policy_text

    policy = reading.rulebook(session.database).policy
    text = policy_text(policy)
    if output is None:
        answer({"version": policy.version, "text": text}, text.rstrip("\n"))
        return
    refuse(output.exists(), f"{output} 已存在，请换一个文件名")
    write_output_file(output, text.encode())
    answer({"version": policy.version, "file": str(output)}, f"已导出督办规则“{policy.version}”到 {output}")
