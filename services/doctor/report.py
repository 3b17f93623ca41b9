"""What an examination finds."""

from typing import Any

from domain.base import Frozen

NAMED = 10
"""So many matters are named; the rest are counted."""


class HealthFinding(Frozen):
    """One thing that is wrong, or worth knowing: a stable code, what it is, what to do."""

    code: str
    message: str
    remedy: str
    more: dict[str, Any] = {}


class HealthReport(Frozen):
    """What was found. `ok` cannot disagree with the problems; a notice is no problem."""

    problems: tuple[HealthFinding, ...] = ()
    notices: tuple[HealthFinding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def document(self) -> dict[str, Any]:
        """As scripts read it."""

        def shown(finding: HealthFinding) -> dict[str, Any]:
            return {"code": finding.code, "message": finding.message, "remedy": finding.remedy, **finding.more}

        return {
            "ok": self.ok,
            "problems": [shown(p) for p in self.problems],
            "notices": [shown(n) for n in self.notices],
        }
