"""What was issued and filed, whatever its kind: enough to find its files, to print it again, and to compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from documents.filing.cabinet import kept_files
from documents.filing.shelf import press_of_template
from documents.formats.press import Press
from documents.page import Page
from domain.base import Refusal

W = TypeVar("W")


class Printed(Protocol):
    """What every event that issues something says of its printing."""

    @property
    def number(self) -> str:
        """简报-2022-07, 香指办督〔2022〕7号."""
        ...

    @property
    def year(self) -> int:
        """The year in its number, which is that of its issue."""
        ...

    @property
    def position(self) -> int:
        """Up to where of the log it was computed."""
        ...

    @property
    def files(self) -> dict[str, str]:
        """File name → SHA-256."""
        ...

    @property
    def template(self) -> str:
        """The name of its layout and wording."""
        ...

    @property
    def template_sha256(self) -> str | None:
        """Of the layout's files."""
        ...

    @property
    def fonts(self) -> dict[str, str]:
        """Face → SHA-256 of its file."""
        ...


def wording_of(event: Printed, known: Mapping[str, W]) -> W:
    """What this build words a filed issue with, by the name its event gives: today's wording or one of before.

    Raises:
        Refusal: `template_gone`.
    """
    wording = known.get(event.template)
    if wording is None:
        raise Refusal(
            f"{event.number} 所用版式 {event.template} 本版本没有，不能重新生成；请用成文时的版本", "template_gone"
        )
    return wording


@dataclass(frozen=True)
class Filed:
    """One issue of whatever kind."""

    event: Printed
    home: Path
    folder: Path
    """Where its files are."""
    stream: str
    """Where it is recorded."""
    page: Callable[[Press], Page]
    """What was printed, computed again; a Refusal `template_gone` when this build words or sets it otherwise."""

    def press(self, now: Press) -> Press:
        """What it was printed by: the faces there are now, the templates there were then.

        Raises:
            Refusal: `template_gone`, when the templates are neither today's nor on the shelf as they were.
        """
        layout = self.event.template.partition("/")[0]
        return press_of_template(self.home, now, self.event.template_sha256, self.event.number, layout=layout)

    def kept(self, press: Press) -> dict[str, Path]:
        """The issued files by format. One that is missing is printed again from the log, and must have the hash it had.

        Raises:
            Refusal: `file_altered`, `template_gone` or `not_reproducible`.
        """

        def again(names: list[str]) -> dict[str, bytes]:
            then = self.press(press)
            return then.files(self.page(then), names)

        return kept_files(self.folder, self.event.files, again)
