"""反馈周期, 一日一调度 and the windows they open: none lost, none doubled, none judged twice."""

from collections.abc import Iterator
from datetime import datetime

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.facts import Pace
from domain.matter import Matter, Surge
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.terms import MatterClass, Rhythm, Stage
from domain.windows import next_window


def usual_rhythm(klass: MatterClass) -> Rhythm:
    """协调事项 一周一谋划·一周一落实, everything else every week."""
    return Rhythm.PLAN_AND_LAND if klass is MatterClass.COORDINATION else Rhythm.WEEKLY


def change_rhythm(matter: Matter, command: c.ChangeRhythm, context: DecisionContext) -> Iterator[RuleEvent]:
    """Change 反馈周期: a running window gives way to the one of the new rhythm; a surge runs to its end first."""
    still_open(matter)
    refuse(command.rhythm is matter.rhythm, f"反馈周期本来就是{matter.rhythm.label}")
    yield ev.RhythmChanged(rhythm=command.rhythm)
    if matter.stage is Stage.IN_PROGRESS and matter.surge is None:
        yield from open_window(
            matter.model_copy(update={"rhythm": command.rhythm}), context, _free_from(matter, context)
        )


def start_surge(matter: Matter, command: c.StartSurge, context: DecisionContext) -> Iterator[RuleEvent]:
    """一日一调度·一日一反馈·一日一落实: every day a report until the end, from today on, whatever was answered."""
    still_open(matter)
    refuse(
        matter.stage in (Stage.SUSPENDED, Stage.CLOSING), f"{matter.number} {matter.stage.label}，不能转入一日一调度"
    )
    running = matter.surge
    refuse(
        running is not None,
        f"{matter.number} 已在一日一调度中（{running.campaign if running else ''}），改期请用 --move",
    )
    refuse(command.until < context.today, f"一日一调度的截止日 {command.until} 已经过去")
    surge = Surge(campaign=command.campaign, until=command.until, every_day=command.every_day)
    changed = matter.model_copy(update={"surge": surge})
    judged = matter.windows.judged
    first = next_window(changed.pace, context.moment, context.calendar, context.policy.window_closes, judged)
    refuse(first is None, f"到 {command.until} 已没有一天可以反馈，不能转入一日一调度")
    yield ev.SurgeStarted(campaign=command.campaign, until=command.until, every_day=command.every_day)
    if matter.stage is Stage.IN_PROGRESS:
        yield from open_window(changed, context, context.moment)


def move_surge(matter: Matter, command: c.MoveSurge, context: DecisionContext) -> Iterator[RuleEvent]:
    """The ceremony was postponed, or brought forward: the daily pace ends with it."""
    surge = _running(matter)
    refuse(command.until == surge.until, f"截止日本来就是 {surge.until}")
    refuse(command.until < context.today, f"截止日 {command.until} 已经过去；提前结束请用 --end")
    window = matter.window
    refuse(
        window is not None and window.closes > context.calendar.closes(command.until),
        "正在进行的一期晚于新的截止日；提前结束请用 --end",
    )
    yield ev.SurgeMoved(campaign=surge.campaign, until=command.until, reason=command.reason)


def end_surge(matter: Matter, command: c.EndSurge, context: DecisionContext) -> Iterator[RuleEvent]:
    """End 一日一调度 early: the former rhythm of reports holds again at once."""
    surge = _running(matter)
    yield ev.SurgeEnded(campaign=surge.campaign, reason=command.reason)
    if matter.stage is Stage.IN_PROGRESS:
        yield from open_window(matter.model_copy(update={"surge": None}), context, _free_from(matter, context))


def open_window(
    matter: Matter, context: DecisionContext, after: datetime, done: str | None = None
) -> Iterator[RuleEvent]:
    """The next 反馈 window of the matter's pace, if it has one; `done` was judged just now.

    A surge without a further day is over: it ends by itself, and the former rhythm goes on from there, or from where an
    answer given before it is no longer good.
    """

    def following(pace: Pace, since: datetime) -> Iterator[RuleEvent]:
        judged = matter.windows.judged if done is None else matter.windows.judged | {done}
        window = next_window(pace, since, context.calendar, context.policy.window_closes, judged)
        if window:
            yield _at(ev.FeedbackWindowOpened(window=window), after, context)

    opened = list(following(matter.pace, after))
    if not opened and matter.surge is not None:
        yield _at(ev.SurgeEnded(campaign=matter.surge.campaign, automatic=True), after, context)
        opened = list(following(Pace(rhythm=matter.rhythm), max(after, matter.windows.good_until or after)))
    yield from opened


def still_open(matter: Matter) -> None:
    """Refused when the matter has ended."""
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不能再办理；如需继续请先重开", "ended")


def _free_from(matter: Matter, context: DecisionContext) -> datetime:
    """From when the next window may run: an answered one is good until it closes."""
    good = matter.windows.good_until
    return context.moment if good is None else max(context.moment, good)


def _running(matter: Matter) -> Surge:
    still_open(matter)
    refuse(matter.surge is None, f"{matter.number} 不在一日一调度中")
    assert matter.surge is not None  # noqa: S101  (refuse raised otherwise)
    return matter.surge


def _at(event: ev.SurgeEnded | ev.FeedbackWindowOpened, instant: datetime, context: DecisionContext) -> RuleEvent:
    return event if instant >= context.moment else DatedEvent(event, instant)
