"""From which addresses a token may be used."""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from domain.base import Refusal, refuse
from domain.bounds import seen

MOST_NETWORKS = 20


def networks(texts: Sequence[str]) -> tuple[str, ...]:
    """Addresses and networks as they are kept: `10.1.2.3/32`, `10.1.0.0/16`, in the order they were given.

    Raises:
        Refusal: `malformed`: one is neither, or there are more than twenty.
    """
    refuse(len(texts) > MOST_NETWORKS, f"一个令牌最多写 {MOST_NETWORKS} 段地址", "malformed")
    kept = []
    for text in texts:
        try:
            kept.append(str(ip_network(text.strip(), strict=False)))
        except ValueError as error:
            line = f"{seen(text)[:60]} 不是网络地址，应写 10.1.2.3 或 10.1.0.0/16"
            raise Refusal(line, "malformed") from error
    return tuple(dict.fromkeys(kept))


def is_within(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address lies in one of these networks; what is no address does not."""
    try:
        own = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(own, IPv6Address) and own.ipv4_mapped is not None:
        own = own.ipv4_mapped
    return any(own in ip_network(network) for network in allowed)
