"""挂牌、摘牌、约谈、红黄牌: what an office does when pressing is not enough, each by a leader's decision."""

from collections.abc import Iterator

from domain import commands as c
from domain import events as ev
from domain.base import refuse, refuse_always
from domain.calendar import local_date
from domain.facts import openly
from domain.ladder import due_cards
from domain.matter import Matter
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.rhythm import still_open
from domain.terms import CARDS, Role

BY_LEADER = "领导决定"
"""Stands where the register names the meeting."""


def list_matter(matter: Matter, command: c.ListMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """挂牌督办: why, and when it may come off. A meeting lists too; then the condition may be said afterwards."""
    still_open(matter)
    current = matter.listings[-1] if matter.listings else None
    if matter.listed and current is not None:
        refuse(current.exit_when is not None, f"{matter.number} 已于 {current.on} 挂牌督办，摘牌条件已明确")
        refuse(command.exit_when is None, f"{matter.number} 已挂牌督办，请写明摘牌条件（--exit-when）", "malformed")
        yield ev.ListingTermsSet(exit_when=command.exit_when or "")
        return
    refuse(matter.lead is None, f"{matter.number} 尚未明确牵头单位，不能挂牌")
    only_of_objects(matter, "挂牌督办")
    _by_leader(context, "挂牌督办")
    refuse(command.reason is None, "挂牌须说明理由（--reason）", "malformed")
    refuse(command.exit_when is None, "挂牌须写明摘牌条件（--exit-when）", "malformed")
    yield ev.MatterListed(meeting=BY_LEADER, reason=command.reason, exit_when=command.exit_when)


def delist(matter: Matter, command: c.DelistMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """摘牌: its condition is met, or a leader says why it comes off all the same."""
    refuse(not matter.listed, f"{matter.number} 没有挂牌督办，无须摘牌")
    _by_leader(context, "摘牌")
    unsaid = not command.met and command.reason is None
    current = matter.listings[-1] if matter.listings else None
    wanted = openly(current.exit_when) if current and current.exit_when else "未明确"
    ask = f"摘牌条件：{wanted}；已达到的写 --met，未达到而摘牌的说明理由（--reason）"
    refuse(unsaid, ask, "malformed")
    yield ev.MatterDelisted(meeting=BY_LEADER, reason=command.reason, met=command.met)


def interview(matter: Matter, command: c.HoldInterview, context: DecisionContext) -> Iterator[RuleEvent]:
    """约谈 of people of a unit that handles it, by the office or a leader."""
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不再约谈", "ended")
    refuse(command.unit not in matter.units, f"{matter.number} 不由该人员所在单位办理，不能就此约谈", "forbidden")
    own = context.decider.unit is not None and context.decider.unit == command.unit
    if command.unit == matter.lead:
        only_of_objects(matter, "约谈")
    refuse(own, "不能约谈本单位人员，请由办公室或领导约谈", "forbidden")
    moment = command.occurred_at or context.now
    refuse(moment > context.now, "约谈时间不能晚于现在", "malformed")
    opened_on = local_date(matter.opened_at)
    refuse(local_date(moment) < opened_on, f"约谈日期早于 {matter.number} 的立项日期 {opened_on}", "malformed")
    event = ev.InterviewHeld(
        unit=command.unit,
        people=tuple(dict.fromkeys(command.people)),
        interviewer=context.decider.id,
        text=command.text,
        attachments=command.attachments,
    )
    yield DatedEvent(event, moment) if command.occurred_at else event


def issue_card(matter: Matter, command: c.IssueCard, context: DecisionContext) -> Iterator[RuleEvent]:
    """红黄牌: only for what the policy names, once for each cause, approved by a leader (条例 art. 21)."""
    still_open(matter)
    only_of_objects(matter, "发红黄牌")
    refuse(not context.policy.cards, "现行督办规则没有红黄牌，请先在规则里写明（[[cards]]）", "no_card")
    due = due_cards(matter, context.rulebook, context.now)
    refuse(not due, f"{matter.number} 没有达到发红黄牌的情形", "no_card")
    gravest = max(due, key=lambda d: CARDS.index(d.card))
    other = command.card is not None and command.card is not gravest.card
    refuse(other, f"{matter.number} 按规则应发{gravest.card.label}（{gravest.reason}）", "no_card")
    _by_leader(context, gravest.card.label)
    yield ev.CardIssued(
        no=len(matter.cards) + 1,
        card=gravest.card,
        unit=matter.lead or "",
        reason=gravest.reason,
        claim=gravest.claim,
    )


def withdraw_card(matter: Matter, command: c.WithdrawCard, context: DecisionContext) -> Iterator[RuleEvent]:
    """撤回: a leader's decision, with a reason; the card stays in the record."""
    card = next((x for x in matter.cards if x.no == command.no), None)
    if card is None:
        refuse_always(f"{matter.number} 没有第{command.no}张红黄牌", "not_found")
    refuse(card.withdrawn is not None, f"{matter.number} 第{command.no}张{card.card.label}已撤回")
    _by_leader(context, f"撤回{card.card.label}")
    yield ev.CardWithdrawn(no=command.no, reason=command.reason)


def only_of_objects(matter: Matter, act: str) -> None:
    """What is done to a 督办对象 is not done to who is asked by letter (条例 art. 5)."""
    asked = f"{matter.number} 由商请单位牵头，不能{act}（条例第五条）；请再次函商，或提请领导出面协调"
    refuse(matter.by_letter, asked)


def _by_leader(context: DecisionContext, act: str) -> None:
    refuse(not context.is_(Role.LEADER), f"{act}须由领导决定（--by 领导 --paper 文号）", "unsigned")
