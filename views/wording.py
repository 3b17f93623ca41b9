"""The words of answers that every entrance gives alike: people by name, faults of what was filled in."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.field_names import field_name
from eventlog import reading
from eventlog.database import Database

_ID = re.compile(r"(--[a-z-]+ )?(?<![\w/.“（-])(?<!xmh )(?<!编号为 )([a-z][a-z0-9-]*)(?![\w/.”-])", re.ASCII)
"""An id that stands by itself: not an option's, which is to be typed so, and not one in brackets after its name."""


def names_instead_of_ids(message: str, database: Callable[[], Database]) -> str:
    """A rule knows people by id, who reads its line knows them by name; the log is opened only if there is an id."""
    if not _ID.search(message):
        return message
    names = {p.id: p.name for p in reading.people(database(), former=True)}
    return _ID.sub(lambda found: names.get(found[2], found[2]) if not found[1] else found[0], message)


_ON_PAGES = (
    (re.compile(r"（(?:[a-z]+ )?(?:--[a-z]|xmh )[^（）]*）"), ""),
    (re.compile(r"[；，](?:如果全文都是工作总结，)?(?:可加|可用|需要时加|改期时加) --[a-z-]+(?: 指定)?"), ""),
    (re.compile(r"改期请用 --move"), "改期请办理“调整一日一调度的期限”"),
    (re.compile(r"提前结束请用 --end"), "提前结束请办理“结束一日一调度”"),
    (re.compile(r"请去掉 --due"), "请不要填办结时限"),
    (re.compile(r"请用 xmh task (?:report|cancel)(?: --secret)?(?! )"), "请到事项页办理"),
    (re.compile(r"请用 xmh task [a-z-]+(?: --[a-z]+)? "), "请"),
    (re.compile(r"；授权用 xmh org delegate|，请用 xmh org list 查看"), ""),
    (re.compile(r"的用 --[a-z-]+ "), "的请"),
    (re.compile(r"请用 --[a-z-]+ "), "请"),
    (re.compile(r"写 --met"), "请勾选"),
    (re.compile(r"请先 xmh meeting agenda --freeze"), "请先“确定议题”"),
    (re.compile(r"不能带 --of"), "不能写“同意或不同意的是什么”"),
    (
        re.compile(r"命令编号 \S+ 已用于另一条.*"),
        "这一页已经提交过（刚才，或在另一个窗口），也办了；现在的内容与那次不同，还没有办，都保留在下面。确要照现在的内容再办一次，请再提交",
    ),
    (re.compile(r"命令编号“.*”不合用.*"), "这一页已不能提交；填写的内容都保留在下面，请核对后再提交"),
    (
        re.compile(r"[，；]?(?:一直不好时|请先|请在服务器上|或先|请)运行 xmh [a-z]+(?: [a-z]+)?(?: --[a-z]+)?"),
        "；请稍候再试，仍不行请告诉系统管理员",
    ),
    (re.compile(r"[；，]请[^；]*XMH_[A-Z_]+.*"), "；请稍候再试，仍不行请告诉系统管理员"),
    (re.compile(r"XMH_DATABASE_URL"), "数据库地址"),
    (re.compile(r"；已开过的会议请用 xmh meeting record 登记"), ""),
    (re.compile(r"；议定事项见 xmh meeting minutes [\w-]+"), "；议定事项见会议页"),
)


def without_options(message: str) -> str:
    """A rule's line as a page says it: there are no options of a command to name."""
    for pattern, replacement in _ON_PAGES:
        message = pattern.sub(replacement, message)
    return message


_SAID = (
    (r"valid integer|not a valid int|string as an integer", "须是整数"),
    (r"valid number|not a valid float", "须是数字"),
    (r"not in the range (.+?)\.?$", r"须在 \1 范围内"),
    (r"less than or equal to (\S+)", r"不能大于 \1"),
    (r"greater than or equal to (\S+)", r"不能小于 \1"),
    (r"at least 1 (?:character|item)", "不能为空"),
    (r"at least (\d+) character", r"不能少于 \1 个字"),
    (r"at most (\d+) character", r"不能超过 \1 个字"),
    (r"at most (\d+) item", r"不能超过 \1 项"),
    (r"Field required", "不能缺"),
    (r"Extra inputs are not permitted", "没有这一项"),
    (r"valid string", "须是文字"),
    (r"valid date", "须是日期，如 2022-06-30"),
    (r"valid boolean", "须是 true 或 false"),
    (r"valid dictionary|valid object|instance of", "须是对象"),
    (r"valid tuple|valid list", "须是列表"),
    (r"JSON decode error|Invalid JSON", "不是有效的 JSON"),
    (r"requires an argument", "后面须写上内容"),
    (r"does not take a value", "后面不写内容"),
    (r"path '(.+)' is not readable", r"没有读 \1 的权限，请放到运行 xmh 的用户读得到的地方"),
    (r"match pattern", "写法不对"),
    (r"Input should be ('.+)", r"须是 \1"),
)
"""What the parser and the models say in English → what the office reads."""


def validation_in_chinese(message: str) -> str:
    """One complaint of a parser or a model, in the office's tongue where it is a known one."""
    for pattern, words in _SAID:
        if match := re.search(pattern, message):
            return match.expand(words).replace(" or ", " 或 ")
    return message


def validation_line(errors: Sequence[Mapping[str, Any]], model: str) -> str:
    """The first fault of what was filled in for a command of this class: which field, and what is wrong."""
    first = errors[0]
    where = field_name(model, first["loc"]) or "输入"
    return f"{where} 填写有误：{validation_in_chinese(first['msg'].removeprefix('Value error, '))}"
