"""`xmh task open accept decline assign`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.answering import answer_document, line_of_document
from cli.asking import ByOption, MatterArg, MattersArg, PaperOption, ReasonOption, need_option, typed_term, typed_text
from cli.lookup import acting_for, the_matter, the_supervisor, the_unit
from cli.moments import began_on, past_day, today
from cli.reach import gap_lines
from cli.sending import asked_of_server, do_for_matter, do_for_matters, send_orders, task_order
from cli.session import Problem, answer, session
from cli.task.due import due_day
from cli.task.opening_options import (
    ApproverOption,
    AskerOption,
    AssistOption,
    BasisKindOption,
    BasisNoOption,
    BasisOption,
    ClassOption,
    DueOption,
    DuplicateReasonOption,
    FlagOption,
    IndicatorOption,
    InheritedOption,
    InstructionOption,
    KeyOption,
    KindOption,
    LeadersOption,
    LeadOption,
    OccurredOption,
    OriginNoOption,
    OriginOption,
    PeriodOption,
    PersonOption,
    PointOption,
    RhythmOption,
    SectionOption,
    SourceOption,
    SupervisorOption,
    TitleOption,
    UrgencyOption,
)
from cli.task.parts import ParentOption, WeightOption, part_of, the_whole
from cli.terminal import plain
from domain.base import Refusal
from domain.bounds import plausible
from domain.calendar import at_office, local_date
from domain.commands import AcceptReceipt, AssignMatter, DeclineReceipt, OpenMatter, SetLeaders
from domain.envelope import Actor
from domain.facts import MOST_DECIMALS, Basis, Checkpoint, NewIndicator, NewPoint, Origin, UnitRef
from domain.ids import matter_stream
from domain.matter import Matter
from domain.notices.reach import Unreached
from domain.periods import STANDING, PeriodLength, period_label, period_named
from domain.policy import DueRule
from domain.queries.reported import scaled_number
from domain.queries.spoken import said_date
from domain.rules.rhythm import usual_rhythm
from domain.terms import BasisKind, KeyFlag, MatterClass, MatterKind, Per, ReportChannel, Rhythm, Role, Urgency
from eventlog import reading
from eventlog.patience import time_not_counted


def open_(
    title: TitleOption = None,
    due: DueOption = None,
    basis: BasisOption = None,
    basis_kind: BasisKindOption = BasisKind.DOCUMENT.label,
    basis_no: BasisNoOption = None,
    approver: ApproverOption = None,
    lead: LeadOption = None,
    assist: AssistOption = None,
    person: PersonOption = None,
    supervisor: SupervisorOption = None,
    source: SourceOption = None,
    section: SectionOption = None,
    leader: LeadersOption = None,
    kind: KindOption = MatterKind.ROUTINE.label,
    klass: ClassOption = MatterClass.ORDINARY.label,
    key_flag: FlagOption = None,
    rhythm: RhythmOption = None,
    urgency: UrgencyOption = Urgency.NORMAL.label,
    instruction: InstructionOption = None,
    occurred: OccurredOption = None,
    point: PointOption = None,
    indicator: IndicatorOption = None,
    duplicate_reason: DuplicateReasonOption = None,
    inherited: InheritedOption = None,
    parent: ParentOption = None,
    weight: WeightOption = None,
    period: PeriodOption = None,
    origin: OriginOption = None,
    origin_no: OriginNoOption = None,
    asker: AskerOption = None,
    key: KeyOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """立项；写明牵头单位的同时交办。"""
    title, instruction = need_option(title, "--title", "事项名称"), typed_text(instruction, "领导批示原文")
    whole = the_whole(parent, weight)
    came = _origin(origin, origin_no, asker or ())
    grounds = _grounds(basis or (str(came) if came else None), basis_kind, basis_no, approver, whole)
    sort, pressing = typed_term(MatterClass, klass, "--class"), typed_term(Urgency, urgency, "--urgency")
    since, endless = _occurred(occurred), _period(period)
    command = OpenMatter(
        title=title,
        basis=grounds,
        due=_limit(due, whole, grounds.kind, pressing, sort, since)
        if due or (endless is None and came is None)
        else None,
        kind=typed_term(MatterKind, kind, "--kind"),
        klass=sort,
        flags=tuple(typed_term(KeyFlag, f, "--flag") for f in key_flag or ()),
        urgency=pressing,
        rhythm=typed_term(Rhythm, rhythm, "--rhythm") if rhythm else usual_rhythm(sort),
        source=source,
        section=section,
        leaders=_the_leaders(leader or ()),
        lead=_the_lead(lead),
        assist=tuple(the_unit(u) for u in assist or ()),
        person=session.person(person).id if person else None,
        supervisor=the_supervisor(supervisor) if supervisor else None,
        points=tuple(new_point(p) for p in point or ()),
        indicators=tuple(new_indicator(i) for i in indicator or ()),
        instruction=instruction or None,
        instructed_by=session.person(by).id if instruction and by else None,
        duplicate_reason=duplicate_reason,
        inherited=inherited,
        part_of=part_of(whole, weight) if whole else None,
        period=endless,
        origin=came,
    )
    _open(_stream(key), command, acting_for(by, paper), since)


def _origin(kind: str | None, no: str | None, askers: Sequence[str]) -> Origin | None:
    """Where it comes from beside decisions; which kinds there are the policy says."""
    if kind is None:
        if no is not None or askers:
            raise Problem("--origin-no 和 --asker 须与 --origin 一起填写", "malformed")
        return None
    return Origin(kind=kind.strip(), no=need_option(no, "--origin-no", "来件编号"), askers=tuple(dict.fromkeys(askers)))


def _period(text: str | None) -> PeriodLength | None:
    """How long a period of what has no end is; 长期 is judged every quarter."""
    if text is None:
        return None
    named = period_named(text.strip())
    if named is None:
        choices = "、".join(p.label for p in PeriodLength)
        raise Problem(f"--period 没有“{text}”这一项，可填：{choices}、{STANDING}（每季评判）", "malformed")
    return named


def _open(stream: str, command: OpenMatter, actor: Actor, since: datetime | None) -> None:
    shown = _handed(stream, None, command, actor, since)
    due = date.fromisoformat(shown["due"])
    limit = f"办结时限 {said_date(due)}" + (f"，按默认时限计算：{shown['due_rule']}" if shown["due_rule"] else "")
    _tell_handed(shown, *([limit] if session.remote is not None else _limit_lines(stream, limit)), *shown["notes"])


def _limit(
    due: str | None,
    whole: Matter | None,
    basis: BasisKind,
    urgency: Urgency,
    klass: MatterClass,
    since: datetime | None,
) -> date | None:
    """The limit as typed, that of the whole, or None where the office's rules compute it; asked for where none do."""
    if due is None and whole is not None:
        return whole.due
    if due is None:
        rule = _usual_limit(basis, urgency, klass, since)
        if rule is None or session.asks:
            due = _asked_for(rule)
    return due_day(due) if due else None


def _grounds(text: str | None, kind: str, no: str | None, approver: str | None, whole: Matter | None) -> Basis:
    """What was decided; a part stands on the decision behind its whole unless it says another."""
    if text is None and whole is not None:
        return whole.basis.cited()
    return Basis(
        kind=typed_term(BasisKind, kind, "--basis-kind"),
        text=need_option(text, "--basis", "立项依据"),
        no=no,
        approver=session.person(approver).id if approver else None,
    )


def _usual_limit(basis: BasisKind, urgency: Urgency, klass: MatterClass, since: datetime | None) -> DueRule | None:
    start = local_date(since) if since else today()
    return reading.rulebook(session.database).policy.due_rule(basis, urgency, klass, start)


def _asked_for(rule: DueRule | None) -> str | None:
    """The limit a person types; on a terminal the one by the office's rules is offered."""
    if rule is None:
        return need_option(None, "--due", "办结时限")
    usual = rule.due(reading.rulebook(session.database).calendar)
    with time_not_counted():
        reply: str = typer.prompt(plain(f"办结时限（{rule.rule}）"), default=usual.isoformat())
    return None if reply == usual.isoformat() else reply


def _limit_lines(stream: str, limit: str) -> list[str]:
    """The limit of what was opened, and what is particular about it."""
    loaded = reading.load(session.database, stream)
    assert loaded is not None  # noqa: S101  (it was opened just now)
    matter = loaded.state
    assert isinstance(matter, Matter)  # noqa: S101  (a stream under matter/)
    if matter.period is not None and matter.running is not None:
        limit = f"{matter.period.label}评判，本期{period_label(matter.running.key)}至 {said_date(matter.due)}"
    return [limit if reading.rulebook(session.database).calendar.is_workday(matter.due) else f"{limit}，不是工作日"]


def accept(
    matters: MattersArg,
    via: Annotated[
        str | None, typer.Option("--via", metavar="微信|电话|纸质", help="办公室代单位签收时，是怎样收到的")
    ] = None,
) -> None:
    """签收交办事项。"""
    do_for_matters(matters, AcceptReceipt(via=typed_term(ReportChannel, via, "--via") if via else None))


def decline(matter: MatterArg, reason: ReasonOption = None) -> None:
    """退签：说明理由退回办公室；第二次退签按牵头争议升级。"""
    do_for_matter(matter, DeclineReceipt(reason=need_option(reason, "--reason", "退签理由")))


def assign(
    matter: MatterArg,
    lead: Annotated[list[str] | None, typer.Option("--lead", metavar="U", help="牵头单位，只能有一个")] = None,
    assist: Annotated[list[str] | None, typer.Option("--assist", metavar="UNIT", help="配合单位，可多次填写")] = None,
    person: Annotated[str | None, typer.Option("--person", metavar="P", help="责任人")] = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """交办给牵头单位；已有牵头单位的是改派，须说明理由。"""
    command = AssignMatter(
        lead=_the_lead(lead) or the_unit(need_option(None, "--lead", "牵头单位")),
        assist=None if assist is None else tuple(the_unit(u) for u in assist),
        person=session.person(person).id if person else None,
        reason=reason,
    )
    target = the_matter(matter)
    _tell_handed(_handed(target.stream, target.number, command, acting_for(by, paper), None))


def leaders(
    matter: MatterArg,
    leader: LeadersOption = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """明确责任领导、分管领导：按次序写全，代替原来的；升级到分管领导时通知他们。"""
    if not leader:
        raise Problem("请用 --leader 写明责任领导，按次序可多次填写", "malformed")
    do_for_matter(matter, SetLeaders(leaders=_the_leaders(leader), reason=reason), acting_for(by, paper))


def _the_leaders(names: Sequence[str]) -> tuple[str, ...]:
    """Ids of the leaders meant, in their order.

    Raises:
        Problem: nobody or several are so called, one is no leader, or one is named twice.
    """
    people = [session.person(name) for name in names]
    for person in people:
        if person.role is not Role.LEADER:
            raise Problem(f"{person.name}（{person.id}）不是领导，不能列为责任领导", "malformed")
    ids = tuple(p.id for p in people)
    if len(set(ids)) < len(ids):
        raise Problem("同一位责任领导写了两次，请核对", "malformed")
    return ids


def _the_lead(names: Sequence[str] | None) -> UnitRef | None:
    """The one unit that leads; a second one is refused aloud, or nobody would know that only one was taken.

    Raises:
        Problem: several are named (exit 2), or the unit is not known.
    """
    if names is not None and len(names) > 1:
        others = "、".join(names[1:])
        raise Problem(f"牵头单位只能有一个，写了{len(names)}个；请把{others}用 --assist 列为配合单位", "malformed")
    return the_unit(names[0]) if names else None


def _handed(
    stream: str, number: str | None, command: OpenMatter | AssignMatter, actor: Actor, since: datetime | None
) -> dict[str, Any]:
    """The answer, here or of a server, with what is said besides of a matter that is handed over."""
    if session.remote is not None:
        return asked_of_server(number, command, since)
    from services.handed_over import handed_document

    reply = send_orders([task_order(stream, command, actor, since)])[0]
    if isinstance(reply, Exception):
        raise reply
    more = handed_document(session.database, session.settings.notices, reply, command)
    return {**answer_document(reply), **more, "events": list(reply.events)}


def _tell_handed(shown: dict[str, Any], *more_lines: str) -> None:
    """The answer, and who cannot be told of the matter that is now in his hands."""
    gaps = [Unreached.model_validate(one) for one in shown["unreached"]]
    document = {key: value for key, value in shown.items() if key != "events"}
    answer(document, "\n".join([line_of_document(shown), *more_lines, *gap_lines(gaps)]))


def new_point(text: str) -> NewPoint:
    """A point of `task open` from its text: `TEXT[;due=DATE][;阶段]`, full-width signs too.

    Raises:
        Problem: nothing stands before the semicolon (exit 2).
    """
    plain = text.replace("；", ";").replace("＝", "=")
    head, _, last = plain.rpartition(";")
    if stage := last.strip() in ("阶段", "阶段目标", "stage"):
        plain = head
    words, mark, due = plain.rpartition(";due=")
    if not mark:
        words, due = plain, ""
    if not words.strip():
        raise Problem(f"督办要点“{text}”没有内容", "malformed")
    return NewPoint(text=words.strip(), due=due_day(due) if due else None, stage=stage)


def new_indicator(text: str) -> NewIndicator:
    """An indicator from its text: `NAME;unit=U;target=N[;DATE=N…]`, full-width signs too.

    `max=N` is a ceiling, `range=N-N` a range, `per=日` a rate.

    Raises:
        Problem: a part is not `name=value`, or a value is no number (exit 2).
    """
    name, *parts = text.replace("；", ";").replace("＝", "=").split(";")
    fields = {k.strip(): v.strip() for k, _, v in (part.partition("=") for part in parts)}
    unit, ceiling, span = fields.pop("unit", ""), "max" in fields, fields.pop("range", None)
    per = typed_term(Per, fields.pop("per").removeprefix("每"), "per") if "per" in fields else None
    low, _, high = (span or "").replace("–", "-").replace("—", "-").replace("～", "-").replace("~", "-").partition("-")
    wanted = [
        high if span else fields.pop("max" if ceiling else "target", ""),
        *([low] if span else []),
        *fields.values(),
    ]
    numbers = [number for value in wanted if (number := scaled_number(value)) is not None]
    if not (name.strip() and unit and len(numbers) == len(wanted)) or (span and (ceiling or "target" in fields)):
        shape = "名称;unit=单位;target=数[;日期=数]，上限写 max=数，区间写 range=数-数"
        malformed = f"指标“{text}”应写成 {shape}，最多{MOST_DECIMALS}位小数"
        raise Problem(malformed, "malformed")
    decimals = max(d for _, d in numbers)
    target, *values = (value * 10 ** (decimals - d) for value, d in numbers)
    bottom = values.pop(0) if span else None
    if bottom is not None and bottom >= target:
        raise Problem(f"指标“{name.strip()}”的区间 {span} 应从小到大写", "malformed")
    return NewIndicator(
        name=name.strip(),
        unit=unit,
        target=target,
        checkpoints=tuple(Checkpoint(on=due_day(on), value=value) for on, value in zip(fields, values, strict=True)),
        decimals=decimals,
        at_most=ceiling,
        low=bottom,
        per=per,
    )


def _stream(key: str | None) -> str:
    """The stream follows from the key, or from the command id, which then must be fixed now."""
    if key is None and session.command_id is None:
        session.command_id = uuid4().hex
    return matter_stream(key or session.command_id or "")


def _occurred(text: str | None) -> datetime | None:
    if text is None:
        return None
    now = datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return began_on(past_day(text), now)
    if instant.tzinfo is None:
        clock = "T" in text or " " in text
        instant = at_office(instant.date(), instant.time()) if clock else began_on(instant.date(), now)
    plausible(instant)
    if instant > now:
        raise Refusal(f"{text} 还没有到；--occurred 只写已经发生的日期", "malformed")
    return instant


moment = _occurred
