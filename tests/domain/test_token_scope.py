"""What a token may not do, whatever its scope: what a person answers for by his own hand, in meetings as elsewhere."""

import pytest

from domain.access.scopes import check_scope
from domain.access.terms import TokenScope
from domain.base import Frozen, Refusal
from domain.meetings import commands as m
from domain.meetings.terms import Outcome

BY_HAND: list[Frozen] = [
    m.DecideItem(item=1, outcome=Outcome.AGREED, text="原则同意"),
    m.WithdrawPoint(point=1, reason="重复"),
    m.WaiveOutcome(point=1, reason="已另行办理"),
    m.SignMinutes(),
]


@pytest.mark.parametrize("command", BY_HAND, ids=lambda c: type(c).__name__)
def test_no_token_decides_in_a_meeting_or_signs_its_minutes(command: Frozen) -> None:
    with pytest.raises(Refusal) as refusal:
        check_scope(TokenScope.HANDLE, command)
    assert (refusal.value.code, "本人登录" in refusal.value.message) == ("scope", True)
    check_scope(TokenScope.HANDLE, m.SendAgain(point=1))
