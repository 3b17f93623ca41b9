"""Page one of a 简报 is what a leader must know and decide; lists and counts are in the 附表."""

import re
from datetime import date, timedelta
from functools import partial

import pytest

from documents.bulletin.annex import annex_page
from documents.bulletin.briefing import LENIENT, SILENT, Briefing, compose_briefing
from documents.checking.pdf_reading import read_pdf
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.page import Paragraph, Subheading
from documents.sections.recipe import Topic, built_in_recipe
from documents.sections.stock import stock_reports
from domain import commands as c
from domain.bulletin import Publication
from domain.calendar import end_of_day
from domain.facts import NewPoint
from domain.periods import PeriodLength
from eventlog.database import Database
from tests.documents.older import older
from tests.documents.quarter import HALL, LAND, crowd, play
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LEADER, LIAISON, OFFICE, SECOND, opening

__all__ = ["older"]

MARCH = (date(2022, 3, 1), date(2022, 3, 31))
EVENING = at("2022-03-31", "18:00")


def march(log: Database) -> Briefing:
    return compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING)


def said(found: Briefing) -> str:
    return markdown_of(found.draft(MARCH[1]))


def test_a_red_matter_is_told_as_who_how_late_why_what_was_tried_and_what_next(log: Database) -> None:
    play(log)
    told = said(march(log)).split("### 二、逾期事项")[1].split("### 三、")[0].strip().splitlines()
    assert told[0].startswith("“协调二期用地收储”")
    assert "逾期4个工作日。牵头单位没有报告原因。" in told[0]
    assert re.fullmatch(r"请牵头单位于4月\d+日前书面报告补救措施和明确的完成时间。", told[-1])


def test_what_was_tried_is_told_in_the_order_of_its_days_and_an_older_reason_with_its_day(log: Database) -> None:
    play(log)
    problem = c.SubmitFeedback(text="已约谈权利人", progress=25, problem="目前评估报告未出")
    act(log, LAND, problem, LIAISON, at("2022-03-31", "17:50"))
    act(log, LAND, c.RecordDecision(meeting="第六次工作会议", text="限期移交"), LEADER, at("2022-04-06"))
    act(log, LAND, c.EscalateMatter(reason="久拖不决"), OFFICE, at("2022-04-11"))
    until = date(2022, 4, 12)
    found = compose_briefing(log, Publication.BRIEFING, date(2022, 4, 1), until, as_of=end_of_day(until))
    told = markdown_of(found.draft(until)).split("### 二、逾期事项")[1].split("### 三、")[0]
    assert "3月31日反馈的原因是：目前评估报告未出。" in told
    assert re.search(r"4月6日第六次工作会议议定限期移交，4月11日升级至.*。", told)


def test_how_often_meetings_decided_on_a_matter_is_said_of_the_matter_and_not_of_the_words(log: Database) -> None:
    play(log)
    act(log, HALL, c.RecordDecision(meeting="第六次工作会议", text="增加班组"), LEADER, at("2022-03-28"))
    assert "3月28日议定增加班组（该事项今年第2次议定）。3月30日已报" in said(march(log))


def test_what_ended_unfinished_is_named_with_what_was_left_and_why_and_not_in_the_wording_of_before(
    log: Database,
) -> None:
    stream, late = "matter/over", at("2022-03-21", "10:00")
    act(log, stream, opening("建成接驳段", date(2022, 3, 30), points=(NewPoint(text="取得批复"),)), OFFICE, late)
    act(log, stream, c.AcceptReceipt(), LIAISON, late)
    act(log, stream, c.SubmitFeedback(text="已建成", progress=90), LIAISON, at("2022-03-24", "10:00"))
    act(log, stream, c.RequestClosure(text="完成", over_unfinished="批复另行跟踪"), LIAISON, at("2022-03-25", "10:00"))
    act(log, stream, c.ReviewClosure(approve=True), SECOND, at("2022-03-28", "10:00"))
    told = said(march(log))
    assert "“建成接驳段”办结时尚有：进度90%、要点1未完成（说明：批复另行跟踪）。" in told
    before = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING, template=SILENT)
    assert "“建成接驳段”办结时尚有" not in said(before)
    assert "本期办结销号的有“建成接驳段”。" in said(before)
    assert before.template == SILENT


def test_what_has_no_limit_and_ended_by_decision_is_in_no_rate_and_was_in_the_wording_of_before(
    log: Database,
) -> None:
    monthly = opening("每月巡查", None, period=PeriodLength.MONTH)
    for stream, command in (("matter/monthly", monthly), ("matter/once", opening("建成接驳段", date(2022, 3, 30)))):
        act(log, stream, command, OFFICE, at("2022-03-21"))
        act(log, stream, c.AcceptReceipt(), LIAISON, at("2022-03-21"))
    act(log, "matter/monthly", c.RequestClosure(text="转入日常"), LEADER, at("2022-03-25"))
    act(log, "matter/once", c.RequestClosure(text="完成", over_unfinished="已移交"), LIAISON, at("2022-03-28"))
    act(log, "matter/once", c.ReviewClosure(approve=True), SECOND, at("2022-03-29"))
    assert "应办结1件，按期办结1件" in said(march(log))
    before = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING, template=LENIENT)
    assert "应办结2件，按期办结2件" in said(before)


def test_what_falls_due_on_one_day_is_told_under_one_date(log: Database) -> None:
    play(log)
    for n in (1, 2):
        act(log, f"matter/due-{n}", opening(f"办好第{n}件实事", date(2022, 4, 15)), OFFICE, at("2022-03-31", "17:40"))
    lead = "（区城市更新和土地整备局）"
    assert f"今后30日内应办结：4月15日“办好第1件实事”{lead}、“办好第2件实事”{lead}。" in said(march(log))


def test_what_was_carried_up_to_the_leaders_is_asked_of_them_and_told_once(log: Database) -> None:
    play(log)
    for day in ("2022-04-06", "2022-04-11"):
        act(log, LAND, c.EscalateMatter(reason="久拖不决"), OFFICE, at(day))
    until = date(2022, 4, 11)
    found = compose_briefing(log, Publication.BRIEFING, MARCH[0], until, as_of=end_of_day(until))
    text = markdown_of(found.draft(until))
    first = text.split("### 一、提请研究事项")[1].split("### 二、")[0]
    assert "“协调二期用地收储”" in first
    assert re.search(r"已升级至.*，请研究时限和补救措施。", first)
    assert "### 二、上次议定落实情况" in text, "nothing else is red"
    assert text.count("逾期10个工作日") == 1


def test_what_waits_for_a_leader_comes_first(log: Database) -> None:
    play(log)
    act(log, HALL, c.RequestExtension(to=date(2022, 7, 29), reason="钢材供应紧张"), LIAISON, at("2022-03-31", "10:00"))
    first = said(march(log)).split("### 一、提请研究事项")[1].strip().splitlines()[0]
    assert first.startswith("请批复“推进国际交流中心一期主体施工”的延期申请：")
    assert "由6月30日延至7月29日，理由是钢材供应紧张。" in first


def test_a_stock_phrase_is_never_quoted_on_the_first_pages(log: Database) -> None:
    play(log)
    act(log, HALL, c.SubmitFeedback(text="按计划推进", progress=46), LIAISON, at("2022-03-31", "09:00"))
    found = march(log)
    assert "按计划推进" not in "".join(s.model_dump_json() for s in found.sections)


def test_nothing_is_numbered_alone_and_a_whole_month_is_called_by_its_name(log: Database) -> None:
    play(log)
    found = march(log)
    assert found.title == "2022年3月督办工作情况"
    counts = [sum(isinstance(b, Subheading) for b in s.blocks) for s in found.sections]
    assert 1 not in counts
    later = compose_briefing(log, Publication.BRIEFING, *(d - timedelta(days=1) for d in MARCH), as_of=EVENING)
    assert later.title == "2022年2月28日至3月30日督办工作情况"


def test_a_figure_is_said_once_in_the_paragraph_of_the_whole(log: Database) -> None:
    play(log)
    [section] = [s for s in march(log).sections if s.title == "总体情况"]
    whole = next(b.text for b in section.blocks if isinstance(b, Paragraph))
    counted = re.findall(r"[^，。；、]*?\d+件", whole)
    assert len(counted) == len(set(counted)) >= 4
    assert not any(whole.count(rate) > 1 for rate in re.findall(r"[\d.]+%", whole) if rate != "50%")


@pytest.mark.parametrize("since", [date(2022, 1, 10), date(2022, 3, 1)])
def test_an_issue_of_46_matters_is_three_faces_and_its_foot_has_none_of_its_own(older: Database, since: date) -> None:
    until = MARCH[1] if since == MARCH[0] else date(2022, 1, 30)
    found = compose_briefing(older, Publication.BRIEFING, since, until, as_of=end_of_day(until))
    faces = read_pdf(Press().printed(found.draft(until), "pdf")).faces
    assert len(faces) <= 3
    last = "".join(glyph.text for glyph in faces[-1].glyphs)
    assert not last.startswith("报：")
    assert "印发" in last


def test_of_two_hundred_matters_the_first_pages_tell_the_worst_and_count_the_rest(log: Database) -> None:
    crowd(log, 200)
    found = march(log)
    text = said(found)
    red = text.split("### 二、逾期事项")[1].split("### ")[0]
    assert len(re.findall(r"^\d\. ", red, re.MULTILINE)) == 5
    assert re.search(r"另有逾期\d+件，均由.*牵头，见附表。", red)
    faces = read_pdf(Press().printed(found.draft(MARCH[1]), "pdf")).faces
    assert len(faces) <= 6
    first = next(n for n, f in enumerate(faces) if "".join(g.text for g in f.glyphs).startswith("附表1"))
    assert first <= 3


def test_reports_that_say_nothing_are_named_with_the_reason_to_send_them_back(log: Database) -> None:
    play(log)
    act(log, HALL, c.SubmitFeedback(text="按计划推进", progress=46), LIAISON, at("2022-03-31", "09:00"))
    found = list(stock_reports(read_ledger(log, EVENING), *MARCH))
    assert [(file.matter.stream, why) for file, why in found] == [
        (HALL, "只写“按计划推进”，没有具体的数量、日期或成果")
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("。", "主体施工至五层。"),
        ("下一步", "主体施工至五层。"),
        ("下一步：组织材料进场；", "主体施工至五层。下一步，组织材料进场。"),
    ],
)
def test_a_next_step_is_told_once_and_only_where_it_says_something(log: Database, words: str, told: str) -> None:
    play(log)
    report = c.SubmitFeedback(text="主体施工至五层", progress=46, problem="。", next_step=words)
    act(log, HALL, report, LIAISON, at("2022-03-31", "10:00"))
    compose = partial(compose_briefing, log, Publication.BRIEFING, *MARCH, as_of=EVENING)
    text = markdown_of(annex_page(lambda by: compose(recipe=by), built_in_recipe(), "第3期"))
    assert f"进度46%）：{told}\n" in text
    assert "：。" not in text + said(march(log))


def carried_up(log: Database, matters: int) -> Briefing:
    """March, with so many matters of which each third waits for the leaders."""
    crowd(log, matters)
    for day in ("2022-03-22", "2022-03-25", "2022-03-29"):  # 单位负责人、指挥部办公室、分管领导
        for n in range(0, matters, 3):
            act(log, f"matter/crowd-{n}", c.EscalateMatter(reason="久拖不决"), OFFICE, at(day))
    return march(log)


def test_the_first_page_tells_no_more_one_by_one_however_much_is_asked_and_the_list_holds_every_one(
    log: Database,
) -> None:
    found = carried_up(log, 60)
    text = said(found)
    asked = text.split("### 一、提请研究事项")[1].split("### 二、")[0]
    told = [line for line in asked.splitlines() if re.match(r"\d+\. ", line)]
    assert len(told) == 6
    assert told[-1].startswith("6. 另有升级的逾期事项15件，均由区城市更新和土地整备局牵头，见附表")
    assert sum(row.startswith("| 推进第") and "| 红 |" in row for row in text.splitlines()) == 20
    text_only = found.model_copy(update={"appendices": ()})
    assert len(read_pdf(Press().printed(text_only.draft(MARCH[1]), "pdf")).faces) <= 3


def test_many_requests_are_told_by_number_and_stand_whole_in_the_annex_that_is_printed_with_them(log: Database) -> None:
    play(log)
    for n in range(9):
        stream = f"matter/late-{n}"
        act(log, stream, opening(f"办好第{n}件实事", date(2022, 5, 31)), OFFICE, at("2022-03-01"))
        act(log, stream, c.AcceptReceipt(), LIAISON, at("2022-03-01", "11:00"))
        act(log, stream, c.RequestExtension(to=date(2022, 6, 30), reason="评审延后"), LIAISON, at("2022-03-30"))
    found = march(log)
    asked = said(found).split("### 一、提请研究事项")[1].split("### 二、")[0]
    assert asked.count("请批复") == 5
    assert "提请研究的其他事项另有" in asked
    [listed] = [s for s in found.appendices if "提请研究的其他事项" in s.title]
    assert sum(text.count("请批复") for block in listed.blocks for text in getattr(block, "items", ())) == 9


def test_the_text_sends_its_reader_to_no_annex_that_an_office_does_not_print(log: Database) -> None:
    """Of what no other list holds, every one is told."""
    for n in range(9):
        stream = f"matter/late-{n}"
        act(log, stream, opening(f"办好第{n}件实事", date(2022, 5, 31)), OFFICE, at("2022-03-01"))
        act(log, stream, c.AcceptReceipt(), LIAISON, at("2022-03-01", "11:00"))
        act(log, stream, c.RequestExtension(to=date(2022, 6, 30), reason="评审延后"), LIAISON, at("2022-03-30"))
    carried_up(log, 60)
    plain = built_in_recipe()
    without = tuple(s for s in plain.sections if s.topic is not Topic.APPENDIX)
    own = plain.model_copy(update={"sections": without})
    found = compose_briefing(log, Publication.BRIEFING, *MARCH, as_of=EVENING, recipe=own)
    text = said(found)
    assert found.appendices == ()
    assert "附表" not in text
    assert text.count("请批复") == 9
    assert len(re.findall(r"另有(?:升级的)?逾期事项?\d+件，[^。]*见《任务清单一览表》", text)) == 1


@pytest.mark.parametrize(
    ("since", "until", "called"),
    [
        ((2022, 12, 1), (2022, 12, 30), "2022年12月"),  # the 31st is a Saturday
        ((2022, 7, 30), (2022, 8, 31), "2022年8月"),  # begins on a Saturday
        ((2022, 1, 4), (2022, 3, 31), "2022年第一季度"),  # New Year's holiday ends on the 3rd
        ((2022, 12, 1), (2022, 12, 29), "2022年12月1日至12月29日"),
        ((2022, 7, 29), (2022, 8, 31), "2022年7月29日至8月31日"),
        ((2022, 7, 30), (2022, 7, 31), "2022年7月30日至7月31日"),
    ],
)
def test_a_month_goes_by_its_working_days(
    log: Database, since: tuple[int, int, int], until: tuple[int, int, int], called: str
) -> None:
    last = date(*until)
    found = compose_briefing(log, Publication.BRIEFING, date(*since), last, as_of=end_of_day(last))
    assert found.title == f"{called}督办工作情况"
