"""Whatever the text: no exception, no lost character, and no field that does not stand in the source.

`XMH_FUZZ_SECONDS=600` runs the same search for ten minutes.
"""

import json
import os
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from intake.draft.draft import draft
from intake.draft.model import DraftedList, NamedPerson, NamedUnit, StatedLimit, Target, TextPart
from intake.draft.readers.plain import of_text
from intake.draft.text import Span, view
from tests.intake.draft.scoring import office

ROWS: list[list[str]] = json.loads((Path(__file__).parent / "pieces.json").read_text(encoding="utf-8"))
PIECES = [piece for row in ROWS for piece in row]
"""What documents are made of, and what damages them."""
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=60).map("".join)
SECONDS = int(os.environ.get("XMH_FUZZ_SECONDS", "0"))
OFFICE = office()


def in_the_source(made: DraftedList, span: Span, written: str) -> None:
    """Every character of a field stands in its span, in order; a page number or a table's line may lie between them."""
    letters = iter(_bare(view(made.text, span.start, span.end, marks="").raw))
    assert all(letter in letters for letter in _bare(written)), (written, made.text[span.start : span.end])


def _bare(text: str) -> str:
    return "".join(text.replace("*", "").split())


@settings(
    max_examples=2_000 if SECONDS else 100,
    deadline=timedelta(seconds=5),
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(text=TEXTS.filter(lambda text: bool(text.strip())))
@example("牵头单位：")
@example("牵头单位：一、")
@example("牵头：\n| 序号 | 工作任务 | 责任单位 | 完成时限 |\n|---|---|---|---|\n")
@example("\n序号\n\n工作任务\n\n责任单位\n\n1\n\n①")
@example("\n序号 |\n工作任务 |\n责任单位 |\n1 |\n")
def search(text: str) -> None:
    made = draft(of_text(text, "来文.txt"), "来文.txt", OFFICE)
    for region in made.regions:
        lost = region.why == "未归类" and region.part is TextPart.SKIPPED
        assert not lost, made.text[region.span.start : region.span.end]
    assert "".join(made.text[region.span.start : region.span.end] for region in made.regions) == text
    for item in made.items:
        assert item.title
        assert item.spans or item.place
        in_the_source(made, item.title_span, item.title)
        found: list[NamedUnit | NamedPerson | StatedLimit | Target] = [*item.units, *item.leaders, *item.persons]
        for named in (*found, *item.deadlines, *item.targets):
            in_the_source(made, named.span, named.written)
        for point in item.points:
            in_the_source(made, point.span, point.text)


@pytest.mark.timeout(60 + SECONDS)
def test_any_text_is_drafted_without_loss() -> None:
    until, rounds = monotonic() + SECONDS, 0
    while rounds == 0 or monotonic() < until:
        search()
        rounds += 1
    print(f"{rounds} rounds")  # noqa: T201


def test_many_thousand_bars_or_headers_are_no_trap() -> None:
    """Each line once looked at all the others, a minute for what takes a second; the timeout would tell."""
    for text in ("|\n" * 8_000, "序号 |\n" * 3_000, "（" * 8_000, "推进，" * 3_000, "区局和" * 3_000):
        assert draft(of_text(text, "来文.txt"), "来文.txt", OFFICE).items is not None
