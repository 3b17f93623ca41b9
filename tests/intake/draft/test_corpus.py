"""The documents of `corpus/`, each beside the list a careful clerk would make of it."""

import pytest

from tests.intake.draft.scoring import ALL, Case, Score, cases, score, table

SOURCE_DOCUMENTS = {"工作总结和计划", "党代会报道"}
ENOUGH = 0.95


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return {case.name: score(case) for case in cases()}


def test_precision_and_recall_of_every_document_are_printed(
    scores: dict[str, Score], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\n{table(list(scores.values()))}")  # noqa: T201  (the table is the point)
    assert len(scores.keys() - SOURCE_DOCUMENTS) >= 12


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_document_is_drafted_as_the_clerk_lists_it(case: Case, scores: dict[str, Score]) -> None:
    found = scores[case.name]
    assert found.precision >= ENOUGH, found.wrong
    assert found.recall >= ENOUGH, found.wrong


@pytest.mark.parametrize("name", ALL)
def test_every_field_that_a_text_states_is_found_and_none_is_invented(name: str, scores: dict[str, Score]) -> None:
    wrong = [line for each in scores.values() for line in each.wrong if f"：{name} " in line]
    assert wrong == []
    assert sum(each.fields[name] for each in scores.values()) > 0
