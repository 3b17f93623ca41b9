"""Templates, and what every page of a signed-in person knows."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from documents.wording import numeral
from domain.access.terms import AccountState
from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.queries.spoken import said_date
from domain.terms import Light, Role, Stage, progress_said
from eventlog.access import ABSOLUTE
from eventlog.reading import newest_event
from eventlog.security_keys import has_keys, keys_of
from services.security_keys import answer_asked
from services.signing_in import password_is_too_old, signed_in
from views.viewer import Viewer, actor_of
from views.wording import names_instead_of_ids, without_options
from web.labels import BY_HAND
from web.pages.printing import viewed_as
from web.service import service_of
from web.statuses import TITLES, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eventlog.access import BrowserSession
    from eventlog.reading import PersonOnRecord
    from web.service import WebService

COOKIE = "__Host-xmh"
MOST_ROWS = 500
"""Of a list on one page; the rest is one step away, so that no page weighs more than a slow line carries."""
LONGEST_WAY = 2000
"""Characters of an address one is led back to."""
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"), undefined=StrictUndefined, autoescape=True
)


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


_TEMPLATES.filters["moment"] = _moment
_TEMPLATES.filters["stage"] = lambda value: Stage(value).label  # type: ignore[call-arg]
_TEMPLATES.filters["light"] = lambda value: f"{Light(value).label}灯"  # type: ignore[call-arg]
_TEMPLATES.filters["role"] = lambda value: Role(value).label  # type: ignore[call-arg]
_TEMPLATES.filters["account"] = lambda value: AccountState(value).label  # type: ignore[call-arg]
_TEMPLATES.filters["reason"] = lambda text: text.partition(":")[2] or text
_TEMPLATES.filters["on_page"] = without_options
_TEMPLATES.globals["progress_said"] = progress_said
_TEMPLATES.globals["said_date"] = said_date
_TEMPLATES.globals["numeral"] = numeral
_TEMPLATES.globals["viewed_as"] = viewed_as
_TEMPLATES.globals["called"] = BY_HAND


def address(path: str, /, **asked: str | None) -> str:
    """An address with what it asks; what is empty is not asked."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path


_TEMPLATES.globals["address"] = address


def most_rows(*, whole: bool) -> int | None:
    """How many rows of a list a page shows; None is all, when they are asked for."""
    return None if whole else MOST_ROWS


@dataclass(frozen=True)
class Visitor:
    """Who is signed in, and by which session."""

    viewer: Viewer
    person: "PersonOnRecord"
    session: "BrowserSession"
    day: date | None
    """The past day that is shown, when nothing can be done."""
    position: int
    """How far the log went when he asked: what moves later, his page is told."""
    oidc: bool
    """Whether he may prove himself by an identity provider."""
    key: str | None
    """What his browser needs to have his security key sign; None of who has none."""

    def renewed(self, service: "WebService", cookie: str) -> "Visitor":
        """The same person under the cookie his session goes on with."""
        return visitor_by(service, cookie)

    def page(self, here: str, template: str, status: int = 200, /, **values: Any) -> Response:
        """A page of his, under one of the main pages (`here`)."""
        own = {"here": here, "person": self.person, "day": self.day, "at": self.position}
        own |= {"oidc": self.oidc, "key": self.key}
        return page(template, status, **{**own, **values})

    def refused(self, here: str, refusal: Refusal) -> Response:
        """The page that says in one line why there is no other: of what is not there, or cannot be asked so."""
        status = status_of(refusal.code)
        message = names_instead_of_ids(refusal.message, lambda: self.viewer.database)
        return self.page(here, "message.html", status, title=TITLES[status], message=without_options(message))


class SignInNeededError(Exception):
    """Nobody is signed in: whoever asked is led to the sign-in and back."""


class PasswordTooOldError(Exception):
    """Whoever asks came in by a password that had run out: he changes it before anything else."""


class SessionEndedError(Exception):
    """A form came after its session ended, or its person's password: all that was typed goes back to its page."""

    def __init__(self, fields: "Mapping[str, str]", *, files: bool, password: bool = False) -> None:
        """Keep what stood in it, whether files came with it, and whether it is the password that ran out."""
        super().__init__()
        self.fields = fields
        self.files = files
        self.password = password


def page(template: str, status: int = 200, /, **values: Any) -> Response:
    """A page of a template; whatever stands in it is text."""
    return HTMLResponse(filled(template, values), status)


def filled(template: str, values: "Mapping[str, Any]") -> str:
    """The text of a page."""
    return _TEMPLATES.get_template(template).render(values)


def visitor_of(request: Request, *, used: bool = True) -> Visitor:
    """Who is signed in; what a page asks by itself (`X-Live`) is no use of the session.

    Raises:
        SignInNeededError: nobody, or no more. PasswordTooOldError: his password had run out as he came in.
    """
    visitor = visitor_to_change(request, used=used)
    if password_is_too_old(visitor.viewer.database, visitor.person.id, visitor.session.created_at):
        raise PasswordTooOldError
    return visitor


def is_looked_at(request: Request, visitor: Visitor) -> bool:
    """Whether the answer comes before somebody's eyes: not what a page asks by itself, nor HEAD, nor a past day."""
    return visitor.day is None and "x-live" not in request.headers and not hasattr(request.state, "head")


def visitor_to_change(request: Request, *, used: bool = True) -> Visitor:
    """The same, also of somebody who is to change his password before anything else.

    Raises:
        SignInNeededError: nobody, or no more.
    """
    used = used and "x-live" not in request.headers
    visitor = visitor_by(service_of(request), request.cookies.get(COOKIE, ""), used=used)
    request.state.person = visitor.person.id
    return visitor


def visitor_by(service: "WebService", cookie: str, *, used: bool = True) -> Visitor:
    """Whose session a cookie opens.

    Raises:
        SignInNeededError: nobody's, or no more.
    """
    known = signed_in(service.database, cookie, service.now, used=used) if cookie else None
    if known is None:
        raise SignInNeededError
    session, person = known
    position, _ = newest_event(service.database)
    oidc = service.identity is not None
    key = key_asked(service, person.id)
    return Visitor(service.viewer(actor_of(person)), person, session, service.day, position, oidc, key)


def key_asked(service: "WebService", person: str | None = None) -> str | None:
    """What a browser needs to have a security key sign; None where none is used: of this person, or of anybody.

    It says nothing of whose keys: at the sign-in nobody learns who has one.
    """
    place = service.keys_at
    if place is None or not (keys_of(service.database, person) if person else has_keys(service.database)):
        return None
    return answer_asked(place, service.settings.door, service.now)


def set_session(answer: Response, cookie: str) -> Response:
    """Let the browser have the cookie of a session."""
    answer.set_cookie(
        COOKIE, cookie, max_age=int(ABSOLUTE.total_seconds()), path="/", secure=True, httponly=True, samesite="lax"
    )
    return answer


def to_sign_in(request: Request) -> Response:
    """The way to the sign-in, and back to where one was, with what was asked there, when that was a page."""
    query = request.scope["query_string"].decode("ascii", "replace")
    asked = quote(request.scope["path"]) + (f"?{query}" if query else "")
    back = asked if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={quote(own_path(back))}", 303)


def sign_in_again(request: Request, ended: SessionEndedError) -> Response:
    """The session, or the password, ended while somebody typed: all of it is on the page, to be sent once more."""
    return typed_again(request, "sign_in_again.html", 401, ended.fields, files=ended.files, password=ended.password)


def typed_again(
    request: Request, template: str, status: int, given: "Mapping[str, str]", /, *, files: bool, **values: Any
) -> Response:
    """A page that gives back all that was typed, to be sent once more to where it went; passwords are typed anew."""
    from web.pages.giving_back import PASSWORDS, words_typed  # it knows every form, and every form knows this module

    query = request.url.query
    action = request.url.path + (f"?{query}" if query else "")
    words = words_typed(request.scope["route"].path, request.path_params.get("do", ""), given)
    kept = {name: value for name, value in given.items() if name not in PASSWORDS}
    return page(template, status, action=action, given=kept, words=words, files=files, **values)


def own_path(text: str) -> str:
    """Where to go on after signing in: a page of ours, nobody else's."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if plain and len(text) <= LONGEST_WAY else "/"
