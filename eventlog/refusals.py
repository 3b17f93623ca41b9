"""A refusal is final: whoever says *refused* has noted so in the log, and no late attempt records it after all.

A worker frozen before it confirms its refusal, or a request delivered twice, comes back when the world has moved on and
would decide afresh. So the append that refuses notes the command's id, and until when it was meant; drafts under that
id and no later `valid_until` are refused in the transaction that would have recorded them. A person who asks again has
a later `valid_until` and is heard.
"""

from datetime import timedelta

from domain.base import refuse
from domain.log import AppendRequest
from eventlog.backend import Statement
from eventlog.stored_time import micros

KEPT_FOR = timedelta(days=1)
"""How long a refusal is kept after the command expired: the table stays as small as a day or two of refusals.

Longer than any attempt can be late: what was decided twenty minutes ago is not recorded any more (`eventlog/clock.py`).
"""

_NOTE = (
    "INSERT INTO refusals (command_id, valid_until) VALUES (?, ?) ON CONFLICT (command_id) "
    "DO UPDATE SET valid_until = excluded.valid_until WHERE excluded.valid_until > refusals.valid_until"
)
_FORGET = "DELETE FROM refusals WHERE valid_until < ?"


def check_not_refused(request: AppendRequest, refused_until: int) -> None:
    """Refuse to append a command of which its sender was already told that it is refused.

    Args:
        request: what is to be recorded.
        refused_until: the latest `valid_until` under which its id was refused, in microseconds; 0 when it never was.

    Raises:
        Refusal: with code `refused_before`.
    """
    if request.drafts and request.valid_until is not None:
        late = micros(request.valid_until) <= refused_until
        refuse(late, "这条命令先前已被拒绝，未作任何改动；如仍要办理，请重新提交", "refused_before")


def refusal_noted(request: AppendRequest, refused_until: int, now: int) -> list[Statement]:
    """What keeps that the command is refused, in the transaction that refuses it, and drops what nobody means any more.

    Args:
        request: what is refused.
        refused_until: until when its id was refused already.
        now: the log's own time, in microseconds.
    """
    if request.valid_until is None or micros(request.valid_until) <= refused_until:
        return []  # nobody waits for the clock's own commands; and what is noted is noted
    return [
        (_NOTE, [(request.command_id, micros(request.valid_until))]),
        (_FORGET, [(now - KEPT_FOR // timedelta(microseconds=1),)]),
    ]
