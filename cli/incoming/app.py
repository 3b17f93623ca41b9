"""The `xmh incoming` group: which command lives where."""

from cli.shape import group

app = group(
    "批示件：收文登记、拟办、呈批、批示和圈阅、交办、报结。\n\n"
    "PAPER 可以是收文号（收〔2022〕7号）、尾号（7）、来文字号或标题中的字词。",
    {
        "register": "cli.incoming.desk:register",
        "propose": "cli.incoming.desk:propose",
        "submit": "cli.incoming.desk:submit",
        "instruct": "cli.incoming.leaders:instruct",
        "seen": "cli.incoming.leaders:seen",
        "assign": "cli.incoming.assigning:assign",
        "report": "cli.incoming.desk:report",
        "finish": "cli.incoming.desk:finish",
        "extend": "cli.incoming.leaders:extend",
        "mark": "cli.incoming.leaders:mark",
        "archive": "cli.incoming.desk:archive",
        "void": "cli.incoming.desk:void",
        "list": "cli.incoming.reads:list_",
        "show": "cli.incoming.reads:show",
        "form": "cli.incoming.reads:form",
    },
)
