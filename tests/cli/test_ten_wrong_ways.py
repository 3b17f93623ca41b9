"""Of each command of inspections, incoming papers, 考核 and what is done with matters: the ten ways it is typed wrong.

They are made of the words that are right: an option left out, emptied, without its value or with one nobody knows,
another target, a word too many, somebody whose it is not. Each is one line, nothing is recorded; then the right words
do what they say.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from domain import commands as c
from eventlog import reading
from eventlog.database import Database
from tests.support.clock import open_log
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, SECOND, office_today, opening

TODAY = office_today()
SOON, LATER = ((TODAY + timedelta(days=n)).isoformat() for n in (20, 60))
BY = ("--by", "leader", "--paper", "阅〔2022〕9号")
WORDS_OF_ONES_OWN = {"--text", "--title", "--basis", "--reason", "--exit-when", "--from", "--paper"}
"""Nothing is wrong about any, but that there are none."""
_LEFT_OUT = "--by --paper --urgency --due --on --no --occurred --unit --leader --person --met --finding --key"
OPTIONAL = frozenset(_LEFT_OUT.split())
"""What may be left out of the words below."""
AT_LEAST = 10

Words = tuple[str, ...]


def wrong_ways(right: Words, strangers: Sequence[str]) -> Iterator[tuple[Words, str]]:
    """Ways to type these words wrong, and who types them; "" is who types them right."""
    path, rest = tuple(right[0].split()), right[1:]
    split = next((n for n, word in enumerate(rest) if word.startswith("--")), len(rest))
    targets, options = rest[:split], given_options(rest[split:])
    yield (*path, *rest, "--没有这个选项"), ""
    yield (*path, *rest, "多余的字"), ""
    for n in range(len(targets)):
        for instead in ("没有这个", "99", "９９", " ", "-1"):
            yield (*path, *targets[:n], instead, *rest[n + 1 :]), ""
    for name in dict.fromkeys(option[0] for option in options):
        mine = next(option for option in options if option[0] == name)
        given = (*path, *targets, *(word for option in options if option[0] != name for word in option))
        if name not in OPTIONAL:
            yield given, ""
        if len(mine) > 1:
            yield (*given, name), ""
            yield from (((*given, name, "  "), "") for _ in mine[1:] if name not in OPTIONAL)
            yield from (((*given, name, "没有这个"), "") for _ in mine[1:] if name not in WORDS_OF_ONES_OWN)
    yield from (((*path, *rest), who) for who in (*strangers, "没有这人"))


def given_options(words: Words) -> list[Words]:
    """Each option with its value, a flag alone."""
    found: list[Words] = []
    for word in words:
        if word.startswith("--"):
            found.append((word,))
        else:
            found[-1] = (*found[-1], word)
    return found


def tried(xmh: CommandLine, log_of: Path, group: str, right: Words, who: str, strangers: Sequence[str]) -> None:
    """Every wrong way is one line and records nothing; the right words are taken."""
    ways = list(wrong_ways(right, strangers))
    assert len(ways) >= AT_LEAST, (right, len(ways))
    with open_log(f"sqlite:///{log_of / 'events.db'}") as log:
        before = reading.newest_event(log)
        for words, actor in ways:
            said = xmh(group, *words, actor=actor or who)
            assert said.code in (2, 3, 4, 5), (words, actor, said)
            assert said.error.startswith("错误："), (words, said)
            assert said.error.strip().count("\n") == 0, (words, said)
            assert reading.newest_event(log) == before, words
    done = xmh(group, *right[0].split(), *right[1:], "--yes", actor=who)
    assert done.code == 0, (right, done)


@pytest.fixture
def alone(xmh: CommandLine, log: Database) -> CommandLine:
    """The command line; the log is opened for a look only."""
    log.close()
    return xmh


def test_of_incoming_papers(alone: CommandLine) -> None:
    kept = ("li", "audit")
    steps: list[tuple[Words, str]] = [
        (("register", "--from", "市局", "--title", "关于断头路的函", "--urgency", "加急"), "office"),
        (("propose", "1", "--text", "拟请更新局牵头"), "office"),
        (("submit", "1", "--to", "吴七"), "office"),
        (("instruct", "1", "--text", "抓紧", "--due", SOON), "leader"),
        (("extend", "1", "--to", LATER, "--reason", "方案须再论证"), "leader"),
        (("report", "1", "--text", "已完成八成"), "office"),
        (("finish", "1", "--text", "已打通"), "office"),
        (("mark", "1", "--mark", "同意", "--no", "1"), "leader"),
        (("archive", "1"), "office"),
    ]
    for right, who in steps:
        tried(alone, alone.home, "incoming", right, who, kept)
    for title in ("传阅件", "登记错的"):
        alone.json("incoming", "register", "--from", "市局", "--title", title)
    alone.json("incoming", "propose", "2", "--text", "呈阅")
    alone.json("incoming", "submit", "2", "--to", "吴七")
    tried(alone, alone.home, "incoming", ("seen", "2", "--on", TODAY.isoformat()), "leader", kept)
    tried(alone, alone.home, "incoming", ("void", "3", "--reason", "登记错了"), "office", kept)


def test_of_inspections(alone: CommandLine) -> None:
    unit = ("--unit", "gengxin")
    plan = ("--title", "安全督查", "--basis", "年度计划", "--leader", "office-2", "--on", TODAY.isoformat())
    foreign = ("zhao", "audit")
    tried(alone, alone.home, "inspection", ("plan", *plan, *unit, *BY), "office", foreign)
    tried(
        alone,
        alone.home,
        "inspection",
        ("replan", "1", "--leader", "office", "--reason", "出差", *BY),
        "office",
        foreign,
    )
    steps: list[tuple[Words, str]] = [
        (("hold", "1"), "office"),
        (("find", "1", "--text", "围挡破损", "--due", SOON, *unit), "office"),
        (("extend", "1", "1", "--to", LATER, "--reason", "雨"), "office"),
        (("rectify", "1", "1", "--text", "已修"), "li"),
        (("report", "1", "--text", "总体良好"), "office"),
        (("opinion", "1", *unit, "--text", "请保持"), "office"),
        (("print", "1", "--issue", "--sign", "leader"), "office"),
    ]
    for right, who in steps:
        tried(alone, alone.home, "inspection", right, who, foreign)
    alone.json("inspection", "plan", *plan[:-2], "--on", SOON, "--member", "office", *unit, *BY)
    tried(alone, alone.home, "inspection", ("recuse", "2", "--person", "office", "--reason", "亲属"), "office", foreign)
    tried(alone, alone.home, "inspection", ("cancel", "2", "--reason", "不去了"), "office", foreign)


def test_of_assessments(alone: CommandLine) -> None:
    day = (TODAY - timedelta(days=1)).isoformat()
    began = at((TODAY - timedelta(days=4)).isoformat())
    with open_log(f"sqlite:///{alone.home / 'events.db'}") as log:
        act(log, "matter/a", opening(due=TODAY), OFFICE, began)
        act(log, "matter/a", c.AcceptReceipt(), LIAISON, began)
        act(log, "matter/a", c.RequestClosure(text="完成"), LIAISON, began)
        act(log, "matter/a", c.ReviewClosure(approve=True), SECOND, began)
    steps: list[tuple[Words, str]] = [
        (("open", day), "office"),
        (("adjust", "--unit", "gengxin", "--points", "2", "--reason", "好", *BY), "office"),
        (("appeal", "--text", "还应加分", "--key", day), "li"),
        (("answer", "1", "--upheld", "--points", "1", "--text", "属实", *BY), "office"),
    ]
    for right, who in steps:
        tried(alone, alone.home, "assess", right, who, ("zhao", "audit"))


def test_of_what_is_done_with_matters(xmh: CommandLine, service: None, log: Database) -> None:
    del service, log
    for title in ("金融文化中心建设", "侨香路断头路打通", "香蜜湖体育公园方案"):
        opening_words = ("task", "open", "--title", title, "--due", LATER, "--basis", "年度计划", "--lead", "gengxin")
        number = xmh.json(*opening_words)["matter"]
        xmh.json("task", "accept", number, actor="li")
    xmh.json("task", "report", "1", "--text", "正在推进", actor="li")
    steps: list[Words] = [
        ("listing enter", "1", "--reason", "久拖", "--exit-when", "完成土方", *BY),
        ("interview", "1", "--person", "head", "--text", "月底前完成"),
        ("listing leave", "1", "--met", *BY),
        ("leaders", "1", "--leader", "吴七"),
        ("wait", "1", "--for", "3"),
        ("ask-back", "1", "--reason", "无依据", "--text", "请写明到哪一步"),
        ("inspect", "1", "--finding", "属实", "--text", "现场已动工"),
        ("merge", "2", "--into", "1", "--reason", "同一件事"),
    ]
    for right in steps:
        tried(xmh, xmh.home, "task", right, "office", ("zhao", "audit"))
