"""`xmh task open` of a matter that is open already."""

import pytest

from domain.event import decode
from domain.events import MatterOpened
from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine

OPEN = ("task", "open", "--due", "2027-06-30", "--basis", "2022年工作计划", "--lead", "gengxin")


@pytest.mark.usefixtures("service")
def test_opening_again_is_exit_3_and_names_the_open_matter(xmh: CommandLine, log: Database) -> None:
    first = xmh.json(*OPEN, "--title", "推进二期用地收储")["matter"]
    said = xmh(*OPEN, "--title", "加快 二期用地收储。")
    assert said.code == 3
    assert first in said.error
    assert "--duplicate-reason" in said.error
    document = xmh.json(*OPEN, "--title", "推进二期用地收储", "--key", "另一个编号", code=3)
    assert document["error"]["code"] == "duplicate"
    assert len(reading.matter_states(log)) == 1, "a refused opening leaves nothing in the log"


@pytest.mark.usefixtures("service")
def test_a_reason_opens_it_and_stands_in_the_story(xmh: CommandLine, log: Database) -> None:
    xmh.json(*OPEN, "--title", "推进二期用地收储")
    second = xmh.json(*OPEN, "--title", "推进二期用地收储", "--duplicate-reason", "第二标段另行考核")["matter"]
    [found] = reading.find_matters(log, second)
    opened = decode(reading.read_stream(log, found.stream)[0])
    assert isinstance(opened, MatterOpened)
    assert opened.duplicate_reason == "第二标段另行考核"
    assert "另行立项理由：第二标段另行考核" in xmh("task", "show", second).out


@pytest.mark.usefixtures("service")
def test_opening_under_the_same_key_is_still_one_matter(xmh: CommandLine) -> None:
    first = xmh.json(*OPEN, "--title", "推进二期用地收储", "--key", "K1", "--command-id", "command-1")
    assert xmh.json(*OPEN, "--title", "推进二期用地收储", "--key", "K1", "--command-id", "command-1") == first
