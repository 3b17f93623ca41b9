"""The city above a simulated year: a log of its own beside the one that is played, and what goes between the two."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.envelope import Actor, Algorithm
from domain.founding import Headquarters
from domain.ids import transfer_stream
from domain.terms import Role
from domain.transfer import Direction, Words
from eventlog.clock import LogClock
from eventlog.database import Database
from eventlog.migrate import migrate
from services.door_key import keep_door_key
from services.founding import found_log
from services.headquarters import keep_card
from services.home import make_home
from services.payload_keys import begin_payload_keys
from services.transfers import answer_received, carry_owed, send_transfer
from settings import Settings
from simulation.scenario import PlannedTransfer

CITY_OFFICE = Actor(id="office", role=Role.OFFICE, unit="office")


def settings_of_year(home: Path, headquarters: str) -> Settings:
    """Settings of a simulated year: all of it lies in its own home, whatever log and store the machine works with."""
    return Settings(home=home, headquarters=headquarters, store=None, database_url=None, database_url_file=None)


def simulated_log(settings: Settings, algorithm: Algorithm) -> Database:
    """The log of a headquarters whose office lives in the simulated year."""
    url = f"sqlite:///{(settings.home / 'events.db').absolute()}"
    return Database(url, algorithm, LogClock.DECIDED, headquarters=settings.headquarters)


def new_log(settings: Settings, headquarters: Headquarters, start: datetime, algorithm: Algorithm) -> Database:
    """Found the log of a headquarters in its home, with its card, as `xmh headquarters add` does."""
    for folder in (settings.installation, settings.home.parent, settings.home):
        make_home(folder)
    keep_door_key(settings)
    begin_payload_keys(settings)
    database = simulated_log(settings, algorithm)
    migrate(database.url)
    found_log(database, start, headquarters)
    keep_card(settings.home, headquarters)
    return database


@dataclass(frozen=True)
class CityAbove:
    """The city's log, beside that of the headquarters being played."""

    below: Settings
    code: str
    algorithm: Algorithm

    def send(
        self, database: Database, planned: PlannedTransfer, matter: str | None, actor: Actor, now: datetime
    ) -> None:
        """上报 by the headquarters that is played, or 下达 to it, carried to the other at once.

        Raises:
            Refusal: a rule said no.
        """
        direction = Direction.from_label(planned.direction) or Direction.UP
        up = direction is Direction.UP
        words = Words(
            direction=direction,
            sender=self.below.headquarters if up else self.code,
            receiver=self.code if up else self.below.headquarters,
            title=planned.title,
            text=planned.text,
            matter=matter if up else None,
            due=planned.due,
        )
        if up:
            send_transfer(database, words, actor, now, _name(planned))
            carry_owed(self.below, database, self._opened, now)
            return
        with self._opened(self._city) as city:
            send_transfer(city, words, CITY_OFFICE, now, _name(planned))
            carry_owed(self._city, city, self._opened, now)

    def answer(
        self, database: Database, planned: PlannedTransfer, matter: str | None, actor: Actor, now: datetime
    ) -> None:
        """回复 by who received it, carried back at once.

        Raises:
            Refusal: a rule said no.
        """
        assert planned.answer is not None  # noqa: S101  (planned with one)
        text, command_id = planned.answer.text, f"{_name(planned)}:answer"
        if Direction.from_label(planned.direction) is Direction.DOWN:
            stream = transfer_stream(f"{self.code}:{_name(planned)}")
            answer_received(database, stream, text, matter, actor, now, command_id)
            carry_owed(self.below, database, self._opened, now)
            return
        stream = transfer_stream(f"{database.headquarters}:{_name(planned)}")
        with self._opened(self._city) as city:
            answer_received(city, stream, text, None, CITY_OFFICE, now, command_id)
            carry_owed(self._city, city, self._opened, now)

    @property
    def _city(self) -> Settings:
        return settings_of_year(self.below.installation, self.code)

    def _opened(self, settings: Settings) -> Database:
        return simulated_log(settings, self.algorithm)


def _name(planned: PlannedTransfer) -> str:
    return f"simulate:transfer:{planned.on}:{planned.title}"
