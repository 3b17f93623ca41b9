"""What every form has in common: its fields, the command it becomes, and what becomes of it when the session ended.

A form is one command however often its button is pressed: it carries the command's id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from domain import commands as c
from domain.base import FieldRefusal, Refusal, refuse
from domain.bounds import named, seen
from domain.envelope import OnBehalf, Provenance, Via
from domain.facts import Attachment
from domain.ids import matter_stream
from domain.order import OrderBase
from eventlog.uploads import uploads_of
from services.attaching import take_in_of
from services.orders import matter_order
from services.unreachable import Unreachable
from services.vouching import signed
from views.viewer import actor_of
from views.wording import without_options
from web.asking import the_matter, whole_number
from web.guards import MOST_BODY
from web.pages.rendering import PasswordTooOldError, SessionEndedError, SignInNeededError, Visitor, visitor_of
from web.problems import ProblemDetails, explained
from web.service import service_of

if TYPE_CHECKING:
    from eventlog.database import Database
    from intake.opening import Opening
    from web.service import WebService
    from workflows.contract import Reply

OrderKind = TypeVar("OrderKind", bound=OrderBase)
MOST_FIELDS = 3000
OTHERS = "这份内容是另一位用户在这台电脑上填写的，没有提交；请他本人登录后再交"
MOST_FILES_AT_ONCE = 20
MOST_SHARE = 100


@dataclass(frozen=True)
class Given:
    """What a form holds, by the names of its fields."""

    fields: Mapping[str, str]
    uploads: Sequence[tuple[str, UploadFile]] = ()
    """Files that came with it and are not taken in yet, each by its field."""

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


async def sent_form(request: Request, *, files: bool = False) -> tuple[Visitor, Given]:
    """Who sends a form, and what stands in it.

    Raises:
        SessionEndedError: nobody is signed in any more, or his password ran out; what was typed is in it.
        Refusal: `others`: somebody else typed it, who was signed in at this browser before; as `_with_files`.
    """
    if files:
        given = await _with_files(request)
    else:
        given = _given(await request.form(max_files=0, max_fields=MOST_FIELDS))
    request.state.typed = given  # whatever goes wrong from here on, it goes back to who typed it
    try:
        visitor = await service_of(request).ask(visitor_of, request)
    except SignInNeededError:
        raise SessionEndedError(given.fields, files=bool(given.uploads)) from None
    except PasswordTooOldError:
        raise SessionEndedError(given.fields, files=bool(given.uploads), password=True) from None
    refuse(given["who"] not in ("", visitor.person.id), OTHERS, "others")
    return visitor, given


async def _with_files(request: Request) -> Given:
    """The fields of a form that may bring files; what is large is read only when somebody who is signed in sends it.

    Raises:
        Refusal: `unauthenticated`: nobody is signed in, and the files are too large to be kept on the page.
    """
    length = request.headers.get("content-length")
    if length is None or int(length) > MOST_BODY:
        try:
            await service_of(request).ask(visitor_of, request)
        except SignInNeededError:
            line = "登录已过期，附件没有收下。请按浏览器的返回键回到填写的页面，在另一窗口登录后再提交"
            raise Refusal(line, "unauthenticated") from None
    return _given(await request.form(max_files=MOST_FILES_AT_ONCE, max_fields=MOST_FIELDS))


def _given(form: FormData) -> Given:
    files = [(name, one) for name, one in form.multi_items() if isinstance(one, UploadFile) and one.filename]
    return Given({name: value for name, value in form.items() if isinstance(value, str)}, files)


async def handed_in(service: "WebService", visitor: Visitor, given: Given) -> tuple[Given, dict[str, str]]:
    """Take in the files of a form: the form with each as `field.digest` = name, and by field why one was not taken."""
    fields, faults = dict(given.fields), dict[str, str]()
    for name, upload in given.uploads:
        what = (visitor.person.id, upload.file, upload.filename, service.now)
        try:
            kept = await service.ask(take_in_of, service.settings, service.database, *what)
        except (Refusal, Unreachable) as error:
            faults[name] = told_on_page(error, service).message
        else:
            fields[f"{name}.{kept.sha256}"] = kept.name
    return Given(fields), faults


def files_in(database: "Database", person: str, given: Given, field: str, now: datetime) -> tuple[Attachment, ...]:
    """The files a form names in a field, of those its person handed in.

    Raises:
        FieldRefusal: it names another.
    """
    named = given.of(field).fields
    known = {(one.sha256, one.name): one for one in uploads_of(database, person, now)} if named else {}
    gone = [name for digest, name in named.items() if (digest, name) not in known]
    if gone:
        raise FieldRefusal(field, f"附件“{seen(gone[0])[:40]}”已不在，请去掉后重新上传")
    return tuple(known[key] for key in named.items())


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
    problem = explained(error, service)
    return replace(problem, message=without_options(problem.message))


async def carry_out(  # noqa: PLR0913  (what an order says)
    service: "WebService",
    visitor: Visitor,
    no: str | None,
    command: c.MatterCommand,
    command_id: str,
    *,
    secret: bool = False,
    behalf: OnBehalf | None = None,
    opening: "Opening | None" = None,
) -> "Reply":
    """Carry it out, once however often it is sent; on a matter, or of none to open one, which a list's row may name.

    Raises:
        Refusal: a rule said no.
        Unreachable: no answer in time.
    """

    def order() -> c.Order:
        stream = the_matter(visitor.viewer, no).stream if no else matter_stream(command_id)
        made = matter_order(
            service.database,
            opening.stream if opening else stream,
            command,
            actor=actor_of(visitor.person).model_copy(update={"on_behalf_of": behalf}),
            command_id=named(command_id),
            now=service.now,
            occurred_at=opening.occurred_at if opening else None,
            secret=secret,
        )
        return vouched(service, visitor, made)

    return await service.submit(await service.ask(order))


def vouched(service: "WebService", visitor: Visitor, made: OrderKind) -> OrderKind:
    """An order with the proof of whose session gave it."""
    session = visitor.session
    proven = Provenance(via=Via.WEB, credential=session.digest[:16], auth_time=session.proven_at)
    return made.model_copy(update={"signed": signed(service.settings.home, made, proven)})
