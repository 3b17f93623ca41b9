"""What a 简报 says, computed from the log alone."""

from datetime import date
from pathlib import Path

import pytest

from documents.bulletin.briefing import Briefing
from documents.formats.markdown import markdown_of
from documents.wording import share_in_words, span_in_words
from domain import commands as c
from domain.base import Refusal
from domain.bulletin import Publication
from domain.facts import SEALED, Attachment
from domain.terms import Rhythm, SuspensionReason
from eventlog.database import Database
from eventlog.secrets import seal_text
from tests.documents.composed import compose_briefing
from tests.documents.quarter import HALL, WORDS, play, suspend
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import ASSIST, CONSULTANT, FOR_LEADER, LIAISON, OFFICE, opening

FIRST, LAST = date(2022, 1, 1), date(2022, 3, 31)
EVENING = at("2022-03-31", "18:00")


def briefing(log: Database, since: date = FIRST, until: date = LAST, **more: object) -> Briefing:
    return compose_briefing(log, Publication.BRIEFING, since, until, as_of=EVENING, **more)  # type: ignore[arg-type]


def text_of(found: Briefing) -> str:
    return markdown_of(found.draft(LAST))


def part(text: str, heading: str) -> str:
    return text.split(f"、{heading}\n")[1].split("\n### ", maxsplit=1)[0]


@pytest.fixture
def quarter(log: Database) -> Database:
    play(log)
    return log


def test_a_briefing_of_an_office_without_matters_says_so_in_every_section(log: Database) -> None:
    text = text_of(briefing(log))
    for heading in ("总体情况", "重点推进", "存在问题", "需协调事项", "下步安排"):
        assert part(text, heading).strip().startswith("暂无。")


def test_counts_are_those_of_the_log(quarter: Database) -> None:
    overall = part(text_of(briefing(quarter)), "总体情况")
    assert "今年以来共督办事项3件。截至3月31日，在办2件、已销号1件。" in overall
    assert "在办事项中，绿灯1件、红灯1件。" in overall
    assert "本期新立项3件、办结销号1件、同意延期1件次；会议议定1项、请求协调1项、" in overall


def test_both_on_time_rates_are_given_with_what_they_are_counted_from(quarter: Database) -> None:
    overall = part(text_of(briefing(quarter)), "总体情况")
    assert "今年以来应办结2件，按期办结1件，按期办结率50%" in overall
    assert "按原定时限应办结2件，按期办结0件，按期办结率0%" in overall


def test_a_report_made_up_for_later_is_still_a_miss_and_is_said_to_be_made_up(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 6, 30)), OFFICE, at("2022-03-01"))
    act(log, HALL, c.AcceptReceipt(), LIAISON, at("2022-03-01"))
    tick(log, at("2022-03-07", "09:00"))
    act(log, HALL, c.SubmitFeedback(text="补报", progress=10), LIAISON, at("2022-03-07"))
    overall = part(text_of(briefing(log, until=date(2022, 3, 7))), "总体情况")
    assert "本期应反馈1次，按时反馈0次，按时反馈率0%；漏报1次，其中已补报1次。" in overall


def test_a_miss_that_was_withdrawn_is_a_report_in_time(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 6, 30)), OFFICE, at("2022-03-01"))
    act(log, HALL, c.AcceptReceipt(), LIAISON, at("2022-03-01"))
    tick(log, at("2022-03-07", "09:00"))
    proof = Attachment(name="收文登记.jpg", sha256="0" * 64, size=1)
    came = c.SubmitFeedback(text="电话已报", progress=10, attachments=(proof,), occurred_at=at("2022-03-04", "15:00"))
    act(log, HALL, came, OFFICE, at("2022-03-07"), occurred_at=at("2022-03-04", "15:00"))
    overall = part(text_of(briefing(log, until=date(2022, 3, 7))), "总体情况")
    assert "本期应反馈1次，按时反馈1次，按时反馈率100%。" in overall


def test_a_suspended_matter_whose_limit_passed_is_in_no_rate(log: Database) -> None:
    """Its clock stands: the days come back when it is resumed."""
    for stream, title in ((HALL, "推进主体施工"), ("matter/pipe", "改造管网")):
        act(log, stream, opening(title, date(2022, 3, 4), rhythm=Rhythm.ONCE), OFFICE, at("2022-02-14"))
        act(log, stream, c.AcceptReceipt(), LIAISON, at("2022-02-14"))
    pause = c.SuspendMatter(reason=SuspensionReason.AWAITING_SUPERIOR, until=date(2022, 4, 29))
    act(log, HALL, pause, OFFICE, at("2022-03-01"))
    tick(log, at("2022-03-31", "17:30"))
    assert "今年以来应办结1件，按期办结0件" in part(text_of(briefing(log)), "总体情况")


def test_a_rate_that_is_the_same_by_both_limits_is_said_once(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 6, 30)), OFFICE, at("2022-02-14"))
    act(log, HALL, c.AcceptReceipt(), LIAISON, at("2022-02-14"))
    act(log, HALL, c.RequestExtension(to=date(2022, 7, 29), reason="待评审"), LIAISON, at("2022-03-01"))
    act(log, HALL, c.AnswerExtension(grant=True, reason="同意"), OFFICE, at("2022-03-01", "15:00"))
    act(log, "matter/pipe", opening("改造管网", date(2022, 3, 4)), OFFICE, at("2022-02-14"))
    overall = part(text_of(briefing(log)), "总体情况")
    assert "按期办结率0%（应办结含提前办结，不含暂缓和撤销）；不计延期等时限调整，按原定时限计算亦同。" in overall


def test_what_is_overdue_names_the_workdays_and_whose_move_it_is(quarter: Database) -> None:
    problems = part(text_of(briefing(quarter)), "存在问题")
    assert "逾期未办结1件" in problems
    assert "| 协调二期用地收储 | 区城市更新和土地整备局 | 3月25日 | 4个工作日 | 牵头单位办理 |" in problems


def test_an_open_coordination_is_asked_for_with_its_dates(quarter: Database) -> None:
    wanted = part(text_of(briefing(quarter)), "需协调事项")
    assert "请区住房和建设局协调解决：尽快移交施工用地（3月28日提出，4月2日前答复）。" in wanted


def test_next_steps_are_what_falls_due_in_thirty_days(quarter: Database) -> None:
    ahead = part(text_of(briefing(quarter)), "下步安排")
    assert "4月1日至4月30日应完成要点1项" in ahead
    assert "| 4月15日 | 主体结构封顶 | 推进国际交流中心一期主体施工 |" in ahead


def test_with_nothing_due_soon_the_next_limit_is_named(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 12, 30)), OFFICE, at("2022-03-31"))
    ahead = part(text_of(briefing(log)), "下步安排")
    assert "其后最近到期的是“推进国际交流中心一期主体施工”（12月30日）" in ahead


def test_of_a_single_matter_nothing_is_counted(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 6, 30)), OFFICE, at("2022-03-31"))
    overall = part(text_of(briefing(log)), "总体情况")
    assert "今年以来共督办事项1件。截至3月31日，该事项在办，亮绿灯（待签收）。" in overall
    assert "类别" not in overall


def test_decisions_of_one_meeting_are_told_under_its_name_once(log: Database) -> None:
    for stream, title in ((HALL, "打通断头路"), ("matter/pipe", "改造管网"), ("matter/land", "协调收储")):
        act(log, stream, opening(title), OFFICE, at("2022-03-01"))
        words = "本周内报送补救措施" if stream != HALL else "完成时限定为10月28日"
        decision = c.RecordDecision(meeting="第六次工作会议", text=words, due=date(2022, 10, 28))
        act(log, stream, decision, FOR_LEADER, at("2022-03-04"))
    text = part(text_of(briefing(log)), "重点推进")
    assert "（一）会议议定3项" in text
    assert (
        "1. 3月4日，第六次工作会议议定：关于“打通断头路”，完成时限定为10月28日。"
        "关于“改造管网”“协调收储”，本周内报送补救措施。办结时限定为10月28日。" in text
    )


def test_a_miss_that_the_yellow_light_tells_is_not_told_again(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 6, 30)), OFFICE, at("2022-03-01"))
    act(log, HALL, c.AcceptReceipt(), LIAISON, at("2022-03-01"))
    tick(log, at("2022-03-07", "09:00"))
    problems = part(text_of(briefing(log, until=date(2022, 3, 7))), "存在问题")
    assert "漏报2022年第9周反馈。" in problems
    assert "漏报单位：区城市更新和土地整备局1次。未补报的已列入黄灯预警。" in problems
    act(log, HALL, c.SubmitFeedback(text="本周进展", progress=10), LIAISON, at("2022-03-10"))
    tick(log, at("2022-03-21", "09:00"))
    later = part(
        text_of(compose_briefing(log, Publication.BRIEFING, FIRST, date(2022, 3, 21), as_of=at("2022-03-21"))),
        "存在问题",
    )
    assert "漏报2022年第11周反馈。" in later
    assert "未补报的除已列入黄灯预警的外，还有：" in later
    assert later.rstrip().endswith("牵头）：第9周。")


def test_a_request_that_begins_politely_is_not_polite_twice(log: Database) -> None:
    act(log, HALL, opening(due=date(2022, 6, 30)), OFFICE, at("2022-03-25"))
    act(log, HALL, c.AcceptReceipt(), LIAISON, at("2022-03-25"))
    act(log, HALL, c.RequestCoordination(unit=ASSIST, text="请提供保护区范围"), LIAISON, at("2022-03-28"))
    assert "：请区住房和建设局提供保护区范围（3月28日提出，" in part(text_of(briefing(log)), "需协调事项")


def test_a_suspended_matter_is_counted_apart_and_lights_nothing(quarter: Database) -> None:
    suspend(quarter)
    overall = part(text_of(briefing(quarter)), "总体情况")
    assert "在办2件、暂缓1件、已销号1件" in overall
    assert "在办事项中，绿灯1件、红灯1件。" in overall


def test_a_matter_without_lead_is_brought_up_for_coordination(log: Database) -> None:
    act(log, HALL, opening(lead=None), OFFICE, at("2022-03-31"))
    assert "尚未明确牵头单位" in part(text_of(briefing(log)), "需协调事项")


def test_a_leaders_words_are_nowhere(quarter: Database, home: Path) -> None:
    text = text_of(briefing(quarter))
    assert WORDS not in text
    assert SEALED not in text
    assert "3月2日，吴七对“推进国际交流中心一期主体施工”作出批示（工作秘密）。" in text


def test_a_secret_report_is_not_printed(log: Database) -> None:
    from domain.terms import MatterClass

    act(log, HALL, opening(klass=MatterClass.MAJOR), OFFICE, at("2022-03-29"))
    act(log, HALL, c.AcceptReceipt(), LIAISON, at("2022-03-29"))
    secret = c.SubmitFeedback(text=seal_text(log, HALL, "涉密进展"), progress=20)
    act(log, HALL, secret, LIAISON, at("2022-03-30"))
    text = text_of(briefing(log))
    assert "涉密进展" not in text
    assert SEALED not in text
    assert "（内容属工作秘密，不予刊载）" in text


def test_the_same_position_gives_the_same_text_whatever_happens_afterwards(quarter: Database) -> None:
    before = briefing(quarter)
    act(quarter, HALL, c.SubmitFeedback(text="主体封顶", progress=100), LIAISON, at("2022-03-31", "17:45"))
    assert briefing(quarter, position=before.position) == before
    assert briefing(quarter) != before


def test_a_past_moment_is_told_without_what_came_later(quarter: Database) -> None:
    until = date(2022, 2, 18)
    early = compose_briefing(quarter, Publication.BRIEFING, FIRST, until, as_of=at("2022-02-18", "18:00"))
    overall = part(text_of(early), "总体情况")
    assert "在办3件" in overall
    assert "已销号" not in overall.split("| 类别")[0]


def test_a_period_that_ends_before_it_begins_is_refused(log: Database) -> None:
    with pytest.raises(Refusal, match="晚于") as refused:
        briefing(log, since=LAST, until=FIRST)
    assert refused.value.code == "malformed"


def test_news_tells_single_events_by_date(quarter: Database) -> None:
    news = compose_briefing(quarter, Publication.NEWS, date(2022, 3, 1), LAST, as_of=EVENING)
    text = markdown_of(news.draft(LAST))
    assert text.startswith("# 香蜜湖片区建设指挥部工作动态")
    assert "1. 3月4日，第五次工作会议就“推进国际交流中心一期主体施工”议定：加快主体施工，逐月报送形象进度。" in text
    assert "2. 3月11日，“编制电力专项规划”办结销号（区城市更新和土地整备局牵头，按期办结）。" in text


def test_titles_with_signs_of_markdown_stay_as_they_were_written(log: Database) -> None:
    act(log, HALL, opening(title="审定A|B两案*<初稿>"), OFFICE, at("2022-03-31"))
    assert "“审定A\\|B两案\\*\\<初稿\\>”" in text_of(briefing(log))


@pytest.mark.parametrize(
    ("part_", "whole", "said"), [(1, 2, "50%"), (1, 3, "33.3%"), (2, 3, "66.7%"), (0, 5, "0%"), (7, 7, "100%")]
)
def test_shares_are_rounded_to_one_decimal(part_: int, whole: int, said: str) -> None:
    assert share_in_words(part_, whole) == said


def test_a_span_repeats_the_year_only_when_it_changes() -> None:
    assert span_in_words(date(2022, 2, 1), date(2022, 3, 31)) == "2022年2月1日至3月31日"
    assert span_in_words(date(2021, 12, 1), date(2022, 1, 31)) == "2021年12月1日至2022年1月31日"
    assert span_in_words(date(2022, 2, 24), date(2022, 2, 24)) == "2022年2月24日"


def test_it_goes_to_leaders_and_units_of_the_matters_and_to_no_consultancy(quarter: Database) -> None:
    helped = opening("组织四个公共项目设计方案评审", date(2022, 6, 30), assist=(ASSIST, CONSULTANT))
    act(quarter, "matter/review", helped, OFFICE, at("2022-03-29"))
    found = briefing(quarter).imprint
    assert found.below == ("区城市更新和土地整备局", "区住房和建设局")
    assert "某咨询公司" not in "".join(found.lines)
    assert all(line.endswith("。") for line in found.lines)
    assert found.above


def test_a_briefing_lists_the_news_of_its_period(log: Database, home: Path) -> None:
    from documents.bulletin.drafts import keep_draft
    from services.issuing.bulletins import issue_draft

    play(log)
    for day in ("2022-03-04", "2022-03-11"):
        on = date.fromisoformat(day)
        draft = keep_draft(
            home, compose_briefing(log, Publication.NEWS, on, on, as_of=at(day, "18:00")), "office", at(day, "18:00")
        )
        issue_draft(log, home, draft, FOR_LEADER, at("2022-03-31", "18:00"))
    text = markdown_of(
        compose_briefing(log, Publication.BRIEFING, date(2022, 3, 1), LAST, as_of=at("2022-03-31", "19:00")).draft(LAST)
    )
    assert "编发工作动态2次" in text
    assert "1. 第1期，3月31日：2022年3月4日工作动态。" in text
    assert "2. 第2期，3月31日：2022年3月11日工作动态。" in text
    april = compose_briefing(
        log, Publication.BRIEFING, date(2022, 4, 1), date(2022, 4, 30), as_of=at("2022-04-30", "18:00")
    )
    assert "工作动态" not in markdown_of(april.draft(date(2022, 4, 30)))
