"""One fact has one value in every paper: what contradicts the log, another paper or itself is found and not issued."""

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from documents.bulletin.annex import annex_page
from documents.bulletin.briefing import Briefing, compose_briefing
from documents.bulletin.drafts import keep_draft
from documents.bulletin.edited import Text
from documents.consistency.claims import claims_of
from documents.consistency.facts import Facts, among, contradictions, facts_of, words_of
from documents.formats.markdown import markdown_of
from documents.ledger import Ledger, read_ledger
from documents.meetings.calling import DirectoryNames
from documents.meetings.minutes import minutes_page
from documents.meetings.pack import weekly_pack
from documents.page import Section
from documents.reports.annual import annual_report
from documents.sections.recipe import built_in_recipe
from documents.table.rows import task_table
from domain.base import Refusal
from domain.bulletin import Publication
from domain.calendar import end_of_day
from eventlog.database import Database
from services.issuing.bulletins import Manner, issue_draft, issued_bulletins
from services.issuing.editing import record_draft_text
from sheets.table import Column
from tests.documents.older import older
from tests.documents.quarter import play
from tests.support.homes import at
from tests.support.office import LEADER, OFFICE

__all__ = ["older"]

MARCH = (date(2022, 3, 1), date(2022, 3, 31))
AS_OF = end_of_day(MARCH[1])
EVENING = at("2022-03-31", "18:00")
Papers = dict[str, tuple[str, date]]


@pytest.fixture(scope="module")
def ledger(older: Database) -> Ledger:
    return read_ledger(older, AS_OF)


@pytest.fixture(scope="module")
def facts(ledger: Ledger) -> Facts:
    return facts_of(ledger, *MARCH)


@pytest.fixture(scope="module")
def papers(older: Database, ledger: Ledger) -> Papers:
    """One of every kind, as they are printed on the same day, and all minutes of the quarter."""
    names = DirectoryNames.of(ledger.directory.units.values(), ledger.directory.people.values())
    minutes = [(m.minutes, minutes_page(m, names, MARCH[1])) for m in ledger.meetings if m.minutes]
    compose = partial(compose_briefing, older, Publication.BRIEFING, *MARCH, as_of=AS_OF)
    briefing, annex = compose(), annex_page(lambda by: compose(recipe=by), built_in_recipe(), "第3期")
    pages = {
        "简报": (markdown_of(briefing.draft(MARCH[1])), MARCH[1]),
        "附表": (markdown_of(annex), MARCH[1]),
        **{signed.no: (markdown_of(page), signed.on) for signed, page in minutes},
        "周调度": (markdown_of(weekly_pack(ledger, date(2022, 3, 28), MARCH[1])), MARCH[1]),
        "年度统计": (markdown_of(annual_report(older, 2022, AS_OF).page), MARCH[1]),
        "一览表": (table(older), MARCH[1]),
    }
    assert len(pages) == 17
    return pages


def table(older: Database) -> str:
    """《任务清单一览表》 as lines of a table."""
    rows = [row for chapter in task_table(older, AS_OF, MARCH[0]).chapters for row in chapter.rows]
    head = ["| 编号 | 事项 | 牵头单位 | 完成时限 |", "| --- | --- | --- | --- |"]
    lines = [
        f"| {r.number} | {r.texts[Column.TITLE]} | {r.unit} | {r.due.year}年{r.due.month}月{r.due.day}日 |"
        for r in rows
    ]
    return "\n".join([*head, *lines])


def found(papers: Papers, facts: Facts, ledger: Ledger) -> list[str]:
    words = words_of(ledger)
    against_log = [c for name, (text, on) in papers.items() for c in contradictions(text, name, on, facts, words)]
    between = among([(text, name, on) for name, (text, on) in papers.items()], words)
    return [str(c) for c in (*against_log, *between)]


def test_papers_computed_from_one_log_contradict_nothing(papers: Papers, facts: Facts, ledger: Ledger) -> None:
    claims = [c for name, (text, on) in papers.items() for c in claims_of(text, name, on, words_of(ledger))]
    assert len(claims) > 250
    assert found(papers, facts, ledger) == []


PLANTED = [
    ("附表", "3月21日，2022年第9次工作例会", "3月22日，2022年第9次工作例会", "2022年第9次工作例会的会议日期"),
    ("简报", "共督办事项46件", "共督办事项47件", "督办事项总数"),
    ("简报", "在办40件", "在办41件", "在办件数"),
    ("简报", "已销号5件", "已销号4件", "已销号件数"),
    ("简报", "绿灯34件、黄灯6件", "绿灯33件、黄灯7件", "黄灯件数"),
    ("简报", "按期办结率80%", "按期办结率82%", "中的比率"),
    ("简报", "本期应反馈109次", "本期应反馈110次", "本期应反馈数"),
    ("简报", "漏报未补4次", "漏报未补3次", "本期漏报未补数"),
    ("简报", "黄灯预警6件", "黄灯预警7件", "黄灯件数"),
    ("简报", "| 4月15日 |", "| 4月16日 |", "的办结时限"),
    ("简报", "；4月24日“片区十大", "；4月25日“片区十大", "的办结时限"),
    ("简报", "：3月7日议定", "：3月8日议定", "的议定日期"),
    ("简报", "（区城市更新和土地整备局）：3月7日议定", "（国交公司）：3月7日议定", "的牵头单位"),
    ("附表", "、黄灯预警6件", "、黄灯预警7件", "的件数"),
    ("附表", "3月4日销号", "3月5日销号", "的销号日期"),
    ("附表", "| 合计 | 46 | 34 | 6 |", "| 合计 | 46 | 35 | 6 |", "“绿灯”的合计"),
    ("附表", "（市建筑工务署牵头，", "（市水务局牵头，", "的牵头单位"),
    ("周调度", "2022年第9次工作例会（3月21日", "2022年第9次工作例会（3月20日", "2022年第9次工作例会的会议日期"),
    ("周调度", "香指纪〔2022〕11号）议定1项", "香指纪〔2022〕12号）议定1项", "2022年第9次工作例会纪要的文号"),
    ("周调度", "香指纪〔2022〕11号）议定1项", "香指纪〔2022〕11号）议定2项", "2022年第9次工作例会的议定事项"),
    ("香指纪〔2022〕11号", "2022年3月21日9时30分", "2022年3月23日9时30分", "2022年第9次工作例会的会议日期"),
    ("香指纪〔2022〕11号", "形成议定事项1项", "形成议定事项2项", "2022年第9次工作例会的议定事项"),
    ("香指纪〔2022〕11号", "**香指纪〔2022〕11号**", "**香指纪〔2022〕10号**", "2022年第9次工作例会纪要的文号"),
    ("年度统计", "（国交公司）：进度56%，时限5月31日", "（国交公司）：进度56%，时限6月30日", "XMH-2022-001的办结时限"),
    ("年度统计", "应办结5件，按期办结4件，按期办结率80%", "应办结5件，按期办结3件，按期办结率60%", "应办结中按期数"),
    ("一览表", "| 国交公司 | 2022年5月31日 |", "| 国交公司 | 2022年6月1日 |", "XMH-2022-001的办结时限"),
    ("一览表", "区香蜜湖片区建设发展事务中心 |", "区住房和建设局 |", "的牵头单位"),
]


@pytest.mark.parametrize(("name", "true", "false", "fact"), PLANTED)
def test_a_planted_contradiction_is_found_and_both_places_are_named(
    papers: Papers, facts: Facts, ledger: Ledger, name: str, true: str, false: str, fact: str
) -> None:
    text, on = papers[name]
    assert true in text
    told = found({**papers, name: (text.replace(true, false, 1), on)}, facts, ledger)
    assert any(fact in one and one.count("为") >= 2 and name in one for one in told), told


def test_the_bulletin_of_before_gave_the_day_an_outcome_arrived_for_that_of_the_meeting(
    older: Database, ledger: Ledger, facts: Facts
) -> None:
    former = built_in_recipe("gb-2")
    told = compose_briefing(older, Publication.BRIEFING, *MARCH, as_of=AS_OF, recipe=former).draft(MARCH[1])
    wrong = contradictions(markdown_of(told), "简报", MARCH[1], facts, words_of(ledger))
    assert any("2022年第9次工作例会的会议日期" in str(c) and "2022年3月22日" in str(c) for c in wrong)


def miscounted(text: Briefing) -> tuple[Section, ...]:
    """The sections, with one matter more than there is."""
    dumped = (s.model_dump_json().replace("共督办事项3件", "共督办事项4件") for s in text.sections)
    return tuple(map(Section.model_validate_json, dumped))


def test_what_an_editor_made_wrong_is_not_issued_and_takes_no_number(log: Database, home: Path) -> None:
    play(log)
    text = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    draft = keep_draft(home, text, OFFICE.id, EVENING)
    record_draft_text(log, draft, Text(text.title, miscounted(text)), (), OFFICE, EVENING)
    with pytest.raises(Refusal, match=r"督办事项总数：简报-2022-01.*为4，督办日志为3") as refused:
        issue_draft(log, home, draft, LEADER, EVENING)
    assert refused.value.code == "contradiction"
    assert issued_bulletins(log) == ()
    record_draft_text(log, draft, Text(text.title, text.sections), (), OFFICE, EVENING)
    assert issue_draft(log, home, draft, LEADER, EVENING).event.despite is None


def test_a_figure_a_leader_wants_otherwise_than_the_log_is_marked_in_the_record(log: Database, home: Path) -> None:
    play(log)
    text = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    draft = keep_draft(home, text, OFFICE.id, EVENING)
    record_draft_text(log, draft, Text(text.title, miscounted(text)), (), OFFICE, EVENING)
    event = issue_draft(log, home, draft, LEADER, EVENING, how=Manner(despite="含未立项的1件")).event
    assert (event.no, event.despite) == (1, "含未立项的1件")
    assert issued_bulletins(log)[0].despite == event.despite


@pytest.mark.parametrize(
    ("reason", "edited", "said"),
    [
        (" \n", True, "没有写理由"),
        ("长" * 201, True, "有201字，最多200字"),
        ("含未立项的1件", False, "没有不一致"),
    ],
)
def test_a_reason_to_issue_despite_a_contradiction_is_one_and_for_one(
    log: Database, home: Path, reason: str, edited: bool, said: str
) -> None:
    play(log)
    text = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    draft = keep_draft(home, text, OFFICE.id, EVENING)
    if edited:
        record_draft_text(log, draft, Text(text.title, miscounted(text)), (), OFFICE, EVENING)
    with pytest.raises(Refusal, match=said) as refused:
        issue_draft(log, home, draft, LEADER, EVENING, how=Manner(despite=reason))
    assert (refused.value.code, issued_bulletins(log)) == ("malformed", ())


def test_a_day_without_its_year_is_of_the_year_the_paper_is_about_and_not_of_its_printing(
    log: Database, home: Path
) -> None:
    play(log)
    text = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    draft = keep_draft(home, text, OFFICE.id, EVENING)
    assert issue_draft(log, home, draft, LEADER, at("2023-01-10")).event.issued_on == date(2023, 1, 10)


RED = "“国际交流中心一期暗涵改迁枯水期调度”（国交公司牵头）逾期15个工作日。已催办6次，"


@pytest.mark.parametrize(
    ("line", "claimed"),
    [
        (f"1. {RED}3月21日第9次工作例会议定限期完成。", ("2022年第9次工作例会的会议日期", "2022年3月21日")),
        ("3月14日第8次工作例会、3月21日第9次工作例会新近议定的3件下期报告。",
         ("2022年第8次工作例会的会议日期", "2022年3月14日")),
        (f"{RED}3月4日升级。", ("截至2022年3月31日XMH-2022-048的逾期工作日", "15")),
        (f"{RED}3月4日升级。", ("截至2022年3月31日XMH-2022-048的催办次数", "6")),
        ("本期办结销号的有“甲”“乙”“丙”“丁”等6件。", ("截至2022年3月31日本期办结销号件数", "6")),
    ],
)  # fmt: skip
def test_what_the_first_page_says_of_a_matter_and_a_meeting_is_a_claim(
    ledger: Ledger, line: str, claimed: tuple[str, str]
) -> None:
    words = replace(words_of(ledger), titles={"国际交流中心一期暗涵改迁枯水期调度": "XMH-2022-048"})
    assert claimed in [(c.fact, c.value) for c in claims_of(line, "简报", MARCH[1], words)]


@pytest.mark.parametrize(
    ("line", "fact", "value"),
    [
        ("“甲”（区住建局（人防办）牵头）逾期15个工作日。", "截至2022年3月31日XMH-2022-048的逾期工作日", "15"),
        ("“甲”（区住建局（人防办）牵头）逾期15个工作日。", "XMH-2022-048的牵头单位", "区住建局（人防办）"),
        ("“甲”（区住建局（人防办）牵头），3月4日销号。", "XMH-2022-048的销号日期", "2022年3月4日"),
        ("“甲”（区住建局（人防办））：3月4日议定完成。至今未报", "XMH-2022-048的议定日期", "2022年3月4日"),
        ("今后30日内应办结：4月8日“乙”（区住建局（人防办））、“甲”（区住建局（人防办））。",
         "XMH-2022-048的牵头单位", "区住建局（人防办）"),
        ("今后30日内应办结：4月8日“乙”（区住建局（人防办））、“甲”（区住建局）。",
         "XMH-2022-048的办结时限", "2022年4月8日"),
    ],
)  # fmt: skip
def test_what_is_told_of_a_unit_with_brackets_in_its_name_is_held_against_the_log_too(
    ledger: Ledger, line: str, fact: str, value: str
) -> None:
    words = replace(words_of(ledger), titles={"甲": "XMH-2022-048"}, units=frozenset({"区住建局（人防办）"}))
    assert (fact, value) in [(c.fact, c.value) for c in claims_of(line, "简报", MARCH[1], words)]


def test_the_log_says_how_late_a_matter_is_how_often_urged_and_when_decided_on(log: Database) -> None:
    play(log)
    told = {fact: known[-1].value for fact, known in facts_of(read_ledger(log, EVENING), *MARCH).items()}
    land, hall = "XMH-2022-002", "XMH-2022-001"
    assert told[f"截至2022年3月31日{land}的逾期工作日"] == "4"
    assert told[f"截至2022年3月31日{land}的催办次数"] == "1"
    assert told[f"{hall}的议定日期"] == "2022年3月4日"
    assert told["截至2022年3月31日本期办结销号件数"] == "1"


def test_how_late_a_matter_is_told_to_be_is_of_the_day_of_the_figures_and_not_of_the_printing(log: Database) -> None:
    play(log)
    told = markdown_of(compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING).draft(date(2022, 4, 6)))
    ledger = read_ledger(log, EVENING)
    facts, words = facts_of(ledger, *MARCH), words_of(ledger)
    assert contradictions(told, "简报", date(2022, 4, 6), facts, words) == ()
    wrong = told.replace("逾期4个工作日", "逾期5个工作日")
    [found] = contradictions(wrong, "简报", date(2022, 4, 6), facts, words)
    assert "逾期工作日：简报" in str(found)


TRUTHFUL = (
    "4月1日第9次工作例会议定事项全部落实。",
    "3月25日第9次工作例会纪要印发。",
    "4月1日第9次工作例会议定的1项已办结。",
    "“推动整备范围内土地尽早入库”（市水务局）：3月20日议定内部分工。",
    "1. “办结深圳金融文化中心‘一书两证’”（市建筑工务署牵头）：3月22日，2022年第9次工作例会纪要印发。",
    "4月1日，2022年第9次工作例会议定事项全部落实。",
    "3月22日，区住房和建设局传达市领导召开2022年第9次工作例会精神。",
    "已落实2022年第9次工作例会（3月25日前报送）要求。",
    "落实2022年第9次工作例会（香指办〔2022〕3号通知）要求。",
    "我局应办结2件，按期办结1件，按期办结率50%，较上月提高。",
    "区住房和建设局牵头3件，应办结2件，按期办结1件，按期办结率50%。",
    "甲单位反映：本期应反馈3次，按时反馈2次，按时反馈率66.7%。",
    "我局共督办事项5件，在办3件、已销号2件。",
    "今年以来共督办事项46件，其中市水务局在办2件、黄灯1件。",
    "应办结5件，按期办结4件，按期办结率80.0%。",
    "“推动整备范围内土地尽早入库”（由区城市更新和土地整备局牵头）正在推进。",
    "“推动整备范围内土地尽早入库”（我局牵头）正在推进。",
    "“推动整备范围内土地尽早入库”（市水务局牵头编制方案）正在推进。",
    "“推动整备范围内土地尽早入库”，办结时限6月1日，已延期至11月4日。",
    "已印发《实施方案》（深更新〔2022〕3号）和《实施方案》（深水〔2022〕8号）。",
    "已办《督办通知》（香指督〔2022〕3号），续办《督办通知》（香指督〔2022〕8号）。",
    "《2022年度任务分解清单》（深水〔2022〕8号）已印发。",
    "**（一）关于推进民生实事3件**\n\n1. 完成选址。",
    "**（一）推进“3件实事”**\n\n1. 完成选址。",
    "| 牵头单位 | 事项 |\n| --- | --- |\n| 甲 | 1 |\n| 乙 | 2 |\n| 小计 | 3 |\n| 丙 | 4 |\n| 合计 | 7 |",
    "| 编号 | 事项 | 牵头单位 |\n| --- | --- | --- |\n| XMH-2022-041 | 甲\\|市水务局\\|乙 | 区城市更新和土地整备局 |",
)


@pytest.mark.parametrize("words", TRUTHFUL)
def test_what_somebody_truthfully_writes_of_his_own_is_no_contradiction(
    papers: Papers, facts: Facts, ledger: Ledger, words: str
) -> None:
    """Feedback, problems, leaders' words and an editor's: the log counts the whole, and a unit its own."""
    text, on = papers["简报"]
    assert (
        found({"简报": (text.replace("### 四、需要关注", f"### 四、需要关注\n\n{words}", 1), on)}, facts, ledger) == []
    )
