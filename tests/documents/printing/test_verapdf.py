"""What veraPDF, a validator of another maker, says of a .pdf of each kind: PDF/A-2b, PDF/A-2a and PDF/UA-1.

`make verapdf` fetches it (Java and Maven), names its folder and runs this; nothing else here needs Java.
"""

import os
import subprocess
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfWriter

from documents.charts import LightsOn, lights_chart
from documents.formats.press import Press
from documents.page import Figure, Page, Picture, Section, Subheading
from domain.terms import Light
from eventlog.attachments import keep_attachment
from tests.documents.printing.sample import bulletin, form, letter, minutes, news, paper, report
from tests.documents.test_pictures import png

JARS = os.environ.get("XMH_VERAPDF", "")
JUDGE = Path(__file__).parent / "verapdf" / "Judge.java"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not JARS, reason="veraPDF is asked by `make verapdf` only: it needs Java and Maven"),
]
FLAVOURS = ("2b", "2a", "ua1")


@dataclass
class Judgement:
    """Of one file by one flavour: the rules there are, the checks made, and the rules that fail."""

    rules: int
    checks: int
    failed: list[str] = field(default_factory=list)


def judged(paths: list[Path]) -> dict[tuple[str, str], Judgement]:
    """File name and flavour → what came of it; all files by one start of Java."""
    command = ["java", "-cp", f"{Path(JARS).resolve()}/*", str(JUDGE), ",".join(FLAVOURS), *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    found: dict[tuple[str, str], Judgement] = {}
    for line in done.stdout.splitlines():
        first, *rest = line.split("\t")
        if first:
            found[Path(rest[2]).stem, first] = Judgement(int(rest[0]), int(rest[1]))
        else:  # of the one before
            list(found.values())[-1].failed.append(" ".join(rest))
    return found


def illustrated(home: Path) -> Page:
    """A 简报 with everything a page can show: 目录, 按语, a chart, a picture, a 附表, 版记."""
    kept = keep_attachment(home, [png(400, 300)], "现场.png")
    shown = Picture(caption="主体施工现场", source="区建筑工务署，3月30日", sha256=kept.sha256, bare=True)
    counts = {Light.GREEN: 3, Light.YELLOW: 1, Light.RED: 2}
    drawn = lights_chart([LightsOn(day=date(2022, 3, n), counts=counts) for n in (4, 11, 18)], "各周灯色")
    chart = Figure(title="各周灯色", said="红灯由3件减为2件", svg=drawn)
    page = bulletin(12)
    more = Section(title="图", blocks=(Subheading(text="灯色"), chart, shown))
    return page.model_copy(
        update={
            "contents": True,
            "foreword": "请各单位抓紧办理。",
            "sections": (*page.sections, more),
            "appendices": (Section(title="附表1　逾期事项（3件）", blocks=page.sections[2].blocks),),
            "attached": ("逾期事项（3件）",),
        }
    )


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Judgement]:
    folder = tmp_path_factory.mktemp("judged")
    pages = {
        "简报": bulletin(),
        "简报长": bulletin(80),
        "简报图": illustrated(folder),
        "督办通知": paper(),
        "督办单": form(),
        "函": letter(),
        "纪要": minutes(),
        "动态": news(),
        "报告": report(),
    }
    press = Press(home=folder)
    paths = [folder / f"{name}.pdf" for name in pages]
    for path in paths:
        path.write_bytes(press.printed(pages[path.stem], "pdf"))
    spoiled = PdfWriter(clone_from=paths[0])
    del spoiled.root_object["/Metadata"]
    spoiled.write(folder / "弄坏.pdf")
    return judged([*paths, folder / "弄坏.pdf"])


def test_the_validator_is_at_work(verdicts: dict[tuple[str, str], Judgement]) -> None:
    """A file that no longer says what it is is no PDF/A, and told to be none."""
    assert verdicts["弄坏", "2b"].failed


def test_a_pdf_of_each_kind_breaks_no_rule_of_the_archive_nor_of_access(
    verdicts: dict[tuple[str, str], Judgement],
) -> None:
    right = {key: one for key, one in verdicts.items() if key[0] != "弄坏"}
    for (name, flavour), one in right.items():
        print(f"{name} {flavour}：规则{one.rules}条，检查{one.checks}次，不符{len(one.failed)}条")  # noqa: T201  (the table that is asked for)
    assert len(right) == 9 * len(FLAVOURS)
    assert all(one.rules > 90 and one.checks > 900 for one in right.values())
    assert {key: one.failed for key, one in right.items() if one.failed} == {}
