"""Accounts, what runs and the rules in force, for who keeps the system: by the 三员 rule, each act a service's."""

import html
import re
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import httpx
import pytest

from domain.envelope import Actor
from domain.office import Person, PersonRecorded
from domain.operations import BackupTaken
from domain.terms import Role
from eventlog import reading
from eventlog.access import living_sessions
from eventlog.errors import LogUnreachable
from eventlog.webhooks import KeptWebhook, drop_webhook, keep_webhook
from services import accounts, signing_in
from services.accounts import account_of
from services.doctor.report import HealthReport
from services.office_records import record_office_events
from services.operations_record import record_operation
from services.roles import give_role
from tests.support.browsing import Browsing, accessible
from tests.support.office import OFFICE
from tests.support.streams import DIRECTORY_STREAM
from tests.web.conftest import Served
from tests.web.test_reads import grant_account
from tests.web.test_signing_in import HERE
from web.pages import administration
from web.service import MOST_WAITING

KEEPERS = {"admin": Role.SYSTEM_ADMIN, "guard": Role.SECURITY_ADMIN, "audit": Role.AUDITOR}
ACTS = {
    "office": {"open", "lock", "close", "sessions", "token", "revoke", "resume", "withdraw"},
    "admin": {"open", "lock", "close", "sessions", "token", "revoke", "resume", "withdraw"},
    "guard": {"bind", "role"},
    "audit": set(),
}


def staffed(served: Served) -> None:
    people = [Person(id=i, name=f"管{i}", unit="office", role=r) for i, r in KEEPERS.items()]
    events = [PersonRecorded(person=p) for p in people]
    command_id, now = f"directory:{uuid4().hex}", datetime.now(UTC)
    record_office_events(served.log, DIRECTORY_STREAM, events, actor=OFFICE, command_id=command_id, now=now)
    for person in (*KEEPERS, "office", "li", "zhao"):
        grant_account(served, person)


@pytest.fixture(scope="module")
def kept(served: Served) -> Served:
    staffed(served)
    return served


def cookie(served: Served, person: str, ago: timedelta = timedelta()) -> dict[str, str]:
    at = datetime.now(UTC) - ago
    return {"Cookie": f"__Host-xmh={signing_in.begin(served.log, person, '10.0.0.1', at)}"}


def did(served: Served, by: str, person: str, do: str, **fields: Any) -> httpx.Response:
    data = {"do": do, **fields}
    return served.client().post(f"/admin/{person}", data=data, headers={**HERE, **cookie(served, by)})


def words(page: httpx.Response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.text))


def test_each_role_sees_and_does_what_is_its_own(kept: Served) -> None:
    client = kept.client()
    for person in ("li", "leader"):
        grant_account(kept, person)
        for path in ("/admin", "/admin/li", "/ops"):
            assert client.get(path, headers=cookie(kept, person)).status_code == 403, (person, path)
        assert did(kept, person, "zhao", "lock", reason="无").status_code == 403
    for person, own in ACTS.items():
        page = client.get("/admin/li", headers=cookie(kept, person))
        shown = set(re.findall(r'name="do" value="(\w+)"', page.text))
        assert shown == own - {"revoke", "resume", "withdraw"}, person
        for do in {act for acts in ACTS.values() for act in acts} - own:
            fields = {"scope": "read", "days": "1", "subject": "x", "token": "t", "hook": "h", "role": "head"}
            refused = did(kept, person, "li", do, reason="试", **fields)
            assert (refused.status_code, "这件事不由您办理" in refused.text) == (403, True), (person, do)
    assert client.get("/ops", headers=cookie(kept, "guard")).status_code == 403
    hook = KeptWebhook(
        id="h1",
        person="li",
        url="https://x.cn/?key=geheim",
        secret="",
        cursor="",
        position=0,
        next_at=datetime.now(UTC),
    )
    keep_webhook(kept.log, hook)
    for person in ACTS:
        account_page = client.get("/admin/li", headers=cookie(kept, person)).text
        assert ("geheim" in account_page) is (person != "guard"), "as on the command line"
    drop_webhook(kept.log, "h1")
    account = account_of(kept.log, "li")
    assert account is not None
    assert not account.barred, "nothing was done"
    for person in ("li", "guard"):
        policy = client.get("/policy", headers=cookie(kept, person))
        assert (policy.status_code, "升级阶梯" in words(policy)) == (200, True)


def test_the_security_administrator_gives_roles_and_nobody_his_own(kept: Served) -> None:
    grant_account(kept, "zhao")
    as_zhao = cookie(kept, "zhao")
    assert kept.client().get("/matters", headers=as_zhao).status_code == 200
    before = reading.person(kept.log, "zhao")
    assert before is not None
    assert "请选择角色" in did(kept, "guard", "zhao", "role", role="system").text
    assert did(kept, "guard", "zhao", "role", role="auditor").status_code == 303
    after = reading.person(kept.log, "zhao")
    assert after == before.model_copy(update={"role": Role.AUDITOR})
    assert kept.client().get("/matters", headers=as_zhao).status_code == 303, "what he was signed in as is over"
    assert 'value="role"' not in kept.client().get("/admin/guard", headers=cookie(kept, "guard")).text
    assert "不能改自己的角色" in did(kept, "guard", "guard", "role", role="office").text
    assert "须在 15 分钟内验证过本人" in html.unescape(
        kept.client()
        .post(
            "/admin/zhao",
            data={"do": "role", "role": "head"},
            headers={**HERE, **cookie(kept, "guard", timedelta(minutes=16))},
        )
        .text
    )
    assert did(kept, "guard", "zhao", "role", role=before.role.value).status_code == 303


def test_an_account_is_opened_locked_ended_and_its_tokens_taken_back(kept: Served) -> None:
    client, now = kept.client(), datetime.now(UTC)
    opened = did(kept, "admin", "zhao", "open")
    (link,) = re.findall(r"<code>(\S+/first/\S+)</code>", opened.text)
    assert link.rpartition("/")[2] not in client.get("/admin/zhao", headers=cookie(kept, "admin")).text, "once"
    session = cookie(kept, "zhao")
    assert did(kept, "admin", "zhao", "sessions").status_code == 303
    assert (client.get("/", headers=session).status_code, living_sessions(kept.log, "zhao", now)) == (303, ())
    told = did(kept, "admin", "zhao", "lock")
    assert (told.status_code, "锁定须写明理由" in told.text, 'href="#lock.reason"' in told.text) == (422, True, True)
    assert did(kept, "admin", "zhao", "lock", reason="手机<b>丢失</b>").status_code == 303
    page = client.get("/admin/zhao", headers=cookie(kept, "admin"))
    assert ("已锁定" in page.text, "手机&lt;b&gt;丢失" in page.text) == (True, True)
    again = did(kept, "admin", "zhao", "lock", reason="再锁")
    assert (again.status_code, "账户已经锁定" in again.text) == (409, True)
    assert did(kept, "admin", "zhao", "unlock").status_code == 303
    for fields, line in (
        ({"scope": "all"}, "请选择令牌可以做什么"),
        ({"scope": "read", "days": "91"}, "1 至 90 的整数"),
    ):
        bad = did(kept, "admin", "zhao", "token", **{"days": "30", **fields})
        assert (bad.status_code, line in bad.text) == (422, True), bad.text
    given = did(kept, "admin", "zhao", "token", scope="read", days="5")
    (token,) = re.findall(r"<code>(xmhp_\S+)</code>", given.text)
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    (held,) = re.findall(r'name="token" value="(\w+)"', client.get("/admin/zhao", headers=cookie(kept, "admin")).text)
    assert did(kept, "admin", "zhao", "revoke", token=held).status_code == 303
    assert client.get("/api/v1/me", headers=bearer).status_code == 401
    assert did(kept, "admin", "zhao", "close", reason="调离").status_code == 303
    record = [e.type for e in reading.read_stream(kept.log, "account/zhao") if e.actor.id == "admin"]
    assert record[-6:] == [
        "AccountOpened",
        "AccountLocked",
        "AccountUnlocked",
        "TokenIssued",
        "TokenRevoked",
        "AccountClosed",
    ]


def test_what_is_no_command_is_not_offered_to_be_sent_again_when_nobody_knows_whether_it_was_done(kept: Served) -> None:
    """The token was issued and the answer lost: sent again, a second would be issued, and the first known to nobody."""
    whole = accounts.issue_token

    def answer_lost(*order: Any) -> tuple[str, datetime]:
        whole(*order)
        raise LogUnreachable("数据库没有答复")

    with mock.patch.object(accounts, "issue_token", answer_lost):
        page = {**HERE, **cookie(kept, "admin"), "Accept": "text/html"}
        lost = kept.client().post("/admin/li", data={"do": "token", "scope": "read", "days": "5"}, headers=page)
    assert (lost.status_code, "没有答复" in lost.text) == (503, True), lost.text
    assert ("再次提交" in lost.text, "不会重复办理" in lost.text) == (False, False), lost.text


def test_a_browser_left_open_changes_no_account_and_what_was_typed_stays(kept: Served) -> None:
    old = cookie(kept, "admin", timedelta(minutes=20))
    client = kept.client()
    client.get("/admin", headers=old)
    typed = {"do": "lock", "reason": "离岗三个月"}
    told = client.post("/admin/li", data=typed, headers={**HERE, **old})
    assert ("15 分钟内验证过" in told.text, "离岗三个月" in told.text) == (True, True), told.text
    account = account_of(kept.log, "li")
    assert account is not None
    assert account.locked is None


def test_a_token_is_good_for_the_post_it_was_given_out_for(kept: Served) -> None:
    """A unit's script must not read the whole house since its owner became 审计员, nor another unit's."""
    guard, now = Actor(id="guard", role=Role.SECURITY_ADMIN, unit="office"), datetime.now(UTC)

    def recorded(unit: str) -> None:
        event = PersonRecorded(person=Person(id="scribe", name="书记", unit=unit, role=Role.LIAISON))
        key = f"directory:{uuid4().hex}"
        record_office_events(kept.log, DIRECTORY_STREAM, [event], actor=OFFICE, command_id=key, now=now)

    recorded("gengxin")
    script = kept.client("scribe")
    assert script.get("/api/v1/me").status_code == 200
    recorded("zhujian")
    assert script.get("/api/v1/me").status_code == 401, "moved to another unit"
    script = kept.client("scribe")
    assert script.get("/api/v1/me").status_code == 200
    give_role(kept.log, "scribe", Role.AUDITOR, guard, now)
    assert script.get("/api/v1/matters").status_code == 401
    assert kept.client("scribe").get("/api/v1/me").json()["role"] == "auditor"


def test_what_runs_is_shown_and_examined(kept: Served) -> None:
    client = kept.client()
    page = client.get("/ops", headers=cookie(kept, "admin"))
    assert ("记到第" in words(page), "连不上" in words(page)) == (True, True), words(page)
    taken = BackupTaken(file="<b>夜间</b>.zip", position=7, hash="0" * 64, sha256="1" * 64, size=9)
    record_operation(kept.log, kept.home, taken, command_id="backup:on-the-page")
    record = client.get("/ops", headers=cookie(kept, "admin"))
    assert re.search(r"备份\s*<b>夜间</b>\.zip，日志到第7条\s*系统", words(record)), words(record)
    looked = client.post("/ops", headers={**HERE, **cookie(kept, "admin")})
    assert looked.status_code == 200
    assert re.search(r"体检发现 \d+ 处问题", words(looked)), words(looked)
    assert client.post("/ops", headers={**HERE, **cookie(kept, "li")}).status_code == 403


def test_everybody_is_answered_while_it_is_examined(kept: Served) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def long_look(_: Any) -> HealthReport:
        begun.set()
        go_on.wait(20)
        return HealthReport(problems=(), notices=())

    headers = {**HERE, **cookie(kept, "admin")}
    with mock.patch.object(administration, "examine", long_look), ThreadPoolExecutor(MOST_WAITING + 2) as others:
        looked = others.submit(kept.client().post, "/ops", headers=headers)
        assert begun.wait(10)
        try:
            more = [others.submit(kept.client().post, "/ops", headers=headers) for _ in range(MOST_WAITING + 1)]
            (one, *_), _ = wait(more, 10, FIRST_COMPLETED)
            assert one.result().status_code == 429, "so many may wait and no more"
            assert httpx.get(f"{kept.address}/healthz", timeout=5).status_code == 200
        finally:
            go_on.set()
        assert "体检没有发现问题" in words(looked.result(10))


@pytest.mark.slow
async def test_the_pages_are_read_at_both_widths(browsing: Browsing, working: Served) -> None:
    staffed(working)
    page = await browsing.person("admin")
    for name, path in (("账户", "/admin"), ("一个账户", "/admin/li"), ("运行", "/ops"), ("督办规则", "/policy")):
        await page.goto(path)
        await accessible(page, name)
