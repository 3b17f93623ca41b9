"""The faces a page is set in: those the standard names where the office has them, else open ones, and it is said so.

Three places are looked in, in this order: the office's own folder, what `make fonts` fetched, and the wheel the program
depends on. The last has one 宋 and one 黑 with every character a name may hold, so Chinese is always set; what a better
face lacks (Fandol has GB 2312 only: no 堃, no ㎡) is taken from it, character by character.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from domain.base import Refusal, Term, refuse

if TYPE_CHECKING:
    from typst import FontInfo, Fonts

BOLD = 700
MISSING = "〓"
"""What a compositor sets where he has no type for a character (得号); never a blank or a box."""


class FaceRole(Term):
    """The typefaces GB/T 9704 names, each to be set in the best that is installed."""

    TITLE = "title", "小标宋"
    BODY = "body", "仿宋"
    KAI = "kai", "楷体"
    HEI = "hei", "黑体"
    SONG = "song", "宋体"


@dataclass(frozen=True)
class Choice:
    """A family that can stand for a role. `bold` wants its bold cut; `faked` thickens the regular one."""

    family: str
    bold: bool = False
    faked: bool = False

    @property
    def name(self) -> str:
        """As it is told to a reader."""
        return f"{self.family}{' Bold' if self.bold else ''}{'（加粗）' if self.faked else ''}"


_SERIF, _SANS = "Noto Serif SC", "Noto Sans SC"
OWN: Mapping[FaceRole, tuple[str, ...]] = {
    FaceRole.TITLE: ("方正小标宋简体", "FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "FZXiaoBiaoSong-B05"),
    FaceRole.BODY: ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "STFangsong"),
    FaceRole.KAI: ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "STKaiti"),
    FaceRole.HEI: ("黑体", "SimHei", "STHeiti"),
    FaceRole.SONG: ("宋体", "SimSun", "STSong"),
}
"""The families the standard means, under the names their makers give them."""
STAND_INS: Mapping[FaceRole, tuple[Choice, ...]] = {
    FaceRole.TITLE: (Choice("FandolSong", bold=True), Choice(_SERIF, faked=True)),
    FaceRole.BODY: (Choice("FandolFang R"), Choice(_SERIF)),
    FaceRole.KAI: (Choice("FandolKai"), Choice(_SERIF)),
    FaceRole.HEI: (Choice("FandolHei"), Choice(_SANS)),
    FaceRole.SONG: (Choice("FandolSong"), Choice(_SERIF)),
}
"""Open faces in their place, the nearest first. No open 小标宋 is known."""


@dataclass(frozen=True)
class Face:
    """A role, what was found for it, and the file."""

    role: FaceRole
    choice: Choice
    path: Path
    substitute: bool


class Typeface:
    """The faces found in some folders; found once, used for many pages."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        """The folders to look into, the office's own first; the wheel's is always the last."""
        self.folders = tuple(folders)

    @cached_property
    def found(self) -> "Fonts":
        """For the typesetter: these folders and nothing of the system, so that one home is set alike everywhere.

        Raises:
            Refusal: `fonts_missing`, when a folder is not there.
        """
        from pylopdf_fonts_zh_cn import serif_path  # noqa: PLC0415  (only who typesets needs it)
        from typst import Fonts  # noqa: PLC0415

        for folder in self.folders:
            gone = not folder.is_dir()
            refuse(gone, f"字体目录 {folder} 不存在，请检查 xmh.toml 的 [fonts] 或 XMH_FONTS", "fonts_missing")
        places = [str(p) for p in (*self.folders, serif_path().parent)]
        return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=places)

    @cached_property
    def faces(self) -> Mapping[FaceRole, Face]:
        """What each role is set in."""
        installed = {(f.family, f.weight >= BOLD): f for f in reversed(self.found.fonts()) if f.style == "normal"}
        return {role: _chosen(role, installed) for role in FaceRole}

    @cached_property
    def substitutions(self) -> Mapping[str, str]:
        """小标宋 → FandolSong Bold, and so on: what the standard names and this office does not have."""
        return {f.role.label: f.choice.name for f in self.faces.values() if f.substitute}

    @cached_property
    def fallbacks(self) -> tuple[str, ...]:
        """Families every role falls back on, character by character."""
        return (_SERIF, _SANS)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Family → SHA-256 of its file: two files of a name may differ, and then the same page does."""
        return {name: _sha256(path) for name, path in sorted(self._files.items())}

    @property
    def _files(self) -> dict[str, Path]:
        """Face → file."""
        spare = {f.family: Path(f.path) for f in self.found.fonts() if f.family in self.fallbacks and f.path}
        return {**spare, **{f.choice.name: f.path for f in self.faces.values()}}

    @cached_property
    def characters(self) -> frozenset[int]:
        """Every character at least one of the faces has."""
        return frozenset().union(*map(_coverage, self._files.values()))

    def missing(self, text: str) -> Iterator[str]:
        """The characters no face has, each once, in the order they come."""
        return (c for c in dict.fromkeys(text) if ord(c) not in self.characters and not c.isspace())


def _chosen(role: FaceRole, installed: Mapping[tuple[str, bool], "FontInfo"]) -> Face:
    own = [Choice(family, bold) for family in OWN[role] for bold in (False, True)]
    for choice in (*own, *STAND_INS[role]):
        info = installed.get((choice.family, choice.bold))
        if info is not None and info.path is not None:
            return Face(role, choice, Path(info.path), substitute=choice not in own)
    raise Refusal("找不到可用的中文字体，请重新安装（make setup）", "fonts_missing")  # the wheel was taken apart


@lru_cache(maxsize=32)
def _coverage(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  (only who typesets needs it)

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


@lru_cache(maxsize=32)
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
