"""The text of a PDF. A scanned one has none and says so: reading pictures would be guessing."""

import logging
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import LimitReachedError

from domain.base import Refusal, refuse
from intake.draft.readers.plain import of_text
from intake.draft.shape.source import Source
from sheets.budget import budget
from sheets.input_file import in_memory

MAX_PAGES = 500
_LEAST_A_PAGE = 5


def read(path: Path) -> Source:
    """The text of a PDF, page after page.

    Raises:
        Refusal: `malformed` when it is encrypted, damaged, scanned, or has too many pages.
    """
    name = path.name
    logging.getLogger("pypdf").setLevel(
        logging.CRITICAL
    )  # it warns of every oddity on stderr, where only our line goes
    try:
        with budget(name, "页面"):
            reader = PdfReader(in_memory(path))
            refuse(reader.is_encrypted and not reader.decrypt(""), f"{name} 已加密，请取消打开密码后再读", "malformed")
            count = len(reader.pages)
            refuse(count > MAX_PAGES, f"{name} 有 {count} 页，超过 {MAX_PAGES} 页，请拆分后再读", "malformed")
            pages = [page.extract_text() for page in reader.pages]
    except Refusal:
        raise
    except LimitReachedError as error:
        raise Refusal(f"{name} 的页面展开后过大，拒绝读取；请重新导出", "malformed") from error
    except Exception as error:  # whatever a damaged file makes the library stumble over
        raise Refusal(f"{name} 不是完好的 PDF 文件，请重新导出后再读", "malformed") from error
    text = "\f\n".join(pages)
    seen = sum(not char.isspace() for char in text)
    scanned = seen < _LEAST_A_PAGE * max(count, 1)
    refuse(scanned, f"{name} 是扫描件，没有可读的文字；请先做文字识别（OCR），或改用 Word 原稿", "malformed")
    return of_text(text, name)
