"""A form as it is shown, also again: with what was typed or kept of it, and what was wrong."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from domain.base import FieldRefusal
from domain.bounds import is_command_id
from eventlog.autosaves import autosave_of
from web.pages.drafts import clock_of
from web.pages.submitting import Given, told_on_page

if TYPE_CHECKING:
    from web.pages.rendering import Visitor
    from web.service import WebService


def refilled(
    service: "WebService",
    visitor: "Visitor",
    form: str,
    given: Given,
    error: Exception | None = None,
    marks: Iterable[str] = (),
) -> tuple[int, dict[str, Any]]:
    """The status of the page, and what the template of every form knows.

    Args:
        service: the log.
        visitor: who fills it in.
        form: under which key it is kept (`drafts`).
        given: what was sent; before anything was, what the address says.
        error: why it was not taken.
        marks: fields that say what of the log was seen; they begin anew when it moved meanwhile (`precondition`).
    """
    explained = told_on_page(error, service) if error is not None else None
    saved = autosave_of(service.database, visitor.person.id, form, service.now)
    restored = saved.saved_at is not None and "command" not in given.fields
    typed = dict(given.fields)
    if restored:
        typed = {**saved.fields, **{name: value for name, value in typed.items() if value}}
    anew = {"command_id_reused": ("command",), "precondition": tuple(marks)}
    for name in anew.get(explained.code, ()) if explained else ():
        typed.pop(name, None)
    return explained.status if explained else 200, {
        "given": Given(typed),
        "version": typed.get("version") or saved.version,
        "restored": clock_of(saved.saved_at) if restored and saved.saved_at else None,
        "command": sent if is_command_id(sent := typed.get("command", "")) else uuid4().hex,
        "fault": explained.message if explained else None,
        "wrong": error.field if isinstance(error, FieldRefusal) else None,
    }
