"""One run of `xmh`: where the home is, who acts, how to answer, and how it ends.

Exit codes: 0 done, 1 found wrong (or a bug), 2 malformed, 3 refused by a rule, 4 not found, 5 a service is unreachable,
6 sign in first.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cli.terminal import show, show_json, tell
from domain.base import Refusal
from domain.bounds import seen
from views.codes import MALFORMED, NOT_FOUND, UNAUTHENTICATED, UNREACHABLE

if TYPE_CHECKING:
    from domain.envelope import Actor
    from domain.office import Directory
    from domain.sight import Reader
    from eventlog.database import Database
    from eventlog.reading import PersonOnRecord
    from services.remote import RemoteServer
    from settings import Settings
    from views.rights import Rights
    from views.viewer import Viewer


class Exit(IntEnum):
    """What the shell sees."""

    DONE = 0
    FOUND_WRONG = 1
    """The verdict of a command that looks for what is wrong, and says so in its help."""
    UNEXPECTED = 1
    """A bug: whatever else goes wrong has a code of its own."""
    MALFORMED = 2
    REFUSED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    SIGN_IN = 6
    INTERRUPTED = 130
    """Ctrl-C, as every program of the shell ends by it."""


CODES = {
    **dict.fromkeys(MALFORMED, Exit.MALFORMED),
    **dict.fromkeys(NOT_FOUND, Exit.NOT_FOUND),
    **dict.fromkeys(UNREACHABLE, Exit.UNREACHABLE),
    **dict.fromkeys(UNAUTHENTICATED, Exit.SIGN_IN),
    "interrupted": Exit.INTERRUPTED,
    "unexpected": Exit.UNEXPECTED,
}
"""Refusal code → exit code; every other code is a rule's, exit 3."""


class Problem(Exception):  # noqa: N818  (a message for the person, not a fault)
    """One line for the person, a stable code and an exit code; `more` are further JSON keys."""

    def __init__(self, message: str, code: str, exit_code: Exit | None = None, **more: Any) -> None:
        """Keep the message; the exit code follows from the code unless given."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.exit_code = CODES.get(code, Exit.REFUSED) if exit_code is None else exit_code
        self.more = more


@dataclass
class Session:
    """What the shared options said."""

    home: str | None = None
    config: str | None = None
    headquarters: str | None = None
    actor_id: str | None = None
    for_person: str | None = None
    json: bool = False
    yes: bool = False
    command_id: str | None = None
    secret: bool = False
    advice: list[str] = field(default_factory=list)
    """What good practice would have had of the commands of this run, to be said with the answer."""
    advised: dict[str, list[str]] = field(default_factory=dict)
    """The advice about one matter, by its number: in a list of answers it stands with that matter."""
    dates: dict[str, str] = field(default_factory=dict)
    """Days and moments as they were said in this run, and as they were understood."""

    def understood(self, text: str, meant: "date | datetime") -> None:
        """Keep what a day or moment was understood as, to be echoed; what was written out needs no echo."""
        from domain.calendar import SHANGHAI

        if isinstance(meant, datetime) and meant.tzinfo is not None:
            meant = meant.astimezone(SHANGHAI).replace(tzinfo=None)
        written = meant.isoformat(timespec="minutes") if isinstance(meant, datetime) else meant.isoformat()
        if text.strip() not in (written, meant.isoformat()):
            self.dates[text.strip()] = meant.isoformat()

    def echo(self) -> None:
        """Say on stderr how days were understood, once; with `--json` the answer holds it."""
        from domain.queries.spoken import said_date_or_moment

        if not self.json:
            for text, meant in self.dates.items():
                tell(f"“{seen(text)}”即 {said_date_or_moment(meant)}")
            self.dates = {}

    @cached_property
    def settings(self) -> "Settings":
        """Settings, with `--home` and `--as` over environment and file."""
        if self.home:
            os.environ["XMH_HOME"] = self.home
        if self.config:
            os.environ["XMH_CONFIG"] = self.config
        if self.headquarters:
            os.environ["XMH_HEADQUARTERS"] = self.headquarters
        if self.actor_id:
            os.environ["XMH_ACTOR"] = self.actor_id
        from settings import Settings

        return Settings()

    @cached_property
    def database(self) -> "Database":
        """The log. Nothing is opened before it is read.

        Raises:
            Problem: there is no log yet.
        """
        from eventlog.configured import open_log

        self.need_machine()
        self.check_headquarters()
        url = self.settings.database
        path = Path(url.removeprefix("sqlite:///"))
        if url.startswith("sqlite:") and not path.exists():
            raise Problem(f"数据目录 {self.settings.home} 里还没有事件日志，请先运行 xmh up", "unreachable")
        database = open_log(self.settings)
        token = self.settings.token.get_secret_value().strip() if self.settings.token is not None else ""
        if token:
            self._bear(database, token)
        if "actor" in self.settings.model_fields_set:
            self._known(database)
        return database

    def _bear(self, database: "Database", token: str) -> None:
        """Act as whose token it is, or who signed in so, and sign for him.

        Raises:
            Problem: it is none, or does not hold (exit 6); `--as` names another (exit 3).
        """
        from services.accounts import bearer_of
        from services.signing_in import session_id, signed_in
        from services.vouching import session_vouch, token_vouch

        moment, home = datetime.now(UTC), self.settings.home
        bearer = bearer_of(database, token, moment)
        entered = signed_in(database, token, moment) if bearer is None else None
        if bearer is not None:
            person, kept = bearer
            vouch = token_vouch(home, kept.id, kept.scope)
        elif entered is not None:
            own, person = entered
            vouch = session_vouch(home, session_id(own), own.created_at)
        else:
            line = "令牌或登录无效、过期或已收回，请重新登录（xmh access sign-in）或签发令牌（xmh access token）"
            raise Problem(line, "unauthenticated")
        if "actor" in self.settings.model_fields_set and self.settings.actor != person.id:
            whose = "令牌" if bearer is not None else "登录"
            raise Problem(f"{whose}是 {person.id} 的，不能以 {self.settings.actor} 的身份办理", "forbidden")
        self.settings.actor = person.id
        database.vouch = vouch

    @cached_property
    def remote(self) -> "RemoteServer | None":
        """The server that is asked instead of this home; None as long as none is set.

        Raises:
            Refusal: what is set will not do.
        """
        settings = self.settings
        if settings.server is None:
            return None
        from domain.base import refuse
        from services.remote import RemoteServer

        named = self.actor_id is not None or self.for_person is not None
        refuse(named, "已设 XMH_SERVER，身份以令牌为准，请去掉 --as 和 --for-person", "malformed")
        server = RemoteServer(settings.server, self._token_of_server(settings.server))
        refuse(not server.has_token, f"请先登录：xmh login（服务器 {server.address}）", "unauthenticated")
        return server

    def _token_of_server(self, server: str) -> str | None:
        """The token that is set, or that `xmh login` was given; None when there is none that may still hold."""
        set_ = self.settings.token.get_secret_value().strip() if self.settings.token is not None else ""
        if set_:
            return set_
        from services.kept_logins import kept_login

        kept = kept_login(self.settings.logins, server.strip().rstrip("/"))
        return kept.token if kept is not None and kept.until > datetime.now(UTC) else None

    def need_machine(self) -> None:
        """Refuse what is about this machine where another one is asked: it would answer of a home nobody means.

        Raises:
            Problem: `needs_machine`.
        """
        if self.remote is not None:
            line = f"已设 XMH_SERVER（{self.remote.address}），这条命令（或这个选项）只能在服务器上用"
            raise Problem(line, "needs_machine")

    def check_headquarters(self) -> None:
        """Refuse a code nobody has here; where the log is on a server, the server is asked.

        Raises:
            Refusal: `not_found`, or `half_founded`: it was begun and not finished.
        """
        from domain.headquarters import FIRST_HEADQUARTERS

        code = self.settings.headquarters
        if code != FIRST_HEADQUARTERS:
            from services.headquarters import known_headquarters

            known_headquarters(self.settings.installation, code)

    def _known(self, database: "Database") -> "PersonOnRecord":
        """Who was named by `--as`; a read must not answer as if he existed.

        Raises:
            Problem: nobody of that id is in the directory (exit 4).
        """
        from eventlog import reading

        person = reading.person(database, self.settings.actor)
        if person is None:
            raise Problem(f"通讯录里没有编号为 {self.settings.actor} 的人员，请用 xmh org list 查看", "not_found")
        return person

    @cached_property
    def actor(self) -> "Actor":
        """Who acts, as the directory knows him; with `--for-person` under a 授权 of that person.

        Raises:
            Problem: nobody of that id is in the directory (exit 4), or he left (exit 3).
            Refusal: he has no such 授权 (exit 3).
        """
        from domain.envelope import Actor

        if self.remote is not None:
            me = self.remote.read("/me")
            return Actor.model_validate({"id": me["person"], "role": me["role"], "unit": me["unit"]})
        person = self._known(self.database)
        if person.left_at is not None:
            raise Problem(f"{person.name}（{person.id}）已离任，不能再办理", "actor_left")
        actor = Actor(id=person.id, role=person.role, unit=person.unit)
        if self.for_person is None:
            return actor
        from domain.calendar import local_date
        from domain.rules.delegation import acting_under

        giver = self.person(self.for_person)
        return acting_under(self.directory(), actor, giver, local_date(datetime.now(UTC)))

    @property
    def viewer(self) -> "Viewer":
        """Who looks at the log in this run, at this moment.

        Raises:
            Problem: as `actor`.
        """
        from domain.terms import Role
        from views.viewer import Viewer

        # The office's own machine opens them to whoever has its key; an auditor reads only what was opened to him.
        noted = self._note_words if self.actor.role is Role.AUDITOR else None
        return Viewer(self.database, self.actor, datetime.now(UTC), on_words=noted)

    def _note_words(self, stream: str) -> None:
        """Put on record that an auditor is shown a matter's sealed words."""
        from domain.envelope import Via
        from services.reading_record import record_words_read
        from services.vouching import service_vouch

        self.database.vouch = self.database.vouch or service_vouch(self.settings.home, Via.CLI)
        record_words_read(self.database, self.actor.id, stream, datetime.now(UTC))

    @cached_property
    def reader(self) -> "Reader":
        """Who reads, with what he may read today.

        Raises:
            Problem: as `actor`.
        """
        return self.viewer.reader

    @property
    def rights(self) -> "Rights":
        """What who reads may see of the log.

        Raises:
            Problem: as `actor`.
        """
        return self.viewer.rights

    def directory(self) -> "Directory":
        """The directory of this moment, with its posts and delegations."""
        from views.viewer import directory_of

        return directory_of(self.database)

    def person(self, name: str, *, former: bool = False) -> "PersonOnRecord":
        """The person meant by id or full name; of those who have left only where what was is asked for.

        Raises:
            Problem: none (exit 4), or several of that name (exit 2).
        """
        from eventlog import reading

        if self.remote is not None:
            if former:
                self.need_machine()
            listed = self.remote.read("/directory")["people"]
            people = tuple(reading.PersonOnRecord.model_validate(one) for one in listed)
        else:
            people = reading.people(self.database, former=former)
        matching = [p for p in people if p.id == name] or [p for p in people if p.name == name]
        if not matching:
            raise Problem(f"通讯录里没有“{name}”，请用 xmh org list 查看人员编号", "not_found")
        if len(matching) > 1:
            shown = "、".join(f"{p.id}（{p.unit}）" for p in matching)
            raise Problem(f"有{len(matching)}位“{name}”，请写人员编号：{shown}", "ambiguous")
        return matching[0]

    @property
    def asks(self) -> bool:
        """Whether a person sits at the terminal and wants to be asked."""
        return not self.yes and not self.json and sys.stdin.isatty() and sys.stdout.isatty()


session = Session()


def answer(document: Any, text: str) -> None:
    """Show this run's answer: one JSON document with `--json`, else plain Chinese; with how days were understood."""
    session.echo()
    advice = list(dict.fromkeys(session.advice))
    if session.dates and isinstance(document, dict):
        document = {**document, "understood": session.dates}
    if advice and isinstance(document, dict):
        document = {**document, "advice": advice}
    if session.json:
        show_json(json.dumps(document, ensure_ascii=False, default=str))
    else:
        show("\n".join([text, *(f"提示：{line}" for line in advice)]))


def fail(problem: Problem) -> NoReturn:
    """Say what is wrong in one line and end this run with its exit code."""
    message = seen(problem.message)
    if session.json:
        document = {"error": {"code": problem.code, "message": message, **problem.more}}
        with suppress(OSError):  # the disk the output goes to is full; the exit code still tells
            show_json(json.dumps(document, ensure_ascii=False, default=str))
    else:
        tell(f"错误：{message}")
    raise SystemExit(problem.exit_code)


def problem_of(refusal: Refusal) -> Problem:
    """A rule's refusal as the command line says it: rules know people by id, who reads it knows them by name."""
    return Problem(people_said(refusal.message), refusal.code)


def people_said(message: str) -> str:
    """A message with the people of the directory by name; commands and what was typed stay as they are."""
    from eventlog.errors import LogError
    from views.wording import names_instead_of_ids

    try:
        return names_instead_of_ids(message, lambda: session.database)
    except (Problem, Refusal, LogError):  # no log to ask: the id tells more than nothing
        return message
