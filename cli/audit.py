"""`xmh audit replay verify explain`: anybody may ask, and the log answers."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from cli.asking import MatterArg
from cli.lookup import the_matter, the_matter_to_read
from cli.moments import AsOfOption, KnownAtOption, asked_moment, past_instant
from cli.names import person_names, unit_names
from cli.session import Exit, Problem, answer, session
from cli.shape import group
from domain.base import Refusal
from domain.confidential import opened
from domain.envelope import Recorded
from domain.event import decode, label_of
from domain.facts import is_sealed
from domain.fingerprint import read_fingerprint
from domain.matter import Matter
from domain.queries.spoken import said_date
from domain.queries.telling import Rendering, office_time, tell_event
from eventlog import reading
from eventlog.reading import Moment
from views.explaining import explained_matter, states_after, told_event
from views.state_words import FIELDS, field_change, value_in_words

if TYPE_CHECKING:
    from domain.checkpoint import LogCheckpoint
    from domain.fingerprint import Fingerprint
    from eventlog.projections import Progress
    from eventlog.verify import VerificationReport

app = group(
    "核验：由日志还原任何时刻的情况，核对日志有无改动，说明每盏灯和每个时限的来历。",
    {
        "replay": "cli.audit:replay",
        "verify": "cli.audit:verify",
        "checkpoint": "cli.checkpoint:checkpoint",
        "explain": "cli.audit:explain",
        "export": "cli.evidence:export",
        "check": "cli.evidence:check",
        "knew": "cli.knew:knew",
        "preflight": "cli.preflight:preflight",
        "unanswered": "cli.unanswered:unanswered",
        "forget": "cli.forgetting:forget_",
        "security": "cli.records:security",
        "operations": "cli.records:operations",
    },
)

SECRET = "【工作秘密】"  # noqa: S105  (what is shown instead of one)
Shown = Callable[[Any], Any]


# --- replay


def replay(
    matter: MatterArg,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    version: Annotated[int | None, typer.Option("--version", metavar="N", help="第几条记录之后的情况")] = None,
    step: Annotated[bool, typer.Option("--step", help="逐条重放，看每一条改变了什么")] = False,
    walk: Annotated[bool, typer.Option("--walk", help="在终端里用方向键逐条查看")] = False,
) -> None:
    """由日志重放一个事项，还原某一时刻或某一版的情况。"""
    if walk and session.json:
        raise Problem("--walk 在终端里逐条查看，请去掉 --json，或改用 --step", "malformed")
    if (as_of or known_at) and version is not None:
        raise Problem(f"{'--as-of' if as_of else '--known-at'} 与 --version 二者取一", "malformed")
    target = the_matter_to_read(matter)
    events = _events(target.stream, as_of or known_at, asked_moment(as_of, known_at), version)
    states = states_after(events)
    last = states[-1]
    shown = _reader(last)
    if walk:
        from cli.walking import walk as walk_through

        walk_through(f"{last.number}  {last.title}", _pages(events, [opened(s, shown) for s in states], shown))
        return
    document: dict[str, Any] = {
        "matter": last.number,
        "version": last.version,
        "stage": last.stage.value,
        "state": shown(last.model_dump(mode="json")),
    }
    if step and session.json:
        document["steps"] = list(_steps(events, states, shown))
    answer(document, "" if session.json else _replayed(events, [opened(s, shown) for s in states], shown, step=step))


def _events(stream: str, as_of: str | None, moment: Moment | None, version: int | None = None) -> tuple[Recorded, ...]:
    """The events asked for, at least one.

    Raises:
        Problem: there are none (exit 4), or the version does not exist (exit 4, or 2 when it cannot).
    """
    if version is not None and version < 1:
        raise Problem(f"--version {version} 不对，版本号从 1 开始", "malformed")
    events = reading.read_stream(session.database, stream, upto_version=version, moment=moment)
    if not events:
        raise Problem(f"{as_of} 时还没有这个事项", "not_found")
    if version is not None and events[-1].version < version:
        raise Problem(f"没有第{version}版，最新是第{events[-1].version}版", "not_found")
    return events


def _reader(matter: Matter) -> Shown:
    """How this reader sees what the log holds: ciphertext is opened for those who may read it, and shown to nobody."""
    words = session.viewer.words_of(matter, SECRET)

    def shown(value: Any) -> Any:
        match value:
            case str() if is_sealed(value):
                return words(value)
            case Mapping():
                return {key: shown(item) for key, item in value.items()}
            case list() | tuple():
                return [shown(item) for item in value]
            case _:
                return value

    return shown


def _steps(events: Sequence[Recorded], states: Sequence[Matter], shown: Shown) -> Iterator[dict[str, Any]]:
    reader = Rendering(name=unit_names(), open=shown, person=person_names())
    before: dict[str, Any] = {}
    for event, state in zip(events, states, strict=True):
        after = state.model_dump(mode="json", exclude={"version", "hash"})
        changes = {k: [shown(before.get(k)), shown(v)] for k, v in after.items() if before.get(k) != v}
        yield {**told_event(event, reader), "changes": changes}
        before = after


def _authority_in_words(event: Recorded, reader: Rendering) -> str:
    """李三（联络员）；钱二（督办员）代录，吴七决定，凭香指办阅〔2022〕3号。"""
    actor, behalf = event.actor, event.actor.on_behalf_of
    who = f"{reader.person(actor.id)}（{actor.role.label}）"
    if behalf is not None and behalf.delegation is not None:
        who += f"据授权 {behalf.delegation} 代{reader.person(behalf.id)}办理"
    elif behalf is not None:
        who += f"代录，{reader.person(behalf.id)}（{behalf.role.label}）决定" + (
            f"，凭{behalf.paper}" if behalf.paper else ""
        )
    if event.proven is not None:
        who += f"，{event.proven.via.label}登录 {event.proven.credential}"
    late = office_time(event.occurred_at)[:10] != office_time(event.recorded_at)[:10]
    return who + (f"，{office_time(event.recorded_at)} 补录" if late else "")


def _replayed(events: Sequence[Recorded], states: Sequence[Matter], shown: Shown, *, step: bool) -> str:
    """The same for people, by states whose secrets are opened for the reader."""
    last, reader = states[-1], Rendering(name=unit_names(), open=shown, person=person_names())
    lines = [
        *(line for page in (_pages(events, states, shown) if step else ()) for line in page),
        f"{last.number}  {last.title}  第{last.version}版",
        f"  阶段  {last.stage.label}{'' if last.ended else f'  进度{last.progress}%'}",
        f"  牵头  {reader.name(last.lead) if last.lead else '待明确'}",
        f"  时限  {last.due}（原时限 {last.original_due}）",
        *(f"  要点{p.no}  {p.text}  {p.due or ''}  {p.progress}%" for p in last.points),
        f"  哈希  {last.hash}",
        "  全部字段请用 --json",
    ]
    return "\n".join(lines)


def _pages(events: Sequence[Recorded], states: Sequence[Matter], shown: Shown) -> list[list[str]]:
    """Each event, and under it what it changed."""
    reader = Rendering(name=unit_names(), open=shown, person=person_names())
    before: Matter | None = None
    pages = []
    for event, state in zip(events, states, strict=True):
        line = tell_event(decode(event), reader)
        page = [f"{event.version:>4}  {office_time(event.occurred_at)}  {label_of(event.type)}  {line}"]
        page.append(f"        办理：{_authority_in_words(event, reader)}")
        for field, label in FIELDS.items():
            new = getattr(state, field)
            became = (
                value_in_words(new, reader) if before is None else field_change(getattr(before, field), new, reader)
            )
            if became is not None and became not in ("无", "否", "0"):
                page.append(f"        {label}：{became}")
        pages.append(page)
        before = state
    return pages


# --- verify


def verify(
    matter: Annotated[str | None, typer.Option("--matter", metavar="M", help="只核验一个事项")] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="与留存在别处的检查点对照，可多次填写"),
    ] = None,
    public_key: Annotated[
        str | None, typer.Option("--public-key", metavar="KEY", help="自己留存的检查点公钥；不写则用日志里记的")
    ] = None,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option("--fingerprint", metavar="TEXT", help="与简报版记上印的日志指纹对照，可多次填写"),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="并问每个正在运行的工作流：它所知的与日志、台账是否一致（须服务在运行）")
    ] = False,
    since: Annotated[
        Path | None, typer.Option("--since", metavar="FILE", help="只核这个检查点以后的新记录（每夜可用）")
    ] = None,
) -> None:
    """核验日志：链是否完整、有无改动和缺号、台账与日志是否一致；有问题时退出码为 1。"""
    if since is not None:
        unfit = "--matter" if matter else "--deep" if deep else "--fingerprint" if fingerprint else None
        if unfit:
            raise Problem(f"--since 只核新记录，请去掉 {unfit}", "malformed")
        _verify_since(since, checkpoint or (), public_key)
        return
    from cli.checkpoint import checkpoint_findings, read_checkpoints, roots_to_pass
    from eventlog.verify import verify as check
    from services.inspection import file_problems

    if public_key is not None and not checkpoint:
        raise Problem("公钥是用来认检查点的，请用 --checkpoint 或 --since 写明检查点文件", "malformed")
    if matter and (checkpoint or fingerprint):
        raise Problem("检查点和指纹说的是整本日志，请去掉 --matter，或去掉 --checkpoint 和 --fingerprint", "malformed")
    kept = read_checkpoints(checkpoint or (), public_key)
    printed = [read_fingerprint(text) for text in fingerprint or ()]
    stream = the_matter(matter).stream if matter else None
    roots = roots_to_pass(kept, printed) if stream is None else None
    with _progress() as moved:
        report = check(session.database, stream=stream, progress=moved, passing=roots.take if roots else None)
    files = file_problems(session.database, session.settings, stream)
    report = report.model_copy(update={"problems": (*report.problems, *files)})
    if stream is None:
        report = report.model_copy(update={"problems": (*report.problems, *checkpoint_findings(kept, printed, roots))})
    if deep:
        from cli.preflight import workflow_findings

        of_runs = [one for one in workflow_findings() if stream in (None, one.stream)]
        report = report.model_copy(update={"problems": (*report.problems, *of_runs)})
    answer(_verified(report, kept, printed), _verdict(report, len(kept), len(printed)))
    if not report.ok:
        raise SystemExit(Exit.FOUND_WRONG)


def _verified(
    report: "VerificationReport", kept: "Sequence[LogCheckpoint]", printed: "Sequence[Fingerprint]"
) -> dict[str, Any]:
    """What a verification found, and what it was held against."""
    document: dict[str, Any] = {
        "ok": report.ok,
        "streams": report.streams,
        "events": report.events,
        "problems": [p.model_dump(mode="json", exclude_none=True) for p in report.problems],
        **({"unlisted": report.unlisted} if report.unlisted else {}),
    }
    if kept:
        document["checkpoints"] = [{"size": one.size, "root": one.root.hex()} for one in kept]
    if printed:
        document["fingerprints"] = [str(one) for one in printed]
    return document


def _verify_since(since: Path, checkpoints: Sequence[Path], public_key: str | None) -> None:
    from cli.checkpoint import read_checkpoints
    from services.checkpoints import hold_since

    first, *kept = read_checkpoints((since, *checkpoints), public_key)
    held = hold_since(session.database, first, kept)
    report = held.report
    document = {
        "ok": report.ok,
        "since": first.size,
        "size": held.size,
        "root": held.root.hex(),
        "streams": report.streams,
        "events": report.events,
        "problems": [p.model_dump(mode="json", exclude_none=True) for p in report.problems],
    }
    verdict = (
        f"核验通过：检查点（{first.size}条）以后的{report.events}条记录接在其后，无缺号、无改动，所及{report.streams}条链的台账一致\n"
        "此前的记录、附件、密钥和通知没有重核，请另行 xmh audit verify"
    )
    answer(document, verdict if report.ok else _verdict(report))
    if not report.ok:
        raise SystemExit(Exit.FOUND_WRONG)


def _verdict(report: "VerificationReport", checkpoints: int = 0, fingerprints: int = 0) -> str:
    if report.ok:
        held = ((checkpoints, "检查点"), (fingerprints, "印出的指纹"))
        also = "".join(f"，与{count}个{what}相符" for count, what in held if count)
        return f"核验通过：{report.streams}条链、{report.events}条事件，无缺号、无改动，台账与日志一致{also}"
    more = f"（另有{report.unlisted}处未列）" if report.unlisted else ""
    lines = [f"核验未通过：{report.streams}条链、{report.events}条事件，发现{len(report.problems)}处问题{more}"]
    return "\n".join([*lines, *(f"  {p.message}" for p in report.problems)])


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar over the events on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(file=sys.stderr), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("核验", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# --- explain


def explain(matter: MatterArg, as_of: AsOfOption = None, known_at: KnownAtOption = None) -> None:
    """为什么亮这盏灯、时限从哪里来，为什么催办、升到这一级：每一步都指到日志里的那一条。"""
    if session.remote is not None:
        if known_at:
            session.need_machine()
        instant = past_instant(as_of).isoformat() if as_of else None
        document = session.remote.read("/audit/explain", matter=the_matter(matter).number, as_of=instant)
        answer(document, "" if session.json else _explained(document))
        return
    moment, stream = asked_moment(as_of, known_at), the_matter_to_read(matter).stream
    try:
        document = explained_matter(session.viewer, stream, moment)
    except Refusal as refusal:
        raise Problem(f"{as_of or known_at} 时还没有这个事项", refusal.code) from None
    answer(document, "" if session.json else _explained(document))


def _explained(shown: dict[str, Any]) -> str:
    at = datetime.fromisoformat(cast("str", shown["as_of"]))
    lines = [
        f"{shown['matter']}  {shown['title']}",
        f"  {said_date(at.date())} {at:%H:%M} 亮灯：{shown['light_reason'].replace(':', '灯，', 1)}",
        f"  规则：{shown['rule']}",
        *_because(shown["because"]),
    ]
    if not shown["deadlines"]:
        lines.append("  没有待到的时限")
    for deadline in shown["deadlines"]:
        provisional = "（该年工作日历未公布，暂定）" if deadline["provisional"] else ""
        when = office_time(datetime.fromisoformat(deadline["at"]))
        lines += [f"  {deadline['label']}  {when}{provisional}", f"    规则：{deadline['rule']}"]
        lines += _because(deadline["because"])
    lines += [*_number_explained(shown["number"]), *_urge_explained(shown["urge"]), *_rung_explained(shown["rung"])]
    return "\n".join(lines)


def _number_explained(number: dict[str, Any]) -> list[str]:
    place = f"（{number['year']}年第{number['place']}件）" if number["place"] else ""
    return [f"  编号  {number['number']}{place}", f"    规则：{number['rule']}", *_because(number["because"])]


def _urge_explained(urge: dict[str, Any] | None) -> list[str]:
    if urge is None:
        return ["  催办  没有催办过"]
    how = "自动" if urge["automatic"] else "人工"
    return [f"  最近一次催办  {urge['no']}（{how}，{_minute(urge['at'])}）", *_reckoned(urge)]


def _rung_explained(rung: dict[str, Any]) -> list[str]:
    lines = [f"  升级层级  {rung['label']}"]
    for step in rung["steps"]:
        lines += [f"    {_minute(step['at'])} 由{step['from_label']}到{step['to_label']}", *_reckoned(step)]
    after = rung["next"]
    if after["none"] is not None:
        return [*lines, f"    下一级：{after['none']}", *(f"      {rule}" for rule in after["rules"])]
    return [*lines, f"    下一级：{_minute(after['at'])} 到{after['to_label']}", *_reckoned(after)]


def _reckoned(shown: dict[str, Any]) -> list[str]:
    """The rule, since when it held, the days counted for it, and the events it stands on."""
    since = [f"    自{_minute(shown['since'])}起成立"] if shown.get("since") else []
    days = [f"{d['day'][5:]} {_day_counted(d)}" for d in shown["counted"]]
    counted = [f"    工作日：{'，'.join(days)}"] if days else []
    return [f"    规则：{shown['rule']}", *since, *counted, *_because(shown["because"])]


def _day_counted(day: dict[str, Any]) -> str:
    """第3个; 周末; 调休上班（国办…）第6个."""
    why = "" if day["why"] == "工作日" else day["why"]
    return f"{why}第{day['workday']}个" if day["workday"] else why


def _minute(at: str) -> str:
    return office_time(datetime.fromisoformat(at))


def _because(events: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"    依据：第{e['version']}条 {e['occurred_at'][:16].replace('T', ' ')} {e['label']}  {e['text']}"
        for e in events
    ]
