"""Webhooks: which addresses may be told at all, how a message is signed, and how long one that fails is left alone.

Source: Standard Webhooks 1.0 (standardwebhooks.com): headers `webhook-id`, `webhook-timestamp`, `webhook-signature`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from pydantic import field_validator

from domain.base import Frozen, Refusal, refuse
from domain.bounds import seen

QUEUE = "webhook:"
"""Before the id of a webhook: what the delivery calls its queue, beside those of the channels."""
SECRET = "whsec_"  # noqa: S105  (what every secret begins with)
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=24),
)
"""After the first try in vain, the second …; after the last of them nothing is tried any more."""
SIGNATURES = (("v1", "sha256"), ("v1sm3", "sm3"))
KNOWN = hashlib.algorithms_available
HTTPS = 443
MOST_URL = 500
_LOST = "的主机或端口写错了（端口为 1 到 65535）"
_TRANSLATED = ip_network("64:ff9b::/96")


class WebhookPlaces(Frozen):
    """`[webhooks]`: where messages may go."""

    hosts: tuple[str, ...] = ()
    """`host` or `host:port`, as an address names it; none means that nothing is sent anywhere."""
    private: tuple[str, ...] = ()
    """Those of them that lie in the own network: only these may resolve to an address that is not public."""
    ca: str | None = None
    """A file with the certificates by which an authority of the own network is known, besides the usual ones."""
    timeout: float = 10.0
    """Seconds for a whole exchange."""

    @field_validator("hosts", "private")
    @classmethod
    def _hosts_are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not _is_host(host):
                raise ValueError(f"推送主机须写成 host 或 host:端口，现在是 {seen(host)[:80]}")
        return hosts


class WebhookTarget(Frozen):
    """Where a message goes."""

    host: str
    port: int
    path: str


def place_of(url: str, places: WebhookPlaces) -> WebhookTarget:
    """Where an address leads, if it is one that messages may go to.

    Raises:
        Refusal: `malformed`: it is no https address. `forbidden`: its host is not declared.
    """
    wrong = _malformed(url)
    refuse(bool(wrong), f"推送地址{wrong}，现在是 {seen(_without_password(url))[:80]}", "malformed")
    parts = urlsplit(url)
    port = parts.port or HTTPS
    assert parts.hostname is not None  # noqa: S101  (refused above)
    known = _names(places.hosts)
    if (parts.hostname, port) not in known:
        raise Refusal(f"{parts.hostname}:{port} 不在允许推送的主机之列，请先写入设置 [webhooks] hosts", "forbidden")
    return WebhookTarget(
        host=parts.hostname, port=port, path=(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    )


def _malformed(url: str) -> str:
    """What is wrong with an address, in the office's words; nothing when it is one of https."""
    if not url.lower().startswith("https://"):
        return "须以 https:// 开头"
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "里的汉字和空格须写成 %XX 的形式"
    if len(url) > MOST_URL:
        return f"最多 {MOST_URL} 个字符"
    try:
        parts = urlsplit(url)
        lost = not parts.hostname or parts.port == 0 or "\\" in url
    except ValueError:
        return _LOST
    if lost:
        return _LOST
    if "@" in parts.netloc:
        return "不能带用户名和密码"
    return "不能带 # 及其后的部分" if "#" in url else ""


def _without_password(url: str) -> str:
    return re.sub(r"//[^/]*@", "//…@", url)


def may_be_private(place: WebhookTarget, places: WebhookPlaces) -> bool:
    """Whether its host is declared to lie in the own network."""
    return (place.host, place.port) in _names(places.private)


def _names(hosts: tuple[str, ...]) -> frozenset[tuple[str, int]]:
    parts = (urlsplit(f"//{host.strip()}") for host in hosts)
    return frozenset((p.hostname, p.port or HTTPS) for p in parts if p.hostname)


def _is_host(host: str) -> bool:
    """Whether it is `host` or `host:port` and nothing besides; of anything else no address would ever be one."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        return bool(parts.hostname) and parts.netloc == host.strip() and "@" not in host and parts.port != 0
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an address is one of the open net, also where it hides another within it."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast and not _is_set_aside(one) for one in _meant(ip))


def _is_set_aside(address: IPv4Address | IPv6Address) -> bool:
    """Reserved, or of an own network as IPv6 first named them (fec0::/10): `is_global` takes those for the open net."""
    return address.is_reserved or (isinstance(address, IPv6Address) and address.is_site_local)


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    within: list[IPv4Address | IPv6Address] = [address]
    if address in _TRANSLATED:
        within = [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        within.append(address.sixtofour)
    if address.teredo is not None:
        within += address.teredo
    return within


def signed_headers(secret: str, message: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """The headers by which a receiver knows a message, that it is ours, and when it was sent.

    Signed by HMAC-SHA-256 (`v1`, as the standard has it), and by HMAC-SM3 for whoever must verify by 国密 (`v1sm3`, a
    version of ours, which libraries of the standard pass over); the latter only where this Python knows SM3.

    Raises:
        ValueError: the secret is none.
    """
    key = base64.b64decode(secret.removeprefix(SECRET), validate=True)
    stamp = str(int(now.timestamp()))
    content = b".".join((message.encode(), stamp.encode(), body))
    signatures = [f"{version},{_mac(key, content, digest)}" for version, digest in SIGNATURES if digest in KNOWN]
    return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _mac(key: bytes, content: bytes, digest: str) -> str:
    return base64.b64encode(hmac.new(key, content, digest).digest()).decode()
