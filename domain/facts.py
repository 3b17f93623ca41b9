"""Small values that commands, events and the matter's state share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, StringConstraints

from domain.base import Frozen, refuse
from domain.terms import BasisKind, Per, Rhythm, Supervision

TEXT_BYTES = 64 * 1024
SEALED = "sealed:v2:"
SEALS = (SEALED, "sealed:v1:", "sealed:sm4:")
"""How a ciphertext begins: AES-GCM-SIV, what earlier builds wrote (AES-GCM), and SM4-GCM (国密) by configuration."""
MAY_BE_SECRET, SECRET = "may be secret", "secret"
WITHHELD = "（内容属工作秘密，不予刊载）"
"""Stands for a ciphertext wherever it is not opened for one reader."""
MOST_TITLE = 500
MOST_LINE = 200
"""Characters of a short text: a place, a number, who said it."""
MOST_REASON = 2000
OF_THE_LOG = "of the log"
"""Marks a field that repeats what stands in the log already: its texts are as long as they were recorded."""
MOST_DECIMALS = 3
MOST_WEIGHT = 100


@dataclass(frozen=True)
class SecretValues:
    """Says of a mapping which of its values are words that may be secret."""

    of: frozenset[str]


@dataclass(frozen=True)
class AtMost:
    """Says of a text of a command how many characters it may have (`domain.bounds`); of an event it says nothing."""

    characters: int

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The bound, for the description of the API: of a text, or of each text in a mapping."""
        schema = handler(core_schema)
        within = schema.get("additionalProperties")
        if isinstance(within, dict):
            return {**schema, "additionalProperties": {**within, "maxLength": self.characters}}
        return {**schema, "maxLength": self.characters}


def no_truth_value(value: object) -> object:
    """For whole numbers of commands: a yes or no is not one."""
    if isinstance(value, bool):
        raise ValueError("须是数字，不能写 true 或 false")  # noqa: TRY004  (pydantic tells a ValueError)
    return value


def _fits(text: str) -> str:
    if len(text.encode()) > TEXT_BYTES:
        raise ValueError("文字超过 64 KiB，请作为附件提交")
    return text


def checked_title(title: str) -> str:
    """The title somebody gave a matter, as it is kept: on one line, and refused when too long to head a paper.

    Raises:
        Refusal: `malformed`.
    """
    title = " ".join(title.split())
    too_long = f"事项名称有{len(title)}字，最多{MOST_TITLE}字；其余请写入要点"
    refuse(len(title) > MOST_TITLE, too_long, "malformed")
    return title


def _sealed(text: str) -> str:
    if not is_sealed(text):
        raise ValueError("领导批示属工作秘密，须由客户端加密后提交")
    return text


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_fits)]
"""Text a person wrote, at most 64 KiB."""
Confidential = Annotated[Words, MAY_BE_SECRET]
"""Words that may be 工作秘密: sealed where the order is made when its maker says so (`domain.confidential`)."""
Title = Annotated[Words, AtMost(MOST_TITLE)]
"""What heads a paper or a list: the name of a matter, of a paper that came in."""
Line = Annotated[Words, AtMost(MOST_LINE)]
Reason = Annotated[Confidential, AtMost(MOST_REASON)]
"""Why, in a paragraph or two; what is longer is a paper of its own."""
OpenReason = Annotated[Words, AtMost(MOST_REASON)]
"""The same where it is never secret: of a meeting, or of how papers are kept."""
LeadersWords = Annotated[Words, SECRET]
"""A leader's own words in a command, 工作秘密 whoever types them: an order that holds them in the clear is refused."""
SealedWords = Annotated[Words, AfterValidator(_sealed)]
"""The same in an event: ciphertext only, to the last copy of the log (条例 art. 24)."""
Whole = Annotated[int, BeforeValidator(no_truth_value)]
"""A whole number a person gave; a yes or no is none."""
Percent = Annotated[Whole, Field(ge=0, le=100)]


def is_sealed(text: str) -> bool:
    """Whether the text is ciphertext."""
    return text.startswith(SEALS)


def shortened(text: str, most: int) -> str:
    """A text of the log as long as a command may say it: one recorded before there were bounds may be longer."""
    return text if len(text) <= most or is_sealed(text) else f"{text[: most - 1]}…"


def openly(text: str) -> str:
    """The text where several readers see it together with others."""
    return WITHHELD if is_sealed(text) else text


class UnitRef(Frozen):
    """A unit as a command names it; the append checks `supervision` against the directory."""

    id: str
    supervision: Supervision


class Basis(Frozen):
    """立项依据: what decision stands behind the matter (条例 art. 11)."""

    kind: BasisKind
    text: Title
    no: str | None = None
    approver: str | None = None

    def __str__(self) -> str:
        """The basis as it is quoted: 2022年工作计划（香指办〔2022〕1号）."""
        return f"{self.text}（{self.no}）" if self.no and not is_sealed(self.no) else self.text

    def cited(self) -> "Basis":
        """The basis as a command may say it again: one that was recorded before there were bounds may be longer."""
        no = shortened(self.no, MOST_LINE) if self.no else self.no
        return self.model_copy(update={"text": shortened(self.text, MOST_TITLE), "no": no})


class Attachment(Frozen):
    """A file outside the log, named by its hash."""

    name: Annotated[str, AtMost(255)]
    sha256: str
    size: int


class NewPoint(Frozen):
    """A 督办要点 as ordered: what, and by when if it has a date of its own."""

    text: Reason
    due: date | None = None
    stage: bool = False
    """阶段目标: reached only when the office has reviewed it."""


class MatterRef(Frozen):
    """Another matter: `stream` is who it is, `number` how people read it; the append checks that they fit."""

    stream: str
    number: str


class InstructionRef(Frozen):
    """A leader's 批示 on an incoming paper: the paper's `stream`, its 收文号 as people read it, and which one."""

    stream: str
    number: str
    no: Annotated[Whole, Field(ge=1)]

    @property
    def key(self) -> str:
        """How the log's relations name it."""
        return f"{self.stream}#{self.no}"


class Origin(Frozen):
    """Where a matter comes from beside decisions: which kind of the policy, its number there, and who raised it."""

    kind: str
    no: Line
    askers: tuple[Annotated[Confidential, AtMost(MOST_LINE)], ...] = ()
    """提出人: 代表, 委员, 来电人. Only they say how satisfied they are."""

    def __str__(self) -> str:
        """人大建议第31号."""
        return f"{self.kind}{self.no}"


class PartOf(Frozen):
    """任务分解: the matter this one is a part of, and what it weighs among the parts.

    `stream` is who the whole is and `number` how people read it; the append checks that they belong together.
    """

    stream: str
    number: str
    weight: Annotated[Whole, Field(ge=1, le=MOST_WEIGHT)] = 1


class PointReport(Frozen):
    """How far one 要点 is, as a report of the whole matter says it."""

    no: Whole
    progress: Percent
    text: Confidential | None = None


class Checkpoint(Frozen):
    """序时进度 of an indicator: the cumulative value wanted by the end of a day."""

    on: date
    value: Whole


def decimal(value: int, decimals: int) -> str:
    """68 with one decimal is 6.8."""
    if not decimals:
        return str(value)
    whole, rest = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{decimals}}"


class NewIndicator(Frozen):
    """A target as ordered, with the values wanted on the way: a count (累计出土量23万立方米) or a rate (增长6.8%).

    Values are whole numbers of the last decimal: 6.8% is 68 with one decimal. `at_most` is a ceiling (控制在4.5%以内).
    """

    name: Line
    unit: str
    target: Whole
    checkpoints: tuple[Checkpoint, ...] = ()
    decimals: Annotated[Whole, Field(ge=0, le=MOST_DECIMALS)] = 0
    at_most: bool = False
    low: Whole | None = None
    """A range from here up to `target`: 4500–5000."""
    per: Per | None = None
    """A rate: each value is that of one day, week or month and not cumulative."""

    def shown(self, value: int) -> str:
        """A value with its unit: 6.8%."""
        rate = f"/{self.per.label}" if self.per and f"每{self.per.label}" not in self.name else ""
        return f"{decimal(value, self.decimals)}{self.unit}{rate}"

    @property
    def goal(self) -> str:
        """What the value is to be: 应达23万立方米; 应不超过4.5%; 应在4500–5000立方米/日之间."""
        if self.low is not None:
            return f"应在{decimal(self.low, self.decimals)}–{self.shown(self.target)}之间"
        return f"{'应不超过' if self.at_most else '应达'}{self.shown(self.target)}"

    @property
    def bound(self) -> str:
        """What is to be reached, in a line: 新增泊位 ≥300个."""
        if self.low is not None:
            return f"{self.name} {decimal(self.low, self.decimals)}–{self.shown(self.target)}"
        return f"{self.name} {'≤' if self.at_most else '≥'}{self.shown(self.target)}"


class IndicatorReport(Frozen):
    """The value one indicator has reached by now (a count is cumulative), in whole numbers of its last decimal."""

    no: Whole
    value: Whole
    decimals: Annotated[Whole, Field(ge=0, le=MOST_DECIMALS)] = 0


class Pace(Frozen):
    """How often a matter owes a report just now: its rhythm, or every day until an end (一日一调度)."""

    rhythm: Rhythm
    every_day: bool = False
    """Counts every day of the calendar, 周末 and holidays too."""
    until: date | None = None


class Window(Frozen):
    """A 反馈 window. It is judged by `closes`, whenever the timer fires."""

    key: str
    opens: datetime
    closes: datetime
