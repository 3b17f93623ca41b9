"""The terms of 批示件, each with the label the office uses."""

from domain.base import Term


class PaperStage(Term):
    """Where an incoming paper stands."""

    REGISTERED = "registered", "待拟办"
    PROPOSED = "proposed", "待呈批"
    SUBMITTED = "submitted", "呈批中"
    HANDLING = "handling", "批示办理中"
    READ = "read", "传阅完毕"
    DONE = "done", "批示已办结"
    FILED = "filed", "已归档"
    VOID = "void", "已作废"


class PaperReminder(Term):
    """Of what the office is reminded on an instruction."""

    NEAR_DUE = "near_due", "时限将到"
    OVERDUE = "overdue", "已过时限"
    REPORT = "report", "应向批示领导报告进展"


class Secrecy(Term):
    """密级, as far as this system may hold it: what is a state secret does not come in here (保密法)."""

    NONE = "none", "无"
    INTERNAL = "internal", "内部"
    WORK = "work", "工作秘密"


STATE_SECRETS = ("秘密", "机密", "绝密")
"""密级 of state secrets, with or without a term behind them (机密★10年)."""
