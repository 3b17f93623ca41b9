"""What a service says: one line of JSON per message on stderr, ours and the SDK's alike; metrics if asked for."""

import logging
import sys
from typing import TYPE_CHECKING

import structlog
from temporalio import activity, workflow
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from domain.base import Refusal
from services.repeats import Repeats

if TYPE_CHECKING:
    from settings import Settings


def silence_service_log() -> None:
    """Turn the service log off: a command answers by itself, notes of its services are not to stand in its answer."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def configure_logging(level: int = logging.INFO) -> None:
    """Set up the service log: one line of JSON per message on stderr, from structlog and the standard library."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),  # whatever silenced it before
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    render: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=render))
    handler.addFilter(Repeats())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The SDK would otherwise put the whole workflow info into the message text as well as into the fields.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def service_runtime(settings: "Settings") -> Runtime:
    """The SDK's runtime for a service: its log through ours (its own way is standard output), metrics if asked for.

    Raises:
        Refusal: `port_in_use`: its figures cannot be served on the port that is set for them.
    """
    log = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logging.getLogger("temporalio.core")),
    )
    port = settings.metrics_port
    metrics = PrometheusConfig(bind_address=f"{settings.listen_address}:{port}") if port is not None else None
    try:
        return Runtime(telemetry=TelemetryConfig(logging=log, metrics=metrics))
    except ValueError as error:  # all the SDK says of an exporter that did not start
        if port is None:
            raise
        raise Refusal(f"端口 {port} 上不能监听（多半已被占用），请改设置 metrics_port", "port_in_use") from error
