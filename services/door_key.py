"""The key of the door in a home: what proves that an order came through the door."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from eventlog.durable import create_durably
from settings import DOOR_KEY

if TYPE_CHECKING:
    from settings import Settings


def make_door_key(home: Path) -> None:
    """A fresh key in the home, unless it has one; nobody ever reads half a key."""
    if not (home / DOOR_KEY).exists():
        create_durably(home / DOOR_KEY, f"{secrets.token_hex(32)}\n".encode())


def keep_door_key(settings: "Settings") -> None:
    """Make the key of a home that has none and is told no other; for its owner's eyes alone."""
    if settings.door_key is None and settings.door_key_file is None and settings.home.is_dir():
        make_door_key(settings.home)
