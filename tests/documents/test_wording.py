"""How headings are numbered."""

import pytest

from documents.wording import numeral


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (19, "十九"), (20, "二十"), (21, "二十一"), (99, "九十九")],
)
def test_headings_are_numbered_as_they_are_counted(n: int, said: str) -> None:
    assert numeral(n) == said
