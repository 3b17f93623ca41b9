"""应反馈: which report answers its window, and which 漏报 stands, event by event."""

from datetime import UTC, datetime

import pytest

from domain.queries.counted import CountedEvent, CountsAs, owed_reports

THEN = datetime(2022, 3, 11, 10, tzinfo=UTC)
ANSWERED, RETURNED, MISSED = CountsAs.ANSWERED, CountsAs.RETURNED, CountsAs.MISSED
MADE_UP, WITHDRAWN = CountsAs.MADE_UP, CountsAs.WITHDRAWN


def owed(*kinds: CountsAs) -> list[tuple[int, bool, bool]]:
    """What these events of one window come to: which event counts, whether it is a miss, whether made up for."""
    events = [CountedEvent(n, "matter/a", kind, "2022-W10", None, THEN) for n, kind in enumerate(kinds, 1)]
    other = CountedEvent(0, "matter/b", ANSWERED, "2022-W10", None, THEN)
    counted = owed_reports([other, *events])
    assert counted[0].event == other, "what befell another matter's window is nothing to this one"
    return [(one.event.position, one.missed, one.made_up) for one in counted[1:]]


@pytest.mark.parametrize(
    ("kinds", "counts"),
    [
        ((ANSWERED,), [(1, False, False)]),
        ((ANSWERED, ANSWERED), [(1, False, False)]),
        ((MISSED,), [(1, True, False)]),
        ((MISSED, MADE_UP), [(1, True, True)]),
        ((ANSWERED, RETURNED), []),
        ((ANSWERED, RETURNED, ANSWERED), [(3, False, False)]),
        ((ANSWERED, RETURNED, MISSED), [(3, True, False)]),
        ((ANSWERED, RETURNED, MISSED, MADE_UP), [(3, True, True)]),
        ((MISSED, ANSWERED, WITHDRAWN), [(2, False, False)]),
        ((ANSWERED, RETURNED, MISSED, ANSWERED, WITHDRAWN), [(4, False, False)]),
    ],
)
def test_a_window_is_owed_once_and_ends_as_its_events_say(
    kinds: tuple[CountsAs, ...], counts: list[tuple[int, bool, bool]]
) -> None:
    assert owed(*kinds) == counts
