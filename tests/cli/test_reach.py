"""Nobody to tell is said, with the matters concerned and the remedy, wherever it comes about or is looked for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from domain.notices.routing import Routing
from domain.office import Person
from domain.terms import Role
from services.doctor.examination import examine
from settings import Settings
from tests.cli.conftest import Sheets
from tests.support.command_line import CommandLine

OPEN = ("task", "open", "--basis", "会议", "--due", "2099-03-31", "--title", "泵站检修")
UNITS = (("编号", "名称", "层级", "督办对象"), ("shuiwu", "区水务局", "区", "是"))
PEOPLE = (("编号", "姓名", "单位", "角色", "手机"), ("w2", "乙某", "shuiwu", "liaison", None))
pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture
def shuiwu(xmh: CommandLine, sheets: Sheets) -> str:
    """A unit with one contact."""
    xmh.json("org", "import", sheets({"单位": UNITS, "人员": PEOPLE}))
    return "shuiwu"


def doctored(home: Path) -> list[str]:
    found = asyncio.run(examine(Settings(home=home)))
    return [p.message + p.remedy for p in found.problems if p.code == "nobody_to_tell"]


def names_it(told: list[dict[str, Any]], matter: str) -> bool:
    return [(one["who"], one["matters"]) for one in told] == [("shuiwu", [matter])]


def test_who_leaves_as_the_only_contact_is_told_with_the_matters(xmh: CommandLine, shuiwu: str) -> None:
    matter = xmh.json(*OPEN, "--lead", shuiwu)
    assert matter["unreached"] == []
    said = xmh("org", "leave", "w2")
    assert "区水务局没有联络员和负责人" in said.out
    assert matter["matter"] in said.out
    assert "org import" in said.out
    assert "无人可通知（1）" in xmh("today").out
    assert names_it(xmh.json("today")["unreached"], matter["matter"])


def test_a_matter_opened_for_a_unit_without_contact_says_so(xmh: CommandLine, shuiwu: str) -> None:
    assert xmh.json("org", "leave", "w2")["unreached"] == []
    opened = xmh.json(*OPEN, "--lead", shuiwu)
    assert names_it(opened["unreached"], opened["matter"])
    assisted = xmh.json(*OPEN, "--title", "管网改造", "--lead", "gengxin", "--assist", shuiwu)
    assert names_it(assisted["unreached"], assisted["matter"])


def test_a_matter_assigned_to_a_unit_without_contact_says_so(xmh: CommandLine, shuiwu: str) -> None:
    xmh("org", "leave", "w2")
    matter = xmh.json(*OPEN)["matter"]
    assigned = xmh.json("task", "assign", matter, "--lead", shuiwu)
    assert names_it(assigned["unreached"], matter)
    assert xmh.json("task", "assign", matter, "--lead", "gengxin", "--reason", "职能调整")["unreached"] == []
    said = xmh("task", "assign", matter, "--lead", shuiwu, "--reason", "职能再调整")
    assert f"注意：区水务局没有联络员和负责人，{matter} 的通知无人可收" in said.out


def test_a_matter_split_for_a_unit_without_contact_says_so(xmh: CommandLine, shuiwu: str) -> None:
    xmh("org", "leave", "w2")
    whole = xmh.json(*OPEN, "--lead", "gengxin")["matter"]
    first, second = xmh.json("task", "split", whole, "--part", f"清淤;lead={shuiwu}", "--part", "检修;lead=gengxin")
    assert names_it(first["unreached"], first["matter"])
    assert second["unreached"] == []


def test_a_list_imported_for_a_unit_without_contact_says_so(xmh: CommandLine, shuiwu: str, sheets: Sheets) -> None:
    xmh("org", "leave", "w2")
    head = (
        "序号",
        "任务",
        "牵头单位",
        "完成时限",
        "依据",
        "要点",
        "配合单位",
        "责任人",
        "反馈周期",
        "类别",
        "来源",
        "批准人",
    )
    row = ("1", "河道清淤", "区水务局", "2099-03-31", "香指办〔2026〕9号", *[None] * 7)
    listed = sheets({"任务清单": (head, row)})
    said = xmh("plan", "import", listed, "--dry-run")
    assert "注意：区水务局没有联络员和负责人，第2行 的通知无人可收" in said.out
    assert names_it(xmh.json("plan", "import", listed, "--dry-run")["unreached"], "第2行")
    done = xmh.json("plan", "import", listed)
    assert names_it(done["unreached"], done["opened"][0]["matter"])


def test_an_edited_table_that_gives_a_matter_to_a_unit_without_contact_says_so(
    xmh: CommandLine, shuiwu: str, tmp_path: Path
) -> None:
    xmh("org", "leave", "w2")
    matter, table = xmh.json(*OPEN)["matter"], tmp_path / "一览表.xlsx"
    xmh.json("plan", "table", "-o", table)
    book = load_workbook(table)
    sheet = book.worksheets[0]
    (head,) = [cell for row in sheet.iter_rows(max_row=6) for cell in row if cell.value == "牵头"]
    (no,) = [cell.row for row in sheet.iter_rows() for cell in row if cell.value == "泵站检修"]
    sheet.cell(no, head.column).value = "区水务局"
    book.save(table)
    row = f"第{no}行"
    assert names_it(xmh.json("plan", "import", table, "--dry-run")["unreached"], row)
    assert names_it(xmh.json("plan", "import", table)["unreached"], matter)


def test_the_doctor_names_it(xmh: CommandLine, shuiwu: str) -> None:
    matter = xmh.json(*OPEN, "--lead", shuiwu)["matter"]
    assert doctored(xmh.home) == []
    xmh("org", "leave", "w2")
    (found,) = doctored(xmh.home)
    assert "区水务局" in found
    assert matter in found


def test_a_directory_imported_again_names_who_is_missing_in_it(xmh: CommandLine, shuiwu: str, sheets: Sheets) -> None:
    other = sheets({"人员": (PEOPLE[0], ("w3", "丁某", shuiwu, "head", None))}, "新通讯录.xlsx")
    done = xmh.json("org", "import", other)
    assert done["missing"] == ["w2"]
    assert "乙某（w2" in xmh("org", "import", other, "--dry-run").out


def test_a_channel_that_needs_an_address_the_directory_lacks_is_named() -> None:
    from domain.notices.reach import missing_address

    routing = Routing.model_validate({
        "channels": {"sms": {"kind": "http", "url": "https://sms.example/send"}, "mail": {"url": "mailto://a/?to={email}"}},
        "roles": {"liaison": ["sms"], "head": ["sms", "mail"]},
        "people": {"none": []},
    })  # fmt: skip
    liaison = Person(id="w2", name="乙某", unit="shuiwu", role=Role.LIAISON)
    head = Person(id="w3", name="丁某", unit="shuiwu", role=Role.HEAD, email="d@example.cn")
    assert missing_address(liaison, routing) == "的渠道 sms 缺手机"
    assert missing_address(liaison.model_copy(update={"phone": "13800000002"}), routing) is None
    assert missing_address(head, routing) is None, "one channel reaches him"
    assert missing_address(head.model_copy(update={"email": None}), routing) == "的渠道 sms 缺手机，渠道 mail 缺邮箱"
    assert missing_address(liaison.model_copy(update={"id": "none"}), routing) == "没有任何通知渠道"
    assert missing_address(liaison.model_copy(update={"role": Role.OFFICE}), routing) is None, (
        "the file reaches everybody"
    )
