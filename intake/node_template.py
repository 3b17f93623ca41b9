"""A node template as a TOML file: those that come with xmh, and those an office writes itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.base import Refusal, refuse
from domain.schedule import NodeTemplate
from sheets.toml_file import read_toml

READY = Path(__file__).parent / "templates"
_KEYS = {"name", "about", "node"}
_FAULTS = {
    "missing": "缺少 {where}",
    "extra_forbidden": "没有“{where}”这一项",
    "greater_than_equal": "{where} 不能小于 {ge}",
    "less_than_equal": "{where} 不能大于 {le}",
    "int_type": "{where} 须是整数（工作日）",
    "string_type": "{where} 须是文字（加引号）",
    "string_too_short": "{where} 不能为空",
    "tuple_type": '{where} 应写成 ["节点", "节点"]',
}


def ready_templates() -> Iterator[NodeTemplate]:
    """Those that come with xmh."""
    yield from (read_template(path) for path in sorted(READY.glob("*.toml")))


def find_template(name: str) -> NodeTemplate:
    """A file of that path, or one that comes with xmh.

    Raises:
        Refusal: `not_found`, or `malformed`.
    """
    path = Path(name)
    if path.suffix.lower() != ".toml" and not path.exists():
        path = READY / f"{name}.toml"
    shipped = "、".join(sorted(p.stem for p in READY.glob("*.toml")))
    refuse(not path.is_file(), f"找不到节点模板“{name}”；现成的有：{shipped}，也可写 .toml 文件的路径", "not_found")
    return read_template(path)


def read_template(path: Path) -> NodeTemplate:
    """The template a file holds.

    Raises:
        Refusal: `malformed`, with the node and key at fault.
    """
    parsed = read_toml(path, "节点模板")
    strange = sorted(set(parsed) - _KEYS)
    refuse(bool(strange), f"{path.name}：没有“{'、'.join(strange)}”这一项", "malformed")
    nodes = parsed.pop("node", [])
    listed = isinstance(nodes, list) and all(isinstance(n, dict) for n in nodes)
    refuse(not listed, f"{path.name}：节点应写成 [[node]] 一个一段", "malformed")
    try:
        return NodeTemplate.model_validate({**parsed, "nodes": tuple(_tuples(n) for n in nodes)}, strict=True)
    except ValidationError as error:
        raise Refusal(f"{path.name}：{_fault(error)}", "malformed") from error
    except Refusal as refusal:
        raise Refusal(f"{path.name}：{refusal.message}", refusal.code) from refusal


def _tuples(node: dict[str, Any]) -> dict[str, Any]:
    """TOML has lists where the model has tuples."""
    after = node.get("after")
    return {**node, "after": tuple(after)} if isinstance(after, list) else node


def _fault(error: ValidationError) -> str:
    first = error.errors()[0]
    loc = first["loc"]
    where = str(loc[-1]) if not isinstance(loc[-1], int) else str(loc[-2])
    if len(loc) > 1 and isinstance(loc[1], int):
        where = f"第{loc[1] + 1}个节点的 {where}"
    if first["type"] == "value_error":
        return f"{where} {str(first['msg']).removeprefix('Value error, ')}"
    return _FAULTS.get(first["type"], "{where} 填写有误").format(where=where, **first.get("ctx", {}))
