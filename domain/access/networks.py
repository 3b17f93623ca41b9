"""From which addresses a token may be used."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from domain.base import Refusal, refuse
from domain.bounds import seen

MOST_NETWORKS = 20
_MAPPED = IPv6Network("::ffff:0:0/96")
"""IPv4 addresses as IPv6 writes them (RFC 4291 2.5.5.2)."""


def networks(texts: Sequence[str]) -> tuple[str, ...]:
    """Addresses and networks as they are kept: `10.1.2.3/32`, `10.1.0.0/16`, in the order they were given.

    Raises:
        Refusal: `malformed`: one is neither, or there are more than twenty.
    """
    refuse(len(texts) > MOST_NETWORKS, f"一个令牌最多写 {MOST_NETWORKS} 段地址", "malformed")
    kept = []
    for text in texts:
        try:
            kept.append(str(_as_met(ip_network(text.strip(), strict=False))))
        except ValueError as error:
            line = f"{seen(text)[:60]} 不是网络地址，应写 10.1.2.3 或 10.1.0.0/16"
            raise Refusal(line, "malformed") from error
    return tuple(dict.fromkeys(kept))


def _as_met(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """`::ffff:10.1.0.0/112` is 10.1.0.0/16: so an address of it is met (`is_within`)."""
    if not isinstance(network, IPv6Network) or not network.subnet_of(_MAPPED):
        return network
    first = network.network_address.ipv4_mapped
    return ip_network(f"{first}/{network.prefixlen - _MAPPED.prefixlen}")


def is_within(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address lies in one of these networks; what is no address does not."""
    try:
        own = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(own, IPv6Address) and own.ipv4_mapped is not None:
        own = own.ipv4_mapped
    return any(own in ip_network(network) for network in allowed)
