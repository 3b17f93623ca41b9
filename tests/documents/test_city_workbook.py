"""The city's workbook as it is printed: nothing is cut off, and each sheet says what it is the list of."""

import io
from datetime import date
from pathlib import Path

from openpyxl import load_workbook
from pytest import approx

from documents.reports.city import CityFigure, headquarters_figures
from documents.reports.city_workbook import SHEET, city_workbook
from domain.calendar import end_of_day
from domain.founding import Headquarters
from sheets.layout import row_height
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, founded, opening, sqlite

SHORT, LONG = "南山片区建设指挥部", "河套深港科技创新合作区（皇岗口岸片区）规划建设指挥部"
PIXEL = 0.75
SINCE, UNTIL = date(2022, 1, 1), date(2022, 3, 31)


def test_a_row_is_as_tall_as_its_longest_text_and_a_printed_list_says_what_of(tmp_path: Path) -> None:
    with founded(sqlite(tmp_path)) as log:
        act(log, "matter/a", opening("加快推进" + "深圳河湾流域水环境综合整治" * 9), OFFICE, at("2022-03-07"))
        figures = [
            headquarters_figures(log, Headquarters(code=code, name=name), SINCE, UNTIL, end_of_day(UNTIL))
            for code, name in (("NS", SHORT), ("FT", LONG))
        ]
    book = load_workbook(io.BytesIO(city_workbook(figures, {}, SINCE, UNTIL, end_of_day(UNTIL))))
    table, opened = book[SHEET], book[CityFigure.OPENED.label]
    heights = [table.row_dimensions[n].height for n in (4, 5)]
    width = table.column_dimensions["A"].width
    assert heights == approx([row_height([name], [width]) for name in (SHORT, LONG)], abs=PIXEL)
    assert heights[0] < heights[1]
    title, width = opened["D2"].value, opened.column_dimensions["D"].width
    assert opened.row_dimensions[2].height == approx(row_height([title], [width]), abs=PIXEL)
    assert opened.row_dimensions[2].height > 3 * heights[0]
    headers = [book[figure.label].oddHeader for figure in CityFigure]
    assert all(header is not None and header.center.text == "&A" for header in headers)
