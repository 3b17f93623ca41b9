"""更正: what was wrong in an issue is said in a new one. Nothing that was issued changes.

The file given is the issued .docx with the corrections made in it. It and the issued one are read alike and compared,
so a 更正 needs neither the wording nor the layout the issue was printed with.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from documents.bulletin.briefing import Briefing, compose_briefing, issue_line
from documents.bulletin.drafts import BulletinDraft, discard_draft, keep_draft
from documents.bulletin.edited import Differing, Text, TextLine, differing_part, editor_changes, read_edited
from documents.filing.shelf import press_of_template
from documents.ledger import read_ledger
from documents.page import Paragraph, Section
from documents.sections.recipe import Recipe, recipe_of
from documents.wording import clean_text, full_date, in_quotation_marks, numeral
from domain.base import Refusal, refuse
from domain.bulletin import BulletinIssued, Change, Publication
from domain.papers import spelled
from eventlog.database import Database
from services.issuing.bulletins import Issued, issued_bulletins, issued_series
from services.issuing.editing import as_edited, check_may_edit, record_draft_text
from services.issuing.signing import Desk

_SENTENCE = re.compile(r"(?<=[。；！？])")
_SHOWN = 30
"""So much of a line says where something was added."""
_MOST_PLACES = 99
_MOST_REASON = 200
"""Characters; it is part of one sentence."""
_MOST_BYTES = 60 * 1024
"""What the log keeps as one text, with some room."""


class Correction(NamedTuple):
    """A draft of a 更正, and what it corrects."""

    draft: BulletinDraft
    text: Briefing
    changes: tuple[Change, ...]


def draft_correction(desk: Desk, wrong: Issued, path: Path, reason: str) -> Correction:
    """Draft the 更正 of an issue; its text is in the log as an editor's version of the draft.

    Raises:
        Refusal: `nothing_to_say`, when the file says what was issued; `malformed`, when it is no file of that issue;
            `forbidden`, when the actor is not of the office.
    """
    check_may_edit(desk.signer)
    refuse(len(reason) > _MOST_REASON, f"更正理由有{len(reason)}字，最多{_MOST_REASON}字", "malformed")
    database, home, now, event = desk.database, desk.home, desk.now, wrong.event
    layout = event.template.partition("/")[0]
    then = press_of_template(home, desk.press, event.template_sha256, event.number, layout=layout)
    computed = _computed(database, event, event.position, recipe_of(then.template))
    printed = as_edited(database, computed, event.edited)
    before, after = (read_edited(file, printed, issue_line(event)) for file in (wrong.files["docx"], path))
    differences = tuple(differing_part(before, after))
    refuse(not differences, f"{path.name} 与印发的 {event.number} 一致，没有可更正之处", "nothing_to_say")
    basis = _computed(database, event, read_ledger(database, now).position, recipe_of(desk.press.template))
    text, changed = _correction(basis, event, differences, reason), editor_changes(before, after)
    draft = keep_draft(home, text, desk.signer.id, now, desk.press)
    try:
        record_draft_text(database, draft, Text(text.title, text.sections), changed, desk.signer, now)
    except BaseException:
        discard_draft(home, draft)
        raise
    return Correction(draft, text, changed)


def issue_to_correct(database: Database, number: str) -> BulletinIssued:
    """The issue of that number, of which a 更正 is to be made.

    Raises:
        Refusal: `not_found`, or `recorded`, when it is only registered and its text lies elsewhere.
    """
    wanted = spelled(number)
    event = next((e for e in issued_bulletins(database) if e.number == wanted), None)
    if event is not None:
        return event
    listed = (issue.number for publication in Publication for issue in issued_series(database, publication).issues)
    if wanted in listed:
        raise Refusal(f"{wanted} 只在台账登记，原文不在本系统，不能由此更正", "recorded")
    raise Refusal(f"没有已签发的“{number}”，请用 xmh briefing list 查看", "not_found")


def _computed(database: Database, event: BulletinIssued, position: int, recipe: Recipe) -> Briefing:
    """The issue's span as the log up to a position tells it."""
    return compose_briefing(
        database,
        event.publication,
        event.since,
        event.until,
        as_of=event.as_of,
        position=position,
        recipe=recipe,
        template=event.template,
    )


def _correction(basis: Briefing, event: BulletinIssued, differences: Sequence[Differing], reason: str) -> Briefing:
    """The new issue: of the same span and data, for those who read such issues now."""
    why = clean_text(reason).removeprefix("因")
    opening = (
        f"我办{full_date(event.issued_on)}印发的{event.called}（总第{event.total_no}期，题为《{clean_text(event.title)}》），"
        f"因{why}，现将有关内容更正如下："
    )
    places = [place for one in differences for place in _places(one)]
    refuse(
        len(places) > _MOST_PLACES or len("".join(places).encode()) > _MOST_BYTES,
        f"改动太多（{len(places)}处），更正只写错处；要整期重写请另编一期",
        "malformed",
    )
    blocks = (
        Paragraph(text=opening),
        *(Paragraph(text=f"第{numeral(n)}处，{place}。") for n, place in enumerate(places, start=1)),
        Paragraph(text="其余内容不变。特此更正。"),
    )
    return basis.model_copy(
        update={
            "foreword": None,
            "appendices": (),
            "title": f"关于{event.called}的更正",
            "sections": (Section(title="更正", blocks=blocks),),
            "corrects": event.number,
        }
    )


# --- each place, in words


def _places(differs: Differing) -> Iterator[str]:
    old, new = differs.before, differs.after
    where = _where((*old, *new)[0])
    if len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from _reworded(one, other)
    elif not new:
        yield f"{where}删去{_said(old)}"
    elif not old:
        after = differs.previous.text if differs.previous else ""
        shown = after if len(after) <= _SHOWN else f"{after[:_SHOWN]}……"
        yield f"{where}在{in_quotation_marks(shown)}之后增加{_said(new)}"
    else:
        yield f"{where}的{_said(old)}更正为{_said(new)}"


def _where(line: TextLine) -> str:
    return f"{in_quotation_marks(line.section)}部分" if line.section else "正文"


def _said(lines: Sequence[TextLine]) -> str:
    return in_quotation_marks("".join("，".join(line.cells) or line.text for line in lines))


def _reworded(old: TextLine, new: TextLine) -> Iterator[str]:
    """What differs of a line: the cells of a row, the sentences of a paragraph."""
    if old.title:
        yield f"标题{in_quotation_marks(old.text)}更正为{in_quotation_marks(new.text)}"
    elif old.cells and len(old.cells) == len(new.cells):
        for n, (one, other) in enumerate(zip(old.cells, new.cells, strict=True)):
            if one != other:
                head = old.headers[n] if n < len(old.headers) else f"第{n + 1}"
                at = f"{_where(old)}表中{_row(old, new)}一行{in_quotation_marks(head)}栏"
                yield f"{at}的{in_quotation_marks(one)}更正为{in_quotation_marks(other)}"
    else:
        one, other = _sentences(old.text, new.text)
        yield f"{_where(old)}的{in_quotation_marks(one)}更正为{in_quotation_marks(other)}"


def _row(old: TextLine, new: TextLine) -> str:
    """A row by its first cell, and by the next where that is a word that stays: several rows may have one date."""
    named = [cell for cell, other in zip(old.cells[:2], new.cells[:2], strict=True) if cell == other]
    words = [cell for n, cell in enumerate(named) if n == 0 or not cell[:1].isdigit()]
    return in_quotation_marks("，".join(words or old.cells[:1]))


def _sentences(old: str, new: str) -> tuple[str, str]:
    """The two texts without the sentences they begin and end with alike; one stays where nothing else would."""
    before, after = _SENTENCE.split(old), _SENTENCE.split(new)
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    if start == min(len(before), len(after)):
        start = max(start - 1, 0)
    one, other = "".join(before[start:]), "".join(after[start:])
    if not one or not other:
        return old, new
    return (one[:-1], other[:-1]) if one[-1] == other[-1] and one[-1] in "。；" else (one, other)
