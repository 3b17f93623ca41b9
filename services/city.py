"""What is asked over all headquarters: their logs, one after the other, opened for who may see them all."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.event import UnknownEventError
from domain.founding import FIRST, Headquarters
from domain.terms import Role
from eventlog import reading
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.errors import UNREADABLE_EVENT, LogError
from services.headquarters import all_headquarters, settings_of, unfinished

if TYPE_CHECKING:
    from documents.reports.city import HeadquartersFigures
    from settings import Settings

T = TypeVar("T")
_log = logging.getLogger(__name__)
CITY_PERSON_ID = "city"
"""Who looks when nobody is named: the one a city's directory begins with."""


def the_city(settings: "Settings") -> Headquarters:
    """The headquarters whose directory says who may see over all: the city's, or the first while there is none."""
    return next((one for one in all_headquarters(settings.installation) if one.city), FIRST)


def check_city_role(settings: "Settings", person_id: str) -> Headquarters:
    """Refuse everybody but the city's 市级督办员; the headquarters whose directory names him.

    Raises:
        Refusal: `not_found`, nobody of that id; `actor_left`; `forbidden`, another role.
        LogError: the directory cannot be read.
    """
    city = the_city(settings)
    with open_log(settings_of(settings, city.code)) as database:
        person = reading.person(database, person_id)
    if person is None:
        raise Refusal(f"{city.name}的通讯录里没有编号为 {person_id} 的人员，请用 --as 写明市级督办员", "not_found")
    refuse(person.left_at is not None, f"{person.name}（{person.id}）已离任，不能再办理", "actor_left")
    refuse(
        person.role is not Role.CITY,
        f"汇总各指挥部须由市级督办员（通讯录角色 city）办理，{person.name}是{person.role.label}",
        "forbidden",
    )
    return city


class Across:
    """The logs of all headquarters below the city. One that cannot be read is named, and the others are told."""

    def __init__(self, settings: "Settings", only: str | None = None) -> None:
        """Those of the installation, or only one of them."""
        everybody = all_headquarters(settings.installation)
        self._settings = settings
        self.headquarters = tuple(one for one in everybody if not one.city and only in (None, one.code))
        self.unread: dict[str, str] = {}
        """Code → why its log could not be read: of what was moved or is unfinished, at once."""
        if only is None:
            gone = "没有建成或被移动过，请重新运行 xmh headquarters add，移动过的请移回原处"
            self.unread |= dict.fromkeys(unfinished(settings.installation), gone)

    def each(self, look: Callable[[Headquarters, Database], T]) -> list[T]:
        """What is found in each log that can be read."""
        answers = []
        for one in self.headquarters:
            try:
                with open_log(settings_of(self._settings, one.code)) as database:
                    answers.append(look(one, database))
            except (LogError, Refusal) as error:
                self.unread[one.code] = error.message
            except UnknownEventError:
                _log.info("an event of %s cannot be read", one.code, exc_info=True)
                self.unread[one.code] = UNREADABLE_EVENT
        return answers


def city_standing(
    settings: "Settings", person_id: str, now: datetime
) -> "tuple[list[HeadquartersFigures], dict[str, str]]":
    """How each headquarters stands now, with this year's figures; and of which the log could not be read, and why.

    Raises:
        Refusal: as `check_city_role`.
        LogError: the city's directory cannot be read.
    """
    from documents.reports.city import headquarters_figures

    elsewhere = the_city(settings).code != settings.headquarters
    refuse(elsewhere, "各指挥部的大屏只在市级指挥部的网页上开", "forbidden")
    check_city_role(settings, person_id)
    across, today = Across(settings), local_date(now)
    since = today.replace(month=1, day=1)
    return across.each(lambda one, log: headquarters_figures(log, one, since, today, now)), across.unread
