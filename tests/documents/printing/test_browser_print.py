"""What a browser prints of the .html, by its own means: margins, numbers of pages, indents."""

import pytest

from documents.checking.clauses import ClauseKey
from documents.checking.pdf_measures import measure_pdf
from documents.checking.report import Verdict, judge_clauses
from documents.formats.press import Press
from documents.page import Layout
from tests.documents.printing.sample import bulletin, letter, minutes, news, paper
from tests.support.browsing import running_chromium

PRESS = Press()


@pytest.mark.slow
async def test_what_a_browser_prints_keeps_what_the_standard_lays_down() -> None:
    async with running_chromium() as browser:
        page = await browser.new_page()
        for printed in (bulletin(), bulletin(60), paper(12), minutes(), news(), letter()):
            await page.set_content(PRESS.printed(printed, "html").decode())
            lines = judge_clauses("x.pdf", measure_pdf(await page.pdf(prefer_css_page_size=True))).lines
            failed = {line.what for line in lines if line.verdict is Verdict.FAILED}
            wanted = (ClauseKey.TOP, ClauseKey.LEFT, ClauseKey.INDENT, ClauseKey.NUMBER_FORM, ClauseKey.NUMBER_SIDE)
            # Of a 函 the first face has none (10.1).
            asked = wanted[:3] if printed.layout is Layout.LETTER else wanted
            assert failed.isdisjoint({key.label for key in asked}), printed.layout.label
