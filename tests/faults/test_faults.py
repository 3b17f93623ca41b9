"""The short form of `make chaos`: a few kinds of fault in one life; and that its wires and its count do their work."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.driver import Plan, Round, Tally, lived_through
from tests.faults.kinds import APART, EMBEDDED
from tests.faults.stages import PAIRS, apart_in
from tests.faults.wire import Wire

Record = Callable[[str, object], None]
SHORT = (
    "worker–Temporal silent back",
    "worker killed after its commit",
    "PostgreSQL stopped in a transaction",
    "serialization failures",
)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_whatever_befalls_under_load_nothing_is_lost_doubled_or_stuck(
    tmp_path: Path, record_property: Record
) -> None:
    tally = Tally()
    plan = Plan("every run", time.monotonic() + 180, reports=6, pace=0.3, hold=(1.0, 1.5))
    faults = [fault for fault in APART if fault.name in SHORT]
    assert len(faults) == len(SHORT)
    await lived_through(plan, tally, apart_in, faults, tmp_path, "short")
    record_property("tally", {"kills": tally.kills.total(), **tally.total})
    assert not tally.wrong, "\n".join(tally.lines())
    assert tally.total["strikes"] == len(SHORT)


def test_every_fault_has_a_name_of_its_own_and_every_pair_a_wire() -> None:
    names = [*(fault.name for fault in APART), *(fault.name for fault in EMBEDDED)]
    assert len(set(names)) == len(names) >= 50
    assert all(sum(name.startswith(pair) for name in names) >= 4 for pair in PAIRS)


# --- the count


def heard(**answers: object) -> Round:
    answer = {"acknowledged": {}, "unknown": [], "refused": {}, **answers}
    return Round("r", ["m"], [answer], frozenset({"clock_off"}))


@pytest.mark.parametrize(
    ("round_", "recorded", "counted"),
    [
        (heard(acknowledged={"r-1": 5}), [("r-1", "m", 5)], {"acknowledged": 1}),
        (heard(acknowledged={"r-1": 5}), [], {"acknowledged": 1, "lost": 1}),
        (heard(acknowledged={"r-1": 5}), [("r-1", "m", 6)], {"acknowledged": 1, "misplaced": 1}),
        (heard(acknowledged={"r-1": 5}), [("r-1", "m", 5), ("r-1", "m", 6)], {"acknowledged": 1, "doubled": 1}),
        (heard(unknown=["r-1"]), [("r-1", "m", 5), ("r-1", "m", 6)], {"no answer": 1, "doubled": 1}),
        (heard(unknown=["r-1"]), [("r-1", "m", 5)], {"no answer": 1}),
        (heard(refused={"r-1": "limit: no"}), [], {"wrongly refused": 1}),
        (heard(refused={"r-1": "clock_off: no"}), [], {"rightly refused": 1}),
        (heard(refused={"r-1": "clock_off: no"}), [("r-1", "m", 5)], {"rightly refused": 1, "wrongly refused": 1}),
    ],
)
def test_what_people_were_told_is_held_against_the_log(
    round_: Round, recorded: list[tuple[str, str, int]], counted: dict[str, int]
) -> None:
    assert +round_.count(recorded) == counted


# --- the wire


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it is sent."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(100):
                connection.sendall(data)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def wire(echo: int) -> Iterator[Wire]:
    wire = Wire(echo)
    yield wire
    wire.close()


def asked(wire: Wire, word: bytes = b"a", within: float = 0.4) -> bytes | None:
    """What comes back on a new connection; None when nothing does, and nothing when it was cut."""
    with socket.create_connection(("127.0.0.1", wire.port), timeout=within) as connection:
        try:
            connection.sendall(word)
            return connection.recv(100)
        except TimeoutError:
            return None
        except OSError:
            return b""


def test_a_wire_is_slow_silent_or_cut_and_whole_again(wire: Wire) -> None:
    strikes: list[tuple[Callable[[], None], bytes | None]] = [
        (lambda: wire.slow(0.6), None),
        (lambda: wire.freeze("requests"), None),
        (lambda: wire.freeze("answers"), None),
        (wire.cut, b""),
    ]
    for strike, answer in strikes:
        assert asked(wire) == b"a"
        strike()
        assert asked(wire) == answer
        wire.mend()
    assert asked(wire) == b"a"


def test_a_wire_falls_silent_at_a_word_and_not_before(wire: Wire) -> None:
    wire.freeze_at(b"COMMIT", "answers")
    assert asked(wire, b"BEGIN") == b"BEGIN"
    assert asked(wire, b"COMMIT") is None
    assert wire.heard.is_set()
    assert asked(wire, b"BEGIN") is None


def test_a_slow_wire_makes_an_answer_late_and_not_each_after_the_other(wire: Wire) -> None:
    wire.slow(0.8)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", wire.port), timeout=3) as connection:
        for _ in range(5):
            connection.sendall(b"x")
            time.sleep(0.02)
        answer = b""
        while len(answer) < 5:
            answer += connection.recv(10)
    assert 0.8 < time.monotonic() - began < 3.2, "one after the other they would take four seconds"
