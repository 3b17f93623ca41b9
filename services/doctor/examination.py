"""One look at everything."""

import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.base import Refusal
from eventlog.configured import open_log
from eventlog.watermark import Watermark
from services.doctor import home, log, temporal
from services.doctor.report import HealthFinding, HealthReport
from services.inspection import stands_elsewhere
from services.log_guard import noticed_of_log
from services.presence import presence_noticed
from services.store import store_apart, store_trouble

if TYPE_CHECKING:
    from settings import Settings

_TO_PRINT = {
    "fonts_missing": "改正后即可成文；没有字体不能签发",
    "template_gone": "改正后即可成文；没有模板不能签发",
    "template_broken": "改好，或移走改用自带的；用 xmh briefing templates 逐个试印",
}
"""What to do when nothing can be printed."""


async def examine(settings: "Settings", *, noted: bool = False) -> HealthReport:
    """What doctor finds in home, log and Temporal, or cannot reach. `noted` forgets earlier notices."""
    problems = [
        *home.schema_trouble(settings),
        *home.disk_trouble(settings),
        *home.home_trouble(settings),
        *home.process_trouble(settings),
    ]
    problems += store_trouble(settings)
    certificate = [*home.web_certificate_trouble(settings, datetime.now(UTC))]
    notices = [*home.web_address_noticed(settings), *(f for f in certificate if f.code == "web_certificate_ends")]
    problems += [f for f in certificate if f.code == "web_certificate"]
    for look in (home.typeface_trouble, home.template_trouble):
        try:
            notices += look(settings)
        except Refusal as refusal:
            if refusal.code not in {p.code for p in problems}:
                problems.append(
                    HealthFinding(code=refusal.code, message=refusal.message, remedy=_TO_PRINT[refusal.code])
                )
    readable = not any(p.code.startswith(("schema_", "log_")) for p in problems)
    client, trouble = await temporal.client_or_trouble(settings)
    problems += [*trouble, *(home.door_key_trouble(settings) if readable else ())]
    if readable:
        with open_log(settings) as database:
            mark = noticed_of_log(database)
            if noted and database.witness is not None:
                mark = database.witness.note(database.log(), Watermark.noted)
            notices = [*log.healing_noticed(mark), *notices]
            notices += log.backup_noticed(database, datetime.now(UTC), elsewhere=stands_elsewhere(settings))
            notices += log.drill_noticed(database, datetime.now(UTC))
            notices += presence_noticed(database, datetime.now(UTC))
            notices += store_apart(database, settings, platform.node())
            notices += [*home.sign_in_noticed(database, settings), *home.scanner_noticed(database, settings)]
            notices += home.plain_temporal_noticed(settings)
            problems += log.restored_log(mark, database, settings)
            problems += log.clock_trouble(database)
            problems += log.key_trouble(database)
            problems += log.provisional_days(database)
            problems += log.channel_trouble(database)
            problems += log.webhook_trouble(database)
            problems += log.checkpoint_trouble(settings, datetime.now(UTC))
            problems += log.nobody_to_tell(database, settings)
            notices += log.liaisons_wanted(database)
            problems += log.pending_moves(database)
            if client is not None and not any(p.code.startswith("door_key_") for p in problems):
                problems += [p async for p in temporal.matter_trouble(client, database, settings)]
    return HealthReport(problems=tuple(problems), notices=tuple(notices))
