"""Write 任务清单.xlsx and 通讯录.xlsx of this example from the tables below: `python build_sheets.py [FOLDER]`.

A second, small headquarters for the demo's city to look over. Matters, people, numbers are invented.
"""

import sys
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
WRITTEN = datetime(2022, 1, 7, 9)  # noqa: DTZ001 (a sheet knows no zone)
PLAN, APPROVED = "《2022年工作计划》皇指办〔2022〕1号", "崔远航"

Cell = str | int | date
TASKS: list[tuple[Cell, ...]] = [
    ("序号", "任务", "要点", "牵头单位", "配合单位", "责任人",
     "完成时限", "反馈周期", "类别", "来源", "依据", "批准人"),
    (1, "完成口岸片区法定图则优化论证", "形成论证初稿;2022-04-29\n专家评审;2022-06-30\n报市主管部门;2022-08-31",
     "区更新局", "区住建局", "骆文渊", date(2022, 9, 30), "月", "重大", "2022年工作计划", PLAN, APPROVED),
    (2, "推进口岸南侧市政道路改造工程", "管线迁改完成;2022-05-31\n路基完成;2022-09-30\n沥青铺装完成;2022-11-30",
     "区住建局", "区水务局", "祝青山", date(2022, 12, 16), "周", "重大", "2022年工作计划", PLAN, APPROVED),
    (3, "整治片区排水口和雨污混接点", "完成排查建档;2022-03-31\n整改过半;2022-06-30",
     "区水务局", "区住建局", "蓝海宁", date(2022, 10, 14), "月", "常规", "2022年工作计划", PLAN, APPROVED),
    (4, "建立口岸片区企业服务专班", "完成走访摸底;2022-03-15\n建立诉求台账;2022-04-29",
     "区发改局", "区住建局", "卫子衿", date(2022, 6, 30), "月", "常规", "2022年工作计划", PLAN, APPROVED),
]  # fmt: skip
UNITS: list[tuple[Cell, ...]] = [
    ("编号", "名称", "层级", "上级", "别名", "督办对象"),
    ("office", "皇岗口岸片区建设指挥部办公室", "区", "", "指挥部办公室、皇指办", "否"),
    ("u-gengxin", "区城市更新和土地整备局", "区", "", "区更新局", "是"),
    ("u-zhujian", "区住房和建设局", "区", "", "区住建局", "是"),
    ("u-shuiwu", "区水务局", "区", "", "", "是"),
    ("u-fagai", "区发展和改革局", "区", "", "区发改局", "是"),
]
PEOPLE: list[tuple[Cell, ...]] = [
    ("编号", "姓名", "单位", "角色", "手机", "邮箱", "职务"),
    ("office", "宋知微", "office", "office", "0755-00000101", "office@hg.example", "督办员"),
    ("p-office-2", "段景明", "office", "office", "0755-00000102", "p-office-2@hg.example", "督办员（审核）"),
    ("p-leader-1", "崔远航", "office", "leader", "0755-00000103", "p-leader-1@hg.example", "指挥长"),
    ("p-gengxin-l", "骆文渊", "u-gengxin", "liaison", "0755-00000104", "p-gengxin-l@hg.example", "联络员"),
    ("p-zhujian-l", "祝青山", "u-zhujian", "liaison", "0755-00000105", "p-zhujian-l@hg.example", "联络员"),
    ("p-shuiwu-l", "蓝海宁", "u-shuiwu", "liaison", "0755-00000106", "p-shuiwu-l@hg.example", "联络员"),
    ("p-fagai-l", "卫子衿", "u-fagai", "liaison", "0755-00000107", "p-fagai-l@hg.example", "联络员"),
]


def write(path: Path, sheets: dict[str, list[tuple[Cell, ...]]]) -> None:
    """Write a workbook of plain tables: a header, then the rows."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"author": "皇岗口岸片区建设指挥部办公室（示例）", "created": WRITTEN})
        header = book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "align": "center"})
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "border": 1})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(rows[0]) - 1, 18)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(number, column, value, day)
                    else:
                        sheet.write(number, column, value, header if number == 0 else cell)


def main(folder: Path) -> None:
    """Write both workbooks into a folder."""
    write(folder / "任务清单.xlsx", {"任务清单": TASKS})
    write(folder / "通讯录.xlsx", {"单位": UNITS, "人员": PEOPLE})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
