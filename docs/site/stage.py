"""Lay out what the site is made of: the pages as they stand, by links, and two references out of the program itself.

    python docs/site/stage.py TARGET      (as `make site` calls it)

The tree below TARGET/pages is that of the repository, so every link between pages leads where it leads here. Nothing is
copied, and what is generated is written nowhere else: it cannot be older than the program.
"""

import ast
import inspect
import json
import re
import shutil
import sys
import textwrap
import typing
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer.main
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from cli.main import app
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LINKED = (
    *(
        "README.md",
        "README.zh-CN.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CODE_OF_CONDUCT.md",
        "CHANGELOG.md",
        "LICENSE",
    ),
    *("docs", "deploy", "examples"),
)
COMMANDS, SETTINGS = "generated/commands.md", "generated/settings.md"
REFERENCE = "docs/reference"
NAV: dict[str, dict[str, str]] = {
    "中文": {
        "概况": "README.zh-CN.md",
        "使用手册": "docs/使用手册.md",
        "运维手册": "docs/运维手册.md",
        "运维告警": "docs/运维告警.md",
        "日志能证明什么": "docs/audit.md",
        "离线安装": "deploy/offline/安装说明.md",
        "全部命令": COMMANDS,
    },
    "English": {
        "Overview": "README.md",
        "Architecture": "docs/architecture.md",
        "Running it": "deploy/README.md",
        "On Kubernetes": "deploy/k8s/README.md",
        "Notices": "docs/notices.md",
        "Settings": SETTINGS,
        "Scale": "docs/scale.md",
        "Cryptography": "docs/cryptography.md",
        "ASVS": "docs/asvs.md",
        "The year of the example": "examples/xiangmihu-2022/README.md",
        "The ledger of the year before": "examples/xiangmihu-2021/README.md",
        "A second headquarters": "examples/huanggang-2022/README.md",
    },
    "Working on it": {
        "Contributing": "CONTRIBUTING.md",
        "Changelog": "CHANGELOG.md",
        "Security": "SECURITY.md",
        "Code of conduct": "CODE_OF_CONDUCT.md",
    },
}
"""Section → title → page. What stands in `docs/reference` and `docs/decisions` is listed by itself."""


def title_of(page: Path) -> str:
    """The first heading of a page."""
    found = re.search(r"(?m)^# (.+)$", page.read_text(encoding="utf-8"))
    return re.sub(r"[`\[\]]", "", found[1]) if found else page.stem


def navigation() -> list[dict[str, Any]]:
    """What mkdocs calls `nav`."""
    nav: list[dict[str, Any]] = [
        {section: [{title: page} for title, page in pages.items()]} for section, pages in NAV.items()
    ]
    for section, folder in (("Reference", REFERENCE), ("Decisions", "docs/decisions")):
        pages = sorted((ROOT / folder).glob("*.md"))
        nav.append({section: [{title_of(page): page.relative_to(ROOT).as_posix()} for page in pages]})
    return nav


# --- what the program says of itself


def leaves(command: Any, path: tuple[str, ...] = ("xmh",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead to it."""
    if not hasattr(command, "list_commands"):
        yield path, command
        return
    for name in command.list_commands(None):
        found = command.get_command(None, name)
        if not found.hidden:
            yield from leaves(found, (*path, name))


def commands_page() -> str:
    """全部命令: each with its help, arguments and options."""
    lines = ["# 全部命令", "", "由程序自身的帮助生成；每个命令加 `--help` 看到的就是这些。", ""]
    group = ""
    for path, command in leaves(typer.main.get_command(app)):
        if path[1] != group:
            group = path[1]
            lines += [f"## {group}", ""]
        lines += [f"### {' '.join(path)}", "", _plain(command.help or ""), ""]
        rows = [(_named(p), _plain(getattr(p, "help", None) or "")) for p in command.params if not p.hidden]
        if rows:
            lines += ["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows), ""]
    return "\n".join(lines)


def _named(parameter: Any) -> str:
    """An argument by its name, an option as it is typed."""
    value = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        return f"`{value or parameter.name.upper()}`".replace("|", "\\|")
    options = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"`{options} {value}`".replace(" `", "`").replace("|", "\\|")


def _plain(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip()).replace("|", "\\|").replace("<", "&lt;")


def settings_page() -> str:
    """Every setting: its name in `xmh.toml`, in the environment, its kind, its default, what it is."""
    lines = [
        "# Settings",
        "",
        "Environment (`XMH_…`) over `xmh.toml` of the home (or of `--config`) over the default. A table as `[web]`",
        "is set in the environment as one JSON document: `XMH_WEB='{\"port\": 8460}'`.",
        "",
    ]
    return "\n".join([*lines, *_settings_of(Settings, ""), ""])


def _settings_of(model: type[BaseModel], table: str) -> Iterator[str]:
    told, kinds = attribute_docs(model), _kinds(model)
    yield from (f"## `[{table}]`" if table else "## At the top of the file", "", "| setting | kind | default | is |")
    yield "|---|---|---|---|"
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        below = _model_in(field.annotation)
        if below is not None:
            inner.append((f"{table}.{name}".lstrip("."), below))
        key = name if table else f"{name}` `XMH_{name.upper()}"
        shown = "" if below is not None else _default(field.get_default(call_default_factory=False))
        yield f"| `{key}` | `{kinds.get(name, '')}` | {shown} | {_plain(told.get(name, ''))} |"
    yield ""
    for path, below in inner:
        yield from _settings_of(below, path)


def _default(value: Any) -> str:
    if value is PydanticUndefined or value is None:
        return ""
    if isinstance(value, (bool, int, str, list, tuple)):
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    return f"`{value}`"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The table a setting is, if it is one."""
    candidates = [annotation, *typing.get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _body(model: type[BaseModel]) -> list[ast.stmt]:
    (defined,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    return defined.body if isinstance(defined, ast.ClassDef) else []


def attribute_docs(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each attribute of a class; Python itself keeps it nowhere."""
    body = _body(model)
    return {
        stmt.target.id: after.value.value
        for stmt, after in pairwise(body)
        if isinstance(stmt, ast.AnnAssign)
        and isinstance(stmt.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


def _kinds(model: type[BaseModel]) -> dict[str, str]:
    """How each attribute is annotated, without what only checks it."""

    def kind(annotation: ast.expr) -> str:
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Annotated":
            within = annotation.slice
            return kind(within.elts[0]) if isinstance(within, ast.Tuple) else ast.unparse(within)
        if isinstance(annotation, ast.BinOp):
            return f"{kind(annotation.left)} | {kind(annotation.right)}"
        return ast.unparse(annotation)

    return {
        stmt.target.id: kind(stmt.annotation).replace(" | None", "").replace("|", "\\|")
        for stmt in _body(model)
        if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name)
    }


def stage(target: Path) -> None:
    """Everything mkdocs needs, below this folder."""
    pages = target / "pages"
    shutil.rmtree(target, ignore_errors=True)
    (pages / "generated").mkdir(parents=True)
    for name in LINKED:
        (pages / name).symlink_to(ROOT / name)
    (pages / COMMANDS).write_text(commands_page(), encoding="utf-8")
    (pages / SETTINGS).write_text(settings_page(), encoding="utf-8")
    config = yaml.safe_load((ROOT / "docs/site/mkdocs.yml").read_text(encoding="utf-8"))
    config |= {"docs_dir": str(pages.absolute()), "nav": navigation()}
    (target / "mkdocs.yml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
