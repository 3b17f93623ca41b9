"""What a stranger made is read in a process of its own: it may refuse, die or hang, and nothing of ours does."""

import os
import time
from pathlib import Path

import pytest

from domain.base import Refusal, refuse
from services.apart import done_apart


def named(path: Path) -> str:
    return path.name


def refused() -> None:
    refuse(True, "工作表太多", "too_large")


def died() -> None:
    os._exit(9)


def test_the_answer_comes_back_or_the_refusal_with_its_code() -> None:
    assert done_apart(named, Path("a") / "清单.xlsx") == "清单.xlsx"
    with pytest.raises(Refusal, match="工作表太多") as told:
        done_apart(refused)
    assert told.value.code == "too_large"


@pytest.mark.parametrize(("work", "args"), [(died, ()), (time.sleep, (60,))])
def test_who_dies_or_hangs_is_ended_and_said_in_one_line(work: object, args: tuple[int, ...]) -> None:
    began = time.monotonic()
    with pytest.raises(Refusal, match="读不完"):
        done_apart(work, *args, seconds=3.0)  # type: ignore[arg-type]
    assert time.monotonic() - began < 10
