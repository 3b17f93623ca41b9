"""The layouts there are, each a folder of sources an issue names by id and hash. A changed layout is a new folder.

An office changes copies of these files; its own stand before the program's, file by file. Whatever an issue was printed
by is kept beside it in the cabinet, so that it can be printed again when the office has long changed its templates.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from domain.base import Refusal, refuse
from sheets.file_errors import file_error_reason

_HERE = Path(__file__).parent
ENDINGS = (".typ", ".html", ".docx", ".toml")
_EXPLAINED = "说明.txt"


@dataclass(frozen=True)
class Template:
    """A layout: page.typ for .pdf, page.html for .html, a .docx for each kind of head, and 简报.toml.

    `own` is a folder of changed files that stand in place of those of the same name.
    """

    id: str
    folder: Path
    own: Path | None = field(default=None)

    @property
    def former(self) -> bool:
        """A layout of before: what is set beside its files (titles, tables) is set as it was then."""
        return self.id in ("gb-2", "gb-3")

    @property
    def since_gb5(self) -> bool:
        """Whether it is set as from gb-5 on: filled forms, tagged titles, lines closer where lists follow."""
        return not self.former and self.id != "gb-4"

    @property
    def since_gb6(self) -> bool:
        """Whether it is set as from gb-6 on: rows with heads, 版记 of a .docx at the foot wherever it is opened."""
        return self.since_gb5 and self.id != "gb-5"

    @property
    def since_gb7(self) -> bool:
        """Whether it is set as from gb-7 on: a .docx as close as the .pdf, what is filled in with the signature."""
        return self.since_gb6 and self.id != "gb-6"

    @property
    def since_gb8(self) -> bool:
        """Whether it is set as from gb-8 on: rows on another face with their heads, a number on one line."""
        return self.since_gb7 and self.id != "gb-7"

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Name → bytes, as they are when they are first asked for: one issue is printed by one template.

        Raises:
            Refusal: `template_gone`, when the folder of the office's own is not there or cannot be read.
        """
        files = dict(_read(self.folder))
        if self.own is not None:
            refuse(
                not self.own.is_dir(),
                f"模板目录 {self.own} 不存在，请检查 xmh.toml 的 [templates] 或 XMH_TEMPLATES",
                "template_gone",
            )
            files |= dict(_read(self.own))
        return dict(sorted(files.items()))

    def source(self, name: str) -> bytes:
        """One of its files.

        Raises:
            Refusal: `template_gone`.
        """
        source = self.files.get(name)
        if source is None:
            raise Refusal(f"版式 {self.id} 的文件 {name} 不见了，请重新安装本版本", "template_gone")
        return source

    @cached_property
    def sha256(self) -> str:
        """Of all its files, names included."""
        digest = hashlib.sha256()
        for name, data in self.files.items():
            digest.update(f"{name}\0".encode() + data + b"\0")
        return digest.hexdigest()

    def broken(self, name: str, why: str) -> Refusal:
        """What to say when a source is not understood."""
        return Refusal(f"模板 {self.place(name)} 有错误，不能成文：{why}", "template_broken")

    def place(self, name: str) -> str:
        """Where a file is, for a person: the office's own with its folder."""
        own = self.own / name if self.own is not None else None
        return str(own) if own is not None and own.exists() else name


def load_template(template_id: str, own: Path | None = None) -> Template:
    """The layout (template) of that id, with the office's own files.

    Raises:
        Refusal: `template_gone`, when this build has none.
    """
    if template_id not in _ids():
        raise Refusal(f"所用版式 {template_id} 本版本没有；请用成文时的版本", "template_gone")
    return Template(template_id, _HERE / template_id, own)


def exported_template(template_id: str) -> dict[str, bytes]:
    """The program's own files of a template and what explains them, for an office to change."""
    folder = _HERE / template_id
    return {**dict(sorted(_read(folder))), _EXPLAINED: (folder / _EXPLAINED).read_bytes()}


@lru_cache(maxsize=1)
def _ids() -> frozenset[str]:
    return frozenset(p.parent.name for p in _HERE.glob("*/page.typ"))


def _read(folder: Path) -> Iterator[tuple[str, bytes]]:
    try:
        for path in folder.iterdir():
            # Word leaves ~$简报.docx beside a file that is open.
            if path.suffix in ENDINGS and not path.name.startswith(("~", ".")):
                yield path.name, path.read_bytes()
    except OSError as error:
        raise Refusal(f"模板 {error.filename} 读不出来（{file_error_reason(error)}）", "template_gone") from error
