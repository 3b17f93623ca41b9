"""The city sees over all headquarters, and nobody else does; each figure is the length of the list it opens."""

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from documents.figures import Rate
from documents.reports.city import LEFT, CityFigure, share
from domain import commands as c
from domain.access.terms import TokenScope
from domain.calendar import local_date
from domain.envelope import SYSTEM
from domain.facts import MatterRef
from domain.founding import Headquarters
from domain.ids import OfficeStream, matter_stream
from domain.matter import Matter
from domain.office import Person, PersonLeft, PersonRecorded
from domain.terms import Role, SuspensionReason
from eventlog import reading
from eventlog.configured import open_log
from eventlog.database import Database
from services import accounts
from services.founding import CITY_PERSON
from services.headquarters import set_up
from services.office_records import record_office_events
from services.transfers import transfers
from settings import Settings
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from web.app import make_app
from web.service import WebService

FT = Headquarters(code="FT", name="福田片区建设指挥部")
CITY = Headquarters(code="SZ", name="市重点片区建设总指挥部", city=True)
FIGURES = [figure.value for figure in CityFigure]


def settings(home: Path, code: str = "XMH") -> Settings:
    return Settings(home=home, headquarters=code)


def record(log: Database, *events: PersonRecorded | PersonLeft) -> None:
    stream = log.own(OfficeStream.DIRECTORY)
    name = f"test:{len(reading.read_all(log))}"
    record_office_events(log, stream, events, actor=SYSTEM, command_id=name, now=datetime.now(UTC))


@pytest.fixture(scope="module")
def city_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """XMH with three matters, FT with one, and the city above them with a matter of its own. Not to be written to."""
    home = tmp_path_factory.mktemp("city") / "home"
    shutil.copytree(founded_home, home)
    for one in (FT, CITY):
        set_up(settings(home, one.code), one)
    now = datetime.now(UTC)
    due = local_date(now) + timedelta(days=90)
    for code, titles in (("XMH", ("甲", "乙", "丙")), ("FT", ("丁",)), ("SZ", ("市级自己的",))):
        with open_log(settings(home, code)) as log:
            for title in titles:
                lead = {} if code == "XMH" else {"lead": None}
                act(log, matter_stream(title), opening(title, due, **lead), OFFICE, now)
            if code == "XMH":
                act(log, matter_stream("甲"), c.CancelMatter(reason="不再实施"), OFFICE, now)
    return home


@pytest.fixture
def city(city_home: Path, home: Path, xmh: CommandLine) -> CommandLine:
    """A copy of it, and the command line on that."""
    shutil.copytree(city_home, home, dirs_exist_ok=True)
    return xmh


def test_the_list_holds_the_matters_of_all_below_the_city_and_says_whose_each_is(city: CommandLine) -> None:
    document = city.json("city", "list", actor="city")
    assert [(m["headquarters"], m["title"]) for m in document["matters"]] == [
        ("XMH", "甲"),
        ("XMH", "乙"),
        ("XMH", "丙"),
        ("FT", "丁"),
    ]
    assert (document["city"], document["unread"]) == ("SZ", [])
    own = city.json("task", "list")["matters"]
    assert [{k: v for k, v in m.items() if k in own[0]} for m in document["matters"][:3]] == own
    assert len(city.json("city", "list", "--open", actor="city")["matters"]) == 3
    only = city.json("city", "list", "--headquarters", "FT", actor="city")["matters"]
    assert [m["title"] for m in only] == ["丁"]


def test_every_figure_opens_its_list_and_the_sum_is_the_sum(city: CommandLine) -> None:
    table = city.json("city", "table", actor="city")
    assert [one["code"] for one in table["headquarters"]] == ["XMH", "FT"]
    assert [one["open"] for one in table["headquarters"]] == [2, 1]
    assert [one["opened"] for one in table["headquarters"]] == [3, 1]
    for figure in FIGURES:
        listed = city.json("city", "list", "--figure", CityFigure(figure).label, actor="city")["list"]  # type: ignore[call-arg]
        assert len(listed) == table["total"][figure] == sum(one[figure] for one in table["headquarters"])
    lights = [table["total"][light] for light in ("green", "blue", "yellow", "red")]
    assert sum(lights) == table["total"]["open"]


def test_what_left_the_list_by_any_way_is_told_so_that_what_was_opened_adds_up(city: CommandLine, home: Path) -> None:
    now = datetime.now(UTC)
    with open_log(settings(home)) as log:
        read = reading.load(log, matter_stream("丙"))
        assert read is not None
        twin = read.state
        assert isinstance(twin, Matter)
        into = MatterRef(stream=matter_stream("丙"), number=twin.number)
        act(log, matter_stream("乙"), c.MergeMatter(into=into, into_due=twin.due, reason="同一件事"), OFFICE, now)
    total = city.json("city", "table", actor="city")["total"]
    assert (total["cancelled"], total["merged"]) == (1, 1)
    assert total["opened"] == total["open"] + sum(total[figure.value] for figure in LEFT)
    merged = city.json("city", "list", "--figure", "本期并入", actor="city")["list"]
    assert [(x["title"], x["said"]) for x in merged] == [("乙", f"并入{into.number}")]
    text = city.json("city", "annual", actor="city")["markdown"]
    assert "本期立项4件、销号0件、撤销1件、并入1件" in text
    assert all(f"{figure.label}（1）" in text for figure in (CityFigure.CANCELLED, CityFigure.MERGED))


def test_what_is_suspended_is_not_counted_as_being_handled_as_in_each_headquarters_own_papers(
    city: CommandLine, home: Path
) -> None:
    now = datetime.now(UTC)
    with open_log(settings(home)) as log:
        act(log, matter_stream("丙"), c.AcceptReceipt(), LIAISON, now)
        until = local_date(now) + timedelta(days=30)
        pause = c.SuspendMatter(reason=SuspensionReason.AWAITING_SUPERIOR, until=until)
        act(log, matter_stream("丙"), pause, OFFICE, now)
    total = city.json("city", "table", actor="city")["total"]
    assert (total["open"], total["grey"], total["green"]) == (2, 1, 2)
    assert [x["title"] for x in city.json("city", "list", "--figure", "在办", actor="city")["list"]] == ["乙", "丁"]


def test_a_share_is_told_as_each_headquarters_own_papers_tell_it() -> None:
    assert [share(Rate(2, 3)), share(Rate(199, 200)), share(Rate(0, 0))] == ["2/3（66.7%）", "199/200（99.5%）", "—"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--figure", "红灯", "--overdue"), "--figure 不能与 --overdue 同用"),
        (("--figure", "红灯", "--stage", "已销号", "--open"), "--figure 不能与 --stage、--open 同用"),
        (("--figure", "红灯", "--as-of", "2022-03-01"), "--figure 不能与 --as-of 同用"),
        (("--from", "2022-01-01"), "--from、--to 只与 --figure 同用"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(city: CommandLine, words: tuple[str, ...], said: str) -> None:
    refused = city("city", "list", *words, actor="city")
    assert (refused.code, said in refused.error) == (2, True), refused


def test_the_hint_below_the_table_can_be_typed(city: CommandLine) -> None:
    (hint,) = [line for line in city("city", "table", actor="city").out.splitlines() if "xmh city list" in line]
    assert "--headquarters XMH" in hint


def test_the_figures_are_those_of_each_headquarters_own_list(city: CommandLine) -> None:
    table = {one["code"]: one for one in city.json("city", "table", actor="city")["headquarters"]}
    for code in ("XMH", "FT"):
        own = city.json("task", "list", "--open", "--headquarters", code)["matters"]
        for light in ("green", "blue", "yellow", "red"):
            assert table[code][light] == sum(m["light"] == light for m in own)


@pytest.mark.parametrize("words", [("list",), ("table",), ("briefing",), ("annual",), ("list", "--figure", "红灯")])
def test_nobody_else_sees_over_the_border(city: CommandLine, home: Path, words: tuple[str, ...]) -> None:
    with open_log(settings(home)) as log:  # the role in a headquarters' own directory opens nothing
        record(log, PersonRecorded(person=Person(id="sly", name="自封", unit="office", role=Role.CITY)))
    with open_log(settings(home, "SZ")) as log:
        record(log, PersonRecorded(person=Person(id="gone", name="走了", unit="office", role=Role.CITY)))
        record(log, PersonLeft(person="gone"))
    for actor, code in (("office", 3), ("sly", 4), ("li", 4), ("gone", 3)):
        refused = city("city", *words, actor=actor)
        assert refused.code == code, (actor, refused)
        assert "丁" not in refused.out + refused.err


def test_while_there_is_no_city_the_firsts_directory_says_who_sees(xmh: CommandLine, home: Path) -> None:
    assert xmh("city", "list").code == 3
    with open_log(settings(home)) as log:
        record(log, PersonRecorded(person=CITY_PERSON))
    assert xmh.json("city", "list", actor="city")["matters"] == []


def test_the_city_role_handles_nothing(city: CommandLine, home: Path) -> None:
    with open_log(settings(home, "SZ")) as log:
        person = reading.person(log, "city")
        assert person is not None
        assert person.role is Role.CITY
    refused = city("org", "import", home, "--headquarters", "SZ", actor="city")
    assert (refused.code, "市级督办员" in refused.error) == (3, True), refused


def test_one_whose_log_is_broken_is_named_and_the_others_are_told(city: CommandLine, home: Path) -> None:
    (home / "headquarters/FT/events.db").write_bytes(b"not a database" * 1000)
    document = city.json("city", "table", actor="city")
    assert [one["code"] for one in document["headquarters"]] == ["XMH"]
    assert [one["headquarters"] for one in document["unread"]] == ["FT"]
    assert "FT 未计入" in city("city", "briefing", actor="city").out
    assert "注意：FT 未计入" in city("city", "list", actor="city").out


SPOILT = ["type = 'MatterOfTomorrow'", """payload = '{"title":1}'""", "actor = '{}'"]


@pytest.mark.parametrize("spoilt", SPOILT)
def test_one_whose_events_cannot_be_read_is_named_and_the_others_are_told(
    city: CommandLine, home: Path, spoilt: str
) -> None:
    with closing(sqlite3.connect(home / "headquarters/FT/events.db")) as raw, raw:
        raw.execute("DROP TRIGGER events_no_update")
        assert raw.execute(f"UPDATE events SET {spoilt} WHERE stream LIKE 'matter/%'").rowcount == 1
    document = city.json("city", "table", actor="city")
    assert [one["code"] for one in document["headquarters"]] == ["XMH"]
    ((code, why),) = ((one["headquarters"], one["message"]) for one in document["unread"])
    assert (code, "xmh audit verify" in why, "\n" in why) == ("FT", True, False), why
    assert "FT 未计入" in city("city", "briefing", actor="city").out


@pytest.mark.parametrize("spoilt", ["due = 'x'", "facts = '{}'", "stage = 'of tomorrow'"])
def test_one_whose_rows_cannot_be_read_is_named_and_its_own_list_says_so_in_one_line(
    city: CommandLine, home: Path, spoilt: str
) -> None:
    with closing(sqlite3.connect(home / "headquarters/FT/events.db")) as raw, raw:
        raw.execute(f"UPDATE matter_rows SET {spoilt}")
    for words in (("table",), ("list",), ("list", "--figure", "红灯")):
        ((code, why),) = ((x["headquarters"], x["message"]) for x in city.json("city", *words, actor="city")["unread"])
        assert (code, "xmh audit verify" in why, "\n" in why) == ("FT", True, False), why
    refused = city("task", "list", "--headquarters", "FT")
    assert (refused.code, "xmh audit verify" in refused.error, "\n" in refused.error) == (5, True, False), refused


OTHERWISE_SPOILT = ["type = 'MeetingClosed', payload = '{}'", "recorded_at = 1 << 62", "schema = 0"]


@pytest.mark.parametrize("spoilt", [*SPOILT, *OTHERWISE_SPOILT])
def test_what_the_log_says_is_not_called_wrongly_filled_in(city: CommandLine, home: Path, spoilt: str) -> None:
    with closing(sqlite3.connect(home / "headquarters/FT/events.db")) as raw, raw:
        raw.execute("DROP TRIGGER events_no_update")
        (number,) = raw.execute("SELECT payload ->> 'number' FROM events WHERE stream LIKE 'matter/%'").fetchone()
        raw.execute(f"UPDATE events SET {spoilt} WHERE stream LIKE 'matter/%'")
        raw.execute("DELETE FROM snapshots")
    refused = city("task", "show", number, "--headquarters", "FT")
    assert (refused.code, "日志中有读不懂的记录" in refused.error, "\n" in refused.error) == (5, True, False), refused


def test_the_citys_papers_hold_the_table_and_name_each_matter_behind_it(city: CommandLine, tmp_path: Path) -> None:
    briefing = city.json("city", "briefing", actor="city")
    assert "2个指挥部在办事项3件" in briefing["markdown"]
    assert "本期立项（4）" in briefing["markdown"]
    assert "市级自己的" not in briefing["markdown"]
    annual = city("city", "annual", "-o", tmp_path / "年度.docx", actor="city")
    assert annual.code == 0
    assert (tmp_path / "年度.docx").stat().st_size > 1000
    early = city("city", "briefing", "--from", "2022-02-01", "--to", "2022-01-01", actor="city")
    assert (early.code, "晚于" in early.error) == (2, True)


def test_the_roll_up_as_a_workbook_holds_each_number_and_the_list_behind_it(city: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "汇总.xlsx"
    table = city.json("city", "table", "-o", file, actor="city")
    assert table["file"] == str(file)
    book = load_workbook(file)
    assert book.sheetnames == ["汇总表", *(figure.label for figure in CityFigure)]
    title, note, headers, *rows = [[cell.value for cell in row] for row in book["汇总表"].iter_rows()]
    assert str(title[0]).endswith("督办工作情况汇总表"), title
    assert "点表头打开清单" in str(note[0]), note
    assert [row[0] for row in rows] == [*(one["name"] for one in table["headquarters"]), "合计"]
    for figure in CityFigure:
        counts = [row[headers.index(figure.label)] for row in rows]
        assert counts == [*(one[figure.value] for one in table["headquarters"]), table["total"][figure.value]]
        assert book[figure.label].max_row == 1 + table["total"][figure.value]
        links = [cell.hyperlink for cell in book["汇总表"][3] if cell.value == figure.label]
        assert [link and link.location for link in links] == [f"'{figure.label}'!A1"]
    listed = [[cell.value for cell in row] for row in book["本期立项"].iter_rows(min_row=2)]
    assert [(row[0], row[3]) for row in listed if row[3] == "丁"] == [(FT.name, "丁")]
    first = file.read_bytes()
    wrong = city("city", "table", "-o", tmp_path / "汇总.docx", actor="city")
    assert (wrong.code, "应是 .xlsx 文件" in wrong.error) == (2, True), wrong
    (city.home / "headquarters/FT/events.db").write_bytes(b"not a database" * 1000)
    city("city", "table", "-o", file, actor="city")
    assert file.read_bytes() != first
    cells = [cell.value for row in load_workbook(file)["汇总表"].iter_rows() for cell in row]
    assert any(str(cell).startswith("FT 未计入：") for cell in cells)


# --- 上报 and 下达


def test_what_is_raised_reaches_the_city_and_its_answer_comes_back(city: CommandLine) -> None:
    raised = city.json("transfer", "up", "--headquarters", "FT", "--matter", "丁", "--text", "请协调电力迁改")
    assert (raised["title"], raised["matter"], raised["to"]) == ("丁", city.json(*OWN)["matters"][0]["matter"], "SZ")
    assert (raised["no"][:4], raised["receipt"][:3], raised["owed"]) == ("FT上报", "SZ收", False)
    (there,) = city.json("transfer", "list", "--headquarters", "SZ")["transfers"]
    assert {k: there[k] for k in ("no", "receipt", "title", "text", "matter")} == {
        k: raised[k] for k in ("no", "receipt", "title", "text", "matter")
    }
    waiting = city.json("city", "briefing", actor="city")["markdown"]
    assert f"福田片区建设指挥部上报“丁”（{raised['no']}）：未回复。" in waiting
    done = city.json("transfer", "answer", "1", "--headquarters", "SZ", "--matter", "市级", "--text", "已请供电局办理")
    assert done["handled_by"].startswith("SZ-")
    (back,) = city.json("transfer", "list", "--headquarters", "FT")["transfers"]
    assert (back["answer"], back["handled_by"]) == ("已请供电局办理", done["handled_by"])
    assert city.json("transfer", "list")["transfers"] == [], "the third headquarters hears nothing of it"


OWN = ("task", "list", "--headquarters", "FT")


MAY_NOT = (
    (("up", "--headquarters", "SZ", "--title", "甲", "--text", "乙"), "office", 3, "不向自己上报"),
    (("down", "FT", "--title", "甲", "--text", "乙"), "office", 3, "只有市级指挥部可以下达"),
    (("down", "NS", "--headquarters", "SZ", "--title", "甲", "--text", "乙"), "office", 4, "没有代号为 NS"),
    (("down", "F/T", "--headquarters", "SZ", "--title", "甲", "--text", "乙"), "office", 2, "写法有误"),
    (("down", "FT", "--headquarters", "SZ", "--title", "甲", "--text", "乙"), "city", 3, "市级督办员汇总查阅"),
    (("up", "--title", "甲", "--text", "乙"), "li", 3, "由办公室或领导办理"),
    (("up", "--headquarters", "FT", "--matter", "乙", "--text", "x"), "office", 4, "没有找到"),
    (("answer", "SZ收〔2026〕9号", "--headquarters", "SZ", "--text", "x"), "office", 4, "没有收到过"),
    (("up", "--headquarters", "FT", "--title", "甲"), "office", 2, "--text"),
)


def test_what_may_not_be_sent_is_refused_and_nothing_is_recorded(city: CommandLine, home: Path) -> None:
    for words, actor, code, said in MAY_NOT:
        refused = city("transfer", *words, actor=actor)
        assert (refused.code, said in refused.error) == (code, True), refused
    for one in ("XMH", "FT", "SZ"):
        with open_log(settings(home, one)) as log:
            assert transfers(log) == ()


MALFORMED = (
    (("up", "--title", "甲", "--text", "乙", "--due", "2020-01-01"), 2, "时限 2020-01-01 已过"),
    (("up", "--title", "长" * 600, "--text", "乙"), 2, "标题应为一行、不超过"),
    (("up", "--title", "甲\n乙", "--text", "乙"), 2, "标题应为一行、不超过"),
    (("up", "--title", "甲", "--text", "长" * 22_000), 2, "内容超过 64 KiB"),
    (("up", "--matter", "甲", "--text", "乙"), 3, "已撤销，不能再就它上报"),
)


@pytest.mark.parametrize(("words", "code", "said"), MALFORMED)
def test_what_the_other_could_not_file_is_one_line_and_is_not_sent(
    city: CommandLine, home: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    refused = city("transfer", *words)
    assert (refused.code, said in refused.error, "\n" in refused.error) == (code, True, False), refused
    with open_log(settings(home)) as log:
        assert transfers(log) == ()


def test_an_answer_that_arrived_is_told_without_ones_own_number_as_the_others(city: CommandLine) -> None:
    city("transfer", "up", "--title", "甲", "--text", "乙")
    said = city("transfer", "answer", "1", "--headquarters", "SZ", "--text", "好").out
    assert "已送达对方" in said
    assert "SZ收" not in said


def test_one_whose_folder_was_moved_is_named_and_not_left_out_in_silence(city: CommandLine, home: Path) -> None:
    (home / "headquarters/FT").rename(home / "headquarters/GM")
    document = city.json("city", "table", actor="city")
    assert [one["headquarters"] for one in document["unread"]] == ["GM"]
    assert "注意：GM 未计入：没有建成或被移动过" in city("city", "list", actor="city").out


def test_the_citys_own_matters_are_said_to_be_elsewhere(city: CommandLine) -> None:
    refused = city("city", "list", "--headquarters", "SZ", actor="city")
    assert (refused.code, "不在汇总之内" in refused.error) == (2, True)


async def test_a_screen_of_the_city_counts_each_headquarters(city: CommandLine, home: Path) -> None:
    now = datetime.now(UTC)
    boards = {}
    for code in ("SZ", "XMH"):
        service = WebService(settings(home, code))
        person = CITY_PERSON.id if code == "SZ" else OFFICE.id
        accounts.open_account(service.database, person, SYSTEM, now)
        token, _ = accounts.issue_token(service.database, person, TokenScope.SCREEN_CITY, 1, OFFICE, now)
        transport = httpx.ASGITransport(app=make_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            boards[code] = await client.get("/wall", headers={"Cookie": f"__Host-xmh-wall={token}"})
        service.close()
    rows = re.findall(r"<span>([^<]+)</span></th><td class=\"number open\">(\d+)<", boards["SZ"].text)
    assert [(name, int(n)) for name, n in rows][1:] == [(FT.name, 1)], boards["SZ"].text
    assert int(rows[0][1]) == 2
    assert (boards["XMH"].status_code, "只在市级指挥部" in boards["XMH"].text) == (403, True)
