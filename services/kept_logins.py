"""Where `xmh login` keeps what it was given: a file for its owner alone, by the server it is good for."""

import stat
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from domain.base import Frozen, Refusal, refuse
from eventlog.durable import make_folder, write_durably
from sheets.file_errors import unwritable_file


class KeptLogin(Frozen):
    """A token, whose it is, and how long it holds."""

    token: str
    person: str
    id: str
    until: datetime

    def __repr__(self) -> str:
        """Without the token."""
        return f"KeptLogin({self.person}, {self.id})"


_LOGINS = TypeAdapter(dict[str, KeptLogin])


def kept_login(place: Path, server: str) -> KeptLogin | None:
    """What opens this server, if somebody logged in there.

    Raises:
        Refusal: `malformed`: others may read the file, or it is none of ours.
    """
    return _all(place).get(server)


def keep_login(place: Path, server: str, login: KeptLogin) -> None:
    """Keep it in place of what was kept for this server.

    Raises:
        Refusal: `malformed`; `unwritable`.
    """
    _write(place, {**_all(place), server: login})


def forget_login(place: Path, server: str) -> None:
    """Nothing is kept for this server any more.

    Raises:
        Refusal: `malformed`; `unwritable`.
    """
    kept = _all(place)
    if kept.pop(server, None) is not None:
        _write(place, kept)


def _all(place: Path) -> dict[str, KeptLogin]:
    try:
        mode = stat.S_IMODE(place.stat().st_mode)
        refuse(bool(mode & 0o077), f"登录文件 {place} 别人也能读，请运行 chmod 600 {place} 并重新登录", "malformed")
        return _LOGINS.validate_json(place.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise Refusal(f"登录文件 {place} 读不出来，请删去这个文件后重新登录", "malformed") from error


def _write(place: Path, kept: dict[str, KeptLogin]) -> None:
    try:
        make_folder(place.parent)
        write_durably(place, _LOGINS.dump_json(kept, indent=1))
    except OSError as error:
        raise unwritable_file(place, error) from error
