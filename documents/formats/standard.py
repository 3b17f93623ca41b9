"""GB/T 9704-2012 in numbers: what the typesetting follows and what the checker measures against.

Lengths in millimetres, sizes of type in points. 5.2.1 gives 天头, 订口 and 版心; what is left of A4 is the foot and the
fore-edge. Twenty-eight characters of 16 pt are 158 mm, so each stands 0.2 pt closer than its size; twenty-two lines of
225 mm are 28.99 pt apart.
"""

MM = 72 / 25.4
"""Points in a millimetre."""

PAPER = (210.0, 297.0)
TOP, LEFT = 37.0, 28.0
TEXT = (156.0, 225.0)
RIGHT, BOTTOM = PAPER[0] - LEFT - TEXT[0], PAPER[1] - TOP - TEXT[1]
LINES, CHARACTERS = 22, 28
BODY, TITLE, SMALL, TABLE = 16.0, 22.0, 14.0, 12.0
"""三号, 二号, 四号, 小四号."""
PITCH = TEXT[1] * MM / LINES
"""From line to line."""
TRACKING = TEXT[0] * MM / CHARACTERS - BODY
"""What is added between two characters; less than nothing."""
MARK = 48.0
"""The largest 发文机关标志; the standard only asks that it be eye-catching and solemn."""
NEWS_MARK = 34.0
"""Of a 动态, whose head is a light one."""
MARK_FROM_TOP = 35.0
"""7.2.4: the upper edge of 发文机关标志 below that of 版心, for papers and minutes (10.3)."""
RULE_BELOW = 4.0
"""7.2.7: the red rule below 发文字号."""
NUMBER_BELOW = 7.0
"""7.5: the dash of the page number below 版心."""
RULE_THICK, RULE_THIN = 0.35, 0.25
"""7.4.1: the first and last rule of 版记, and those between."""
RED = "#C00000"
TINTS = {"蓝": "#1F5FA8", "黄": "#E0A800", "橙": "#E07B00", "红": "#C00000"}
"""The strip at the head of a 三色催办单."""
TO_FILL = "办理情况"
"""The row of a form that is left to its reader, and as high as the face allows."""
FILLED_HIGH, RECEIPT_HIGH = 40.0, 18.0
"""Of that row, where nothing measures the face, and of those below it."""

LETTER_FROM_TOP = 30.0
"""10.1, 信函: the upper edge of 发文机关标志 below that of the paper."""
LETTER_RULE_BELOW = 4.0
LETTER_RULE = 170.0
"""How long its two red double rules are, in the middle of the paper."""
LETTER_FOOT = 20.0
"""The second of them above the lower edge of the paper."""
LETTER_GAP = BODY * 7 / 8
"""Points between a double rule and the line beside it: seven eighths of a 三号 character."""

_WIDE = {
    **dict.fromkeys(("内容",), 20),
    **dict.fromkeys(("事项", "要点", "所属事项", "章节"), 9),
    **dict.fromkeys(("编号",), 9),
    **dict.fromkeys(("指挥部",), 8),
    **dict.fromkeys(("发生", "记录"), 7),
    **dict.fromkeys(("牵头单位", "下一环节", "情况", "按时反馈", "按时办结"), 6),
    **dict.fromkeys(("办结时限", "节点", "逾期"), 5),
    **dict.fromkeys(("项目", "到期内容", "结果", "何人", "行为"), 4),
}
_NARROW = 3
LEFT_ALIGNED = frozenset({"事项", "要点", "所属事项", "章节", "内容"})
"""Columns of running text; the rest are centred."""


def weights(headers: tuple[str, ...]) -> tuple[int, ...]:
    """The widths of a printed table's columns, relative to each other; templates call it as `gb.weights`."""
    return tuple(_WIDE.get(header, _NARROW) for header in headers)
