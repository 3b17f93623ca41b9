"""Words of a title, so that no line ends within one (7.3.1: 回行时词意完整): a list, the log's own names, and forms.

Not a dictionary: what the list does not know is cut where it must be, after two characters rather than one.
"""

import re
from functools import lru_cache

_COMMON = """
关于 通知 函 批复 复函 通报 纪要 简报 情况 工作 事项 督办 催办 督办单 催办单 督办函 问题 处理 通知单 申请 延期
办理 交办 商请 加快 召开 改期 会议 办公会 例会 联席会议 月度 年度 季度 指挥部 办公室 片区 建设 发展 规划 设计
施工 工程 项目 方案 优化 完成 推进 推动 落实 开展 编制 制定 研究 探索 构建 建立 完善 细化 统筹 协调 谋划 策划
引入 打造 提升 提速 培育 形成 压实 更新 整改 整治 清理 理顺 回应 办结 办好 做好 落地 实现 达到 调整 改革 开放
展览馆 展览 建筑群 建筑 风貌 基坑 支护 土石方 首批 桩基础 桩基 基础 地基 主体 结构 初步 概算 施工图 招标 开工
停工 复工 竣工 验收 用地 收储 土地 整备 入库 地块 法定 图则 国际 交流 中心 演艺 金融 文化 会展 一期 二期 三期
可行性 报告 报审 审批 服务 公共 空间 运营 管理 策略 收益 财政 投入 平衡 遴选 市场化 市场 商业 商圈 顶级 高端
消费 增长点 机构 沟通 机制 规则 任务 分解 清单 责任 单位 重点 重大 十大 专项 系统 集成 稳定 成果 统一 底板 绿色
建造 装配式 集中 供冷 新技术 技术 试点 把关 标准 双总师 总师 团队 电力 通道 变电站 站址 海绵 城市 水系统 双碳
防灾 减灾 轨道 预留 交通 地下 管线 隐患 排查 汛前 防汛 准备 保障 安全 环境 组织 论坛 水平 影响力 产业 资本 创新
园区 上市 公司 加速器 体系 要素 跨境 流动 区域 融通 政策 举措 监管 联盟 粤港澳 大湾区 湾区 证券 交易所 北京 深圳
基地 国家 汇聚 路径 代建 市政 设施 北区 南区 中区 形象 进度 宣传片 手册 品牌 居民 反映 工地 夜间 噪声 群众 诉求
代表 建议 提案 无障碍 公园 资金 支付 台账 完整 临时 用水 用电 报装 暗涵 改迁 枯水期 调度 历史 遗留 围挡 看护
用房 类型 业态 功能 分布 相对 逐月 会商 堵点 期间 春节 新型 低碳 数字化 平台 新一轮 深度 参与 序时 督查 结论
现场 检查 核查 党建 引领 攻坚 行动 学校 医院 道路 桥梁 河道 水库 排水 供水 燃气 绿化 拆迁 征收 补偿 安置 老旧
小区 改造 人居 乡村 振兴 营商 招商 引资 企业 人才 科技 教育 卫生 医疗 养老 就业 社会 保险 生态 污染 防治 应急
消防 食品 药品 监测 数据 信息 智慧 政务 法治 财务 预算 决算 审计 绩效 考核 评价 领导 批示 指示 精神 部署 要求
意见 措施 计划 总结 汇报 材料 文件 制度 办法 规定 细则 章程 以及 有关 进一步 全面 切实 加强 强化 深化 继续 及时
按期 逾期 反馈 漏报 销号 立项 住房 水务 发改 财政局 教育局 住建局 更新局 市级 区级 省级 国家级 金融中心 会议室
不动产 一书两证
""".split()  # noqa: SIM905  (a list of words is read as words)
_FIXED = re.compile(
    r"\d+年(?:\d+月(?:\d+日)?)?|\d+月(?:\d+日)?|\d+日|第?\d+(?:\.\d+)?(?:次|期|号|项|件|个|%|万|亿|米|公里)*|[A-Za-z0-9+.\-]+"
    r"|第[一二三四五六七八九十]+[次期届]|“[^“”]{1,6}”"
)
_OPEN, _CLOSE = "“‘（《〔【", "”’）》〕】，、。；：！？"
_TAILS = "的地得和与及等了之局署委办处厅部县区市镇村院校所站馆园路桥河"
"""Stay with what is before them."""
_HEADS = "不各多对由将把被"
"""Stay with what is behind them."""
_LONGEST = 12


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    return frozenset(_COMMON)


def words_of_title(title: str, names: tuple[str, ...] = ()) -> list[str]:
    """A title in pieces no line is to be broken within; joined they are the title. `names` are the log's own."""
    known = _listed() | {name for name in names if len(name) > 1}
    glued: list[str] = []
    for piece in _pieces(title, known):
        opens = bool(glued) and (glued[-1][-1] in _OPEN or glued[-1] in _HEADS)
        if glued and (opens or piece[0] in _CLOSE or (len(piece) == 1 and piece in _TAILS)):
            glued[-1] += piece
        else:
            glued.append(piece)
    return _without_singles(glued)


def _pieces(title: str, known: frozenset[str]) -> list[str]:
    """The way through a title with the fewest characters left over, and then the fewest pieces."""
    end = len(title)
    best: list[tuple[int, int, int]] = [(0, 0, end)] * (end + 1)
    fixed = {m.start(): m.end() for m in _FIXED.finditer(title)}
    for at in range(end - 1, -1, -1):
        reach = [n for n in range(at + 2, min(at + _LONGEST, end) + 1) if title[at:n] in known]
        ways = [(best[n][0], best[n][1] + 1, n) for n in (*reach, *([fixed[at]] if at in fixed else []))]
        ways.append((best[at + 1][0] + 1, best[at + 1][1] + 1, at + 1))
        best[at] = min(ways)
    pieces, at = [], 0
    while at < end:
        pieces.append(title[at : best[at][2]])
        at = best[at][2]
    return pieces


def _without_singles(pieces: list[str]) -> list[str]:
    """What is left over alone stands with its neighbour: two unknown characters are likely one word."""
    words: list[str] = []
    for piece in pieces:
        alone = len(piece) == 1 and words and len(words[-1]) == 1
        if alone and words[-1] not in _OPEN:
            words[-1] += piece
        else:
            words.append(piece)
    return words


def names_in(title: str, others: str, least: int = 3) -> tuple[str, ...]:
    """Strings of a title that other titles have too, as 改革开放展览馆建筑群: names, whatever no list knows.

    `others` is what to look in, titles of the log and names of its directory, one a line.
    """
    names = set()
    for at in range(len(title)):
        for n in range(min(at + _LONGEST, len(title)), at + least - 1, -1):
            if title[at:n] in others and not set(title[at:n]) & set(_OPEN + _CLOSE):
                names.add(title[at:n])
                break
    return tuple(sorted(names))
