"""`/feedback` 一屏周反馈: every matter a unit owes a report of on one page, each sent as a command of its own.

What one matter's rule refuses stays on the page with its line and whatever was typed; the others are reported.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain import commands as c
from domain.base import FieldRefusal, Refusal, refuse
from domain.facts import IndicatorReport, PointReport
from domain.queries.reported import ending_share, scaled_number, words_of
from domain.terms import IN_UNIT, ReportChannel, Role
from eventlog.autosaves import autosave_of, drop_autosave
from services.unreachable import Unreachable
from views.reporting import report_of, reports_of, units_owing
from web.asking import the_matter
from web.pages.drafts import clock_of
from web.pages.giving_back import words_typed
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import (
    Given,
    carry_out,
    files_in,
    handed_in,
    sent_form,
    share_of,
    told_on_page,
)
from web.service import service_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from web.service import WebService

WORDS = ("text", "problem", "coordination", "next_step", "same")
NOT_SAID = frozenset({"command", "version", "secret", "letter", "who"})
"""Fields of a block by which alone nothing is reported."""


@dataclass(frozen=True)
class ReportsAsked:
    """Of which matters the page is asked: one, or those of a unit."""

    matter: str = ""
    unit: str = ""
    every: bool = False

    @property
    def query(self) -> str:
        """The same as an address has it."""
        asked = {"matter": self.matter, "unit": self.unit, "all": "1" if self.every else ""}
        return "&".join(f"{name}={value}" for name, value in asked.items() if value)


@dataclass
class ReportsSent:
    """What became of the matters of one submission, by number."""

    done: list[dict[str, str]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    """Matter → the field its fault is about."""
    renewed: set[str] = field(default_factory=set)
    """Matters whose command was carried out with other content: what is sent next is another command."""
    status: int = 200
    empty: bool = False


router = APIRouter(include_in_schema=False)


@router.get("/feedback")
async def form(request: Request, matter: str = "", unit: str = "", all: str = "") -> Response:  # noqa: A002
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    asked = ReportsAsked(matter[:40], unit[:80], bool(all))
    return await service.ask(_page, service, visitor, asked, Given({}), ReportsSent())


@router.post("/feedback")
async def submitted(request: Request, matter: str = "", unit: str = "", all: str = "") -> Response:  # noqa: A002
    service = service_of(request)
    visitor, given = await sent_form(request, files=True)
    given, not_taken = await handed_in(service, visitor, given)
    outcome, asked = ReportsSent(), ReportsAsked(matter[:40], unit[:80], bool(all))
    numbers = [n.removesuffix(".command") for n in given.fields if n.endswith(".command")]
    filled = [no for no in numbers if _filled(given.of(no))]
    outcome.empty = not filled and not not_taken
    outcome.status = 422 if outcome.empty else 200
    for name, fault in not_taken.items():
        no, _, outcome.fields[no] = name.partition(".")
        outcome.faults[no], outcome.status = fault, 422
    for no in filled:
        if no not in outcome.faults:
            await _report(service, visitor, no, given, outcome)
    if asked.matter and outcome.done:
        return RedirectResponse(f"/matters/{asked.matter}", 303)
    return await service.ask(_page, service, visitor, asked, given, outcome)


def _filled(block: Given) -> bool:
    return any(block[name] for name in block.fields if name not in NOT_SAID)


async def _report(service: "WebService", visitor: Visitor, no: str, given: Given, outcome: ReportsSent) -> None:
    """Report one matter; what became of it is noted, whatever that was."""
    block = given.of(no)
    try:
        shown = await service.ask(lambda: report_of(visitor.viewer, the_matter(visitor.viewer, no).stream))
        command = feedback_command(block, shown)
        files = await service.ask(files_in, service.database, visitor.person.id, block, "attachments", service.now)
        command = command.model_copy(update={"attachments": files})
        if visitor.person.role is Role.OFFICE:
            command = _typed_for(command, shown, given, block)
        await carry_out(service, visitor, no, command, block["command"], secret=bool(block["secret"]))
    except (Refusal, Unreachable, ValidationError) as error:
        explained = told_on_page(error, service)
        outcome.faults[no] = explained.message
        outcome.status = max(outcome.status, explained.status)
        if isinstance(error, FieldRefusal):
            outcome.fields[no] = error.field
        if explained.code == "command_id_reused":
            outcome.renewed.add(no)
    else:
        await service.ask(drop_autosave, service.database, visitor.person.id, f"report:{no}", service.now)
        shares = "、".join([f"要点{p.no} {p.progress}%" for p in command.points])
        outcome.done.append({"matter": no, "title": shown["title"], "said": shares})


def feedback_command(block: Given, shown: "Mapping[str, Any]") -> c.SubmitFeedback:
    """The command a block of the form means.

    Raises:
        FieldRefusal: nothing was written, or a share or value is no number.
    """
    points = tuple(p for point in shown["points"] if (p := _point(block, point)))
    indicators = tuple(i for known in shown["indicators"] if (i := _indicator(block, known["no"])))
    text = block["text"] or words_of(points, indicators)
    if block["same"]:
        if text:
            raise FieldRefusal("same", "既写了进展，又写了无变化的原因，请留其一")
        text = f"无变化：{block['same']}"
    if not text:
        raise FieldRefusal(f"t{shown['points'][0]['no']}" if shown["points"] else "text", "请填写进展情况")
    return c.SubmitFeedback(
        text=text,
        progress=share_of("progress", block["progress"]) if block["progress"] else None,
        problem=block["problem"] or None,
        next_step=block["next_step"] or None,
        coordination=block["coordination"] or None,
        points=points,
        indicators=indicators,
    )


def _point(block: Given, point: "Mapping[str, Any]") -> PointReport | None:
    """What is said of a point: words, a share beside them or at their end; None when nothing is."""
    words, share = block[f"t{point['no']}"], block[f"p{point['no']}"]
    if not share:
        words, ending = ending_share(words)
        share = ending or ""
    if not words and not share:
        return None
    progress = share_of(f"p{point['no']}", share) if share else point["progress"]
    return PointReport(no=point["no"], progress=progress, text=words or None)


def _indicator(block: Given, no: int) -> IndicatorReport | None:
    typed = block[f"i{no}"]
    if not typed:
        return None
    number = scaled_number(typed)
    if number is None:
        raise FieldRefusal(f"i{no}", f"指标{no}的累计值“{typed[:20]}”应是数字，如 12 或 6.5")
    return IndicatorReport(no=no, value=number[0], decimals=number[1])


def _typed_for(command: c.SubmitFeedback, shown: "Mapping[str, Any]", given: Given, block: Given) -> c.SubmitFeedback:
    """代录: the unit's words, and by which way they came."""
    letter = block["letter"] or None
    via = ReportChannel.LETTER if letter else ReportChannel.from_label(given["via"])
    if via is None:
        raise FieldRefusal("via", "代录须选明反馈是怎样收到的")
    return command.model_copy(update={"for_unit": given["for_unit"] or shown["lead"], "via": via, "letter": letter})


def _page(service: "WebService", visitor: Visitor, asked: ReportsAsked, given: Given, outcome: ReportsSent) -> Response:
    """The form, with what was typed and is not reported yet."""
    viewer, office = visitor.viewer, visitor.person.role is Role.OFFICE
    own = visitor.person.unit if visitor.person.role in IN_UNIT else None
    unit = asked.unit if office else own or ""
    try:
        refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能反馈", "forbidden")
        if asked.matter:
            blocks = [report_of(viewer, the_matter(viewer, asked.matter).stream)]
        elif office and not unit:
            return visitor.page("feedback", "feedback_units.html", units=units_owing(viewer))
        elif not unit:
            raise Refusal("周反馈由办理单位填写，办公室可以代录", "forbidden")  # noqa: TRY301
        else:
            blocks = reports_of(viewer, unit, every=asked.every)
    except Refusal as refusal:
        status = 404 if refusal.code == "not_found" else 403 if refusal.code == "forbidden" else 409
        title = "没有找到" if refusal.code == "not_found" else "现在不能反馈"
        return visitor.page("feedback", "message.html", status, title=title, message=refusal.message)
    done = {one["matter"] for one in outcome.done}
    blocks = [b for b in blocks if b["matter"] not in done or asked.every]
    known = {b["matter"] for b in blocks}
    again = {f"{no}.command" for no in outcome.renewed}
    kept = {n: v for n, v in given.fields.items() if n.partition(".")[0] not in done and n not in again}
    saved = {no: autosave_of(service.database, visitor.person.id, f"report:{no}", service.now) for no in known}
    restored = {no: one for no, one in saved.items() if one.saved_at and f"{no}.command" not in kept}
    for one in restored.values():
        kept.update(one.fields)
    return visitor.page(
        "feedback",
        "feedback.html",
        outcome.status,
        blocks=blocks,
        given=Given(kept),
        versions=saved,
        restored={no: clock_of(one.saved_at) for no, one in restored.items() if one.saved_at},
        asked=asked,
        outcome=outcome,
        elsewhere={no: words_typed("/feedback", "", given.of(no).fields) for no in outcome.faults if no not in known},
        unit_name=viewer.units(unit) if unit else None,
        unit=unit,
        office=office,
        channels=list(ReportChannel),
        new_command=lambda: uuid4().hex,
    )
