"""Plays one matter of the example through the rules alone: no log, no Temporal, everybody punctual.

What the simulation draws by chance is fixed here: units sign after two working hours, report an hour before each window
closes, and ask for closure two working days before the limit. The clock owes what it always owes.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from domain import commands as c
from domain.base import Frozen, Term
from domain.calendar import WorkCalendar, at_office, local_date
from domain.deadlines import next_deadline
from domain.envelope import SYSTEM, Actor, OnBehalf, Recorded
from domain.evolve import evolve
from domain.facts import SEALED, Basis, NewPoint, UnitRef
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.series import meetings_called_for, spoken_rule
from domain.meetings.terms import Outcome, Subject
from domain.office import Person, Unit
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.terms import (
    BasisKind,
    Duty,
    Finding,
    LeaderMark,
    ObjectionOutcome,
    ReportChannel,
    ReturnReason,
    Role,
    Stage,
    SuspensionReason,
)
from intake.task_list import TaskRow

Entry = dict[str, Any]
Step = tuple[datetime, Frozen, Actor]
UNSAID = ("on", "at", "matter", "matters", "as", "by", "paper", "for", "via", "of", "urgent", "lead", "assist")
"""Keys of an entry that are no field of its command as they stand."""
TERMS: dict[str, dict[str, type[Term]]] = {
    "ask_back": {"reason": ReturnReason},
    "inspect": {"finding": Finding},
    "objection": {"outcome": ObjectionOutcome},
    "suspend": {"reason": SuspensionReason},
}
"""What an entry says by a Chinese label: command → field → its terms."""
OF_UNITS = ("accept", "decline", "coordinate", "report", "extend", "close", "object")


@dataclass
class MatterYear:
    """One matter, from import to the end of the year."""

    row: TaskRow
    rulebook: Rulebook
    people: dict[str, Person]
    find_unit: Callable[[str], Unit]
    scenario: Entry
    matter: Matter | None = None
    recorded: list[Recorded] = field(default_factory=list)

    def play(self) -> Matter:
        """Play every incident of the matter; a rule that refuses one raises."""
        opens = at_office(self.scenario["year"]["opens"], time(9, 30))
        ends = at_office(self.scenario["year"]["ends"], time(18))
        self.do(opens, self.opening(), self.actor("office"))
        incidents = self.incidents()
        while step := self.next_step(incidents):
            if step[0] > ends:
                break
            self.do(*step)
        assert not incidents
        assert self.matter is not None
        return self.matter

    def next_step(self, incidents: list[Entry]) -> Step | None:
        """The earliest of: what the clock owes, what people do of themselves, the next incident."""
        assert self.matter is not None
        steps = [*self.habits(self.matter, incidents)]
        deadline = next_deadline(self.matter, self.rulebook, self.recorded[-1].recorded_at)
        if deadline:
            steps.append((max(deadline.at, self.recorded[-1].recorded_at), c.ExpireDeadline(), SYSTEM))
        usual = min(steps, key=lambda step: step[0], default=None)
        if incidents and (usual is None or self.instant(incidents[0]) <= usual[0]):
            entry = incidents.pop(0)
            return self.instant(entry), self.command(entry), self.entered_by(entry)
        return usual

    def do(self, now: datetime, command: Frozen, actor: Actor) -> None:
        context = DecisionContext(rulebook=self.rulebook, now=now, actor=actor)
        for draft in decide(self.matter, command, context):
            payload = {**draft.payload, "number": f"N-{self.row.no}"} if draft.number else draft.payload
            event = Recorded(
                position=len(self.recorded) + 1,
                headquarters="XMH",
                stream=f"matter/{self.row.no}",
                version=len(self.recorded) + 1,
                event_id=str(len(self.recorded)),
                type=draft.type,
                schema_version=draft.schema_version,
                payload=json.dumps(payload, ensure_ascii=False),
                actor=actor,
                command_id="c",
                occurred_at=draft.occurred_at or now,
                recorded_at=now,
                previous_hash="",
                hash="",
            )
            self.matter = evolve(self.matter, event)
            self.recorded.append(event)

    # What people do of themselves

    def habits(self, matter: Matter, incidents: list[Entry]) -> Iterator[Step]:
        calendar, last = self.rulebook.calendar, self.recorded[-1].recorded_at
        coming = {entry["do"] for entry in incidents}
        if matter.stage is Stage.ASSIGNED and "decline" not in coming and matter.assigned_at:
            signs = calendar.add_working_time(matter.assigned_at, timedelta(hours=2))
            if int(self.row.no) not in self.scenario["receipt"]["silent"]:
                yield signs, c.AcceptReceipt(), self.liaison(matter)
        if matter.stage is Stage.IN_PROGRESS:
            if matter.window and not matter.window.answered:
                sends = max(matter.window.closes - timedelta(hours=1), last)
                yield sends, c.SubmitFeedback(text="按计划推进", progress=50), self.liaison(matter)
            own_closure = "close" in {entry["do"] for entry in self.entries()}
            stays = int(self.row.no) in self.scenario["closing"]["open_at_year_end"]
            if not (own_closure or stays or incidents):
                day = max(calendar.add_workdays(matter.due, -2), local_date(last))
                asks = max(calendar.next_working(at_office(day, time(11))), last)
                yield asks, c.RequestClosure(text="申请办结", over_unfinished="余下工作转日常"), self.liaison(matter)
        if matter.stage is Stage.CLOSING and matter.closure and not coming & {"review", "mark"}:
            next_day = calendar.opens(calendar.add_workdays(local_date(last), 1))
            reviewer = self.actor(self.scenario["closing"]["reviewer"])
            yield next_day, c.ReviewClosure(approve=True), reviewer

    # From the files to commands

    def entries(self) -> list[Entry]:
        """What happens to the matter, but for a card, which answers missed reports: nobody here misses one."""
        told = (e for e in (*self.scenario["incident"], *self.decisions()) if e["do"] != "card")
        return [e for e in told if int(self.row.no) in happens_to(e)]

    def decisions(self) -> Iterator[Entry]:
        """What the meetings decide, once their minutes are signed; 新立项 opens a matter of its own."""
        held = monthly_meetings(self.scenario, self.rulebook.calendar)
        for told in self.scenario["meeting"]:
            called = told.get("convene")
            name, day = (called["title"], called["starts"].date()) if called else (told["month"], held[told["month"]])
            signed = self.rulebook.calendar.add_workdays(day, 1)
            said = {"on": signed, "at": "11:00", "do": "decision", "by": told["by"], "meeting": f"{name}会议"}
            for decision in told["decisions"]:
                if decision.get("outcome") != Outcome.NEW_MATTER.label:
                    yield {**said, "paper": f"{name}会议纪要", **decision}

    def incidents(self) -> list[Entry]:
        return sorted(self.entries(), key=self.instant)

    def instant(self, entry: Entry) -> datetime:
        return at_office(entry["on"], time.fromisoformat(entry.get("at", "10:00")))

    def actor(self, person_id: str, by: str | None = None, paper: str | None = None) -> Actor:
        person = self.people[person_id]
        behind = None
        if by:
            leader = self.people[by]
            behind = OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper=paper)
        return Actor(id=person.id, role=person.role, unit=person.unit, on_behalf_of=behind)

    def liaison(self, matter: Matter) -> Actor:
        found = [p for p in self.people.values() if p.unit == matter.lead and p.role is Role.LIAISON]
        return self.actor(found[0].id)

    def entered_by(self, entry: Entry) -> Actor:
        assert self.matter is not None
        if "as" not in entry and entry["do"] in OF_UNITS:
            return self.liaison(self.matter)
        return self.actor(entry.get("as", "office"), entry.get("by"), entry.get("paper"))

    def unit(self, name: str) -> UnitRef:
        unit = self.find_unit(name)
        return UnitRef(id=unit.id, supervision=unit.supervision)

    def opening(self) -> c.OpenMatter:
        row = self.row
        return c.OpenMatter(
            title=row.title,
            basis=Basis(kind=BasisKind.TASK_LIST, text=row.basis, approver=row.approver),
            due=row.due,
            klass=row.klass,
            rhythm=row.rhythm,
            source=row.source,
            lead=self.unit(row.lead) if row.lead else None,
            assist=tuple(self.unit(name) for name in row.assist),
            points=tuple(NewPoint(text=point.text, due=point.due) for point in row.points),
        )

    def command(self, entry: Entry) -> Frozen:
        """The command of one incident."""
        given = {k: v for k, v in entry.items() if k not in UNSAID}
        given |= {name: kind.from_label(entry[name]) for name, kind in TERMS.get(entry["do"], {}).items()}
        match entry["do"]:
            case "assign":
                given |= {"lead": self.unit(entry["lead"]), "assist": [self.unit(u) for u in entry.get("assist", ())]}
            case "coordinate":
                given["unit"] = self.unit(given.pop("with"))
            case "report" if "for" in entry:
                given |= {"for_unit": entry["for"], "via": ReportChannel.from_label(entry["via"])}
            case "decision":
                given |= self.outcome(entry)
            case "instruct":
                leader = entry.get("by") or entry["as"]
                given |= {"leader": leader, "text": SEALED + entry["text"]}
            case "mark":
                given["mark"] = LeaderMark.from_label(entry["mark"])
                if "text" in entry:
                    given["text"] = SEALED + entry["text"]
            case "predecessor_set":
                given["earlier"] = {"stream": f"matter/{entry['earlier']}", "number": f"XMH-2022-{entry['earlier']:03}"}
            case "reassign_duty":
                assert self.matter is not None
                given |= {"duty": Duty.SUPERVISOR, "from_person": self.matter.supervisor}
            case "close":
                given.setdefault("over_unfinished", "余下工作转日常")
            case "point_add":
                given = {"do": "point_add", "point": {"text": entry["text"], "due": entry.get("due")}}
        return COMMANDS[entry["do"]].model_validate(given)

    def outcome(self, entry: Entry) -> Entry:
        found: Entry = {"outcome": Outcome.from_label(entry["outcome"])} if "outcome" in entry else {}
        if "of" in entry:
            found["subject"] = Subject.from_label(entry["of"])
        if "lead" in entry:
            found |= {"lead": self.unit(entry["lead"]), "assist": [self.unit(u) for u in entry.get("assist", ())]}
        return found


def happens_to(entry: Entry) -> tuple[int, ...]:
    """序号 of the matters of an incident: one, or those done in one batch."""
    return tuple(entry.get("matters", ())) or (entry["matter"],)


def monthly_meetings(scenario: Entry, calendar: WorkCalendar) -> dict[str, date]:
    """Month (2022-03) → the day on which the rule of the example has its meeting held."""
    (said,) = (rule["rule"] for rule in scenario["rule"] if rule["series"] == "monthly")
    year = scenario["year"]
    return {o.period: o.day for o in meetings_called_for(spoken_rule(said), year["opens"], year["ends"], calendar)}


COMMANDS: dict[str, type[Frozen]] = {
    cls.model_fields["do"].default: cls
    for cls in vars(c).values()
    if isinstance(cls, type) and issubclass(cls, Frozen) and "do" in cls.model_fields
}
