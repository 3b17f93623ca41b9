"""`xmh city list table briefing annual`: the city's view over all headquarters, for the city role alone."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import AsOfOption, now, past_day, past_instant, today
from cli.printing.files import OutOption, check_output_file, write_output_file, write_page
from cli.session import Problem, answer, session
from cli.shape import group
from domain.calendar import SHANGHAI, end_of_day
from domain.terms import Light, Stage
from services.city import CITY_PERSON_ID, Across, check_city_role

if TYPE_CHECKING:
    from documents.figures import Rate
    from documents.page import Page
    from documents.reports.city import HeadquartersFigures, Listed
    from domain.founding import Headquarters
    from domain.queries.list_row import ListRow
    from domain.transfer import Transfer
    from eventlog.database import Database

app = group(
    "市级：汇总各指挥部的事项、灯、反馈和会议（须是通讯录角色为 city 的市级督办员）。\n\n"
    "只看一个指挥部用 --headquarters CODE。",
    {
        "list": "cli.city:list_",
        "table": "cli.city:table",
        "briefing": "cli.city:briefing",
        "annual": "cli.city:annual",
    },
)

FIGURES = "在办|绿灯|蓝灯|黄灯|红灯|暂缓|本期立项|本期销号|本期撤销|本期并入|本期漏报|本期会议"
FromOption = Annotated[str | None, typer.Option("--from", metavar="D", help="从哪天起（默认今年1月1日）")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="D", help="到哪天止（默认今天）")]


def list_(
    figure: Annotated[str | None, typer.Option("--figure", metavar=FIGURES, help="打开汇总表里一个数的清单")] = None,
    since: FromOption = None,
    until: ToOption = None,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="|".join(s.label for s in Stage), help="只看这一阶段的")
    ] = None,
    light: Annotated[str | None, typer.Option("--light", metavar="绿|蓝|黄|红|灰", help="只看这一种灯的")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看超过时限的")] = False,
    open_: Annotated[bool, typer.Option("--open", help="只看没有办结的")] = False,
    as_of: AsOfOption = None,
) -> None:
    """各指挥部的督办事项放在一起；或汇总表里一个数的清单。"""
    from cli.task.choosing import term_of
    from domain.queries.matter_filter import MatterFilter

    city, across = _asked()
    chosen = {"--stage": stage, "--light": light, "--overdue": overdue, "--open": open_, "--as-of": as_of}
    _refuse_together(figure is not None, [option for option, value in chosen.items() if value], since or until)
    if figure is not None:
        _tell_figure(across, figure, *_period(since, until))
        return
    wanted = MatterFilter(
        stage=term_of(Stage, "--stage", stage) if stage else None,
        light=term_of(Light, "--light", light) if light else None,
        overdue=overdue,
        open=open_,
    )
    at = now() if as_of is None else past_instant(as_of)
    rows = [row for of_one in across.each(lambda one, log: _rows(one, log, wanted, at, as_of)) for row in of_one]
    document = {"city": city.code, "as_of": at.astimezone(SHANGHAI).isoformat(), "matters": rows}
    _tell(document, across, _rows_table(rows) if rows else "没有符合条件的督办事项")


def _refuse_together(figure: bool, chosen: list[str], period: str | None) -> None:
    """A figure has a period and its own choice of matters; the list of all has neither."""
    if figure and chosen:
        raise Problem(f"--figure 不能与 {'、'.join(chosen)} 同用", "malformed")
    if period and not figure:
        raise Problem("--from、--to 只与 --figure 同用；看某一天的情况请用 --as-of", "malformed")


def _asked() -> tuple["Headquarters", Across]:
    """Who asks is the city's; the logs he sees: all, or that of `--headquarters`."""
    from services.headquarters import known_headquarters

    settings = session.settings
    named = settings.actor if "actor" in settings.model_fields_set else CITY_PERSON_ID
    city = check_city_role(settings, named)
    chosen = known_headquarters(settings.installation, session.headquarters) if session.headquarters else None
    if chosen is not None and chosen.city:
        raise Problem(
            f"{chosen.code} 是市级指挥部，不在汇总之内；请用 xmh task list --headquarters {chosen.code}", "malformed"
        )
    return city, Across(settings, chosen.code if chosen else None)


def _rows(one: "Headquarters", log: "Database", wanted: Any, at: datetime, as_of: str | None) -> "list[dict[str, Any]]":
    """The matters of one headquarters that are meant."""
    from domain.envelope import SYSTEM
    from domain.matter import Matter
    from domain.queries.list_row import list_row, lit_rows
    from eventlog import reading
    from views.matters import listed_row

    position = None if as_of is None else reading.position_at(log, at)
    rulebook = reading.rulebook(log, position)
    known: Sequence[ListRow]
    if position is None:
        known = reading.list_rows(log)
    else:
        states = (s.state for s in reading.matter_states(log, position=position))
        known = sorted((list_row(m, rulebook) for m in states if isinstance(m, Matter)), key=lambda r: r.number)
    names = {u.id: u.name for u in reading.units(log)}
    return [
        {"headquarters": one.code, **listed_row(row, lit), "lead_name": names.get(row.lead or "", row.lead)}
        for row, lit in lit_rows(known, rulebook, at)
        if wanted.fits(row, SYSTEM) and wanted.fits_light(lit)
    ]


def _rows_table(rows: Sequence[dict[str, Any]]) -> str:
    from cli.tables import table as drawn

    stages = {stage.value: stage.label for stage in Stage}
    return drawn(
        ("指挥部", "编号", "事项", "牵头单位", "时限", "进度", "阶段", "灯"),
        [
            (
                r["headquarters"],
                r["matter"],
                r["title"],
                r["lead_name"] or "待明确",
                r["due"],
                f"{r['progress']}%",
                stages[r["stage"]],
                (r["light_reason"], r["light"]),
            )
            for r in rows
        ],
    )


def _period(since: str | None, until: str | None) -> tuple[date, date, datetime]:
    """From when to when, and the moment of the figures."""
    last = past_day(until, "--to ") if until else today()
    first = past_day(since, "--from ") if since else date(last.year, 1, 1)
    if first > last:
        raise Problem(f"--from {first} 晚于 --to {last}", "malformed")
    return first, last, min(end_of_day(last), now())


def _figures(across: Across, since: date, until: date, as_of: datetime) -> "list[HeadquartersFigures]":
    from documents.reports.city import headquarters_figures

    return across.each(lambda one, log: headquarters_figures(log, one, since, until, as_of))


def _tell_figure(across: Across, figure: str, since: date, until: date, as_of: datetime) -> None:
    from cli.tables import table as drawn
    from documents.reports.city import CityFigure

    wanted = CityFigure.from_label(figure.strip())
    if wanted is None:
        raise Problem(f"--figure 没有“{figure}”这一项，可填：{'、'.join(f.label for f in CityFigure)}", "malformed")
    lines: list[Listed] = [x for one in _figures(across, since, until, as_of) for x in one.list_of(wanted)]
    document = {
        "figure": wanted.value,
        **_span(since, until),
        "list": [{**x._asdict(), "on": x.on.isoformat()} for x in lines],
    }
    rows = [(x.headquarters, x.no, x.on.isoformat(), x.title, x.said) for x in lines]
    shown = drawn(("指挥部", "编号", "日期", "名称", "说明"), rows) if rows else f"{wanted.label}：无"
    _tell(document, across, shown)


def table(
    since: FromOption = None,
    until: ToOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.xlsx", help="写成这个 .xlsx：汇总表和每个数的清单")
    ] = None,
) -> None:
    """汇总表：各指挥部的在办、灯、反馈、办结和会议，及合计；每个数都能打开清单。"""
    from cli.tables import table as drawn
    from documents.reports.city import figure_rows

    check_output_file(out, (".xlsx",))
    city, across = _asked()
    first, last, at = _period(since, until)
    figures = _figures(across, first, last, at)
    document = {"city": city.code, **_span(first, last), **_counted(figures)}
    if out is not None:
        from documents.reports.city_workbook import city_workbook

        write_output_file(out, city_workbook(figures, across.unread, first, last, at))
        _tell({**document, "file": str(out)}, across, f"已写入 {out}")
        return
    span = "".join(f" {name} {value}" for name, value in (("--from", since), ("--to", until)) if value)
    drawing = drawn(*figure_rows(figures))
    if figures:
        only = figures[0].headquarters.code
        drawing += f"\n打开一个数的清单：xmh city list --figure 红灯 --headquarters {only}{span}"
    _tell(document, across, drawing)


def briefing(since: FromOption = None, until: ToOption = None, out: OutOption = None) -> None:
    """市级督办工作简报（未签发的文稿）：总体情况、各指挥部的红灯、黄灯和漏报，附清单。"""
    city, across = _asked()
    last = past_day(until, "--to ") if until else today()
    first = past_day(since, "--from ") if since else last - timedelta(days=29)
    _print(city, across, _period(first.isoformat(), last.isoformat()), "市级督办工作简报", out)


def annual(
    year: Annotated[
        int | None, typer.Option("--year", metavar="Y", help="哪一年，默认今年", min=2000, max=2999)
    ] = None,
    out: OutOption = None,
) -> None:
    """市级年度统计：全年各指挥部的数字，每个数都附清单。"""
    city, across = _asked()
    wanted = year or today().year
    if wanted > today().year:
        raise Problem(f"{wanted}年还没有到", "malformed")
    last = min(date(wanted, 12, 31), today())
    _print(city, across, (date(wanted, 1, 1), last, min(end_of_day(last), now())), f"市级{wanted}年督办工作统计", out)


def _print(city: "Headquarters", across: Across, period: tuple[date, date, datetime], called: str, out: Any) -> None:
    from documents.formats.markdown import markdown_of
    from documents.reports.city import city_page

    check_output_file(out)
    since, until, at = period
    figures = _figures(across, since, until, at)
    page: Page = city_page(
        city, figures, _transfers(city, since, until, at), across.unread, since, until, as_of=at, called=called
    )
    if out is not None:
        write_page(page, out)
    text = markdown_of(page)
    document = {"city": city.code, **_span(since, until), **_counted(figures), "markdown": text}
    document["file"] = str(out) if out else None
    _tell(document, across, f"已写入 {out}" if out else text.rstrip("\n"))


def _transfers(city: "Headquarters", since: date, until: date, as_of: datetime) -> "list[Transfer]":
    """What was raised to the city and handed down by it in the period, or still waits for its answer."""
    from eventlog import reading
    from eventlog.configured import open_log
    from services.headquarters import settings_of
    from services.transfers import transfers

    if not city.city:
        return []
    with open_log(settings_of(session.settings, city.code)) as log:
        known = transfers(log, reading.position_at(log, as_of))
    return [t for t in known if t.on <= until and (t.on >= since or t.answer is None)]


def _span(since: date, until: date) -> dict[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()}


def _counted(figures: "Sequence[HeadquartersFigures]") -> dict[str, Any]:
    from documents.reports.city import CityFigure, totals

    rows = [
        {
            "code": one.headquarters.code,
            "name": one.headquarters.name,
            **{figure.value: one.count(figure) for figure in CityFigure},
            "reports": _rate(one.reports),
            "closings": _rate(one.closings),
        }
        for one in figures
    ]
    return {"headquarters": rows, "total": {figure.value: n for figure, n in totals(figures).items()}}


def _rate(rate: "Rate") -> dict[str, int]:
    return {"on_time": rate.part, "owed": rate.whole}


def _tell(document: Mapping[str, Any], across: Across, text: str) -> None:
    """The answer, and which headquarters are not in it."""
    missing = [f"注意：{code} 未计入：{why}" for code, why in across.unread.items()]
    unread = [{"headquarters": code, "message": why} for code, why in across.unread.items()]
    answer({**document, "unread": unread}, "\n".join([text, *missing]))
