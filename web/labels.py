"""What forms call the fields that are written in, where no command's model says it (`web/acts.py` has those of acts).

Templates take them from here; so does the page that gives back what was typed when the form itself cannot be made.
"""

from sheets.table import Column

PAPER = "凭据（批示件、纪要的文号）"
BY_HAND: dict[str, dict[str, str]] = {
    "/feedback": {
        "text": "进展情况",
        "overall": "总体进展（不写则由各要点汇成）",
        "progress": "总体进度",
        "problem": "存在问题",
        "coordination": "需要协调",
        "next_step": "下一步",
        "same": "无变化，原因是",
        "letter": "来函文号",
    },
    "/choices": {"name": "把这些条件存为常用"},
    "/suggestions": {"matter": "涉及的事项编号", "text": "内容", "answer": "答复"},
    "/import/{sha256}": {
        "basis": "依据（没有写的各行都用它：会议纪要、领导批示、文件及其文号）",
        "approver": "批准人",
        "title": "任务",
        "lead": "牵头单位",
        "assist": "配合单位",
        "due": "完成时限",
    },
    "/bulletins": {"since": "从哪天起", "until": "到哪天止"},
    "/bulletins/{draft}": {"title": "标题", "foreword": "按语"},
    "/bulletins/{draft}/sign": {"copies": "印数"},
    "/admin/{person}": {"reason": "理由", "subject": "他在统一身份认证里的编号", "days": "有效天数"},
    "/account": {"name": "给新密钥起个名字"},
    "/table/edit": {column.value: column.label for column in Column},
    "/meetings/new": {
        "starts": "开会时间（如 12月23日9:30、下周四上午）",
        "title": "会议名称（不填即系列名称）",
        "place": "地点",
        "materials_by": "汇报材料报送时限（不填即议题确定时）",
        "reason": "临时召开，或在休息日召开的理由",
    },
    "/matters/{no}/do/{do}": {"paper": PAPER},
    "/meetings/{no}/do/{do}": {
        "paper": PAPER,
        "words": "议题（事项编号，或一个题目）",
        "order": "次序（如 3、1、2，其余的排在后面）",
        "others.present": "另有出席",
        "others.observers": "另有列席",
        "others.leave": "另有请假",
        "others.coming": "另有参会",
        "why": "请假事由",
        "instead": "由谁代会",
    },
}
"""Route of a form → its field, or the first or last part of its name → label. `overall` and `answer` are fields named
`text`: beside those of points, and of who answers a suggestion."""
