"""That the first issue of a machine is set in other faces than the standard names is said where it is signed."""

from collections.abc import Iterator
from itertools import islice

from documents.formats.press import Press
from eventlog.database import Database
from services.issuing.bulletins import issued_bulletins
from services.issuing.papers import issued_papers


def first_by_stand_ins(database: Database, press: Press) -> Iterator[str]:
    """One line, after the first issue these faces were used for: which are missing, and what to do."""
    replaced = press.typeface.substitutions
    if not replaced:
        return
    faces = dict(press.typeface.hashes)
    alike = (e for events in (issued_bulletins(database), issued_papers(database)) for e in events if e.fonts == faces)
    if len(list(islice(alike, 2))) == 1:
        pairs = "、".join(f"{wanted}（以{used}代替）" for wanted, used in replaced.items())
        yield (
            f"本机没有{pairs}，PDF 中已声明；"
            "请把这些字体放进一个目录并写入 xmh.toml 的 [fonts] folder，或运行 make fonts，再签发下一件"
        )
