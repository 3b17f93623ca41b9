"""Rows as tall as their text, for every sheet that is printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets.layout import row_height


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 20, 1),
        ("短", 20, 1),
        ("完成深圳国际交流中心一期", 20, 2),  # 24 wide in 18
        ("ABCDEFGHIJKLMNOPQR", 20, 1),  # half as wide
        ("一\n二\n三", 20, 3),
        ("一\n\n三", 20, 3),
    ],
)
def test_a_row_is_as_tall_as_its_text(text: str, width: int, lines: int) -> None:
    assert row_height([text], [width]) == 14 * lines + 2


def test_the_tallest_cell_decides_and_no_row_is_taller_than_a_workbook_allows() -> None:
    assert row_height(["一", "一\n二"], [20, 20]) == 30
    assert row_height(["一\n" * 100], [20]) == 409


@given(st.lists(st.text(alphabet="一二a1\n ", max_size=60), min_size=1, max_size=6), st.integers(4, 30))
def test_a_row_is_as_tall_as_each_of_its_cells_needs(texts: list[str], width: int) -> None:
    """A cell that cannot be the tallest is passed over; that must make no row lower."""
    room = width - 2
    wide = [[sum(1 if char.isascii() else 2 for char in line) for line in text.split("\n")] for text in texts]
    lines = max(sum(max(-(-one // room), 1) for one in of_text) for of_text in wide)
    assert row_height(texts, [width] * len(texts)) == min(14 * lines + 2, 409)
