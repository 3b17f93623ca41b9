"""What is printed on a paper names the series that gave it, in whichever headquarters; nothing else names any."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.base import Refusal
from domain.bulletin import Publication, number_series
from domain.envelope import NumberSeries
from domain.events import MatterOpened, UrgeIssued
from domain.incoming.events import PaperReceived
from domain.matter import Matter
from domain.meetings.events import MeetingRecorded, minutes_number
from domain.numbering import numbers_held
from domain.numbers_on_paper import number_on_paper
from domain.office import DelegationGranted
from domain.onsite.events import OnSitePlanned
from domain.papers import paper_series
from domain.transfer import Direction, TransferReceived, TransferSent, Words

AT = datetime(2026, 5, 6, tzinfo=UTC)


def bare(kind: type[Any], **fields: object) -> Any:
    """One with these fields and no others: a number depends on no more."""
    return kind.model_construct(**fields)


OF_EVENTS = (MatterOpened, UrgeIssued, PaperReceived, DelegationGranted, OnSitePlanned, TransferReceived)
SERIES: tuple[NumberSeries, ...] = (
    *(bare(kind).series(AT) for kind in OF_EVENTS),
    bare(MeetingRecorded, starts=AT).series(AT),
    *(bare(TransferSent, words=bare(Words, direction=way)).series(AT) for way in Direction),
    *(number_series(publication, AT.year) for publication in Publication),
    *(paper_series(letter, AT.year) for letter in (True, False)),
    minutes_number(AT.year),
)


@pytest.mark.parametrize("code", ["XMH", "FT", "SZ-FT2"])
@pytest.mark.parametrize("series", SERIES, ids=lambda s: s.series)
def test_every_number_a_headquarters_gives_names_the_series_that_gave_it(series: NumberSeries, code: str) -> None:
    printed = series.render(57, code)
    assert number_on_paper(printed, code) == (series.series, 57)
    assert number_on_paper(printed.replace("〔", " [").replace("〕", "] "), code) == (series.series, 57)


WRONG = [
    "",
    "57",
    "XMH-57",
    "催〔2026〕号",
    "../x-2026-1",
    "FT-2026-007",
    "香指督〔2026〕3号",
    "催〔1026〕3号",
    "XMH-2026-0",
]


@pytest.mark.parametrize("words", WRONG)
def test_what_no_series_here_gives_is_one_line_and_moves_nothing(words: str) -> None:
    with pytest.raises(Refusal, match="不是 XMH 的编号") as refused:
        number_on_paper(words, "XMH")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("code", ["XMH", "FT", "SZ-FT2"])
def test_a_matter_holds_its_number_whatever_the_code(code: str) -> None:
    matter = bare(Matter, number=f"{code}-2026-057", last_urge_no="催〔2026〕3号")
    assert numbers_held(matter) == {"matter/2026": 57, "urge/2026": 3}
