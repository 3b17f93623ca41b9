"""`xmh audit unanswered` on a log with a year behind it."""

from datetime import date

from domain import commands as c
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, SECOND, opening


def test_every_line_is_explained_or_the_exit_code_is_1(xmh: CommandLine, log: Database) -> None:
    done, open_ = "matter/done", "matter/open"
    for stream, due in ((done, date(2022, 6, 30)), (open_, date(2023, 3, 31))):
        act(log, stream, opening(f"任务{stream[-4:]}", due), OFFICE, at("2022-03-07"))
        act(log, stream, c.AcceptReceipt(), LIAISON, at("2022-03-07", "11:00"))
    act(log, done, c.RequestClosure(text="完成"), LIAISON, at("2022-03-08"))
    act(log, done, c.ReviewClosure(approve=True), SECOND, at("2022-03-09"))
    document = xmh.json("audit", "unanswered", "--year", "2022")
    assert (document["ok"], document["unanswered"]) == (True, [])
    assert [m["explanation"] for m in document["unfinished"]] == ["时限 2023-03-31 未到"]
    assert document["as_of"].startswith("2022-12-31")
    said = xmh("audit", "unanswered")
    assert said.code == 1, "by today it is overdue and nobody said why"
    assert "★未作说明" in said.out
    assert xmh("audit", "unanswered", "--as-of", "2022-03-31").code == 0
    assert xmh("audit", "unanswered", "--as-of", "2022-03-31", "--year", "2022").code == 2
