"""`POST /imports`: a whole list of matters in one request, opened row after row, each row with its own answer."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header, Request
from pydantic import BaseModel, Field, ValidationError

from domain.base import Refusal, refuse
from domain.bounds import named
from domain.commands import OpenMatter
from eventlog.errors import LogError
from services.unreachable import Unreachable
from web.api.commands import OPENING, carried_out
from web.api.common import api_router, caller_of
from web.problems import explained
from web.service import service_of

if TYPE_CHECKING:
    from web.guards import Caller
    from web.service import WebService

router = api_router("commands")
MOST_ROWS = 200
LONGEST_KEY = 120
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="整份清单的编号；第n行的命令编号是它加“/n”，重复提交不会重复立项"),
]


class ImportBody(BaseModel):
    """The rows, in the order their matters are to be numbered."""

    matters: Annotated[list[Any], Field(min_length=1, max_length=MOST_ROWS)]
    """Each as the body of `POST /matters`."""


class ImportedRow(BaseModel):
    """What became of one row: the matter, or why not."""

    row: int
    """From 1."""
    matter: str | None = None
    code: str | None = None
    message: str | None = None


class ImportedList(BaseModel):
    """What became of all rows; `opened` counts those that have their matter, now or from an earlier request."""

    opened: int
    rows: list[ImportedRow]


@router.post("/imports")
async def import_list(request: Request, body: ImportBody, key: Key = None) -> ImportedList:
    """Open them; a row that is refused keeps no other from its matter.

    Where the log stops answering, the rows from there on are not tried: the same request again goes on with them.
    """
    service, caller = service_of(request), caller_of(request)
    if key is None:
        raise Refusal("缺少 Idempotency-Key，请为整份清单取一个编号，重复提交时用同一个", "malformed")
    refuse(len(named(key)) > LONGEST_KEY, f"清单的编号最长 {LONGEST_KEY} 个字", "malformed")
    rows = list[ImportedRow]()
    away: Exception | None = None
    for no, matter in enumerate(body.matters, start=1):
        if away is None:
            row, away = await _opened(service, caller, matter, no, f"{key}/{no}")
            rows.append(row)
        else:
            rows.append(_told(no, away, service))
    return ImportedList(opened=sum(row.matter is not None for row in rows), rows=rows)


async def _opened(
    service: "WebService", caller: "Caller", matter: Any, no: int, command_id: str
) -> tuple[ImportedRow, Exception | None]:
    """What became of one row, and what keeps all further ones from being tried."""
    try:
        body = OPENING.model_validate(matter)
        answer = await carried_out(service, caller, OpenMatter, body, None, command_id)
    except (Refusal, ValidationError) as error:
        return _told(no, error, service), None
    except (Unreachable, LogError) as error:
        return _told(no, error, service), error
    return ImportedRow(row=no, matter=answer["matter"]), None


def _told(no: int, error: Exception, service: "WebService") -> ImportedRow:
    details = explained(error, service)
    return ImportedRow(row=no, code=details.code, message=details.message)
