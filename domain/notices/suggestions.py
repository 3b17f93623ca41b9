"""Who hears of a suggestion: the office that is to answer, and then who made it with his unit's contacts."""

from domain.envelope import Recorded
from domain.event import decode
from domain.notices.notice import Notice, notice_text, notices_to
from domain.notices.people import RecipientDirectory
from domain.suggestions import Suggestion, SuggestionAnswered, SuggestionMade
from domain.terms import Role, Urgency


def suggestion_notices(
    recorded: Recorded, before: Suggestion | None, after: Suggestion, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event of a suggestion; what it says is read where it stands."""
    del before
    match decode(recorded):
        case SuggestionMade(kind=kind):
            people = tuple(p.id for p in house.people if p.role is Role.OFFICE)
            text = notice_text(f"{house.name(after.unit)}提出意见建议（{kind.label}）", "请答复")
        case SuggestionAnswered(outcome=outcome):
            people = tuple(dict.fromkeys((*house.known([after.person]), *house.of_unit(after.unit, Role.LIAISON))))
            text = notice_text(f"意见建议已答复：{outcome.label}", "请查阅")
        case _:
            return ()
    reached = house.reached(house.known(people), recorded)
    return notices_to(recorded, reached, after.number, text, Urgency.NORMAL, house.calendar)
