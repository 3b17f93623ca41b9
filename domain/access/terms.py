"""The terms of accounts: what proves a person, and what a token may do."""

from datetime import timedelta

from domain.base import Term

LINK_GOOD_FOR = timedelta(minutes=15)
"""How long the link opens an account, and once only."""
MOST_TOKEN_DAYS = 90


class Factor(Term):
    """What a person proves himself by besides the password."""

    TOTP = "totp", "动态口令"


class OrderFault(Term):
    """Why an order that reached a workflow is believed to be nobody's."""

    PAST_THE_DOOR = "unproven", "不是经系统的入口发来"
    NOBODYS = "unproved", "没有本人的有效签名"
    FOREIGN = "foreign_call", "不是该事项自己的流程"


class TokenScope(Term):
    """What a token may do of what its person may; none may sign, instruct, review, cancel or delegate."""

    READ = "read", "查阅"
    REPORT = "report", "反馈"
    HANDLE = "handle", "办理"
    SCREEN = "screen", "大屏（件数和灯）"
    SCREEN_LIGHTS = "screen_lights", "大屏（亮灯事项）"
    SCREEN_CITY = "screen_city", "大屏（各指挥部）"
    """Figures on a wall, and nothing else: no program gets in by it."""


OF_SCREENS = frozenset({TokenScope.SCREEN, TokenScope.SCREEN_LIGHTS, TokenScope.SCREEN_CITY})
"""By which a screen on a wall shows one board, and nothing else opens."""


class AccountState(Term):
    """How an account stands."""

    INVITED = "invited", "待启用"
    ACTIVE = "active", "正常"
    LOCKED = "locked", "已锁定"
    CLOSED = "closed", "已关闭"
