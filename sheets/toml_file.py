"""A TOML file somebody wrote by hand: read, or told in Chinese on which line it goes wrong."""

import re
import tomllib
from pathlib import Path
from typing import Any

from domain.base import Refusal, refuse
from sheets.budget import reading_budget
from sheets.input_file import read_file, text_of

_MOST_BYTES = 256 * 1024
_MOST_PARTS = 16


def read_toml(path: Path, what: str, *, follow: bool = False) -> dict[str, Any]:
    """The keys of a TOML file; `what` it should hold is said in errors. `follow` a link only where the office put it.

    Raises:
        Refusal: `malformed`: it cannot be read, is too large, or is no TOML.
    """
    data = read_file(path.resolve() if follow else path)
    refuse(len(data) > _MOST_BYTES, f"{path.name} 超过 256 KB，不像{what}", "malformed")
    return parse_toml(data, path.name)


def parse_toml(data: bytes, where: str) -> dict[str, Any]:
    """The keys of a TOML file that has been read, called `where` in the error.

    Raises:
        Refusal: `malformed`: it is no TOML.
    """
    text = text_of(data, where)
    for number, line in enumerate(text.splitlines(), 1):
        # A key of ten thousand parts takes a minute to read and is no key.
        deep = line.partition("=")[0].count(".") > _MOST_PARTS and ("=" in line or line.lstrip().startswith("["))
        refuse(deep, f"{where} 第{number}行的键超过{_MOST_PARTS}层，写法有误", "malformed")
    try:
        with reading_budget(where, "内容"):
            return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refusal(f"{where} 不是 TOML 文件：{_toml_fault(error)}", "malformed") from error


def _toml_fault(error: Exception) -> str:
    """Where the parser stumbled."""
    line = re.search(r"at line (\d+)", str(error))
    return f"第{line[1]}行写法有误" if line else "没有写完整"
