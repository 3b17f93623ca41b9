"""A year as `scenario.toml` tells it: who is punctual, and what happens when; its head tells the schema."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from domain.base import Frozen, Refusal
from domain.facts import NewIndicator, Origin
from domain.meetings.meeting import Leave
from sheets.toml_file import read_toml


def _clock(value: object) -> object:
    return time.fromisoformat(value) if isinstance(value, str) else value


Clock = Annotated[time, BeforeValidator(_clock)]
MORNING = time(10, 0)


class Year(Frozen):
    """The span played."""

    year: int
    seed: int
    opens: date
    ends: date


class Receipt(Frozen):
    """How leads sign: within so many working hours, or never."""

    hours: tuple[int, int]
    silent: tuple[int, ...] = ()


class Closing(Frozen):
    """How matters without a `close` of their own come to an end."""

    before_due: tuple[int, int]
    late_share: float
    late: tuple[int, int]
    review: tuple[int, int]
    reviewer: str
    mark: str
    open_at_year_end: tuple[int, ...] = ()


class FeedbackHabits(Frozen):
    """When reports are sent, the chance of each problem work can have, and how often one that stands is solved."""

    hour: tuple[Clock, Clock]
    late: tuple[int, int]
    problems: float = 0.45
    solved: float = 0.45


class UnitHabits(Frozen):
    """A unit's shares of windows answered on time, late and not at all."""

    id: str
    on_time: float
    late: float
    missed: float


class Incident(Frozen):
    """One dated happening; `fields` are the command's own."""

    on: date
    at: Clock = MORNING
    matter: int
    do: str
    as_: str | None = Field(default=None, alias="as")
    by: str | None = None
    paper: str | None = None
    fields: dict[str, Any] = {}


class Opened(Frozen):
    """A matter opened during the year, outside the list: from a paper, a complaint, a proposal."""

    on: date
    at: Clock = MORNING
    no: int
    """What the scenario calls it; beyond the numbers of the list."""
    title: str
    lead: str | None = None
    assist: tuple[str, ...] = ()
    due: date | None = None
    """None of a 长期、定期 matter."""
    period: str | None = None
    """每月, 每季 …: it is judged by periods and ends by decision."""
    origin: Origin | None = None
    """人大建议, 群众诉求 …, with who raised it."""
    rhythm: str = "weekly"
    klass: str = "常规"
    urgency: str = "平件"
    source: str | None = None
    """Where it comes from; of a part, where the whole does."""
    basis_kind: str
    basis: str
    basis_no: str | None = None
    by: str
    """The leader who approved."""
    points: tuple[str, ...] = ()
    """Each as in the list: text;date, and ;阶段 when it is one to be reviewed."""
    indicators: tuple[NewIndicator, ...] = ()
    part_of: int | None = None
    """任务分解: the matter it is a part of."""
    weight: int = 1
    instruction: str | None = None
    """The leader's words, when it is opened on the first instruction of the incoming paper `carries`."""
    carries: str | None = None


class PlannedStep(Frozen):
    """A step of an inspection, an incoming paper or a 考核, which `key` names; `fields` are the command's own."""

    on: date
    at: Clock = MORNING
    key: str
    do: str
    as_: str = Field(default="office", alias="as")
    by: str | None = None
    paper: str | None = None
    fields: dict[str, Any] = {}


class Decided(Frozen):
    """What a meeting decided on one matter; without an outcome 限期 when it sets a date, else 继续推进."""

    matter: int
    text: str
    due: date | None = None
    outcome: str | None = None
    of: str | None = None
    lead: str | None = None
    assist: tuple[str, ...] = ()
    title: str | None = None
    urgent: bool = False
    point: int | None = None
    """The one point whose date moves."""


class SeriesRule(Frozen):
    """会期 of a series, as `xmh meeting series`."""

    series: str
    rule: str
    chair: str
    place: str


class CalledMeeting(Frozen):
    """A meeting no rule calls for, as `xmh meeting schedule`."""

    on: date
    at: Clock = MORNING
    series: str
    starts: datetime
    title: str
    reason: str | None = None
    """Why it is on a day off, or at short notice."""
    emergency: bool = False
    materials_by: datetime | None = None
    place: str = "指挥部会议室"


class Replied(Frozen):
    """参会回执 of a unit, by its liaison."""

    on: date
    at: Clock = MORNING
    unit: str
    coming: tuple[str, ...] = ()
    leave: tuple[Leave, ...] = ()


class HandedIn(Frozen):
    """汇报材料 of a unit for the item on a matter."""

    on: date
    at: Clock = MORNING
    unit: str
    matter: int
    name: str
    text: str


class PlannedMeeting(Frozen):
    """What a meeting decided, under whose chair, and who was there: the monthly one of a month, or one convened."""

    month: str | None = None
    convene: CalledMeeting | None = None
    by: str
    present: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    replies: tuple[Replied, ...] = ()
    materials: tuple[HandedIn, ...] = ()
    decisions: tuple[Decided, ...]


class PlannedPolicy(Frozen):
    """督办规则, adopted as `xmh policy adopt`: what it says otherwise than the one in force."""

    on: date
    at: Clock = MORNING
    by: str
    paper: str
    version: str
    changes: dict[str, Any]


class PlannedBriefing(Frozen):
    """A 工作简报, or with its series a 动态, to be issued."""

    model_config = {"populate_by_name": True}
    on: date
    since: date = Field(alias="from")
    until: date = Field(alias="to")
    sign: str
    series: str = "简报"


class PlannedPaper(Frozen):
    """A 单 or 函 to be issued on a matter; or, without one, on what called for such a paper last."""

    on: date
    kind: str
    matter: int | None = None
    letter: bool = False
    """函: to a unit that is asked, not supervised."""
    inspection: str | None = None
    """The key of the inspection it concludes, and which of its units it goes to."""
    unit: str | None = None
    sign: str


class PlannedCircular(Frozen):
    """通报 of a period, approved and issued."""

    model_config = {"populate_by_name": True}
    on: date
    since: date = Field(alias="from")
    until: date = Field(alias="to")
    sign: str


class PlannedVersion(Frozen):
    """A version of the work plan: what it says differently, and the matters it brought (their `no`)."""

    on: date
    stage: str
    plan: str
    no: str
    by: str
    reason: str | None = None
    due: dict[str, date] = {}
    """序号 → the limit this version gives."""
    added: tuple[int, ...] = ()


class Override(Frozen):
    """A day made working or not."""

    on: date
    day: date
    workday: bool
    reason: str


class Delegated(Frozen):
    """授权代办, as `xmh org delegate`: from its first day on the receiver does what the giver would."""

    on: date
    giver: str
    receiver: str
    since: date
    until: date
    reason: str


class PlannedHeadquarters(Frozen):
    """Another headquarters of the installation: the city's above all, or one whose ordinary year is played beside."""

    code: str
    name: str
    city: bool = False
    plan: str | None = None
    """The folder of its own list and directory, beside this one."""
    seed: int | None = None


class PlannedAnswer(Frozen):
    """回复 to what was raised or handed down; `matter`, by whose number it is handled here."""

    on: date
    at: Clock = MORNING
    text: str
    matter: int | None = None


class PlannedTransfer(Frozen):
    """上报 to the city, or 下达 by it, and the answer."""

    on: date
    at: Clock = MORNING
    direction: str
    title: str
    text: str
    matter: int | None = None
    due: date | None = None
    as_: str = Field(default="office", alias="as")
    by: str | None = None
    paper: str | None = None
    answer: PlannedAnswer | None = None


class Scenario(Frozen):
    """The whole year."""

    year: Year
    receipt: Receipt
    closing: Closing
    feedback: FeedbackHabits
    unit: tuple[UnitHabits, ...]
    incident: tuple[Incident, ...]
    ledger: str | None = None
    """A folder with the registers of the year before, beside this one."""
    policy: tuple[PlannedPolicy, ...] = ()
    rule: tuple[SeriesRule, ...] = ()
    meeting: tuple[PlannedMeeting, ...] = ()
    briefing: tuple[PlannedBriefing, ...] = ()
    open: tuple[Opened, ...] = ()
    onsite: tuple[PlannedStep, ...] = ()
    incoming: tuple[PlannedStep, ...] = ()
    assess: tuple[PlannedStep, ...] = ()
    paper: tuple[PlannedPaper, ...] = ()
    circular: tuple[PlannedCircular, ...] = ()
    version: tuple[PlannedVersion, ...] = ()
    override: tuple[Override, ...] = ()
    delegation: tuple[Delegated, ...] = ()
    headquarters: tuple[PlannedHeadquarters, ...] = ()
    transfer: tuple[PlannedTransfer, ...] = ()

    def habits(self, unit: str) -> UnitHabits:
        """The unit's habits; a unit nobody described is punctual."""
        return next((u for u in self.unit if u.id == unit), UnitHabits(id=unit, on_time=1, late=0, missed=0))


_OWN = {"on", "at", "matter", "key", "do", "as", "by", "paper"}


def read_scenario(path: Path) -> Scenario:
    """The year a `scenario.toml` tells.

    Raises:
        Refusal: `malformed`, naming what is wrong.
    """
    document = read_toml(path, "情景文件")
    try:
        for name in ("incident", "onsite", "incoming", "assess"):
            document[name] = [
                {**{k: v for k, v in i.items() if k in _OWN}, "fields": {k: v for k, v in i.items() if k not in _OWN}}
                for i in _each(document.get(name, ()))
            ]
        return Scenario.model_validate(document)
    except ValidationError as e:
        where = ".".join(map(str, e.errors()[0]["loc"]))
        raise Refusal(f"情景文件 {path} 的 {where} 填写有误：{e.errors()[0]['msg']}", "malformed") from e


def _each(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What happens to several matters at once (`matters`, as `xmh task batch`) happens to each."""
    for entry in entries:
        if "matters" in entry:
            yield from ({k: v for k, v in entry.items() if k != "matters"} | {"matter": no} for no in entry["matters"])
        else:
            yield entry
