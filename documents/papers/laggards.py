"""What a 通报 says first: who is behind with what, what became of what was behind before, and both lists as 附件.

Facts of the log in the order of the days, no ranking and no score (条例 art. 21; decision 052).
"""

from collections.abc import Iterator

from documents.figures import Entry, newest_decision
from documents.page import Grid, Items, Paragraph, Section
from documents.sections.edition import Edition, Piece
from documents.wording import (
    clean_text,
    counts_in_words,
    day_in,
    printed_reason,
    quoted_title,
    share_in_words,
    short_date,
)
from domain import events as ev
from domain.calendar import local_date
from domain.queries.telling import ended_how
from domain.terms import Light, Stage

_BEHIND = (Light.RED, Light.YELLOW)
_ON_SCHEDULE = (Light.GREEN, Light.BLUE)
_MOST_NAMED = 3
"""Matters told by name in a sentence; the lists hold all."""


def _shown(edition: Edition, lights: tuple[Light, ...]) -> list[Entry]:
    """Open matters of these lights, the one that fell due first before others."""
    lagging = [e for e in edition.period.entries() if not e.matter.ended and e.lit.light in lights]
    return sorted(lagging, key=lambda e: (e.matter.due, e.matter.number))


def _why(edition: Edition, entry: Entry) -> str:
    return printed_reason(entry.lit, edition.period.until.year)


def laggards(edition: Edition) -> Iterator[Piece]:
    """进展滞后: by unit what is overdue or behind schedule, and how often it did not report."""
    units: dict[str, list[Entry]] = {}
    for entry in _shown(edition, _BEHIND):
        units.setdefault(edition.period.ledger.unit(entry.matter.lead), []).append(entry)
    for one in edition.period.feedback().missed:
        if not one.made_up:
            units.setdefault(edition.period.ledger.unit(one.matter.lead), [])
    if units:
        yield Items(items=tuple(_told_unit(edition, unit, behind) for unit, behind in units.items()))
    else:
        yield Paragraph(text=f"截至{short_date(edition.period.until)}，没有进展滞后的事项。")


def _told_unit(edition: Edition, unit: str, behind: list[Entry]) -> str:
    """Each matter with its reason; of many the longest overdue, and the rest by number, for 附件1 lists them."""
    period = edition.period
    shown = _worst(behind) if edition.bounded and len(behind) > _MOST_NAMED else behind
    lines = [f"{quoted_title(e.matter)}{_why(edition, e)}" for e in shown]
    if rest := [e for e in behind if e not in shown]:
        red = sum(e.lit.light is Light.RED for e in rest)
        counts = counts_in_words((("逾期", red, "件"), ("进展滞后", len(rest) - red, "件")))
        lines.append(f"另有{counts}，见附件1")
    missed = sum(not one.made_up and period.ledger.unit(one.matter.lead) == unit for one in period.feedback().missed)
    parts = [*lines, *([f"漏报反馈未补{missed}次"] if missed else [])]
    return f"{unit}：{'；'.join(parts)}。"


def _worst(behind: list[Entry]) -> list[Entry]:
    """The first to be named: red before yellow, as the days fell."""
    return sorted(behind, key=lambda e: (e.lit.light is not Light.RED, e.matter.due))[:_MOST_NAMED]


def _named(edition: Edition, entries: list[Entry]) -> str:
    """Their titles; of many the first, and how many they are."""
    most = _MOST_NAMED if edition.bounded else len(entries)
    more = f"等{len(entries)}件" if len(entries) > most else ""
    return f"{''.join(quoted_title(e.matter) for e in entries[:most])}{more}"


def meeting_completion(edition: Edition) -> Iterator[Piece]:
    """会议议定事项完成情况: of the matters meetings decided on in the period, how many are done, and which are not."""
    decided = [e for e in edition.period.entries() if newest_decision(edition.period, e) is not None]
    if not decided:
        yield Paragraph(text=f"{edition.period.called}没有会议议定事项。")
        return
    done = sum(e.matter.ended for e in decided)
    left = _named(edition, [e for e in decided if not e.matter.ended and e.lit.light in _BEHIND])
    behind = f"其中进展滞后的有{left}。" if left else ""
    share = share_in_words(done, len(decided))
    yield Paragraph(text=f"会议议定涉及{len(decided)}件，已办结{done}件，办结率{share}。{behind}")


def looked_back(edition: Edition) -> Iterator[Piece]:
    """回头看: what was overdue when the period began: ended since, or still not; and what was taken up again."""
    period, year = edition.period, edition.period.until.year
    late = [e for e in period.entries() if _overdue_before(edition, e)]
    ended = [e for e in late if e.matter.ended]
    still = [e for e in late if not e.matter.ended]
    parts = []
    if ended:
        parts.append(f"已办结的有{_named(edition, ended)}")
    if still:
        most = _MOST_NAMED if edition.bounded else len(still)
        named = "、".join(f"{quoted_title(e.matter)}（应于{day_in(e.matter.due, year)}办结）" for e in still[:most])
        parts.append(f"至今没有办结的有{named}{f'等{len(still)}件' if len(still) > most else ''}")
    again = [m for kind in (ev.MatterReopened, ev.ClosureReturned) for m, _, _ in period.happened(kind)]
    if again:
        parts.append(f"办结后重开或办结申请被退回的有{''.join(dict.fromkeys(map(quoted_title, again)))}")
    before = f"对{short_date(period.since)}以前逾期的事项回头看：" if late else ""
    yield Paragraph(text=f"{before}{'；'.join(parts)}。" if parts else f"{short_date(period.since)}以前没有逾期事项。")


def _overdue_before(edition: Edition, entry: Entry) -> bool:
    """Whether its limit had passed when the period began, and nobody had asked to end it in time, nor had it ended."""
    matter, since = entry.matter, edition.period.since
    if matter.due >= since or local_date(matter.opened_at) >= since or matter.stage is Stage.CANCELLED:
        return False
    if matter.closed is not None:
        return matter.closed.on >= since and matter.closed.overdue_workdays > 0
    return matter.closure is None or matter.closure.at > edition.period.ledger.calendar.closes(matter.due)


def closed_in_sum(edition: Edition) -> Iterator[Piece]:
    """办结情况 in a sentence; which they were stands in the 附件."""
    endings = [e for _, e, _ in edition.period.happened(ev.MatterClosed)]
    late = sum(e.overdue_workdays > 0 for e in endings)
    decided = 0 if edition.period.decided_in_time else sum(e.by_decision for e in endings)
    parts = [f"逾期办结{late}件"] if late else []
    parts += [f"按决定结束的长期、定期事项{decided}件"] if decided else []
    rest = "" if late or len(endings) == decided else "，其余均按期办结" if decided else "，均按期办结"
    how = f"{f'，其中{chr(12289).join(parts)}' if parts else ''}{rest}"
    called = edition.period.called
    yield Paragraph(text=f"{called}办结销号{len(endings)}件{how}。" if endings else f"{called}没有办结销号的事项。")


def annexes(edition: Edition) -> tuple[Section, ...]:
    """附件1 慢序时进度, 附件2 按序时进度: every open matter of the units it is about, once; then what was closed."""
    lists = (("慢序时进度事项", _BEHIND), ("按序时进度事项", _ON_SCHEDULE))
    tables = [(name, _table(edition, _shown(edition, lights))) for name, lights in lists]
    tables.append(("办结销号事项", _closed(edition)))
    shown = [(name, table) for name, table in tables if table.rows]
    return tuple(
        Section(title=f"附件{n}　{name}（{len(table.rows)}件）", blocks=(table,))
        for n, (name, table) in enumerate(shown, 1)
    )


def _closed(edition: Edition) -> Grid:
    rows = tuple(
        (clean_text(m.title), edition.period.ledger.unit(m.lead), short_date(on), ended_how(e))
        for m, e, on in edition.period.happened(ev.MatterClosed)
    )
    return Grid(headers=("事项", "牵头单位", "销号日期", "办结情况"), rows=rows)


def _table(edition: Edition, entries: list[Entry]) -> Grid:
    year, unit = edition.period.until.year, edition.period.ledger.unit
    rows = tuple(
        (
            clean_text(e.matter.title),
            unit(e.matter.lead),
            day_in(e.matter.due, year),
            f"{e.matter.progress}%",
            _why(edition, e),
        )
        for e in entries
    )
    return Grid(headers=("事项", "牵头单位", "办结时限", "进度", "序时情况"), rows=rows)
