"""By which channel a person is reached: data of the office, per person, else per role, else the default."""

from collections.abc import Mapping
from typing import Literal

from pydantic import field_validator, model_validator

from domain.base import Frozen
from domain.office import Person
from domain.terms import Role

FILE = "file"
"""The channel that is always there: lines of JSON in the home."""


class ChannelSettings(Frozen):
    """One channel. In its texts `{person} {name} {phone} {email} {id} {subject} {text}` are the message's own.

    `${NAME}` is taken from the environment when the channel is opened, so that no password stands in a file.
    """

    kind: Literal["file", "apprise", "http"] = "apprise"
    url: str = ""
    """Where to: an address of the apprise library (邮件, 企业微信, 钉钉, 飞书, webhook) or an HTTP gateway (短信)."""
    fields: dict[str, str | dict[str, str]] = {}
    """HTTP gateway: what is sent, field by field; JSON may have fields within a field."""
    headers: dict[str, str] = {}
    """HTTP gateway: further headers, e.g. its key."""
    encoding: Literal["json", "form"] = "json"
    timeout: float = 10.0
    """Seconds without an answer after which a message counts as not taken."""


class Routing(Frozen):
    """The channels of the office, and which of them reaches whom."""

    channels: dict[str, ChannelSettings] = {}
    default: tuple[str, ...] = (FILE,)
    roles: dict[Role, tuple[str, ...]] = {}
    people: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="before")
    @classmethod
    def _the_file_is_always_there(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        channels = data.get("channels") or {}
        if not isinstance(channels, Mapping):
            raise ValueError("通知渠道须写成 [notices.channels.名称]")  # noqa: TRY004  (pydantic tells a ValueError)
        return {**data, "channels": {FILE: {"kind": "file"}, **channels}}

    @field_validator("roles", mode="before")
    @classmethod
    def _roles_by_either_name(cls, roles: object) -> object:
        if not isinstance(roles, Mapping):
            return roles
        for name in roles:
            if Role.from_label(str(name)) is None:
                known = "、".join(f"{role.value}（{role.label}）" for role in Role if role is not Role.SYSTEM)
                raise ValueError(f"没有角色“{name}”，可填：{known}")
        return {Role.from_label(str(name)): channels for name, channels in roles.items()}

    @model_validator(mode="after")
    def _only_channels_there_are(self) -> "Routing":
        named = {*self.default, *(c for cs in (*self.roles.values(), *self.people.values()) for c in cs)}
        for unknown in sorted(named - self.channels.keys()):
            raise ValueError(f"通知渠道“{unknown}”没有配置，请在 xmh.toml 的 [notices.channels.{unknown}] 中写明")
        for name in self.channels:
            if not name.isidentifier():
                raise ValueError(f"通知渠道的名称“{name}”只能用字母、数字和下划线")
        return self

    def channels_of(self, person: Person) -> tuple[str, ...]:
        """Which channels reach a person; an empty list of his own means that he wants none."""
        own = self.people.get(person.id)
        return own if own is not None else self.roles.get(person.role, self.default)
