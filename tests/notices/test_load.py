"""A morning of many people, and a worker killed in the middle of it."""

import json
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from domain.notices.routing import ChannelSettings, Routing
from domain.office import Person
from domain.terms import Role, Urgency
from eventlog import notices as kept
from eventlog.verify import verify
from tests.support.history import tick
from tests.support.homes import at
from tests.support.postroom import PostRoom
from tests.support.receivers import Received, http_receiver, smtp_receiver
from tests.support.served import home_in, kill, wait_for

MONDAY = at("2022-03-07")
MORNING = at("2022-03-08", "09:00")
MATTERS = 20
CHAOS = pytest.mark.chaos


@pytest.mark.slow
@pytest.mark.parametrize("either_room", [pytest.param("sqlite", marks=CHAOS), "postgresql"], indirect=True)
@pytest.mark.parametrize("people", [50, pytest.param(200, marks=CHAOS)])
def test_everybody_has_his_digest_within_a_minute(either_room: PostRoom, people: int) -> None:
    room = either_room
    with smtp_receiver() as smtp:
        url = f"mailto://127.0.0.1:{smtp.port}/?from=duban@example.org&to={{email}}"
        room.routing = Routing(channels={"mail": ChannelSettings(url=url)}, default=("mail",))
        room.seat(
            *(
                Person(id=f"p{n}", name=f"联络员{n}", unit="gengxin", role=Role.LIAISON, email=f"p{n}@example.org")
                for n in range(people)
            ),
            now=MONDAY,
        )
        for n in range(MATTERS):
            room.open(MONDAY, title=f"第{n}件")
        began = time.monotonic()
        room.spread(MONDAY + timedelta(hours=6))
        spread = time.monotonic() - began
        assert len(room.kept()) >= people * MATTERS
        began = time.monotonic()
        moment = MORNING
        while any(q.next_at <= moment for q in kept.waiting_by_channel(room.log)) and moment < MORNING + timedelta(
            minutes=2
        ):
            room.deliver(moment)
            moment += timedelta(seconds=1)
        taken = time.monotonic() - began
        to = Counter(mail[0] for mail in smtp.mails)
        print(f"spread {spread:.1f} s, sent {len(smtp.taken)} digests of {MATTERS} in {taken:.1f} s")  # noqa: T201
        assert set(to.values()) == {1}
        assert sum(address.startswith("p") for address in to) == people
        assert taken < 60


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("many", [100, pytest.param(500, marks=CHAOS)])
def test_a_friday_on_which_many_windows_close_writes_to_nobody_before_monday(room: PostRoom, many: int) -> None:
    """Every miss is told; but between Friday 18:00 and Monday 9:00 only what is 特急."""
    for n in range(many):
        room.accepted(MONDAY, title=f"第{n}件")
    urgent = room.accepted(MONDAY, title="特急件", urgency=Urgency.EXTRA)
    room.deliver(MONDAY)
    room.deliver(MORNING)
    tick(room.log, at("2022-03-11", "17:00"))
    moment, monday = at("2022-03-11", "17:00"), at("2022-03-14", "09:00")
    while moment < monday:
        room.deliver(moment)
        moment += timedelta(hours=1)
    misses = [n for n in room.kept(person="li") if n.text.startswith("漏报")]
    assert len(misses) == many + 1
    weekend = [n for n in room.kept() if n.sent_at and at("2022-03-11", "17:00") <= n.sent_at < monday]
    assert {n.stream for n in weekend} == {urgent}
    room.deliver(monday)
    [digest] = [line for line in room.to("li") if line["subject"].startswith("【督办】您有")][-1:]
    assert len(digest["notices"]) >= many
    assert digest["text"].count("\n") < 200, "a digest names sixty and counts the rest"


def _more_than(receiver: Received, count: int) -> bool:
    return len(receiver.taken) > count


OPEN = ("task", "open", "--due", "2027-06-30", "--basis", "2022年工作计划", "--lead", "gengxin", "--urgency", "特急")
ROUTES = {"default": ["file", "sms"]}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("kills", [2, pytest.param(6, marks=CHAOS)])
def test_workers_that_are_killed_while_they_send_lose_nothing_and_double_nothing_in_the_log(
    tmp_path: Path, kills: int
) -> None:
    with http_receiver() as sms:
        sms.pause = 0.3
        channel = {"kind": "http", "url": f"http://127.0.0.1:{sms.port}/", "fields": {"id": "{id}", "text": "{text}"}}
        notices = json.dumps({**ROUTES, "channels": {"sms": channel}})
        with home_in(tmp_path, {"XMH_NOTICES": notices}) as home:
            home.up()
            for n in range(kills):
                for m in range(2):
                    home.ok(*OPEN, "--title", f"第{n}-{m}件特急事项")
                wait_for(partial(_more_than, sms, n * 2), 40)
                worker = home.running.worker
                assert worker is not None
                kill(worker)
            with home.log() as log:
                wait_for(
                    lambda: len(kept.list_notices(log)) == 8 * kills and not kept.list_notices(log, pending=True), 120
                )
                found = kept.list_notices(log)
                assert verify(log).ok
            assert {d["id"] for d in sms.documents} == {n.id for n in found if n.channel == "sms"}
            texts: dict[str, set[str]] = {}
            for document in sms.documents:
                texts.setdefault(document["id"], set()).add(document["text"])
            assert all(len(said) == 1 for said in texts.values()), "what is repeated is repeated word for word"
