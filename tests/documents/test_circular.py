"""通报: what it says of whom, and that nobody sees it under a number before a leader approved these very words."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from documents.filing.rebuilding import rebuild_issue
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.papers.circular import draft_circular, hash_of_circular
from domain import commands as c
from domain.base import Refusal
from domain.envelope import Actor
from domain.event import decode
from domain.facts import UnitRef
from domain.ids import paper_stream
from domain.office import Unit, UnitRecorded
from domain.papers import CircularApproved, PaperIssued, PaperKind
from domain.terms import Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.issuing.catalogue import find_filed
from services.issuing.papers import (
    IssuedPaper,
    approve_circular,
    issue_circular,
    issue_paper,
    record_void_paper,
)
from services.office_records import record_office_events
from tests.documents.quarter import HALL, WORDS, crowd, play
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import FOR_LEADER, HEAD, LEADER, LIAISON, OFFICE, SECOND, opening
from tests.support.streams import DIRECTORY_STREAM
from views.papers import paper_ledger

SPAN = (date(2022, 3, 1), date(2022, 3, 31))
TODAY = date(2022, 4, 2)
NOW = at("2022-04-02")


@pytest.fixture
def played(log: Database) -> Database:
    play(log)
    return log


def said(log: Database) -> str:
    return markdown_of(draft_circular(log, *SPAN, TODAY).page())


def approve(log: Database, actor: Actor = FOR_LEADER) -> None:
    approve_circular(log, *SPAN, actor=actor, now=NOW)


def issued(log: Database, home: Path, **change: Any) -> IssuedPaper:
    return issue_circular(log, home, *SPAN, **{"signer": FOR_LEADER, "now": NOW, **change})


def test_of_many_it_names_the_worst_and_counts_the_rest_for_the_list_has_them(played: Database) -> None:
    crowd(played, 30)
    text = said(played)
    told = text.split("### 二、进展滞后情况")[1].split("### 三、")[0]
    assert told.count("“") == 3
    assert "；另有逾期8件，见附件1；" in told
    assert "慢序时进度事项（11件）" in text


def test_it_names_who_was_in_time_who_is_late_and_who_did_not_report(played: Database) -> None:
    text = said(played)
    assert "## 关于2022年3月督办事项办理情况的通报" in text
    assert "区城市更新和土地整备局：" in text
    assert "按期办结率50%" in text
    assert "| 编制电力专项规划 | 区城市更新和土地整备局 | 3月11日 | 按期办结 |" in text
    assert "| 协调二期用地收储 | 区城市更新和土地整备局 | 3月25日 | 20% | 逾期4个工作日 |" in text
    told = text.split("### 二、进展滞后情况")[1].split("### 三、")[0]
    assert "1. 区城市更新和土地整备局：“协调二期用地收储”逾期4个工作日" in told
    assert "漏报反馈未补5次" in told
    assert (
        text.index("附件1　慢序时进度事项（1件）") < text.index("附件2　按序时进度事项") < text.index("附件3　办结销号")
    )
    assert "会议议定涉及1件，已办结0件，办结率0%。" in text
    assert "自本通报印发之日起5个工作日内" in text
    assert "异议" in text
    assert WORDS not in text


def test_what_was_asked_to_end_in_time_is_not_looked_back_at_as_overdue(played: Database) -> None:
    """It was both 以前逾期 and 按期办结 in one paper."""
    act(played, "matter/noise", opening("回应夜间施工噪声", date(2022, 3, 31)), OFFICE, at("2022-03-28"))
    act(played, "matter/noise", c.AcceptReceipt(), LIAISON, at("2022-03-28", "15:00"))
    act(played, "matter/noise", c.RequestClosure(text="已整改"), LIAISON, at("2022-03-31", "17:40"))
    in_time = markdown_of(draft_circular(played, date(2022, 4, 1), date(2022, 4, 1), TODAY).page())
    act(played, "matter/noise", c.ReviewClosure(approve=True), SECOND, at("2022-04-01"))
    closed = markdown_of(draft_circular(played, date(2022, 4, 1), date(2022, 4, 1), TODAY).page())
    for text in (in_time, closed):
        told = text.split("### 四、“回头看”情况")[1].split("### 五、")[0]
        assert "“协调二期用地收储”（应于3月25日办结）" in told
        assert "夜间施工噪声" not in told
    assert "按期办结" in closed.rsplit("办结销号事项（1件）", 1)[1]


def test_a_unit_that_is_asked_by_letter_is_not_named(played: Database) -> None:
    unit = Unit(id="shigongwu", name="市建筑工务署", level=UnitLevel.CITY, supervision=Supervision.BY_LETTER)
    record_office_events(
        played, DIRECTORY_STREAM, [UnitRecorded(unit=unit)], actor=OFFICE, command_id="u", now=at("2022-03-01")
    )
    lead = UnitRef(id="shigongwu", supervision=Supervision.BY_LETTER)
    act(played, "matter/city", opening("办结规划许可", date(2022, 3, 15), lead=lead), OFFICE, at("2022-03-02"))
    text = said(played)
    assert "市建筑工务署" not in text
    assert "今年以来共督办事项3件" in text
    assert "商请办理或尚未明确牵头单位的1件不在通报之列" in text


def test_the_draft_of_a_period_that_ended_is_the_same_whatever_comes_later(played: Database) -> None:
    before = draft_circular(played, *SPAN, TODAY)
    act(played, HALL, c.SubmitFeedback(text="补充情况", progress=60), LIAISON, at("2022-04-01"))
    after = draft_circular(played, *SPAN, date(2022, 5, 1))
    assert (after.ledger.position, hash_of_circular(after)) == (before.ledger.position, hash_of_circular(before))
    with pytest.raises(Refusal, match="截止日期最晚为昨天"):
        draft_circular(played, SPAN[0], TODAY, TODAY)


def test_without_supervised_matters_there_is_nothing_to_tell(log: Database) -> None:
    with pytest.raises(Refusal, match="没有可通报的情况"):
        draft_circular(log, *SPAN, TODAY)


def test_what_nobody_approved_is_not_issued(played: Database, home: Path) -> None:
    with pytest.raises(Refusal, match="没有批准记录") as refused:
        issued(played, home)
    assert refused.value.code == "unapproved"
    assert "\n" not in refused.value.message
    approve_circular(played, date(2022, 2, 1), date(2022, 2, 28), actor=FOR_LEADER, now=NOW)
    with pytest.raises(Refusal, match="没有批准记录"):
        issued(played, home)
    assert paper_ledger(played) == ()
    assert not (home / "documents").exists()


def test_other_words_than_the_approved_ones_are_not_issued(played: Database, home: Path) -> None:
    text = draft_circular(played, *SPAN, TODAY)
    other = CircularApproved(
        approver="leader", since=SPAN[0], until=SPAN[1], position=text.ledger.position, words="0" * 64
    )
    record_office_events(played, paper_stream(2022), [other], actor=LEADER, command_id="other", now=NOW)
    with pytest.raises(Refusal, match="批准以后文稿有变化，须重新报批") as refused:
        issued(played, home)
    assert refused.value.code == "unapproved"


@pytest.mark.parametrize(("actor", "code"), [(OFFICE, "unapproved"), (HEAD, "unapproved")])
def test_nobody_but_a_leader_approves(played: Database, actor: Actor, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        approve(played, actor)
    assert refused.value.code == code


def test_an_approval_typed_for_a_leader_names_its_paper(played: Database) -> None:
    behalf = FOR_LEADER.on_behalf_of
    assert behalf is not None
    without = OFFICE.model_copy(update={"on_behalf_of": behalf.model_copy(update={"paper": None})})
    with pytest.raises(Refusal, match="批件"):
        approve(played, without)
    approve(played)
    [recorded] = reading.read_stream(played, paper_stream(2022))
    event = decode(recorded)
    assert isinstance(event, CircularApproved)
    assert (event.approver, event.paper) == ("leader", "香指办阅〔2022〕3号")


def test_approved_it_gets_its_number_from_the_series_of_all_papers(played: Database, home: Path) -> None:
    form = issue_paper(played, home, HALL, PaperKind.SUPERVISION, signer=FOR_LEADER, now=NOW)
    approve(played)
    done = issued(played, home)
    assert [form.event.number, done.event.number] == ["香指办督〔2022〕1号", "香指办督〔2022〕2号"]
    assert (done.event.matter, done.event.distributed) == (None, ("gengxin",))
    assert (done.event.since, done.event.until) == SPAN
    assert set(done.files) == {"md", "docx", "pdf", "html"}
    assert "**香指办督〔2022〕2号**" in done.files["md"].read_text(encoding="utf-8")
    assert issued(played, home).event == done.event
    filed = find_filed(played, home, "香指办督[2022]2号")
    assert filed is not None
    assert rebuild_issue(played, filed, Press()).ok
    assert verify(played).ok


def test_a_lost_file_is_printed_again(played: Database, home: Path) -> None:
    approve(played, LEADER)
    done = issued(played, home)
    before = done.files["pdf"].read_bytes()
    done.files["pdf"].unlink()
    assert issued(played, home, now=_later()).files["pdf"].read_bytes() == before


def test_a_void_circular_keeps_its_number_and_the_next_gets_the_next(played: Database, home: Path) -> None:
    approve(played)
    first = issued(played, home).event.number
    record_void_paper(played, first, "主送有误", actor=FOR_LEADER, now=NOW)
    second = issued(played, home).event.number
    assert second == "香指办督〔2022〕2号"
    assert [(p.number, p.void) for p in paper_ledger(played)] == [(first, "主送有误"), (second, None)]


def test_an_old_paper_reads_as_sent_to_nobody_else(played: Database, home: Path) -> None:
    event = issue_paper(played, home, HALL, PaperKind.SUPERVISION, signer=FOR_LEADER, now=NOW).event
    old = event.model_dump(mode="json", exclude={"since", "until", "distributed"})
    assert PaperIssued.model_validate(old).distributed == ()


def _later() -> datetime:
    return at("2022-04-20")
