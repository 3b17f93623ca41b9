"""The `xmh inspection` group: which command lives where."""

from cli.shape import group

app = group(
    "督查组：方案、开展、发现、问题清单、整改、核查、销号、督查报告和反馈意见。\n\n"
    "ID 可以是编号（督查〔2022〕3号）、尾号（3）或名称中的字词。暗访的方案在开展前加密。",
    {
        "plan": "cli.inspection.planning:plan",
        "replan": "cli.inspection.planning:replan",
        "cancel": "cli.inspection.planning:cancel",
        "hold": "cli.inspection.planning:hold",
        "recuse": "cli.inspection.planning:recuse",
        "find": "cli.inspection.finding:find",
        "rectify": "cli.inspection.finding:rectify",
        "check": "cli.inspection.finding:check",
        "extend": "cli.inspection.finding:extend",
        "escalate": "cli.inspection.finding:escalate",
        "report": "cli.inspection.finding:report",
        "opinion": "cli.inspection.finding:opinion",
        "list": "cli.inspection.reads:list_",
        "show": "cli.inspection.reads:show",
        "problems": "cli.inspection.reads:problems",
        "print": "cli.inspection.printing:print_",
    },
)
