"""起草: which span comes next, and an issue composed and printed once before there is a draft of it."""

from datetime import date, datetime, timedelta

from documents.bulletin.briefing import Briefing, compose_briefing
from documents.bulletin.edited import foreword_of
from documents.formats.press import Press
from documents.sections.recipe import recipe_of
from domain.base import Refusal
from domain.bulletin import Publication
from domain.calendar import end_of_day, local_date
from domain.matter import Matter
from eventlog import reading
from eventlog.database import Database
from services.issuing.bulletins import issued_series


def next_day(database: Database, publication: Publication, last: date) -> date:
    """The day after the last issue's span; for the first issue the day of the first 立项.

    Raises:
        Refusal: `malformed`, when the last issue goes as far as `last`.
    """
    issues = issued_series(database, publication).issues
    if issues:
        first = max(i.until for i in issues) + timedelta(days=1)
        if first > last:
            again = "要重写一段时间，请写明起止日期（--from、--to）"
            raise Refusal(f"{issues[-1].number} 已写到 {issues[-1].until}，此后没有新的时段；{again}", "malformed")
        return first
    matters = [s.state for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    return min((local_date(m.opened_at) for m in matters), default=last.replace(month=1, day=1))


def composed_issue(
    database: Database,
    press: Press,
    publication: Publication,
    span: tuple[date, date],
    now: datetime,
    note: str | None = None,
) -> tuple[Briefing, dict[str, bytes]]:
    """An issue of a span as the log says it, with 按语 when one is given, and the files of its draft.

    Raises:
        Refusal: `malformed`: the span or the note; what cannot be printed is told before there is a draft.
    """
    since, until = span
    recipe, as_of = recipe_of(press.template), min(now, end_of_day(until))
    foreword = foreword_of(note) if note is not None else None
    briefing = compose_briefing(database, publication, since, until, as_of=as_of, recipe=recipe)
    if note is not None:
        briefing = briefing.model_copy(update={"foreword": foreword})
    return briefing, press.named(briefing.draft(local_date(now)), "草稿")
