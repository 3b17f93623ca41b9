"""The `xmh task` group: which command lives where."""

from cli.shape import group

app = group(
    "督办事项：立项、交办、签收、反馈、催办、升级、延期、暂缓、办结、销号。\n\n"
    "M 可以是编号（XMH-2022-007）、尾号（7）或名称中的字词。",
    {
        "open": "cli.task.opening:open_",
        "split": "cli.task.parts:split",
        "accept": "cli.task.opening:accept",
        "decline": "cli.task.opening:decline",
        "assign": "cli.task.opening:assign",
        "basis": "cli.task.bases:basis",
        "report": "cli.task.working:report",
        "ask-back": "cli.task.inspecting:ask_back",
        "point": "cli.task.working:point",
        "rhythm": "cli.task.rhythm:rhythm",
        "surge": "cli.task.rhythm:surge",
        "urge": "cli.task.pressing:urge",
        "coordinate": "cli.task.pressing:coordinate",
        "escalate": "cli.task.pressing:escalate",
        "instruct": "cli.task.pressing:instruct",
        "decide": "cli.task.pressing:decide",
        "extend": "cli.task.limits:extend",
        "extension": "cli.task.limits:extension",
        "suspend": "cli.task.limits:suspend",
        "resume": "cli.task.limits:resume",
        "close": "cli.task.ending:close",
        "review": "cli.task.ending:review",
        "inspect": "cli.task.inspecting:inspect",
        "reopen": "cli.task.ending:reopen",
        "cancel": "cli.task.ending:cancel",
        "merge": "cli.task.relating:merge",
        "wait": "cli.task.relating:wait",
        "follow": "cli.task.relating:follow",
        "object": "cli.task.ending:object_",
        "objection": "cli.task.ending:objection",
        "correct": "cli.task.ending:correct",
        "file": "cli.task.files:file",
        "list": "cli.task.reads:list_",
        "show": "cli.task.reads:show",
    },
)
