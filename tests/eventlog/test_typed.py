"""What `verify` sees at a glance is what it sees cell by cell."""

from hypothesis import given
from hypothesis import strategies as st

from eventlog.command_check import COMMAND_COLUMNS
from eventlog.readmodel import READ_MODEL
from eventlog.rows import EVENT_COLUMNS
from eventlog.typed import LARGEST, NUMBERS, _named, odd_cells

TABLES = {"events": tuple(EVENT_COLUMNS.split(", ")), "commands": COMMAND_COLUMNS, **READ_MODEL}
TEXTS = st.text(st.characters(exclude_categories=()), max_size=3)
WHOLE = st.sampled_from([0, 7, -1, LARGEST - 1, LARGEST, -LARGEST, 1 - LARGEST])
CELLS = TEXTS | WHOLE | st.none() | st.floats() | st.binary(max_size=2) | st.booleans()


@given(st.data())
def test_a_glance_sees_what_cell_by_cell_is_seen(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(sorted(TABLES)))
    sound: list[object] = [0 if name in NUMBERS[table] else "x" for name in TABLES[table]]
    for at in data.draw(st.sets(st.integers(0, len(sound) - 1), max_size=2)):
        sound[at] = data.draw(CELLS)
    row = tuple(sound)
    assert list(odd_cells(table, TABLES[table], row)) == list(_named(table, TABLES[table], row))
