"""The timeline of an evidence bundle can be read: no word of one column stands in the next."""

from documents.formats import standard as gb
from documents.page import Grid
from documents.reports.evidence import timeline_page
from domain.calendar import local_date
from eventlog import reading
from eventlog.database import Database
from services.bundle.export import matter_of
from tests.documents.quarter import HALL, play

MM_A_POINT = 25.4 / 72
DIGIT = 0.55
"""Of an em, as wide as figures are in any face of ours."""


def test_every_moment_of_the_timeline_fits_its_column(log: Database) -> None:
    play(log)
    events = reading.read_stream(log, HALL)
    page = timeline_page(log, matter_of(events), events, events[-1].recorded_at)
    (grid,) = [block for part in page.sections for block in part.blocks if isinstance(block, Grid)]
    weights = gb.weights(grid.headers)
    widths = [gb.TEXT[0] * weight / sum(weights) for weight in weights]
    for column, name in enumerate(grid.headers):
        if name in ("发生", "记录"):
            longest = max(len(word) for row in grid.rows for word in row[column].split())
            assert longest == len(str(local_date(events[0].recorded_at))), "a date, and below it the hour"
            assert longest * DIGIT * gb.TABLE * MM_A_POINT < widths[column]
