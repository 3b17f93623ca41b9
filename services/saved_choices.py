"""Choices of matters people keep under a name, for `task list --saved` and the page of matters alike."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from domain.base import Refusal, refuse
from domain.queries.matter_filter import MatterFilter
from eventlog.durable import alone_at, write_durably
from sheets.file_errors import unwritable_file

SAVED = "choices.json"
"""In the home, 0600: person → name → choice. What somebody likes to look at is nobody's evidence."""
_CHOICES = TypeAdapter(dict[str, dict[str, MatterFilter]])
MOST_SAVED = 50
MOST_NAME = 30


def saved_choices(home: Path, person: str) -> dict[str, MatterFilter]:
    """What a person has kept, by name.

    Raises:
        Refusal: `malformed`: the file is none of ours.
    """
    return _all(home).get(person, {})


def keep_choice(home: Path, person: str, name: str, wanted: MatterFilter) -> None:
    """Keep a choice under a name; what had that name is replaced.

    Raises:
        Refusal: `malformed`: the name is none; `refused`: there are too many; `unwritable`.
    """
    refuse(not 0 < len(name) <= MOST_NAME, f"条件的名称须为1到{MOST_NAME}字", "malformed")
    with _alone(home):
        everybody = _all(home)
        mine = {**everybody.get(person, {}), name: wanted}
        refuse(len(mine) > MOST_SAVED, f"每人最多存{MOST_SAVED}个条件，请换用已有的名称")
        _write(home, {**everybody, person: mine})


def drop_choice(home: Path, person: str, name: str) -> None:
    """Forget a choice; nothing happens when there is none of that name.

    Raises:
        Refusal: as `keep_choice`.
    """
    with _alone(home):
        everybody = _all(home)
        mine = {kept: wanted for kept, wanted in everybody.get(person, {}).items() if kept != name}
        _write(home, {**everybody, person: mine})


def _all(home: Path) -> dict[str, dict[str, MatterFilter]]:
    file = home / SAVED
    try:
        return _CHOICES.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Refusal(f"存下的条件 {file} 读不出来，请删去这个文件后重存", "malformed") from error


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Of two who keep a choice at the same moment, the second adds to what the first kept."""
    with ExitStack() as held:
        try:
            held.enter_context(alone_at(home / SAVED))
        except OSError as error:
            raise unwritable_file(home / SAVED, error) from error
        yield


def _write(home: Path, everybody: dict[str, dict[str, MatterFilter]]) -> None:
    """Whole or not at all, for its owner alone."""
    place = home / SAVED
    text = _CHOICES.dump_json(everybody, indent=1, exclude_defaults=True).decode()
    try:
        write_durably(place, text.encode())
    except OSError as error:
        raise unwritable_file(place, error) from error
