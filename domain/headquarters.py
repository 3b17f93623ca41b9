"""A headquarters: the code its numbers begin with, and what else is named after that code."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from domain.base import refuse
from domain.bounds import seen

FIRST_HEADQUARTERS = "XMH"
"""The code of the headquarters an installation begins with: logs of every build so far carry it."""

_CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z][A-Z0-9]*)*", re.ASCII)
MOST_CODE = 16


def headquarters_code(text: str) -> str:
    """The code meant by what was typed: capitals and digits, and hyphens between, each part beginning with a letter.

    A folder, a schema of PostgreSQL, a namespace of Temporal and every number (`FT-2026-007`) are named after it: so it
    has no spaces or slashes, and no part a year or a number could be taken for.

    Raises:
        Refusal: `malformed`.
    """
    code = unicodedata.normalize("NFKC", text).strip().upper()
    refuse(
        len(code) > MOST_CODE or _CODE.fullmatch(code) is None,
        f"指挥部代号“{seen(text)[:40]}”写法有误：只用字母、数字和连字符，"
        f"每段以字母开头，不超过 {MOST_CODE} 个字符，如 FT",
        "malformed",
    )
    return code


def headquarters_schema(code: str) -> str:
    """The PostgreSQL schema of a headquarters that is not the first: `xmh_ft`, a plain identifier."""
    return f"xmh_{code.lower().replace('-', '_')}"


def document_mark(code: str) -> str:
    """发文机关代字, what the 文号 of its papers and minutes begin with: the first's own, or made of the code: FT指."""
    return "香指" if code == FIRST_HEADQUARTERS else f"{code}指"


HeadquartersCode = Annotated[str, BeforeValidator(str), AfterValidator(headquarters_code)]
"""A code as settings and options take it."""
