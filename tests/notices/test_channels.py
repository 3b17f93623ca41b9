"""Channels against real receivers on real sockets, which fail, stall, answer twice and hang up after taking."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from apprise import Apprise

from activities.channels.filling import fill_gaps, fill_secrets
from domain import commands as c
from domain.envelope import SYSTEM
from domain.notices.backoff import channel_pause
from domain.notices.routing import ChannelSettings, Routing
from domain.office import Person, PersonLeft
from domain.terms import Role, Urgency
from eventlog import notices as kept
from eventlog.secrets import seal_text
from services.office_records import record_office_events
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LIAISON, PEOPLE
from tests.support.postroom import PostRoom
from tests.support.receivers import Manner, Received, http_receiver, smtp_receiver
from tests.support.streams import DIRECTORY_STREAM

MONDAY = at("2022-03-07")
MORNING = at("2022-03-08", "09:00")
WECHAT: dict[str, str | dict[str, str]] = {
    "touser": "{person}",
    "msgtype": "text",
    "text": {"content": "{subject}\n{text}"},
}
ADDRESSES = {"li": "li@example.org", "head": "head@example.org", "office": "office@example.org"}


@pytest.fixture
def http() -> Iterator[Received]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def smtp() -> Iterator[Received]:
    with smtp_receiver() as receiver:
        yield receiver


def sms(port: int, timeout: float = 0.5) -> ChannelSettings:
    """短信 by a gateway's template; its key comes from the environment."""
    return ChannelSettings(
        kind="http",
        url=f"http://127.0.0.1:{port}/send?to={{phone}}",
        fields={"mobile": "{phone}", "content": "{subject}\n{text}", "msgid": "{id}", "key": "${SMS_KEY}"},
        headers={"Authorization": "Bearer ${SMS_KEY}"},
        timeout=timeout,
    )


def mail(port: int, timeout: float = 0.5) -> ChannelSettings:
    return ChannelSettings(
        url=f"mailto://127.0.0.1:{port}/?from=duban@example.org&to={{email}}&+X-Notice-Id={{id}}", timeout=timeout
    )


def webhook(port: int) -> ChannelSettings:
    return ChannelSettings(url=f"json://127.0.0.1:{port}/hook?+Idempotency-Key={{id}}", timeout=0.5)


def reached(room: PostRoom, **channels: ChannelSettings) -> PostRoom:
    """The room with these channels for everybody, and everybody reachable."""
    room.routing = Routing(channels=channels, default=tuple(channels))
    room.environment = {"SMS_KEY": "key&1="}
    people = [p for p in PEOPLE if p.id in ADDRESSES] + [room.person("office")]
    room.seat(
        *(p.model_copy(update={"email": ADDRESSES[p.id], "phone": f"1380000{n:04d}"}) for n, p in enumerate(people)),
        now=MONDAY - timedelta(days=1),
    )
    return room


def served(room: PostRoom, start: datetime, until: datetime) -> None:
    """Take a turn whenever something is due, as the workflow does."""
    moment = start
    while moment <= until:
        room.deliver(moment)
        later = [q.next_at for q in kept.waiting_by_channel(room.log)]
        moment = max(min(later, default=until + timedelta(days=1)), moment + timedelta(seconds=1))


def test_a_digest_arrives_as_a_mail_with_its_id(room: PostRoom, smtp: Received) -> None:
    reached(room, mail=mail(smtp.port))
    room.open(MONDAY, title="推进一期主体施工")
    room.open(MONDAY, title="编制电力专项规划")
    room.deliver(MORNING)
    [to_li] = [m for m in smtp.mails if "li@example.org" in m[0]]
    assert to_li[1] == "【督办】您有2条督办通知"
    assert "XMH-2022-001 推进一期主体施工" in to_li[2]
    assert "XMH-2022-002 编制电力专项规划" in to_li[2]
    [batch] = {n.batch for n in room.kept(person="li")}
    assert str(batch) in to_li[2]
    assert f"X-Notice-Id: {batch}".encode() in b"".join(smtp.taken)
    assert not room.kept(pending=True)


def test_an_sms_gateway_gets_its_own_fields_its_key_and_the_id(room: PostRoom, http: Received) -> None:
    reached(room, sms=sms(http.port))
    room.open(MONDAY, urgency=Urgency.EXTRA)
    room.deliver(MONDAY)
    [to_li] = [d for d in http.documents if d["mobile"] == "13800000000"]
    [notice] = room.kept(person="li")
    assert to_li["msgid"] == notice.id
    assert to_li["key"] == "key&1="
    assert "推进国际交流中心一期主体施工" in to_li["content"]
    assert http.heads[0]["Idempotency-Key"] in {n.id for n in room.kept()}


def test_a_gateway_may_want_fields_within_fields(room: PostRoom, http: Received) -> None:
    """As 政务微信 does: {"touser": …, "msgtype": "text", "text": {"content": …}}."""
    reached(room, wx=ChannelSettings(kind="http", url=f"http://127.0.0.1:{http.port}/", fields=WECHAT))
    room.open(MONDAY, urgency=Urgency.EXTRA)
    room.deliver(MONDAY)
    to_li = next(d for d in http.documents if d["touser"] == "li")
    assert "主体施工" in to_li["text"]["content"]


@pytest.mark.parametrize(
    "url",
    [
        "mailtos://duban:${PASSWORD}@smtp.example.org:465?mode=ssl&from=duban@example.org&to={email}",
        "wecombot://${KEY}",
        "dingtalk://${SIGN}@${TOKEN}/{phone}",
        "feishu://${TOKEN}",
        "jsons://${TOKEN}@hooks.example.org/duban?+Idempotency-Key={id}",
    ],
)
def test_the_addresses_of_the_handbook_are_understood_by_the_library(url: str) -> None:
    secrets = {"PASSWORD": "p@ss:w/rd", "KEY": "0a1b2c3d-1111-2222", "SIGN": "SEC0a1b2c", "TOKEN": "0a1b2c3d4e5f"}
    gaps = {"email": "li@example.org", "phone": "13800000000", "id": "7-li-mail", "name": "李三"}
    filled_in = fill_gaps(fill_secrets(url, secrets, in_url=True), gaps, in_url=True)
    assert Apprise.instantiate(filled_in) is not None


def test_a_webhook_of_the_library_gets_the_id_as_a_header(room: PostRoom, http: Received) -> None:
    reached(room, hook=webhook(http.port))
    room.open(MONDAY, urgency=Urgency.EXTRA)
    room.deliver(MONDAY)
    assert {h["Idempotency-Key"] for h in http.heads} == {n.id for n in room.kept()}


@pytest.mark.parametrize("manner", ["fails", "stalls", "drops"])
@pytest.mark.parametrize("kind", ["sms", "mail", "hook"])
def test_what_was_not_taken_or_not_said_to_be_is_sent_again_under_the_same_id(
    room: PostRoom, kind: str, manner: Manner
) -> None:
    """`drops`: the other side took it and hung up before saying so; only the id tells it that it knows it already."""
    with smtp_receiver() if kind == "mail" else http_receiver() as receiver:
        make = {"sms": sms, "mail": mail, "hook": webhook}[kind]
        reached(room, **{kind: make(receiver.port)})
        room.routing = room.routing.model_copy(update={"default": (), "people": {"li": (kind,)}})
        receiver.script = [manner, manner]
        room.open(MONDAY)
        room.open(MONDAY, title="另一件")
        served(room, MORNING, MORNING + timedelta(minutes=10))
        found = room.kept(person="li")
        assert all(n.sent_at for n in found)
        assert {n.attempts for n in found} == {3}
        assert len(receiver.taken) == (3 if manner == "drops" else 1)
        [batch] = {n.batch for n in found}
        assert all(str(batch).encode() in body for body in map(_plain, receiver.taken)) or kind == "hook"


def _plain(body: bytes) -> bytes:
    return body.replace(b"=\r\n", b"").replace(b"=\n", b"")


def test_a_repeated_digest_says_the_same_even_when_more_has_become_due(room: PostRoom, http: Received) -> None:
    reached(room, sms=sms(http.port))
    room.routing = room.routing.model_copy(update={"default": (), "people": {"li": ("sms",)}})
    http.script = ["drops"]
    room.open(MONDAY, title="第一件")
    room.open(MONDAY, title="第二件")
    room.deliver(MORNING)
    room.open(MONDAY, title="晚到的一件")  # was recorded yesterday, is seen only now
    served(room, MORNING + timedelta(minutes=2), MORNING + timedelta(minutes=5))  # both are due at the same moment
    first, *rest = http.documents
    assert sum(d == first for d in rest) == 1, "the repeated one equals the first, byte for byte"
    assert sum("晚到的一件" in d["content"] for d in http.documents) == 1


def test_a_dead_channel_neither_loses_a_notice_nor_holds_up_a_live_one(either_room: PostRoom, smtp: Received) -> None:
    room = either_room
    with http_receiver("fails") as dead:
        reached(room, sms=sms(dead.port), mail=mail(smtp.port))
        for n in range(3):
            room.open(MONDAY, title=f"第{n}件")
        served(room, MORNING, MORNING + timedelta(hours=2))
        assert len(smtp.taken) == 2, "li and head have their mail"
        assert len([n for n in room.kept(pending=True) if n.channel == "sms"]) == 6
        tries = len(dead.everything)
        [found] = kept.failing_channels(room.log)
        assert (found.channel, found.waiting, found.error) == ("sms", 6, "网关答复 500")
        assert tries < 20, "the dead channel is left alone longer and longer"
        dead.manner = "takes"
        served(room, MORNING + timedelta(hours=2), MORNING + timedelta(hours=9))
        assert not room.kept(pending=True)
        assert len(dead.taken) == 2


def test_many_people_behind_a_dead_channel_are_not_tried_one_by_one(either_room: PostRoom) -> None:
    """Two in a row are enough: the rest waits, or a morning of stalls would take an hour."""
    room = either_room
    people = [Person(id=f"p{n}", name=f"张{n}", unit="gengxin", role=Role.LIAISON, phone=str(n)) for n in range(50)]
    with http_receiver("fails") as dead:
        reached(room, sms=sms(dead.port))
        room.seat(*people, now=MONDAY)
        room.open(MONDAY)
        room.deliver(MORNING)
        assert len(dead.everything) == 2
        dead.manner = "takes"
        served(room, MORNING + timedelta(minutes=1), MORNING + timedelta(minutes=10))
        assert len(dead.taken) == 52
        assert not room.kept(pending=True)


def test_one_who_cannot_be_reached_keeps_nobody_else_waiting(room: PostRoom, smtp: Received) -> None:
    """No address in the directory: named as the reason, and sent as soon as there is one."""
    reached(room, mail=mail(smtp.port))
    room.seat(room.person("li").model_copy(update={"email": None}), now=MONDAY)
    room.open(MONDAY)
    room.deliver(MORNING)
    assert [m[0] for m in smtp.mails] == ["head@example.org"]
    [failed] = room.kept(failed=True)
    assert "名录中没有李三的邮箱" in str(failed.error)
    room.seat(room.person("li").model_copy(update={"email": "li@example.org"}), now=MORNING)
    room.deliver(MORNING + timedelta(minutes=2))
    assert not room.kept(pending=True)


def test_nobody_writes_to_who_has_left(room: PostRoom) -> None:
    room.open(MONDAY)
    room.spread(MONDAY)
    record_office_events(
        room.log, DIRECTORY_STREAM, [PersonLeft(person="li")], actor=SYSTEM, command_id="left", now=MONDAY
    )
    room.deliver(MORNING)
    assert room.to("li") == []
    [notice] = room.kept(person="li")
    assert notice.given_up
    assert not room.kept(pending=True)
    assert kept.waiting_by_channel(room.log) == ()


def test_a_missing_secret_closes_one_channel_and_says_which_variable(room: PostRoom, http: Received) -> None:
    reached(room, sms=sms(http.port))
    room.routing = Routing(channels=room.routing.channels, default=("sms", "file"))
    room.environment = {}
    room.open(MONDAY)
    room.deliver(MORNING)
    assert {n.error for n in room.kept(failed=True)} == {"缺少环境变量 SMS_KEY"}
    assert len(room.to("li")) == 1


def test_a_key_that_fits_no_header_closes_the_channel(room: PostRoom, http: Received) -> None:
    reached(room, sms=sms(http.port))
    room.environment = {"SMS_KEY": "x\ny"}
    room.open(MONDAY)
    room.deliver(MORNING)
    assert {n.error for n in room.kept(failed=True)} == {"请求头只能用英文字母、数字和符号"}


def test_a_channel_that_breaks_in_a_way_nobody_thought_of_holds_up_nobody(room: PostRoom, http: Received) -> None:
    """An address with Chinese in its path: the library underneath raises what no channel promises."""
    odd = ChannelSettings(kind="http", url=f"http://127.0.0.1:{http.port}/发送", fields={"t": "{text}"})
    reached(room, odd=odd)
    room.routing = Routing(channels=room.routing.channels, default=("odd", "file"))
    room.open(MONDAY)
    room.deliver(MORNING)
    assert {n.error for n in room.kept(failed=True)} == {"渠道程序出错：UnicodeEncodeError"}
    assert len(room.to("li")) == 1


def test_what_a_channel_complains_of_holds_no_secret(room: PostRoom) -> None:
    """A refused connection is told with the host, never with the token of the address."""
    reached(room, hook=ChannelSettings(url="json://${TOKEN}@127.0.0.1:1/${TOKEN}?+Idempotency-Key={id}", timeout=0.5))
    room.environment = {"TOKEN": "geheim0815"}
    room.open(MONDAY)
    room.deliver(MORNING)
    assert room.kept(failed=True)
    assert all("geheim0815" not in str(n.error) for n in room.kept())


def test_no_byte_that_leaves_the_house_holds_a_secret(room: PostRoom, http: Received, smtp: Received) -> None:
    """A leader's words are ciphertext in the log; not even the cipher goes out. The receivers' bytes are searched."""
    reached(room, sms=sms(http.port), mail=mail(smtp.port))
    room.routing = Routing(channels=room.routing.channels, default=("sms", "mail", "file"))
    words = "此事务必低调处理"
    stream = room.accepted(MONDAY, urgency=Urgency.EXTRA)
    sealed = seal_text(room.log, stream, words)
    room.do(stream, c.RecordInstruction(leader="leader", text=sealed), FOR_LEADER, MONDAY)
    room.do(stream, c.SubmitFeedback(text=sealed, problem=sealed, progress=5), LIAISON, MONDAY)
    room.do(stream, c.RequestExtension(to=at("2022-07-30").date(), reason=sealed), LIAISON, MONDAY)
    room.deliver(MONDAY)
    assert not room.kept(pending=True)
    files = b"".join(f.read_bytes() for f in (room.home / "notices").iterdir())
    sent = b"".join([*http.everything, *smtp.everything, files])
    assert b"xmh task show" in files
    assert files.count("工作秘密".encode()) >= 3
    for secret in (words, "低调", sealed, "sealed:v1"):
        assert secret.encode() not in sent
        assert secret not in "".join(m[2] for m in smtp.mails)
        assert secret not in str(http.documents)


def test_a_file_is_for_its_owner_alone(room: PostRoom) -> None:
    room.open(MONDAY, urgency=Urgency.EXTRA)
    room.deliver(MONDAY)
    [file] = (room.home / "notices").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert Path(file).parent.stat().st_mode & 0o077 == 0


def test_the_same_event_looked_at_twice_is_told_once(either_room: PostRoom) -> None:
    """As when a worker dies after it has told and before it could say so."""
    room = either_room
    room.open(MONDAY)
    room.spread(MONDAY)
    first = room.kept()
    with room.log.writing() as transaction:
        transaction.commit([("UPDATE outbox SET sent_at = NULL", [()])])
    room.spread(MONDAY + timedelta(hours=1))
    assert room.kept() == first
    room.deliver(MORNING)
    assert len(room.lines) == len(first) == 2


def test_a_worker_that_dies_between_sending_and_saying_so_sends_again_under_the_same_id(room: PostRoom) -> None:
    room.open(MONDAY)
    room.open(MONDAY, title="另一件")
    room.deliver(MORNING)
    with room.log.writing() as transaction:
        transaction.commit([("UPDATE notices SET sent_at = NULL", [()])])
    room.deliver(MORNING + timedelta(minutes=3))
    for person in ("li", "head"):
        first, second = room.to(person)
        assert first["id"] == second["id"]
        assert (first["text"], first["notices"]) == (second["text"], second["notices"])


def test_a_channel_that_fails_is_left_alone_twice_as_long_each_time_and_at_most_an_hour() -> None:
    minutes = [channel_pause(attempts) // timedelta(minutes=1) for attempts in (0, 1, 2, 3, 6, 7, 8, 1000)]
    assert minutes == [1, 1, 2, 4, 32, 60, 60, 60]
