"""An order by the API of `xmh web`, proven and signed, beside the same order through the gateway, on one service."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import logs
from benchmarks.measure import Goal, Row, Side, percentile, turns
from benchmarks.scale import Scale
from domain import commands as c
from domain.access.terms import TokenScope
from domain.calendar import SHANGHAI
from domain.ids import matter_stream
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.proofs import add_vouching_key
from services.accounts import issue_token
from services.gateway import Gateway
from services.temporal_client import connect
from services.vouching import KEY_FILE, vouch_key
from settings import Settings
from tests.support.office import LIAISON, OFFICE, order
from tests.support.served import home_in

LATENCY = Goal(1.3, at_most=True)
"""What a token, the rights, the proof and HTTP may add to an order (issue of identity)."""
AT_ONCE = 10
Report = Callable[[str, str], Awaitable[object]]
"""By the matter's stream key and number."""


def run(scale: Scale, folder: Path) -> list[Row]:
    """反馈, one after another and ten at once."""
    with home_in(folder) as home:
        home.web = True
        served = home.up()
        assert served.web is not None
        settings = Settings(home=home.path)
        with open_log(settings) as log:
            _let_vouch(log, home.path)
            token, _ = issue_token(log, LIAISON.id, TokenScope.HANDLE, 1, OFFICE, datetime.now(UTC))
            return asyncio.run(_measured(settings, log, served.web, token, scale))


def _let_vouch(log: Database, home: Path) -> None:
    """Give the home a key the log knows, and demand nothing: orders of the API are proven, those of the gateway not."""
    private, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    (home / KEY_FILE).write_text(private.private_bytes_raw().hex(), encoding="ascii")
    key = vouch_key(home)
    assert key is not None
    add_vouching_key(log, key.name, private.public_key().public_bytes_raw().hex(), now, old_until=now)


async def _measured(settings: Settings, log: Database, web: str, token: str, scale: Scale) -> list[Row]:
    gateway = Gateway(await connect(settings), log, settings.task_queue, settings.door)
    alone = Row("report by API over gateway, one after another: p50", "ms", LATENCY)
    crowd = Row("report by API over gateway, ten at once", "commands/s")
    with ThreadPoolExecutor(AT_ONCE) as callers:

        def report_by(side: Side) -> Report:
            return _by_gateway(gateway) if side is Side.BARE else _by_api(_Caller(web, token), callers)

        await _at_once(report_by(Side.XMH), await _matters(gateway, AT_ONCE))
        for pair in turns(scale.workflow_rounds):
            ways = {side: report_by(side) for side in pair}
            few = {side: await _matters(gateway, scale.alone) for side in pair}
            for side, middle in (await _in_turns(ways, few)).items():
                alone.add(side, middle)
            for side, way in ways.items():
                crowd.add(side, await _at_once(way, await _matters(gateway, scale.matters)))
    return [alone, crowd]


async def _matters(gateway: Gateway, how_many: int) -> list[tuple[str, str]]:
    """Fresh matters, received by their unit: key and number."""
    made = []
    for key in (uuid4().hex for _ in range(how_many)):
        wish = logs.wish(100, datetime.now(SHANGHAI)).model_copy(update={"title": f"推进主体施工{key}"})
        reply = await gateway.submit(_order(key, wish))
        await gateway.submit(_order(key, c.AcceptReceipt()))
        made.append((key, reply.matter))
    return made


def _order(key: str, command: c.MatterCommand) -> c.Order:
    actor = OFFICE if isinstance(command, c.OpenMatter) else LIAISON
    return order(matter_stream(key), command, actor, now=datetime.now(UTC))


def _by_gateway(gateway: Gateway) -> Report:
    return lambda key, _: gateway.submit(_order(key, logs.report(7)))


class _Caller(threading.local):
    """A plain connection of each thread, while it is used: what is timed is the server and no client's library."""

    def __init__(self, web: str, token: str) -> None:
        self.connection = HTTPConnection(urlsplit(web).netloc, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: bytes) -> object:
        asked = "POST", f"/api/v1{path}", body, {**self.headers, "Idempotency-Key": uuid4().hex}
        try:
            self.connection.request(*asked)
            answer = self.connection.getresponse()
        except ConnectionError:  # the server ends what was idle while matters were made
            self.connection.close()
            self.connection.request(*asked)
            answer = self.connection.getresponse()
        with answer:
            assert answer.status == 201, answer.read()
            return json.load(answer)


def _by_api(caller: _Caller, threads: Executor) -> Report:
    report = logs.report(7)
    body = report.model_dump_json(exclude_none=True).encode()

    async def call(_: str, number: str) -> object:
        path = f"/matters/{number}/commands/{report.do}"
        return await asyncio.get_running_loop().run_in_executor(threads, caller.post, path, body)

    return call


async def _in_turns(
    ways: Mapping[Side, Report], matters: Mapping[Side, Sequence[tuple[str, str]]]
) -> dict[Side, float]:
    """The middle of each way, order by order in turns: a disk that slows down for a second favours nobody."""
    spent: dict[Side, list[float]] = {side: [] for side in ways}
    for at_once in zip(*(matters[side] for side in ways), strict=True):
        for side, (key, number) in zip(ways, at_once, strict=True):
            begin = time.perf_counter()
            await ways[side](key, number)
            spent[side].append(time.perf_counter() - begin)
    return {side: percentile(each, 50) * 1000 for side, each in spent.items()}


async def _at_once(call: Report, matters: Sequence[tuple[str, str]]) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(key: str, number: str) -> None:
        async with gate:
            await call(key, number)

    begin = time.perf_counter()
    await asyncio.gather(*(one(key, number) for key, number in matters))
    return len(matters) / (time.perf_counter() - begin)
