"""What the log says of the facts papers claim: the value, or the values, each has."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from documents.consistency.claims import Contradiction, PaperClaim, Vocabulary, claims_of, disagreeing, number_of
from documents.figures import Period, count_by_light, count_by_stage
from documents.formats.markdown import markdown_of
from documents.ledger import Ledger, MatterFile
from documents.page import Page
from documents.wording import clean_text, full_date, quoted_title
from domain import events as ev
from domain.base import Refusal
from domain.calendar import local_date
from domain.facts import is_sealed
from domain.terms import Light, Stage

Facts = Mapping[str, tuple[PaperClaim, ...]]
"""Fact → the values the log has for it."""
_STAGES = {Stage.SUSPENDED: "暂缓", Stage.CLOSED: "已销号", Stage.CANCELLED: "已撤销"}
_MOST = 5


def words_of(ledger: Ledger) -> Vocabulary:
    """The names of the log's meetings and matters."""
    printed = [
        (t, f.matter.number) for f in ledger.matters for t in {quoted_title(f.matter)[1:-1], clean_text(f.matter.title)}
    ]
    titles = Counter(title for title, _ in printed)
    held = frozenset(m.name for m in ledger.meetings if m.ordinal)
    units = frozenset(clean_text(unit.name) for unit in ledger.directory.units.values())
    return Vocabulary(held, {t: n for t, n in printed if titles[t] == 1}, units)


def facts_of(ledger: Ledger, since: date | None = None, until: date | None = None, *, as_before: bool = False) -> Facts:
    """What the log says at its moment; with a period also that period's counts, `as_before` as they were counted."""
    by_paper: defaultdict[str, list[PaperClaim]] = defaultdict(list)
    for claim in (*_meetings(ledger), *_matters(ledger), *_cited(ledger), *_counts(ledger, since, until, as_before)):
        by_paper[claim.fact].append(claim)
    return {fact: tuple(claims) for fact, claims in by_paper.items()}


def _meetings(ledger: Ledger) -> Iterator[PaperClaim]:
    for meeting in ledger.meetings:
        if not meeting.ordinal:
            continue
        place = f"督办日志（{meeting.number}）"
        yield PaperClaim(f"{meeting.name}的会议日期", full_date(local_date(meeting.starts)), place)
        yield PaperClaim(f"{meeting.name}的议定事项", f"{len(meeting.standing_points)}项", place)
        if meeting.minutes:
            yield PaperClaim(f"{meeting.name}纪要的文号", meeting.minutes.no, place)


def _matters(ledger: Ledger) -> Iterator[PaperClaim]:
    ledger.lives.read(file.matter.stream for file in ledger.matters)
    starts = {m.number: m.starts for m in ledger.meetings if m.number}
    for file in ledger.matters:
        matter, place = file.matter, f"督办日志（{file.matter.number}）"
        yield PaperClaim(f"{matter.number}的牵头单位", ledger.unit(matter.lead), place)
        yield PaperClaim(f"{matter.number}的办结时限", full_date(matter.due), place)
        closings = [t for t in file.events if t.recorded.type == "MatterClosed"]
        for closing in closings:
            yield PaperClaim(f"{matter.number}的销号日期", full_date(local_date(closing.recorded.occurred_at)), place)
        yield from _followed(ledger, file, starts)


def _followed(ledger: Ledger, file: MatterFile, starts: Mapping[str, datetime]) -> Iterator[PaperClaim]:
    """When meetings decided on a matter, how often it was urged and, of an open one, how late it is."""
    matter, place, when = file.matter, f"督办日志（{file.matter.number}）", f"截至{full_date(local_date(ledger.as_of))}"
    for one in file.events:
        if isinstance(one.event, ev.DecisionRecorded):
            held = starts.get(one.event.minutes or "", one.recorded.occurred_at)
            yield PaperClaim(f"{matter.number}的议定日期", full_date(local_date(held)), place)
    yield PaperClaim(f"{when}{matter.number}的催办次数", str(matter.counts.urges), place)
    if not matter.ended:
        until = local_date(matter.closure.at if matter.closure else ledger.as_of)
        late = max(ledger.calendar.workdays_between(matter.due, until), 0)
        yield PaperClaim(f"{when}{matter.number}的逾期工作日", str(late), place)


def _cited(ledger: Ledger) -> Iterator[PaperClaim]:
    for file in ledger.matters:
        for basis in file.matter.bases:
            if basis.no and not is_sealed(basis.no) and not is_sealed(basis.text):
                name = clean_text(basis.text).strip("《》")
                yield PaperClaim(*_numbered(name, clean_text(basis.no)), f"督办日志（{file.matter.number}的依据）")
    for plan in ledger.plans:
        for version in plan.versions:
            if version.document_no:
                place = f"督办日志（{clean_text(plan.plan)}）"
                yield PaperClaim(*_numbered(clean_text(plan.plan), clean_text(version.document_no)), place)


def _numbered(name: str, number: str) -> tuple[str, str]:
    mark, bracket, _ = number.partition("〕")
    return number_of(mark + bracket, name), number


def _counts(ledger: Ledger, since: date | None, until: date | None, as_before: bool) -> Iterator[PaperClaim]:
    last = until or local_date(ledger.as_of)
    period = Period(ledger=ledger, since=since or last, until=last, decided_in_time=as_before)
    entries, place, when = period.entries(), "督办日志", f"截至{full_date(last)}"
    stages, lights = count_by_stage(entries), count_by_light(entries)
    working = sum(not e.matter.ended and e.matter.stage is not Stage.SUSPENDED for e in entries)
    yield PaperClaim(f"{when}督办事项总数", str(len(entries)), place)
    yield PaperClaim(f"{when}在办件数", str(working), place)
    for stage, label in _STAGES.items():
        yield PaperClaim(f"{when}{label}件数", str(stages[stage]), place)
    for light in (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED):
        yield PaperClaim(f"{when}{light.label}灯件数", str(lights[light]), place)
    for label, rate in (("", period.on_time()), ("按原定时限", period.on_time_originally())):
        yield PaperClaim(f"{when}{label}应办结数", str(rate.whole), place)
        yield PaperClaim(f"{when}{label}应办结中按期数", str(rate.part), place)
    if since is not None:
        yield PaperClaim(f"{when}本期应反馈数", str(period.feedback().owed), place)
        yield PaperClaim(f"{when}本期应反馈中按期数", str(period.feedback().on_time), place)
        left = len(period.feedback().missed) - period.feedback().made_up
        yield PaperClaim(f"{when}本期漏报未补数", str(left), place)
        closed = {quoted_title(m) for m, _, _ in period.happened(ev.MatterClosed)}
        yield PaperClaim(f"{when}本期办结销号件数", str(len(closed)), place)


_DOCUMENT = "》的文号"
_CHANGING = ("牵头单位", "办结时限", "销号日期", "议定日期", _DOCUMENT)
"""What may be otherwise elsewhere: extended, reassigned, closed or decided on again, another 《督办通知》."""


def among(papers: Iterable[tuple[str, str, date]], words: Vocabulary) -> tuple[Contradiction, ...]:
    """Where papers of any kind and day contradict each other: Markdown, name and date of each."""
    claims = (c for text, name, on in papers for c in claims_of(text, name, on, words))
    return tuple(dict.fromkeys(disagreeing(c for c in claims if not c.fact.endswith(_CHANGING))))


def against(facts: Facts, claims: Iterable[PaperClaim]) -> Iterator[Contradiction]:
    """The claims that give a fact of the log a value it never had there."""
    for claim in claims:
        known = facts.get(claim.fact, ())
        if known and all(claim.value != one.value for one in known):
            yield Contradiction(claim, known[-1])


def contradictions(
    text: str, name: str, on: date, facts: Facts, words: Vocabulary, year: int | None = None
) -> tuple[Contradiction, ...]:
    """Where a paper's Markdown contradicts the log, or itself; `year` as for `claims_of`."""
    claims = tuple(claims_of(text, name, on, words, year))
    values = {c.fact: len({known.value for known in facts.get(c.fact, ())}) for c in claims}
    alone = (c for c in claims if values[c.fact] <= 1 and (values[c.fact] or not c.fact.endswith(_DOCUMENT)))
    return tuple(dict.fromkeys((*against(facts, claims), *disagreeing(alone))))


def refuse_contradictions(page: Page, name: str, facts: Facts, words: Vocabulary, year: int) -> None:
    """Refuse to issue a page that contradicts the log or itself, naming both places of each contradiction.

    Raises:
        Refusal: `contradiction`.
    """
    wrong = contradictions(markdown_of(page), name, page.on, facts, words, year)
    if wrong:
        more = f"；另有{len(wrong) - _MOST}处" if len(wrong) > _MOST else ""
        lines = "；".join(map(str, wrong[:_MOST]))
        raise Refusal(f"{name}前后或与日志不一致，不能签发：{lines}{more}", "contradiction")
