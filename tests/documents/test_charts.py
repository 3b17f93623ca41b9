"""Charts: what they say, how they read in black and white, and that they stand in every format."""

import io
import zipfile
from datetime import date, timedelta
from xml.etree import ElementTree as etree  # noqa: N813

from pypdf import PdfReader

from documents.charts import (
    LifeMoment,
    LightsOn,
    MatterBar,
    UnitRate,
    bars_chart,
    life_chart,
    lights_chart,
    on_time_chart,
)
from documents.figures import read_period, working
from documents.formats.press import FORMATS, Press
from documents.lit_weeks import lit_weeks_figure, weekly_lights
from documents.page import Figure, Page, Paragraph, Section, Subheading
from documents.sections.edition import Edition
from documents.sections.overview import OVERVIEW
from documents.sections.recipe import SectionPart, SectionRecipe, Topic, built_in_recipe
from domain.bulletin import Publication
from domain.periods import PeriodLength
from domain.terms import Light
from eventlog.database import Database
from tests.documents.composed import compose_briefing
from tests.documents.quarter import crowd, play, suspend
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, opening


def drawing(svg: str) -> etree.Element:
    """What this build itself has drawn."""
    return etree.fromstring(svg)  # noqa: S314


SVG = "{http://www.w3.org/2000/svg}"
WEEKS = [
    LightsOn(date(2022, 1, 7) + timedelta(weeks=n), {Light.GREEN: 10, Light.YELLOW: n, Light.RED: 2}) for n in range(6)
]


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in drawing(svg).iter(f"{SVG}text")]


def test_each_light_has_a_hatching_of_its_own_for_black_and_white_print() -> None:
    drawn = drawing(lights_chart(WEEKS, "灯色"))
    patterns = {p.get("id"): etree.tostring(p[0]) if len(p) else b"" for p in drawn.iter(f"{SVG}pattern")}
    assert len(set(patterns.values())) == len(patterns) == 4


def test_the_bars_of_a_week_stand_on_each_other_and_fill_the_scale() -> None:
    drawn = drawing(lights_chart(WEEKS, "灯色"))
    last = sorted({float(r.get("x", "0")) for r in drawn.iter(f"{SVG}rect") if r.get("fill") == "#b5392f"})[-1]
    bars = [
        r
        for r in drawn.iter(f"{SVG}rect")
        if float(r.get("x", "0")) == last and not (r.get("fill") or "").startswith("url")
    ]
    assert round(sum(float(b.get("height", "0")) for b in bars)) == 200, "the fullest week is as tall as the chart"


def test_a_bar_tells_its_number_where_there_is_room_and_the_scale_counts_whole_matters() -> None:
    said = texts(lights_chart(WEEKS, "灯色"))
    assert said.count("10") == len(WEEKS), "every green bar"
    assert {"0", "8", "17"} <= set(said), "half of 17 is no number of matters"
    assert "8.5" not in said
    crowded = [LightsOn(date(2022, 1, 7) + timedelta(weeks=n), {Light.GREEN: 100}) for n in range(52)]
    assert texts(lights_chart(crowded, "灯色")).count("100") == 1, "on the scale: fifty bars leave no room"


def test_units_are_told_with_both_numbers_and_names_are_text_not_markup() -> None:
    svg = on_time_chart([UnitRate("甲&乙<局>", 14, 15), UnitRate("丙局", 0, 0)], "按期")
    assert {"甲&乙<局>", "14/15", "丙局", "—"} <= set(texts(svg))


def test_a_line_of_life_puts_each_day_in_its_place() -> None:
    since, until = date(2022, 1, 1), date(2022, 12, 31)
    moments = [LifeMoment(since, "立项"), LifeMoment(date(2022, 7, 2), "议定"), LifeMoment(until, "销号")]
    drawn = drawing(life_chart(moments, since, until, "过程"))
    places = [float(c.get("cx", "0")) for c in drawn.iter(f"{SVG}circle")]
    assert places == [20, 295, 570]


def test_the_same_chart_is_the_same_bytes() -> None:
    assert lights_chart(WEEKS, "灯色") == lights_chart(list(WEEKS), "灯色")


def test_the_lights_of_past_weeks_come_from_the_log_as_it_stood(log: Database) -> None:
    play(log)
    period = read_period(log, date(2022, 2, 1), date(2022, 3, 31), as_of=at("2022-04-01"))
    weeks = {w.day: w.counts for w in weekly_lights(period)}
    assert sum(weeks[date(2022, 2, 11)].values()) == 0, "nothing was open yet"
    assert sum(weeks[date(2022, 2, 18)].values()) == 3
    assert sum(weeks[date(2022, 3, 18)].values()) == 2, "the third was closed on 3-11"
    assert weeks[date(2022, 3, 25)][Light.RED] == 1, "LAND's limit passed that evening"
    figure = lit_weeks_figure(period, "灯色")
    assert figure is not None
    assert "红灯最多的一周为3月25日，1件" in figure.said


def test_a_briefing_has_the_chart_from_four_weeks_on_and_after_the_text(log: Database) -> None:
    play(log)

    def overall(since: date) -> list[str]:
        found = compose_briefing(log, Publication.BRIEFING, since, date(2022, 3, 31), as_of=at("2022-03-31", "18:00"))
        return [block.kind for block in found.sections[0].blocks]

    assert overall(date(2022, 3, 4))[-2:] == ["grid", "figure"]
    assert "figure" not in overall(date(2022, 3, 5))
    assert "figure" not in overall(date(2022, 3, 25))


def test_the_last_week_is_looked_at_when_the_document_is_not_later(log: Database) -> None:
    play(log)
    friday = date(2022, 3, 25)
    noon = read_period(log, date(2022, 3, 1), friday, as_of=at("2022-03-25", "12:00"))
    assert weekly_lights(noon)[-1].counts[Light.RED] == 0, "LAND's limit passes that evening"


def test_a_figure_stands_in_every_format() -> None:
    figure = Figure(title="灯色", said="红灯2件", svg=lights_chart(WEEKS, "灯色"))
    page = Page(
        masthead="年度统计",
        issue="2022年",
        issuer="办公室",
        on=date(2022, 12, 31),
        title="统计",
        sections=(Section(title="情况", blocks=(figure,)),),
    )
    made = {kind: Press().printed(page, kind) for kind in FORMATS}
    assert "（图：灯色。红灯2件）" in made["md"].decode()
    assert "<svg" in made["html"].decode()
    assert 'aria-label="红灯2件"' in made["html"].decode()
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as archive:
        [picture] = [n for n in archive.namelist() if n.startswith("word/media/")]
        assert archive.read(picture).startswith(b"\x89PNG")
        assert "红灯2件" in archive.read("word/document.xml").decode()
    assert made["pdf"].startswith(b"%PDF")
    assert {kind: Press().printed(page, kind) for kind in FORMATS} == made


def test_a_bar_of_a_matter_goes_from_its_opening_to_its_limit_and_is_filled_as_far_as_it_is() -> None:
    whole = MatterBar("推进", date(2022, 1, 1), date(2022, 12, 31), 50, Light.GREEN, (date(2022, 7, 1),))
    half = MatterBar("这一件的名称长得在一行里写也写不下去", date(2022, 1, 1), date(2022, 7, 1), 0, Light.RED)
    svg = bars_chart([whole, half], date(2022, 3, 31), "横道图")
    framed = [r for r in drawing(svg).iter(f"{SVG}rect") if r.get("fill") == "#fff" and r.get("stroke")]
    long, short = (float(r.get("width", "0")) for r in framed)
    assert 0.48 < short / long < 0.51
    [filled] = [r for r in drawing(svg).iter(f"{SVG}rect") if r.get("fill") == "#5f9e6e"]
    assert round(float(filled.get("width", "0")) / long, 2) == 0.5
    assert {"50%", "0%", "2022.1", "11月"} <= set(texts(svg))
    assert "这一件的名称长得在一行里写也…" in texts(svg)


def test_what_a_chart_of_bars_shows_of_five_years_stands_within_it_and_beside_its_bar() -> None:
    since, due = date(2022, 1, 1), date(2026, 12, 31)
    early, late = date(2021, 12, 1), date(2027, 3, 1)
    bars = [MatterBar("甲", since, due, 100, Light.BLUE, (early, late)), MatterBar("乙", since, due, 70, Light.RED)]
    svg = drawing(bars_chart(bars, date(2024, 3, 31), "横道图"))
    framed = [r for r in svg.iter(f"{SVG}rect") if r.get("fill") == "#fff"]
    ends = max(float(r.get("x", "0")) + float(r.get("width", "0")) for r in framed)
    shares = [t for t in svg.iter(f"{SVG}text") if (t.text or "").endswith("%")]
    assert all(float(t.get("x", "0")) > ends for t in shares), "beside the bar and not on it"
    points = [float(p.get("d", "").split()[0][1:]) for p in svg.iter(f"{SVG}path") if p.get("fill") == "#222"]
    assert 196 <= min(points) < max(points) <= 590
    assert {r.get("fill") for r in svg.iter(f"{SVG}rect")} >= {"url(#blue)", "url(#red)"}, "a print in black tells them"
    months = [t for t in svg.iter(f"{SVG}text") if t.get("y") == "38"]
    assert max(float(t.get("x", "0")) for t in months) + 44 <= 590, "the last is not cut off"
    years = [t.text.split(".")[0] for t in months if t.text and "." in t.text]
    assert years == ["2021", "2022", "2023", "2024", "2025", "2026"], "each year is told where it begins"


def test_the_bars_are_of_what_the_text_counts_and_say_what_they_leave_out(log: Database) -> None:
    play(log)
    suspend(log)
    act(log, "matter/monthly", opening("每月巡查", None, period=PeriodLength.MONTH), OFFICE, at("2022-03-02"))
    period = read_period(log, date(2022, 3, 1), date(2022, 3, 31), as_of=at("2022-03-31", "18:00"))
    limits = built_in_recipe().limits
    under_way = len(working(period.entries()))
    heading, figure, rest = OVERVIEW[SectionPart.BARS](Edition(period, limits))
    assert isinstance(figure, Figure)
    assert "编制海绵城市专项规划" not in figure.said, "it is suspended"
    assert [heading, rest] == [
        Subheading(text=f"在办事项横道图（{under_way - 1}件）"),
        Paragraph(text=f"在办事项共{under_way}件，未画出没有办结时限的长期、定期事项1件，见《任务清单一览表》。"),
    ]
    few = Edition(period, limits.model_copy(update={"appended": 1}))
    *_, rest = OVERVIEW[SectionPart.BARS](few)
    assert isinstance(rest, Paragraph)
    assert f"时限较晚的{under_way - 2}件" in rest.text


def test_an_office_that_wants_it_gets_a_chart_of_bars_as_an_annex_a_face_for_each_thirty(log: Database) -> None:
    play(log)
    crowd(log, 40)
    recipe = built_in_recipe()
    wanted = SectionRecipe(topic=Topic.APPENDIX, title="附表", parts=(SectionPart.BARS,))
    sections = (*(s for s in recipe.sections if s.topic is not Topic.APPENDIX), wanted)
    found = compose_briefing(
        log,
        Publication.BRIEFING,
        date(2022, 3, 1),
        date(2022, 3, 31),
        as_of=at("2022-03-31", "18:00"),
        recipe=recipe.model_copy(update={"sections": sections}),
    )
    [annex] = found.appendices
    assert annex.title == "附表1　在办事项横道图（42件）"
    assert [b.title for b in annex.blocks if isinstance(b, Figure)] == [
        "在办事项横道图（1至30）",
        "在办事项横道图（31至42）",
    ]
    faces = len(PdfReader(io.BytesIO(Press().printed(found.draft(date(2022, 3, 31)), "pdf"))).pages)
    plain = found.model_copy(update={"appendices": ()}).draft(date(2022, 3, 31))
    assert faces == len(PdfReader(io.BytesIO(Press().printed(plain, "pdf"))).pages) + 2
