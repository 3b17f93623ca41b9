"""Parts of the installation a site may do without, and what to say where one is asked for and missing."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from domain.base import Term, refuse, refuse_always


class Extra(Term):
    """An extra of the package, by its name there."""

    WEB = "web", "网页和接口"
    EMBEDDED = "embedded", "内置的 Temporal 服务"
    OTEL = "otel", "OpenTelemetry 跟踪"
    SIMULATE = "simulate", "时间快进的 Temporal 服务（模拟和示例用）"


MODULES = {Extra.WEB: "fastapi", Extra.OTEL: "opentelemetry.exporter"}
PROGRAMS = {Extra.EMBEDDED: "temporal", Extra.SIMULATE: "temporal-test-server"}


def program_of(extra: Extra) -> Path | None:
    """The program an optional package of the installation (extra) brings, as Temporal's server; None without it."""
    path = shutil.which(PROGRAMS[extra], path=str(Path(sys.executable).parent))
    return Path(path) if path else None


def is_installed(extra: Extra) -> bool:
    """Whether this installation has it."""
    if extra in PROGRAMS:
        return program_of(extra) is not None
    try:
        return find_spec(MODULES[extra]) is not None
    except ModuleNotFoundError:  # not even what it lies in
        return False


def need(extra: Extra, otherwise: str = "") -> None:
    """Say in one line what is missing and how it is had.

    Raises:
        Refusal: `not_installed` (exit 5).
    """
    refuse(not is_installed(extra), _missing(extra, otherwise), "not_installed")


def need_program(extra: Extra, otherwise: str = "") -> Path:
    """The program of an extra.

    Raises:
        Refusal: `not_installed` (exit 5).
    """
    program = program_of(extra)
    if program is None:
        refuse_always(_missing(extra, otherwise), "not_installed")
    return program


def _missing(extra: Extra, otherwise: str) -> str:
    return f"本安装不含{extra.label}，请安装 xmh[{extra.value}]{otherwise}"
