"""`/healthz` and `/readyz`: whether the process lives, and whether what it needs is there."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from domain.base import Refusal
from domain.calendar import local_date
from eventlog import reading
from eventlog.errors import LogError
from services.status import is_reachable
from services.store import has_store
from web.service import service_of

if TYPE_CHECKING:
    from web.service import WebService


router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"ok": True}


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The log can be read, the door's key is there, Temporal answers, this year has a calendar."""
    service = service_of(request)
    checks = await service.ask(_checks, service)
    ready = all(checks.values())
    return JSONResponse({"ok": ready, "checks": checks}, 200 if ready else 503)


def _checks(service: "WebService") -> dict[str, bool]:
    checks = {"log": False, "key": False, "door": False, "calendar": False, "store": has_store(service.settings)}
    address = service.settings.address
    checks["door"] = bool(address and is_reachable(address))
    try:
        calendar = reading.rulebook(service.database).calendar
        checks["log"] = True
        checks["calendar"] = not calendar.is_provisional(local_date(service.now))
        checks["key"] = service.settings.door is not None
    except (Refusal, LogError):
        pass
    return checks
