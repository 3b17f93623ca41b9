"""周调度材料: what the last weekly meeting decided is found again under the numbers of its minutes."""

from datetime import date

from documents.formats.markdown import markdown_of
from documents.ledger import read_known, read_ledger
from documents.meetings.pack import weekly_pack
from domain import commands as ends
from domain.envelope import SYSTEM
from domain.meetings import commands as c
from domain.meetings.terms import Outcome
from domain.periods import PeriodLength
from eventlog.database import Database
from tests.documents.quarter import HALL, LAND, play
from tests.support.history import act, meet
from tests.support.homes import at
from tests.support.meetings import MONTHLY, WEEKLY, convening, decision, item
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, SECOND, opening

STREAM = "meeting/weekly"
HELD, AFTER = at("2022-03-28"), at("2022-04-02")


def test_a_pack_looked_back_at_is_the_one_there_was_at_the_time(log: Database) -> None:
    play(log)
    meet(log, STREAM, convening(WEEKLY, at("2022-04-02")), OFFICE, at("2022-04-01"))
    meet(log, STREAM, c.FreezeAgenda(proposed=(item(1, LAND),), position=7), OFFICE, at("2022-04-02"))
    meet(log, STREAM, c.OpenMeeting(), OFFICE, at("2022-04-02"))
    meet(log, STREAM, decision(1, text="移交用地"), FOR_LEADER, at("2022-04-04"))
    known = read_known(log, at("2022-04-05"))
    moments = known.moments([at("2022-03-15"), at("2022-04-01", "12:00"), at("2022-04-03"), at("2022-04-05")])
    looked_back = [known.ledger(moments).at(moment) for moment in moments]
    at_the_time = [read_ledger(log, moment.as_of) for moment in moments]
    assert [ledger.meetings for ledger in looked_back] == [ledger.meetings for ledger in at_the_time]
    assert [len(ledger.meetings) for ledger in looked_back] == [0, 1, 1, 1]
    monday = date(2022, 4, 4)
    packs = [markdown_of(weekly_pack(ledger, monday, monday)) for ledger in looked_back]
    assert packs == [markdown_of(weekly_pack(ledger, monday, monday)) for ledger in at_the_time]
    assert len(set(packs)) == len(moments)


def test_points_of_the_last_meeting_stand_under_their_own_numbers_with_the_number_of_the_minutes(log: Database) -> None:
    play(log)
    meet(log, STREAM, convening(WEEKLY, HELD), OFFICE, at("2022-03-21"))
    meet(log, STREAM, c.FreezeAgenda(proposed=(item(1, LAND), item(2, HALL)), position=7), OFFICE, HELD)
    meet(log, STREAM, c.OpenMeeting(), OFFICE, HELD)
    for text in ("误录", "移交用地"):
        meet(log, STREAM, decision(1, text=text), FOR_LEADER, HELD)
    meet(log, STREAM, c.WithdrawPoint(point=1, reason="误录"), FOR_LEADER, HELD)
    meet(log, STREAM, c.SignMinutes(), FOR_LEADER, at("2022-03-29"))
    page = weekly_pack(read_ledger(log, AFTER), date(2022, 4, 4), date(2022, 4, 4))
    told = markdown_of(page).splitlines()
    assert "2022年第1次工作例会（3月28日，香指纪〔2022〕1号）议定1项。" in told
    (followed,) = [line for line in told if line.startswith("2.“协调二期用地收储”")]
    assert "移交用地。目前办理中，红灯；" in followed


def test_what_goes_on_has_a_period_that_ends_this_week_and_no_limit(log: Database) -> None:
    monthly = opening("每月巡查", None, period=PeriodLength.MONTH)
    act(log, "matter/monthly", monthly, OFFICE, at("2022-04-01"))
    act(log, "matter/monthly", ends.AcceptReceipt(), LIAISON, at("2022-04-01"))
    told = markdown_of(weekly_pack(read_ledger(log, at("2022-04-25")), date(2022, 4, 25), date(2022, 4, 25)))
    assert "| 4月29日 | 本期截止 | 每月巡查 |" in told
    assert "| 4月29日 | 办结时限 |" not in told


def test_what_a_headquarters_meeting_decided_is_followed_until_it_is_done(log: Database) -> None:
    """Only the weekly meeting's own points were in the pack."""
    play(log)
    stream = "meeting/monthly"
    meet(log, stream, convening(MONTHLY, at("2022-03-24")), OFFICE, at("2022-03-21"))
    meet(log, stream, c.FreezeAgenda(proposed=(item(1, LAND), item(2, HALL)), position=7), OFFICE, at("2022-03-24"))
    meet(log, stream, c.OpenMeeting(), OFFICE, at("2022-03-24"))
    meet(log, stream, decision(1, text="移交用地"), FOR_LEADER, at("2022-03-24"))
    meet(log, stream, decision(2, Outcome.HEARD, text="听取汇报"), FOR_LEADER, at("2022-03-24"))
    meet(log, stream, c.SignMinutes(), FOR_LEADER, at("2022-03-25"))
    delivered = c.Delivered(stream=LAND, matter="XMH-2022-001", version=9)
    note = c.NoteDelivery(point=1, attempt=0, delivered=delivered)
    meet(log, stream, note, SYSTEM, at("2022-03-25"))
    told = markdown_of(weekly_pack(read_ledger(log, AFTER), date(2022, 4, 4), date(2022, 4, 4)))
    assert "指挥部会议等议定事项落实情况" in told
    assert "2022年第1次月度指挥部会议（3月24日，香指纪〔2022〕1号）尚有1项" in told
    assert "“协调二期用地收储”：移交用地" in told


def test_in_the_week_of_new_year_and_after_it_what_ended_last_year_is_ended(log: Database) -> None:
    """It was followed as if nothing had come of it: the week ends in a year its matters are not of."""
    play(log)
    stream, held = "meeting/monthly", at("2022-03-31")
    meet(log, stream, convening(MONTHLY, held), OFFICE, at("2022-03-21"))
    meet(log, stream, c.FreezeAgenda(proposed=(item(1, LAND), item(2, HALL)), position=7), OFFICE, held)
    meet(log, stream, c.OpenMeeting(), OFFICE, held)
    meet(log, stream, decision(1, text="移交用地"), FOR_LEADER, held)
    meet(log, stream, decision(2, text="抢抓工期"), FOR_LEADER, held)
    meet(log, stream, c.SignMinutes(), FOR_LEADER, at("2022-04-01"))
    for point, (carried, number) in enumerate(((LAND, "XMH-2022-002"), (HALL, "XMH-2022-001")), 1):
        note = c.NoteDelivery(point=point, attempt=0, delivered=c.Delivered(stream=carried, matter=number, version=9))
        meet(log, stream, note, SYSTEM, at("2022-04-01"))
    act(log, LAND, ends.RequestClosure(text="已移交", over_unfinished="权属争议另行处理"), LIAISON, at("2022-04-19"))
    act(log, LAND, ends.ReviewClosure(approve=True), SECOND, at("2022-04-20"))
    for monday in (date(2022, 12, 26), date(2023, 1, 9)):
        told = markdown_of(weekly_pack(read_ledger(log, at(str(monday))), monday, monday))
        assert "尚有1项" in told
        assert "协调二期用地收储" not in told
        assert "“推进国际交流中心一期主体施工”：抢抓工期。目前办理中，" in told
