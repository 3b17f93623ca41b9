"""A gateway that drips bytes ends at its time limit, wherever in its answer it begins to drip."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from activities.channels.gateway import HttpChannel
from activities.channels.port import NotTakenError
from domain.notices.digest import Message
from domain.notices.routing import ChannelSettings
from domain.office import Person
from domain.terms import Role, Urgency

LETTER = Message(id="1-li-sms", person="li", subject="s", text="t", urgency=Urgency.NORMAL, ids=("1-li-sms",))
LI = Person(id="li", name="李三", unit="gengxin", role=Role.LIAISON, phone="13800000000")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture(params=[0, 20, len(HEAD)], ids=["from the first byte", "in the head", "in the body"])
def dripping(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port where the answer begins briskly and then comes a byte every tenth of a second."""
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            answer = HEAD + b"x" * 100_000
            connection.sendall(answer[: request.param])
            for byte in answer[request.param :]:
                if done.wait(0.1):
                    return
                connection.send(bytes([byte]))

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    done.set()
    thread.join(5)
    server.close()


@pytest.mark.timeout(20)
def test_a_gateway_that_drips_bytes_ends_at_its_time_limit(dripping: int) -> None:
    channel = HttpChannel(ChannelSettings(kind="http", url=f"http://127.0.0.1:{dripping}/", timeout=1.0), {})
    began = time.monotonic()
    with pytest.raises(NotTakenError, match="1 秒内没有答复"):
        channel.send(LETTER, LI)
    assert time.monotonic() - began < 3
    assert threading.active_count() < 10
