"""Where pages become files: one page, four formats, with the faces and the layout at hand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from documents.formats.digest import sha256
from documents.formats.fonts import Typeface
from documents.formats.templates import Template, load_template
from documents.page import Page

FORMATS = ("md", "docx", "pdf", "html")
LAYOUT = "gb-8"
"""The layout everything is printed in; it is the first part of what an event names as its template."""
GB_2, GB_3, GB_4, GB_5, GB_6, GB_7 = "gb-2", "gb-3", "gb-4", "gb-5", "gb-6", "gb-7"
"""The layouts of before, by which their issues are printed again."""


@dataclass(frozen=True)
class Press:
    """Faces and layout. By default the faces of the wheel: without settings everybody prints the same."""

    typeface: Typeface = field(default_factory=Typeface)
    template: Template = field(default_factory=lambda: load_template(LAYOUT))
    home: Path | None = None
    """Where pictures lie that pages show; without it only pages without pictures are printed."""

    def printed(self, page: Page, kind: str) -> bytes:
        """The page in one format.

        Raises:
            Refusal: `fonts_missing`, `template_gone`, `template_broken`; `not_found` or `malformed`, of a picture.
        """
        # Each library costs tens of milliseconds, and a list needs none.
        if kind == "md":
            from documents.formats.markdown import markdown_of  # noqa: PLC0415

            return markdown_of(page).encode()
        if kind == "docx":
            from documents.formats.docx import docx_of  # noqa: PLC0415

            return docx_of(page, self.template, self.typeface, self.home)
        if kind == "pdf":
            from documents.formats.pdf import pdf_of  # noqa: PLC0415

            return pdf_of(page, self.typeface, self.template, self.home)
        from documents.formats.html import html_of  # noqa: PLC0415

        return html_of(page, self.template, self.home).encode()

    def files(self, page: Page, names: Iterable[str]) -> dict[str, bytes]:
        """The page under these names, each in the format its ending says."""
        return {name: self.printed(page, Path(name).suffix.removeprefix(".")) for name in names}

    def named(self, page: Page, number: str) -> dict[str, bytes]:
        """The page in every format, under its number."""
        return self.files(page, [f"{number}.{kind}" for kind in FORMATS])

    def provenance(self, files: dict[str, bytes]) -> dict[str, object]:
        """What an event keeps of the printing: each file's hash, the layout's, and those of the faces."""
        return {
            "files": {name: sha256(data) for name, data in files.items()},
            "template_sha256": self.template.sha256,
            "fonts": dict(self.typeface.hashes),
        }
