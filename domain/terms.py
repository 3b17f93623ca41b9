"""The terms of the field, each with the label the office uses."""

from domain.base import Term


class Stage(Term):
    """办理阶段 of a matter."""

    OPENED = "opened", "待明确牵头"
    ASSIGNED = "assigned", "待签收"
    IN_PROGRESS = "in_progress", "办理中"
    SUSPENDED = "suspended", "暂缓"
    CLOSING = "closing", "办结审核中"
    CLOSED = "closed", "已销号"
    CANCELLED = "cancelled", "已撤销"


class Light(Term):
    """亮灯: computed when read, never stored."""

    GREEN = "green", "绿"
    BLUE = "blue", "蓝"
    YELLOW = "yellow", "黄"
    RED = "red", "红"
    GREY = "grey", "灰"


class BasisKind(Term):
    """立项依据 (督查工作条例 art. 11: an item needs a decision or an instruction behind it)."""

    MINUTES = "minutes", "会议纪要"
    INSTRUCTION = "instruction", "领导批示"
    TASK_LIST = "task_list", "任务清单"
    DOCUMENT = "document", "文件"


class MatterKind(Term):
    """督查类别 (条例 art. 14). A 指挥部办公室 runs 日常督办 unless designated otherwise."""

    ROUTINE = "routine", "日常督办"
    COMPREHENSIVE = "comprehensive", "综合督查"
    SPECIAL = "special", "专项督查"
    INCIDENT = "incident", "事件调查"
    LEAD = "lead", "线索核查"


class MatterClass(Term):
    """事项分类: 重大 一月一推动, 协调 一周一谋划, 常规."""

    MAJOR = "major", "重大"
    COORDINATION = "coordination", "协调"
    ORDINARY = "ordinary", "常规"


class KeyFlag(Term):
    """四个关键: 紧抓关键专项、关键项目、关键问题、关键节点."""

    PLAN = "key_plan", "关键专项"
    PROJECT = "key_project", "关键项目"
    PROBLEM = "key_problem", "关键问题"
    MILESTONE = "key_milestone", "关键节点"


class Urgency(Term):
    """紧急程度. 特急 runs at once; the rest wait for working hours."""

    EXTRA = "extra_urgent", "特急"
    URGENT = "urgent", "加急"
    NORMAL = "normal", "平件"


class Rhythm(Term):
    """反馈周期."""

    DAILY = "daily", "每日"
    WEEKLY = "weekly", "每周"
    MONTHLY = "monthly", "每月"
    QUARTERLY = "quarterly", "每季"
    PLAN_AND_LAND = "plan_and_land", "一周一谋划一周一落实"
    ONCE = "once", "一次"


class Per(Term):
    """What a rate is counted by: 每日出土量, 每周, 每月."""

    DAY = "day", "日"
    WEEK = "week", "周"
    MONTH = "month", "月"


class ReturnReason(Term):
    """Why a report is asked for again."""

    UNCLEAR = "unclear", "不清楚"
    SAME = "same", "与上期雷同"
    UNFOUNDED = "unfounded", "无依据"


class Finding(Term):
    """What an inspection on the spot finds of what was reported."""

    TRUE = "true", "属实"
    PARTLY = "partly", "部分属实"
    UNTRUE = "untrue", "不实"


class Role(Term):
    """What a person is in the directory; what each may do is in `rules/authority.py`."""

    OFFICE = "office", "督办员"
    LIAISON = "liaison", "联络员"
    HEAD = "head", "单位负责人"
    LEADER = "leader", "领导"
    AUDITOR = "auditor", "审计员"
    CITY = "city", "市级督办员"
    SYSTEM_ADMIN = "sysadmin", "系统管理员"
    SECURITY_ADMIN = "security", "安全管理员"
    SYSTEM = "system", "系统"


IN_UNIT = (Role.LIAISON, Role.HEAD)
HANDLES_NOTHING = {
    Role.AUDITOR: "审计员只能查阅和核验",
    Role.CITY: "市级督办员汇总查阅各指挥部",
    Role.SYSTEM_ADMIN: "系统管理员只管账号和系统运行",
    Role.SECURITY_ADMIN: "安全管理员只管角色和口令策略",
}
"""三员分立: a person has one role, so whoever audits, runs or secures the system handles none of the office's work."""
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})


class Openness(Term):
    """What a unit sees of the matters of others."""

    OWN = "own", "不可见"
    TITLES = "titles", "只看一览"
    OPEN = "open", "可查阅，不含附件"


class WordsReaders(Term):
    """Who reads a leader's words beside the units that handle the matter (条例 art. 24)."""

    OFFICE_AND_LEADERS = "office_and_leaders", "全体督办员和领导"
    CONCERNED = "concerned", "只限有关人员"


class Rung(Term):
    """升级阶梯: pressure goes up one rung at a time."""

    HANDLER = "handler", "承办人"
    UNIT_HEAD = "unit_head", "单位负责人"
    OFFICE = "office", "指挥部办公室"
    LEADER = "leader", "分管领导"
    MEETING = "meeting", "指挥部会议"


class Trigger(Term):
    """What puts pressure on a matter: each row of the policy's table names one."""

    NEAR_DUE = "near_due", "临近时限"
    BEHIND = "behind", "落后序时进度"
    MISSED = "missed", "连续漏报"
    RETURNED = "returned", "办结退回"
    OVERDUE = "overdue", "逾期"
    UNANSWERED = "unanswered", "协调未答复"
    UNMET = "unmet", "定期事项未完成"
    UNRECTIFIED = "unrectified", "整改逾期"
    """Of what an on-site inspection found: the row carries the problem up, not a matter."""


class OrderColour(Term):
    """颜色 of a 催办单, the mildest first: 宿迁 writes 蓝黄红, 三明 蓝橙红; 不分色 where an office has no scheme."""

    PLAIN = "plain", "不分色"
    BLUE = "blue", "蓝"
    YELLOW = "yellow", "黄"
    ORANGE = "orange", "橙"
    RED = "red", "红"


class Satisfaction(Term):
    """What whoever raised a matter says of its answer; 不满意 means 再办."""

    SATISFIED = "satisfied", "满意"
    MOSTLY = "mostly", "基本满意"
    DISSATISFIED = "dissatisfied", "不满意"


class Card(Term):
    """红黄牌, the milder first."""

    YELLOW = "yellow", "黄牌"
    RED = "red", "红牌"


class DayCount(Term):
    """“10个工作日”, or “10日” in which weekends and holidays count too."""

    WORKDAYS = "workdays", "工作日"
    CALENDAR = "calendar", "自然日"


class Supervision(Term):
    """Whether a unit may be a 督办对象 (条例 art. 5). 市级部门 and outside companies are asked by 函."""

    OBJECT = "object", "是"
    CONTACT = "contact", "否"
    BY_LETTER = "by_letter", "商请"


class UnitLevel(Term):
    """单位层级."""

    CITY = "city", "市"
    DISTRICT = "district", "区"
    STATE_COMPANY = "state_company", "国企"
    SOCIAL = "social", "社会机构"


class SuspensionReason(Term):
    """Listed reasons for 暂缓; anything else is refused."""

    FORCE_MAJEURE = "force_majeure", "不可抗力"
    AWAITING_SUPERIOR = "awaiting_superior", "待上级批复"
    AWAITING_PRECONDITION = "awaiting_precondition", "待前置条件"
    POLICY_CHANGE = "policy_change", "政策调整"
    LITIGATION = "litigation", "涉诉涉访"


class LeaderMark(Term):
    """批示领导对办结的意见: 圈阅 and 同意 close; 继续办理 returns."""

    SEEN = "seen", "圈阅"
    AGREED = "agreed", "同意"
    CONTINUE = "continue", "继续办理"


class Duty(Term):
    """What a person answers for on a matter, and what goes to a successor."""

    PERSON = "person", "责任人"
    SUPERVISOR = "supervisor", "督办员"
    LEADER = "leader", "批示或定时限的领导"


class ObjectionOutcome(Term):
    """复核决定 on an objection (条例 art. 17)."""

    UPHELD = "upheld", "异议成立，重新办理"
    CHANGED = "changed", "变更结论"
    REJECTED = "rejected", "维持原结论"


class ReportChannel(Term):
    """How a report reached the office when the office types it for a unit (代录)."""

    WECHAT = "wechat", "微信"
    PHONE = "phone", "电话"
    PAPER = "paper", "纸质"
    LETTER = "letter", "来函"


class ScoredOutcome(Term):
    """What a matter came to, as far as it is scored."""

    IN_TIME = "in_time", "按期办结"
    LATE = "late", "逾期办结"
    OVERDUE = "overdue", "逾期未办结"
    RETURNED = "returned", "办结申请退回重办"
    UNTRUE = "untrue", "核查认定不实"
    PARTLY = "partly", "核查认定部分属实"
    ASKED_BACK = "asked_back", "反馈被退回"
    PERIOD_MET = "period_met", "定期事项按期完成"
    PERIOD_UNMET = "period_unmet", "定期事项未完成"
    DISSATISFIED = "dissatisfied", "提出人不满意"
    YELLOW_CARD = "yellow_card", "黄牌"
    RED_CARD = "red_card", "红牌"


RUNGS = tuple(Rung)
COLOURS = tuple(OrderColour)
CARDS = tuple(Card)
ENDED = frozenset({Stage.CLOSED, Stage.CANCELLED})


def progress_said(stage: str, progress: int) -> str:
    """How far a matter is, by its stage or the stage's value; what has ended is ended, whatever was last reported."""
    return {Stage.CLOSED.value: "已办结", Stage.CANCELLED.value: "已撤销"}.get(stage, f"{progress}%")
