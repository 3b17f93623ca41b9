"""督查报告 and 督查反馈意见 under a 文号: what an on-site inspection concluded, to the leaders and to each unit (条例 art. 16)."""

from documents.ledger import Ledger
from documents.papers.case import PaperText
from documents.reports.onsite import onsite_sections, onsite_title
from domain.base import Refusal, refuse
from domain.calendar import local_date
from domain.papers import PaperKind


def compose_onsite_paper(ledger: Ledger, stream: str, unit: str | None) -> PaperText:
    """The report of an inspection, or with a unit its 反馈意见 to that unit, from the log at a position.

    Raises:
        Refusal: `not_found`, without such an inspection; `nothing_to_say`, before it has concluded.
    """
    found = next((i for i in ledger.inspections if i.stream == stream), None)
    if found is None:
        raise Refusal("没有这次督查", "not_found")
    refuse(found.report is None, f"{found.number} 还没有督查报告（先用 inspection report）", "nothing_to_say")
    unsaid = unit is not None and unit not in found.opinions
    refuse(unsaid, f"还没有向{ledger.unit(unit)}反馈意见（先用 inspection opinion）", "nothing_to_say")
    return PaperText(
        kind=PaperKind.OPINION if unit else PaperKind.INSPECTION,
        letter=False,
        matter=None,
        inspection=found,
        title=onsite_title(found, unit),
        addressees=(unit,) if unit else (),
        sections=onsite_sections(found, ledger.unit, ledger.person, local_date(ledger.as_of), unit),
        ledger=ledger,
    )
