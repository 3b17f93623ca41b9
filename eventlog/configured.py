"""The log as the settings of the command line and of the worker tell it."""

from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from domain.envelope import Algorithm
from eventlog.database import Database, SealCipher
from eventlog.masterkey import MasterKey
from eventlog.witness import Witness


class LogSettings(Protocol):
    """What must be known to open the log."""

    @property
    def database(self) -> str:
        """The URL of the log's database."""

    @property
    def headquarters(self) -> str:
        """Whose log it is."""

    @property
    def home(self) -> Path:
        """The data directory, which remembers how far the log reached."""

    @property
    def hash_algorithm(self) -> Algorithm:
        """Digest of what is appended."""

    @property
    def seal_with(self) -> SealCipher:
        """Cipher of new secrets."""

    @property
    def master_key(self) -> SecretStr | None:
        """The master key itself."""

    @property
    def master_key_command(self) -> str | None:
        """A command that prints it."""

    @property
    def master_key_place(self) -> Path:
        """A file that holds it."""


def open_log(settings: LogSettings, url: str | None = None) -> Database:
    """The log, or a copy of it that lies elsewhere; nothing is opened before the first use."""
    key = MasterKey(
        command=settings.master_key_command,
        text=settings.master_key.get_secret_value() if settings.master_key else None,
        file=settings.master_key_place,
    )
    return Database(
        url or settings.database,
        settings.hash_algorithm,
        master_key=key,
        seal_with=settings.seal_with,
        witness=Witness(settings.home),
        headquarters=settings.headquarters,
    )
