"""`xmh form` and `xmh paper`: a paper on one matter, its 文号, and the ledger of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventlog.database import Database
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import OFFICE, office_today, opening

DUE = office_today() + timedelta(days=60)
YEAR = office_today().year


@pytest.fixture(autouse=True)
def hall(log: Database, request: pytest.FixtureRequest) -> None:
    """A matter of today, for all but what asks for a past quarter: a log's time never goes back."""
    if "quarter" not in request.fixturenames:
        act(log, "matter/hall", opening("推进国际交流中心建设", DUE), OFFICE, datetime.now(UTC))


@pytest.fixture
def quarter(log: Database) -> None:
    play(log)


def test_a_form_is_shown_without_a_number_and_written_as_asked(xmh: CommandLine, tmp_path: Path) -> None:
    shown = xmh.json("form", "国际交流中心", "--kind", "交办通知单")
    assert shown["number"] is None
    assert "现交由你单位牵头办理" in shown["markdown"]
    out = tmp_path / "交办.docx"
    assert "未编号" in xmh("form", "1", "--kind", "交办通知单", "-o", out).out
    assert out.read_bytes()[:2] == b"PK"
    assert xmh("form", "1", "-o", tmp_path / "交办.xls").code == 2
    assert "没有“红头文件”这一项" in xmh("form", "1", "--kind", "红头文件").error


def test_an_issued_form_has_its_number_and_stands_in_the_ledger(xmh: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "督办单.docx"
    unsigned = xmh("form", "1", "--kind", "督办单", "--issue")
    assert unsigned.code == 2
    assert "--sign" in unsigned.error
    assert xmh("form", "1", "--kind", "督办单", "--issue", "--sign", "li").code == 3
    done = xmh.json("form", "1", "--kind", "督办单", "--issue", "--sign", "leader", "-o", out, "--yes")
    assert done["number"] == f"香指办督〔{YEAR}〕1号"
    assert out.read_bytes() == Path(done["files"]["docx"]).read_bytes()
    [told] = [line for line in done["advice"] if "代替" in line]
    assert "make fonts" in told
    again = xmh.json("form", "1", "--kind", "交办通知单", "--issue", "--sign", "leader", "--yes")
    assert not [line for line in again.get("advice", ()) if "代替" in line], "only of the first by these faces"
    [row] = xmh.json("paper", "list", "--matter", "1")["papers"][:1]
    assert (row["number"], row["matter"], row["void"]) == (done["number"], done["matter"], None)


def test_a_void_paper_stays_in_the_ledger(xmh: CommandLine) -> None:
    number = xmh.json("form", "1", "--issue", "--sign", "leader", "--yes")["number"]
    assert xmh("paper", "void", number, "--reason", "主送有误", "--by", "leader", "--yes").code == 0
    assert "作废：主送有误" in xmh("paper", "list").out
    assert xmh("paper", "void", number, "--reason", "主送有误", "--by", "leader", "--yes").code == 3
    assert xmh("paper", "void", "香指办督〔2022〕99号", "--reason", "无", "--by", "leader", "--yes").code == 4


def test_a_ledger_without_papers_says_how_to_make_one(xmh: CommandLine) -> None:
    assert "xmh form" in xmh("paper", "list").out


@pytest.mark.usefixtures("quarter")
def test_a_circular_is_approved_and_then_issued(xmh: CommandLine, tmp_path: Path) -> None:
    span = ("--from", "2022-03-01", "--to", "2022-03-31")
    shown = xmh("paper", "circular", *span, "-o", tmp_path / "通报.docx")
    assert "xmh paper approve --from 2022-03-01 --to 2022-03-31" in shown.out
    assert (tmp_path / "通报.docx").read_bytes()[:2] == b"PK"
    issue = ("paper", "circular", *span, "--issue", "--sign", "leader", "--yes")
    assert xmh.json(*issue, code=3)["error"]["code"] == "unapproved"
    assert "没有批准记录" in xmh(*issue).error
    assert xmh("paper", "approve", *span).code == 3
    assert "批件" in xmh("paper", "approve", *span, "--by", "leader").error
    given = xmh.json("paper", "approve", *span, "--by", "leader", "--paper", "香指办阅〔2022〕9号")
    assert (given["approver"], given["paper"]) == ("leader", "香指办阅〔2022〕9号")
    assert given["position"] == xmh.json("paper", "circular", *span)["position"]
    done = xmh.json(*issue)
    assert (done["number"], done["kind"]) == (f"香指办督〔{YEAR}〕1号", "circular")
    [row] = xmh.json("paper", "list")["papers"]
    assert (row["matter"], row["since"], row["distributed"]) == (None, "2022-03-01", ["gengxin"])
    assert "2022-03-01 至 2022-03-31" in xmh("paper", "list").out
    assert xmh("paper", "void", f"香指办督[{YEAR}]1号", "--reason", "有误", "--by", "leader", "--yes").code == 0


def test_a_circular_is_no_form_of_one_matter(xmh: CommandLine) -> None:
    said = xmh("form", "1", "--kind", "通报")
    assert said.code == 2
    assert "xmh paper circular" in said.error
    assert "--from" in xmh("paper", "circular").error
    offered = xmh("form", "1", "--kind", "便条").error
    assert "督办单" in offered
    assert "通报" not in offered
