"""No paper asks for a date already past, or urges what was answered; one that was issued in time stays."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain import commands as c
from domain.base import Refusal
from domain.facts import NewPoint
from domain.papers import PaperKind
from eventlog.database import Database
from services.issuing.papers import issue_paper
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import FOR_LEADER, HEAD, LEADER, LIAISON, OFFICE, opening

S = "matter/papers"


@pytest.fixture
def log(log: Database) -> Iterator[Database]:
    """A matter due at the end of March, accepted."""
    points = (NewPoint(text="完成图审", due=date(2022, 3, 15)), NewPoint(text="完成验收", due=date(2022, 3, 31)))
    act(log, S, opening("管线迁改", date(2022, 3, 31), points=points), OFFICE, at("2022-03-01"))
    yield log
    log.close()


def issue(log: Database, home: Path, kind: PaperKind, day: str) -> str:
    return issue_paper(log, home, S, kind, signer=FOR_LEADER, now=at(day, "16:00")).event.number


def refused(log: Database, home: Path, kind: PaperKind, day: str) -> str:
    with pytest.raises(Refusal) as refusal:
        issue(log, home, kind, day)
    assert refusal.value.code == "overtaken"
    return refusal.value.message


def accept(log: Database) -> None:
    act(log, S, c.AcceptReceipt(), LIAISON, at("2022-03-01", "11:00"))


def test_an_assignment_whose_receipt_is_overdue_is_not_issued(log: Database, home: Path) -> None:
    assert "签收时限" in refused(log, home, PaperKind.ASSIGNMENT, "2022-03-09")


def test_an_assignment_that_asks_for_a_limit_or_a_point_already_past_is_not_issued(log: Database, home: Path) -> None:
    accept(log)
    kind = PaperKind.ASSIGNMENT
    assert "办结时限 2022-03-31 已过" in refused(log, home, kind, "2022-04-01")
    assert "要点1的节点已过" in refused(log, home, kind, "2022-03-16")
    assert issue(log, home, kind, "2022-03-15")


def test_what_was_issued_in_time_is_given_again_later(log: Database, home: Path) -> None:
    accept(log)
    number = issue(log, home, PaperKind.ASSIGNMENT, "2022-03-02")
    assert issue(log, home, PaperKind.ASSIGNMENT, "2022-05-02") == number


def test_an_urge_that_was_answered_is_not_issued(log: Database, home: Path) -> None:
    accept(log)
    act(log, S, c.IssueUrge(reason="请报进度"), OFFICE, at("2022-03-08"))
    act(log, S, c.SubmitFeedback(text="完成一半", progress=50), LIAISON, at("2022-03-09"))
    assert "已于 2022-03-09 反馈" in refused(log, home, PaperKind.URGE, "2022-03-09")


def test_an_urge_of_a_matter_to_be_closed_is_not_issued(log: Database, home: Path) -> None:
    accept(log)
    act(log, S, c.SubmitFeedback(text="完成", progress=100), LIAISON, at("2022-03-07"))
    act(log, S, c.IssueUrge(reason="请报办结"), OFFICE, at("2022-03-08"))
    assert issue(log, home, PaperKind.URGE, "2022-03-08")
    act(log, S, c.IssueUrge(reason="请报办结"), OFFICE, at("2022-03-14"))
    act(log, S, c.RequestClosure(text="已完成", over_unfinished="要点合并办理"), HEAD, at("2022-03-15"))
    assert "催办单不再制发" in refused(log, home, PaperKind.URGE, "2022-03-16")


def test_a_reply_whose_limit_has_passed_or_was_moved_again_is_not_issued(log: Database, home: Path) -> None:
    accept(log)
    act(log, S, c.RequestExtension(to=date(2022, 4, 15), reason="雨季"), HEAD, at("2022-03-09"))
    act(log, S, c.AnswerExtension(grant=True), LEADER, at("2022-03-10"))
    assert issue(log, home, PaperKind.EXTENSION, "2022-03-11")
    assert refused_anew(log, home)


def refused_anew(log: Database, home: Path) -> bool:
    act(log, S, c.RequestExtension(to=date(2022, 4, 29), reason="断电窗口"), HEAD, at("2022-03-14"))
    act(log, S, c.AnswerExtension(grant=True), LEADER, at("2022-03-15"))
    said = refused(log, home, PaperKind.EXTENSION, "2022-05-05")
    return "2022-04-29 已过" in said
