"""What every form has in common: its fields, the command it becomes, and what becomes of it when the session ended.

A form is one command however often its button is pressed: it carries the command's id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import Response

from domain import commands as c
from domain.base import Refusal
from domain.bounds import named, seen
from domain.envelope import OnBehalf, Provenance, Via
from domain.ids import matter_stream
from services.orders import matter_order
from services.vouching import signed
from views.wording import without_options
from web.asking import the_matter, whole_number
from web.pages.rendering import Visitor, page
from web.problems import ProblemDetails, explained
from web.service import actor_of

if TYPE_CHECKING:
    from web.service import WebService
    from workflows.contract import Reply

MOST_FIELDS = 3000
MOST_SHARE = 100


class FieldRefusal(Refusal):
    """A refusal that is about one field of a form, named as the form names it."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field beside the line."""
        super().__init__(message, "malformed")
        self.field = field


@dataclass(frozen=True)
class Given:
    """What a form holds, by the names of its fields."""

    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """A field without the space around it; empty when it is not there."""
        return self.fields.get(name, "").strip()

    def of(self, block: str) -> "Given":
        """The fields of one block, whose names begin with its own and a point."""
        begin = f"{block}."
        return Given({n.removeprefix(begin): v for n, v in self.fields.items() if n.startswith(begin)})


@dataclass(frozen=True)
class ResultRow:
    """What became of one of several."""

    no: str
    label: str
    fault: str | None


async def given_of(request: Request) -> Given:
    """The fields of a form, texts only."""
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    return Given({name: value for name, value in form.items() if isinstance(value, str)})


def share_of(field: str, text: str) -> int:
    """A share of a hundred as people type it.

    Raises:
        FieldRefusal: it is none.
    """
    share = whole_number(text.rstrip("%％").strip())
    if share is None or share > MOST_SHARE:
        raise FieldRefusal(field, f"进度“{seen(text)[:20]}”应是 0 至 100 的整数")
    return share


def told_on_page(error: Exception, service: "WebService") -> "ProblemDetails":
    """What an exception tells who reads a page: the line of every entrance, without the options of a command."""
    told = explained(error, service)
    return replace(told, message=without_options(told.message))


async def carry_out(
    service: "WebService",
    visitor: Visitor,
    no: str | None,
    command: c.MatterCommand,
    command_id: str,
    *,
    secret: bool = False,
    behalf: OnBehalf | None = None,
) -> "Reply":
    """Carry it out, once however often it is sent; on a matter, or of none to open one.

    Raises:
        Refusal: a rule said no.
        Unreachable: no answer in time.
    """

    def order() -> c.Order:
        made = matter_order(
            service.database,
            the_matter(visitor.viewer, no).stream if no else matter_stream(command_id),
            command,
            actor=actor_of(visitor.person).model_copy(update={"on_behalf_of": behalf}),
            command_id=named(command_id),
            now=service.now,
            secret=secret,
        )
        session = visitor.session
        proven = Provenance(via=Via.WEB, credential=session.digest[:16], auth_time=session.proven_at)
        return made.model_copy(update={"signed": signed(service.settings.home, made, proven)})

    return await (await service.gateway()).submit(await service.ask(order))


def sign_in_again(request: Request, given: Given) -> Response:
    """The session ended while somebody typed: all of it is on the page, to be sent once more."""
    query = request.url.query
    action = request.url.path + (f"?{query}" if query else "")
    return page("sign_in_again.html", 401, action=action, given=given.fields)
