"""What a paper claims: dates and numbers of meetings, who leads a matter and until when, counts and rates.

Claims are read off the text as it is printed (Markdown), so an editor's words and a filed paper are read alike, whoever
wrote them. A claim that is not understood is no claim: the reader looks for sentences of known form only, and of the
whole. What a unit truthfully says of itself (我局应办结2件) is none: no feedback may keep a 简报 from being issued.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from documents.wording import NOTE, full_date, share_in_words


class PaperClaim(NamedTuple):
    """A fact, the value a place gives it, and the place."""

    fact: str
    value: str
    place: str


class Contradiction(NamedTuple):
    """Two places that give one fact two values."""

    one: PaperClaim
    other: PaperClaim

    def __str__(self) -> str:
        """会议日期：简报“…”为1月18日，纪要“…”为1月17日."""
        return f"{self.one.fact}：{self.one.place}为{self.one.value}，{self.other.place}为{self.other.value}"


@dataclass(frozen=True)
class Vocabulary:
    """The names a reader of papers knows: meetings, and matters by number and by title as it is printed."""

    meetings: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)
    """Title → number, of titles only one matter has."""
    units: frozenset[str] = frozenset()
    """Who may lead: 我局 and 由 are in no directory."""


_DAY = r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})日"
_DAY_FIRST = re.compile(rf"{_DAY}(?:\d+时(?:\d+分)?)?，(?P<held>[^，。；]*召开)?$")
_DID = re.compile(r"就“|召开")
"""What a meeting did that day: what was only printed or carried out then is told of another day."""
_NAMED = re.compile(r"$|[，。；（]|就|研究")
_DAY_WITHIN = re.compile(rf"^（{_DAY}[，）]")
_NUMBER_WITHIN = re.compile(r"^（(?:[^（），]*日，)?(?P<no>[^（），]*纪〔\d{4}〕\d+号)")
_DECIDED = re.compile(r"^(?:（[^（）]*）)?议定(?P<n>\d+)项")
_DAY_BEFORE = re.compile(rf"{_DAY}$")
_DECIDED_THERE = re.compile(r"(?:、\d+月\d+日第\d+次[^、，。；]+?)*(?:新近议定的|议定(?![的事]))")
"""Of a meeting called without its year, as a 简报 of that year does: 12月26日第49次工作例会议定…."""
_OWN_DECIDED = re.compile(r"形成议定事项(?P<n>\d+)项")
_CITED = re.compile(r"《(?P<name>[^《》]+)》（?(?P<no>(?P<mark>[^《》（），；。“”\s]*〔\d{4}〕)\d+号)")
_QUOTED = re.compile(r"“([^“”]+)”")
_BRACKETED = r"（(?:[^（）]|（[^（）]*）)*）"
_UNIT = r"(?P<unit>(?:[^（），。；]|（[^（）]*）)+?)"
"""With what a unit has in brackets, 区住房和建设局（人防办）."""
_LED = re.compile(rf"^（(?:XMH-\d+-\d+，)?{_UNIT}牵头[，）]")
_CLOSED = re.compile(rf"^(?:{_BRACKETED})?，{_DAY}销号")
_DECIDED_ON = re.compile(rf"^（{_UNIT}）：{_DAY}议定.*。(?:\d+月\d+日已报|至今未报)")
_OVERDUE = re.compile(rf"^(?=[^。]*牵头){_BRACKETED}逾期(?P<days>\d+)个工作日。(?:.*已催办(?P<urged>\d+)次)?")
_AHEAD = re.compile(r"^今后\d+日内应办结：")
_ON_ONE_DAY = re.compile(rf"{_DAY}(?P<titles>(?:、?“[^“”]+”(?:{_BRACKETED})?)+)")
_OF_UNIT = re.compile(rf"“(?P<title>[^“”]+)”（{_UNIT}）")
_DUE = re.compile(rf"^(?:{_BRACKETED})?，办结时限(?:为)?{_DAY}(?![^。；]*[延改调变推])")
"""Not of a limit that was: 办结时限3月4日，延至3月18日."""
_ITEM = re.compile(rf"^\d+\. (?P<title>(?:[^（）]|（[^（）]*）)+)（{_UNIT}）：")
_AS_OF = re.compile(rf"(?<!上期（)截至{_DAY}")
_FOOT = re.compile(rf"^{NOTE}，截至{_DAY}", re.MULTILINE)
"""Of when an issue tells, whatever day it is printed on."""
_TOTAL = re.compile(r"(?:^|。)(?:今年以来)?共督办事项(\d+)件")
"""Of the whole: 我局共督办事项5件 is what a unit says of its own, and so is a rate within a sentence."""
_STAGES = re.compile(rf"截至{_DAY}，?(?P<counts>(?:、?(?:在办|暂缓|已销号|已撤销)\d+件)+)")
_LIGHTS = re.compile(r"在办(?:的亮|事项中，)(?P<counts>(?:、?[绿蓝黄红]灯\d+件)+)")
_COUNT = re.compile(r"([^、\d]+)(\d+)件")
_RATE = re.compile(
    r"(?:(?<![^。；])(?:今年以来)?|(?<=，)(?=按原定时限))(?P<span>按原定时限|本期|今年|全年)?应(?P<what>办结|反馈)(?P<whole>\d+)[件次]，按[期时](?:办结|反馈)(?P<part>\d+)[件次]，按[期时](?:办结|反馈)率(?P<rate>[\d.]+%)"
)
_LEFT = re.compile(
    r"(?<![^。；])本期应反馈\d+次，按时反馈\d+次，按时反馈率[\d.]+%，漏报未补(?P<missed>\d+)次"
    r"|^黄灯预警(?P<yellow>\d+)件[：，]|^本期办结销号的有.*”等(?P<closed>\d+)件。$"
)
_LEFT_FACTS = {"missed": "本期漏报未补数", "yellow": "黄灯件数", "closed": "本期办结销号件数"}
_HEADING = re.compile(
    r"^(?:\*\*（.{1,3}）(?!关于)|### (?:附表\d*　|[一二三四五六七八九十]+、)).*?(?P<n>\d+)件(?:\*\*)?$"
)
_LISTED = re.compile(r"^\d+\. ")
_OF_A_PERIOD = re.compile(r"^## (?:关于)?\d{4}年.*(?:督办工作情况|工作动态|督办工作统计|办理情况的通报)$")
_BAR = re.compile(r"(?<!\\)\|")
_SHOWN = 24


def _any_of(names: Iterable[str], text: str) -> re.Pattern[str] | None:
    """Any of those names that the text has, the longest first: a log has hundreds of meetings, a paper names a few."""
    there = sorted({name for name in names if name in text}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, there))) if there else None


def number_of(mark: str, name: str) -> str:
    """香指办〔2022〕《工作计划》的文号: another's, or another year's, of the same name has a number of its own."""
    return f"{mark}《{name}》的文号"


def claims_of(text: str, name: str, on: date, words: Vocabulary, year: int | None = None) -> Iterator[PaperClaim]:
    """Everything a paper's Markdown claims; `on` dates it, `name` is how the paper is called where it is quoted.

    `year` is the one a day without a year is of: that of what the paper is about, and not of its printing.
    """
    titles = (line for line in text.splitlines() if _OF_A_PERIOD.match(line))
    years = re.findall(r"(\d{4})年", next(titles, ""))
    reader = _Reader(name, on, words, text.replace("\\", ""))
    reader.year = year or (int(years[-1]) if years else on.year)
    if foot := _FOOT.search(text):
        reader.as_of = reader.day(foot)
    for line in text.splitlines():
        yield from reader.line(line.strip())


def _counted(match: re.Match[str] | None) -> dict[str, int]:
    """在办3件、已销号1件, as numbers."""
    return {what: int(n) for what, n in _COUNT.findall(match["counts"])} if match else {}


def _as_exact(rate: str, part: int, whole: int) -> str:
    """A share to as many decimals as it is told with: 2 of 3 is 66.7%, and 67% where none is given."""
    if not whole:
        return rate
    decimals = len(rate.rstrip("%").partition(".")[2])
    exact = Decimal(100 * part) / whole
    printed = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)}%"
    return rate if rate == printed else share_in_words(part, whole)


def disagreeing(claims: Iterable[PaperClaim]) -> Iterator[Contradiction]:
    """Every claim that gives a fact another value than the first claim of it did."""
    first: dict[str, PaperClaim] = {}
    for claim in claims:
        known = first.setdefault(claim.fact, claim)
        if known.value != claim.value:
            yield Contradiction(claim, known)


class _Reader:
    """Goes down one paper, and keeps in mind what the lines above said."""

    def __init__(self, name: str, on: date, words: Vocabulary, text: str) -> None:
        self.name, self.year, self.words = name, on.year, words
        self.as_of = full_date(on)
        self.own: str | None = None
        """The meeting whose minutes it is."""
        self.issue = ""
        self.headers: tuple[str, ...] = ()
        self.sums: list[list[int | None]] = []
        self.expected: PaperClaim | None = None
        """A heading's count, while what stands under it is counted."""
        self.counted = 0
        self.meeting = _any_of(words.meetings, text)
        self.meeting_of_year = _any_of((name.partition("年")[2] for name in words.meetings), text)

    def line(self, line: str) -> Iterator[PaperClaim]:
        yield from self._under_heading(line)
        if line.startswith("|"):
            yield from self._row(line)
            return
        line = line.replace("\\", "")
        self.headers, self.sums = (), []
        yield from self._head(line)
        yield from self._meetings(line)
        yield from self._meetings_of_the_year(line)
        yield from self._cited(line)
        yield from self._matters(line)
        yield from self._counts(line)

    def place(self, line: str, at: int = 0) -> str:
        """简报“…第1次工作例会就…”."""
        start = max(0, at - _SHOWN // 2)
        part = line[start : start + _SHOWN].strip("*# ")
        return f"{self.name}“{'…' if start else ''}{part}{'…' if start + _SHOWN < len(line) else ''}”"

    def day(self, match: re.Match[str], year: int | None = None) -> str:
        return f"{match['y'] or year or self.year}年{match['m']}月{match['d']}日"

    # --- meetings, citations

    def _head(self, line: str) -> Iterator[PaperClaim]:
        if line.startswith("**") and line.endswith("号**"):
            self.issue = line.strip("*")
        title = line.removeprefix("## ").removesuffix("纪要")
        if line.startswith("## ") and title in self.words.meetings:
            self.own = title
            yield PaperClaim(f"{title}纪要的文号", self.issue, self.place(self.issue))
        decided = _OWN_DECIDED.search(line)
        if self.own and (decided or "没有形成议定事项" in line):
            yield PaperClaim(f"{self.own}的议定事项", f"{decided['n'] if decided else 0}项", self.place(line))

    def _meetings(self, line: str) -> Iterator[PaperClaim]:
        for match in self.meeting.finditer(line) if self.meeting else ():
            name, before, after = match[0], line[: match.start()], line[match.end() :]
            year, place = int(name[:4]), self.place(line, match.start())
            first = _DAY_FIRST.search(before)
            held = first if first and (_NAMED if first["held"] else _DID).match(after) else _DAY_WITHIN.match(after)
            if held:
                yield PaperClaim(f"{name}的会议日期", self.day(held, year), place)
            if number := _NUMBER_WITHIN.match(after):
                yield PaperClaim(f"{name}纪要的文号", number["no"], place)
            if decided := _DECIDED.match(after):
                yield PaperClaim(f"{name}的议定事项", f"{decided['n']}项", place)

    def _meetings_of_the_year(self, line: str) -> Iterator[PaperClaim]:
        """12月26日第49次工作例会议定: a meeting without its year, and its day before it."""
        for match in self.meeting_of_year.finditer(line) if self.meeting_of_year else ():
            day = _DAY_BEFORE.search(line[: match.start()])
            if day is None or not _DECIDED_THERE.match(line[match.end() :]):
                continue
            name = f"{day['y'] or self.year}年{match[0]}"
            if name in self.words.meetings:
                yield PaperClaim(f"{name}的会议日期", self.day(day), self.place(line, match.start()))

    def _cited(self, line: str) -> Iterator[PaperClaim]:
        for match in _CITED.finditer(line):
            yield PaperClaim(number_of(match["mark"], match["name"]), match["no"], self.place(line, match.start()))

    # --- matters

    def _matters(self, line: str) -> Iterator[PaperClaim]:
        for match in _QUOTED.finditer(line):
            number, after = self.words.titles.get(match[1]), line[match.end() :]
            if number is None:
                continue
            place = self.place(line, match.start())
            led = _LED.match(after)
            if led and led["unit"] in self.words.units:
                yield PaperClaim(f"{number}的牵头单位", led["unit"], place)
            if closed := _CLOSED.match(after):
                yield PaperClaim(f"{number}的销号日期", self.day(closed), place)
            if due := _DUE.match(after):
                yield PaperClaim(f"{number}的办结时限", self.day(due), place)
            yield from self._followed(number, after, place)
        yield from self._ahead(line)
        yield from self._listed_matter(line)

    def _followed(self, number: str, after: str, place: str) -> Iterator[PaperClaim]:
        """What the first page of a 简报 says of a matter: how late it is, how often urged, when a meeting decided."""
        if late := _OVERDUE.match(after):
            yield PaperClaim(f"截至{self.as_of}{number}的逾期工作日", late["days"], place)
            if late["urged"]:
                yield PaperClaim(f"截至{self.as_of}{number}的催办次数", late["urged"], place)
        decided = _DECIDED_ON.match(after)
        if decided and decided["unit"] in self.words.units:
            yield PaperClaim(f"{number}的牵头单位", decided["unit"], place)
            yield PaperClaim(f"{number}的议定日期", self.day(decided), place)

    def _ahead(self, line: str) -> Iterator[PaperClaim]:
        """今后30日内应办结：2月18日“…”（区城管局）；2月25日“…”: a limit, the titles it is of, their leads."""
        for day in _ON_ONE_DAY.finditer(line) if _AHEAD.match(line) else ():
            for title in _QUOTED.findall(day["titles"]):
                if number := self.words.titles.get(title):
                    yield PaperClaim(f"{number}的办结时限", self.day(day), self.place(line, day.start()))
            for match in _OF_UNIT.finditer(day["titles"]):
                number = self.words.titles.get(match["title"])
                if number and match["unit"] in self.words.units:
                    yield PaperClaim(f"{number}的牵头单位", match["unit"], self.place(line, day.start()))

    def _listed_matter(self, line: str) -> Iterator[PaperClaim]:
        """1. 完成…（区住房和建设局）：5月31日销号: a chapter of the year's statistics."""
        listed = _ITEM.match(line)
        number = self.words.titles.get(listed["title"]) if listed else None
        if listed is None or number is None:
            return
        place, rest = self.place(line), line[listed.end() :]
        if listed["unit"] in self.words.units:
            yield PaperClaim(f"{number}的牵头单位", listed["unit"], place)
        if closed := re.match(rf"{_DAY}销号", rest):
            yield PaperClaim(f"{number}的销号日期", self.day(closed), place)
        if due := re.search(rf"^进度\d+%，时限{_DAY}", rest):
            yield PaperClaim(f"{number}的办结时限", self.day(due), place)

    # --- counts

    def _counts(self, line: str) -> Iterator[PaperClaim]:
        dated = _AS_OF.search(line)
        self.as_of = self.day(dated) if dated else self.as_of
        yield from self._standing(line)
        for match in _RATE.finditer(line):
            what = f"{match['span'] or ''}应{match['what']}"
            when, place = f"截至{self.as_of}", self.place(line, match.start())
            share = _as_exact(match["rate"], int(match["part"]), int(match["whole"]))
            yield PaperClaim(f"{when}{what}数", match["whole"], place)
            yield PaperClaim(f"{when}{what}中按期数", match["part"], place)
            yield PaperClaim(f"{place}中的比率", share, f"{match['part']}除以{match['whole']}")
            yield PaperClaim(f"{place}中的比率", match["rate"], place)
        for match in _LEFT.finditer(line):
            [(what, n)] = [(what, n) for what, n in match.groupdict().items() if n]
            yield PaperClaim(f"截至{self.as_of}{_LEFT_FACTS[what]}", n, self.place(line, match.start()))

    def _standing(self, line: str) -> Iterator[PaperClaim]:
        total = _TOTAL.search(line)
        if total is None:
            return
        when, place = f"截至{self.as_of}", self.place(line)
        after = line[total.end() :]
        stages, lights = _counted(_STAGES.search(after)), _counted(_LIGHTS.search(after))
        yield PaperClaim(f"{when}督办事项总数", total[1], place)
        for what, n in stages.items():
            yield PaperClaim(f"{when}{what}件数", str(n), place)
        for what, n in lights.items():
            yield PaperClaim(f"{when}{what}件数", str(n), place)
        if stages:
            yield PaperClaim(
                f"{when}督办事项总数", str(sum(stages.values())), f"{place}中在办、暂缓、已销号、已撤销之和"
            )
        if lights and "在办" in stages:
            yield PaperClaim(f"{when}在办件数", str(sum(lights.values())), f"{place}中各色灯之和")

    def _under_heading(self, line: str) -> Iterator[PaperClaim]:
        """A heading's 3件 against the lines that follow it; a shortened list says so and is let be."""
        if self.expected is not None and line:
            if _LISTED.match(line):
                self.counted += 1
                return
            if line.startswith("|"):
                self.counted += bool(self.headers) and not line.startswith("| ---")
                return
            if self.counted and "另有" not in line:
                claimed = self.expected
                yield PaperClaim(claimed.fact, str(self.counted), f"{claimed.place}下逐条列出的")
            self.expected = None
        if heading := _HEADING.match(line):
            place = self.place(line)
            self.expected, self.counted = PaperClaim(f"{place}的件数", heading["n"], place), 0
            yield self.expected

    # --- tables

    def _row(self, line: str) -> Iterator[PaperClaim]:
        cells = tuple(cell.strip().replace("\\", "") for cell in _BAR.split(line)[1:-1])
        if not self.headers:
            self.headers = cells
            return
        if set(cells) == {"---"}:
            return
        row = dict(zip(self.headers, cells, strict=False))
        yield from self._row_of_matter(row, line)
        yield from self._sums(cells, line)

    def _row_of_matter(self, row: Mapping[str, str], line: str) -> Iterator[PaperClaim]:
        title = (row.get("事项") or row.get("任务") or "").removesuffix("（新增）")
        number = row.get("编号") if row.get("编号", "").startswith("XMH-") else self.words.titles.get(title)
        if number is None:
            return
        if row.get("牵头单位") in self.words.units:
            yield PaperClaim(f"{number}的牵头单位", row["牵头单位"], self.place(line))
        due = re.fullmatch(_DAY, row.get("办结时限") or row.get("完成时限") or "")
        if due:
            yield PaperClaim(f"{number}的办结时限", self.day(due), self.place(line))

    def _sums(self, cells: tuple[str, ...], line: str) -> Iterator[PaperClaim]:
        numbers = [int(cell) if cell.isdigit() else None for cell in cells]
        if cells[0] == "小计":
            return
        if cells[0] != "合计":
            self.sums.append(numbers)
            return
        for header, total, column in zip(self.headers, numbers, zip(*self.sums, strict=False), strict=False):
            added = [n for n in column if n is not None]
            if total is not None and added and len(added) == len(column):
                place = self.place(line)
                yield PaperClaim(f"{place}中“{header}”的合计", str(sum(added)), f"{self.name}该列各行之和")
                yield PaperClaim(f"{place}中“{header}”的合计", str(total), place)
