"""The documents of `corpus/`, each beside the list a careful clerk would make of it."""

import pytest

from tests.intake.draft.scoring import ALL, cases, score, table

SOURCE_DOCUMENTS = {"工作总结和计划", "党代会报道"}
ENOUGH = 0.95


@pytest.mark.slow
def test_every_document_is_drafted_as_the_clerk_lists_it(capsys: pytest.CaptureFixture[str]) -> None:
    """One test, so that the documents are read once."""
    scores = {case.name: score(case) for case in cases()}
    with capsys.disabled():
        print(f"\n{table(list(scores.values()))}")  # noqa: T201  (the table is the point)
    assert len(scores.keys() - SOURCE_DOCUMENTS) >= 12
    short = {n: s.wrong for n, s in scores.items() if min(s.precision, s.recall) < ENOUGH}
    assert short == {}
    for name in ALL:
        assert [line for each in scores.values() for line in each.wrong if f"：{name} " in line] == []
        assert sum(each.fields[name] for each in scores.values()) > 0
