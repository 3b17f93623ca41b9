"""事项 and one matter in a browser: every choice, page after page, on any day, and no more than the reader may see."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from openpyxl import load_workbook

from domain import commands as c
from domain.access.events import Exported
from domain.calendar import local_date
from domain.event import decode
from domain.facts import PartOf
from eventlog import reading
from services import signing_in
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import ASSIST, LEAD, LIAISON, OFFICE, OTHER, opening
from tests.web.conftest import Served
from tests.web.test_reads import grant_account
from tests.web.test_signing_in import HERE
from web.pages.listing import ON_A_PAGE

MANY = ON_A_PAGE + 13
NOW = datetime.now(UTC).replace(microsecond=0)
OPENED = NOW - timedelta(days=10)
CHANGED = NOW - timedelta(days=3)


@pytest.fixture(scope="module")
def listed(served: Served) -> Iterator[Served]:
    """More matters than a page has; the first reported on later, the last ended, some late, some of the other unit."""
    for n in range(MANY):
        lead, assist = (LEAD, (ASSIST,)) if n % 3 else (ASSIST, ())
        due = (NOW + timedelta(days=n - 9)).date()
        title = f"推进第{n}项工程" + ("，深基坑" if n % 7 == 0 else "")
        more: dict[str, Any] = {"lead": lead, "assist": assist, "klass": "major" if n % 2 else "ordinary"}
        act(served.log, f"matter/m{n}", opening(title, due, **more), OFFICE, OPENED + timedelta(seconds=n))
    act(served.log, "matter/m1", c.AcceptReceipt(), LIAISON, CHANGED)
    act(served.log, "matter/m1", c.SubmitFeedback(text="塔吊安装完成", progress=40), LIAISON, CHANGED)
    act(served.log, "matter/m2", c.CancelMatter(reason="重复"), OFFICE, CHANGED)
    for person in ("office", "li", "zhao"):
        grant_account(served, person)
    yield served


def cookie(served: Served, person: str) -> dict[str, str]:
    return {"Cookie": f"__Host-xmh={signing_in.begin(served.log, person, '10.0.0.1', datetime.now(UTC))}"}


def rows_of(page: str) -> list[str]:
    """The numbers in the table of a page."""
    return re.findall(r"<tr><td>(XMH-\d+-\d+)</td>", page)


def walked(served: Served, headers: dict[str, str], **asked: str) -> tuple[int, list[str], int]:
    """What the page counts, the rows of all pages, and how many pages there were."""
    with served.client() as client:
        return _walked(client, client.get("/matters", params=asked, headers=headers), headers)


def sheet_of(served: Served, headers: dict[str, str], **asked: str) -> tuple[list[tuple[str, ...]], str]:
    """The rows of the file below its head, and what it is called."""
    answer = served.client().get("/matters.xlsx", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    head, *rows = sheet.iter_rows(values_only=True)
    assert head[:2] == ("编号", "事项")
    name = unquote(answer.headers["content-disposition"].rpartition("''")[2])
    return [tuple(str(cell or "") for cell in row) for row in rows], name


def test_the_file_has_every_row_of_the_list_in_its_order(listed: Served) -> None:
    office, li = cookie(listed, "office"), cookie(listed, "li")
    for asked in ({}, {"order": "light", "lead": LEAD.id}, {"stage": "all"}, {"as_of": OPENED.date().isoformat()}):
        for headers in (office, li):
            count, numbers, _ = walked(listed, headers, **asked)
            rows, name = sheet_of(listed, headers, **asked)
            assert ([row[0] for row in rows], len(rows)) == (numbers, count), asked
            assert all(row[2].endswith("灯") and row[4] for row in rows)
            assert name == f"事项（{asked.get('as_of', local_date(datetime.now(UTC)).isoformat())}）.xlsx"
    assert sheet_of(listed, office, text="没有这样的事项")[0] == []
    refused = listed.client().get("/matters.xlsx", params={"due_from": "明天"}, headers=office)
    assert (refused.status_code, "看不懂日期" in refused.text) == (422, True)
    record = reading.access_record(listed.log, NOW - timedelta(days=1), datetime.now(UTC))
    taken = [decode(event) for event in record if event.type == "Exported"]
    assert {(e.person, e.name) for e in taken if isinstance(e, Exported)} >= {
        ("office", "事项.xlsx"),
        ("li", "事项.xlsx"),
    }


def _walked(client: httpx.Client, page: httpx.Response, headers: dict[str, str]) -> tuple[int, list[str], int]:
    found, pages = list[str](), 0
    while True:
        assert page.status_code == 200, page.text
        pages += 1
        count = re.search(r"事项（(\d+)）", page.text)
        found += rows_of(page.text)
        more = re.search(r'href="([^"]+)" rel="next"', page.text)
        if more is None:
            assert count
            return int(count[1]), found, pages
        page = client.get(more[1].replace("&amp;", "&"), headers=headers)


def test_the_number_is_that_of_the_rows_whatever_is_chosen(listed: Served, capsys: pytest.CaptureFixture[str]) -> None:
    office, xmh = cookie(listed, "office"), CommandLine(listed.home, capsys)
    choices: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
        ({}, ("--open",)),
        ({"stage": "all"}, ()),
        ({"stage": "cancelled"}, ("--stage", "cancelled")),
        ({"light": "red"}, ("--open", "--light", "red")),
        ({"overdue": "1"}, ("--open", "--overdue")),
        ({"class": "major", "lead": LEAD.id}, ("--open", "--class", "重大", "--lead", LEAD.id)),
        ({"text": "深基坑"}, ("--open", "--text", "深基坑")),
        ({"text": "塔吊"}, ("--open", "--text", "塔吊")),
        ({"due_from": str(NOW.date()), "due_to": str((NOW + timedelta(days=5)).date())},
         ("--open", "--due-from", str(NOW.date()), "--due-to", str((NOW + timedelta(days=5)).date()))),
    )  # fmt: skip
    for asked, words in choices:
        expected = [m["matter"] for m in xmh.json("task", "list", *words)["matters"]]
        for order in ("number", "light", "due") if asked in ({}, {"light": "red"}) else ("number",):
            count, found, pages = walked(listed, office, **asked, order=order)
            assert (count, sorted(found)) == (len(expected), sorted(expected)), (asked, order)
            assert len(set(found)) == count, "no row twice"
            assert pages == max(1, -(-count // ON_A_PAGE))
        assert expected or asked == {"light": "blue"}
    assert walked(listed, office)[2] == 2
    assert walked(listed, office, assist=ASSIST.id)[0] == sum(1 for n in range(MANY) if n % 3 and n != 2)


def test_a_list_sorted_by_light_begins_with_the_red_ones_and_says_why(listed: Served) -> None:
    page = listed.client().get("/matters", params={"order": "light"}, headers=cookie(listed, "office")).text
    colours = re.findall(r'class="light (\w+)"', page)
    assert colours == sorted(colours, key=["red", "yellow", "blue", "green", "grey"].index)
    assert colours.count("red") > 0
    assert len(re.findall(r'class="light red">红灯</span> (?:已过|逾期)', page)) == colours.count("red")


def test_any_day_is_asked_for_and_kept_by_every_link(listed: Served) -> None:
    client, office = listed.client(), cookie(listed, "office")
    day = str((NOW - timedelta(days=5)).date())
    page = client.get("/matters", params={"as_of": day, "stage": "all"}, headers=office).text
    assert f"以下是 {day}" in page
    assert f"as_of={(NOW - timedelta(days=6)).date()}" in page
    assert f"as_of={(NOW - timedelta(days=4)).date()}" in page
    assert f"事项（{MANY}）" in page
    assert walked(listed, office, as_of=day)[0] == MANY, "what was cancelled later was alive"
    assert walked(listed, office)[0] == MANY - 1
    (no,) = re.findall(r'href="/matters/(XMH-\d+-\d+)\?as_of=' + day + '">推进第1项工程', page)
    then = client.get(f"/matters/{no}", params={"as_of": day}, headers=office).text
    now = client.get(f"/matters/{no}", headers=office).text
    assert ("塔吊安装完成" in then, "塔吊安装完成" in now) == (False, True)
    assert f'href="/matters/{no}/why?as_of={day}"' in then
    assert "acts" not in then, "nothing is done on a past day"
    known = client.get(f"/matters/{no}", params={"known_at": CHANGED.isoformat()}, headers=office).text
    assert "当时所知" in known
    assert client.get("/matters", params={"as_of": "2199-01-01"}, headers=office).status_code == 422
    assert client.get("/matters", params={"as_of": "2021-02-01"}, headers=office).text.count("<tr>") == 0


def test_a_light_says_why_and_a_history_is_told_by_kind_and_person(listed: Served) -> None:
    client, office = listed.client(), cookie(listed, "office")
    no = listed.client("office").get("/api/v1/search", params={"text": "塔吊"}).json()["matters"][0]["matter"]
    page = client.get(f"/matters/{no}", headers=office).text
    assert "下一步" in page
    why = client.get(f"/matters/{no}/why", headers=office).text
    assert ("规则：" in why, "由这些记录得出" in why, "时限从哪里来" in why) == (True, True, True)
    assert ("编号从哪里来" in why, "这一级</h2>" in why, "下一级：" in why) == (True, True, True)
    assert "<li>逾期，升至单位负责人</li>" in why, "a line for each rule that would raise it"
    told = client.get(f"/matters/{no}", params={"kind": "FeedbackSubmitted"}, headers=office).text
    assert ("来龙去脉（1）" in told, told.count('class="time"')) == (True, 1)
    assert client.get(f"/matters/{no}", params={"by": LIAISON.id}, headers=office).text.count('class="time"') == 3


def test_who_does_not_see_all_of_a_matter_cannot_choose_by_the_rest(listed: Served) -> None:
    liaison = cookie(listed, "li")
    assert walked(listed, liaison)[0] == MANY - 1, "titles are open to all units by the usual policy"
    mine = walked(listed, liaison, supervisor="office")
    assert mine[0] < MANY - 1
    assert walked(listed, liaison, mine="1")[0] == mine[0]
    page = listed.client().get("/matters", params={"supervisor": "office"}, headers=liaison).text
    assert "只在本单位可以看到全部内容的事项中查找" in page
    others = next(no for no in walked(listed, liaison)[1] if no not in mine[1])
    assert listed.client().get(f"/matters/{others}/why", headers=liaison).status_code == 404


def test_a_choice_is_kept_for_oneself_and_is_that_of_the_command_line(
    listed: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    client, xmh = listed.client(), CommandLine(listed.home, capsys)
    office = {**cookie(listed, "office"), **HERE}
    asked = f"/matters?light=red&lead={LEAD.id}"
    kept = client.post("/choices", data={"name": "我的红灯", "of": asked}, headers=office)
    assert kept.status_code == 303
    page = client.get(kept.headers["location"], headers=office).text
    assert '<a href="' + kept.headers["location"].replace("&", "&amp;") + '" aria-current="true">我的红灯</a>' in page
    shown = rows_of(page)
    assert shown == [m["matter"] for m in xmh.json("task", "list", "--saved", "我的红灯")["matters"]]
    xmh.json("task", "list", "--light", "黄", "--save", "黄的")
    assert ">黄的</a>" in client.get("/matters", headers=office).text
    assert "我的红灯" not in client.get("/matters", headers=cookie(listed, "li")).text
    for data in ({"name": "", "of": asked}, {"name": "空", "of": "/matters"}, {"name": "x", "of": "/matters?light=紫"}):
        assert client.post("/choices", data=data, headers=office).status_code == 422, data
    assert client.post("/choices", data={"drop": "我的红灯"}, headers=office).status_code == 303
    assert "我的红灯" not in client.get("/matters", headers=office).text
    assert client.post("/choices", data={"drop": "黄的"}, headers=cookie(listed, "office")).status_code == 403


def test_a_place_nobody_gave_is_answered_in_one_line(listed: Served) -> None:
    office = cookie(listed, "office")
    for after in ("x", "~", "~～", "2022~abc"):
        page = listed.client().get("/matters", params={"after": after}, headers=office)
        assert (page.status_code, "翻页的位置有误" in page.text) == (422, True)
    assert listed.client().get("/matters", params={"after": "~2099-999999"}, headers=office).status_code == 200


def test_columns_are_chosen_and_say_nothing_of_what_is_not_all_seen(listed: Served) -> None:
    office, li = cookie(listed, "office"), cookie(listed, "li")
    client = listed.client()
    plain = client.get("/matters", headers=office).text
    assert 'data-h="督办员"' not in plain
    by_form = client.get("/matters?cols=supervisor&cols=class", headers=office).text
    assert by_form.count('data-h="督办员"') == by_form.count('data-h="类别"') == ON_A_PAGE
    assert set(re.findall('data-h="类别">(.*?)<', by_form)) == {"重大", "常规"}
    (more,) = re.findall(r'href="([^"]+)" rel="next"', by_form)
    assert "cols=supervisor.class" in more, "kept on the next page"
    assert 'data-h="类别"' in client.get(more.replace("&amp;", "&"), headers=office).text

    seen = client.get("/matters?cols=class&stage=all", headers=li).text
    said = re.findall('data-h="类别">(.*?)<', seen)
    assert 0 < said.count("") < len(said), "of other units' matters a list says no more than it did"
    rows, _ = sheet_of(listed, office, cols="class.opened")
    assert {(row[9], row[10]) for row in rows} >= {("重大", local_date(OPENED).isoformat())}
    assert 'data-h="类别"' not in client.get("/matters?cols=nothing", headers=office).text


def test_a_part_stands_under_its_whole_on_whatever_page(listed: Served) -> None:
    whole, part = "matter/whole", "matter/part"
    later = OPENED + timedelta(hours=1)
    due = (NOW + timedelta(days=40)).date()
    act(listed.log, whole, opening("整件工程", due), OFFICE, later)
    number = reading.find_matters(listed.log, "整件工程")[0].number
    act(listed.log, "matter/between", opening("中间立的一件", due), OFFICE, later)
    of = PartOf(stream=whole, number=number)
    act(listed.log, part, opening("分解工程", due, part_of=of), OFFICE, later)
    act(listed.log, part, c.AcceptReceipt(), LIAISON, later)
    act(listed.log, part, c.SubmitFeedback(text="完成四成", progress=40), LIAISON, later)
    office = cookie(listed, "office")
    plain, _, _ = walked(listed, office)
    count, numbers, pages = walked(listed, office, order="tree")
    names = {m.number: m.title for m in reading.list_rows(listed.log)}
    titles = [names[n] for n in numbers]
    assert (count, pages) == (plain, 2)
    assert titles[titles.index("整件工程") :][:3] == ["整件工程", "分解工程", "中间立的一件"]
    last = listed.client().get("/matters?order=tree&text=工程", headers=office).text
    last += "".join(
        listed.client().get(more.replace("&amp;", "&"), headers=office).text
        for more in re.findall(r'href="([^"]+)" rel="next"', last)
    )
    assert ("└" in last, "分解合计 40%" in last) == (True, True)
    alone = listed.client().get("/matters?order=tree&text=分解工程", headers=office).text
    assert ("事项（1）" in alone, "└" in alone) == (True, False), "nothing hangs in the air"
    assert listed.client().get("/matters?order=tree&after=~x", headers=office).status_code == 422


def test_a_part_opened_as_of_before_its_whole_stands_by_itself_until_then(listed: Served) -> None:
    log, due, number = listed.log, (NOW + timedelta(days=40)).date(), ""
    for stream, above, days in (("top", "", 1), ("middle", "top", 4), ("leaf", "middle", 2)):
        of = PartOf(stream=f"matter/{above}", number=number) if above else None
        act(log, f"matter/{stream}", opening(f"倒填{stream}", due, part_of=of), OFFICE, OPENED + timedelta(days=days))
        number = reading.find_matters(log, f"倒填{stream}")[0].number
    office, day = cookie(listed, "office"), (OPENED + timedelta(days=3)).date()
    for name in ("top", "leaf"):
        own = reading.find_matters(log, f"倒填{name}")[0].number
        page = listed.client().get(f"/matters/{own}?as_of={day}", headers=office)
        assert (page.status_code, "倒填middle" in page.text) == (200, False), name
    then, now = (
        listed.client().get(f"/matters?order=tree&text=倒填{at}", headers=office).text for at in (f"&as_of={day}", "")
    )
    assert (then.count("倒填top"), then.count("└"), now.count("└")) == (1, 0, 2), then


def test_a_list_is_chosen_by_who_answers_for_a_matter(listed: Served) -> None:
    office = cookie(listed, "office")
    act(listed.log, "matter/ofwang", opening("专人负责的事项", NOW.date(), person="li"), OFFICE, OPENED)
    assert "专人负责的事项" in listed.client().get("/matters?person=li", headers=office).text
    assert walked(listed, office, person="li")[0] == 1


def test_a_list_is_chosen_by_what_is_silent_or_has_a_problem_also_of_a_past_day(listed: Served) -> None:
    office, now = cookie(listed, "office"), datetime.now(UTC).replace(microsecond=0)
    numbers = {
        stream: reading.find_matters(listed.log, stream)[0].number for stream in ("matter/m1", "matter/m4", "matter/m2")
    }
    assert rows_of(listed.client().get("/matters?troubled=1", headers=office).text) == []
    act(listed.log, "matter/m4", c.AcceptReceipt(), LIAISON, now)
    silent = walked(listed, office, silent="1")[1]
    assert (numbers["matter/m4"] in silent, numbers["matter/m2"] in silent) == (True, False)
    act(listed.log, "matter/m4", c.SubmitFeedback(text="开挖", progress=5, problem="出土受限"), LIAISON, now)
    assert numbers["matter/m4"] not in walked(listed, office, silent="1")[1]
    assert walked(listed, office, troubled="1")[1] == [numbers["matter/m4"]]
    assert [row[0] for row in sheet_of(listed, office, troubled="1")[0]] == [numbers["matter/m4"]]
    before = local_date(now - timedelta(days=1)).isoformat()
    assert walked(listed, office, troubled="1", as_of=before)[1] == []
    act(listed.log, "matter/m9", c.AcceptReceipt(), OTHER, now)
    act(listed.log, "matter/m9", c.SubmitFeedback(text="管线迁改", progress=5, problem="权属不清"), OTHER, now)
    assert len(walked(listed, office, troubled="1")[1]) == 2
    seen = walked(listed, cookie(listed, "li"), troubled="1")[1]
    assert seen == [numbers["matter/m4"]], "a unit that has no part in it does not learn of its problem"
