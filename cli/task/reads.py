"""`xmh task list show`: from the log alone, without Temporal."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import AsOfOption, KnownAtOption, asked_moment, now
from cli.names import person_names, unit_names
from cli.session import Problem, answer, session
from cli.task import choosing as ch
from cli.task.tree import matter_relations, place_in_tree, relation_lines, walked_tree
from domain.calendar import SHANGHAI, local_date
from domain.closing import to_be_weighed
from domain.confidential import opened
from domain.envelope import Recorded
from domain.facts import is_sealed
from domain.lights import Lit, light
from domain.log import Rulebook
from domain.matter import DONE, Indicator, Matter, Point
from domain.periods import period_label
from domain.policy import Policy
from domain.queries.list_row import ListRow, list_row, lit_rows
from domain.queries.spoken import said_date
from domain.terms import Stage
from eventlog import reading
from eventlog.reading import Moment

if TYPE_CHECKING:
    from domain.queries.telling import Rendering

MOST_PERIODS = 12
"""So many of the periods that ended are named on one line; `--json` has all."""
HIDDEN = "【工作秘密，无权查看】"


def known_matters(moment: Moment | None) -> tuple[list[Matter], Rulebook, datetime]:
    """All matters and the rulebook as known at a moment, and the moment to light them at."""
    position = moment.position if moment else None
    states = reading.matter_states(session.database, moment=moment)
    matters = sorted((s.state for s in states if isinstance(s.state, Matter)), key=lambda m: m.number)
    at = moment.as_of if moment else datetime.now(UTC)
    return matters, reading.rulebook(session.database, position), at


def living_matters() -> list[Matter]:
    """The matters of which something may still be owed, by number."""
    states = reading.open_states(session.database, "matter")
    return sorted((s.state for s in states if isinstance(s.state, Matter)), key=lambda m: m.number)


def matter_row(matter: Matter, lit: Lit) -> dict[str, Any]:
    """One matter as `task list` gives it."""
    return {
        "matter": matter.number,
        "title": matter.title,
        "stage": matter.stage.value,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "lead": matter.lead,
        "by_letter": matter.by_letter,
        "assist": list(matter.assist),
        "due": matter.due.isoformat(),
        "progress": matter.progress,
        "version": matter.version,
    }


def listed_row(row: ListRow, lit: Lit) -> dict[str, Any]:
    """A row as `task list` gives it, as `matter_row` does of a state."""
    return {
        "matter": row.number,
        "title": row.title,
        "stage": row.stage,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "lead": row.lead,
        "by_letter": row.by_letter,
        "assist": list(row.assist),
        "due": row.due.isoformat(),
        "progress": row.progress,
        "version": row.version,
    }


def list_(
    stage: ch.StageOption = None,
    light_: ch.LightOption = None,
    lead: ch.LeadOption = None,
    leader: ch.LeaderOption = None,
    supervisor: ch.SupervisorOption = None,
    source: ch.SourceOption = None,
    klass: ch.ClassOption = None,
    urgency: ch.UrgencyOption = None,
    flag: ch.FlagOption = None,
    rung: ch.RungOption = None,
    listed: ch.ListedOption = False,
    overdue: ch.OverdueOption = False,
    unanswered: ch.UnansweredOption = False,
    open_: ch.OpenOption = False,
    due_from: ch.DueFromOption = None,
    due_to: ch.DueToOption = None,
    words: ch.WordsOption = None,
    mine: ch.MineOption = False,
    following: ch.FollowingOption = False,
    save: ch.SaveOption = None,
    saved: ch.SavedOption = None,
    tree: Annotated[bool, typer.Option("--tree", help="按任务分解的上下级排列，并算出分解进度")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
) -> None:
    """督办事项一览；条件可以同时写几个，须都符合。"""
    moment = asked_moment(as_of, known_at)
    options = {"stage": stage, "light": light_, "lead": lead, "leader": leader, "supervisor": supervisor}
    options |= {"source": source, "klass": klass, "urgency": urgency, "flag": flag, "rung": rung, "words": words}
    marks = {"listed": listed, "overdue": overdue, "unanswered": unanswered, "open": open_}
    marks |= {"mine": mine, "following": following}
    wanted = ch.choice({**options, **marks, "due_from": due_from, "due_to": due_to}, saved, save)
    fits = ch.fitting(wanted, moment.position if moment else None)
    if moment is None and not tree:
        known, rulebook, at = reading.list_rows(session.database), reading.rulebook(session.database), now()
        places: dict[str, dict[str, Any]] = {}
    else:
        matters, rulebook, at = known_matters(moment)
        branched = walked_tree(matters) if tree else {}
        ordered = [b.matter for _, b in branched.values()] if tree else matters
        known = tuple(list_row(m, rulebook) for m in ordered)
        places = {stream: place_in_tree(*place) for stream, place in branched.items()}
    lights = lit_rows(known, rulebook, at)
    rows = [{**listed_row(r, lit), **places.get(r.stream, {})} for r, lit in lights if fits(r, lit)]
    document = {"matters": rows, **({"as_of": at.astimezone(SHANGHAI).isoformat()} if moment else {})}
    kept = save.strip() if save is not None else None
    if kept:
        document["saved"] = kept
    told = f"\n条件已存为“{kept}”，再用：xmh task list --saved {kept}" if kept else ""
    answer(document, "" if session.json else _table(rows) + told)


def _table(rows: Sequence[dict[str, Any]]) -> str:
    from cli.tables import table
    from domain.queries.telling import progress_said

    if not rows:
        return "没有符合条件的督办事项"
    names = unit_names()
    return table(
        ("编号", "事项", "牵头单位", "时限", "进度", "阶段", "灯"),
        [
            (
                r["matter"],
                "　" * r.get("depth", 0) + r["title"],
                names(r["lead"]) if r["lead"] else "待明确",
                r["due"],
                progress_said(r["stage"], r["progress"])
                + ("" if r.get("rolled_up") is None else f"（分解{r['rolled_up']}%）"),
                _stage_label(r["stage"]),
                (r["light_reason"], r["light"]),
            )
            for r in rows
        ],
    )


def _stage_label(value: str) -> str:
    return next(stage.label for stage in Stage if stage.value == value)


def secrets_of(matter: Matter) -> Callable[[str], str]:
    """How this reader sees the matter's texts: ciphertext opens only for who may read it."""
    from domain.sight import may_read_words

    allowed = may_read_words(session.reader, matter, reading.rulebook(session.database).policy)

    def seen(text: str) -> str:
        if not is_sealed(text):
            return text
        if not allowed:
            return HIDDEN
        from eventlog.secrets import readable_text

        return readable_text(session.database, matter.stream, text)

    return seen


def show(
    matter: Annotated[str, typer.Argument(metavar="M", help="事项：编号、尾号或名称中的字词")],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
) -> None:
    """一个事项的全部情况：要点、时限、来龙去脉。"""
    from cli.lookup import the_matter

    moment = asked_moment(as_of, known_at)
    events = reading.read_stream(session.database, the_matter(matter).stream, moment=moment)
    if not events:
        raise Problem(f"{as_of or known_at} 时还没有这个事项", "not_found")
    state = reading.folded_state(events[0].stream, list(events)).state
    assert isinstance(state, Matter)  # noqa: S101  (a stream under matter/)
    rulebook = reading.rulebook(session.database, moment.position if moment else None)
    at = moment.as_of if moment else datetime.now(UTC)
    state = opened(state, secrets_of(state))
    document = _shown(state, rulebook, at, events) | matter_relations(state, rulebook, at, moment)
    answer(document, "" if session.json else _read_aloud(state, document))


def _shown(state: Matter, rulebook: Rulebook, at: datetime, events: Sequence[Recorded]) -> dict[str, Any]:
    """Everything of a matter for scripts; its secrets are opened for the reader already."""
    from cli.task.files import attachment_document
    from eventlog.attachments import attachments_of

    return {
        **matter_row(state, light(state, rulebook, at)),
        "lead_name": unit_names()(state.lead) if state.lead else None,
        "original_due": state.original_due.isoformat(),
        "rung": state.rung.value,
        "basis": state.basis.model_dump(mode="json"),
        "further_bases": [b.model_dump(mode="json") for b in state.further],
        "carried": list(state.carried),
        "letters": list(state.letters),
        "carries": [c.model_dump(mode="json", exclude={"stream"}) for c in state.carries],
        "followers": list(state.followers),
        "inherited": state.inherited,
        "source": state.source,
        "section": state.section,
        "leaders": list(state.leaders),
        "urgency": state.urgency.value,
        "class": state.klass.value,
        "rhythm": state.rhythm.value,
        "period": state.period.value if state.period else None,
        "running_period": state.running.key if state.running else None,
        "periods": [p.model_dump(mode="json") for p in state.periods],
        "surge": state.surge.model_dump(mode="json") if state.surge else None,
        "counts": {
            "on_time": state.windows.on_time,
            "late": state.windows.late,
            "missed": len(state.windows.missed),
            **state.counts.model_dump(),
        },
        "origin": state.origin.model_dump(mode="json") if state.origin else None,
        "ratings": [x.model_dump(mode="json") for x in state.ratings],
        "climbed": [x.model_dump(mode="json") for x in state.climbed],
        "listed": state.listed,
        "listings": [x.model_dump(mode="json") for x in state.listings],
        "interviews": [x.model_dump(mode="json") for x in state.interviews],
        "cards": [x.model_dump(mode="json") for x in state.cards],
        "closure": _closure(state, rulebook.policy),
        "returned_reports": [x.model_dump(mode="json") for x in state.returned_reports],
        "inspections": [i.model_dump(mode="json") for i in state.inspections],
        "points": [_point(p) for p in state.points],
        "indicators": [_indicator(i, local_date(at)) for i in state.indicators],
        "deadlines": _deadlines(state, rulebook, at),
        "files": [attachment_document(one) for one in attachments_of(events)],
        "timeline": _timeline(state, events),
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "no": point.no,
        "text": point.text,
        "due": point.due.isoformat() if point.due else None,
        "original_due": point.original_due.isoformat() if point.original_due else None,
        "progress": point.progress,
        "said": point.said,
        "dropped": point.dropped,
        "stage": point.stage,
        "approved": point.approved,
    }


def _deadlines(state: Matter, rulebook: Rulebook, at: datetime) -> list[dict[str, Any]]:
    from domain.deadlines import owed

    return [
        {
            "kind": d.kind.value,
            "label": d.kind.label,
            "at": d.at.astimezone(SHANGHAI).isoformat(),
            "provisional": rulebook.calendar.is_provisional(local_date(d.at)),
        }
        for d in sorted(owed(state, rulebook, at), key=lambda d: d.at)
    ]


def _timeline(state: Matter, events: Sequence[Recorded]) -> list[dict[str, Any]]:
    from domain.queries.telling import Rendering

    persons = person_names()
    reader = Rendering(name=unit_names(), open=secrets_of(state), person=persons)
    return [_happened(e, reader, persons) for e in events]


def _happened(e: Recorded, reader: "Rendering", persons: Callable[[str], str]) -> dict[str, Any]:
    from domain.event import decode, label_of
    from domain.queries.telling import office_time, tell_event, unit_typed_for

    behalf, event = e.actor.on_behalf_of, decode(e)
    return {
        "version": e.version,
        "type": e.type,
        "label": label_of(e.type),
        "text": tell_event(event, reader),
        "typed_for": unit_typed_for(event, e.actor),
        "actor": e.actor.id,
        "actor_name": persons(e.actor.id),
        "decided_by": behalf.id if behalf else None,
        "paper": behalf.paper if behalf else None,
        "delegation": behalf.delegation if behalf else None,
        "occurred_at": e.occurred_at.astimezone(SHANGHAI).isoformat(),
        "recorded_at": e.recorded_at.astimezone(SHANGHAI).isoformat(),
        "backdated": office_time(e.occurred_at)[:10] != office_time(e.recorded_at)[:10],
    }


def _closure(state: Matter, policy: Policy) -> dict[str, Any] | None:
    """What is asked of the reviewer, or was closed: with what evidence, over what that was not done, and why."""
    ended, asked = state.closed, state.closure
    if ended is None and asked is None:
        return None
    unfinished = ended.unfinished if ended else asked.unfinished if asked else ()
    why = ended.over_unfinished if ended else asked.over_unfinished if asked else None
    evidence = ended.evidence if ended else asked.evidence if asked else ()
    return {
        "unfinished": list(unfinished),
        "over_unfinished": why,
        "evidence": [a.model_dump() for a in evidence],
        "to_be_weighed": [] if ended else list(to_be_weighed(state, evidence, policy)),
    }


def _indicator(indicator: Indicator, on: date) -> dict[str, Any]:
    wanted = indicator.wanted(on)
    shown = {
        "reached": indicator.shown(indicator.value),
        "wanted": indicator.shown(wanted.value) if wanted else None,
        "behind": indicator.behind(on) is not None,
    }
    return {**indicator.model_dump(mode="json"), **shown}


def _read_aloud(state: Matter, shown: dict[str, Any]) -> str:
    from domain.queries.telling import pace_said

    names = unit_names()
    moved = f"（原时限 {state.original_due}）" if state.original_due != state.due else ""
    lines = [
        f"{state.number}  {state.title}",
        f"  {state.stage.label}  {shown['light_reason']}{'' if state.ended else f'  进度{state.progress}%'}",
        f"  牵头：{names(state.lead) if state.lead else '待明确'}{'（商请）' if state.by_letter else ''}"
        f"{'  配合：' + '、'.join(map(names, state.assist)) if state.assist else ''}",
        f"  {limit_said(state)}{'' if state.period else moved}  反馈：{pace_said(state)}",
        f"  {state.kind.label}  {state.klass.label}  {state.urgency.label}",
        *(f"  依据：{b.kind.label} {b}" for b in state.bases),
    ]
    if state.carries:
        lines.append(f"  承办批示：{'、'.join(f'{c.number}第{c.no}条' for c in state.carries)}")
    if state.leaders:
        titles = {p.id: f"（{p.title}）" for p in reading.people(session.database, former=True) if p.title}
        leaders = [f"{person_names()(p)}{titles.get(p, '')}" for p in state.leaders]
        lines.append(f"  责任领导：{'、'.join(leaders)}")
    if state.source or state.section:
        lines.append(f"  来源：{'，'.join(x for x in (state.source, state.section) if x)}")
    if state.origin is not None:
        askers = "、".join(state.origin.askers)
        lines.append(f"  来件：{state.origin}{f'  提出人：{askers}' if askers else ''}")
    lines += [f"  满意度 {x.on} {x.by}：{x.satisfaction.label}{f'，{x.text}' if x.text else ''}" for x in state.ratings]
    lines += relation_lines(shown, names)
    if state.carried:
        lines.append(f"  结转：{'、'.join(f'{year}年' for year in state.carried)}")
    if state.inherited:
        lines.append(f"  存量：{state.inherited}")
    if shown["points"]:
        lines.append("  要点")
        lines += [
            f"    {p['no']}. {p['text']}  {p['due'] or ''}  {'已取消' if p['dropped'] else str(p['progress']) + '%'}"
            f"{_stage_said(p)}{'  ' + p['said'] if p['said'] else ''}"
            for p in shown["points"]
        ]
    if shown["indicators"]:
        lines.append("  指标")
        lines += [_indicator_line(i, state.indicators[n]) for n, i in enumerate(shown["indicators"])]
    if state.periods:
        judged = "；".join(f"{period_label(p.key)}{p.result.label}" for p in state.periods[-MOST_PERIODS:])
        lines.append(f"  各期：{'……' if len(state.periods) > MOST_PERIODS else ''}{judged}")
    from cli.task.listing import pressed_lines

    lines += [*pressed_lines(state), *_ending_lines(state, shown)]
    if shown["deadlines"]:
        lines.append("  待办时限")
        lines += [
            f"    {d['at'][:16].replace('T', ' ')}  {d['label']}{'（暂定）' if d['provisional'] else ''}"
            for d in shown["deadlines"]
        ]
    persons = person_names()
    if shown["files"]:
        lines.append("  附件（取出：xmh task file 编号 序号）")
        lines += [
            f"    {f['no']}. {f['name']}  {f['label']}  {persons(f['actor'])}  {f['at'][:10]}" for f in shown["files"]
        ]
    lines.append("  来龙去脉")
    lines += [_event_line(e, persons) for e in shown["timeline"]]
    return "\n".join(lines)


def limit_said(state: Matter) -> str:
    """时限：2022-06-30（星期四）; of what has no end the running period and its last day."""
    if state.period is None or state.running is None:
        return f"时限：{said_date(state.due)}"
    if state.ended:
        return f"长期、定期：{state.period.label}评判，已结束"
    return f"长期、定期：{state.period.label}评判，本期{period_label(state.running.key)}至 {said_date(state.due)}"


def _stage_said(point: dict[str, Any]) -> str:
    if not point["stage"] or point["dropped"]:
        return ""
    waits = "待审核" if point["progress"] >= DONE else "未达到"
    verdict = {True: "审核通过", False: "审核退回", None: waits}[point["approved"]]
    return f"  阶段目标，{verdict}"


def _ending_lines(state: Matter, shown: dict[str, Any]) -> list[str]:
    """With what evidence it ends or ended, over what, and what was seen on the spot."""
    from domain.queries.telling import office_time, points_left_undone

    lines: list[str] = []
    if (closure := shown["closure"]) is not None:
        if closure["evidence"]:
            lines.append(f"  证明材料：{'、'.join(a['name'] for a in closure['evidence'])}")
        if left := points_left_undone(closure["unfinished"], closure["over_unfinished"]):
            lines.append(f"  {left.removeprefix('；')}")
        if closure["to_be_weighed"]:
            lines.append(f"  请审核时核对：{'、'.join(closure['to_be_weighed'])}")
    for back in state.returned_reports:
        again = "" if back is not state.asked_back else f"，{office_time(back.until)}前重新反馈"
        lines.append(f"  退回反馈 {back.on} 第{back.report}条：{back.reason.label}，{back.text}{again}")
    for seen in state.inspections:
        by = f"（{seen.inspector}）" if seen.inspector else ""
        verdict = f"{seen.finding.label}：" if seen.finding else ""
        lines.append(f"  现场核查 {seen.on}{by}：{verdict}{seen.text}")
    return lines


def _indicator_line(shown: dict[str, Any], indicator: Indicator) -> str:
    goal = f"{'不超过' if indicator.at_most else '目标'}{indicator.shown(indicator.target)}"
    if indicator.always:
        missed = "，未达到" if indicator.out else ""
        latest = f"最近{shown['reached']}" if indicator.reported_at else "尚未反馈"
        return f"    {indicator.no}. {indicator.name}  {latest}  {indicator.goal}{missed}"
    pace = f"，序时进度{shown['wanted']}{'，落后' if shown['behind'] else '，达序'}" if shown["wanted"] else ""
    return f"    {indicator.no}. {indicator.name}  完成{shown['reached']}  {goal}{pace}"


def _event_line(e: dict[str, Any], names: Callable[[str], str]) -> str:
    who = e["actor_name"]
    if e["delegation"]:
        who = f"{who} 代 {names(e['decided_by'])}（{e['delegation']}）"
    elif e["decided_by"]:
        who = f"{names(e['decided_by'])}（{who}代录{'，' + e['paper'] if e['paper'] else ''}）"
    elif e["typed_for"]:
        who = f"{who}代录"
    late = f"（{e['recorded_at'][:10]}补录）" if e["backdated"] and e["actor"] != "system" else ""
    return f"    {e['version']:>3}  {e['occurred_at'][:16].replace('T', ' ')}  {e['label']}  {e['text']}  ——{who}{late}"
