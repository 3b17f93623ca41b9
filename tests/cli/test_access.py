"""`xmh access …` and `xmh audit security`: accounts in the log, what opens them beside it, never a secret in either."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.access.account import MOST_TOKENS
from domain.access.terms import TokenScope
from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.ids import OfficeStream
from domain.notices.accounts import ANSWER_FOR_IT
from domain.office import Person, PersonRecorded
from domain.terms import Role
from eventlog import access, reading
from eventlog.database import Database
from eventlog.notices import list_notices
from eventlog.projections import rebuild_read_model
from eventlog.verify import verify
from services.accounts import account_of, bearer_of, is_token, new_token
from services.office_records import record_office_events
from services.signing_in import begin, signed_in
from tests.support.command_line import CommandLine
from tests.support.office import OFFICE
from tests.support.postroom import PostRoom


def now() -> datetime:
    """This moment: a test may run a quarter of an hour after its module was read."""
    return datetime.now(UTC)


def events_of(log: Database, stream: str) -> list[str]:
    return [e.type for e in reading.read_stream(log, stream)]


def test_an_account_is_opened_by_a_link_that_is_nowhere_but_in_its_answer(xmh: CommandLine, log: Database) -> None:
    opened = xmh.json("access", "open", "李三")
    assert opened["person"] == "li"
    secret = opened["link"].rpartition("/first/")[2]
    assert len(secret) >= 43
    until = datetime.fromisoformat(opened["expires"])
    assert timedelta(minutes=14) < until - datetime.now(UTC) <= timedelta(minutes=15)
    assert access.person_of_link(log, secret, now()) == "li"
    assert access.person_of_link(log, secret, until + timedelta(seconds=1)) is None
    assert events_of(log, "account/li") == ["AccountOpened"]
    with log.reading() as transaction:
        everything = transaction.all("SELECT payload FROM events") + transaction.all("SELECT * FROM credentials")
    assert all(secret not in str(row) for row in everything)
    again = xmh.json("access", "open", "li")["link"].rpartition("/")[2]
    assert access.person_of_link(log, secret, now()) is None, "a new link takes the place of the old one"
    assert access.use_link(log, again, "密码摘要", "密文", 1, now()) == "li"
    assert access.use_link(log, again, "密码摘要", "密文", 1, now()) is None, "once only"


def test_an_account_for_the_worst_day_tells_everybody_each_time_it_is_used(xmh: CommandLine, log: Database) -> None:
    assert xmh.json("access", "open", "zhao")["person"] == "zhao"
    for person in ("head", "li"):
        xmh.json("access", "open", person, "--emergency")
    assert xmh.json("access", "open", "head", "--emergency"), "a new link for the same account"
    third = xmh("access", "open", "zhao", "--emergency")
    assert (third.code, "已有 2 个应急账户（孙四、李三）" in third.err) == (3, True), third
    assert [r["person"] for r in xmh.json("access", "list")["accounts"] if r["emergency"]] == ["head", "li"]
    assert "（应急）" in xmh("access", "list").out
    unseen = xmh("access", "token", "head", "--scope", "read")
    assert (unseen.code, "应急账户不签发令牌" in unseen.err) == (3, True), unseen

    begin(log, "zhao", "10.0.0.9", now())
    assert events_of(log, "account/zhao") == ["AccountOpened"]
    begin(log, "head", "10.0.0.7", now())
    assert events_of(log, "account/head")[-1] == "EmergencyAccountUsed"
    PostRoom(log, xmh.home).spread(now())
    told = [n for n in list_notices(log) if n.subject == "应急账户"]
    roles = {p.id: p.role for p in reading.people(log)}
    assert {n.person for n in told} == {p for p, role in roles.items() if role in ANSWER_FOR_IT}
    assert {n.text for n in told} == {"应急账户 孙四 从 10.0.0.7 登录。请核实是谁启用、为何启用"}
    assert all(n.due_at == n.recorded_at for n in told), "at once, at night too"
    xmh.json("access", "open", "head")
    begin(log, "head", "10.0.0.7", now())
    assert events_of(log, "account/head")[-1] == "EmergencyAccountUsed", "a new link does not silence it"
    xmh.json("access", "close", "head", "--reason", "不再作应急用")
    xmh.json("access", "open", "head")
    begin(log, "head", "10.0.0.7", now())
    assert events_of(log, "account/head")[-1] == "AccountOpened", "closed and opened, it is one like others"


def test_a_token_is_shown_once_and_kept_as_a_digest(xmh: CommandLine, log: Database) -> None:
    issued = xmh.json("access", "token", "li", "--scope", "report", "--days", "7")
    token = issued["token"]
    assert re.fullmatch(r"xmhp_[0-9A-Za-z]{49}", token)
    kept = access.living_token(log, token, now())
    assert kept is not None
    assert (kept.person, kept.scope) == ("li", TokenScope.REPORT)
    assert timedelta(days=6) < kept.until - now() <= timedelta(days=7, minutes=5)
    with log.reading() as transaction:
        rows = transaction.all("SELECT payload FROM events") + transaction.all("SELECT * FROM tokens")
    assert all(token not in str(row) and token[5:48] not in str(row) for row in rows)
    (row,) = xmh.json("access", "list")["accounts"]
    assert (row["person"], [t["id"] for t in row["tokens"]]) == ("li", [issued["id"]])
    assert access.living_token(log, token, now() + timedelta(days=8)) is None
    xmh.json("access", "token", "li", "--revoke", issued["id"])
    assert access.living_token(log, token, now()) is None
    assert events_of(log, "account/li") == ["TokenIssued", "TokenRevoked"]


def test_a_token_may_be_good_from_some_addresses_only(xmh: CommandLine, log: Database) -> None:
    issued = xmh.json("access", "token", "li", "--scope", "read", "--from", "10.1.2.9/16", "--from", "10.9.9.9")
    assert issued["from"] == ["10.1.0.0/16", "10.9.9.9/32"]
    goes = {at: bearer_of(log, issued["token"], now(), at) is not None for at in ("10.1.7.7", "10.2.0.1", "127.0.0.1")}
    assert goes == {"10.1.7.7": True, "10.2.0.1": False, "127.0.0.1": False}
    (row,) = xmh.json("access", "list")["accounts"]
    assert row["tokens"][0]["from"] == issued["from"]
    (event,) = xmh.json("audit", "security")["events"]
    assert event["said"].endswith("只能从10.1.0.0/16、10.9.9.9/32使用")
    assert xmh("access", "token", "li", "--scope", "read", "--from", "db.example").code == 2
    anywhere = xmh.json("access", "token", "li", "--scope", "read")
    assert (anywhere["from"], bearer_of(log, anywhere["token"], now(), "203.0.113.9") is not None) == ([], True)


def test_an_account_that_is_sealed_leaves_no_token_outside_its_envelope(xmh: CommandLine, log: Database) -> None:
    """Its use is told at once; what is done by a token would be told nobody."""
    before = xmh.json("access", "token", "li", "--scope", "handle")
    assert bearer_of(log, before["token"], now()) is not None
    xmh.json("access", "open", "li", "--emergency")
    assert bearer_of(log, before["token"], now()) is None
    assert access.living_token(log, before["token"], now()) is None
    assert events_of(log, "account/li") == ["TokenIssued", "AccountOpened", "TokenRevoked"]
    xmh.json("access", "open", "li")
    assert events_of(log, "account/li")[3:] == ["AccountOpened"], "there was nothing more to take back"


def test_a_mistyped_token_is_known_by_itself() -> None:
    token = new_token()
    assert is_token(token)
    wrong = "0" if token[10] != "0" else "1"
    for no_token in ("", "xmhp_", token[:-1], token + "0", token[:10] + wrong + token[11:], f"{token}\n"):
        assert not is_token(no_token), no_token


def test_what_is_locked_or_closed_opens_nothing(xmh: CommandLine, log: Database) -> None:
    xmh.json("access", "open", "li")
    token = xmh.json("access", "token", "li", "--scope", "read")["token"]
    access.begin_session(log, "一个会话", "li", "10.0.0.7", datetime.now(UTC))
    assert xmh.json("access", "lock", "li", "--reason", "手机丢失") == {"person": "li", "state": "locked"}
    account = account_of(log, "li")
    assert account is not None
    assert account.barred
    assert access.living_session(log, "一个会话", datetime.now(UTC)) is None
    assert xmh.json("access", "open", "li", code=3)["error"]["code"] == "locked"
    assert xmh.json("access", "unlock", "li")["state"] == "invited"
    assert xmh.json("access", "close", "li", "--yes")["state"] == "closed"
    assert access.living_token(log, token, now()) is None
    assert access.credentials_of(log, "li") is None
    assert xmh.json("access", "lock", "li", code=3)["error"]["code"] == "no_account"
    types = [row["type"] for row in xmh.json("audit", "security", "--person", "li")["events"]]
    assert types == [
        "AccountOpened",
        "TokenIssued",
        "AccountLocked",
        "SessionEnded",
        "AccountUnlocked",
        "AccountClosed",
    ]
    assert events_of(log, f"access/{datetime.now(SHANGHAI):%Y-%m}") == ["SessionEnded"]
    assert verify(log).ok


def test_who_may_keep_accounts_and_who_may_read_their_record(xmh: CommandLine, log: Database) -> None:
    del log
    for actor in ("li", "leader", "audit"):
        refused = xmh("access", "open", "li", actor=actor)
        assert (refused.code, "须由系统管理员或办公室督办员办理" in refused.error) == (3, True), actor
    assert xmh("access", "list", actor="li").code == 3
    assert xmh("audit", "security", actor="li").code == 3
    assert xmh.json("audit", "security", actor="audit")["events"] == []
    assert xmh("access", "token", "head", "--scope", "handle", actor="li").code == 3


def test_the_wrong_ways_to_type_it_are_a_line_each(xmh: CommandLine, log: Database) -> None:
    del log
    for words, code, said in (
        (("open", "没有此人"), 4, "通讯录里没有"),
        (("token", "li"), 2, "--scope"),
        (("token", "li", "--scope", "admin"), 2, "--scope"),
        (("token", "li", "--scope", "read", "--days", "91"), 2, "1 至 90 天"),
        (("token", "li", "--scope", "read", "--days", "0"), 2, "1 至 90 天"),
        (("token", "li", "--revoke", "x"), 3, "没有账户"),
        (("unlock", "li"), 3, "没有账户"),
        (("close", "li", "--reason", " ", "--yes"), 3, "没有账户"),
    ):
        refused = xmh("access", *words)
        assert (refused.code, said in refused.error) == (code, True), (words, refused)
        assert refused.error.count("\n") <= 1
    for _ in range(MOST_TOKENS):
        xmh.json("access", "token", "li", "--scope", "read")
    assert xmh.json("access", "token", "li", "--scope", "read", code=3)["error"]["code"] == "too_many_tokens"


def bearing(xmh: CommandLine, monkeypatch: pytest.MonkeyPatch, person: str, scope: str = "handle") -> None:
    """From now on the shell carries a token of this person."""
    monkeypatch.delenv("XMH_TOKEN", raising=False)
    monkeypatch.setenv("XMH_TOKEN", xmh.json("access", "token", person, "--scope", scope)["token"])


def test_where_proofs_are_demanded_a_name_is_not_enough(
    xmh: CommandLine, log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = ("calendar", "override", "2099-03-03", "--off", "--reason", "停工演练")
    assert xmh("access", "require", actor="li").code == 3
    required = xmh.json("access", "require", "--yes")
    assert (xmh.home / "vouch.key").stat().st_mode & 0o777 == 0o600
    refused = xmh(*off)
    assert (refused.code, "XMH_TOKEN" in refused.error) == (6, True), refused
    assert xmh("task", "list").code == 0, "reading asks for no proof yet"

    bearing(xmh, monkeypatch, "office")
    assert xmh(*off).code == 0
    (event,) = [e for e in reading.read_all(log) if e.type == "DayOverridden"]
    assert event.proven is not None
    assert (event.proven.via.value, event.actor.id) == ("cli", "office")
    other = xmh("org", "leave", "li", actor="zhao")
    assert (other.code, "令牌是 office 的" in other.error) == (3, True), other
    by_hand = xmh("audit", "checkpoint", "-o", xmh.home / "检查点.txt")
    assert by_hand.code == 0, "what the system records of itself needs nobody's proof"
    bearing(xmh, monkeypatch, "office", "report")
    assert xmh(*off[:2], "2099-03-04", *off[3:]).code == 3, "a token that only reports"
    monkeypatch.setenv("XMH_TOKEN", "xmhp_" + "a" * 49)
    assert xmh("task", "list").code == 6

    monkeypatch.delenv("XMH_TOKEN")
    (xmh.home / "vouch.key").unlink()  # as after a restore: it is in no backup
    assert "vouch_key_missing" in {n["code"] for n in xmh("doctor", "--json").json["notices"]}
    assert xmh.json("access", "require", "--rotate", "--yes")["key"] != required["key"]
    assert not {"vouch_key_missing", "nobody_signs_in"} & {n["code"] for n in xmh("doctor", "--json").json["notices"]}
    assert xmh.json("audit", "verify")["ok"]
    assert events_of(log, "operations/XMH").count("ProofsRequired") == 2


def test_who_left_and_comes_back_is_let_in_anew(xmh: CommandLine, log: Database) -> None:
    token = xmh.json("access", "token", "li", "--scope", "report")["token"]
    session = "s" * 43
    access.begin_session(log, session, "li", "127.0.0.1", now())
    xmh.json("org", "leave", "li", "--yes")
    person = Person(id="li", name="李三", unit="gengxin", role=Role.LIAISON)
    stream = log.own(OfficeStream.DIRECTORY)
    record_office_events(log, stream, [PersonRecorded(person=person)], actor=OFFICE, command_id="back", now=now())
    assert reading.person(log, "li") is not None
    assert (bearer_of(log, token, now()), signed_in(log, session, now())) == (None, None)
    assert events_of(log, "account/li") == ["TokenIssued", "AccountClosed"]
    assert xmh.json("access", "open", "li")["person"] == "li"


def test_a_home_that_goes_in_the_clear_is_given_a_key_and_a_key_is_changed_by_adding(xmh: CommandLine) -> None:
    place = xmh.home / "temporal.key"
    place.unlink()
    first = xmh.json("access", "temporal-key")
    assert (first["file"], first["rotated"]) == (str(place), False)
    assert xmh.json("access", "temporal-key") == first
    other = xmh.json("access", "temporal-key", "--rotate")
    assert other["rotated"]
    assert other["key"] != first["key"]
    assert len(place.read_text().split()) == 2
    place.write_text("改坏了")
    assert "移走后换新" in xmh("access", "temporal-key", "--rotate").error
    assert place.read_text() == "改坏了"


def test_a_subject_is_bound_by_the_security_administrator_only(xmh: CommandLine, log: Database) -> None:
    guard = PersonRecorded(person=Person(id="guard", name="郑十", unit="office", role=Role.SECURITY_ADMIN))
    record_office_events(
        log, log.own(OfficeStream.DIRECTORY), [guard], actor=OFFICE, command_id="test:guard", now=now()
    )
    words = ("access", "bind", "li", "--subject", "u-1001", "--issuer", "https://sso.example.gov.cn")
    assert "xmh access open" in xmh(*words, actor="guard").error
    xmh.json("access", "open", "li")
    assert "由本人或安全管理员办理" in xmh(*words).error
    assert "[web.oidc]" in xmh(*words[:-2], actor="guard").error
    assert xmh.json(*words, actor="guard")["subject"] == "u-1001"
    assert "已经绑定" in xmh(*words, actor="guard").error
    said = [row["said"] for row in xmh.json("audit", "security", "--person", "li")["events"]]
    assert "https://sso.example.gov.cn 的 u-1001" in said
    assert "由安全管理员办理" in xmh("access", "unbind", "li").error
    assert xmh.json("access", "unbind", "li", actor="guard") == {"person": "li", "bound": False}
    assert events_of(log, "account/li") == ["AccountOpened", "SubjectBound", "SubjectUnbound"]


def test_once_there_is_a_security_administrator_he_says_who_watches_and_runs_the_system(
    xmh: CommandLine, log: Database
) -> None:
    directory = log.own(OfficeStream.DIRECTORY)

    def recorded(person: str, role: Role) -> None:
        known = reading.person(log, person)
        entry = Person(id=person, name=known.name if known else person, unit="office", role=role)
        event, command_id = PersonRecorded(person=entry), f"test:{uuid4().hex}"
        record_office_events(log, directory, [event], actor=OFFICE, command_id=command_id, now=now())

    recorded("guard", Role.SECURITY_ADMIN)
    recorded("guest", Role.LIAISON)
    for person, role in (("guard", Role.OFFICE), ("guest", Role.AUDITOR), ("stranger", Role.SYSTEM_ADMIN)):
        with pytest.raises(Refusal, match="由安全管理员确定"):
            recorded(person, role)
    recorded("guest", Role.HEAD)
    assert "由安全管理员本人办理" in xmh("access", "role", "guest", "审计员", "-y").error
    assert "没有角色“system”" in xmh("access", "role", "guest", "system", actor="guard").error
    done = xmh.json("access", "role", "guest", "审计员", actor="guard")
    assert done == {"person": "guest", "role": "auditor", "before": "head", "without_liaison": []}
    changed = reading.person(log, "guest")
    assert changed is not None
    assert changed.role is Role.AUDITOR
    recorded("guest", Role.AUDITOR)
    assert "不能改自己的角色" in xmh("access", "role", "guard", "office", "-y", actor="guard").error
    assert "已经是审计员" in xmh("access", "role", "guest", "auditor", "-y", actor="guard").error
    offices = [p.id for p in reading.people(log) if p.role is Role.OFFICE]
    for person in offices[:-1]:
        xmh.json("access", "role", person, "liaison", actor="guard")
    assert "没有督办员" in xmh("access", "role", offices[-1], "liaison", "-y", actor="guard").error
    (row,) = [r for r in xmh.json("audit", "security", actor="guest")["events"] if r["person"] == "guest"]
    assert (row["label"], row["said"], row["actor"]) == ("改角色", "单位负责人改为审计员", "guard")
    assert verify(log).ok
    read_model = reading.people(log, former=True)
    rebuild_read_model(log)
    assert reading.people(log, former=True) == read_model
