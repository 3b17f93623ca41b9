"""The one place a Temporal client is made: web, worker, command line and doctor speak to the server alike."""

import asyncio
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import DnsLoadBalancingConfig, KeepAliveConfig, RPCError, RPCStatusCode

from domain.base import Refusal
from eventlog.patience import time_left
from services.payload_codec import sealed_under, sealing_converter
from services.payload_keys import PayloadKeys, payload_keys
from services.temporal_tls import api_key_of, tls_of, why_not_connected
from services.tracing import interceptors
from services.unreachable import Unreachable

if TYPE_CHECKING:
    from settings import Settings

CONNECT_WITHIN = timedelta(seconds=4)
LOOK_WITHIN = timedelta(seconds=2)
EVERY_ADDRESS = DnsLoadBalancingConfig()
"""Every address that the name leads to is connected to. Otherwise the first is, and while its node is frozen or cut off
nobody comes in, although the others serve."""
NOTICED = KeepAliveConfig(interval_millis=12_000, timeout_millis=5_000)
"""A node that says nothing is given up after that. Temporal takes a question every ten seconds and hangs up on more."""
NOT_LET_IN = ("Unauthenticated", "PermissionDenied")
"""How the library's words end when the server refuses who asks."""
NOTICES = "Notices"
"""The type of the workflow that delivers notices."""
USUAL_ADDRESS = "127.0.0.1:7233"
"""Where a Temporal server listens unless told otherwise; asked for by a worker that is told of none."""


async def connect(
    settings: "Settings", *, within: timedelta = CONNECT_WITHIN, runtime: Runtime | None = None
) -> Client:
    """A Temporal client with the data converter that workflows, replays and tools share.

    Raises:
        Unreachable: nobody answers there.
        Refusal: `temporal_key_missing`, `temporal_key_broken`: what is stored there is sealed and this home has no key.
        Refusal: `malformed`: a certificate or API key that is named will not do.
    """
    keys, tls, api_key = payload_keys(settings), tls_of(settings), api_key_of(settings)
    address = settings.address or USUAL_ADDRESS
    try:
        connecting = Client.connect(
            address,
            namespace=settings.temporal_namespace,
            data_converter=sealing_converter(keys),
            tls=tls if tls is not None else False,
            api_key=api_key,
            keep_alive_config=NOTICED,
            dns_load_balancing_config=EVERY_ADDRESS,
            runtime=runtime or silent_runtime(),
            interceptors=interceptors(),
        )
        client = await asyncio.wait_for(connecting, time_left(within.total_seconds()))
        await _check_sealing(client, keys, settings)
    except (RuntimeError, RPCError, TimeoutError) as e:
        raise Unreachable(await _why(settings, address, str(e))) from e
    return client


async def _why(settings: "Settings", address: str, reason: str) -> str:
    """What to tell somebody who cannot reach the server."""
    if any(code in reason for code in NOT_LET_IN):
        of = "不认本机的 API key，或不许它" if settings.temporal_api_key_file else "要求 API key 才能"
        namespace = settings.temporal_namespace
        return f"Temporal 服务（{address}）{of}使用命名空间 {namespace}，请检查 XMH_TEMPORAL_API_KEY_FILE"
    secured = await asyncio.to_thread(why_not_connected, settings, address)
    return secured or f"连不上 Temporal 服务（{address}），请检查服务是否运行（xmh status）"


def converter_of(settings: "Settings") -> DataConverter:
    """The data converter of a home, for a server that is not reached by its settings.

    Raises:
        Refusal: `temporal_key_missing`, `temporal_key_broken`.
    """
    return sealing_converter(payload_keys(settings))


@cache
def silent_runtime() -> Runtime:
    """A runtime of Temporal's SDK that logs nothing to standard output, where only the answer may stand."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


async def _check_sealing(client: Client, keys: PayloadKeys, settings: "Settings") -> None:
    """A home that lost its keys, or never had those of the others, must not go on in the clear without a word."""
    if keys.newest is None and await stored_under(client, settings) is not None:
        line = (
            f"Temporal 里的内容已加密，而本机没有内容密钥 {settings.temporal_key_place}；请从运行服务的机器取来，"
            "确已丢失的运行 xmh access temporal-key 换新，未办结事项会按日志重新开始"
        )
        raise Refusal(line, "temporal_key_missing")


async def stored_under(client: Client, settings: "Settings") -> str | None:
    """The id of the key the delivery of notices last sealed its memo under; None when it did not, or never ran.

    Raises:
        RPCError: the server did not say.
    """
    handle = client.get_workflow_handle(notices_id(settings.headquarters, settings.task_queue))
    try:
        described = await handle.describe(rpc_timeout=LOOK_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    if (described.workflow_type, described.task_queue) != (NOTICES, settings.task_queue):
        return None  # somebody else's under its name
    memo = described.raw_description.workflow_execution_info.memo.fields
    return next((name for name in map(sealed_under, memo.values()) if name is not None), None)


def notices_id(headquarters: str, task_queue: str) -> str:
    """The workflow id of the delivery of notices: one a headquarters, on the queue whose workers have its channels."""
    return f"notices/{headquarters}@{task_queue}"
