"""Who may record what in the office's own streams: calendar, policy, directory, series, plans, papers, bulletins.

These streams have no workflow whose `decide` would ask, so the append asks here, inside its transaction, whatever
entrance a record came by. The command line asks the same table before it reads a file or asks a question. What is not
in the table may not be recorded.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from domain import transfer
from domain.access import events as access
from domain.archive import ArchiveHeld, ArchiveReleased, ArchiveRenewed, MatterArchived
from domain.assessment import events as assessed
from domain.base import Refusal, refuse
from domain.bulletin import BulletinEdited, BulletinIssued, BulletinRecorded
from domain.envelope import Actor, Draft
from domain.event import Event, event_of
from domain.forgetting import SecretsForgotten
from domain.founding import HeadquartersFounded
from domain.incoming import events as incoming
from domain.meetings.filing import MinutesFiled
from domain.meetings.series import SeriesRecorded
from domain.numbering import NumbersAdvanced
from domain.office import (
    CalendarYearPublished,
    DayOverridden,
    DelegationGranted,
    DelegationRevoked,
    Directory,
    OfficeHoursSet,
    PersonLeft,
    PersonRecorded,
    PersonTransferred,
    PolicyAdopted,
    PostAssigned,
    RoleChanged,
    UnitRecorded,
)
from domain.onsite import events as onsite
from domain.onsite.rules import check_plan
from domain.operations import (
    ArchiveWritten,
    BackupTaken,
    BackupTried,
    CheckpointMailed,
    CheckpointSigned,
    CheckpointWitnessed,
    EvidenceExported,
    RestoredFromBackup,
    RunsRecovered,
    SchemaMigrated,
)
from domain.papers import CircularApproved, PaperIssued, PaperVoided
from domain.readership import ItemRead
from domain.rules.authority import refuse_bystander
from domain.rules.roles import check_entry, check_role_change
from domain.suggestions import SuggestionAnswered, SuggestionMade
from domain.terms import Role
from domain.workplan import PlanStage, PlanVersioned


class Authority(Enum):
    """Whose act a record is."""

    OFFICE = "office"
    """The office's 督办员 himself, or the system when it founds a log."""
    OFFICE_OR_LEADER = "office_or_leader"
    OFFICE_OR_CLOCK = "office_or_clock"
    """The office's or a leader's, or what the policy makes the clock do."""
    LEADER = "leader"
    """A leader's, himself or typed for by the office (代录)."""
    GIVER = "giver"
    """授权: by the giver himself, or recorded by the office."""
    HANDLING = "handling"
    """Whoever handles matters: all but the auditor, who reads and verifies (三员分立)."""
    ACCOUNTS = "accounts"
    """Who keeps accounts: the 系统管理员, and the office, which in a small house is the same person."""
    OWN_ACCOUNT = "own_account"
    """The person's whose account it is, whatever his role, or who keeps accounts."""
    SECURITY = "security"
    """The 安全管理员's, who says who is what."""
    SYSTEM = "system"


ACCOUNT_KEEPERS = (Role.OFFICE, Role.SYSTEM_ADMIN, Role.SYSTEM)

RECORDS: dict[type[Event], Authority] = {
    CalendarYearPublished: Authority.OFFICE,
    DayOverridden: Authority.OFFICE,
    OfficeHoursSet: Authority.OFFICE,
    PolicyAdopted: Authority.OFFICE,
    UnitRecorded: Authority.OFFICE,
    PersonRecorded: Authority.OFFICE,
    RoleChanged: Authority.SECURITY,
    PersonLeft: Authority.OFFICE,
    PersonTransferred: Authority.OFFICE,
    PostAssigned: Authority.OFFICE,
    SeriesRecorded: Authority.OFFICE,
    BackupTaken: Authority.OFFICE,
    BackupTried: Authority.OFFICE,
    CheckpointSigned: Authority.SYSTEM,
    CheckpointWitnessed: Authority.SYSTEM,
    CheckpointMailed: Authority.SYSTEM,
    EvidenceExported: Authority.SYSTEM,
    MatterArchived: Authority.OFFICE,
    ArchiveRenewed: Authority.OFFICE,
    ArchiveWritten: Authority.OFFICE,
    ArchiveHeld: Authority.OFFICE_OR_LEADER,
    ArchiveReleased: Authority.LEADER,
    RestoredFromBackup: Authority.SYSTEM,
    SchemaMigrated: Authority.SYSTEM,
    RunsRecovered: Authority.SYSTEM,
    DelegationGranted: Authority.GIVER,
    DelegationRevoked: Authority.GIVER,
    PlanVersioned: Authority.OFFICE_OR_LEADER,
    BulletinEdited: Authority.OFFICE_OR_LEADER,
    BulletinRecorded: Authority.OFFICE,
    BulletinIssued: Authority.LEADER,
    PaperIssued: Authority.LEADER,
    PaperVoided: Authority.LEADER,
    CircularApproved: Authority.LEADER,
    MinutesFiled: Authority.HANDLING,
    assessed.AssessmentOpened: Authority.OFFICE,
    assessed.ScoreAdjusted: Authority.LEADER,
    assessed.AppealRaised: Authority.HANDLING,
    assessed.AppealAnswered: Authority.LEADER,
    assessed.AssessmentSettled: Authority.LEADER,
    assessed.ResultUsed: Authority.LEADER,
    onsite.OnSitePlanned: Authority.LEADER,
    onsite.OnSiteReplanned: Authority.LEADER,
    onsite.OnSiteCancelled: Authority.OFFICE_OR_LEADER,
    onsite.OnSiteHeld: Authority.HANDLING,
    onsite.InspectorRecused: Authority.HANDLING,
    onsite.FindingRecorded: Authority.HANDLING,
    onsite.ProblemListed: Authority.HANDLING,
    onsite.RectificationExtended: Authority.OFFICE_OR_LEADER,
    onsite.RectificationEscalated: Authority.OFFICE_OR_CLOCK,
    onsite.RectificationReported: Authority.HANDLING,
    onsite.RectificationChecked: Authority.HANDLING,
    onsite.ProblemClosed: Authority.HANDLING,
    onsite.OnSiteReported: Authority.HANDLING,
    onsite.OpinionGiven: Authority.OFFICE_OR_LEADER,
    SecretsForgotten: Authority.LEADER,
    incoming.PaperReceived: Authority.OFFICE,
    incoming.HandlingProposed: Authority.OFFICE,
    incoming.PaperSubmitted: Authority.OFFICE,
    incoming.LeaderInstructed: Authority.LEADER,
    incoming.PaperSeen: Authority.LEADER,
    incoming.LeaderInformed: Authority.OFFICE,
    incoming.InstructionExtended: Authority.LEADER,
    incoming.InstructionReminded: Authority.SYSTEM,
    incoming.CompletionReported: Authority.OFFICE,
    incoming.CompletionMarked: Authority.LEADER,
    incoming.PaperHandedOver: Authority.OFFICE,
    incoming.PaperFiled: Authority.OFFICE,
    incoming.RegistrationVoided: Authority.OFFICE,
    NumbersAdvanced: Authority.SYSTEM,
    HeadquartersFounded: Authority.SYSTEM,
    transfer.TransferSent: Authority.OFFICE_OR_LEADER,
    transfer.TransferAnswered: Authority.OFFICE_OR_LEADER,
    transfer.TransferReceived: Authority.SYSTEM,
    transfer.TransferDelivered: Authority.SYSTEM,
    transfer.AnswerReceived: Authority.SYSTEM,
    transfer.AnswerDelivered: Authority.SYSTEM,
    access.AccountOpened: Authority.ACCOUNTS,
    access.EmergencyAccountUsed: Authority.SYSTEM,
    access.AccountLocked: Authority.ACCOUNTS,
    access.AccountUnlocked: Authority.ACCOUNTS,
    access.AccountClosed: Authority.ACCOUNTS,
    access.PasswordSet: Authority.OWN_ACCOUNT,
    access.FactorAdded: Authority.OWN_ACCOUNT,
    access.FactorRemoved: Authority.OWN_ACCOUNT,
    access.SecurityKeyAdded: Authority.OWN_ACCOUNT,
    access.SecurityKeyRemoved: Authority.OWN_ACCOUNT,
    access.SubjectBound: Authority.OWN_ACCOUNT,
    access.SubjectUnbound: Authority.OWN_ACCOUNT,
    access.TokenIssued: Authority.OWN_ACCOUNT,
    access.TokenRevoked: Authority.OWN_ACCOUNT,
    access.WebhookDeclared: Authority.ACCOUNTS,
    access.WebhookWithdrawn: Authority.ACCOUNTS,
    access.WebhookResumed: Authority.ACCOUNTS,
    access.ProofsRequired: Authority.ACCOUNTS,
    access.SignedIn: Authority.SYSTEM,
    access.SignInFailed: Authority.SYSTEM,
    access.SignedOut: Authority.SYSTEM,
    access.FileRead: Authority.SYSTEM,
    access.WordsRead: Authority.SYSTEM,
    access.Exported: Authority.SYSTEM,
    access.PayloadsRead: Authority.SYSTEM,
    access.ReadRefused: Authority.SYSTEM,
    access.OrderRefused: Authority.SYSTEM,
    access.WordsOpened: Authority.LEADER,
    access.StepUp: Authority.SYSTEM,
    access.SessionEnded: Authority.SYSTEM,
    ItemRead: Authority.SYSTEM,
    SuggestionMade: Authority.HANDLING,
    SuggestionAnswered: Authority.OFFICE_OR_LEADER,
}


def by_hand(drafts: Sequence[Draft]) -> bool:
    """Whether one of them is a leader's own act, an account's, or a role that is given: what no token does."""
    kept = {Authority.LEADER, Authority.GIVER, Authority.ACCOUNTS, Authority.OWN_ACCOUNT, Authority.SECURITY}
    return any(RECORDS.get(type(event_of(draft))) in kept for draft in drafts)


def may_record(kind: type[Event], actor: Actor) -> None:
    """Refuse a record that is not this actor's to make, as far as his role tells.

    Raises:
        Refusal: `forbidden`; `unsigned` where only a leader's name counts.
    """
    authority, what = RECORDS.get(kind), kind.label
    refuse(authority is None, f"{what}不是可以直接登记的记录", "forbidden")
    if authority in (Authority.ACCOUNTS, Authority.OWN_ACCOUNT):
        refuse(actor.on_behalf_of is not None, f"{what}不能代办", "forbidden")
        keeps = authority is Authority.OWN_ACCOUNT or actor.role in ACCOUNT_KEEPERS
        refuse(not keeps, f"{what}须由系统管理员或办公室督办员办理", "forbidden")
        return
    if authority is Authority.SECURITY:
        mine = actor.role is Role.SECURITY_ADMIN and actor.on_behalf_of is None
        refuse(not mine, f"{what}由安全管理员本人办理", "forbidden")
        return
    refuse_bystander(actor.role, f"不能办理{what}")
    behalf = actor.on_behalf_of
    typed = behalf is not None and behalf.delegation is None
    refuse(typed and actor.role is not Role.OFFICE, f"只有办公室督办员可以代录他人的{what}", "forbidden")
    decider = behalf or actor
    match authority:
        case Authority.OFFICE:
            refuse(actor.role not in (Role.OFFICE, Role.SYSTEM), f"{what}须由办公室督办员办理", "forbidden")
        case Authority.OFFICE_OR_LEADER:
            refuse(decider.role not in (Role.OFFICE, Role.LEADER), f"{what}由办公室或领导办理", "forbidden")
        case Authority.OFFICE_OR_CLOCK:
            may = (Role.OFFICE, Role.LEADER, Role.SYSTEM)
            refuse(decider.role not in may, f"{what}由办公室或领导办理", "forbidden")
        case Authority.LEADER:
            refuse(decider.role is not Role.LEADER, f"{what}须由领导作出，或由办公室代录", "unsigned")
            refuse(behalf is not None and not typed, f"{what}不能由受托人代办", "forbidden")
        case Authority.SYSTEM:
            refuse(actor.role is not Role.SYSTEM, f"{what}只能由系统登记", "forbidden")


def authorise_record(event: Event, actor: Actor, directory: Callable[[], Directory]) -> None:
    """Refuse a record of the office by what it says itself: whose authority is delegated, in whose name is signed.

    Raises:
        Refusal: `forbidden`; `unsigned`.
    """
    may_record(type(event), actor)
    _check_account(event, actor)
    decider = actor.on_behalf_of or actor
    match event:
        case DelegationGranted(delegation=delegation):
            _of_giver(delegation.giver, actor)
        case DelegationRevoked(no=no):
            granted = directory().delegations.get(no)
            _of_giver(granted.giver if granted else "", actor)
        case PersonRecorded(person=entry):
            check_entry(directory().people, entry, actor)
        case RoleChanged():
            check_role_change(directory().people, event, actor)
        case PlanVersioned(text=text, approver=approver):
            issued = text.stage is not PlanStage.CIRCULATED
            refuse(issued and decider.role is not Role.LEADER, f"{text.stage.label}须由领导批准", "unsigned")
            _in_own_name(approver, decider.id if issued else None)
        case (
            BulletinIssued(signer=name)
            | PaperIssued(signer=name)
            | CircularApproved(approver=name)
            | SecretsForgotten(approver=name)
            | access.WordsOpened(approver=name)
            | assessed.ScoreAdjusted(approver=name)
            | assessed.AppealAnswered(approver=name)
            | assessed.AssessmentSettled(approver=name)
            | assessed.ResultUsed(approver=name)
            | incoming.LeaderInstructed(leader=name)
            | incoming.PaperSeen(leader=name)
            | incoming.CompletionMarked(leader=name)
            | incoming.InstructionExtended(leader=name)
        ):
            _in_own_name(name, decider.id)
        case onsite.OnSitePlanned(approver=name, plan=plan) | onsite.OnSiteReplanned(approver=name, plan=plan):
            _in_own_name(name, decider.id)
            if plan is not None:
                check_plan(plan, directory())
        case SuggestionMade(person=name, unit=unit):
            own = actor.on_behalf_of is None and (name, unit) == (actor.id, actor.unit)
            refuse(not own, "意见建议由本人为本单位提出", "forbidden")
        case onsite.OnSiteHeld(plan=plan):
            check_plan(plan, directory())
        case _:
            pass


def _check_account(event: Event, actor: Actor) -> None:
    """What opens an account is its person's own, or who keeps accounts; his identity elsewhere the 安全管理员's."""
    match event:
        case (
            access.PasswordSet(person=name)
            | access.FactorAdded(person=name)
            | access.FactorRemoved(person=name)
            | access.SecurityKeyAdded(person=name)
            | access.SecurityKeyRemoved(person=name)
            | access.TokenIssued(person=name)
            | access.TokenRevoked(person=name)
        ):
            mine = actor.id == name or actor.role in ACCOUNT_KEEPERS
            refuse(not mine, f"{type(event).label}由本人、系统管理员或办公室督办员办理", "forbidden")
        case access.SubjectBound(person=name):
            mine = actor.id == name or actor.role is Role.SECURITY_ADMIN
            refuse(not mine, f"{type(event).label}由本人或安全管理员办理", "forbidden")
        case access.SubjectUnbound():
            refuse(actor.role is not Role.SECURITY_ADMIN, f"{type(event).label}由安全管理员办理", "forbidden")
        case _:
            pass


def _of_giver(giver: str, actor: Actor) -> None:
    refuse(actor.on_behalf_of is not None, "受托人不得转委托；请由本人授权", "forbidden")
    mine = actor.id == giver or actor.role in (Role.OFFICE, Role.SYSTEM)
    refuse(not mine, "授权由本人作出或收回，或由办公室督办员办理", "forbidden")


def _in_own_name(name: str | None, decider: str | None) -> None:
    if name != decider:
        raise Refusal(f"记录写的是 {name or '无'} 的决定，作出决定的却是 {decider or '无'}", "forbidden")
