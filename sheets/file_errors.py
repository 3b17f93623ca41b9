"""Why a file cannot be read or written, in the words of the office; the system says it in English."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from domain.base import Refusal

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REASONS: Mapping[int, str] = {
    errno.ENOENT: "没有这个目录或文件",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EISDIR: "这是一个目录",
    errno.EEXIST: "已有同名的文件",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.ENAMETOOLONG: "文件名太长",
    errno.ETXTBSY: "文件正被别的程序使用",
    errno.EBUSY: "文件正被别的程序使用",
    errno.EIO: "磁盘读写出错",
}


def file_error_reason(error: OSError) -> str:
    """Why a file cannot be read or written, in a few Chinese words; what has none here is told by its number."""
    number = error.errno or 0
    return _REASONS.get(number, f"系统错误 {number} {os.strerror(number)}")


def is_full(error: OSError) -> bool:
    """Whether there is no more room, rather than no permission."""
    return error.errno in _FULL


def unwritable_file(place: Path, error: OSError) -> Refusal:
    """What to say when a file somebody asked for cannot be written there."""
    full = is_full(error)
    remedy = "请清理磁盘后重试" if full else "请换一个位置，或关闭正打开它的程序"
    return Refusal(f"{place} 写不了（{file_error_reason(error)}），{remedy}", "disk_full" if full else "unwritable")
