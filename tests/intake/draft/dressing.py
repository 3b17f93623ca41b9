"""One known list of tasks in the clothes of offices: number, label, bracket, order, table, unit and date.

A dress is drawn at random from a seed and says what it is made of (`Dress.kinds`), so that a miss can be laid at the
door of one kind. Nothing here knows how the reader works.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from intake.draft.readers.excel import of_sheets
from intake.draft.readers.plain import of_text
from intake.draft.shape.source import Source
from intake.xlsx import RawSheet, Value

YEAR = 2026
Kinds = dict[str, str]


@dataclass(frozen=True)
class Work:
    """What is to be done, how much of it, and the words it is known by."""

    what: str
    much: str = ""
    target: tuple[str, str] | None = None


@dataclass(frozen=True)
class Known:
    """A task as the clerk knows it. `units` that share it without one leading it are all in `lead`."""

    work: Work
    lead: tuple[str, ...]
    assist: tuple[str, ...]
    said: str
    due: date | None
    steps: tuple[tuple[str, date], ...] = ()


@dataclass
class Dress:
    """A document, what it is made of, and the list it should come to."""

    source: Source
    kinds: Kinds
    tasks: list[Known] = field(default_factory=list)


WORKS = (
    Work("开展地下管网普查", "普查管线120公里", ("120", "公里")),
    Work("建设学校周边停车设施", "新增泊位300个", ("300", "个")),
    Work("改造老旧小区", "惠及居民1200户", ("1200", "户")),
    Work("推进集体土地收储", "收储用地2.5公顷", ("2.5", "公顷")),
    Work("打造滨河慢行系统", "建成绿道18公里以上", ("18", "公里")),
    Work("引进科技型企业", "引进企业不少于40家", ("40", "家")),
    Work("抓好工业投资", "完成工业投资12.6亿元", ("12.6", "亿元")),
    Work("举办社区文化节", "举办活动60场", ("60", "场")),
    Work("实施学位攻坚", "新增公办学位3600个", ("3600", "个")),
    Work("治理黑臭水体", "水质达标率达到95%", ("95", "%")),
    Work("压减行政审批时限", "平均压减30%以上", ("30", "%")),
    Work("修缮革命旧址"),
    Work("编制低空经济发展规划"),
    Work("出台人才住房配租办法"),
    Work("完善应急预案体系"),
    Work("升级农贸市场", "升级市场7家", ("7", "家")),
    Work("加装既有住宅电梯", "加装电梯50台", ("50", "台")),
    Work("推动产业园区竣工", "竣工面积10万平方米", ("10", "万平方米")),
    Work("清理规范涉企收费"),
    Work("加强食品安全抽检", "抽检样品5000批次", ("5000", "批次")),
    Work("推广装配式建筑", "占比不低于40%", ("40", "%")),
    Work("新建口袋公园", "新建公园9座", ("9", "座")),
    Work("完善15分钟生活圈配套", "建成驿站21个", ("21", "个")),
    Work("落实“1+N”政策体系"),
    Work("按照国办发〔2025〕12号文件清理行政规范性文件"),
    Work("缩短审批时限", "压缩至5个工作日以内", ("5", "个工作日")),
)
UNITS: dict[str, tuple[str, ...]] = {
    "局": ("区住建局", "市教育局", "区水务局", "区城管和综合执法局", "市规划和自然资源局", "区市场监管局", "省能源局"),
    "厅委": (
        "省财政厅",
        "省自然资源厅",
        "省发展改革委",
        "市国资委",
        "市卫生健康委",
        "区委政法委",
        "省人力资源社会保障厅",
    ),
    "部办署": ("区委宣传部", "市委组织部", "区委编办", "市建筑工务署", "区委办", "市轨道办", "区府办"),
    "中心": ("区土地整备事务中心", "市公共资源交易中心", "区企业服务中心", "区政务服务中心"),
    "集团公司": ("市地铁集团", "区城投公司", "市水务集团", "国交公司", "供电公司"),
    "街道": ("东湖街道", "南山街道办", "沙河街道办事处", "石岩镇政府"),
    "群团": ("团区委", "区妇联", "区残联", "市总工会", "公安分局", "区工商联"),
    "院校站队": ("市第二人民医院", "区人民法院", "公安交警支队", "区疾控中心", "市农业银行", "区供销社", "深城大学"),
    "各": ("各街道", "各县（市、区）人民政府", "各镇（街道）", "市直各有关单位", "各区（含新区）管委会"),
}
DUES: dict[str, tuple[tuple[str, date], ...]] = {
    "月底": (("6月底前", date(2026, 6, 30)), ("11月底前", date(2026, 11, 30)), ("2026年9月底前", date(2026, 9, 30))),
    "某日": (
        ("4月20日前", date(2026, 4, 20)),
        ("2026年8月14日前", date(2026, 8, 14)),
        ("12月10日前", date(2026, 12, 10)),
    ),
    "年内": (("年内", date(2026, 12, 31)), ("年底前", date(2026, 12, 31)), ("2026年底前", date(2026, 12, 31))),
    "今年": (("今年底前", date(2026, 12, 31)), ("今年6月底前", date(2026, 6, 30))),
    "季度": (("三季度末前", date(2026, 9, 30)), ("第二季度", date(2026, 6, 30)), ("上半年", date(2026, 6, 30))),
    "旬": (("10月中旬前", date(2026, 10, 20)), ("4月上旬前", date(2026, 4, 10))),
    "节前": (("国庆节前", date(2026, 9, 30)), ("劳动节前", date(2026, 4, 30)), ("春节前", date(2026, 2, 14))),
    "数字": (
        ("2026-06-30前", date(2026, 6, 30)),
        ("2026.9.30前", date(2026, 9, 30)),
        ("2026/11/20前", date(2026, 11, 20)),
    ),
    "明年": (("明年3月底前", date(2027, 3, 31)), ("2027年6月底前", date(2027, 6, 30))),
    "月": (("2026年10月", date(2026, 10, 30)), ("12月", date(2026, 12, 31)), ("下半年", date(2026, 12, 31))),
    "力争": (("力争8月底前", date(2026, 8, 31)), ("确保年内", date(2026, 12, 31))),
}
TITLES = ("2026年重点工作任务分工方案", "2026年民生实事任务分解", "关于2026年工作要点的分工安排", "2026年攻坚任务清单")
SECTIONS = ("强化民生保障", "提升城市品质", "优化营商环境", "加快项目建设", "深化重点改革")
LEADERS = ("甲一", "乙二", "丙三", "丁四")

NUMBERS: dict[str, Callable[[int], str]] = {
    "1.": lambda n: f"{n}.",
    "1、": lambda n: f"{n}、",
    "1．": lambda n: f"{n}．",
    "（1）": lambda n: f"（{n}）",
    "(1)": lambda n: f"({n})",
    "1)": lambda n: f"{n})",
    "（一）": lambda n: f"（{'一二三四五六七八九'[n - 1]}）",
    "①": lambda n: chr(0x2460 + n - 1),
    "1. ": lambda n: f"{n}. ",
    "任务1：": lambda n: f"任务{n}：",
    "●": lambda _: "● ",
    "一、": lambda n: f"{'一二三四五六七八九'[n - 1]}、",
}
BRACKETS = {pair: (pair[0], pair[1]) for pair in ("（）", "()", "〔〕", "【】", "[]")}


# Sentences


def _also(work: Work) -> str:
    return f"，{work.much}" if work.much else ""


ORDERS: dict[str, Callable[[Known], str]] = {
    "时限在前": lambda t: f"{t.said}{t.work.what}{_also(t.work)}",
    "时限在后": lambda t: f"{t.work.what}{_also(t.work)}，{t.said}完成",
    "时限居中": lambda t: f"{t.work.what}，{t.said}{t.work.much or '完成'}",
    "目标在前": lambda t: f"{t.work.much + '，' if t.work.much else ''}{t.said}{t.work.what}",
}


def _list(units: Sequence[str]) -> str:
    return "、".join(units)


def _both(t: Known, lead: str, assist: str) -> str:
    """The two halves of a clause, the second only if somebody helps."""
    return lead + (assist if t.assist else "")


IN_BRACKET: dict[str, Callable[[Known], str]] = {
    "X牵头，Y配合": lambda t: _both(t, f"{t.lead[0]}牵头", f"，{_list(t.assist)}配合"),
    "X牵头、Y配合": lambda t: _both(t, f"{t.lead[0]}牵头", f"、{_list(t.assist)}配合"),
    "X负责，Y协办": lambda t: _both(t, f"{t.lead[0]}负责", f"，{_list(t.assist)}协办"),
    "牵头单位：配合单位：": lambda t: _both(t, f"牵头单位：{t.lead[0]}", f"；配合单位：{_list(t.assist)}"),
    "牵头：配合：": lambda t: _both(t, f"牵头：{t.lead[0]}", f"；配合：{_list(t.assist)}"),
    "主责：协办：": lambda t: _both(t, f"主责：{t.lead[0]}", f"，协办：{_list(t.assist)}"),
    "责任单位：X牵头": lambda t: _both(t, f"责任单位：{t.lead[0]}牵头", f"，{_list(t.assist)}配合"),
    "X牵头会同Y": lambda t: (
        _both(t, f"{t.lead[0]}牵头", f"，会同{_list(t.assist)}") if t.assist else f"{t.lead[0]}牵头"
    ),
    "由X牵头": lambda t: _both(t, f"由{t.lead[0]}牵头负责", f"，{_list(t.assist)}等单位配合"),
}
ON_LINES: dict[str, Callable[[Known, str], str]] = {
    "牵头单位/配合单位": lambda t, _: _both(t, f"牵头单位：{t.lead[0]}", f"\n配合单位：{_list(t.assist)}"),
    "主责/协办": lambda t, _: _both(t, f"主责：{t.lead[0]}", f"\n协办：{_list(t.assist)}"),
    "部门分工": lambda t, who: (
        f"分管省领导：{who}\n" + _both(t, f"部门分工：{t.lead[0]}牵头", f"，{_list(t.assist)}配合") + "。"
    ),
    "责任单位牵头配合": lambda t, _: "责任单位：" + _both(t, f"{t.lead[0]}牵头", f"，{_list(t.assist)}配合") + "。",
    "一行多标签": lambda t, who: (
        _both(t, f"牵头单位：{t.lead[0]}", f"　　配合单位：{_list(t.assist)}") + f"　　责任领导：{who}"
    ),
    "责任领导/牵头部门": lambda t, who: (
        f"责任领导：{who}\n" + _both(t, f"牵头部门：{t.lead[0]}", f"\n配合部门：{_list(t.assist)}")
    ),
    "牵头责任单位": lambda t, _: _both(t, f"牵头责任单位：{t.lead[0]}", f"\n协同责任单位：{_list(t.assist)}"),
    "【牵头】": lambda t, _: _both(t, f"【牵头单位】{t.lead[0]}", f"\n【配合单位】{_list(t.assist)}"),
    "标签独占一行": lambda t, _: _both(t, f"牵头单位：\n{t.lead[0]}", f"\n配合单位：\n{_list(t.assist)}"),
}
IN_SENTENCE: dict[str, Callable[[Known, str], str]] = {
    "由X牵头，Y配合，": lambda t, s: _both(t, f"由{t.lead[0]}牵头，", f"{_list(t.assist)}配合，") + s,
    "X牵头、Y配合，": lambda t, s: (
        (f"{t.lead[0]}牵头、{_list(t.assist)}配合，" if t.assist else f"{t.lead[0]}牵头，") + s
    ),
    "请X牵头会同Y，": lambda t, s: (
        (f"请{t.lead[0]}牵头会同{_list(t.assist)}，" if t.assist else f"请{t.lead[0]}牵头，") + s
    ),
    "X负责，Y配合，": lambda t, s: _both(t, f"{t.lead[0]}负责，", f"{_list(t.assist)}配合，") + s,
    "…，由X牵头，Y配合": lambda t, s: s + _both(t, f"，由{t.lead[0]}牵头", f"，{_list(t.assist)}配合"),
    "…，X牵头，Y配合": lambda t, s: s + _both(t, f"，{t.lead[0]}牵头", f"，{_list(t.assist)}配合"),
    "…，X负责，Y配合": lambda t, s: s + _both(t, f"，{t.lead[0]}负责", f"，{_list(t.assist)}配合"),
    "X会同Y": lambda t, s: (f"{t.lead[0]}会同{_list(t.assist)}" if t.assist else f"{t.lead[0]}要") + s,
    "X：": lambda t, s: f"由{t.lead[0]}" + (f"会同{_list(t.assist)}" if t.assist else "负责") + f"，{s}",
}


# Drawing


def _unit(random: Random, but: Sequence[str], kinds: Sequence[str]) -> str:
    while True:
        unit = random.choice(UNITS[random.choice(list(kinds))])
        if unit not in but:
            return unit


def known_list(random: Random, kinds: Kinds) -> list[Known]:
    """Some of the known tasks; one kind of lead unit and one kind of limit for them all, the helpers of any kind."""
    led, limit = random.choice([k for k in UNITS if k != "各"]), random.choice(list(DUES))
    kinds |= {"牵头": led, "时限": limit}
    tasks = []
    for work in random.sample(WORKS, random.randint(4, 6)):
        lead = _unit(random, (), (led,))
        assist: list[str] = []
        for _ in range(random.choice((0, 1, 1, 2, 3))):
            assist.append(_unit(random, (lead, *assist), list(UNITS)))
        assist.sort(key=lambda name: name in UNITS["各"])
        said, due = random.choice(DUES[limit])
        tasks.append(Known(work, (lead,), tuple(assist), said, due))
    return tasks


def _opening(random: Random) -> list[str]:
    lines = [random.choice(TITLES)]
    if random.random() < 0.4:
        lines.append("为落实全会部署，结合实际，制定本方案。")
    return lines


def _numbered(random: Random, name: str, texts: Sequence[str], chapters: bool) -> list[str]:
    """Items under their numbers, in one or two chapters; the numbers begin again or go on."""
    if not chapters or name == "一、":
        return [f"{NUMBERS[name](n)}{text}" for n, text in enumerate(texts, 1)]
    half, again = len(texts) // 2, random.random() < 0.5
    lines = []
    for title, part, first in (("一、", texts[:half], 1), ("二、", texts[half:], 1 if again else half + 1)):
        lines.append(title + random.choice(SECTIONS))
        lines += [f"{NUMBERS[name](n)}{text}" for n, text in enumerate(part, first)]
    return lines


COVER = (
    "关于印发工作方案的通知",
    "各有关单位：",
    "现将方案印发给你们，请结合实际抓好落实。",
    "某某办公室",
    "2026年1月5日",
    "附件",
)
ENDS: dict[str, tuple[str, ...]] = {
    "无": (),
    "落款": ("某某办公室", "2026年1月12日"),
    "保障措施": (
        "三、保障措施",
        "（一）加强组织领导。各单位要高度重视，压实责任。",
        "（二）严格督查考核。定期通报进展。",
    ),
    "抄送": ("抄送：区委办、区人大办。", "某某办公室2026年1月12日印发"),
}
HALF = str.maketrans("，：；（）", ",:;()")
PAGES: dict[str, Callable[[str], str]] = {
    "原样": lambda text: text,
    "首行缩进": lambda text: "\n".join(f"\u3000\u3000{line}" for line in text.split("\n")),
    "行间空行": lambda text: text.replace("\n", "\n\n"),
    "半角标点": lambda text: text.translate(HALF),
    "定宽折行": lambda text: "\n".join(_broken(f"    {line}", 56) for line in text.split("\n")),
}


def _broken(line: str, most: int) -> str:
    """A paragraph as the lines of a page: no line begins with a mark that closes."""
    lines = [""]
    for char in line:
        if _width(lines[-1]) + _width(char) > most and char not in "，。；：）】、":
            lines.append("")
        lines[-1] += char
    return "\n".join(lines)


def _page(random: Random, kinds: Kinds, lines: Sequence[str]) -> Source:
    """The lines on a page: with a covering letter, an end, and looking one way or another."""
    kinds["文尾"], kinds["版面"] = random.choice(list(ENDS)), random.choice(list(PAGES))
    kinds["前附"] = random.choice(("无", "无", "通知"))
    whole = [*(COVER if kinds["前附"] == "通知" else ()), *lines, *ENDS[kinds["文尾"]]]
    return of_text(PAGES[kinds["版面"]]("\n".join(whole)) + "\n", "稿")


def _prose(random: Random, kinds: Kinds, texts: Sequence[str]) -> Source:
    kinds["编号"] = number = random.choice(list(NUMBERS))
    chapters = random.random() < 0.6
    return _page(random, kinds, [*_opening(random), *_numbered(random, number, texts, chapters=chapters)])


def bracketed(random: Random) -> Dress:
    """A bracket at the end says who."""
    kinds: Kinds = {"分工": "括注"}
    tasks = known_list(random, kinds)
    kinds["括注"], kinds["括号"], kinds["语序"] = (random.choice(list(d)) for d in (IN_BRACKET, BRACKETS, ORDERS))
    opens, closes = BRACKETS[kinds["括号"]]
    stop = random.random() < 0.5
    texts = []
    for task in tasks:
        clause = f"{opens}{IN_BRACKET[kinds['括注']](task)}{closes}"
        body = ORDERS[kinds["语序"]](task)
        texts.append(f"{body}。{clause}" if stop else f"{body}{clause}。")
    return Dress(_prose(random, kinds, texts), kinds, tasks)


def with_limit_in_bracket(random: Random) -> Dress:
    """（区住建局牵头、区水务局配合，6月底前完成）."""
    kinds: Kinds = {"分工": "括注含时限"}
    tasks = known_list(random, kinds)
    form = random.choice(("，{said}完成", "；完成时限：{said}", "；时限：{said}"))
    kinds["括注时限"] = form
    clause = random.choice(
        ("X牵头，Y配合", "X牵头、Y配合", "牵头单位：配合单位：")
        if "完成时限" not in form
        else ("牵头单位：配合单位：",)
    )
    kinds["括注"] = clause
    texts = [f"{t.work.what}{_also(t.work)}。（{IN_BRACKET[clause](t)}{form.format(said=t.said)}）" for t in tasks]
    return Dress(_prose(random, kinds, texts), kinds, tasks)


def shared(random: Random) -> Dress:
    """责任单位：A、B: of none it is said that it leads."""
    kinds: Kinds = {"分工": "责任单位并列"}
    tasks = [replace(t, lead=(*t.lead, *t.assist), assist=()) for t in known_list(random, kinds)]
    form = random.choice(
        ("（责任单位：{}）", "（{}负责）", "\n责任单位：{}", "\n责任部门：{}。", "（{}按职责分工负责）", "（{}）")
    )
    kinds["并列"] = form.strip()
    kinds["语序"] = random.choice(list(ORDERS))
    texts = [f"{ORDERS[kinds['语序']](t)}。{form.format(_list(t.lead))}" for t in tasks]
    return Dress(_prose(random, kinds, texts), kinds, tasks)


def of_group(random: Random) -> Dress:
    """One line or bracket of units below the items of a group, or in the heading above them."""
    kinds: Kinds = {"分工": "一组共用"}
    tasks = known_list(random, kinds)
    half = len(tasks) // 2
    form = random.choice(("（责任单位：{}）", "责任单位：{}", "（{}）", "标题（责任单位：{}）", "标题（牵头单位：{}）"))
    kinds["共用"], kinds["语序"] = form, random.choice(list(ORDERS))
    number = kinds["编号"] = random.choice([n for n in NUMBERS if n not in ("一、", "●")])
    lines, listed = _opening(random), []
    for title, part in (("一、", tasks[:half]), ("二、", tasks[half:])):
        units = part[0].lead if "牵头" in form else (*part[0].lead, *part[0].assist)
        group = [replace(t, lead=units, assist=()) for t in part]
        listed += group
        heading = f"{title}{random.choice(SECTIONS)}"
        items = [f"{NUMBERS[number](n)}{ORDERS[kinds['语序']](t)}。" for n, t in enumerate(group, 1)]
        if form.startswith("标题"):
            lines += [heading + form.removeprefix("标题").format(_list(units)), *items]
        else:
            lines += [heading, *items, form.format(_list(units))]
    return Dress(_page(random, kinds, lines), kinds, listed)


def on_lines(random: Random) -> Dress:
    """Labels on lines of their own below each item."""
    kinds: Kinds = {"分工": "标签行"}
    tasks = known_list(random, kinds)
    kinds["标签"], kinds["语序"] = random.choice(list(ON_LINES)), random.choice(list(ORDERS))
    limit = random.choice(("正文", "完成时限：{}", "时限要求：{}", "办结时间：{}"))
    kinds["标签时限"] = limit
    texts = []
    for task in tasks:
        body = ORDERS[kinds["语序"]](task) if limit == "正文" else f"{task.work.what}{_also(task.work)}"
        labels = ON_LINES[kinds["标签"]](task, random.choice(LEADERS))
        until = "" if limit == "正文" else "\n" + limit.format(task.said)
        texts.append(f"{body}{random.choice(('。', ''))}\n{labels}{until}")
    return Dress(_prose(random, kinds, texts), kinds, tasks)


def in_sentence(random: Random) -> Dress:
    """The sentence itself says who."""
    kinds: Kinds = {"分工": "句中"}
    tasks = known_list(random, kinds)
    kinds["句式"], kinds["语序"] = random.choice(list(IN_SENTENCE)), random.choice(("时限在前", "时限在后", "时限居中"))
    texts = [f"{IN_SENTENCE[kinds['句式']](t, ORDERS[kinds['语序']](t))}。" for t in tasks]
    return Dress(_prose(random, kinds, texts), kinds, tasks)


def digits_after_number(random: Random) -> Dress:
    """2.2026年…, 2.30个…, 1.2月底前…: what follows the number is a digit."""
    kinds: Kinds = {"编号后": "数字"}
    tasks = known_list(random, kinds)
    number = kinds["编号"] = random.choice(("1.", "1、", "1．", "（1）", "1. "))
    kinds["标签"] = random.choice(list(ON_LINES))
    ahead = {
        "年": lambda t: f"2026年{t.work.what}{_also(t.work)}，{t.said}完成",
        "月": lambda t: f"{t.said}{t.work.what}{_also(t.work)}",
        "量": lambda t: f"{''.join(t.work.target or ())}目标{t.work.what}，{t.said}完成".removeprefix("目标"),
    }
    opened = kinds["数字"] = random.choice(list(ahead))
    texts = []
    for n, task in enumerate(tasks):
        body = ahead[opened](task) if n else ORDERS["时限在后"](task)
        texts.append(f"{body}。\n{ON_LINES[kinds['标签']](task, random.choice(LEADERS))}")
    lines = [*_opening(random), *_numbered(random, number, texts, chapters=False)]
    return Dress(_page(random, kinds, lines), kinds, tasks)


STEPS = (
    ("第一季度：完成方案设计。", date(2026, 3, 31)),
    ("第二季度：完成施工招标。", date(2026, 6, 30)),
    ("第三季度：完成主体施工。", date(2026, 9, 30)),
    ("第四季度：完成竣工验收。", date(2026, 12, 31)),
)
DATED = (
    ("3月底前完成方案设计；", date(2026, 3, 31)),
    ("6月底前完成施工招标；", date(2026, 6, 30)),
    ("9月底前完成主体施工；", date(2026, 9, 30)),
    ("11月底前完成竣工验收。", date(2026, 11, 30)),
)


def scheduled(random: Random) -> Dress:
    """A schedule below a task is its steps; what was done of it is no task."""
    kinds: Kinds = {"分工": "进度安排"}
    tasks = known_list(random, kinds)
    kinds["标签"] = random.choice(("牵头单位/配合单位", "责任单位牵头配合", "主责/协办"))
    form = kinds["进度"] = random.choice(("季度各行", "季度一行", "日期各行", "日期一行", "标签一行"))
    heading = random.choice(("进度安排", "时间要求", "实施步骤", "推进计划", "时间安排"))
    report = random.choice(("", "落实情况", "进展情况", "完成情况"))
    number = kinds["编号"] = random.choice(("1.", "1、", "（一）", "（1）"))
    told, listed = STEPS if form.startswith("季度") else DATED, []
    texts = []
    for task in tasks:
        steps = told[: random.choice((2, 3, 4))]
        listed.append(replace(task, said="", due=steps[-1][1], steps=tuple(steps)))
        each_step = ("\n" if "各行" in form else "").join(step for step, _ in steps)
        colon = "：" if form == "标签一行" else random.choice(("\n", "：\n"))
        below = f"{heading}{colon}{each_step}"
        past = f"\n{report}\n第一季度：已完成方案设计。" if report else ""
        labels = ON_LINES[kinds["标签"]](task, "")
        texts.append(f"{task.work.what}{_also(task.work)}\n{labels}\n{below}{past}")
    kinds["其后"] = report or "无"
    lines = [*_opening(random), *_numbered(random, number, texts, chapters=False)]
    return Dress(_page(random, kinds, lines), kinds, listed)


def under_heading(random: Random) -> Dress:
    """The task is a heading; what is to be done, until when and by whom stands in the text below it or behind it."""
    kinds: Kinds = {"分工": "标题加正文"}
    tasks = known_list(random, kinds)
    kinds["正文"] = form = random.choice(("另起一行", "接排"))
    kinds["标签"], number = random.choice(list(ON_LINES)), random.choice(("（一）", "1.", "1、", "（1）"))
    kinds["编号"] = number
    texts = []
    for task in tasks:
        told = random.choice(("健全机制，加强调度。", "坚持问题导向，明确工作标准。", ""))
        body = f"{told}{task.work.much or '压实各方责任'}，{task.said}完成。"
        labels = ON_LINES[kinds["标签"]](task, random.choice(LEADERS))
        texts.append(f"{task.work.what}{'。' if form == '接排' else chr(10)}{body}\n{labels}")
    lines = [*_opening(random), *_numbered(random, number, texts, chapters=random.random() < 0.5)]
    return Dress(_page(random, kinds, lines), kinds, tasks)


def several_days(random: Random) -> Dress:
    """Several days in one task are its steps; the last is its limit."""
    kinds: Kinds = {"分工": "多个时限"}
    tasks = known_list(random, kinds)
    listed, texts = [], []
    kinds["括注"] = random.choice(("X牵头，Y配合", "牵头单位：配合单位："))
    for task in tasks:
        steps = DATED[: random.choice((2, 3))]
        listed.append(replace(task, said="", due=steps[-1][1], steps=tuple(steps)))
        told = "".join(each for each, _ in steps).rstrip("；。")
        texts.append(f"{task.work.what}。{told}{_also(task.work)}。（{IN_BRACKET[kinds['括注']](task)}）")
    return Dress(_prose(random, kinds, texts), kinds, listed)


# Minutes


def minutes(random: Random) -> Dress:
    """By project: 项目：会议要求…."""
    kinds: Kinds = {"分工": "纪要"}
    tasks = known_list(random, kinds)
    form = kinds["纪要"] = random.choice(("由X牵头", "请X", "X要", "句末括注"))
    number = kinds["编号"] = random.choice(("1.", "1、", "（一）", "（1）"))
    topic = kinds["题"] = random.choice(("项目：", "关于…。会议要求，", "会议议定，"))
    texts, listed = [], []
    for n, task in enumerate(tasks):
        alone = form in ("请X", "X要")
        listed.append(replace(task, assist=() if alone else task.assist))
        body = ORDERS["时限在前"](task)
        who = {
            "由X牵头": IN_SENTENCE["由X牵头，Y配合，"](task, body),
            "请X": f"请{task.lead[0]}{body}",
            "X要": f"{task.lead[0]}要{body}",
        }.get(form)
        said = who or f"{body}（{IN_BRACKET['X牵头，Y配合'](task)}）"
        about = {
            "项目：": f"第{'一二三四五六七八九'[n]}中学项目：会议要求",
            "关于…。会议要求，": f"关于第{'一二三四五六七八九'[n]}中学项目。会议要求，",
            "会议议定，": "会议议定，",
        }
        texts.append(f"{about[topic]}{said}。")
    lines = ["重点项目协调会会议纪要", "2026年1月5日上午，区长主持召开协调会，现纪要如下：", "一、议定事项"]
    lines += [f"{NUMBERS[number](n)}{text}" for n, text in enumerate(texts, 1)]
    return Dress(_page(random, kinds, lines), kinds, listed)


# Tables

HEADERS: dict[str, tuple[str, ...]] = {
    "no": ("序号", "编号"),
    "task": ("工作任务", "重点任务", "任务内容", "主要任务", "督办事项"),
    "target": ("年度目标", "目标任务", "2026年目标"),
    "lead": ("牵头单位", "主办单位", "牵头部门", "主责单位", "牵头责任单位"),
    "assist": ("配合单位", "协办单位", "参与单位", "协助单位"),
    "leader": ("责任领导", "分管领导", "包联领导"),
    "due": ("完成时限", "完成时间", "时间节点", "办结时限"),
    "note": ("备注", "目前进展"),
}


def _table(random: Random, kinds: Kinds, tasks: Sequence[Known]) -> tuple[list[str], list[list[str]]]:
    """Header and rows, in a random order of columns."""
    names = ["task", "lead", "assist", "due"]
    if random.random() < 0.6:
        names.append("target")
    if random.random() < 0.4:
        names.append("leader")
    random.shuffle(names)
    names = ["no", *names, *(["note"] if random.random() < 0.3 else [])]
    kinds["列序"] = "先任务" if names[1] == "task" else "任务在后"
    header = [random.choice(HEADERS[name]) for name in names]
    rows = []
    for n, task in enumerate(tasks, 1):
        values = {
            "no": str(n),
            "task": task.work.what + ("" if "target" in names else _also(task.work)),
            "target": task.work.much or "—",
            "lead": task.lead[0],
            "assist": _list(task.assist) or "—",
            "leader": random.choice(LEADERS),
            "due": task.said,
            "note": "重点",
        }
        rows.append([values[name] for name in names])
    return header, rows


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _wrapped(text: str, most: int) -> list[str]:
    return [text[n : n + most] for n in range(0, len(text), most)] or [""]


def _boxed(rows: Sequence[Sequence[str]], most: int, look: str) -> str:
    cells = [[_wrapped(cell, most) for cell in row] for row in rows]
    widths = [max(_width(line) for row in cells for line in row[c]) for c in range(len(rows[0]))]
    corners, bar, dash = (("┌┬┐", "├┼┤", "└┴┘"), "│", "─") if look == "┌" else (("+++",) * 3, "|", "-")
    rule = ["".join((k[0], k[1].join(dash * (w // (2 if look == "┌" else 1)) for w in widths), k[2])) for k in corners]
    lines = [rule[0]]
    for at, row in enumerate(cells):
        lines.extend(
            bar + bar.join(_padded(c[n] if n < len(c) else "", w) for c, w in zip(row, widths, strict=True)) + bar
            for n in range(max(map(len, row)))
        )
        lines.append(rule[2] if at == len(cells) - 1 else rule[1])
    return "\n".join(lines)


def _ragged(random: Random, rows: Sequence[Sequence[str]]) -> str:
    """Bars as somebody typed them: with and without a frame, an empty last cell left out, blanks as they came."""
    lines = []
    for row in rows:
        cells = [f"{' ' * random.choice((0, 1, 2))}{cell}{' ' * random.choice((0, 1))}" for cell in row]
        line = "|".join(cells)
        lines.append(random.choice(("|{}|", "{}", "|{}", "{}|")).format(line))
    return "\n".join(lines)


LOOKS: dict[str, Callable[[Random, list[list[str]]], str]] = {
    "竖线（md）": lambda _, rows: "\n".join(
        [f"| {' | '.join(rows[0])} |", f"|{'---|' * len(rows[0])}", *(f"| {' | '.join(row)} |" for row in rows[1:])]
    ),
    "竖线（不齐）": _ragged,
    "制表符": lambda _, rows: "\n".join("\t".join(row) for row in rows),
    "方框┌": lambda random, rows: _boxed(rows, random.choice((6, 9, 40)), "┌"),
    "方框+": lambda random, rows: _boxed(rows, random.choice((6, 9, 40)), "+"),
    "一格一行": lambda _, rows: "\n".join(cell for row in rows for cell in row),
    "宽空格": lambda _, rows: "\n".join("    ".join(row) for row in rows),
}


def in_text_table(random: Random) -> Dress:
    """A table in plain text."""
    kinds: Kinds = {}
    tasks = [replace(t) for t in known_list(random, kinds)]
    header, rows = _table(random, kinds, tasks)
    kinds["文本表"] = look = random.choice(list(LOOKS))
    title = random.choice(TITLES)
    return Dress(of_text(f"{title}\n{LOOKS[look](random, [header, *rows])}\n", "稿"), kinds, tasks)


def in_sheet(random: Random) -> Dress:
    """A worksheet: one or two rows of header, section rows with a leader, cells merged downwards."""
    kinds: Kinds = {}
    tasks = known_list(random, kinds)
    header, rows = _table(random, kinds, tasks)
    form = kinds["电子表"] = random.choice(("一行表头", "两行表头", "分组表头", "分节行", "纵向合并"))
    place = header.index(next(h for h in header if h in HEADERS["lead"]))
    cells: list[list[Value | None]] = [[random.choice(TITLES)]]
    merged = [f"A1:{_letter(len(header))}1"]
    if form == "两行表头":
        cells += [[*header], [None] * len(header)]
        merged += [f"{_letter(n)}2:{_letter(n)}3" for n in range(1, len(header) + 1)]
    elif form == "分组表头" and place + 1 < len(header):
        cells += [
            [*header[:place], "责任分工", None, *header[place + 2 :]],
            [*[None] * place, *header[place : place + 2]],
        ]
        merged += [f"{_letter(place + 1)}2:{_letter(place + 2)}2"]
        merged += [f"{_letter(n)}2:{_letter(n)}3" for n in range(1, len(header) + 1) if n not in (place + 1, place + 2)]
    else:
        cells += [[*header]]
    for n, row in enumerate(rows):
        if form == "分节行" and n in (0, 2):
            cells.append([f"{'一二'[n // 2]}、{random.choice(SECTIONS)}（责任领导：{LEADERS[n]}）"])
        values: list[Value | None] = [int(row[0]), *row[1:]]
        if form == "纵向合并" and n == 1:
            values[place] = None
            merged.append(f"{_letter(place + 1)}{len(cells)}:{_letter(place + 1)}{len(cells) + 1}")
            tasks[1] = replace(
                tasks[1], lead=tasks[0].lead, assist=tuple(a for a in tasks[1].assist if a not in tasks[0].lead)
            )
        cells.append(values)
    listed = [
        (number, {column: value for column, value in enumerate(row, 1) if value is not None})
        for number, row in enumerate(cells, 1)
    ]
    return Dress(of_sheets("表.xlsx", [RawSheet("Sheet1", listed, merged)]), kinds, tasks)


IN_CELL: dict[str, Callable[[Known], str]] = {
    "X（牵头）、Y": lambda t: _list((f"{t.lead[0]}（牵头）", *t.assist)),
    "X牵头，Y配合": IN_BRACKET["X牵头，Y配合"],
    "牵头：X换行配合：Y": lambda t: _both(t, f"牵头：{t.lead[0]}", f"\n配合：{_list(t.assist)}"),
    "牵头单位：X换行": lambda t: _both(t, f"牵头单位：{t.lead[0]}", f"\n配合单位：{_list(t.assist)}"),
}


def units_in_cell(random: Random) -> Dress:
    """One column of units that says who leads; a limit that may be a true date; a row between that says 同上."""
    kinds: Kinds = {}
    tasks = known_list(random, kinds)
    kinds["单元格"] = form = random.choice(list(IN_CELL))
    kinds["时限格"] = dated = random.choice(("文字", "日期", "同上"))
    rows: list[list[Value | None]] = [["序号", "工作任务", "目标任务", "责任单位", "完成时限"]]
    for n, task in enumerate(tasks):
        limit: Value = task.due if dated == "日期" and task.due else task.said
        if dated == "同上" and n:
            limit, tasks[n] = "同上", replace(task, due=tasks[0].due)
        rows.append([n + 1, task.work.what, task.work.much or "—", IN_CELL[form](task), limit])
    cells = [(n, {c: value for c, value in enumerate(row, 1) if value is not None}) for n, row in enumerate(rows, 1)]
    return Dress(of_sheets("表.xlsx", [RawSheet("2026年任务清单", cells, [])]), kinds, tasks)


def _letter(n: int) -> str:
    return chr(ord("A") + n - 1)


MAKERS: tuple[tuple[Callable[[Random], Dress], int], ...] = (
    (bracketed, 5),
    (with_limit_in_bracket, 2),
    (shared, 3),
    (of_group, 3),
    (on_lines, 5),
    (in_sentence, 4),
    (digits_after_number, 2),
    (scheduled, 3),
    (several_days, 2),
    (under_heading, 3),
    (units_in_cell, 3),
    (minutes, 2),
    (in_text_table, 5),
    (in_sheet, 3),
)


def dress(seed: int) -> Dress:
    """The dress of a seed."""
    random = Random(seed)
    makers, weights = zip(*MAKERS, strict=True)
    make: Callable[[Random], Dress] = random.choices(makers, weights)[0]
    return make(random)
