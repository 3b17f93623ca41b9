"""From where a token is good."""

import pytest

from domain.access.networks import MOST_NETWORKS, is_within, networks
from domain.base import Refusal


def test_an_address_is_a_network_of_one_and_each_is_kept_once() -> None:
    assert networks(["10.1.2.3", " 10.1.2.9/16", "10.1.0.0/16", "2001:db8::1"]) == (
        "10.1.2.3/32",
        "10.1.0.0/16",
        "2001:db8::1/128",
    )


@pytest.mark.parametrize("text", ["", "10.1", "10.1.2.3/33", "db.example", "10.1.2.3-9", "长" * 500, "\x1b[31m"])
def test_what_is_no_address_is_a_line(text: str) -> None:
    with pytest.raises(Refusal, match="不是网络地址") as refused:
        networks([text])
    assert len(refused.value.message) < 120
    assert "\x1b" not in refused.value.message


def test_there_are_so_many_and_no_more() -> None:
    with pytest.raises(Refusal, match="最多"):
        networks([f"10.0.0.{n}" for n in range(MOST_NETWORKS + 1)])


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("10.1.255.255", True),
        ("10.2.0.0", False),
        ("::ffff:10.1.0.7", True),
        ("fe80::1%eth0", True),
        ("", False),
        ("unix", False),
        ("10.1.0.7, 10.1.0.8", False),
    ],
)
def test_who_asks_is_within_or_not(address: str, within: bool) -> None:
    assert is_within(address, ("10.1.0.0/16", "fe80::/10")) is within


@pytest.mark.parametrize("text", ["::ffff:10.1.0.0/112", "::ffff:10.1.2.3/112"])
def test_a_network_of_mapped_addresses_is_the_one_they_are_of(text: str) -> None:
    kept = networks([text, "::ffff:10.2.0.1"])
    assert kept == ("10.1.0.0/16", "10.2.0.1/32")
    assert is_within("10.1.9.9", kept)
