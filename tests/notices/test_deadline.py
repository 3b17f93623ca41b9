"""A gateway that drips bytes ends at its time limit, wherever in its answer it begins to drip."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from apprise import Apprise

from activities.channels.deadline import TimeLimit
from activities.channels.gateway import HttpChannel
from activities.channels.library import AppriseChannel
from activities.channels.port import NoticeChannel, NotTakenError
from domain.notices.digest import Message
from domain.notices.routing import ChannelSettings
from domain.office import Person
from domain.terms import Role, Urgency

LETTER = Message(id="1-li-sms", person="li", subject="s", text="t", urgency=Urgency.NORMAL, ids=("1-li-sms",))
LI = Person(id="li", name="李三", unit="gengxin", role=Role.LIAISON, phone="13800000000")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def dripping_server(answer: bytes, briskly: int, *, greets: bool = False) -> Iterator[int]:
    """A port where the answer begins briskly and then comes a byte every tenth of a second."""
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            if not greets:
                connection.recv(65536)
            connection.sendall(answer[:briskly])
            for byte in answer[briskly:]:
                if done.wait(0.1):
                    return
                connection.send(bytes([byte]))

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    done.set()
    thread.join(5)
    server.close()


@pytest.fixture(params=[0, 20, len(HEAD)], ids=["from the first byte", "in the head", "in the body"])
def dripping(request: pytest.FixtureRequest) -> Iterator[int]:
    with dripping_server(HEAD + b"x" * 100_000, request.param) as port:
        yield port


@pytest.fixture
def dripping_mail() -> Iterator[int]:
    with dripping_server(b"220 " + b"x" * 1000, 0, greets=True) as port:
        yield port


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ends_in_time(channel: NoticeChannel) -> None:
    Apprise.instantiate("json://127.0.0.1/")  # the first of a process loads every service the library knows
    began = time.monotonic()
    with pytest.raises(NotTakenError, match="1 秒内没有答复"):
        channel.send(LETTER, LI)
    assert time.monotonic() - began < 15
    until_none_is_left = time.monotonic() + 2
    while any(thread.name == "deadline" for thread in threading.enumerate()):
        assert time.monotonic() < until_none_is_left
        time.sleep(0.01)


@pytest.mark.timeout(20)
def test_a_gateway_that_drips_bytes_ends_at_its_time_limit(dripping: int) -> None:
    ends_in_time(HttpChannel(ChannelSettings(kind="http", url=f"http://127.0.0.1:{dripping}/", timeout=1.0), {}))


@pytest.mark.timeout(20)
def test_a_service_of_the_library_that_drips_bytes_ends_at_its_time_limit(dripping: int) -> None:
    ends_in_time(AppriseChannel(ChannelSettings(url=f"json://127.0.0.1:{dripping}/", timeout=1.0), {}))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("address", ["json://127.0.0.1:{}/?rto=60", "mailto://127.0.0.1:{}/?from=a@b.cn&to=c@d.cn"])
def test_a_service_that_says_nothing_ends_at_its_time_limit_whatever_its_address_names(
    silent: int, address: str
) -> None:
    ends_in_time(AppriseChannel(ChannelSettings(url=address.format(silent), timeout=1.0), {}))


@pytest.mark.timeout(20)
def test_a_server_of_mail_that_drips_its_greeting_ends_at_its_time_limit(dripping_mail: int) -> None:
    address = f"mailto://127.0.0.1:{dripping_mail}/?from=a@b.cn&to=c@d.cn"
    ends_in_time(AppriseChannel(ChannelSettings(url=address, timeout=1.0), {}))


def test_what_another_thread_connects_to_is_left_alone(silent: int) -> None:
    with TimeLimit(0.1) as deadline:
        made: list[socket.socket] = []
        other = threading.Thread(target=lambda: made.append(socket.create_connection(("127.0.0.1", silent))))
        other.start()
        other.join()
        while not deadline.over:
            time.sleep(0.01)
        time.sleep(0.2)
    with made[0] as connected:
        connected.sendall(b"still there")


def test_no_connection_is_begun_when_the_time_is_up(silent: int) -> None:
    with TimeLimit(0.01) as deadline:
        while not deadline.over:
            time.sleep(0.01)
        with pytest.raises(TimeoutError):
            socket.create_connection(("127.0.0.1", silent))
