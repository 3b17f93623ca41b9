"""Rights to read: each reader × each matter × each openness, and who reads a leader's words."""

from datetime import date

import pytest

from domain import commands as c
from domain.envelope import SYSTEM, Recorded, canonical
from domain.facts import UnitRef
from domain.matter import Matter
from domain.meetings.terms import Outcome
from domain.office import Delegation, Directory, Person, evolve_policy
from domain.policy import Policy
from domain.rules.delegation import grant
from domain.sight import (
    Family,
    Reader,
    Sight,
    may_read_files,
    may_read_report,
    may_read_words,
    reader_of,
    scope,
    sight,
)
from domain.terms import Openness, Role, Supervision, Urgency, WordsReaders
from tests.domain.test_people import refused
from tests.support.life import MONDAY, Life, accepted, opened
from tests.support.office import ASSIST, FOR_LEADER, LEADER, LIAISON, OFFICE, SECOND, opening

NONE, LISTED, FULL = Sight.NONE, Sight.LISTED, Sight.FULL
OWN, TITLES, OPEN = Openness.OWN, Openness.TITLES, Openness.OPEN
DAY = date(2022, 8, 1)
ASK = c.RequestCoordination(unit=UnitRef(id="shuiwu", supervision=Supervision.OBJECT), text="迁改管线")
ALONE = Family()
PEOPLE = (
    ("office", "office", Role.OFFICE),
    ("office-2", "office", Role.OFFICE),
    ("leader", "office", Role.LEADER),
    ("leader-2", "office", Role.LEADER),
    ("audit", "office", Role.AUDITOR),
    ("city", "office", Role.CITY),
    ("root", "office", Role.SYSTEM_ADMIN),
    ("safe", "office", Role.SECURITY_ADMIN),
    ("li", "gengxin", Role.LIAISON),
    ("head", "gengxin", Role.HEAD),
    ("zhao", "zhujian", Role.LIAISON),
    ("he", "shuiwu", Role.HEAD),
    ("mi", "office", Role.LIAISON),
)
HELD = Delegation(giver="li", receiver="he", since=DAY, until=date(2022, 8, 31), reason="休假")


def directory(*held: Delegation, secretary: str | None = None, without: str | None = None) -> Directory:
    people = {
        i: Person(id=i, name=i, unit=unit, role=role, secretary=secretary if i == "leader" else None)
        for i, unit, role in PEOPLE
        if i != without
    }
    return Directory(people=people, delegations={f"授权〔2022〕{n}号": d for n, d in enumerate(held, 1)})


def who(person: str, *held: Delegation, day: date = DAY, **more: str) -> Reader:
    return reader_of(directory(*held, **more), person, day)


def handled() -> Life:
    """Led by 区更新局, assisted by 区住建局; supervised by `office`, approved by `leader`."""
    return accepted(assist=[ASSIST])


def of_openness(reader: Reader, matter: Matter, kin: Family = ALONE) -> tuple[Sight, ...]:
    return tuple(sight(reader, matter, kin, openness) for openness in (OWN, TITLES, OPEN))


def test_more_sight_is_more() -> None:
    assert NONE < LISTED < FULL
    assert FULL >= LISTED > NONE <= LISTED
    assert max(LISTED, NONE, FULL) is FULL


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("office", (FULL, FULL, FULL)),
        ("leader", (FULL, FULL, FULL)),
        ("audit", (FULL, FULL, FULL)),
        ("city", (LISTED, LISTED, LISTED)),
        ("root", (NONE, NONE, NONE)),
        ("safe", (NONE, NONE, NONE)),
        ("nobody", (NONE, NONE, NONE)),
        ("li", (FULL, FULL, FULL)),
        ("head", (FULL, FULL, FULL)),
        ("zhao", (FULL, FULL, FULL)),
        ("he", (NONE, LISTED, FULL)),
        ("mi", (NONE, LISTED, FULL)),
    ],
)
def test_what_each_role_sees_of_a_matter(person: str, seen: tuple[Sight, ...]) -> None:
    assert of_openness(who(person), handled().m) == seen


def test_who_left_and_a_person_of_an_administrators_role_see_nothing_whatever_they_were_given() -> None:
    assert of_openness(who("li", without="li"), handled().m) == (NONE, NONE, NONE)
    held = HELD.model_copy(update={"giver": "leader", "receiver": "root"})
    assert of_openness(who("root", held, secretary="root"), handled().m) == (NONE, NONE, NONE)
    assert not may_read_words(who("root", held, secretary="root"), handled().m, Policy())


def test_a_unit_that_is_asked_and_who_answers_for_a_matter_see_all_of_it() -> None:
    life = handled()
    life.do(ASK, LIAISON)
    assert of_openness(who("he"), life.m) == (FULL, FULL, FULL)
    named = opened(person="mi").m
    assert of_openness(who("mi"), named) == (FULL, FULL, FULL)
    assert not may_read_words(who("mi"), named, Policy()), "the words are for the unit"


def test_a_unit_sees_the_parts_below_what_it_leads_and_of_the_whole_above_its_part_what_a_list_has() -> None:
    matter = handled().m
    assert of_openness(who("he"), matter, Family(leads_above=frozenset({"shuiwu"}))) == (FULL, FULL, FULL)
    assert of_openness(who("he"), matter, Family(units_below=frozenset({"shuiwu"}))) == (LISTED, LISTED, FULL)
    assert of_openness(who("mi"), matter, Family(persons_below=frozenset({"mi"}))) == (LISTED, LISTED, FULL)


def test_what_a_unit_reported_stays_readable_to_it_after_another_leads() -> None:
    life = accepted()
    life.do(c.SubmitFeedback(text="进场", progress=10), LIAISON)
    life.do(c.AssignMatter(lead=ASSIST, reason="职责调整"))
    assert life.m.reported_by == ("gengxin",)
    assert of_openness(who("li"), life.m) == (LISTED, LISTED, FULL)
    assert may_read_report(who("li"), life.m, ALONE, OWN, "gengxin")
    assert not may_read_report(who("li"), life.m, ALONE, TITLES, "zhujian")
    assert may_read_report(who("zhao"), life.m, ALONE, OWN, "gengxin"), "who leads now sees all"
    assert not may_read_words(who("li"), life.m, Policy())
    silent = accepted()
    silent.do(c.AssignMatter(lead=ASSIST, reason="职责调整"))
    assert of_openness(who("li"), silent.m) == (NONE, LISTED, FULL), "it has said nothing"


def test_open_units_show_each_other_no_attachments() -> None:
    matter = handled().m
    assert of_openness(who("he"), matter)[2] is FULL
    assert not may_read_files(who("he"), matter, ALONE)
    assert may_read_files(who("zhao"), matter, ALONE)
    assert may_read_files(who("he"), matter, Family(leads_above=frozenset({"shuiwu"})))


def test_who_holds_an_authority_reads_as_its_giver_while_it_holds_and_for_its_matters() -> None:
    matter = handled().m
    assert of_openness(who("he", HELD), matter) == (FULL, FULL, FULL)
    assert may_read_words(who("he", HELD), matter, Policy())
    for lapsed in (
        who("he", HELD, day=date(2022, 9, 1)),
        who("he", HELD, day=date(2022, 7, 31)),
        who("he", HELD.model_copy(update={"revoked": True})),
        who("he", HELD.model_copy(update={"matters": ("matter/other",)})),
        who("he", HELD, without="li"),
        who("he", HELD.model_copy(update={"receiver": "mi"})),
    ):
        assert of_openness(lapsed, matter) == (NONE, LISTED, FULL)
        assert not may_read_words(lapsed, matter, Policy())
    this = who("he", HELD.model_copy(update={"matters": (matter.stream,)}))
    assert of_openness(this, matter) == (FULL, FULL, FULL)
    other = matter.model_copy(update={"stream": "matter/other"})
    assert of_openness(this, other) == (NONE, LISTED, FULL)


def test_one_reads_for_a_leader_what_the_leader_reads_and_no_step_further() -> None:
    matter = accepted().m
    for_leader = HELD.model_copy(update={"giver": "leader"})
    assert of_openness(who("he", for_leader), matter) == (FULL, FULL, FULL)
    one = for_leader.model_copy(update={"matters": (matter.stream,)})
    assert of_openness(who("he", one), matter) == (FULL, FULL, FULL)
    assert may_read_words(who("he", one), matter, Policy())
    other = matter.model_copy(update={"stream": "matter/other"})
    assert of_openness(who("he", one), other) == (NONE, LISTED, FULL)
    assert not may_read_words(who("he", one), other, Policy())
    onwards = (for_leader.model_copy(update={"receiver": "li"}), HELD)
    shuiwu = opened(lead=None).m
    assert of_openness(who("he", *onwards), shuiwu) == (NONE, LISTED, FULL), "what 李三 was given is not his to give"


def test_a_leaders_secretary_reads_as_the_leader() -> None:
    matter = accepted().m
    assert of_openness(who("mi", secretary="mi"), matter) == (FULL, FULL, FULL)
    assert may_read_words(who("mi", secretary="mi"), matter, Policy())
    assert not may_read_words(who("audit", secretary="audit"), matter, Policy())


def test_a_screen_sees_what_a_list_has_and_no_words() -> None:
    screen = Reader(person="wall", role=Role.LEADER, board="红灯")
    assert of_openness(screen, handled().m) == (LISTED, LISTED, LISTED)
    assert not may_read_words(screen, handled().m, Policy())


@pytest.mark.parametrize(
    ("person", "usual", "concerned"),
    [
        ("office", True, True),  # its 督办员
        ("office-2", True, False),
        ("leader", True, True),  # approved it
        ("leader-2", True, False),
        ("li", True, True),
        ("head", True, True),
        ("zhao", True, True),
        ("he", False, False),
        ("mi", False, False),
        ("audit", False, False),
        ("city", False, False),
        ("root", False, False),
        ("safe", False, False),
        ("nobody", False, False),
    ],
)
def test_who_reads_a_leaders_words(person: str, usual: bool, concerned: bool) -> None:
    matter = handled().m
    assert may_read_words(who(person), matter, Policy()) is usual
    assert may_read_words(who(person), matter, Policy(words=WordsReaders.CONCERNED)) is concerned


def test_who_instructed_and_who_chaired_are_concerned() -> None:
    strict = Policy(words=WordsReaders.CONCERNED)
    life = handled()
    instructed = life.m.model_copy(update={"instructed_by": ("leader-2",)})
    assert may_read_words(who("leader-2"), instructed, strict)
    chair = LEADER.model_copy(update={"id": "leader-2"})
    decision = c.RecordDecision(meeting="专题会", text="按期完成", outcome=Outcome.AGREED)
    for chairs in (chair, FOR_LEADER, chair):
        life.do(decision, chairs)
    assert life.m.decided_by == ("leader", "leader-2")
    assert may_read_words(who("leader-2"), life.m, strict)


def test_scope_is_everything_or_says_whose_part_is_read() -> None:
    assert scope(who("leader"), OWN).everything
    assert not scope(who("li"), TITLES).everything
    one = HELD.model_copy(update={"giver": "leader", "matters": ("matter/life",)})
    limited = scope(who("he", one, HELD), OWN)
    assert limited.full == {"matter/life"}
    assert [(p.person, p.unit) for p in limited.places] == [("he", "shuiwu"), ("li", "gengxin")]


# --- the roles and the policy


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_an_administrator_handles_no_matter_in_his_own_name_or_in_anothers(role: Role) -> None:
    admin = SECOND.model_copy(update={"id": "root", "role": role, "unit": "gengxin"})
    life = handled()
    for command in (
        c.SubmitFeedback(text="进展", progress=30),
        c.ChangeUrgency(urgency=Urgency.EXTRA),
        c.FollowMatter(),
        c.DeclareRecusal(reason="亲属"),
        ASK,
    ):
        life.refuses(command, admin, words=f"{role.label}只管", code="forbidden")
    Life().refuses(opening(), admin, code="forbidden")
    typed = FOR_LEADER.on_behalf_of
    assert typed is not None
    behalf = typed.model_copy(update={"id": "root", "role": role, "unit": "gengxin"})
    life.refuses(
        ASK,
        OFFICE.model_copy(update={"on_behalf_of": behalf}),
        code="forbidden",
    )


def test_an_administrator_neither_gives_nor_holds_an_authority() -> None:
    for change, words in (({"receiver": "root"}, "不能受托办理"), ({"giver": "root"}, "没有可以由他人代办的职责")):
        with refused(words, "forbidden"):
            grant(directory(), HELD.model_copy(update=change), OFFICE, DAY)


def test_a_policy_from_before_reads_as_the_rule_of_then() -> None:
    before = Policy().model_dump(mode="json", exclude={"openness", "words"}, exclude_none=True)
    adopted = Recorded(
        position=1,
        headquarters="XMH",
        stream="policy/XMH",
        version=1,
        event_id="1",
        type="PolicyAdopted",
        schema_version=2,
        payload=canonical({"policy": before}),
        actor=SYSTEM,
        command_id="c",
        occurred_at=MONDAY,
        recorded_at=MONDAY,
        previous_hash="",
        hash="h",
    )
    policy = evolve_policy(None, adopted)
    assert policy == Policy()
    assert (policy.openness, policy.words) == (TITLES, WordsReaders.OFFICE_AND_LEADERS)
