"""批示件: each leader's words with a limit of their own, in the order of 呈批; 圈阅 is no 批示; the way back."""

from datetime import date

import pytest

from domain.base import Frozen, Refusal
from domain.envelope import SYSTEM, Actor, Recorded, canonical
from domain.event import Event
from domain.facts import SEALED
from domain.incoming import commands as c
from domain.incoming import events as ev
from domain.incoming.evolve import evolve_incoming
from domain.incoming.paper import IncomingPaper, owed_on_paper
from domain.incoming.queries import carriers, reminders_owed, unanswered_instructions
from domain.incoming.rules import decide_incoming, ended_before, may_be_reported_done, may_carry
from domain.incoming.terms import PaperStage, Secrecy
from domain.log import Rulebook
from domain.matter import Matter
from domain.rules.context import DecisionContext
from domain.terms import LeaderMark, MatterClass, Urgency
from tests.support.life import CALENDAR, RULEBOOK, Life, at
from tests.support.office import OFFICE, opening

DAY = date(2022, 3, 7)
TEXT = f"{SEALED}words"


class Tray:
    """One incoming paper in memory."""

    def __init__(self, rulebook: Rulebook = RULEBOOK, **more: object) -> None:
        self.rulebook, self.now, self.paper, self.version = rulebook, at(3, 7), None, 0
        fields = {"sender": "市规划和自然资源局", "title": "关于控规调整的请示", "received_on": DAY, **more}
        self.do(c.RegisterPaper.model_validate(fields))

    paper: IncomingPaper | None

    @property
    def p(self) -> IncomingPaper:
        assert self.paper is not None
        return self.paper

    def do(self, command: Frozen, actor: Actor = OFFICE) -> None:
        context = DecisionContext(rulebook=self.rulebook, now=self.now, actor=actor)
        for event in decide_incoming(self.paper, command, context):
            self.fold(event, actor)

    def fold(self, event: Event, actor: Actor) -> None:
        self.version += 1
        payload = event.draft(self.now).payload
        number = {"number": "收〔2022〕1号"} if isinstance(event, ev.PaperReceived) else {}
        self.paper = evolve_incoming(
            self.paper,
            Recorded(
                position=self.version,
                headquarters="XMH",
                stream="incoming/a",
                version=self.version,
                event_id=str(self.version),
                type=type(event).__name__,
                schema_version=1,
                payload=canonical({**payload, **number}),
                actor=actor,
                command_id="c",
                occurred_at=self.now,
                recorded_at=self.now,
                previous_hash="",
                hash=str(self.version),
            ),
        )

    def refuses(self, command: Frozen, words: str) -> None:
        before = self.version
        with pytest.raises(Refusal) as refused:
            self.do(command)
        assert words in refused.value.message
        assert self.version == before

    def submitted(self, *leaders: str) -> "Tray":
        self.do(c.ProposeHandling(text="拟请更新局牵头"))
        self.do(c.SubmitToLeaders(leaders=leaders or ("wu",)))
        return self

    def instructed(self, leader: str = "wu", **more: object) -> "Tray":
        self.do(c.Instruct.model_validate({"leader": leader, "text": TEXT, "on": DAY, **more}))
        return self

    def owed(self, month: int, day: int, *carried: int) -> list[str]:
        return [o.what for o in owed_on_paper(self.p, date(2022, month, day), CALENDAR, frozenset(carried))]


@pytest.mark.parametrize(
    ("urgency", "klass", "due"),
    [
        (Urgency.EXTRA, MatterClass.ORDINARY, date(2022, 3, 8)),
        (Urgency.URGENT, MatterClass.ORDINARY, date(2022, 3, 14)),
        (Urgency.NORMAL, MatterClass.ORDINARY, date(2022, 3, 22)),
        (Urgency.NORMAL, MatterClass.MAJOR, date(2022, 4, 6)),
    ],
    ids=["特急1个工作日", "加急5日遇周末顺延", "一般15日", "较难30日"],
)
def test_an_instruction_has_the_limit_of_the_policy(urgency: Urgency, klass: MatterClass, due: date) -> None:
    tray = Tray(urgency=urgency).submitted().instructed(klass=klass)
    assert tray.p.instructions[0].limit(CALENDAR) == due


def test_each_leader_sets_a_limit_of_his_own_in_the_order_they_were_asked() -> None:
    tray = Tray().submitted("wu", "zheng", "feng")
    late = c.Instruct(leader="zheng", text=TEXT, on=DAY)
    tray.refuses(late, "还没有轮到这位领导")
    tray.instructed("wu", due=date(2022, 3, 31))
    tray.do(late.model_copy(update={"urgency": Urgency.EXTRA}))
    tray.do(c.MarkSeen(leader="feng", on=DAY))
    assert [i.limit(CALENDAR) for i in tray.p.instructions] == [date(2022, 3, 31), date(2022, 3, 8)]
    assert tray.p.stage is PaperStage.HANDLING
    tray.refuses(c.MarkSeen(leader="feng", on=DAY), "已经批阅过")
    tray.instructed("wu")
    assert len(tray.p.instructions) == 3, "he may add to his word"


def test_who_has_not_read_it_gives_way_when_the_order_is_changed_with_a_reason() -> None:
    tray = Tray().submitted("wu", "zheng")
    tray.refuses(c.SubmitToLeaders(leaders=("zheng",)), "须说明理由")
    tray.do(c.SubmitToLeaders(leaders=("zheng",), reason="吴出差"))
    tray.do(c.MarkSeen(leader="zheng", on=DAY))
    assert (tray.p.stage, tray.p.route) == (PaperStage.READ, ("wu", "zheng"))


def test_a_paper_that_was_only_seen_asks_for_nothing_but_filing() -> None:
    tray = Tray().submitted()
    tray.do(c.MarkSeen(leader="wu", on=DAY))
    assert tray.owed(4, 30) == ["归档"]
    tray.refuses(c.FinishInstruction(instruction=1, text="完"), "没有第1条批示")
    tray.do(c.FilePaper())
    assert tray.p.settled


def test_the_leader_is_told_every_month_until_it_is_done() -> None:
    tray = Tray().submitted().instructed(due=date(2022, 6, 30))
    assert tray.owed(3, 21, 1) == ["第1条批示办结并报结（2022-06-30前）"]
    assert "报告第1条批示的进展（2022-04-07前）" in tray.owed(4, 1, 1)[1]
    assert "已逾期" in tray.owed(4, 8, 1)[1]
    tray.now = at(4, 8)
    tray.do(c.ReportToLeader(instruction=1, text="已报两稿"))
    assert tray.p.instructions[0].report_due == date(2022, 5, 8)
    tray.do(c.FinishInstruction(instruction=1, text="已报批"))
    assert tray.owed(5, 20, 1) == ["审阅第1条批示的报结"]


def test_a_policy_without_monthly_reports_asks_for_none() -> None:
    policy = RULEBOOK.policy.model_copy(update={"instruction_report_months": 0})
    tray = Tray(RULEBOOK.model_copy(update={"policy": policy})).submitted().instructed()
    assert tray.p.instructions[0].report_due is None


def test_only_who_instructed_ends_it_and_any_word_to_go_on_is_no_end() -> None:
    tray = Tray().submitted("wu", "zheng").instructed()
    tray.do(c.MarkSeen(leader="zheng", on=DAY))
    mark = c.MarkFinished(instruction=1, leader="wu", mark=LeaderMark.SEEN)
    tray.refuses(mark, "还没有报结")
    tray.do(c.FinishInstruction(instruction=1, text="已报批"))
    tray.refuses(mark.model_copy(update={"leader": "zheng"}), "须由原批示领导审阅")
    tray.do(c.MarkFinished(instruction=1, leader="wu", mark=LeaderMark.CONTINUE, due=date(2022, 5, 31)))
    again = tray.p.instructions[0]
    assert (again.open, again.limit(CALENDAR), again.returned) == (True, date(2022, 5, 31), 1)
    tray.refuses(c.FilePaper(), "还没有办结")
    tray.do(c.FinishInstruction(instruction=1, text="已公示"))
    tray.do(mark)
    assert tray.p.stage is PaperStage.DONE


def test_an_instruction_is_carried_and_reported_done_only_as_its_matters_allow() -> None:
    tray = Tray().submitted().instructed()
    ref = tray.p.ref(1)
    may_carry(tray.p, ref, "wu")
    for paper, wrong, leader, words in (
        (None, ref, "wu", "没有 收〔2022〕1号"),
        (tray.p, tray.p.ref(2), "wu", "第2条批示"),
        (tray.p, ref, "zheng", "不是这位领导的批示"),
    ):
        with pytest.raises(Refusal, match=words):
            may_carry(paper, wrong, leader)
    life = Life()
    life.do(opening())
    reported = ev.CompletionReported(instruction=1, text="完")
    with pytest.raises(Refusal, match="还没有办结"):
        may_be_reported_done(reported, "wu", [life.m])
    may_be_reported_done(reported, "wu", [])
    assert not ended_before("wu", []), "nobody has said so of what no matter carried"
    with pytest.raises(Refusal, match="须另行报结"):
        may_be_reported_done(reported.model_copy(update={"seen_at": ("XMH-2022-001",)}), "wu", [])
    tray.do(c.FinishInstruction(instruction=1, text="完"))
    with pytest.raises(Refusal, match="已报结"):
        may_carry(tray.p, ref, "wu")


def test_what_is_secret_comes_in_sealed_and_what_is_done_stays() -> None:
    with pytest.raises(Refusal, match="须加密提交"):
        Tray(secrecy=Secrecy.WORK, summary="明文")
    tray = Tray(secrecy=Secrecy.WORK, summary=TEXT).submitted().instructed()
    tray.refuses(c.VoidPaper(reason="错"), "已有领导批示")
    tray.refuses(c.ProposeHandling(text="另拟"), "已有领导批阅")
    unread = Tray()
    unread.refuses(c.SubmitToLeaders(leaders=("wu",)), "还没有拟办意见")
    unread.refuses(c.FilePaper(), "须说明理由")
    unread.do(c.VoidPaper(reason="重复登记"))
    unread.refuses(c.ProposeHandling(text="拟"), "已作废")


def test_every_open_instruction_is_explained_or_stands_out() -> None:
    tray = Tray(urgency=Urgency.URGENT).submitted().instructed()

    def why(month: int, day: int, *matters: Matter) -> str | None:
        [one] = unanswered_instructions([tray.p], carriers(matters), date(2022, month, day), CALENDAR)
        return one.explanation

    assert why(3, 10) == "未到时限（2022-03-14）"
    assert why(3, 15) is None
    life = Life()
    life.do(opening())
    carrying = life.m.model_copy(update={"carries": (tray.p.ref(1),)})
    assert why(3, 15, carrying) == f"由{life.m.number}办理中"
    tray.now = at(3, 16)
    tray.do(c.ReportToLeader(instruction=1, text="正在会商"))
    assert why(3, 17) == "2022-03-16已向批示领导报告进展"
    assert why(4, 20) is None, "that was more than a month ago"
    tray.do(c.FinishInstruction(instruction=1, text="已报批"))
    assert why(4, 20) == "2022-03-16已报结，待批示领导审阅"
    tray.do(c.MarkFinished(instruction=1, leader="wu", mark=LeaderMark.AGREED))
    assert list(unanswered_instructions([tray.p], {}, DAY, CALENDAR)) == []


def test_who_takes_over_from_a_leader_reads_what_waited_for_him_and_hears_what_became_of_his_word() -> None:
    tray = Tray().submitted("wu", "zheng").instructed()
    tray.do(c.FinishInstruction(instruction=1, text="完"))
    tray.refuses(c.MarkFinished(instruction=1, leader="han", mark=LeaderMark.AGREED), "须由原批示领导审阅")
    tray.refuses(c.HandOverPaper(from_person="nobody", to_person="han", reason="调任"), "无可交接")
    tray.do(c.HandOverPaper(from_person="wu", to_person="han", reason="调任"))
    tray.do(c.HandOverPaper(from_person="zheng", to_person="han", reason="离任"))
    owed = [(o.what, o.leader) for o in owed_on_paper(tray.p, DAY, CALENDAR, frozenset())]
    assert owed == [("批示或圈阅", "han"), ("审阅第1条批示的报结", "han")]
    assert tray.p.instructions[0].leader == "wu", "who instructed stays in the record"
    may_carry(Tray().submitted().instructed().p, tray.p.ref(1), "wu")
    tray.do(c.MarkSeen(leader="han", on=DAY))
    tray.do(c.MarkFinished(instruction=1, leader="han", mark=LeaderMark.AGREED))
    assert tray.p.stage is PaperStage.DONE
    tray.refuses(c.HandOverPaper(from_person="han", to_person="wu", reason="回任"), "无可交接")


def test_what_a_leader_instructs_after_filing_is_carried_out_and_then_it_is_filed_as_it_was() -> None:
    tray = Tray().submitted()
    tray.do(c.MarkSeen(leader="wu", on=DAY))
    tray.do(c.FilePaper())
    tray.instructed()
    assert (tray.p.stage, tray.p.settled) == (PaperStage.HANDLING, False)
    may_carry(tray.p, tray.p.ref(1), "wu")
    assert [o.instruction for o in owed_on_paper(tray.p, DAY, CALENDAR, frozenset())] == [1]
    tray.refuses(c.FilePaper(), "还没有办结")
    tray.do(c.FinishInstruction(instruction=1, text="完"))
    tray.do(c.MarkFinished(instruction=1, leader="wu", mark=LeaderMark.AGREED))
    assert tray.p.stage is PaperStage.FILED
    tray.refuses(c.FilePaper(), "已归档")


def test_a_report_of_completion_that_was_sent_back_told_the_leader_how_far_it_is() -> None:
    tray = Tray().submitted().instructed()
    tray.now = at(4, 20)
    tray.do(c.FinishInstruction(instruction=1, text="完"))
    tray.do(c.MarkFinished(instruction=1, leader="wu", mark=LeaderMark.CONTINUE))
    assert tray.p.instructions[0].report_due == date(2022, 5, 20)


def reminded_on(tray: Tray, month: int, day: int) -> list[tuple[str, int]]:
    """What the clock records that morning, and records."""
    owed = list(reminders_owed(tray.p, date(2022, month, day), CALENDAR, 3))
    for event in owed:
        tray.fold(event, SYSTEM)
    return [(event.of.label, event.instruction) for event in owed]


def test_each_limit_is_reminded_of_before_and_after_it_and_each_report_once() -> None:
    tray = Tray().submitted("wu", "zheng").instructed("wu", due=date(2022, 3, 31)).instructed("zheng")
    assert reminded_on(tray, 3, 16) == []
    assert reminded_on(tray, 3, 18) == [("时限将到", 2)]
    assert reminded_on(tray, 3, 21) == [], "once"
    assert reminded_on(tray, 3, 23) == [("已过时限", 2)]
    assert reminded_on(tray, 3, 29) == [("时限将到", 1)]
    assert reminded_on(tray, 4, 2) == [("已过时限", 1), ("应向批示领导报告进展", 1), ("应向批示领导报告进展", 2)]
    tray.now = at(4, 2)
    tray.do(c.ReportToLeader(instruction=1, text="已完成八成"))
    tray.do(c.FinishInstruction(instruction=2, text="已办结"))
    assert reminded_on(tray, 5, 5) == [("应向批示领导报告进展", 1)], "what was reported done is not pressed"


def test_a_leader_puts_off_the_limit_of_his_own_instruction() -> None:
    tray = Tray().submitted("wu", "zheng").instructed("wu").instructed("zheng")
    later = c.ExtendInstruction(instruction=1, leader="wu", to=date(2022, 4, 15), reason="方案须再论证")
    tray.refuses(later.model_copy(update={"leader": "zheng"}), "由批示领导本人决定")
    tray.refuses(later.model_copy(update={"to": date(2022, 3, 22)}), "须晚于现在的时限 2022-03-22")
    tray.refuses(later.model_copy(update={"instruction": 3}), "没有第3条批示")
    tray.do(later)
    assert [i.limit(CALENDAR) for i in tray.p.instructions] == [date(2022, 4, 15), date(2022, 3, 22)]
    assert tray.p.instructions[0].original == date(2022, 3, 22)
    tray.do(c.FinishInstruction(instruction=1, text="完"))
    tray.refuses(later.model_copy(update={"to": date(2022, 5, 15)}), "已报结")
