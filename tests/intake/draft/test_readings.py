"""What a clerk sees at a glance and a rule alone does not. Each input was read wrong once; each stands for a kind."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from domain.calendar import WorkCalendar
from intake.draft.draft import DraftingContext, draft, draft_file
from intake.draft.model import DraftedList, Item
from intake.draft.readers.plain import of_text
from services.calendar_seed import seed_years

OFFICE = DraftingContext(WorkCalendar(years=seed_years(2026, 2026)), 2026)


def read(text: str) -> DraftedList:
    return draft(of_text(text, "文稿.txt"), "文稿.txt", OFFICE)


def leads(item: Item) -> list[str]:
    return [unit.shown for unit in item.lead]


def assists(item: Item) -> list[str]:
    return [unit.shown for unit in item.assist]


@pytest.mark.parametrize(
    "second", ["2.2026年暑期开放借阅", "2.30个书架换新", "2.3月底前完成验收", "2、2026年暑期开放借阅"]
)
def test_an_outline_number_is_known_by_its_neighbours(second: str) -> None:
    """A digit after the dot made it a decimal, and the task went into the one above it."""
    made = read(
        f"2026年图书馆工作安排\n1.书库除湿，4月20日前完成。\n责任单位：区文体局。\n{second}。\n责任单位：区图书馆。\n3.外墙清洗。\n"
    )
    assert [item.no for item in made.items] == ["1", "2", "3"]
    assert leads(made.items[0]) == ["区文体局"]
    assert leads(made.items[1]) == ["区图书馆"]


def test_a_decimal_that_opens_a_line_is_no_item() -> None:
    made = read("2026年工作安排\n1.新增绿地，面积达到\n2.5万平方米以上，由区城管局负责。\n")
    assert [item.no for item in made.items] == ["1"]


@pytest.mark.parametrize("units", ["区应急局、各镇（街道、园区）、各开发区管委会", "区应急局"])
def test_a_bracket_on_a_line_of_its_own_below_a_group_is_of_the_group(units: str) -> None:
    made = read(
        "2026年应急工作要点\n一、应急体系\n1.完善预案\n（1）修订总体预案，明确审批、备案流程。\n（2）组织双盲演练。\n"
        f"（责任单位：{units}）\n2.健全机构\n（1）充实值守力量。\n（2）建立会商制度。\n（责任单位：区编办）\n"
    )
    expected = units.replace("（街道、园区）", "#").split("、")
    got = [[name.replace("（街道、园区）", "#") for name in leads(item)] for item in made.items]
    assert got == [expected, expected, ["区编办"], ["区编办"]]


def test_labels_nobody_listed_are_labels_by_their_form() -> None:
    made = read(
        "2026年重点任务分工方案\n1.社会消费品零售总额增长5%以上。\n分管省领导：甲某\n部门分工：省商务厅牵头，省财政厅配合。\n"
        "2.新增绿道30公里。\n分管市领导：乙某\n主责：市林业局\n会办：市水务局\n"
    )
    assert [leads(item) for item in made.items] == [["省商务厅"], ["市林业局"]]
    assert [assists(item) for item in made.items] == [["省财政厅"], ["市水务局"]]
    assert [[p.written for p in item.leaders] for item in made.items] == [["甲某"], ["乙某"]]


@pytest.mark.parametrize(
    ("sentence", "lead", "assist"),
    [
        ("由省发展改革委牵头，省财政厅、省水利厅配合，6月底前制定方案。", ["省发展改革委"], ["省财政厅", "省水利厅"]),
        ("省自然资源厅牵头，省财政厅配合，9月底前完成普查。", ["省自然资源厅"], ["省财政厅"]),
        ("完成管网普查。（区住建局牵头、区水务局配合，6月底前完成）", ["区住建局"], ["区水务局"]),
        ("区住建局牵头、区水务局配合，8月底前完成泵站检修。", ["区住建局"], ["区水务局"]),
        ("请区教育局牵头会同区卫健局，5月8日前提出选址意见。", ["区教育局"], ["区卫健局"]),
        ("区更新局负责，区住建局配合，3月底前完成收储。", ["区更新局"], ["区住建局"]),
        ("4月下旬区政府组织召开现场会。", ["区政府"], []),
        ("二季度前区水务局完成清淤。", ["区水务局"], []),
    ],
)
def test_who_leads_and_who_helps_in_a_sentence(sentence: str, lead: list[str], assist: list[str]) -> None:
    (item,) = read(f"2026年工作分工\n1、{sentence}\n").items
    assert (leads(item), assists(item)) == (lead, assist)
    assert not item.title.startswith(("牵头", "会同", "配合"))


def test_steps_with_days_of_their_own_are_points() -> None:
    (item,) = read(
        "2026年检查安排\n（一）检查验收。4月下旬区政府组织召开现场会；7月底前进行阶段验收；11月底各街道自验；12月18日前全区验收。\n"
    ).items
    assert [str(point.due) for point in item.points] == ["2026-04-30", "2026-07-31", "2026-11-30", "2026-12-18"]


@pytest.mark.parametrize("heading", ["进度安排", "实施步骤：", "时间要求"])
def test_a_schedule_below_a_task_is_its_steps_and_a_past_report_is_no_task(heading: str) -> None:
    made = read(
        f"2026年民生实事\n社区公园改造工程\n牵头单位：区城管局\n协办单位：区财政局、各街道\n{heading}\n第一季度：完成设计招标。\n"
        "第二季度：完成施工图。\n第三季度：完成施工招标。\n第四季度：开工建设。\n落实情况\n第一季度：已完成设计招标。\n"
        "老旧小区加装电梯\n牵头单位：区住建局\n进度安排\n二季度：完成摸底。\n四季度：安装30台。\n"
    )
    park, lifts = made.items
    assert [str(p.due) for p in park.points] == ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]
    assert (park.title, str(park.due), leads(park)) == ("社区公园改造工程", "2026-12-31", ["区城管局"])
    assert (lifts.title, leads(lifts), len(lifts.points)) == ("老旧小区加装电梯", ["区住建局"], 2)
    assert "已完成设计招标" not in "".join(item.text + "".join(p.text for p in item.points) for item in made.items)


def test_a_box_drawn_with_characters_is_read_cell_by_cell() -> None:
    made = read(
        "2026年水窖建设任务一览表\n"
        "┌────┬─────┬───┬──────┐\n│街道│目标任务 │责任人│工程地点 │\n│  │(个)  │   │     │\n"
        "├────┼─────┼───┼──────┤\n│东街道│220   │甲某 │沙头等4个 │\n│  │     │   │社区   │\n"
        "├────┼─────┼───┼──────┤\n│西街道│360   │乙某 │梅林等3个 │\n│  │     │   │社区   │\n└────┴─────┴───┴──────┘\n"
    )
    assert [(item.title, item.targets[0].value, item.targets[0].unit) for item in made.items] == [
        ("东街道", "220", "个"),
        ("西街道", "360", "个"),
    ]
    assert dict(made.items[0].notes) == {"工程地点": "沙头等4个社区"}
    assert [p.written for p in made.items[1].persons] == ["乙某"]
    assert all("表中没有任务一列，以“街道”为任务" in item.warnings for item in made.items)


def test_merged_groups_over_two_rows_of_header_keep_every_column(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (
        ("2026年实事项目计划表",),
        ("序号", "项目名称", "建设规模及内容", "2026年工作计划", None, "项目建设阶段", None, "责任单位"),
        (None, None, None, "投资", "形象进度", "完成投资", "%", None),
        (1, "敬老院加装电梯", "加装电梯10台，2026年11月底前完成改造", 600, "建成", 600, 100, "区民政局"),
    ):
        sheet.append(row)
    for reference in ("A1:H1", "D2:E2", "F2:G2", "A2:A3", "B2:B3", "C2:C3", "H2:H3"):
        sheet.merge_cells(reference)
    book.save(tmp_path / "plan.xlsx")
    (item,) = draft_file(tmp_path / "plan.xlsx", OFFICE).items
    assert (item.title, leads(item), str(item.due)) == ("敬老院加装电梯", ["区民政局"], "2026-11-30")
    assert dict(item.notes) == {
        "2026年工作计划·投资": "600",
        "2026年工作计划·形象进度": "建成",
        "项目建设阶段·完成投资": "600",
        "项目建设阶段·%": "100",
    }


def test_minutes_by_project_say_what_is_to_be_done() -> None:
    made = read(
        "重点项目协调会会议纪要\n2026年3月5日上午，区长主持召开协调会，现纪要如下：\n一、教育项目\n"
        "1、职业学校：会议要求抓紧落实招标手续，力争月底前开始打桩。\n2、第九中学：会议要求其他工作同步进行，今年力争动工。\n"
        "3、中心小学：按照绿地每平方米4000元的标准补偿，由区教育局写出报告，4月10日前报区政府。\n"
    )
    school, ninth, central = made.items
    assert school.title == "职业学校：抓紧落实招标手续，力争月底前开始打桩"
    assert (ninth.due and ninth.due.year, central.targets, leads(central)) == (2026, (), ["区教育局"])


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("春节前完成慰问", "2026-02-14"),  # a Saturday worked instead: the holiday begins on Sunday
        ("国庆节前完成布展", "2026-09-30"),
        ("劳动节前开放", "2026-04-30"),
        ("端午节前完成清淤", "2026-06-18"),
        ("元旦前验收", "2026-12-31"),
        ("2027年元旦前验收", "2026-12-31"),
    ],
)
def test_the_day_before_a_holiday_is_in_the_calendar(said: str, day: str) -> None:
    (item,) = read(f"2026年工作安排\n1.推进广场改造，{said}。\n责任单位：区城管局。\n").items
    assert str(item.due) == day


def test_a_sentence_that_sets_a_task_and_is_left_out_is_said() -> None:
    made = read(
        "2026年工作安排\n一、重点任务\n1.推进广场改造，9月底前完成。\n二、保障措施\n（一）加强督查。区督查室要每月通报进展，6月底前组织一次评估。\n"
    )
    assert [item.no for item in made.items] == ["1"]
    assert any("没有列为任务（工作要求）" in warning for warning in made.warnings)


def test_a_leap_in_the_numbers_is_said() -> None:
    made = read("2026年工作安排\n1.推进广场改造。\n2.完成布展。\n4.开放试运行。\n")
    assert "编号由“2.”跳到“4.”，请核对有无遗漏" in made.warnings


@pytest.mark.parametrize("wrong", ["2000万元", "35%", "区委书记", "完成设计审查"])
def test_a_number_a_title_and_an_order_are_never_units(wrong: str) -> None:
    (item,) = read(f"2026年工作安排\n1.推进广场改造。\n牵头单位：{wrong}\n").items
    assert leads(item) == []
    assert any(wrong in warning for warning in item.warnings)


def test_a_number_in_no_limit_and_no_target_is_said() -> None:
    (item,) = read("2026年工作安排\n1.推进广场改造，铺装石材800平，按“1+3”方案实施。\n").items
    assert [w for w in item.warnings if "数字" in w] == ["数字“800平，”没有列为指标，请核对"]


def test_how_often_stays_in_the_title() -> None:
    (item,) = read("2026年工作安排\n1.每半年演练一次。\n责任单位：区应急局\n").items
    assert item.title == "每半年演练一次"
    assert any("反馈周期" in warning for warning in item.warnings)


def test_several_days_after_commas_are_points() -> None:
    (item,) = read("2026年工作安排\n1.解决充电难，3月底前拿出方案，6月底前新增充电桩2000个。\n").items
    assert [str(point.due) for point in item.points] == ["2026-03-31", "2026-06-30"]


def test_a_topic_with_one_decision_is_one_task_called_by_both() -> None:
    (item,) = read(
        "项目协调会会议纪要\n2026年4月8日，现纪要如下：\n一、关于海堤路改造\n该路段拥堵严重。会议要求区交通局抓紧办理开工手续，今年力争完工。\n"
        "参加人员：区住建局某某。\n"
    ).items
    assert (item.title, leads(item)) == ("海堤路改造：抓紧办理开工手续，今年力争完工", ["区交通局"])


def test_a_heading_that_is_a_time_is_the_limit_of_what_stands_below_it() -> None:
    made = read(
        "2026年推进计划\n一季度\n1.取得用地批复。（区发改局）\n二季度\n1.开展施工招标。（区建筑工务署）\n2.5月20日前迁改管线。\n"
    )
    assert [str(item.due) for item in made.items] == ["2026-03-31", "2026-06-30", "2026-05-20"]
    assert "时限取自上级标题“一季度”" in made.items[0].warnings


def test_a_label_nobody_listed_ends_the_value_before_it_and_is_kept() -> None:
    (item,) = read(
        "2026年任务清单\n1、产业发展。培育示范社15家。牵头单位：县农业农村局；责任单位：县财政局；工作标准：省级以上；县级责任领导：甲某某。\n"
    ).items
    assert (leads(item), assists(item)) == (["县农业农村局"], ["县财政局"])
    assert [p.written for p in item.leaders] == ["甲某某"]
    assert dict(item.notes) == {"工作标准": "省级以上"}


def test_what_something_costs_is_no_target_and_is_said() -> None:
    (item,) = read("2026年工作安排\n1.建设泵站2座，所需经费850万元由区财政局保障。\n").items
    assert [(t.value, t.unit) for t in item.targets] == [("2", "座")]
    assert "数字“850万元”没有列为指标，请核对" in item.warnings


def test_an_open_end_among_units_is_no_unit() -> None:
    (item,) = read("2026年工作安排\n1.健全管理机制。（长期坚持，区发改局）\n").items
    assert leads(item) == ["区发改局"]
    assert "时限“长期坚持”没有确定的日期" in item.warnings


def test_a_form_filled_in_line_by_line_is_a_task_for_each_form() -> None:
    made = read(
        "2026年督办事项\n编号：001\n督办事项：推进应收账款清收\n具体要求：6月30日前回收不低于8000万元\n责任部门：财务管理部\n责任人：甲某\n"
        "编号：002\n督办事项：完成系统二期上线\n具体要求：9月30日前上线\n责任部门：信息中心\n"
    )
    assert [(item.title, leads(item), str(item.due)) for item in made.items] == [
        ("推进应收账款清收", ["财务管理部"], "2026-06-30"),
        ("完成系统二期上线", ["信息中心"], "2026-09-30"),
    ]


def test_a_closing_request_to_everybody_does_not_join_the_last_task() -> None:
    made = read(
        "2026年春节前工作\n1.走访慰问。春节前完成慰问2600人。责任单位：区民政局。\n2.市容提升。除夕前完成布置60处。责任单位：区城管局。\n"
        "请各单位于2月6日前将落实情况报区委督查室。\n"
    )
    assert [str(item.due) for item in made.items] == ["2026-02-14", "2026-02-14"]
    assert any("没有列为任务（结语）" in warning for warning in made.warnings)


def test_units_and_people_in_one_column_come_apart(tmp_path: Path) -> None:
    book = Workbook()
    for row in (
        ("序号", "问题", "责任单位/责任人", "整改期限"),
        (1, "学位供给不足", "区教育局 甲某某", "2026年8月31日"),
        (2, "停车泊位不足", "区交通局\n乙某某", "2026年9月30日"),
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "2026年整改.xlsx")
    made = draft_file(tmp_path / "2026年整改.xlsx", OFFICE)
    assert [(leads(item), [p.written for p in item.persons]) for item in made.items] == [
        (["区教育局"], ["甲某某"]),
        (["区交通局"], ["乙某某"]),
    ]


def test_labels_in_a_list_below_an_item_are_its_labels() -> None:
    """They became tasks called 牵头, and the items themselves were lost."""
    made = read(
        "# 2026年工作清单\n\n1. **一网统管**：建成城市运行管理平台。\n   - 牵头：区政数局；配合：区城管局\n"
        "   - 时限：2026-10-30\n"
        "2. **数据治理**：归集目录1200条。\n   - 牵头：区政数局\n"
    )
    assert [(item.title[:4], leads(item), assists(item)) for item in made.items] == [
        ("一网统管", ["区政数局"], ["区城管局"]),
        ("数据治理", ["区政数局"], []),
    ]
