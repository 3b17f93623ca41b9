"""What was computed for a page is made once, however many ask at the same moment, and only the last few are kept."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from views.remembered import Remembered

ASKING, KEPT = 8, 3


def test_many_who_ask_at_once_have_it_made_once() -> None:
    known, made, together = Remembered[str](KEPT), Counter[int](), threading.Barrier(ASKING)

    def ask(key: int) -> str:
        together.wait()

        def make() -> str:
            made[key] += 1
            return f"v{key}"

        return known.of(key, make)

    with ThreadPoolExecutor(ASKING) as threads:
        for key in range(20):
            assert set(threads.map(ask, [key] * ASKING)) == {f"v{key}"}
    assert set(made.values()) == {1}
    assert len(known) == KEPT


def test_what_could_not_be_made_is_tried_again_and_the_oldest_goes() -> None:
    known = Remembered[int](2)
    for key in (1, 2, 3, 1):
        assert known.of(key, lambda key=key: key * 10) == key * 10  # type: ignore[misc]
    assert known.of(3, lambda: 0) == 30
    assert known.of(2, lambda: 0) == 0, "it was the oldest"
    with pytest.raises(ZeroDivisionError):
        known.of(9, lambda: 1 // 0)
    assert known.of(9, lambda: 9) == 9
