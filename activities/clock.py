"""Which moment the hands of a workflow act on: the world's, or in a simulated home what the workflow says."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class OfficeClock:
    """A worker is told whether its home is a simulated one; no payload says so, for anybody can send payloads."""

    simulated: bool = False

    def moment(self, instant: datetime) -> datetime:
        """The office's moment, where a workflow says it is `said`."""
        return instant if self.simulated else datetime.now(UTC)
