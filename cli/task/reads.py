"""`xmh task list show`: from the log alone, without Temporal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import AsOfOption, KnownAtOption, asked_moment, past_instant
from cli.names import person_names, unit_names
from cli.session import Problem, answer, session
from cli.task import choosing as ch
from cli.task.tree import relation_lines
from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.matter import DONE, Indicator, Matter
from domain.periods import period_label
from domain.queries.spoken import said_date
from domain.sight import Sight
from domain.terms import Stage, progress_said
from eventlog import reading
from views.matters import matter_list

if TYPE_CHECKING:
    pass

MOST_PERIODS = 12
"""So many of the periods that ended are named on one line; `--json` has all."""


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
    silent: ch.SilentOption = False,
    troubled: ch.TroubledOption = False,
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
    if session.remote is not None:
        beyond = save or saved or tree or known_at
        asked = {"stage": stage, "light": light_, "lead": lead, "leader": leader, "supervisor": supervisor}
        asked |= {"source": source, "class": klass, "urgency": urgency, "flag": flag, "rung": rung, "text": words}
        flags = {"listed": listed, "overdue": overdue, "unanswered": unanswered, "open": open_, "mine": mine}
        flags |= {"following": following, "silent": silent, "troubled": troubled}
        _list_of_server({**asked, **flags}, due_from, due_to, as_of, beyond=bool(beyond))
        return
    moment = asked_moment(as_of, known_at)
    options = {"stage": stage, "light": light_, "lead": lead, "leader": leader, "supervisor": supervisor}
    options |= {"source": source, "klass": klass, "urgency": urgency, "flag": flag, "rung": rung, "words": words}
    marks = {"listed": listed, "overdue": overdue, "unanswered": unanswered, "open": open_}
    marks |= {"mine": mine, "following": following, "silent": silent, "troubled": troubled}
    wanted = ch.choice({**options, **marks, "due_from": due_from, "due_to": due_to}, saved, save)
    rows = matter_list(session.viewer, wanted, moment, tree=tree)
    document = {"matters": rows, **({"as_of": moment.as_of.astimezone(SHANGHAI).isoformat()} if moment else {})}
    kept = save.strip() if save is not None else None
    if kept:
        document["saved"] = kept
    kept_line = f"\n条件已存为“{kept}”，再用：xmh task list --saved {kept}" if kept else ""
    answer(document, "" if session.json else _table(rows) + kept_line)


def _list_of_server(
    asked: dict[str, Any], due_from: str | None, due_to: str | None, as_of: str | None, *, beyond: bool
) -> None:
    """The list as a server has it, page after page."""
    from cli.asking import typed_day

    remote, rows, cursor = session.remote, list[dict[str, Any]](), ""
    if remote is None or beyond:
        raise Problem("已设 XMH_SERVER，--save、--saved、--tree、--known-at 只能在服务器上用", "needs_machine")
    asked |= {"due_from": typed_day(due_from) if due_from else None, "due_to": typed_day(due_to) if due_to else None}
    instant = past_instant(as_of).isoformat() if as_of else None
    while True:
        page = remote.read("/matters", **asked, as_of=instant, limit=500, cursor=cursor or None)
        rows += page["matters"]
        cursor = page["cursor"] or ""
        if not cursor:
            break
    document = {"matters": rows, **({"as_of": instant} if instant else {})}
    answer(document, "" if session.json else _table(rows))


def _table(rows: Sequence[dict[str, Any]]) -> str:
    from cli.tables import table

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
    return session.viewer.words_of(matter)


def show(
    matter: Annotated[str, typer.Argument(metavar="M", help="事项：编号、尾号或名称中的字词")],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
) -> None:
    """一个事项的全部情况：要点、时限、来龙去脉。"""
    from cli.lookup import the_matter

    if session.remote is not None:
        if known_at:
            raise Problem("已设 XMH_SERVER，--known-at 只能在服务器上用", "needs_machine")
        instant = past_instant(as_of).isoformat() if as_of else None
        document = session.remote.read(f"/matters/{the_matter(matter).number}", as_of=instant)
        answer(document, "" if session.json else _as_listed(document))
        return
    from views.matter import matter_as_listed, offered, shown_matter

    moment, stream = asked_moment(as_of, known_at), the_matter(matter).stream
    try:
        if not session.rights.sees(stream):
            listed = matter_as_listed(session.viewer, stream, moment)
            answer(listed, "" if session.json else _as_listed(listed))
            return
        state, document = shown_matter(session.viewer, stream, moment)
    except Refusal as refusal:
        raise Problem(f"{as_of or known_at} 时还没有这个事项", refusal.code) from None
    if session.json and moment is None:
        document["offers"] = offered(session.viewer, state)
    answer(document, "" if session.json else _read_aloud(state, document))


def _as_listed(shown: dict[str, Any]) -> str:
    """What whoever has no part in a matter sees of it, and what a server tells of one."""
    names, persons = unit_names(), person_names()
    far = progress_said(shown["stage"], shown["progress"])
    assist = f"  配合：{'、'.join(map(names, shown['assist']))}" if shown["assist"] else ""
    lines = [
        f"{shown['matter']}  {shown['title']}",
        f"  {_stage_label(shown['stage'])}  {shown['light_reason']}  {far}",
        f"  牵头：{shown['lead_name'] or '待明确'}{assist}  时限：{shown['due']}",
    ]
    listed = shown["sight"] == Sight.LISTED.value
    if listed:
        lines.append("  不由本单位办理，只列一览")
    if shown["timeline"]:
        lines += [
            "  本单位此前的反馈" if listed else "  来龙去脉",
            *(_event_line(e, persons) for e in shown["timeline"]),
        ]
    return "\n".join(lines)


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
    lines += [*_grounds_lines(state), *relation_lines(shown, names)]
    if state.carried:
        lines.append(f"  结转：{'、'.join(f'{year}年' for year in state.carried)}")
    if state.inherited:
        lines.append(f"  存量：{state.inherited}")
    lines += _work_lines(state, shown)
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


def _grounds_lines(state: Matter) -> list[str]:
    """From whom it comes and whom it answers: instructions, leaders, source, who asked and how content he is."""
    lines = []
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
    return lines


def _work_lines(state: Matter, shown: dict[str, Any]) -> list[str]:
    """What is to be done and how far it is: points, indicators, periods."""
    lines = []
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
    return lines


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
