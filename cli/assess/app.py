"""The `xmh assess` group: which command lives where."""

from cli.shape import group

app = group(
    "考核：告知（冻结计分）、加减分、申诉和答复、定稿、结果运用。按结果计分，不排名、不公布。\n\n"
    "--key 是考核截止的那一天，如 2022-03-31 或 3月31日；不写则为最近一次。",
    {
        "open": "cli.assess.acts:open_",
        "adjust": "cli.assess.acts:adjust",
        "appeal": "cli.assess.acts:appeal",
        "answer": "cli.assess.acts:answer_",
        "settle": "cli.assess.acts:settle",
        "use": "cli.assess.acts:use",
        "list": "cli.assess.reads:list_",
        "show": "cli.assess.reads:show",
        "print": "cli.assess.reads:print_",
    },
)
