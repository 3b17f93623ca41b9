"""`xmh briefing templates`: the templates in use, tried; or copies of the program's own, to be changed."""

from pathlib import Path
from typing import Annotated

import typer

from cli.printing.files import office_press
from cli.session import Exit, answer, session
from sheets.file_errors import unwritable_file

_FOR = {
    "简报.docx": "工作简报",
    "动态.docx": "工作动态",
    "公文.docx": "督办单、催办单等",
    "函.docx": "发市级部门和区外单位的函",
    "纪要.docx": "会议纪要",
    "报告.docx": "年度统计、单位情况、议程等",
    "page.typ": "各种 .pdf",
    "page.html": "各种 .html",
    "简报.toml": "简报的栏目、次序和阈值",
}


def templates(
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="DIR", help="导出到这个目录，改好后放在数据目录的 templates 下即生效；已有的文件不覆盖"
        ),
    ] = None,
) -> None:
    """简报、公文等所用的模板：逐个试印，有错的说明错在哪里；--export 导出一份供本单位修改。"""
    if export is not None:
        _export(export)
        return
    from documents.sections.trial import try_templates

    checked = list(try_templates(office_press()))
    broken = [t for t in checked if t.fault]
    answer(
        {"folder": _folder(), "ok": not broken, "templates": [t.model_dump(mode="json") for t in checked]},
        "" if session.json else _told([(t.file, t.own, t.fault) for t in checked]),
    )
    if broken:
        raise SystemExit(Exit.REFUSED)


def _export(place: Path) -> None:
    from documents.formats.press import LAYOUT
    from documents.formats.templates import exported_template

    files = exported_template(LAYOUT)
    try:
        place.mkdir(parents=True, exist_ok=True)
        there = [name for name in files if (place / name).exists()]
        for name, data in files.items():
            if name not in there:
                (place / name).write_bytes(data)
    except OSError as error:
        raise unwritable_file(place, error) from error
    made = [name for name in files if name not in there]
    kept = f"；已有的{len(there)}个没有覆盖：{'、'.join(there)}" if there else ""
    home = session.settings.store_place / "templates"
    use = "" if place.absolute() == home.absolute() else f"，或在 xmh.toml 的 [templates] 写 folder = “{place}”"
    answer(
        {"folder": str(place), "exported": made, "kept": there},
        f"已导出{len(made)}个模板到 {place}{kept}\n改好后放在 {home} 即生效{use}；用 xmh briefing templates 试印",
    )


def _folder() -> str | None:
    own = session.settings.template_folder
    return str(own) if own else None


def _told(checked: list[tuple[str, bool, str | None]]) -> str:
    from cli.tables import table

    rows = [
        (file, _FOR.get(file, ""), "本单位" if own else "自带", "有错误" if fault else "可用")
        for file, own, fault in checked
    ]
    faults = [f"✗ {fault}" for _, _, fault in checked if fault]
    place = _folder()
    where = f"本单位的模板在 {place}" if place else "没有本单位的模板；用 --export 导出一份修改"
    return "\n".join([table(("文件", "用于", "来源", "试印"), rows), where, *faults])
