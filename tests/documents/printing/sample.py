"""Pages as the office prints them, with as many matters as a test wants."""

from datetime import date

from documents.page import Grid, Imprint, Items, Layout, Page, Paragraph, Roll, Section, Subheading

ON = date(2022, 12, 30)
ISSUER = "香蜜湖片区建设指挥部办公室"


def bulletin(matters: int = 12) -> Page:
    """A 简报 of several pages."""
    return Page(
        layout=Layout.BULLETIN,
        marking="内部资料　注意保存",
        masthead="香蜜湖片区建设指挥部工作简报",
        issue="第7期（总第7期）",
        issuer=ISSUER,
        on=ON,
        title="2022年11月1日至12月30日督办工作情况",
        sections=_sections(matters),
        signer="吴七",
        note="本期数据由督办日志生成，截至2022年12月30日18时。",
        imprint=Imprint(above=("指挥部领导",), beside=("市水务局",), below=("区建筑工务署", "区住建局"), copies=30),
    )


def paper(matters: int = 12) -> Page:
    """A 督办单 of several pages."""
    return Page(
        layout=Layout.PAPER,
        masthead=f"{ISSUER}督办单",
        issue="香指办督〔2022〕7号",
        issuer=ISSUER,
        on=ON,
        title="关于“推进国际交流中心一期主体施工”的督办单",
        addressee="区建筑工务署",
        sections=_sections(matters),
        signer="吴七",
        imprint=Imprint(),
    )


def form(points: int = 2) -> Page:
    """A 督办单 on one face, to be filled in by who gets it."""
    asked = ("完成地下室结构封顶（11月30日前）", "完成主体结构施工至五层（12月30日前）")
    more = "完成地下室结构封顶及主体结构施工至五层、机电安装、室外管网，并通过竣工验收"
    rows = (
        ("督办事项", "推进国际交流中心一期主体施工（XMH-2022-007）"),
        ("督办依据", "《2022年工作计划》（香指办〔2022〕1号）"),
        ("督办内容", "；".join((*asked, *[more] * (points - len(asked))))),
        ("牵头单位", "区建筑工务署"),
        ("办结时限", "2022年12月30日"),
        ("办理情况", "（由牵头单位填写，可另附页）"),
        ("回执", "经办人：　　　　　负责人：　　　　　（盖章）　　年　月　日"),
    )
    section = Section(title="督办单", blocks=(Grid(headers=("项目", "内容"), rows=rows),))
    return paper(1).model_copy(
        update={
            "form": True,
            "sections": (section,),
            "signer": None,
            "imprint": Imprint(copied=("区住建局", "区水务局")),
        }
    )


def report() -> Page:
    """A 报告 without head or foot."""
    return bulletin().model_copy(update={"layout": Layout.REPORT, "imprint": None})


def upward() -> Page:
    """A 报告 to the headquarters, which bears its 签发人."""
    told = {"masthead": f"{ISSUER}督查报告", "title": "关于在建工地汛期安全专项督查情况的报告", "signer": None}
    return paper(4).model_copy(update={**told, "addressee": "香蜜湖片区建设指挥部", "signatory": "吴七"})


def news() -> Page:
    """A 动态: one thing, under a light head."""
    told = "12月29日，“推进国际交流中心一期主体施工”办结销号（区建筑工务署牵头，按期办结）。"
    update = {"layout": Layout.NEWS, "masthead": "香蜜湖片区建设指挥部工作动态", "title": "2022年12月29日工作动态"}
    section = Section(title="工作动态", blocks=(Items(items=(told, told)),))
    return bulletin(1).model_copy(update={**update, "sections": (section,), "imprint": None})


def letter(matters: int = 12) -> Page:
    """A 函 of several pages."""
    return paper(matters).model_copy(
        update={"layout": Layout.LETTER, "masthead": ISSUER, "issue": "香指办函〔2022〕7号"}
    )


def minutes(matters: int = 12) -> Page:
    """会议纪要 of several pages."""
    return Page(
        layout=Layout.MINUTES,
        masthead="香蜜湖片区建设指挥部工作会议纪要",
        issue="香指办会纪〔2022〕3号",
        issuer=ISSUER,
        on=ON,
        title="第五次工作会议纪要",
        sections=(
            *_sections(matters),
            Section(
                title="参会人员",
                blocks=(Roll(label="出席", names="张三、李四"), Roll(label="请假", names="王五")),
            ),
        ),
        signer="吴七",
        imprint=Imprint(),
    )


def _sections(matters: int) -> tuple[Section, ...]:
    told = "主体施工至五层，钢材供应紧张，施工单位正在组织材料进场，相关单位须加快办理有关手续并按周反馈进展情况。"
    items = tuple(
        f"“推进第{n}号地块主体施工”（区建筑工务署牵头，进度{n % 100}%）：{told}" for n in range(1, matters + 1)
    )
    rows = tuple(
        (f"推进第{n}号地块主体施工", "区建筑工务署", "3月25日", "12个工作日") for n in range(1, matters // 4 + 1)
    )
    return (
        Section(title="总体情况", blocks=(Paragraph(text=f"今年以来共督办事项{matters}件。{told}{told}"),)),
        Section(title="重点推进", blocks=(Subheading(text=f"重大事项进展{matters}件"), Items(items=items))),
        Section(title="存在问题", blocks=(Grid(headers=("事项", "牵头单位", "办结时限", "逾期"), rows=rows),)),
    )
