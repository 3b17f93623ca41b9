"""The office's policy as a file people can read and edit (TOML), and what changes from one to another."""

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.access.passwords import PasswordProfile
from domain.base import Frozen, Refusal, Term, refuse
from domain.policy import Level, Policy
from domain.terms import (
    BasisKind,
    Card,
    DayCount,
    MatterClass,
    MatterKind,
    Openness,
    OrderColour,
    Role,
    Rung,
    ScoredOutcome,
    Trigger,
    Urgency,
    WordsReaders,
)
from sheets.toml_file import read_toml

READY = Path(__file__).parent / "policies"
"""Policies that come with the product."""

LABELS = {
    "receipt_hours": "签收时限（工作小时）",
    "receipt_hours_extra_urgent": "特急签收时限（工作小时）",
    "declines_before_dispute": "第几次退签算牵头争议",
    "window_closes": "反馈截止时刻",
    "late_report_workdays": "漏报后几个工作日内算补报",
    "retroactive": "缩短的签收、反馈、协调时限是否适用于此前已交办的事项",
    "near_due_workdays": "提前几个工作日算临期",
    "urge_cooldown_hours": "两次催办至少隔几个工作小时",
    "escalation_cooldown_hours": "逐级升级，升一级后至少隔几个工作小时再升（0 为不逐级）",
    "coordination_workdays": "协调请求几个工作日内答复",
    "onsite_per_year": "一个单位一年最多督查几次",
    "rectify_workdays": "督查发现的问题几个工作日内整改",
    "appeal_workdays": "考核告知后几个工作日内可以申诉",
    "closure_evidence": "办结申请是否必须附证明材料",
    "ask_back_hours": "退回的反馈几个工作小时内重新反馈",
    "returned_report_times": "反馈被退回的，按几倍扣分",
    "untrue_times": "核查认定不实的，按几倍扣分",
    "partly_untrue_times": "核查认定部分属实的，按几倍扣分",
    "instruction_report_months": "领导批示办结前每几个月报一次（0 为不要求）",
    "feedback_by_point": "反馈是否必须逐个要点",
    "channel_required": "代单位签收、反馈是否必须写明收到的方式",
    "paper_required": "代录领导决定是否必须写明所凭文件",
    "leader_ends": "撤销、暂缓是否必须由领导决定",
    "leader_adopts": "采用督办规则是否必须由领导批准",
    "approver_apart": "立项人与批准人是否必须分开",
    "openness": "不由本单位办理的事项，单位人员看到多少",
    "words": "办理单位以外，谁可以看领导批示等工作秘密",
    "passwords": "登录密码按哪一套要求：dengbao-3（等级保护三级）或 asvs",
    "command_minutes": "一条命令几分钟内有效",
}
"""The plain limits, in the order they are told."""
_CHOICES: dict[str, type[Term]] = {"openness": Openness, "words": WordsReaders, "passwords": PasswordProfile}
"""The plain limits that are a choice of terms."""
_TERMS: dict[str, dict[str, type[Term]]] = {
    "ladder": {"rung": Rung, "role": Role, "up": Rung},
    "steps": {"trigger": Trigger, "rung": Rung, "order": OrderColour},
    "cards": {"trigger": Trigger, "card": Card},
    "scoring": {"outcome": ScoredOutcome},
    "sources": {"count": DayCount},
    "closing": {"kind": MatterKind, "klass": MatterClass},
    "limits": {"basis": BasisKind, "urgency": Urgency, "klass": MatterClass, "count": DayCount},
}
_NOTES = {
    "ladder": "升级阶梯：每一级由什么角色承接（role），再上一级是谁（up，最高一级不写）",
    "steps": (
        "压力表：什么情形（trigger）满多少（after），升到哪一级（rung），或发什么颜色的催办单（order）\n"
        "# trigger：临近时限（距时限几个工作日）、落后序时进度（几个工作日）、连续漏报（几次）、办结退回（几次）、\n"
        "#          逾期（几个工作日）、协调未答复（逾期几个工作日）、定期事项未完成（连续几期）、\n"
        "#          整改逾期（督查发现的问题，逾期几个工作日，只用于升级）\n"
        "# order：不分色、蓝、黄、橙、红；repeat_hours 是此后每隔几个工作小时再催，不写则只催一次\n"
        "# any_hour = true 表示不限办公时间（特急事项本来不限）"
    ),
    "cards": "红黄牌：什么情形（trigger，同压力表）满多少（after），应发 card（黄牌、红牌）；由领导批准才发",
    "scoring": (
        "考核加减分：某种结果（outcome）每件给牵头单位（lead）、配合单位（assist）加减几分，不写的按惯例（牵头2、配合1的倍数）；\n"
        f"# outcome：{'、'.join(x.label for x in ScoredOutcome)}"
    ),
    "sources": (
        "其他来源：名称（name）、办理期限（days，count 工作日或自然日）、销号前是否征求满意度（satisfaction）、\n"
        "# 不满意的几日内再办（redo_days）；写明一种来源就须写全所有来源"
    ),
    "closing": (
        "办结核验：从上往下，第一条符合的算数；kind（督查类别）和 klass（重大、协调、常规）不写则不限\n"
        "# evidence 附件、indicators 指标达标、inspection 现场核查、problem 问题已销；缺的须说明理由才能办结"
    ),
    "limits": (
        "没有写明办结时限的，按来源计算；从上往下，第一条符合的算数\n# days 天数，count 工作日或自然日；"
        "urgency（特急、加急、平件）和 klass（重大、协调、常规）不写则不限"
    ),
}


def find_policy(name: str) -> Path:
    """The file meant: a path, or the name of a policy that comes with the product.

    Raises:
        Refusal: `not_found`.
    """
    path = Path(name)
    if path.exists():
        return path
    ready = READY / f"{name}.toml"
    shipped = "、".join(sorted(p.stem for p in READY.glob("*.toml")))
    refuse(not ready.exists(), f"找不到规则文件 {name}；现成的有：{shipped}", "not_found")
    return ready


def read_policy(path: Path) -> Policy:
    """The policy a file holds; what it leaves out is as by default.

    Raises:
        Refusal: `malformed`, with the key at fault.
    """
    parsed = read_toml(path, "督办规则")
    unknown = sorted(set(parsed) - set(Policy.model_fields))
    refuse(bool(unknown), f"{path.name}：没有“{'、'.join(unknown)}”这一项", "malformed")
    refuse("version" not in parsed, f"{path.name}：缺少 version（规则的版本名）", "malformed")
    chosen = _row(path.name, "", _CHOICES, {name: parsed[name] for name in _CHOICES if name in parsed})
    rows = {name: _rows(path.name, name, parsed[name]) for name in _TERMS if name in parsed}
    try:
        # Strict: a number in quotes or a yes where a number belongs is a slip, not a number.
        return Policy.model_validate({**parsed, **chosen, **rows}, strict=True)
    except ValidationError as error:
        raise Refusal(f"{path.name}：{_fault(error)}", "malformed") from error


def _rows(file: str, name: str, value: Any) -> tuple[dict[str, Any], ...]:
    listed = isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
    refuse(not listed, f"{file}：{name} 应写成 [[{name}]] 一行一段", "malformed")
    return tuple(_row(file, f"{name} 第{n}行的 ", _TERMS[name], row) for n, row in enumerate(value, start=1))


def _row(file: str, where: str, terms: Mapping[str, type[Term]], row: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(row)
    for key, kind in terms.items():
        if key not in row or (key == "up" and isinstance(row[key], bool)):
            continue
        member = kind.from_label(row[key]) if isinstance(row[key], str) else None
        if member is None:
            choices = "、".join(m.label for m in kind)
            raise Refusal(f"{file}：{where}{key} 没有“{row[key]}”这一项，可填：{choices}", "malformed")
        fields[key] = member
    return fields


_FAULTS = {
    "extra_forbidden": "没有“{where}”这一项",
    "missing": "缺少 {where}",
    "greater_than_equal": "{where} 不能小于 {ge}",
    "less_than_equal": "{where} 不能大于 {le}",
    "int_type": "{where} 须是整数",
    "time_type": "{where} 须是时刻，如 17:00:00（不加引号）",
    "bool_type": "{where} 须是 true 或 false",
    "string_type": "{where} 须是文字（加引号）",
}


def _fault(error: ValidationError) -> str:
    first = error.errors()[0]
    where = _where(first["loc"])
    if first["type"] == "value_error":
        message = str(first["msg"]).removeprefix("Value error, ")
        return f"{where} {message}".strip()
    return _FAULTS.get(first["type"], "{where} 填写有误").format(where=where, **first.get("ctx", {}))


def _where(loc: tuple[int | str, ...]) -> str:
    """("steps", 2, "after") → steps 第3行的 after."""
    path = ""
    for part in loc:
        path += f" 第{part + 1}行" if isinstance(part, int) else f"{'的 ' if path else ''}{part}"
    return path


# --- telling


def changes(before: Policy, after: Policy) -> list[str]:
    """What another policy changes, one line each; none when only its name is new."""
    lines = [
        f"{label}（{key}）：{plain(getattr(before, key))} → {plain(getattr(after, key))}"
        for key, label in LABELS.items()
        if getattr(before, key) != getattr(after, key)
    ]
    lines += _moved("升级阶梯", [level_line(x) for x in before.ladder], [level_line(x) for x in after.ladder])
    lines += _moved("压力表", [s.label for s in before.steps], [s.label for s in after.steps])
    lines += _moved("红黄牌", [x.label for x in before.cards], [x.label for x in after.cards])
    lines += _moved("办结核验", [x.label for x in before.closing], [x.label for x in after.closing])
    lines += _moved("考核加减分", [x.label for x in before.scoring], [x.label for x in after.scoring])
    lines += _moved("其他来源", [x.label for x in before.sources], [x.label for x in after.sources])
    lines += _moved("默认时限", [x.label for x in before.limits], [x.label for x in after.limits])
    return lines


def _moved(what: str, before: list[str], after: list[str]) -> Iterator[str]:
    yield from (f"{what}：去掉 {line}" for line in before if line not in after)
    yield from (f"{what}：增加 {line}" for line in after if line not in before)
    if before != after and sorted(before) == sorted(after):
        yield f"{what}：次序调整"


def level_line(level: Level) -> str:
    """单位负责人（由单位负责人承接）→ 指挥部办公室."""
    return f"{level.rung.label}（由{level.role.label}承接）→ {level.up.label if level.up else '到顶'}"


def plain(value: object) -> str:
    """A value of a plain limit, as people read it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Term):
        return value.label
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


# --- writing


def policy_text(policy: Policy) -> str:
    """The policy as a file to edit and adopt."""
    lines = [
        "# 督办规则：改好后用 xmh policy adopt 采用；先加 --dry-run 看会改变什么",
        "# 版本名：内容有变就换一个",
        f"version = {_value(policy.version)}",
        "",
    ]
    for key, label in LABELS.items():
        choices = f"：{'、'.join(m.label for m in _CHOICES[key])}" if key in _CHOICES else ""
        lines += [f"# {label}{choices}", f"{key} = {_value(getattr(policy, key))}"]
    # An empty table has to stand before the first full one, or it would belong to its last row.
    lines += [f"{name} = []" for name in _TERMS if not getattr(policy, name)]
    for name in _TERMS:
        lines += ["", f"# {_NOTES[name]}"]
        for row in getattr(policy, name):
            lines += [f"[[{name}]]", *_fields(row)]
    return "\n".join(lines) + "\n"


def _fields(row: Frozen) -> Iterator[str]:
    for key, field in type(row).model_fields.items():
        value = getattr(row, key)
        if value != field.default or key == "count":
            yield f"{key} = {_value(value)}"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case time():
            return value.isoformat()
        case Term():
            return _value(value.label)
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
