"""The headquarters of an installation: which there are, and setting one up.

One that is set up leaves a card in its home as its last step, and whoever serves the installation goes by the cards: so
one that was begun and not finished is served by nobody, and set up to its end by the same command once more.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domain.base import Refusal, refuse
from domain.founding import FIRST, Headquarters
from domain.headquarters import headquarters_code
from domain.ids import OfficeStream
from eventlog.durable import write_durably
from services.door_key import keep_door_key
from services.store import keep_store
from settings import HEADQUARTERS_FOLDER, home_of

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings

CARD = "headquarters.json"
"""Inside the home of every headquarters but the first: what it is, and that it is set up."""


def further_headquarters(installation: Path) -> tuple[Headquarters, ...]:
    """Those that are set up here besides the first, by code."""
    cards = (_card(place) for place in sorted((installation / HEADQUARTERS_FOLDER).glob(f"*/{CARD}")))
    return tuple(card for card in cards if card is not None)


def all_headquarters(installation: Path) -> tuple[Headquarters, ...]:
    """Those that are set up here, the first before the others."""
    return (FIRST, *further_headquarters(installation))


def unfinished(installation: Path) -> tuple[str, ...]:
    """The folders beside those homes that are none: begun and not finished, moved, or renamed."""
    known = {one.code for one in further_headquarters(installation)}
    places = (installation / HEADQUARTERS_FOLDER).glob("*/")
    return tuple(sorted(place.name for place in places if place.name not in known))


def settings_of(settings: "Settings", code: str) -> "Settings":
    """The settings of another headquarters of the same installation."""
    return settings if code == settings.headquarters else settings.of(code)


def _card(place: Path) -> Headquarters | None:
    """What a card says, if it lies where it was made: a home that was moved is nobody's."""
    try:
        card = Headquarters.model_validate_json(place.read_bytes())
    except (OSError, ValidationError):
        return None
    return card if card.code == place.parent.name else None


def set_up(settings: "Settings", headquarters: Headquarters) -> bool:
    """Set a headquarters up, or what is missing of it; False when it was there already, or has been joined here.

    Args:
        settings: those of the headquarters itself.
        headquarters: what it is to be.

    Raises:
        Refusal: it is the first's code (`headquarters_exists`), another was set up under that code, or a second city's.
        LogError: the database cannot be reached, or what lies there is another's log.
    """
    from eventlog.configured import open_log
    from services.embedded.prepare import prepare_log
    from services.home import make_home, make_private

    code = headquarters_code(headquarters.code)
    refuse(code == FIRST.code, f"{code} 是本安装的首个指挥部，已经有了", "headquarters_exists")
    cities = [one for one in further_headquarters(settings.installation) if one.city and one.code != code]
    refuse(
        headquarters.city and bool(cities),
        f"已有市级指挥部 {cities[0].code if cities else ''}，不能再设",
        "city_exists",
    )
    place = home_of(settings.installation, code)
    make_home(settings.installation)
    make_home(place.parent)
    make_home(place)
    keep_door_key(settings)
    prepare_log(settings, headquarters)
    keep_store(settings)
    make_private(place)
    with open_log(settings) as database:
        known = founded_as(database)
    refuse(
        known != headquarters,
        f"代号 {code} 已用于{known.name if known else '别的指挥部'}，请换一个代号；名称和级别要与原来的相同",
        "headquarters_exists",
    )
    fresh = not (place / CARD).exists()
    if fresh:
        keep_card(place, headquarters)
    return fresh


def keep_card(place: Path, headquarters: Headquarters) -> None:
    """Say in its home what a headquarters is, and that it is set up; the first has no card."""
    if headquarters.code == FIRST.code:
        return
    write_durably(place / CARD, f"{headquarters.model_dump_json()}\n".encode())


def prepare_others(settings: "Settings") -> Iterator[tuple[Headquarters, str]]:
    """Prepare the logs of all but the first; each that cannot be, and why. One that is broken stops no other."""
    from eventlog.errors import LogError
    from services.embedded.prepare import prepare_log

    for one in further_headquarters(settings.installation):
        theirs = settings_of(settings, one.code)
        keep_door_key(theirs)
        try:
            prepare_log(theirs, one)
            keep_store(theirs)
        except (Refusal, LogError) as error:
            yield one, error.message


def founded_as(database: "Database") -> Headquarters | None:
    """What the log says its headquarters is; None while it says nothing."""
    from eventlog import reading

    if database.headquarters == FIRST.code:
        return FIRST
    loaded = reading.load(database, database.own(OfficeStream.HEADQUARTERS))
    return loaded.state if loaded and isinstance(loaded.state, Headquarters) else None


def founding_of(settings: "Settings") -> Headquarters:
    """What the headquarters of these settings is, by its card.

    Raises:
        Refusal: `not_found`, or `half_founded`.
    """
    return known_headquarters(settings.installation, settings.headquarters)


def known_headquarters(installation: Path, text: str) -> Headquarters:
    """The headquarters meant by a code.

    Raises:
        Refusal: `not_found`, or `half_founded`: it was begun and not finished.
    """
    code = headquarters_code(text)
    for one in all_headquarters(installation):
        if one.code == code:
            return one
    if (installation / HEADQUARTERS_FOLDER / code).is_dir():
        raise Refusal(
            f"指挥部 {code} 没有建成或被移动过；请重新运行 xmh headquarters add {code}（名称同前），移动过的请移回原处",
            "half_founded",
        )
    raise Refusal(
        f"没有代号为 {code} 的指挥部；用 xmh headquarters list 查看，用 xmh headquarters add 设立", "not_found"
    )
