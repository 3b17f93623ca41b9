"""Every field of every command has its Chinese name in a refusal, and every short text its bound; events have none."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from domain import commands as c
from domain import suggestions
from domain.assessment import rules as assessment
from domain.base import FieldRefusal, Frozen
from domain.bounds import bounds_of, within_bounds
from domain.commands import MatterCommand
from domain.facts import MOST_LINE, MOST_REASON, MOST_TITLE, SEALED, Basis, NewPoint, Origin
from domain.field_names import FIELD_NAMES, field_name
from domain.incoming import commands as incoming
from domain.meetings import commands as m
from domain.meetings.commands import MeetingCommand
from domain.meetings.meeting import AgendaItem
from domain.meetings.series import Series
from domain.onsite.commands import HoldOnSite, OnSiteCommand, PlanOnSite
from domain.onsite.events import OnSitePlan
from domain.terms import BasisKind, MatterKind
from eventlog.secrets import seal_text
from tests.support.office import founded, opening, sqlite


def of_module(module: Any) -> Iterator[type[Frozen]]:
    kinds = (v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Frozen))
    return (kind for kind in kinds if "do" in kind.model_fields)


COMMANDS: tuple[type[Frozen], ...] = (
    *get_args(get_args(MatterCommand)[0]),
    *get_args(get_args(MeetingCommand)[0]),
    *get_args(get_args(OnSiteCommand)[0]),
    *of_module(incoming),
    *of_module(assessment),
    suggestions.MakeSuggestion,
    suggestions.AnswerSuggestion,
)
LONG = {"text", "summary", "problem", "next_step", "coordination", "instruction", "sealed_plan"}
"""Fields that hold an account of something, or all of a plan, and may be as long as any text."""
NINE = datetime(2022, 3, 1, 1, tzinfo=UTC)
SERIES = Series(id="topic", name="专题会" * 90)  # as it was recorded


def values_in(annotation: Any) -> Iterator[type[Frozen]]:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        yield annotation
    for inner in get_args(annotation):
        yield from values_in(inner)


def paths_of(model: type[Frozen], before: tuple[str, ...] = ()) -> Iterator[tuple[type[Frozen], tuple[str, ...]]]:
    """Every field of a model, and of the values in it, by its path."""
    for name, field in model.model_fields.items():
        if name == "do":
            continue
        yield model, (*before, name)
        for inner in values_in(field.annotation):
            yield from paths_of(inner, (*before, name))


@pytest.mark.parametrize("model", COMMANDS, ids=lambda kind: kind.__name__)
def test_every_field_has_a_name_of_the_offices(model: type[Frozen]) -> None:
    for _, path in paths_of(model):
        name = field_name(model.__name__, path)
        assert re.fullmatch("[\u4e00-\u9fff（）、]+", name), (path, name)


def test_no_name_is_left_of_a_field_that_is_gone() -> None:
    known = {".".join(path[at:]) for kind in COMMANDS for _, path in paths_of(kind) for at in range(len(path))}
    known |= {f"{kind.__name__}.{'.'.join(path)}" for kind in COMMANDS for _, path in paths_of(kind)}
    known |= {f"fields.{name}" for name in ("basis_no", "basis_text", "source", "title")}
    assert set(FIELD_NAMES) <= known


def test_what_is_no_field_is_named_as_it_came() -> None:
    assert field_name("OpenMatter", ("colour",)) == "colour"
    assert field_name("OpenMatter", ("points", 1, "text")) == "督办要点第2项的内容"
    assert field_name("Order", ("command", "open", "basis", "no")) == "文号"


@pytest.mark.parametrize("model", COMMANDS, ids=lambda kind: kind.__name__)
def test_every_short_text_is_bounded(model: type[Frozen]) -> None:
    for kind, path in paths_of(model):
        bound = bounds_of(kind)[path[-1]]
        assert bound.of_the_log or bound.most is not None or path[-1] in LONG, (path, "no bound")


@pytest.mark.parametrize(
    ("command", "field", "line"),
    [
        (opening(title="长" * (MOST_TITLE + 1)), "title", f"事项名称：有{MOST_TITLE + 1}字，最多{MOST_TITLE}字"),
        (opening(section="章" * (MOST_TITLE + 1)), "section", "所在章节：有"),
        (opening(points=(NewPoint(text="图"), NewPoint(text="图" * 2001))), "points.text", "督办要点第2项的内容：有"),
        (opening(origin=Origin(kind="人大建议", no="号" * 201)), "origin.no", "来源的编号：有201字"),
        (opening(supervisor="x" * 201), "supervisor", "督办员：有201字，最多200字"),
        (opening(due=date(3000, 1, 1)), "due", "办结时限：年份3000"),
        (c.DeclineReceipt(reason="由" * (MOST_REASON + 1)), "reason", f"退签理由：有{MOST_REASON + 1}字"),
        (m.RecordMeeting(series=SERIES, starts=NINE, title="会" * 101), "title", "会议名称：有101字，最多100字"),
        (m.AddItem(item=AgendaItem(key="k", title="议" * 501)), "item.title", "议题的名称：有501字"),
        (c.CorrectEvent(version=1, text="错", fields={"title": "名" * 501}), "fields.title", "事项名称：有501字"),
    ],
)
def test_what_is_out_of_bounds_is_told_by_its_field(command: Frozen, field: str, line: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        within_bounds(command)
    assert (refused.value.field, refused.value.code) == (field, "malformed")
    assert refused.value.message.startswith(line)


def test_what_is_long_by_right_is_within_bounds() -> None:
    within_bounds(c.SubmitFeedback(text="进" * 20_000))
    within_bounds(c.DeclineReceipt(reason=SEALED + "x" * 9000))  # measured before it was sealed
    item = AgendaItem(key="k", title="旧" * 2000)
    within_bounds(m.FreezeAgenda(proposed=(item,), position=3))  # what stands in the log is as long as it was recorded
    within_bounds(opening(title="长" * MOST_TITLE, supervisor="x" * MOST_LINE))


def test_what_says_it_is_sealed_is_no_longer_than_what_may_be_sealed(tmp_path: Path) -> None:
    """Else whoever writes `sealed:` before it heads each paper with 60 KB."""
    log = founded(sqlite(tmp_path))
    for characters in (1, MOST_REASON):
        within_bounds(c.DeclineReceipt(reason=seal_text(log, "matter/1", "😀" * characters)))
    for command in (
        m.RecordMeeting(series=SERIES, starts=NINE, title=SEALED + "A" * 60_000),
        opening(supervisor=SEALED + "A" * 60_000),
    ):
        with pytest.raises(FieldRefusal):
            within_bounds(command)


def test_a_plan_that_was_approved_is_held_however_long_it_was_recorded() -> None:
    plan = OnSitePlan(
        title="旧" * 900,
        basis=Basis(kind=BasisKind.MINUTES, text="会" * 900),
        kind=MatterKind.ROUTINE,
        leader="he",
        units=("hall",),
        on=NINE.date(),
        until=NINE.date(),
    )
    within_bounds(HoldOnSite(plan=plan))
    with pytest.raises(FieldRefusal, match="督查名称：有900字"):
        within_bounds(PlanOnSite(plan=plan))
    short = plan.model_copy(update={"title": "新", "basis": Basis(kind=BasisKind.MINUTES, text="会")})
    within_bounds(PlanOnSite(plan=short, sealed_plan=SEALED + "A" * 9000))


def test_the_api_says_how_long_each_text_of_a_mapping_may_be() -> None:
    fields = c.CorrectEvent.model_json_schema()["properties"]["fields"]
    assert (fields["additionalProperties"]["maxLength"], "maxLength" in fields) == (MOST_TITLE, False)


def test_what_was_recorded_before_still_reads() -> None:
    assert Basis(kind=BasisKind.MINUTES, text="会" * 3000).text
    assert NewPoint(text="图" * 9000, due=datetime(2022, 3, 1, tzinfo=UTC).date()).text
    assert AgendaItem(key="k" * 900, title="旧" * 900).title
