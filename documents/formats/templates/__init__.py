"""The layouts there are, each a folder of sources an issue names by id and hash. A changed layout is a new folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from domain.base import Refusal

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Template:
    """A layout: page.typ for .pdf, page.html for .html."""

    id: str
    folder: Path

    def source(self, name: str) -> bytes:
        """One of its files.

        Raises:
            Refusal: `template_gone`.
        """
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise Refusal(f"版式 {self.id} 的文件 {name} 不见了，请重新安装本版本", "template_gone") from error

    @property
    def sha256(self) -> str:
        """Of all its files, names included."""
        found = hashlib.sha256()
        for path in sorted(p for p in self.folder.iterdir() if p.suffix in (".typ", ".html")):
            found.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
        return found.hexdigest()

    def broken(self, why: str) -> Refusal:
        """What to say when a source is not understood."""
        return Refusal(f"版式 {self.id} 有错误，不能成文：{why}", "template_broken")


def template(template_id: str) -> Template:
    """The layout of that id.

    Raises:
        Refusal: `template_gone`, when this build has none.
    """
    if template_id not in {p.parent.name for p in _HERE.glob("*/page.typ")}:
        raise Refusal(f"所用版式 {template_id} 本版本没有；请用成文时的版本", "template_gone")
    return Template(template_id, _HERE / template_id)
