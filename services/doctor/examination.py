"""One look at everything."""

from typing import TYPE_CHECKING

from domain.base import Refusal
from eventlog.configured import open_log
from eventlog.watermark import Watermark
from services.doctor import home, log, temporal
from services.doctor.report import HealthFinding, HealthReport
from services.log_guard import noticed

if TYPE_CHECKING:
    from settings import Settings

_TO_PRINT = {
    "fonts_missing": "改正后即可成文；没有字体不能签发",
    "template_gone": "改正后即可成文；没有模板不能签发",
    "template_broken": "改好，或移走改用自带的；用 xmh briefing templates 逐个试印",
}
"""What to do when nothing can be printed."""


async def examine(settings: "Settings", *, noted: bool = False) -> HealthReport:
    """Look at everything; what cannot be reached is itself a finding. `noted` forgets what was noticed earlier."""
    problems = [*home.schema(settings), *home.disk(settings), *home.processes(settings)]
    notices: list[HealthFinding] = []
    for look in (home.faces, home.templates):
        try:
            notices += look(settings)
        except Refusal as refusal:
            if refusal.code not in {p.code for p in problems}:
                problems.append(
                    HealthFinding(code=refusal.code, message=refusal.message, remedy=_TO_PRINT[refusal.code])
                )
    readable = not any(p.code.startswith(("schema_", "log_")) for p in problems)
    client, trouble = await temporal.client_or_trouble(settings)
    problems += [*trouble, *(home.door_key(settings) if readable else ())]
    if readable:
        with open_log(settings) as database:
            mark = noticed(database)
            if noted and database.witness is not None:
                mark = database.witness.note(database.log(), Watermark.noted)
            notices = [*log.healed(mark), *notices]
            problems += log.restored(mark, database, settings)
            problems += log.clocks(database)
            problems += log.keys(database)
            problems += log.provisional_days(database)
            problems += log.channels(database)
            problems += log.nobody_to_tell(database, settings)
            problems += log.pending_moves(database)
            if client is not None and not any(p.code.startswith("door_key_") for p in problems):
                problems += [p async for p in temporal.matters(client, database, settings)]
    return HealthReport(problems=tuple(problems), notices=tuple(notices))
