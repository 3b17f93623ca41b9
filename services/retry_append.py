"""Appending without a workflow: whoever was overtaken looks again and decides anew.

A workflow folds what an append says it has not seen (`workflows/logged.py`). What the services record themselves, the
office's own streams, numbers, papers, meetings held elsewhere, has no cached state: it reads the log again.
"""

from collections.abc import Callable

from domain.base import Refusal
from domain.log import Ahead, Already, AppendAnswer, Appended, Behind

MOST_RACES = 50
"""So many others do not come between two looks at the log."""


def retry_append(attempt: Callable[[], AppendAnswer]) -> Appended | Already:
    """The answer of an append without a workflow: who is overtaken by another's write looks again and decides anew.

    Args:
        attempt: looks where the stream and the rulebook stand, decides, and appends; called again when overtaken.

    Raises:
        Refusal: the log refused it; or `ahead`, it was put back in between; or `busy`, it was overtaken every time.
        LogError: the log cannot be written.
    """
    for _ in range(MOST_RACES):
        match attempt():
            case Appended() | Already() as answer:
                return answer
            case Behind():
                continue
            case Ahead():
                raise Refusal("事件日志被还原过，请运行 xmh doctor", "ahead")
            case refused:
                raise Refusal(refused.message, refused.code)
    raise Refusal("正有多人同时办理，请稍后重试", "busy")
