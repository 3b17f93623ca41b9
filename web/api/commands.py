"""`POST /matters` and `/matters/{no}/commands/{do}`: one route a command, its body the command's own model."""

import re
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import Body, Header, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, create_model

from domain.access.scopes import CLOCK, check_scope
from domain.base import Frozen, Refusal, refuse
from domain.bounds import named, seen
from domain.commands import MatterCommand, OpenMatter, Order
from domain.envelope import Provenance, Via
from domain.facts import UnitRef
from domain.ids import matter_stream
from eventlog import reading
from intake.directory import UnitIndex
from services.answers import answer_document
from services.attaching import check_own_files
from services.handed_over import advice_on, handed_document
from services.orders import matter_order
from services.vouching import signed
from web.api.common import api_router, caller_of
from web.asking import the_matter
from web.service import service_of

if TYPE_CHECKING:
    from web.guards import Caller
    from web.service import WebService
    from workflows.contract import Reply

COMMANDS: tuple[type[Frozen], ...] = tuple(
    kind for kind in get_args(get_args(MatterCommand)[0]) if kind not in CLOCK and kind is not OpenMatter
)
"""What people ask of a matter that is open already."""
BODIES: dict[str, type[Frozen]] = {
    "OpenMatterBody": OpenMatter,
    **{f"{kind.__name__}Body": kind for kind in COMMANDS},
}
"""Name of a body's schema → the command it is checked as."""
LONGEST_VERSION = 40
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='“"v7"”：只在事项仍是这一版时办理，否则 412', max_length=LONGEST_VERSION),
]
KeyHeader = Annotated[str | None, Header(alias="Idempotency-Key", description="命令编号：重复时用同一个，不会重复办理")]


class Answer(BaseModel):
    """How the matter stands after the command."""

    matter: str
    stage: str
    version: int
    light: str
    light_reason: str
    changed: list[str]
    events: list[str]
    advice: list[str] | None = None
    """What good practice would have had of the command."""
    due: date | None = None
    """Of one that was opened."""
    due_rule: str | None = None
    notes: list[str] | None = None
    """What a repeated 立项 says otherwise of a matter that was opened before."""
    unreached: list[dict[str, Any]] | None = None
    """Whom no notice reaches, of one that was opened or assigned."""


class Envelope(BaseModel):
    """What a body may say beside its command."""

    actor: str | None = None
    """Nobody but the token's own person."""
    occurred_at: AwareDatetime | None = None
    secret: bool = False
    """工作秘密: the words are sealed."""


_VERSION = re.compile(r'"?v(\d{1,9})"?')
BESIDE = frozenset(Envelope.model_fields)


router = api_router("commands")


class CommandRoute(APIRoute):
    """Takes a request that is as it should be by the shortest way; of any other FastAPI says what is wrong with it.

    FastAPI works out anew for each request where its parameters come from, which takes longer than to read them.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        at_length, endpoint = super().get_route_handler(), self.endpoint
        body_model: type[BaseModel] = endpoint.__annotations__["body"]
        of_a_matter = "version" in endpoint.__annotations__

        async def handler(request: Request) -> Response:
            headers = request.headers
            plain: dict[str, Any] = {"version": headers.get("if-match")} if of_a_matter else {}
            is_json = headers.get("content-type") == "application/json"
            if not is_json or len(plain.get("version") or "") > LONGEST_VERSION:
                return await at_length(request)
            try:
                body = body_model.model_validate(await request.json())
            except (ValueError, RecursionError):
                return await at_length(request)
            key = headers.get("idempotency-key")
            answer: Response = await endpoint(request, **request.path_params, body=body, key=key, **plain)
            return answer

        return handler


def do_of(kind: type[Frozen]) -> str:
    """What a command is called in an address: its `do`."""
    return str(kind.model_fields["do"].default)


def _add(kind: type[Frozen], path: str) -> None:
    """A route for a command of a matter."""
    body_model = OPENING if kind is OpenMatter else body_of(kind)

    async def handle(
        request: Request, no: str | None, body: Any, key: str | None, version: str | None = None
    ) -> JSONResponse:
        service = service_of(request)
        if no is not None and version is not None:
            await service.ask(_check_version, service, caller_of(request), no, key, version)
        reply = await carried_out(service, caller_of(request), kind, body, no, key)
        return JSONResponse(reply, 201, {"ETag": f'"v{reply["version"]}"'})

    if kind is OpenMatter:

        async def opening(request: Request, body: Annotated[Any, Body()], key: KeyHeader = None) -> JSONResponse:
            return await handle(request, None, body, key)

        endpoint: Any = opening
    else:

        async def acting(
            request: Request, no: str, body: Annotated[Any, Body()], key: KeyHeader = None, version: IfMatch = None
        ) -> JSONResponse:
            return await handle(request, no, body, key, version)

        endpoint = acting
    endpoint.__annotations__["body"] = body_model
    router.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        status_code=201,
        response_model=Answer,
        name=do_of(kind),
        operation_id=f"matter_{do_of(kind)}",
        summary=(kind.__doc__ or "").split("\n")[0],
        route_class_override=CommandRoute,
    )


def body_of(kind: type[Frozen]) -> Any:
    """The command's model with what a body may say beside it; a unit may be said by its id or name."""
    fields: Any = {name: (field.annotation, field.default) for name, field in Envelope.model_fields.items()}
    fields = {name: value for name, value in fields.items() if name not in kind.model_fields}
    for name, field in kind.model_fields.items():
        if field.annotation in BY_NAME:
            fields[name] = (BY_NAME[field.annotation], field)
    model: Any = create_model(f"{kind.__name__}Body", __base__=kind, __doc__=kind.__doc__, **fields)
    # FastAPI takes a model as it is built; one that is built at first use it would build again, with warnings.
    model.model_config["defer_build"] = False
    model.model_rebuild(force=True)
    return model


BY_NAME: dict[Any, Any] = {
    UnitRef: UnitRef | str,
    UnitRef | None: UnitRef | str | None,
    tuple[UnitRef, ...]: tuple[UnitRef | str, ...],
    tuple[UnitRef, ...] | None: tuple[UnitRef | str, ...] | None,
}
"""How a command says units → how a body may."""


@cache
def _units_in(kind: type[Frozen]) -> tuple[str, ...]:
    """Names of the fields in which a command says units."""
    return tuple(name for name, field in kind.model_fields.items() if field.annotation in BY_NAME)


async def carried_out(
    service: "WebService", caller: "Caller", kind: type[Frozen], body: Any, no: str | None, key: str | None
) -> dict[str, Any]:
    """The answer to a command, sent once however often it is posted under its key."""
    key = check_named(caller, body, key)
    order, advice = await service.ask(_order, service, caller, kind, body, no, key)
    reply = await service.submit(order)
    answer = await service.ask(_answered, service, reply, order)
    return {**answer, **({"advice": advice} if advice else {})}


def _answered(service: "WebService", reply: "Reply", order: Order) -> dict[str, Any]:
    """How the matter stands now, and whom no notice reaches."""
    answer = answer_document(service.database, reply)
    more = handed_document(service.database, service.settings.notices, reply, order.command)
    return {**answer, "events": list(reply.events), **more}


def check_named(caller: "Caller", body: Any, key: str | None) -> str:
    """The command's id; whoever the body names is who calls.

    Raises:
        Refusal: `malformed`: no id; `forbidden`: somebody else is named.
    """
    if key is None:
        raise Refusal("缺少 Idempotency-Key，请为每条命令另取一个编号，重复时用同一个", "malformed")
    line = f"令牌是 {caller.actor.id} 的，不能以 {body.actor} 的身份办理"
    refuse(body.actor is not None and body.actor != caller.actor.id, line, "forbidden")
    return named(key)


def _check_version(service: "WebService", caller: "Caller", no: str, key: str | None, version: str) -> None:
    """Refuse a command meant for another version of the matter than there is; one that was carried out is repeated.

    It is looked at before the command is handed on: what comes between the two is the rules' to judge.

    Raises:
        Refusal: `malformed`; `precondition`.
    """
    asked = _VERSION.fullmatch(version.strip())
    if asked is None:
        raise Refusal('If-Match 应写成 "v7"', "malformed")
    stream = the_matter(service.viewer(caller.actor), no).stream
    if key is not None and reading.find_command(service.database, named(key)) is not None:
        return
    newest = reading.stream_head(service.database, stream).version
    refuse(int(asked[1]) != newest, f"{no} 已是第{newest}版，不是第{asked[1]}版，请看过最新情况再办", "precondition")


def _order(
    service: "WebService", caller: "Caller", kind: type[Frozen], body: Any, no: str | None, command_id: str
) -> tuple[Order, list[str]]:
    """The order, signed, and what good practice would have had of its command."""
    fields = body.model_dump(exclude=BESIDE - kind.model_fields.keys())
    fields |= {name: units_said(service, fields[name]) for name in _units_in(kind) if name in fields}
    command: Any = kind.model_validate(fields)
    check_scope(caller.scope, command)
    check_own_files(service.database, caller.actor.id, command, service.now)
    viewer = service.viewer(caller.actor)
    stream = matter_stream(command_id) if no is None else the_matter(viewer, no).stream
    _, advice = advice_on(
        service.database, stream, command, caller.actor, service.now, command_id=command_id, rulebook=viewer.rulebook
    )
    at: datetime | None = None if "occurred_at" in kind.model_fields else body.occurred_at
    order = matter_order(
        service.database,
        stream,
        command,
        actor=caller.actor,
        command_id=command_id,
        now=service.now,
        occurred_at=at,
        secret=body.secret,
    )
    proven = Provenance(via=Via.API, credential=caller.token, auth_time=service.now)
    return order.model_copy(update={"signed": signed(service.settings.home, order, proven)}), advice


def units_said(service: "WebService", named: Any) -> Any:
    """Units said by id or name, as a command says them."""
    match named:
        case str():
            known = UnitIndex(reading.units(service.database)).find(named)
            refuse(not known, f"通讯录里没有单位“{seen(named)[:40]}”，请写编号或全称", "malformed")
            refuse(len(known) > 1, f"“{seen(named)[:40]}”对应多个单位，请写编号", "malformed")
            return UnitRef(id=known[0].id, supervision=known[0].supervision)
        case tuple() | list():
            return tuple(units_said(service, one) for one in named)
        case _:
            return named


OPENING = body_of(OpenMatter)
"""The body of 立项."""
_add(OpenMatter, "/matters")
for _kind in COMMANDS:
    _add(_kind, f"/matters/{{no}}/commands/{do_of(_kind)}")
