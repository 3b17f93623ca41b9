"""A TOML file somebody wrote by hand: read, or told in Chinese on which line it goes wrong."""

import re
import tomllib
from pathlib import Path
from typing import Any

from domain.base import Refusal, refuse
from sheets.file_errors import reason

_MOST_BYTES = 256 * 1024


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The file's keys; `what` it should hold is said in the error.

    Raises:
        Refusal: `malformed`: it cannot be read, is too large, or is no TOML.
    """
    try:
        refuse(path.stat().st_size > _MOST_BYTES, f"{path.name} 超过 256 KB，不像{what}", "malformed")
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(f"{path.name} 无法读取（{reason(error)}）", "malformed") from error
    return parse_toml(data, path.name)


def parse_toml(data: bytes, where: str) -> dict[str, Any]:
    """The keys of a file that has been read, called `where` in the error.

    Raises:
        Refusal: `malformed`: it is no TOML.
    """
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"{where} 不是 TOML 文件：{toml_fault(error)}", "malformed") from error


def toml_fault(error: Exception) -> str:
    """Where the parser stumbled."""
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8 文本"
    line = re.search(r"at line (\d+)", str(error))
    return f"第{line[1]}行写法有误" if line else "没有写完整"
