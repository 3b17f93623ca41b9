"""The `xmh meeting` group: which command lives where."""

from cli.shape import group

app = group(
    "会议：安排、议题、召开、议定、纪要、周调度、台账。\n\n"
    "ID 可以是会议编号（HY-2022-031）、尾号（31）或会议名称中的字词。",
    {
        "schedule": "cli.meeting.calling:schedule",
        "move": "cli.meeting.calling:move",
        "cancel": "cli.meeting.calling:cancel",
        "series": "cli.meeting.calling:series",
        "notice": "cli.meeting.papers:notice",
        "agenda": "cli.meeting.agenda:agenda",
        "reply": "cli.meeting.answering:reply",
        "material": "cli.meeting.answering:material",
        "open": "cli.meeting.sitting:open_",
        "attend": "cli.meeting.sitting:attend",
        "decide": "cli.meeting.sitting:decide",
        "minutes": "cli.meeting.papers:minutes",
        "outcome": "cli.meeting.sitting:outcome",
        "pack": "cli.meeting.reads:pack",
        "record": "cli.meeting.ledger:record",
        "list": "cli.meeting.reads:list_",
        "show": "cli.meeting.reads:show",
        "count": "cli.meeting.reads:count_meetings",
    },
)
