"""Many writers at once: no fork, no gap, no number burnt or given twice, no position that appears behind a reader."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from domain.log import Ahead, Appended, Behind
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from tests.eventlog.sample import NOON, Asker, SampleNoted, SampleOpened

WRITERS = 8


def together(*jobs: Callable[[], None]) -> None:
    """Run the jobs in threads and raise what the first failing one raised."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_eight_writers_of_one_stream_never_fork_it(log_url: str, open_database: Callable[[str], Database]) -> None:
    """Regression for chains that forked: `FOR UPDATE` on the newest row does not serialise those who append."""
    Asker(open_database(log_url)).open()

    def writer(name: int) -> Callable[[], None]:
        asker = Asker(open_database(log_url))

        def write() -> None:
            for i in range(12):
                while True:
                    note = SampleNoted(text=f"{name}-{i}")
                    answer = asker.ask(asker.request("sample/a", note, command_id=f"{name}-{i}"))
                    assert not isinstance(answer, Ahead)
                    if not isinstance(answer, Behind):
                        break

        return write

    together(*map(writer, range(WRITERS)))
    database = open_database(log_url)
    events = reading.read_stream(database, "sample/a")
    assert [e.version for e in events] == list(range(1, 2 + WRITERS * 12))
    assert max(Counter(e.command_id for e in events).values()) == 1
    assert verify(database).problems == ()


def test_numbers_have_no_gap_under_eight_writers_of_whom_a_third_fail(
    log_url: str, open_database: Callable[[str], Database]
) -> None:
    def writer(name: int) -> Callable[[], None]:
        asker = Asker(open_database(log_url))

        def write() -> None:
            for i in range(12):
                events = (
                    [SampleOpened(title="x")] if i % 3 else [SampleOpened(title="x"), SampleNoted(text="督" * 30_000)]
                )
                answer = asker.ask(asker.request(f"sample/{name}-{i}", *events))
                assert isinstance(answer, Appended) is bool(i % 3)

        return write

    together(*map(writer, range(WRITERS)))
    database = open_database(log_url)
    numbers = sorted(m.number for m in reading.find_matters(database, "x"))
    assert numbers == [f"S-2022-{n:03d}" for n in range(1, 1 + WRITERS * 8)]
    assert verify(database).problems == ()


def test_a_reader_that_follows_position_never_misses_an_event(
    log_url: str, open_database: Callable[[str], Database]
) -> None:
    """Regression for readers that passed over gaps filled later: insert order has to be commit order.

    Two writers with transactions of very different length, and a reader who asks for what is newer than he has seen.
    """
    done = threading.Event()
    seen: list[int] = []

    def writer(name: str, batch: int, count: int) -> Callable[[], None]:
        asker = Asker(open_database(log_url))

        def write() -> None:
            stream = asker.open(name)
            for _ in range(count):
                asker.write(stream, *[SampleNoted(text="一")] * batch)

        return write

    def read() -> None:
        database = open_database(log_url)
        for last_round in itertools.count():
            finished = done.is_set()
            while events := reading.read_all(database, after=seen[-1] if seen else 0):
                seen.extend(e.position for e in events)
            if finished and last_round:
                return

    def write_all() -> None:
        try:
            together(writer("short", 1, 150), writer("long", 40, 12))
        finally:
            done.set()

    together(read, write_all)
    assert seen == list(range(1, 1 + 1 + 150 + 1 + 12 * 40))


def test_a_transaction_that_commits_late_holds_back_every_later_position(
    log_url: str, open_database: Callable[[str], Database]
) -> None:
    """The same as a fact about the lock: while one writer has not committed, no other gets past it."""
    slow, fast = open_database(log_url), open_database(log_url)
    Asker(fast).open("before")
    order: list[str] = []
    held = threading.Event()

    def hold() -> None:
        with slow.writing() as transaction:
            held.set()
            threading.Event().wait(0.3)
            order.append("slow")
            transaction.commit()

    def follow() -> None:
        held.wait()
        Asker(fast).open("after")
        order.append("fast")

    together(hold, follow)
    assert order == ["slow", "fast"]


@pytest.mark.parametrize("same", [True, False])
def test_one_command_sent_by_many_at_once_is_recorded_once(
    log_url: str, open_database: Callable[[str], Database], same: bool
) -> None:
    first = Asker(open_database(log_url))
    request = first.request("sample/a", SampleOpened(title="一次"), at=NOON)
    answers: list[str] = []

    def send(index: int) -> Callable[[], None]:
        database = open_database(log_url)
        mine = request if same or not index else request.model_copy(update={"request_hash": f"other {index}"})

        def ask() -> None:
            answers.append(Asker(database).ask(mine).answer)

        return ask

    together(*map(send, range(WRITERS)))
    assert Counter(answers) == {"appended": 1, "already" if same else "refused": WRITERS - 1}
    assert len(reading.read_all(first.database)) == 1
