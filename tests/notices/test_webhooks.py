"""Webhooks to a real receiver over TLS that fails, stalls, hangs up after taking, answers twice, is gone."""

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError

from activities.webhooks import WebhookDelivery
from domain import commands as c
from domain.access.account import Webhook
from domain.base import Refusal
from domain.facts import UnitRef
from domain.notices.routing import Routing
from domain.notices.webhooks import PAUSES, WebhookPlaces, is_public, place_of, signed_headers
from domain.office import PolicyAdopted
from domain.policy import Policy
from domain.terms import Openness, Supervision, Urgency
from eventlog import reading, webhooks
from eventlog.database import Database
from eventlog.verify import verify
from eventlog.webhooks import KeptWebhook
from services import accounts
from services.doctor.log import webhook_trouble
from services.office_records import record_office_events
from services.webhooks import declare_webhook, resume_webhook, withdraw_webhook
from tests.notices.test_commands import xmh
from tests.notices.test_workflow import open_one, sending
from tests.support.command_line import CommandLine
from tests.support.hands import interleavings
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, until
from tests.support.postroom import PostRoom
from tests.support.receivers import Manner, Received, http_receiver
from tests.support.streams import POLICY_STREAM
from tests.support.temporal import DevServer
from tests.support.tls import certificate as signed_certificate

__all__ = ["xmh"]

MONDAY = at("2022-03-07")
OTHERS = UnitRef(id="zhujian", supervision=Supervision.OBJECT)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's own name, and a server's context with it."""
    made = signed_certificate(tmp_path_factory.mktemp("tls"), "ca", host="localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.cert, made.key)
    return made.cert, context


@dataclass
class Post:
    """A log, a receiver, and the address between them."""

    room: PostRoom
    receiver: Received
    places: WebhookPlaces
    secret: str = ""
    hook: Webhook = field(default_factory=lambda: Webhook(id="", url=""))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.receiver.port}/in?of=xmh"

    def declare(self, person: str = "office") -> None:
        self.secret, self.hook = declare_webhook(self.room.log, person, self.url, self.places, OFFICE, MONDAY)

    @property
    def kept(self) -> KeptWebhook:
        kept = webhooks.find_webhook(self.room.log, self.hook.id)
        assert kept is not None
        return kept

    @property
    def ids(self) -> list[str]:
        return [head["webhook-id"] for head in self.receiver.heads]

    @property
    def told(self) -> list[str]:
        return [document["type"] for document in self.receiver.documents]

    def turn(self, moment: datetime) -> None:
        self.room.deliver(moment, f"webhook:{self.hook.id}")

    def checked(self) -> None:
        """Each message is signed as the standard says, by a receiver that knows only the secret."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        for head, body in zip(self.receiver.heads, self.receiver.taken, strict=True):
            said = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
            mac = base64.b64encode(hmac.digest(key, said, "sha256")).decode()
            assert head["webhook-signature"].split()[0] == f"v1,{mac}"
            assert abs(int(head["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60


@pytest.fixture
def post(room: PostRoom, certificate: tuple[Path, ssl.SSLContext]) -> Iterator[Post]:
    authority, context = certificate
    accounts.open_account(room.log, "office", OFFICE, MONDAY)
    accounts.open_account(room.log, "li", OFFICE, MONDAY)
    with http_receiver(tls=context) as receiver:
        here = (f"localhost:{receiver.port}",)
        room.places = WebhookPlaces(hosts=here, private=here, ca=str(authority), timeout=1.2)
        yield Post(room, receiver, room.places)


def test_what_happens_is_told_once_signed_and_without_a_word_of_it(post: Post) -> None:
    room = post.room
    room.open(MONDAY, "登记以前的事项")
    post.declare()
    stream = room.accepted(MONDAY, title="推进保密工程")
    room.do(stream, c.SubmitFeedback(text="涉及三家权利人", progress=10), LIAISON, MONDAY)
    post.turn(MONDAY)
    post.turn(MONDAY)
    events = reading.read_stream(room.log, stream)
    assert post.ids == [e.event_id for e in events], "from the declaration on, in order, each once"
    number = reading.listed_matters(room.log, [stream])[0].number
    link = f"https://duban.example/matters/{number}"
    told = {"matter": number, "version": events[-1].version, "position": events[-1].position, "link": link}
    last = post.receiver.documents[-1]
    assert (last["type"], last["data"], set(last)) == ("matter.FeedbackSubmitted", told, {"type", "timestamp", "data"})
    assert datetime.fromisoformat(last["timestamp"]) == events[-1].recorded_at
    said = b"".join(post.receiver.everything)
    assert [w for w in ("保密工程", "三家权利人") if w.encode() in said or json.dumps(w)[1:-1].encode() in said] == []
    post.checked()
    assert list(webhook_trouble(room.log)) == []


def test_the_standards_own_example_is_signed_as_it_says() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    sent = datetime.fromtimestamp(1614265330, UTC)
    signed = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", body, sent)
    assert signed["webhook-signature"].split()[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_sm3_beside_it_is_what_openssl_makes_of_the_same_bytes() -> None:
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python's OpenSSL has no SM3")
    key, body = b"0123456789abcdef0123456789abcdef", "督办".encode()
    secret = f"whsec_{base64.b64encode(key).decode()}"
    signed = signed_headers(secret, "msg_1", body, datetime.fromtimestamp(1614265330, UTC))
    command = ["openssl", "dgst", "-sm3", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    content = b"msg_1.1614265330." + body
    mac = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    assert signed["webhook-signature"].split()[1] == f"v1sm3,{base64.b64encode(mac).decode()}"


def test_what_is_not_taken_comes_again_later_and_nothing_is_passed_over(post: Post) -> None:
    post.declare()
    stream = post.room.accepted(MONDAY)
    wanted = [e.event_id for e in reading.read_stream(post.room.log, stream)]
    post.receiver.script = ["fails", "stalls", "drips", "drops", "elsewhere", "twice"]
    moment, pauses = MONDAY, list[timedelta]()
    silence = "1.2 秒内没有答复"
    for attempt, said in enumerate(("接收方答复 500", silence, silence, "中途断开", "接收方答复 307"), start=1):
        post.turn(moment)
        assert (post.kept.attempts, said in (post.kept.error or "")) == (attempt, True), post.kept.error
        pauses.append(post.kept.next_at - moment)
        before = len(post.receiver.everything)
        post.turn(post.kept.next_at - timedelta(seconds=1))
        assert len(post.receiver.everything) == before, "it is left alone meanwhile"
        moment = post.kept.next_at
    assert pauses == list(PAUSES[:5])
    assert [f.code for f in webhook_trouble(post.room.log)] == ["webhook_failing"]
    post.turn(moment)
    assert (post.kept.attempts, post.kept.error) == (0, None)
    assert post.ids == [wanted[0], *wanted], "what was taken and not answered comes twice under one id, the rest once"
    assert b"/elsewhere" not in b"".join(post.receiver.everything), "nobody is followed"
    post.checked()


def test_a_turn_that_another_overtook_repeats_one_message_at_most(post: Post) -> None:
    """A worker that was paused in it wakes when all has been told: only what was on its way comes twice."""
    room = post.room
    post.declare()
    stream, told = room.accepted(MONDAY), 0
    elsewhere = PostRoom(Database(room.log.url, clock=room.log.clock), room.home, places=room.places)
    other = lambda: elsewhere.deliver(MONDAY, f"webhook:{post.hook.id}")  # noqa: E731
    for n in interleavings(room.log, lambda: post.turn(MONDAY), other):
        times = Counter(post.ids[told:])
        assert times.total() - len(times) <= 1, (n, times)
        assert list(dict.fromkeys(post.ids)) == [e.event_id for e in reading.read_stream(room.log, stream)], "in order"
        told = len(post.ids)
        for again in range(3):
            room.do(stream, c.SubmitFeedback(text=f"进展{n}之{again}", progress=n % 90), LIAISON, MONDAY)
    assert n > 15
    elsewhere.log.close()


def test_what_a_turn_did_in_vain_counts_for_nothing_once_others_went_on(post: Post) -> None:
    """A worker wakes when another has tried again and given up, and the address was let go on: it stays let go."""
    post.declare()
    post.room.accepted(MONDAY)
    post.receiver.script = ["fails"] * len(PAUSES)
    begun, moment = [post.kept], MONDAY
    for _ in PAUSES:
        post.turn(moment)
        begun.append(post.kept)
        moment = post.kept.next_at
    *begun, over = begun
    assert (over.attempts, over.stopped_at is None) == (len(PAUSES), False)
    for stale in begun:
        assert not webhooks.webhook_failed(post.room.log, stale, stale.attempts + 1, moment, "没有答复", None)
    assert post.kept == over
    webhooks.webhook_resumed(post.room.log, post.hook.id, moment)
    assert not webhooks.webhook_failed(post.room.log, begun[-1], len(PAUSES), moment, "没有答复", moment)
    assert (post.kept.attempts, post.kept.stopped_at) == (0, None)


def test_what_failed_before_a_message_was_taken_does_not_count_against_the_next(post: Post) -> None:
    post.declare()
    post.room.accepted(MONDAY)
    script, moment = [*["fails" for _ in PAUSES[1:]], "takes", "fails"], MONDAY
    post.receiver.script = cast("list[Manner]", script)
    for _ in PAUSES:
        post.turn(moment)
        moment = max(post.kept.next_at, moment)
    assert (len(post.ids), post.kept.attempts, post.kept.stopped_at) == (1, 1, None)


def test_who_fails_for_long_or_is_gone_is_left_alone_and_goes_on_where_it_was(post: Post, xmh: CommandLine) -> None:
    post.declare()
    first = post.room.accepted(MONDAY)
    post.receiver.manner, moment = "fails", MONDAY
    for _ in PAUSES:
        post.turn(moment)
        moment = max(post.kept.next_at, moment)
    assert post.kept.stopped_at is not None
    tried = len(post.receiver.everything)
    assert tried == len(PAUSES)
    post.receiver.manner = "takes"
    post.turn(moment + timedelta(days=9))
    assert len(post.receiver.everything) == tried, "nothing is sent any more"
    (finding,) = webhook_trouble(post.room.log)
    assert (finding.code, post.hook.id in finding.remedy) == ("webhook_stopped", True)
    assert post.hook.id in xmh("today").out
    (row,) = xmh.json("webhook", "list")["webhooks"]
    assert (row["declared_by"], row["stopped_at"] is None, row["error"]) == ("office", False, "接收方答复 500")
    resume_webhook(post.room.log, post.hook.id, OFFICE, moment)
    second = post.room.open(MONDAY, "停止期间的事项")
    post.turn(moment)
    streams = [*reading.read_stream(post.room.log, first), *reading.read_stream(post.room.log, second)]
    assert post.ids == [e.event_id for e in streams], "nothing was left out"
    post.receiver.manner = "gone"
    post.room.open(MONDAY, "再一件")
    post.turn(moment)
    assert "410" in (post.kept.error or "")
    assert post.kept.stopped_at is not None
    withdraw_webhook(post.room.log, post.hook.id, OFFICE, moment)
    assert webhooks.kept_webhooks(post.room.log) == ()
    types = [e.type for e in reading.read_stream(post.room.log, "account/office")]
    assert types == ["AccountOpened", "WebhookDeclared", "WebhookResumed", "WebhookWithdrawn"]
    assert verify(post.room.log).ok


def test_an_address_is_told_no_more_than_its_person_may_see(post: Post) -> None:
    log = post.room.log
    adopted = [PolicyAdopted(policy=Policy(version="开放", openness=Openness.OWN))]
    record_office_events(log, POLICY_STREAM, adopted, actor=OFFICE, command_id="openness", now=MONDAY)
    post.declare("li")
    own, _ = post.room.open(MONDAY), post.room.open(MONDAY, "老旧小区改造", lead=OTHERS)
    post.turn(MONDAY)
    assert post.ids == [e.event_id for e in reading.read_stream(log, own)]
    accounts.lock_account(log, "li", "手机丢失", OFFICE, MONDAY)
    post.room.open(MONDAY, "又一件")
    post.turn(MONDAY)
    assert (len(post.told), post.kept.stopped_at) == (2, MONDAY), post.kept.error


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost/", "须以 https:// 开头，现在是 http://localhost/"),
        ("ftp://localhost/", "须以 https:// 开头"),
        ("localhost", "须以 https:// 开头"),
        ("https://user@localhost/", "不能带用户名和密码"),
        ("https://user:geheim@localhost/", "不能带用户名和密码，现在是 https://…@localhost/"),
        ("https://localhost/#x", "不能带 #"),
        ("https://localhost/#", "不能带 #"),
        ("https:///x", "主机或端口写错了"),
        ("https://", "主机或端口写错了"),
        ("https://[::1", "主机或端口写错了"),
        ("https://localhost:99999/", "主机或端口写错了"),
        ("https://localhost:0/", "主机或端口写错了"),
        ("https://localhost\\@evil.example/", "主机或端口写错了"),
        ("https://local host/", "须写成 %XX 的形式"),
        ("https://本机/", "须写成 %XX 的形式"),
        ("https://localhost/钩子", "须写成 %XX 的形式"),
        ("https://localhost/" + "x" * 500, "最多 500 个字符"),
    ],
)
def test_what_is_no_https_address_is_refused_for_what_it_is(url: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        place_of(url, WebhookPlaces(hosts=("localhost", "evil.example")))
    assert said in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_only_declared_hosts_are_told_and_none_of_the_own_network_unless_declared(post: Post) -> None:
    places = WebhookPlaces(hosts=("oa.example", "hooks.example:8443"))
    for url in ("https://other.example/", "https://oa.example:444/", "https://oa.example.evil.example/"):
        with pytest.raises(Refusal, match="不在允许推送的主机之列"):
            place_of(url, places)
    assert place_of("https://OA.example/a?b=c", places).path == "/a?b=c"
    assert place_of("https://hooks.example:8443", places).path == "/"
    post.declare()
    post.room.open(MONDAY)
    before = len(post.receiver.everything)
    for places, said in (
        (post.places.model_copy(update={"private": ()}), "内部网络"),
        (post.places.model_copy(update={"hosts": ()}), "允许推送的主机"),
        (post.places.model_copy(update={"ca": None}), "证书不可信"),
    ):
        post.room.places = places
        post.turn(max(post.kept.next_at, MONDAY))
        assert said in (post.kept.error or ""), post.kept.error
    assert len(post.receiver.everything) == before, "nothing arrived"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104  (an address that is refused)
            "224.0.0.1",
        ),
        *(
            "::1",
            "::",
            "fe80::1%eth0",
            "fc00::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "255.255.255.255",
        ),
        *("2001:0:a00:1::1", "nonsense"),
    ],
)
def test_an_address_of_the_own_network_is_none_of_the_open_one(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["oa.example:x", "oa.example:99999", "[::1", "https://oa.example/", "a@oa.example", ""]
)
def test_a_host_that_is_none_is_told_as_the_settings_are_read(host: str) -> None:
    """It was a fault of ours at each turn and each `webhook add`."""
    assert WebhookPlaces(hosts=("oa.example", "oa.example:8443", "[2001:db8::1]:443")).private == ()
    with pytest.raises(ValidationError, match="host:端口"):
        WebhookPlaces(hosts=(host,))


def test_addresses_of_the_open_net_are() -> None:
    assert all(map(is_public, ("8.8.8.8", "::ffff:8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808")))


def test_who_may_declare_an_address_and_the_wrong_ways_to(xmh: CommandLine) -> None:
    assert "允许推送的主机" in xmh("webhook", "add", "li", "https://oa.example/").error
    (xmh.home / "xmh.toml").write_text('[webhooks]\nhosts = ["oa.example"]\n', encoding="utf-8")
    assert xmh("webhook", "add", "li", "https://oa.example/", actor="li").code == 3
    added = xmh.json("webhook", "add", "李三", "https://oa.example/in")
    assert (added["person"], added["secret"][:6]) == ("li", "whsec_")
    assert xmh.json("webhook", "add", "li", "https://oa.example/in", code=3)["error"]["code"] == "exists"
    assert xmh.json("webhook", "resume", "none", code=4)["error"]["code"] == "not_found"
    assert xmh.json("webhook", "drop", added["id"]) == {"id": added["id"], "dropped": True}
    assert xmh.json("webhook", "list") == {"webhooks": []}
    assert xmh("webhook", "list", actor="li").code == 3


async def test_the_delivery_of_a_real_worker_tells_it_within_seconds(post: Post, dev_server: DevServer) -> None:
    post.declare()
    hooks = WebhookDelivery(post.room.log, post.places, "https://duban.example")
    client = await dev_server.client()
    async with sending(client, post.room.log, post.room.home, Routing(), MONDAY, webhooks=hooks) as gateway:
        stream = await open_one(gateway, MONDAY, "台风防御", Urgency.EXTRA)
        await until(lambda: len(post.ids) == 2)
    assert post.ids == [e.event_id for e in reading.read_stream(post.room.log, stream)]
