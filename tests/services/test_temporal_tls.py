"""TLS and API key to Temporal, against real TLS: it works as without, and what does not is one line with its remedy."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain import commands as c
from domain.base import Refusal
from services.doctor.examination import examine
from services.door_key import make_door_key
from services.embedded.prepare import embedded_home
from services.gateway import Gateway, Unreachable
from services.payload_keys import add_payload_key
from services.running import running_worker
from services.temporal_client import connect
from settings import Settings
from tests.support.office import LIAISON, founded, office_today, opening, order, sqlite, types
from tests.support.temporal import DevServer
from tests.support.tls import NAME, Certificate, as_packed, certificate, doorkeeper, server_side, tls_in_front_of

KEY = "aaaa" * 8


class Authority:
    """Certificates: of one root that is believed, and of another that is not."""

    def __init__(self, folder: Path) -> None:
        self.root, self.other = certificate(folder, "root"), certificate(folder, "other")
        self.server = certificate(folder, "server", self.root)
        self.expired = certificate(folder, "expired", self.root, days=-1)
        self.client = certificate(folder, "client", self.root)
        self.stranger = certificate(folder, "stranger", self.other)


@pytest.fixture(scope="module")
def by(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def asking(address: str, home: Path, **tls: Any) -> Settings:
    return Settings(home=home, temporal_address=address, **{f"temporal_{name}": value for name, value in tls.items()})


def known_by(one: Certificate) -> dict[str, Path]:
    return {"tls_cert": one.cert, "tls_key": one.key}


async def test_everything_goes_over_tls_with_a_certificate_of_ours(
    dev_server: DevServer, by: Authority, tmp_path: Path
) -> None:
    make_door_key(tmp_path)
    async with tls_in_front_of(dev_server.address, server_side(by.server, by.root)) as address:
        settings = asking(address, tmp_path, tls_ca=by.root.cert, tls_name=NAME, **known_by(by.client))
        settings.task_queue = f"tls-{uuid4().hex[:8]}"
        add_payload_key(settings)
        client, stream, now = await connect(settings), f"matter/{uuid4().hex[:12]}", datetime.now(UTC)
        with founded(sqlite(tmp_path)) as log:
            async with running_worker(client, log, task_queue=settings.task_queue, door=settings.door):
                gateway = Gateway(client, log, settings.task_queue, settings.door)
                await gateway.submit(order(stream, opening(due=office_today() + timedelta(days=60)), now=now))
                await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=now))
                found = {problem.code for problem in (await examine(settings)).problems}
            assert types(log, stream)[-1] == "FeedbackWindowOpened"
        assert not found & {"temporal_unreachable", "no_worker", "temporal_key_lost"}


Wrong = Callable[[Authority], tuple[dict[str, Any], dict[str, Any], str]]
WRONG: dict[str, Wrong] = {
    "another root": lambda by: (
        {},
        {"tls_ca": by.other.cert, "tls_name": NAME},
        "不是 .*other.pem 里的根证书签发的",
    ),
    "no root": lambda _: ({}, {"tls": True, "tls_name": NAME}, "不是系统信任的机构签发的.*XMH_TEMPORAL_TLS_CA"),
    "another name": lambda by: ({}, {"tls_ca": by.root.cert}, r"不是发给 127\.0\.0\.1 的.*XMH_TEMPORAL_TLS_NAME"),
    "expired": lambda by: ({"own": by.expired}, {"tls_ca": by.root.cert, "tls_name": NAME}, "不在有效期内.*时钟"),
    "in the clear": lambda _: ({}, {}, "要求 TLS，请设置 XMH_TEMPORAL_TLS_CA"),
    "no certificate": lambda by: (
        {"clients_of": by.root},
        {"tls_ca": by.root.cert, "tls_name": NAME},
        "要求客户端证书，请设置 XMH_TEMPORAL_TLS_CERT",
    ),
    "a stranger's certificate": lambda by: (
        {"clients_of": by.root},
        {"tls_ca": by.root.cert, "tls_name": NAME, **known_by(by.stranger)},
        "不认本机的客户端证书 .*stranger.pem",
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_keeps_tls_from_coming_about_is_one_line_with_its_remedy(
    dev_server: DevServer, by: Authority, tmp_path: Path, wrong: Wrong
) -> None:
    served, told, expected = wrong(by)
    async with tls_in_front_of(dev_server.address, server_side(**{"own": by.server, **served})) as address:
        with pytest.raises(Unreachable, match=expected) as silence:
            await connect(asking(address, tmp_path, **told))
        assert silence.value.message.startswith(f"Temporal 服务（{address}）")
        assert "\n" not in silence.value.message
        problems = (await examine(asking(address, tmp_path, **told))).problems
        assert silence.value.message in {p.message for p in problems if p.code == "temporal_unreachable"}


async def test_tls_to_a_server_that_speaks_none(dev_server: DevServer, by: Authority, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="没有用 TLS，请去掉 XMH_TEMPORAL_TLS"):
        await connect(asking(dev_server.address, tmp_path, tls_ca=by.root.cert))
    with pytest.raises(Unreachable, match="请检查服务是否运行"):
        await connect(asking("127.0.0.1:9", tmp_path, tls_ca=by.root.cert))


async def test_what_is_named_and_will_not_do_is_said_before_anybody_is_asked(by: Authority, tmp_path: Path) -> None:
    junk, two = tmp_path / "junk", tmp_path / "two"
    junk.write_bytes(b"\xff\x00")
    two.write_text(f"{KEY}\n{KEY}\n")
    for told, expected in (
        ({"tls_ca": tmp_path / "none"}, "根证书文件 .*none 读不出来.*XMH_TEMPORAL_TLS_CA"),
        ({"tls_ca": junk}, "没有能用的 PEM 根证书"),
        ({"tls_cert": by.client.cert}, "要一起写明"),
        ({"tls_cert": by.client.cert, "tls_key": by.stranger.key}, "不是配对的"),
        ({"api_key_file": tmp_path / "none"}, "XMH_TEMPORAL_API_KEY_FILE"),
        ({"api_key_file": junk}, "只有一行 API key"),
        ({"api_key_file": two}, "只有一行 API key"),
    ):
        with pytest.raises(Refusal, match=expected) as refusal:
            await connect(asking("127.0.0.1:9", tmp_path, **told))
        assert (refusal.value.code, "\n" in refusal.value.message) == ("malformed", False)
        assert KEY not in refusal.value.message


async def test_an_api_key_goes_over_tls_only_and_into_no_log(
    by: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "api-key"
    file.write_text(f"{KEY}\n")
    async with doorkeeper(server_side(by.server)) as keeper:
        settings = asking(keeper.address, tmp_path, tls_ca=by.root.cert, tls_name=NAME, api_key_file=file)
        with pytest.raises(Unreachable, match=r"不认本机的 API key.*XMH_TEMPORAL_API_KEY_FILE") as refused:
            await connect(settings)
        assert as_packed(f"Bearer {KEY}") in keeper.heard
        bare = settings.model_copy(update={"temporal_api_key_file": None})
        with pytest.raises(Unreachable, match="要求 API key"):
            await connect(bare)
    assert Settings(temporal_api_key_file=file).temporal_over_tls, "a key alone means TLS"
    said = capfd.readouterr()
    chain = f"{refused.value!r}{refused.value.__cause__!r}{settings!r}"
    assert KEY not in caplog.text + said.out + said.err + chain


def test_the_embedded_server_speaks_no_tls(by: Authority, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="请去掉 XMH_TEMPORAL_TLS"):
        embedded_home(Settings(home=tmp_path, temporal_tls_ca=by.root.cert))
