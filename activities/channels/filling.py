"""Texts with gaps: `{email}` is the message's own, `${NAME}` comes from the environment."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from activities.channels.port import NoAddressError
from domain.notices.digest import Message
from domain.office import Person

_GAP = re.compile(r"\{(person|name|phone|email|id|subject|text)\}")
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MISSING = {"phone": "手机号", "email": "邮箱"}


def values_of_gaps(message: Message, person: Person) -> dict[str, str | None]:
    """What stands for each gap of a channel's text in one message."""
    return {
        "person": person.id,
        "name": person.name,
        "phone": person.phone,
        "email": person.email,
        "id": message.id,
        "subject": message.subject,
        "text": message.text,
    }


def fill_gaps(template: str, values: Mapping[str, str | None], *, in_url: bool = False) -> str:
    """A channel's text with its gaps filled from the message; in an address each value is quoted.

    Raises:
        NoAddressError: the person has no phone or no email in the directory.
    """

    def value(match: re.Match[str]) -> str:
        text = values[match[1]]
        if text is None:
            raise NoAddressError(
                f"名录中没有{values['name']}的{_MISSING.get(match[1], match[1])}，请用 xmh org import 补登"
            )
        return quote(text, safe="") if in_url else text

    return _GAP.sub(value, template)


def fill_secrets(template: str, environment: Mapping[str, str], *, in_url: bool = False) -> str:
    """A channel's text with its secrets from the environment. An address that is but one secret is taken as it is.

    Raises:
        KeyError: one is not set, by name.
    """
    whole = _SECRET.fullmatch(template) is not None
    quoted: Callable[[str], str] = (lambda text: quote(text, safe="")) if in_url and not whole else str
    return _SECRET.sub(lambda match: quoted(environment[match[1]]), template)


def secrets_in(template: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets a channel's text takes from the environment, so that they can be kept out of what is logged."""
    return tuple(environment[name] for name in _SECRET.findall(template) if environment.get(name))
