"""Write 任务清单.xlsx and 通讯录.xlsx of this example from the tables below: `python build.py [FOLDER]`.

The matters restate the published 2022 work plan in our own words. People, telephone numbers and document numbers are
invented. The same tables always give the same files.
"""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

HERE = Path(__file__).parent
WRITTEN = datetime(2022, 1, 7, 9)  # noqa: DTZ001 (a sheet knows no zone)


class UnitRow(NamedTuple):
    """A unit, with its liaison and head when it may be asked to do something."""

    id: str
    name: str
    level: str
    supervised: str
    aliases: str = ""
    parent: str = ""
    liaison: str = ""
    head: str = ""


class PersonRow(NamedTuple):
    """A person who is neither liaison nor head."""

    id: str
    name: str
    unit: str
    role: str
    title: str


class MatterRow(NamedTuple):
    """A matter; `due` and the dates of points are days of 2022."""

    no: int
    title: str
    lead: str
    assist: str
    due: str
    rhythm: str
    klass: str
    basis: str
    approver: str
    points: tuple[str, ...]


UNITS = (
    UnitRow("u-quwei", "福田区委区政府", "区", "否", "区委区政府"),
    UnitRow("u-zhihuibu", "市重点区域开发建设香蜜湖片区指挥部", "市", "否", "香蜜湖片区指挥部、指挥部"),
    UnitRow("office", "香蜜湖片区建设指挥部办公室", "区", "否", "指挥部办公室、香指办", "u-zhihuibu"),
    UnitRow(
        *("u-shiwu", "区香蜜湖片区建设发展事务中心", "区", "是", "香蜜湖事务中心、事务中心"),
        *("u-quwei", "许知夏", "方致远"),
    ),
    UnitRow("u-gengxin", "区城市更新和土地整备局", "区", "是", "区更新局", "u-quwei", "温以宁", "邱明澈"),
    UnitRow("u-zhujian", "区住房和建设局", "区", "是", "区住建局", "u-quwei", "陆星野", "冯景行"),
    UnitRow("u-guojiao", "国交公司", "国企", "是", "国际交流中心公司", "", "夏临川", "杜若海"),
    UnitRow("u-fagaiwei", "市发展和改革委员会", "市", "商请", "市发改委", "", "祁安然", "宋怀瑾"),
    UnitRow("u-shuiwu", "市水务局", "市", "商请", "水务局", "", "江念白", "汤望舒"),
    UnitRow("u-jiaotong", "市交通运输局", "市", "商请", "市交通局、交通局", "", "程晚照", "严既明"),
    UnitRow("u-guidao", "市轨道交通建设指挥部办公室", "市", "商请", "市轨道办、轨道办", "", "闻修竹", "贺长风"),
    UnitRow("u-gongwu", "市建筑工务署", "市", "商请", "市工务署、工务署", "", "叶清和", "戴维桢"),
    UnitRow("u-ditie", "市地铁集团有限公司", "国企", "商请", "地铁集团", "", "苏北辰", "郝云起"),
    UnitRow("u-toukong", "市投资控股有限公司", "国企", "商请", "市投控公司、投控公司", "", "孟书遥", "韦承泽"),
    UnitRow("u-zhengxin", "深圳证券信息有限公司", "国企", "商请", "深圳证券信息公司", "", "乔语堂", "卓思齐"),
    UnitRow("u-beijiao", "北京证券交易所深圳服务基地", "国企", "商请", "北交所深圳服务基地", "", "秦拾穗", "任观澜"),
    UnitRow("u-shuangzong", "总规划师总建筑师团队", "社会机构", "否", "双总师团队、“总规划师+总建筑师”团队"),
    UnitRow("u-mckinsey", "麦肯锡咨询", "社会机构", "否", "麦肯锡"),
    UnitRow("u-ey", "安永咨询", "社会机构", "否", "安永"),
    UnitRow("u-deloitte", "德勤咨询", "社会机构", "否", "德勤"),
    UnitRow("u-huarun", "华润", "社会机构", "否"),
    UnitRow("u-taikoo", "太古", "社会机构", "否"),
    UnitRow("u-jiulongcang", "九龙仓", "社会机构", "否"),
    UnitRow("u-kerry", "嘉里", "社会机构", "否"),
)

PEOPLE = (
    PersonRow("office", "林若谷", "office", "office", "督办员"),
    PersonRow("p-office-2", "周行简", "office", "office", "督办员（审核）"),
    PersonRow("p-office-3", "何听雨", "office", "office", "督办员（综合）"),
    PersonRow("p-leader-1", "梁怀远", "u-zhihuibu", "leader", "指挥长"),
    PersonRow("p-leader-2", "沈知衡", "u-zhihuibu", "leader", "分管领导（规划建设）"),
    PersonRow("p-leader-3", "罗清嘉", "u-zhihuibu", "leader", "分管领导（产业运营）"),
    PersonRow("p-auditor", "白守正", "u-quwei", "auditor", "审计员"),
)

PLAN = "《2022年工作计划》香指办〔2022〕1号"
LIST = "《香蜜湖片区建设工作任务分解清单》香指办〔2022〕2号"
CONGRESS = "《区党代会报告香蜜湖任务分解》香指办〔2022〕3号"
FOURTH = "《第四次工作会议纪要》香指纪〔2021〕4号"

LANDMARK = "2022年工作计划（一）新地标"
VITALITY = "2022年工作计划（二）新活力"
PARLOUR = "2022年工作计划（三）新客厅"
MOMENTUM = "2022年工作计划（四）新动能"
MECHANISM = "2022年工作计划（五）新机制"
REPORT = "区第七届党代会第五次会议报告·香蜜湖"

CHIEF, BUILDING, INDUSTRY = "梁怀远", "沈知衡", "罗清嘉"

MATTERS = {
    LANDMARK: (
        MatterRow(
            *(1, "完成深圳国际交流中心一期主体工程施工图设计", "国交公司", "区住建局、双总师团队"),
            *("05-31", "周", "重大", FOURTH, CHIEF),
            ("形成施工图初稿;03-15", "双总师团队完成技术把关;04-15", "施工图审查合格并出图;05-31"),
        ),
        MatterRow(
            *(2, "完成深圳国际交流中心一期地基与基础工程", "国交公司", "区住建局、市水务局"),
            *("09-30", "周", "重大", PLAN, CHIEF),
            ("土石方外运完成;04-29", "桩基础完成;07-29", "基础底板浇筑并验收;09-30"),
        ),
        MatterRow(
            *(3, "推进深圳国际交流中心一期主体结构施工，达到年度形象进度", "国交公司", "区住建局"),
            *("12-30", "周", "重大", PLAN, CHIEF),
            ("施工总承包进场、场地布置完成;06-30", "主体结构首段开始施工;10-31", "完成年度形象进度;12-30"),
        ),
        MatterRow(
            *(4, "协调深圳国际交流中心二期用地收储", "区更新局", "国交公司、区住建局"),
            *("06-30", "周", "协调", PLAN, BUILDING),
            ("权属核查和收储方案报审;03-31", "签订收储协议;05-31", "完成用地移交;06-30"),
        ),
        MatterRow(
            *(5, "推动深圳国际交流中心二期法定图则调整", "区更新局", "双总师团队、国交公司"),
            *("10-28", "月", "协调", PLAN, BUILDING),
            ("完成调整论证报告;04-29", "调整方案公示;08-31", "取得批复;10-28"),
        ),
        MatterRow(
            *(6, "完成改革开放展览馆建筑群方案优化", "市建筑工务署", "双总师团队、区住建局"),
            *("03-31", "周", "重大", PLAN, CHIEF),
            ("汇总各方意见，形成优化方案;02-28", "优化方案报指挥部审定;03-31"),
        ),
        MatterRow(
            *(7, "完成改革开放展览馆建筑群初步设计和概算编制", "市建筑工务署", "市发改委、双总师团队"),
            *("07-15", "周", "重大", PLAN, BUILDING),
            ("完成初步设计文件;05-31", "概算编制完成并报审;07-15"),
        ),
        MatterRow(
            *(8, "完成改革开放展览馆建筑群施工图设计和施工招标", "市建筑工务署", "区住建局"),
            *("09-09", "周", "常规", PLAN, BUILDING),
            ("施工图设计完成;07-29", "发布施工招标公告;08-12", "确定中标单位;09-09"),
        ),
        MatterRow(
            *(9, "推动改革开放展览馆建筑群开工，完成基坑支护、土石方和首批桩基础", "市建筑工务署", "区住建局"),
            *("12-15", "周", "重大", PLAN, CHIEF),
            ("办理施工许可并开工;09-30", "基坑支护完成;11-15", "首批桩基础完成;12-15"),
        ),
        MatterRow(
            *(10, "办结深圳金融文化中心“一书两证”", "市建筑工务署", "区更新局、区住建局"),
            *("04-29", "周", "重大", PLAN, BUILDING),
            ("取得选址意见书;02-28", "取得用地规划许可证;04-02", "取得工程规划许可证;04-29"),
        ),
        MatterRow(
            *(11, "国际演艺中心可行性研究报告报审", "市建筑工务署", "市发改委"),
            *("05-20", "周", "常规", PLAN, BUILDING),
            ("深化可行性研究方案;03-18", "报告正式报审;05-20"),
        ),
        MatterRow(
            *(12, "推进北区市政设施代建工程", "市投控公司", "区住建局、市水务局、市交通局"),
            *("11-30", "周", "常规", LIST, BUILDING),
            ("完成代建项目施工图;05-31", "管线迁改完成;08-31", "主要道路路基完成;11-30"),
        ),
        MatterRow(
            *(44, "做好春节期间片区工地停工、复工安全保障", "区住建局", "国交公司、市建筑工务署"),
            *("02-18", "日", "常规", LIST, BUILDING),
            ("节前安全检查全覆盖;01-28", "复工复产条件核查完成;02-18"),
        ),
        MatterRow(
            *(45, "国际交流中心一期暗涵改迁枯水期调度", "国交公司", "市水务局"),
            *("03-04", "日", "协调", LIST, BUILDING),
            ("改迁段通水;02-25", "旧涵拆除并移交管养;03-04"),
        ),
    ),
    VITALITY: (
        MatterRow(
            *(13, "完善香蜜湖新金融中心产业发展规划", "香蜜湖事务中心", "市发改委、麦肯锡"),
            *("06-15", "周", "常规", PLAN, INDUSTRY),
            ("完成现状评估和对标研究;03-31", "形成规划送审稿;05-13", "规划报指挥部审议;06-15"),
        ),
        MatterRow(
            *(14, "研究国家金融监管机构汇聚香蜜湖的路径", "香蜜湖事务中心", "市发改委"),
            *("08-31", "月", "常规", PLAN, INDUSTRY),
            ("完成机构需求摸底;04-29", "形成路径研究报告;08-31"),
        ),
        MatterRow(
            *(15, "办好香蜜湖金融论坛，提升论坛水平和影响力", "香蜜湖事务中心", "深圳证券信息公司"),
            *("11-18", "周", "重大", CONGRESS, INDUSTRY),
            ("论坛总体方案审定;07-15", "嘉宾邀请和议程确定;10-14", "论坛举办;11-18"),
        ),
        MatterRow(
            *(16, "探索推出香蜜湖“金融+”系列指数", "深圳证券信息公司", "香蜜湖事务中心"),
            *("10-14", "月", "常规", PLAN, INDUSTRY),
            ("指数编制方案论证;05-31", "首只指数试算;08-31", "发布方案报审;10-14"),
        ),
        MatterRow(
            *(17, "谋划建设上市公司产业资本创新中心园区", "香蜜湖事务中心", "市投控公司、德勤"),
            *("09-23", "月", "常规", PLAN, INDUSTRY),
            ("完成选址比选;05-07", "形成园区策划方案;09-23"),
        ),
        MatterRow(
            *(18, "深度参与北京证券交易所深圳服务基地建设", "北交所深圳服务基地", "香蜜湖事务中心"),
            *("07-29", "月", "协调", PLAN, INDUSTRY),
            ("签订合作备忘录;04-15", "首批企业辅导活动落地;07-29"),
        ),
        MatterRow(
            *(19, "研究创新要素跨境流动和区域融通的政策举措", "香蜜湖事务中心", "市发改委、德勤"),
            *("12-09", "季", "常规", PLAN, INDUSTRY),
            ("完成政策梳理;06-30", "提出政策建议稿;12-09"),
        ),
        MatterRow(
            *(20, "更新香蜜湖片区形象宣传片和手册，打造香蜜湖品牌", "香蜜湖事务中心", ""),
            *("05-27", "周", "常规", LIST, INDUSTRY),
            ("拍摄脚本审定;02-28", "完成外景拍摄;04-15", "成片和手册定稿;05-27"),
        ),
    ),
    PARLOUR: (
        MatterRow(
            *(21, "片区十大专项规划系统集成，形成稳定成果", "区更新局", "双总师团队、香蜜湖事务中心"),
            *("04-24", "周", "重大", PLAN, CHIEF),
            ("核对各专项规划接口;03-11", "形成集成成果报审;04-24"),
        ),
        MatterRow(
            *(22, "落实双总师对规划设计、建筑方案和建设标准的技术把关", "区更新局", "双总师团队"),
            *("12-23", "月", "常规", PLAN, BUILDING),
            ("出台技术把关工作规程;04-08", "上半年把关意见汇编;07-15", "年度把关报告;12-23"),
        ),
        MatterRow(
            *(23, "编制轨道工程预留专项规划", "市轨道办", "地铁集团、区更新局"),
            *("09-16", "周", "协调", PLAN, BUILDING),
            ("梳理线位和站点预留条件;04-29", "形成规划初稿;06-30", "专家评审并形成成果;09-16"),
        ),
        MatterRow(
            *(24, "编制双碳建设专项规划", "区更新局", "市发改委"),
            *("10-21", "月", "常规", PLAN, BUILDING),
            ("完成碳排放基线测算;06-15", "规划成果评审;10-21"),
        ),
        MatterRow(
            *(25, "编制海绵城市专项规划，落实片区水系统方案", "市水务局", "区更新局"),
            *("08-19", "周", "协调", PLAN, BUILDING),
            ("完成现状管网和水系外业勘测;03-31", "形成规划方案;06-17", "成果审定;08-19"),
        ),
        MatterRow(
            *(26, "编制防灾减灾专项规划", "区住建局", "区更新局"),
            *("08-12", "月", "常规", PLAN, BUILDING),
            ("完成风险评估;05-13", "成果评审;08-12"),
        ),
        MatterRow(
            *(27, "编制建筑风貌专项规划", "区更新局", "双总师团队"),
            *("07-08", "月", "常规", PLAN, BUILDING),
            ("风貌管控要素研究;04-15", "成果评审;07-08"),
        ),
        MatterRow(
            *(28, "推进绿色建造、装配式建筑、集中供冷等新技术试点", "区住建局", "国交公司、市建筑工务署"),
            *("11-11", "月", "常规", PLAN, BUILDING),
            ("确定试点项目和技术清单;05-20", "试点中期评估;08-31", "试点总结;11-11"),
        ),
        MatterRow(
            *(29, "构建片区规划建设统一底板", "区更新局", "市交通局、市水务局、市轨道办、香蜜湖事务中心"),
            *("06-24", "周", "协调", PLAN, BUILDING),
            ("统一坐标和数据标准;03-31", "各专项数据入库;05-31", "底板上线试用;06-24"),
        ),
        MatterRow(
            *(30, "推动开展片区电力专项规划编制", "", "市发改委、区住建局"),
            *("09-28", "周", "协调", PLAN, BUILDING),
            ("完成负荷预测;06-15", "站址和通道方案稳定;09-28"),
        ),
        MatterRow(
            *(31, "协调片区交通与地下空间专项规划研究", "市交通局", "市轨道办、地铁集团、区更新局"),
            *("08-26", "周", "协调", PLAN, BUILDING),
            ("完成交通需求预测;05-13", "地下空间连通方案稳定;08-26"),
        ),
        MatterRow(
            *(32, "谋划低碳发展、数字化平台等新一轮专项规划", "区更新局", "香蜜湖事务中心"),
            *("12-16", "季", "常规", PLAN, BUILDING),
            ("提出专项清单和任务书;09-30", "完成立项论证;12-16"),
        ),
    ),
    MOMENTUM: (
        MatterRow(
            *(33, "策划香蜜湖国际顶级商圈，培育高端消费增长点", "香蜜湖事务中心", "华润、太古"),
            *("10-31", "月", "常规", PLAN, INDUSTRY),
            ("消费客群和业态研究;06-30", "商圈策划方案;10-31"),
        ),
        MatterRow(
            *(34, "引入市场化运营主体，形成片区运营遴选方案", "香蜜湖事务中心", "市投控公司、安永"),
            *("11-25", "周", "重大", PLAN, INDUSTRY),
            ("运营模式比选;05-31", "遴选方案征求意见;09-15", "遴选方案报审;11-25"),
        ),
        MatterRow(
            *(35, "统筹片区多类型商业空间的业态功能分布", "", "九龙仓、嘉里"),
            *("09-20", "月", "常规", PLAN, INDUSTRY),
            ("现有商业空间清单;05-20", "业态布局方案;09-20"),
        ),
        MatterRow(
            *(36, "研究公共空间运营管理策略，实现运营收益与财政投入相对平衡", "香蜜湖事务中心", "市发改委"),
            *("12-20", "季", "常规", PLAN, INDUSTRY),
            ("公共设施运营成本测算;06-24", "运营管理策略报告;12-20"),
        ),
    ),
    MECHANISM: (
        MatterRow(
            *(37, "建立重点任务“周调度”机制", "香蜜湖事务中心", "区更新局、区住建局"),
            *("02-25", "周", "常规", PLAN, BUILDING),
            ("周调度材料模板试行;01-28", "周调度机制印发;02-25"),
        ),
        MatterRow(
            *(38, "制定重大事项“一月一推动、一月一决策”工作规则", "香蜜湖事务中心", ""),
            *("03-18", "周", "常规", PLAN, CHIEF),
            ("规则征求意见稿;02-28", "规则印发;03-18"),
        ),
        MatterRow(
            *(39, "细化优化2022年任务分解清单，压实各单位责任", "香蜜湖事务中心", "区更新局、区住建局、国交公司"),
            *("02-18", "一次", "常规", PLAN, CHIEF),
            ("清单印发各单位;02-18",),
        ),
        MatterRow(
            *(40, "优化市级指挥部会议协调机制", "", "香蜜湖事务中心"),
            *("04-15", "月", "协调", PLAN, CHIEF),
            ("形成会议协调机制文稿;04-15",),
        ),
    ),
    REPORT: (
        MatterRow(
            *(41, "推动整备范围内土地尽早入库", "区更新局", "区住建局"),
            *("11-04", "周", "重大", CONGRESS, CHIEF),
            ("完成权属和补偿核查;04-29", "首批地块入库;07-22", "全部地块入库;11-04"),
        ),
        MatterRow(
            *(42, "推动建设粤港澳大湾区金融监管联盟", "香蜜湖事务中心", "市发改委"),
            *("12-28", "月", "协调", CONGRESS, INDUSTRY),
            ("联盟筹建方案;07-29", "首批成员签约;12-28"),
        ),
        MatterRow(
            *(43, "构建产融创新与上市加速器服务体系", "香蜜湖事务中心", "深圳证券信息公司、北交所深圳服务基地"),
            *("09-27", "月", "常规", CONGRESS, INDUSTRY),
            ("服务清单和企业库;05-31", "加速器首期开班;09-27"),
        ),
        MatterRow(
            *(46, "提速四个公共项目审批服务，逐月会商堵点", "区住建局", "市建筑工务署、国交公司、区更新局"),
            *("12-22", "月", "协调", CONGRESS, BUILDING),
            ("审批事项和时限清单;03-25", "上半年堵点清零;06-30", "全年会商总结;12-22"),
        ),
    ),
}

TASK_COLUMNS = {
    **{"序号": 6, "任务": 40, "要点": 44, "牵头单位": 18, "配合单位": 30, "责任人": 10},
    **{"完成时限": 12, "反馈周期": 9, "类别": 7, "来源": 28, "依据": 36, "批准人": 9},
}
UNIT_COLUMNS = {"编号": 14, "名称": 36, "层级": 10, "上级": 14, "别名": 40, "督办对象": 10}
PEOPLE_COLUMNS = {"编号": 16, "姓名": 10, "单位": 14, "角色": 10, "手机": 16, "邮箱": 28, "职务": 22}
Rows = list[list[str | int | date]]


def task_rows() -> Rows:
    """The rows of 任务清单 in the order of 序号. The head of the lead unit is responsible."""
    heads = {name: unit.head for unit in UNITS for name in (unit.name, *unit.aliases.split("、"))}
    rows: Rows = [
        [
            *(m.no, m.title, "\n".join(_dated(point) for point in m.points), m.lead, m.assist, heads.get(m.lead, "")),
            *(date.fromisoformat(f"2022-{m.due}"), m.rhythm, m.klass, source, m.basis, m.approver),
        ]
        for source, matters in MATTERS.items()
        for m in matters
    ]
    return sorted(rows, key=lambda row: int(str(row[0])))


def _dated(point: str) -> str:
    text, _, due = point.rpartition(";")
    return f"{text};2022-{due}"


def unit_rows() -> Rows:
    """The rows of 单位."""
    return [[u.id, u.name, u.level, u.parent, u.aliases, u.supervised] for u in UNITS]


def people_rows() -> Rows:
    """The rows of 人员: those of the headquarters, then a liaison and a head for each unit that has them."""
    people = list(PEOPLE)
    for unit in (unit for unit in UNITS if unit.liaison):
        stem = unit.id.removeprefix("u-")
        people.append(PersonRow(f"p-{stem}-l", unit.liaison, unit.id, "liaison", "联络员"))
        people.append(PersonRow(f"p-{stem}-h", unit.head, unit.id, "head", "单位负责人"))
    return [
        [p.id, p.name, p.unit, p.role, f"0755-0000{n:04}", f"{p.id}@xmh.example", p.title]
        for n, p in enumerate(people, 1)
    ]


def write(path: Path, sheets: dict[str, tuple[dict[str, int], Rows]]) -> None:
    """Write a workbook of plain tables: a header, then the rows."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"author": "香蜜湖片区建设指挥部办公室（示例）", "created": WRITTEN})
        header = book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "align": "center"})
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "border": 1})
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 2)
            for column, (title, width) in enumerate(columns.items()):
                sheet.set_column(column, column, width)
                sheet.write(0, column, title, header)
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(number, column, value, day)
                    else:
                        sheet.write(number, column, value, cell)


def main(folder: Path) -> None:
    """Write both workbooks into a folder."""
    write(folder / "任务清单.xlsx", {"任务清单": (TASK_COLUMNS, task_rows())})
    directory = {"单位": (UNIT_COLUMNS, unit_rows()), "人员": (PEOPLE_COLUMNS, people_rows())}
    write(folder / "通讯录.xlsx", directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
