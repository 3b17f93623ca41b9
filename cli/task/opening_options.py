"""The options of `xmh task open`, each with its help: what stands behind a matter, whose it is, how it is watched."""

from typing import Annotated

import typer

TitleOption = Annotated[str | None, typer.Option("--title", metavar="T", help="事项名称")]
DueOption = Annotated[
    str | None,
    typer.Option("--due", metavar="DATE", help="办结时限，如 2022-06-30、6月30日、下周五；不填按督办规则计算"),
]
BasisOption = Annotated[str | None, typer.Option("--basis", metavar="TEXT", help="立项依据（没有依据不能立项）")]
BasisKindOption = Annotated[
    str, typer.Option("--basis-kind", metavar="会议纪要|领导批示|任务清单|文件", help="依据种类")
]
BasisNoOption = Annotated[str | None, typer.Option("--basis-no", metavar="文号", help="依据的文号")]
ApproverOption = Annotated[str | None, typer.Option("--approver", metavar="P", help="立项批准人（人员编号或姓名）")]
LeadOption = Annotated[
    list[str] | None, typer.Option("--lead", metavar="UNIT", help="牵头单位，只能有一个；不填则待明确")
]
SectionOption = Annotated[str | None, typer.Option("--section", metavar="S", help="列在计划的哪一章节")]
LeadersOption = Annotated[
    list[str] | None,
    typer.Option("--leader", metavar="P", help="责任领导、分管领导（人员编号或姓名），按次序多次填写"),
]
AssistOption = Annotated[list[str] | None, typer.Option("--assist", metavar="UNIT", help="配合单位，可多次填写")]
PersonOption = Annotated[str | None, typer.Option("--person", metavar="P", help="责任人（人员编号或姓名）")]
SupervisorOption = Annotated[str | None, typer.Option("--supervisor", metavar="P", help="督办员（默认为立项人）")]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="S", help="任务来源")]
KindOption = Annotated[str, typer.Option("--kind", metavar="K", help="督查类别，默认日常督办")]
ClassOption = Annotated[str, typer.Option("--class", metavar="重大|协调|常规", help="事项分类")]
FlagOption = Annotated[
    list[str] | None,
    typer.Option("--flag", metavar="关键专项|关键项目|关键问题|关键节点", help="四个关键，可多次填写"),
]
RhythmOption = Annotated[
    str | None,
    typer.Option(
        "--rhythm",
        metavar="daily|weekly|monthly|quarterly|once|plan_and_land",
        help="反馈周期，默认每周；协调事项默认一周一谋划一周一落实",
    ),
]
OriginOption = Annotated[
    str | None,
    typer.Option(
        "--origin",
        metavar="KIND",
        help="其他来源：人大建议、政协提案、群众诉求、投诉、巡察整改（督办规则 sources 所列）",
    ),
]
OriginNoOption = Annotated[str | None, typer.Option("--origin-no", metavar="NO", help="来件编号，如 第31号、工单号")]
AskerOption = Annotated[
    list[str] | None, typer.Option("--asker", metavar="NAME", help="提出人（代表、委员、来电人），可多次填写")
]
PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--period",
        metavar="每周|每月|每季|每年|长期",
        help="长期、定期事项：没有办结时限，按期评判，只由领导或会议决定结束（长期的按季评判）",
    ),
]
UrgencyOption = Annotated[str, typer.Option("--urgency", metavar="特急|加急|平件", help="紧急程度")]
InstructionOption = Annotated[
    str | None,
    typer.Option("--instruction", metavar="TEXT", help="领导批示原文（加密保存，须配 --by）；写 - 则由标准输入读取"),
]
OccurredOption = Annotated[
    str | None, typer.Option("--occurred", metavar="T", help="实际立项日期（补录时填写，会注明补录）")
]
PointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--point",
        metavar="TEXT[;due=DATE][;阶段]",
        help="督办要点，可多次填写；末尾写 ;阶段 的是阶段目标，达到后单独审核",
    ),
]
IndicatorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--indicator",
        metavar="NAME;unit=U;target=N[;DATE=N…]",
        help="指标和序时进度，如 累计出土量;unit=万立方米;target=23;2022-06-30=10；"
        "上限写 max，如 失业率;unit=%;max=4.5；区间写 range，每日、每周、每月的写 per，"
        "如 出土量;unit=立方米;range=4500-5000;per=日",
    ),
]
DuplicateReasonOption = Annotated[
    str | None,
    typer.Option("--duplicate-reason", metavar="TEXT", help="与未办结事项名称、牵头单位相同而仍须另行立项的理由"),
]
InheritedOption = Annotated[
    str | None,
    typer.Option(
        "--inherited", metavar="TEXT", help="存量事项：原来列在哪里，如 2021年督办台账第17号（须配 --occurred）"
    ),
]
KeyOption = Annotated[str | None, typer.Option("--key", metavar="K", help="防重编号：同一编号只立项一次")]
