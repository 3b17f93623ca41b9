"""The channels as configured. One that cannot be opened keeps no other from working: it says why, each time."""

from collections.abc import Mapping
from pathlib import Path

from activities.channels.files import FileChannel
from activities.channels.port import NoticeChannel, NotTakenError
from domain.notices.digest import Message
from domain.notices.routing import ChannelSettings, Routing
from domain.office import Person


class ClosedChannel:
    """A channel that could not be opened."""

    def __init__(self, reason: str) -> None:
        """Keep why."""
        self._reason = reason

    def send(self, message: Message, person: Person) -> None:
        """Refuse."""
        del message, person
        raise NotTakenError(self._reason)


def open_channels(routing: Routing, home: Path, environment: Mapping[str, str]) -> dict[str, NoticeChannel]:
    """The channels of the routing by name; one that cannot be opened refuses whatever it is given, and says why."""
    return {name: _opened(settings, home, environment) for name, settings in routing.channels.items()}


def _opened(settings: ChannelSettings, home: Path, environment: Mapping[str, str]) -> NoticeChannel:
    try:
        match settings.kind:
            case "file":
                return FileChannel(home / "notices")
            case "http":
                from activities.channels.gateway import HttpChannel  # noqa: PLC0415  (only who uses it loads it)

                return HttpChannel(settings, environment)
            case "apprise":
                from activities.channels.library import AppriseChannel  # noqa: PLC0415  (half a second to import)

                return AppriseChannel(settings, environment)
    except KeyError as missing:
        return ClosedChannel(f"缺少环境变量 {missing.args[0]}")
    except ValueError as wrong:
        return ClosedChannel(str(wrong))
