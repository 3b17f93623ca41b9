"""What waits together is committed together, each with its own answer."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import psycopg
import pytest

from domain.log import Already, Appended, Behind, Refused, UnitClaim
from domain.office import DayOverridden
from domain.terms import Supervision
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.errors import LogDamaged, LogUnreachable
from eventlog.patience import lift_answer_limit, set_answer_limit
from eventlog.verify import verify
from tests.eventlog.sample import Asker, SampleNoted, SampleOpened, asked_together, everything, is_sqlite, raw
from tests.support.streams import CALENDAR_STREAM

ROOT = Path(__file__).parents[2]
UNKNOWN = (UnitClaim(id="nobody", supervision=Supervision.OBJECT),)
CALLERS = """
import sys, threading
from eventlog.append import append
from domain.log import Appended, Refused
from tests.support.clock import open_log
from tests.eventlog.sample import Asker, SampleNoted, SampleOpened
from tests.eventlog.test_group import UNKNOWN
asker = Asker(open_log(sys.argv[1]))
lock = threading.Lock()
def call(name):
    stream = f"sample/{name}"
    for turn in range(10_000):
        event = SampleNoted(text=str(turn)) if turn else SampleOpened(title=name)
        request = asker.request(stream, event, command_id=f"{name}-{turn}")
        refused = asker.request(stream, SampleNoted(text="x"), command_id=f"refused-{name}-{turn}", units=UNKNOWN)
        assert isinstance(append(asker.database, refused), Refused)
        answer = append(asker.database, request)
        with lock:
            print(request.command_id if isinstance(answer, Appended) else answer, flush=True)
for n in range(8):
    threading.Thread(target=call, args=(f"caller{n}",)).start()
"""


@pytest.fixture
def asker(database: Database) -> Asker:
    return Asker(database)


@pytest.fixture
def brief() -> Iterator[None]:
    """Whoever waits has half a second."""
    set_answer_limit(0.1)
    yield
    lift_answer_limit()


def transactions(database: Database) -> int:
    """In how many transactions the rows of the log were written, as PostgreSQL knows of each."""
    with closing(psycopg.connect(database.url)) as server:
        ((count,),) = server.execute("SELECT count(DISTINCT xmin::text) FROM events").fetchall()
    return int(count)


def test_each_of_a_group_has_the_answer_it_would_have_alone(asker: Asker) -> None:
    first = asker.request("sample/a", SampleOpened(title="一"), command_id="one")
    refused = asker.request("sample/b", SampleOpened(title="二"), units=UNKNOWN)
    third = asker.request("sample/c", SampleOpened(title="三"), SampleNoted(text="踏勘"))
    late = asker.request("sample/a", SampleNoted(text="迟"))
    answers = asked_together(asker.database, (first, refused, third, first, late))
    one, no, three, again, behind = answers
    assert isinstance(one, Appended)
    assert isinstance(three, Appended)
    assert [(e.position, e.version) for e in (*one.events, *three.events)] == [(1, 1), (2, 1), (3, 2)]
    assert [e.payload[:24] for e in (*one.events, *three.events[:1])] == [
        '{"number":"S-2022-001","',
        '{"number":"S-2022-002","',
    ]
    assert isinstance(no, Refused)
    assert no.code == "unit_unknown"
    assert again == Already(events=one.events)
    assert behind == Behind(events=one.events)
    assert reading.read_all(asker.database) == (*one.events, *three.events)
    assert verify(asker.database).problems == ()


def test_a_group_is_one_transaction(asker: Asker) -> None:
    if is_sqlite(asker.database):
        pytest.skip("PostgreSQL says which transaction wrote a row")
    asker.open("before")
    asked = [asker.request(f"sample/{n}", SampleOpened(title=str(n))) for n in range(6)]
    # Who comes first leads, and takes along whoever comes before it has its turn.
    assert all(isinstance(answer, Appended) for answer in asked_together(asker.database, asked))
    assert transactions(asker.database) == 2


def test_a_stream_may_be_written_twice_in_a_group(asker: Asker) -> None:
    asker.open("a")
    head = reading.stream_head(asker.database, "sample/a")
    twin = [asker.request("sample/a", SampleNoted(text=str(n)), head=head) for n in range(2)]
    one, other = asked_together(asker.database, twin)
    assert isinstance(one, Appended)
    assert other == Behind(events=one.events)


def test_what_the_database_refuses_it_refuses_to_one_alone(asker: Asker) -> None:
    planted = "BEFORE INSERT ON outbox"
    if is_sqlite(asker.database):
        raw(
            asker.database,
            f"CREATE TRIGGER planted {planted} WHEN (SELECT payload FROM events WHERE position = NEW.position) "
            "LIKE '%坏%' BEGIN SELECT RAISE(ABORT, 'planted'); END",
        )
    else:
        raw(
            asker.database,
            "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT payload FROM events "
            "WHERE position = NEW.position) ~ '坏' THEN RAISE EXCEPTION 'planted' USING ERRCODE = "
            "'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER planted {planted} FOR EACH ROW EXECUTE FUNCTION planted()",
        )
    titles = ("一", "坏", "三")
    answers = asked_together(
        asker.database, [asker.request(f"sample/{title}", SampleOpened(title=title)) for title in titles]
    )
    assert [type(answer) for answer in answers] == [Appended, LogDamaged, Appended]
    assert [e.stream for e in reading.read_all(asker.database)] == ["sample/一", "sample/三"]
    numbers = [e.payload.partition(",")[0] for e in reading.read_all(asker.database)]
    assert numbers == ['{"number":"S-2022-001"', '{"number":"S-2022-002"']


def test_a_refusal_in_a_group_is_final_too(asker: Asker) -> None:
    until = asker.request("x/y").now.replace(hour=23)
    refused = asker.request("sample/b", SampleOpened(title="二"), units=UNKNOWN, command_id="no").model_copy(
        update={"valid_until": until}
    )
    written = asker.request("sample/a", SampleOpened(title="一"))
    assert isinstance(asked_together(asker.database, (written, refused))[1], Refused)
    again = append(asker.database, refused.model_copy(update={"units": ()}))
    assert isinstance(again, Refused)
    assert again.code == "refused_before"


@pytest.mark.usefixtures("brief")
def test_who_does_not_get_his_turn_in_time_is_told_so_and_is_not_recorded_later(asker: Asker) -> None:
    answers: dict[str, object] = {}

    def ask(name: str) -> None:
        try:
            answers[name] = append(asker.database, request[name])
        except LogUnreachable as error:
            answers[name] = error

    request = {name: asker.request(f"sample/{name}", SampleOpened(title=name)) for name in ("first", "second")}
    asking = [threading.Thread(target=ask, args=(name,)) for name in request]
    with asker.database.writing():
        for one in asking:
            one.start()
        for one in asking:
            one.join(timeout=10)
            assert not one.is_alive()
    assert all(isinstance(answer, LogUnreachable) for answer in answers.values())
    before = everything(asker.database)
    assert before["events"] == []
    lift_answer_limit()
    assert isinstance(asker.ask(request["second"]), Appended)


def test_what_moves_every_matter_has_a_transaction_of_its_own(asker: Asker) -> None:
    change = DayOverridden(day=date(2022, 7, 1), workday=False, reason="台风停工")
    asked = [asker.request(f"sample/{n}", SampleOpened(title=str(n))) for n in range(3)]
    asked[1] = asker.request(CALENDAR_STREAM, change)
    assert [type(answer) for answer in asked_together(asker.database, asked)] == [Appended, Appended, Behind]
    if not is_sqlite(asker.database):
        assert transactions(asker.database) == 2


@pytest.mark.parametrize("deaths", [2, pytest.param(12, marks=pytest.mark.chaos)])
def test_whoever_was_answered_is_in_the_log_when_the_process_is_killed(asker: Asker, deaths: int) -> None:
    url = asker.database.url
    for death in range(deaths):
        name = f"{death}"
        work = CALLERS.replace('f"caller{n}"', f'f"caller{name}x{{n}}"')
        with subprocess.Popen(
            [sys.executable, "-c", work, url], stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ}
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline().strip() for _ in range(40 + 7 * death)]
            process.send_signal(signal.SIGKILL)
            told += process.stdout.read().split()[:-1]  # the last line may have been cut
        with asker.database.reading() as transaction:
            known = {row[0] for row in transaction.all("SELECT command_id FROM commands")}
        assert set(told) <= known
        assert not [command for command in known if command.startswith("refused-")]
    assert verify(asker.database).problems == ()
