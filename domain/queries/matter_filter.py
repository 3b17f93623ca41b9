"""Which matters are meant: a choice by what a matter is, as `list` and `batch` take it and people keep it by name."""

from datetime import date

from domain.base import Frozen
from domain.envelope import Actor
from domain.lights import Lit
from domain.matter import Matter
from domain.queries.list_row import ListRow
from domain.terms import IN_UNIT, KeyFlag, Light, MatterClass, Role, Rung, Stage, Urgency


class MatterFilter(Frozen):
    """All of these hold at once; what is None or False chooses nothing out. People and units are ids."""

    stage: Stage | None = None
    light: Light | None = None
    lead: str | None = None
    assist: str | None = None
    """配合单位."""
    leader: str | None = None
    """责任领导 or 分管领导 of the matter, or who instructed on it."""
    supervisor: str | None = None
    person: str | None = None
    """责任人."""
    source: str | None = None
    """Words of where it comes from, or of its 章节."""
    klass: MatterClass | None = None
    urgency: Urgency | None = None
    flag: KeyFlag | None = None
    rung: Rung | None = None
    listed: bool = False
    """挂牌督办."""
    overdue: bool = False
    unanswered: bool = False
    """漏报: a report is missing and not made up for."""
    silent: bool = False
    """本期未反馈: the window that runs is not answered, or the last one was missed and none runs."""
    troubled: bool = False
    """有问题: the lead's last word says one."""
    open: bool = False
    """在办: not ended."""
    due_from: date | None = None
    due_to: date | None = None
    words: str | None = None
    """Words of anything recorded of it, all of them; what is sealed is not searched."""
    mine: bool = False
    """The reader's own (`concerns`)."""
    following: bool = False
    """关注 by the reader."""

    @property
    def beyond_lists(self) -> bool:
        """Whether it chooses by what a list does not show."""
        hidden = (
            self.leader,
            self.supervisor,
            self.person,
            self.source,
            self.klass,
            self.urgency,
            self.flag,
            self.rung,
            self.words,
        )
        return self.listed or self.unanswered or self.by_state or any(want is not None for want in hidden)

    @property
    def by_state(self) -> bool:
        """Whether it chooses by what no list row has."""
        return self.silent or self.troubled

    def fits_state(self, matter: Matter) -> bool:
        """Whether a matter is meant by what only its state tells."""
        running, last = matter.windows.running, matter.last_feedback
        silent = not running.answered if running is not None else bool(matter.missed_in_row)
        return (not self.silent or silent) and (not self.troubled or (last is not None and last.problem is not None))

    @property
    def by_light(self) -> bool:
        """Whether it chooses by the light, which is more work to know than the rest."""
        return self.light is not None or self.overdue

    def fits_light(self, lit: Lit) -> bool:
        """Whether a matter of this light is meant."""
        return (self.light is None or lit.light is self.light) and (not self.overdue or lit.light is Light.RED)

    def fits(self, matter: ListRow, reader: Actor) -> bool:
        """Whether it is meant by its row. Of its light, its state and `words` others tell."""
        wanted = (
            (self.stage, matter.stage),
            (self.lead, matter.lead),
            (self.supervisor, matter.supervisor),
            (self.person, matter.person),
            (self.klass, matter.klass),
            (self.urgency, matter.urgency),
            (self.rung, matter.rung),
        )
        return (
            all(want is None or want == is_ for want, is_ in wanted)
            and (self.assist is None or self.assist in matter.assist)
            and (self.leader is None or self.leader in (*matter.leaders, *matter.instructed_by))
            and (self.flag is None or self.flag in matter.flags)
            and (
                self.source is None
                or self.source in f"{matter.source or ''} {matter.section or ''} {matter.origin or ''}"
            )
            and (self.due_from is None or matter.due >= self.due_from)
            and (self.due_to is None or matter.due <= self.due_to)
            and (not self.listed or matter.listed)
            and (not self.unanswered or bool(matter.missed_in_row))
            and (not self.open or not matter.ended)
            and (not self.mine or matter_concerns(matter, reader.id, reader.role, reader.unit))
            and (not self.following or reader.id in matter.followers)
        )


def matter_concerns(matter: ListRow, person: str, role: Role, unit: str | None) -> bool:
    """Whether a matter is a person's own (`--mine`): he supervises, leads, handles or follows it, or his unit does."""
    if person in (matter.supervisor, matter.person, *matter.leaders, *matter.instructed_by, *matter.followers):
        return True
    return role in IN_UNIT and unit is not None and unit in matter.units
