"""Errors of libraries, in the words of the office."""

import errno
import os
import re
import traceback
from typing import Any

from pydantic import ValidationError

from cli.session import Exit, Problem
from eventlog.errors import UNREADABLE_EVENT, LogDamaged, LogError
from sheets.file_errors import file_error_reason
from views.wording import validation_in_chinese, validation_line


def explain_error(error: Exception) -> Problem:
    """One Chinese line for an exception, with the exit code `xmh` ends with."""
    match error:
        case LogError():  # away, of another build, or damaged: the log is no service to this command
            return Problem(error.message, error.code, Exit.UNREACHABLE)
        case ValidationError():
            return Problem(validation_line(error.errors(), error.title), "malformed")
        case OSError(errno=errno.ENOSPC | errno.EDQUOT) | OSError(filename=str()):
            return _of_files(error)
    if (wrong := _settings(error)) is not None:
        return wrong
    if type(error).__module__.startswith("typer"):
        return _usage(error)
    if any(kind.__name__ == "UnknownEventError" for kind in type(error).__mro__):
        return explain_error(LogDamaged(UNREADABLE_EVENT))
    if type(error).__name__ == "Unreachable":
        return _unreachable(error)
    if os.environ.get("XMH_DEBUG"):
        traceback.print_exception(error)
    return Problem(
        f"意外错误（{type(error).__name__}：{str(error)[:200]}），请把所用命令告诉维护人员；XMH_DEBUG=1 可看详情",
        "unexpected",
    )


def _settings(error: Exception) -> Problem | None:
    """A setting that cannot be meant, if that is the error; its value, which may be secret, is not repeated."""
    if type(error).__name__ == "SettingsError":
        wrong = re.search(r'field "(\w+)"', str(error))
        return Problem(f"环境变量 XMH_{(wrong[1] if wrong else '').upper()} 写法有误，须是 JSON", "malformed")
    if type(error).__module__.startswith("psycopg") and type(error).__name__ == "ProgrammingError":
        return Problem("数据库地址（XMH_DATABASE_URL）写法有误，请核对", "malformed")
    return None


def _of_files(error: OSError) -> Problem:
    match error:
        case FileNotFoundError():
            return Problem(f"找不到文件 {error.filename}", "malformed")
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            pass
        case _:
            return Problem(
                f"无法读写 {error.filename}（{file_error_reason(error)}），请检查是否为文件、是否有权限", "malformed"
            )
    return Problem("磁盘已满或超出配额，无法写入；请清理磁盘后重试", "disk_full")


def _unreachable(error: Exception) -> Problem:
    command_id = getattr(error, "command_id", None)
    repeat = f"；可用同一编号重复：--command-id {command_id}" if command_id else ""
    more = {"command_id": command_id} if command_id else {}
    return Problem(f"{error}{repeat}", "unreachable", **more)


def _as_shown(parameter: Any) -> str:
    """An option, or an argument, as the help shows it; an argument with the first of its explanation."""
    name: str = getattr(parameter, "opts", [""])[0]
    if name.startswith("-") or parameter is None:
        return name
    explained = re.split(r"[（，；。]", getattr(parameter, "help", None) or "")[0]
    return f"{parameter.metavar or name}（{explained}）" if explained else parameter.metavar or name


def _taken(error: Exception) -> str:
    """How the words before a missing one were understood: who leaves out the first finds the last one missing."""
    context, missing = getattr(error, "ctx", None), getattr(error, "param", None)
    if context is None or getattr(missing, "param_type_name", "") != "argument":
        return ""
    before = [p for p in context.command.params if p.param_type_name == "argument" and context.params.get(p.name)]
    return "".join(f"；“{context.params[p.name]}”已作为 {_as_shown(p)}" for p in before)


def _usage(error: Exception) -> Problem:
    """A typing mistake, as the parser found it."""
    name = type(error).__name__
    option = getattr(error, "option_name", None) or _as_shown(getattr(error, "param", None))
    value = str(getattr(error, "message", "") or error)
    if unknown := re.fullmatch(r"No such command '(.*)'\.?.*", value):
        return Problem(f"没有“{unknown[1]}”这个命令，请用 --help 查看有哪些命令", "malformed")
    if value.startswith("Missing command"):
        return Problem("没有写明要办什么，请用 --help 查看有哪些命令", "malformed")
    if extra := re.fullmatch(r"Got unexpected extra argument\S* \((.*)\)", value):
        return Problem(f"多出了“{extra[1]}”：这里不能写这么多，请用 --help 查看用法", "malformed")
    text = {
        "NoSuchOption": f"没有 {option} 这个选项，请用 --help 查看",
        "MissingParameter": f"缺少 {option}{_taken(error)}，请用 --help 查看用法",
        "BadParameter": f"{option} 填写有误：{validation_in_chinese(value)}",
        "BadOptionUsage": f"{option} 用法有误：{validation_in_chinese(value)}",
    }.get(name, f"命令有误：{value}；请用 --help 查看用法")
    if name == "Abort":
        return Problem("已取消，未作任何改动", "aborted")
    return Problem(text, "malformed")
