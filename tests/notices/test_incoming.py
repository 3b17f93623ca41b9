"""Who hears of an incoming paper: whose turn it is, then the office, and at the end who instructed; never its words."""

from uuid import uuid4

import pytest

from domain.base import Frozen
from domain.envelope import Actor
from domain.ids import incoming_stream
from domain.incoming import commands as c
from domain.office import Person
from domain.terms import LeaderMark, Role
from eventlog.secrets import seal_text
from services.incoming_papers import act_on_paper
from services.morning_look import look_in_the_morning
from tests.support.homes import at
from tests.support.office import FOR_LEADER, OFFICE
from tests.support.postroom import PostRoom

NOW = at("2022-03-07")
STREAM = incoming_stream("来文")
SECOND = Person(id="chen", name="陈八", unit="office", role=Role.LEADER)
CHEN = Actor(id="chen", role=Role.LEADER, unit="office")


def told(room: PostRoom, command: Frozen, actor: Actor = OFFICE) -> dict[str, str]:
    """Who hears what of one command."""
    room.spread(NOW)
    before = {n.id for n in room.kept()}
    act_on_paper(room.log, STREAM, command, actor=actor, command_id=uuid4().hex, now=NOW)
    room.spread(NOW)
    return {n.person: n.text for n in room.kept() if n.id not in before}


@pytest.fixture
def words(room: PostRoom) -> str:
    room.seat(SECOND, now=NOW)
    return seal_text(room.log, STREAM, "请抓紧研究")


def test_each_leader_hears_when_it_is_his_turn_and_who_instructed_when_it_is_done(room: PostRoom, words: str) -> None:
    day = NOW.date()
    assert told(room, c.RegisterPaper(sender="市局", title="控规请示", received_on=day)) == {}
    assert told(room, c.ProposeHandling(text="拟请更新局牵头")) == {}
    assert told(room, c.SubmitToLeaders(leaders=("leader", "chen"))) == {"leader": "来文呈批。请批阅"}
    heard = told(room, c.Instruct(leader="leader", text=words, on=day), FOR_LEADER)
    assert set(heard) == {"chen", "office-2"}, "who typed it knows"
    assert heard["chen"] == "来文呈批。请批阅"
    assert heard["office-2"].startswith("第1条批示：有领导批示，时限 2022-03-22")
    assert not any("研究" in text or "sealed" in text for text in heard.values())
    assert told(room, c.MarkSeen(leader="chen", on=day), CHEN) == {"office": "陈八已圈阅", "office-2": "陈八已圈阅"}
    look_in_the_morning(room.log, at("2022-03-23", "09:00"))
    room.spread(NOW)
    late = {n.person: n.text for n in room.kept() if "已过时限" in n.text}
    assert late == {
        "office": "第1条批示已过时限（2022-03-22）。请办结并报结",
        "office-2": "第1条批示已过时限（2022-03-22）。请办结并报结",
        "leader": "第1条批示已过时限（2022-03-22），尚未报结",
    }
    done = told(room, c.FinishInstruction(instruction=1, text="已报批"))
    assert done == {"leader": "第1条批示已报结。请审阅"}
    goes_on = c.MarkFinished(instruction=1, leader="leader", mark=LeaderMark.CONTINUE)
    assert told(room, goes_on, FOR_LEADER) == {"office-2": "第1条批示的报结：继续办理。请继续办理"}
