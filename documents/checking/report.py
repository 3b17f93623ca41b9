"""What was measured, held against the clauses."""

from dataclasses import dataclass, field
from pathlib import Path

from documents.checking.clauses import CLAUSES, ClauseKey, StandardClause, Strength
from domain.base import Frozen, Refusal, Term
from sheets.budget import reading_budget
from sheets.input_file import read_file

MOST_BYTES = 100 * 1024 * 1024
FACES = frozenset(
    {
        ClauseKey.BODY_FACE,
        ClauseKey.TITLE_FACE,
        ClauseKey.HEADING_FACE,
        ClauseKey.SUBHEADING_FACE,
        ClauseKey.NUMBER_FACE,
    }
)


class Verdict(Term):
    """What a clause comes to."""

    MET = "met", "符合"
    SUBSTITUTED = "substituted", "替代（已声明）"
    FAILED = "failed", "不符合"
    UNMEASURED = "unmeasured", "未测"


@dataclass(frozen=True)
class Measurement:
    """One value and where it was found."""

    value: float | str
    where: str = ""

    def said(self, unit: str) -> str:
        """As a person reads it."""
        value = self.value if isinstance(self.value, str) else f"{round(self.value, 2):g}{unit.partition('（')[0]}"
        return f"{value}（{self.where}）" if self.where else value


@dataclass
class Measured:
    """Everything read off a file, by what it is. `declared` is what the file says of its faces."""

    declared: str = ""
    readings: dict[ClauseKey, list[Measurement]] = field(default_factory=dict)

    def add(self, key: ClauseKey, value: float | str | None, where: str = "") -> None:
        """One more reading; None is none."""
        if value is not None:
            self.readings.setdefault(key, []).append(Measurement(value, where))


class Judged(Frozen):
    """One clause, what it wants, what the file measures, and whether that conforms."""

    clause: str
    what: str
    strength: Strength
    wanted: str
    found: str
    verdict: Verdict


class MeasuringReport(Frozen):
    """All lines. `ok` cannot disagree with them: only a 规定 clause that fails makes a file fail."""

    file: str
    lines: tuple[Judged, ...]

    @property
    def failed(self) -> tuple[Judged, ...]:
        """The 规定 clauses that are not met."""
        return tuple(x for x in self.lines if x.verdict is Verdict.FAILED and x.strength is Strength.MUST)

    @property
    def ok(self) -> bool:
        """Whether no 规定 clause fails."""
        return not self.failed


def check_layout(path: Path) -> MeasuringReport:
    """Measure a .pdf or a .docx and hold it against the clauses of GB/T 9704-2012.

    Raises:
        Refusal: `malformed`, when it is neither, or cannot be read.
    """
    kind = path.suffix.lower()
    if kind not in (".pdf", ".docx"):
        raise Refusal(f"“{path.name}”不能检查，请给 .pdf 或 .docx 文件", "malformed")
    data = read_file(path, MOST_BYTES)
    if kind == ".pdf":
        from documents.checking.pdf_measures import measure_pdf  # noqa: PLC0415  (each reader is slow to import)

        with reading_budget(path.name, "页面"):
            return judge_clauses(path.name, measure_pdf(data))
    from documents.checking.docx_measures import measure_docx  # noqa: PLC0415

    with reading_budget(path.name, "内容"):
        return judge_clauses(path.name, measure_docx(data))


def judge_clauses(file: str, measured: Measured) -> MeasuringReport:
    """Each clause of the standard with the reading of the file that fails it, else the first."""
    return MeasuringReport(
        file=file, lines=tuple(_line(c, measured.readings.get(c.key, []), measured.declared) for c in CLAUSES)
    )


def _line(clause: StandardClause, readings: list[Measurement], declared: str) -> Judged:
    failing = next((r for r in readings if not clause.allows(r.value)), None)
    shown = failing or next(iter(readings), None)
    verdict = Verdict.MET if readings else Verdict.UNMEASURED
    if failing is not None:
        substituted = clause.key in FACES and clause.words[0] in declared
        verdict = Verdict.SUBSTITUTED if substituted else Verdict.FAILED
    return Judged(
        clause=clause.no,
        what=clause.key.label,
        strength=clause.strength,
        wanted=clause.wanted,
        found=shown.said(clause.unit) if shown else "—",
        verdict=verdict,
    )
