"""`xmh task split`, and how `task open` names the whole of a part."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.answering import tell_many
from cli.asking import ByOption, MatterArg, PaperOption
from cli.lookup import acting_for, the_matter, the_unit
from cli.sending import send_orders, task_order
from cli.session import Problem, session
from cli.task.due import due_day
from domain.commands import OpenMatter
from domain.duplicates import title_key
from domain.facts import MOST_TITLE, MOST_WEIGHT, PartOf, shortened
from domain.ids import matter_stream
from domain.matter import Matter
from eventlog import reading
from services.handed_over import reopening_differences

if TYPE_CHECKING:
    from workflows.contract import Reply

ParentOption = Annotated[
    str | None,
    typer.Option("--parent", metavar="M", help="任务分解：上级事项（编号、尾号或字词）；时限、依据不填的随上级事项"),
]
WeightOption = Annotated[
    int | None,
    typer.Option("--weight", metavar="N", min=1, max=MOST_WEIGHT, help="在上级事项中的权重（配 --parent，默认 1）"),
]
_FIELDS = frozenset({"lead", "due", "weight"})


def the_whole(parent: str | None, weight: int | None = None) -> Matter | None:
    """The matter `task split` breaks down into parts; None when none is named.

    Raises:
        Problem: there is no such matter, several fit, or a weight stands without one.
    """
    if parent is None:
        if weight is not None:
            raise Problem("--weight 须与 --parent 一起使用，写明是哪个事项的分解", "malformed")
        return None
    loaded = reading.load(session.database, the_matter(parent).stream)
    assert loaded is not None  # noqa: S101  (it was listed just now)
    assert isinstance(loaded.state, Matter)  # noqa: S101  (a stream under matter/)
    return loaded.state


def part_of(whole: Matter, weight: int | None) -> PartOf:
    """What a part says of its whole when it is opened."""
    return PartOf(stream=whole.stream, number=whole.number, weight=weight or 1)


def split(
    matter: MatterArg,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="TITLE[;lead=U][;due=DATE][;weight=N]", help="分解出的一件，可多次填写"),
    ] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """任务分解：一次分出几件，依据随上级事项，时限不填的同上级事项；重复执行不会重复立项。"""
    if not part:
        raise Problem("请用 --part 写明分解出的事项，可多次填写", "malformed")
    whole = the_whole(matter)
    assert whole is not None  # noqa: S101  (a matter is named)
    commands = [_opening(whole, text) for text in part]
    actor = acting_for(by, paper)
    # The stream follows from whole and title, so that the same split again meets the same parts.
    streams = [matter_stream(f"split:{whole.stream}:{title_key(command.title)}") for command in commands]
    if len(set(streams)) < len(streams):
        raise Problem("--part 中有重复的事项名称，请合并或改名", "malformed")
    orders = [task_order(s, c, actor, nth=n) for n, (s, c) in enumerate(zip(streams, commands, strict=True), start=1)]
    # One after the other, so that the numbers follow the order written.
    replies = [send_orders([o])[0] for o in orders]
    if len(replies) == 1 and isinstance(replies[0], Exception):
        raise replies[0]
    tell_many([command.title for command in commands], replies, handed=True, more=_differing(replies, commands))


def _differing(replies: "Sequence[Reply | Exception]", commands: Sequence[OpenMatter]) -> list[Sequence[str]]:
    return [
        () if isinstance(r, Exception) else reopening_differences(session.database, r, c)
        for r, c in zip(replies, commands, strict=True)
    ]


def _opening(whole: Matter, text: str) -> OpenMatter:
    """`TITLE[;lead=U][;due=DATE][;weight=N]`, full-width signs too."""
    title, *parts = text.replace("；", ";").replace("＝", "=").split(";")
    fields = {name.strip(): value.strip() for name, _, value in (p.partition("=") for p in parts)}
    unknown = sorted(set(fields) - _FIELDS)
    weight = fields.get("weight", "1")
    if not title.strip() or unknown or len(fields) < len(parts):
        raise Problem(f"“{text}”应写成 名称;lead=牵头单位;due=日期;weight=权重", "malformed")
    if not (weight.isascii() and weight.isdigit() and 1 <= int(weight) <= MOST_WEIGHT):
        raise Problem(f"“{text}”的权重须为 1 到 {MOST_WEIGHT} 的整数", "malformed")
    return OpenMatter(
        title=title.strip(),
        basis=whole.basis.cited(),
        due=due_day(fields["due"]) if "due" in fields else whole.due,
        klass=whole.klass,
        urgency=whole.urgency,
        rhythm=whole.rhythm,
        source=whole.source and shortened(whole.source, MOST_TITLE),
        lead=the_unit(fields["lead"]) if "lead" in fields else None,
        part_of=part_of(whole, int(weight)),
    )
