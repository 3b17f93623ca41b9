"""办理过程: what was recorded of one matter, event by event, for a reader who has nothing but the paper."""

from collections.abc import Sequence
from datetime import datetime

from documents.page import Grid, Layout, Page, Paragraph, section
from documents.wording import clean_text, full_date
from domain.calendar import local_date
from domain.envelope import Recorded
from domain.event import decode, label_of
from domain.facts import openly
from domain.matter import Matter
from domain.queries.telling import Rendering, office_time, tell_event
from domain.terms import progress_said
from eventlog import reading
from eventlog.database import Database


def timeline_page(database: Database, matter: Matter, events: Sequence[Recorded], now: datetime) -> Page:
    """The events of a matter in order, with who and when; sealed words are withheld."""
    people = {p.id: p.name for p in reading.people(database, former=True)} | {"system": "系统"}
    units = {u.id: u.name for u in reading.units(database)}
    reader = Rendering(
        name=lambda key: units.get(key, people.get(key, key)), open=openly, person=lambda p: people.get(p, p)
    )
    rows = tuple(
        (
            str(e.version),
            office_time(e.occurred_at),
            office_time(e.recorded_at),
            _who(e, reader),
            label_of(e.type),
            clean_text(tell_event(decode(e), reader)) or "—",
        )
        for e in events
    )
    lead = reader.name(matter.lead) if matter.lead else "待明确"
    overview = (
        f"{matter.number}，牵头单位{lead}，办结时限{full_date(matter.due)}（原时限{full_date(matter.original_due)}），"
        f"{matter.stage.label}，{progress_said(matter.stage.value, matter.progress)}。"
        "发生时间早于记录时间的为补录。涉密字句不在其中。"
    )
    office = units.get("office", "指挥部办公室")
    return Page(
        layout=Layout.REPORT,
        masthead=office,
        issue=matter.number,
        issuer=office,
        on=local_date(now),
        title=f"{clean_text(matter.title)}办理过程",
        sections=(
            section("基本情况", (Paragraph(text=overview),)),
            section("逐条记录", (Grid(headers=("序号", "发生", "记录", "何人", "行为", "内容"), rows=rows),)),
        ),
    )


def _who(event: Recorded, reader: Rendering) -> str:
    behalf = event.actor.on_behalf_of
    return (
        f"{reader.person(behalf.id)}（{reader.person(event.actor.id)}代办）"
        if behalf
        else reader.person(event.actor.id)
    )
