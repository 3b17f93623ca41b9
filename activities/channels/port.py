"""The port: take one message for one person, or say why not."""

from typing import Protocol

from domain.notices.digest import Message
from domain.office import Person


class NotTakenError(Exception):
    """The message was not taken, or nobody said that it was: it is sent again, under the same id.

    The reason is one line for the person who looks after the channel. It never holds an address with its password.
    """


class NoAddressError(NotTakenError):
    """The directory holds no address of this person for this channel: his trouble, not the channel's."""


class NoticeChannel(Protocol):
    """A way to reach people. Sending twice under one id must be harmless: the receiver can tell by the id."""

    def send(self, message: Message, person: Person) -> None:
        """Hand the message over and return when the other side has taken it.

        Raises:
            NotTakenError: it was not taken within the channel's time.
        """
