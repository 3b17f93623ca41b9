"""The history on a matter's page: the newest of it, or what is of one kind or by one person."""

from collections import Counter
from collections.abc import Sequence

from domain.envelope import Recorded
from domain.event import label_of

NEWEST = 30
"""So many are told unless all are asked for."""


class Story:
    """Which events of a matter are told, and what there is to choose from once they were read."""

    def __init__(self, kind: str, by: str, *, whole: bool) -> None:
        """What the address asks: a kind of event, whose, and whether all of them."""
        self.kind = kind
        self.by = by
        self.whole = whole
        self.count = 0
        """How many there are of what is asked."""
        self.kinds: Counter[tuple[str, str]] = Counter()
        self.people: Counter[str] = Counter()

    def chapter(self, events: Sequence[Recorded]) -> Sequence[Recorded]:
        """Those that are told."""
        self.kinds = Counter((e.type, label_of(e.type)) for e in events)
        self.people = Counter(e.actor.id for e in events)
        meant = [e for e in events if self.kind in ("", e.type) and self.by in ("", e.actor.id)]
        self.count = len(meant)
        return meant if self.whole else meant[-NEWEST:]

    @property
    def asked(self) -> dict[str, str]:
        """How the address says it, without whether all are told."""
        return {name: value for name, value in (("kind", self.kind), ("by", self.by)) if value}
