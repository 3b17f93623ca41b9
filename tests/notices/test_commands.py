"""`xmh notice` and what `doctor` says of a channel."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.notices.routing import ChannelSettings, Routing
from domain.terms import Role, Urgency
from services.doctor.examination import examine
from settings import Settings
from tests.support.command_line import CommandLine
from tests.support.homes import at
from tests.support.postroom import PostRoom
from tests.support.receivers import http_receiver

MONDAY = at("2022-03-07")
MORNING = at("2022-03-08", "09:00")


@pytest.fixture
def xmh(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("XMH_HOME", str(home))
    monkeypatch.setenv("XMH_ACTOR", "office")
    return CommandLine(home, capsys)


@pytest.fixture
def failing(room: PostRoom) -> Iterator[PostRoom]:
    """A room whose 短信 fails, with one digest of two notices for each of two people."""
    with http_receiver("fails") as dead:
        sms = ChannelSettings(kind="http", url=f"http://127.0.0.1:{dead.port}/", fields={"t": "{text}"}, timeout=0.5)
        room.routing = Routing(channels={"sms": sms}, default=("sms",))
        room.open(MONDAY)
        room.open(MONDAY, title="另一件")
        room.deliver(MORNING)
        yield room


def test_the_list_shows_who_was_told_what_and_what_did_not_arrive(xmh: CommandLine, failing: PostRoom) -> None:
    failing.routing = Routing()
    failing.open(MORNING, title="特急件", urgency=Urgency.EXTRA)
    failing.deliver(MORNING)
    document = xmh.json("notice", "list")["notices"]
    assert {n["state"] for n in document} == {"failed", "sent"}
    assert {n["state"] for n in xmh.json("notice", "list", "--failed")["notices"]} == {"failed"}
    assert len(xmh.json("notice", "list", "--pending", "--person", "李三")["notices"]) == 2
    shown = xmh("notice", "list", "--person", "li").out
    assert "未送达（1次）" in shown
    assert "已送达 2022-03-08 09:00" in shown


def test_a_long_list_shows_its_end_and_says_so(xmh: CommandLine, room: PostRoom) -> None:
    for n in range(5):
        room.open(MONDAY, title=f"第{n}件")
    room.spread(MONDAY)
    document = xmh.json("notice", "list", "--last", "2")
    assert (len(document["notices"]), document["total"]) == (2, 10)
    assert {n["subject"] for n in document["notices"]} == {"XMH-2022-005 第4件"}
    assert "共10条，只列最近2条" in xmh("notice", "list", "--last", "2").out


def test_the_list_as_of_a_day_is_what_was_known_then(xmh: CommandLine, room: PostRoom) -> None:
    room.open(MONDAY)
    room.deliver(MONDAY)
    room.deliver(MORNING)
    assert xmh.json("notice", "list", "--as-of", "2022-03-06")["notices"] == []
    assert {n["state"] for n in xmh.json("notice", "list", "--as-of", "2022-03-07")["notices"]} == {"pending"}
    assert {n["state"] for n in xmh.json("notice", "list", "--as-of", "2022-03-08")["notices"]} == {"sent"}


def test_one_notice_is_shown_with_its_reason(xmh: CommandLine, failing: PostRoom) -> None:
    first = failing.kept()[0]
    shown = xmh("notice", "show", first.id).out
    assert "原因：网关答复 500" in shown
    assert f"合并发送：{first.batch}" in shown
    missing = xmh("notice", "show", "999-li-sms")
    assert missing.code == 4
    assert "xmh notice list" in missing.error


def test_a_retry_is_due_at_once_and_only_the_office_asks_for_it(xmh: CommandLine, failing: PostRoom) -> None:
    refused = xmh("notice", "retry", "--failed", actor="li")
    assert refused.code == 3
    before = [n.next_at for n in failing.kept()]
    answer = xmh.json("notice", "retry", "--failed")
    assert len(answer["retried"]) == 4
    assert answer["service"] is False
    assert [n.next_at for n in failing.kept()] != before
    assert all(n.next_at <= datetime.now(UTC) for n in failing.kept())
    assert xmh("notice", "retry").code == 2


def test_what_has_arrived_is_not_sent_again(xmh: CommandLine, room: PostRoom) -> None:
    room.open(MONDAY, urgency=Urgency.EXTRA)
    room.deliver(MONDAY)
    refused = xmh("notice", "retry", room.kept()[0].id)
    assert refused.code == 3
    assert "已经送达" in refused.error


async def test_doctor_names_a_channel_that_keeps_failing_and_the_remedy(home: Path, failing: PostRoom) -> None:
    failing.deliver(MORNING + timedelta(minutes=2))
    report = await examine(Settings(home=home))
    [found] = [p for p in report.problems if p.code == "channel_failing"]
    assert "通知渠道 sms" in found.message
    assert "网关答复 500" in found.message
    assert "xmh notice retry --failed" in found.remedy
    assert found.more["waiting"] == 4


async def test_doctor_says_nothing_of_a_single_slip(home: Path, failing: PostRoom) -> None:
    del failing
    report = await examine(Settings(home=home))
    assert not [p for p in report.problems if p.code == "channel_failing"]


def test_channels_are_configured_in_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XMH_HOME", str(tmp_path))
    (tmp_path / "xmh.toml").write_text(
        """
[notices]
default = ["mail"]
[notices.roles]
leader = ["sms"]
[notices.people]
li = ["mail", "sms"]
[notices.channels.mail]
url = "mailto://smtp.example.org/?from=duban@example.org&to={email}"
[notices.channels.sms]
kind = "http"
url = "https://sms.example.org/send"
[notices.channels.sms.fields]
mobile = "{phone}"
""",
        encoding="utf-8",
    )
    routing = Settings().notices
    assert set(routing.channels) == {"file", "mail", "sms"}
    assert routing.people["li"] == ("mail", "sms")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("roles = {'处长' = ['file']}", "没有角色“处长”"),
        ("default = ['wecom']", "通知渠道“wecom”没有配置"),
        ("channels = {'短信' = {kind = 'file'}}", ""),
        ("default = [", "xmh.toml "),
        ("default 'file'", "xmh.toml 不是 TOML 文件：第2行写法有误"),
        ("channels = {'a-b' = {kind = 'file'}}", "只能用字母、数字和下划线"),
    ],
)
def test_a_wrong_setting_is_one_line(xmh: CommandLine, line: str, said: str) -> None:
    (xmh.home / "xmh.toml").write_text(f"[notices]\n{line}\n", encoding="utf-8")
    answer = xmh("notice", "list")
    assert answer.code == (2 if said else 0)
    assert not said or said in answer.error


def test_a_role_may_be_named_in_chinese() -> None:
    routing = Routing.model_validate({"roles": {"联络员": [], "leader": ["file"]}})
    assert routing.roles == {Role.LIAISON: (), Role.LEADER: ("file",)}
