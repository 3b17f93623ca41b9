"""What somebody types is kept: it survives a reload, a second window, an ended session and a server that is away."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest
from playwright.async_api import Route, expect

from domain import commands as c
from domain.access.passwords import RULES, PasswordProfile
from eventlog import reading
from services import accounts, signing_in
from tests.support.browsing import Browsing, accessible
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, opening
from tests.web.conftest import Served
from tests.web.test_signing_in import HERE, PASSWORD, cookie_of, enrolled, enter
from tests.web.test_weekly_feedback import accepted, field, reports
from web.pages.rendering import COOKIE

pytestmark = pytest.mark.slow
MARK = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
TYPED = "涉及三家权利人，正在逐户商谈"


@pytest.fixture(scope="module")
def working(working_on_each: Served) -> Served:
    """On a file in every run, on PostgreSQL too in the long form."""
    return working_on_each


def test_what_nobody_answers_stays_with_its_command(served: Served) -> None:
    """No service behind the door: the same form may be sent again, and is then the same command."""
    today = datetime.now(UTC)
    act(served.log, "matter/one", opening("推进道路施工", today.date() + timedelta(days=60)), OFFICE, today)
    act(served.log, "matter/one", c.AcceptReceipt(), LIAISON, today)
    (no,) = (m.number for m in reading.find_matters(served.log, "推进道路施工"))
    cookie, client, command = cookie_of(enter(served, "li", enrolled(served, "li"))), served.client(), uuid4().hex
    typed = {
        f"/feedback?matter={no}": {f"{no}.command": command, f"{no}.text": TYPED},
        f"/matters/{no}/do/close": {"command": command, "text": TYPED, "over_unfinished": "另行报送"},
    }
    for path, fields in typed.items():
        told = client.post(path, data=fields, headers={**HERE, **cookie})
        assert (told.status_code, TYPED in told.text, command in told.text) == (503, True, True), told.text
        assert "督办服务没有运行" in told.text
    recorded = {e.type for e in reading.read_stream(served.log, "matter/one")}
    assert recorded.isdisjoint({"FeedbackSubmitted", "ClosureRequested"})


def test_what_is_sent_while_the_log_is_away_comes_back_with_its_command(served: Served) -> None:
    """The log cannot even say who is signed in: all that was typed is on the page, to be sent once more."""
    today = datetime.now(UTC)
    act(served.log, "matter/away", opening("推进管线迁改", today.date() + timedelta(days=60)), OFFICE, today)
    act(served.log, "matter/away", c.AcceptReceipt(), LIAISON, today)
    (no,) = (m.number for m in reading.find_matters(served.log, "推进管线迁改"))
    accounts.open_account(served.log, "head", OFFICE, today)
    cookie = {"Cookie": f"{COOKIE}={signing_in.begin(served.log, 'head', '127.0.0.1', today)}"}
    client, command, page = served.client(), uuid4().hex, {**HERE, **cookie, "Accept": "text/html"}
    typed = {
        f"/feedback?matter={no}": {f"{no}.command": command, f"{no}.text": TYPED},
        f"/matters/{no}/do/close": {"command": command, "text": f"{TYPED}<b>", "over_unfinished": "另行报送"},
        "/suggestions": {"command": command, "text": f"{TYPED}\n{TYPED}", "matter": no, "book": MARK},
    }
    seen = {
        f"/feedback?matter={no}": [(f"{no}　进展情况", TYPED)],
        f"/matters/{no}/do/close": [("办结情况", f"{TYPED}<b>"), ("内容没有完成仍要办结的理由", "另行报送")],
        "/suggestions": [("内容", f"{TYPED}\n{TYPED}"), ("涉及的事项编号", no)],
    }
    with away(served.home):
        for path, fields in typed.items():
            told = client.post(path, data=fields, headers=page)
            assert (told.status_code, command in told.text) == (503, True), told.text
            assert f'action="{path}"' in told.text
            shown = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", told.text, re.DOTALL)
            assert shown == [(label, escape(words)) for label, words in seen[path]], "all he typed, and nothing else"
            for name, value in fields.items():
                assert f'<input type="hidden" name="{name}" value="{escape(value)}">' in told.text
            assert "再次提交" in told.text
            assert client.get(path, headers=page).status_code == 503
        program = client.post(f"/matters/{no}/do/close", data={"text": TYPED}, headers={**HERE, **cookie})
        assert (program.headers["content-type"], TYPED in program.text) == ("application/problem+json", False)
    taken = client.post("/suggestions", data=typed["/suggestions"], headers=page)
    assert taken.status_code != 503, "the log is back"


@contextmanager
def away(home: Path) -> Iterator[None]:
    """Nothing of the log can be read: where its file was is none."""
    log, elsewhere = home / "events.db", home / "elsewhere.db"
    log.rename(elsewhere)
    log.mkdir()
    try:
        yield
    finally:
        log.rmdir()
        elsewhere.rename(log)


async def test_text_survives_a_reload_and_goes_when_it_was_sent(browsing: Browsing, working: Served) -> None:
    no = accepted(working)
    page = await browsing.person("li")
    await page.goto("/feedback")
    await (await field(page, no, "t1")).fill(TYPED)
    await (await field(page, no, "t2")).focus()  # leaving a field keeps it at once
    await expect(page.locator(".saved").first).to_contain_text("已自动保存")
    await page.reload()
    await expect(page.get_by_text("未提交的内容")).to_be_visible()
    await expect(await field(page, no, "t1")).to_have_value(TYPED)
    await accessible(page, "周反馈，恢复了没有提交的")
    other = await browsing.person("li")
    await other.goto(f"/feedback?matter={no}")
    await (await field(other, no, "t2")).fill("另一个窗口写的")
    await (await field(other, no, "t3")).focus()
    await expect(other.locator(".saved")).to_contain_text("已自动保存")
    await (await field(page, no, "t3")).fill("这个窗口也写")
    await (await field(page, no, "t1")).focus()
    await expect(page.get_by_role("alert")).to_contain_text("另一个窗口")
    await expect(await field(page, no, "t3")).to_have_value("这个窗口也写")
    await other.get_by_role("button", name="提交反馈").click()
    await expect(other).to_have_url(f"{working.address}/matters/{no}")
    assert [p.text for p in reports(working, no)[0].points] == [TYPED, "另一个窗口写的"]
    # The older window sends the same command with other words: it is told, and may send them as another.
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("alert").first).to_contain_text("已经提交过（刚才，或在另一个窗口）")
    assert len(reports(working, no)) == 1
    kept = await field(page, no, "t3")
    if await kept.count():
        await expect(kept).to_have_value("这个窗口也写")
    else:
        await expect(page.get_by_role("definition").last).to_have_text("这个窗口也写")


async def test_text_survives_an_ended_session_and_a_server_that_is_away(browsing: Browsing, working: Served) -> None:
    no = accepted(working)
    page = await browsing.person("li")
    await page.goto(f"/feedback?matter={no}")
    away = threading.Event()

    async def cut(route: Route) -> None:
        await (route.abort("connectionrefused") if away.is_set() else route.continue_())

    await page.route("**/*", cut)
    away.set()
    first = await field(page, no, "t1")
    await first.fill(TYPED)
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("alert")).to_contain_text("内容还在本页")
    await expect(first).to_have_value(TYPED)
    away.clear()
    secret = enrolled(working, "li")
    await browsing.sign_out_everywhere(page)
    await first.fill(f"{TYPED}。")
    await (await field(page, no, "t2")).focus()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("登录已过期")
    await dialog.get_by_label("人员编号或姓名").fill("李三")
    await dialog.get_by_label("密码").fill(PASSWORD)
    await dialog.get_by_label("动态口令").fill("000000")
    await dialog.get_by_role("button", name="登录").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await accessible(page, "登录对话框")
    await dialog.get_by_label("密码").fill(PASSWORD)
    await dialog.get_by_label("动态口令").fill(pyotp.TOTP(secret).now())
    await dialog.get_by_role("button", name="登录").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".saved").first).to_contain_text("已自动保存")
    await expect(first).to_have_value(f"{TYPED}。")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page).to_have_url(f"{working.address}/matters/{no}")
    assert [p.text for p in reports(working, no)[0].points] == [f"{TYPED}。"]
    refused = "Failed to load resource: net::ERR_CONNECTION_REFUSED"
    browsing.faults[:] = [f for f in browsing.faults if refused not in f]


async def test_who_signs_in_next_at_the_same_browser_sends_nothing_of_the_one_before(
    browsing: Browsing, working: Served
) -> None:
    no = accepted(working)
    page = await browsing.person("li")
    await page.goto(f"/matters/{no}/do/close")
    await page.get_by_label("办结情况").fill(TYPED)
    await browsing.sign_in(page, "head")  # in another window of the same browser
    await page.get_by_text("更多").click()
    await page.get_by_label("内容没有完成仍要办结的理由").fill("余下转日常")
    await page.get_by_label("办结情况").focus()
    await expect(page.get_by_role("alert")).to_contain_text("另一位用户")
    await page.get_by_role("button", name="申请办结").click()
    await expect(page.get_by_role("main")).to_contain_text("另一位用户在这台电脑上填写的，没有提交")
    assert TYPED not in await page.content()
    await page.goto(f"/matters/{no}/do/close")
    await expect(page.get_by_label("办结情况")).to_have_value("")
    (found,) = reading.find_matters(working.log, no)
    assert "ClosureRequested" not in {e.type for e in reading.read_stream(working.log, found.stream)}


async def test_what_is_typed_is_kept_when_the_password_ran_out_overnight(
    browsing: Browsing, working: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He signs in again over the page; what he typed is kept, and he changes his password before it is sent."""
    no = accepted(working)
    enrolled(working, "li", "Hetao-gongyuan-8")
    page = await browsing.person("li")
    await page.goto(f"/feedback?matter={no}")
    monkeypatch.setitem(RULES, PasswordProfile.DENGBAO, RULES[PasswordProfile.DENGBAO].model_copy(update={"days": -1}))
    await browsing.sign_in(page, "li")
    await (await field(page, no, "t1")).fill(TYPED)
    await (await field(page, no, "t2")).focus()
    await expect(page.locator(".saved").first).to_contain_text("已自动保存")
    chosen = {"name": "图.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(20)}
    await page.locator("input[type=file]").first.set_input_files(chosen)  # type: ignore[arg-type]
    await expect(page.get_by_text("密码已到期，请在新窗口更换")).to_have_count(1)
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("密码已到期")
    assert TYPED in await page.content()
    await accessible(page, "密码已到期，给回填写的内容")
    monkeypatch.undo()  # he changed it in another window
    await page.get_by_role("button", name="再次提交").click()
    await expect(page).to_have_url(f"{working.address}/matters/{no}")
    assert [p.text for p in reports(working, no)[0].points] == [TYPED]


async def test_what_is_kept_as_a_button_is_pressed_moves_it_from_under_nobody(
    browsing: Browsing, working: Served
) -> None:
    """Pressing a button leaves the field, which keeps it: the line that says so came between press and release."""
    no = accepted(working)
    page = await browsing.person("li")
    await page.goto(f"/matters/{no}/do/close")
    await page.locator("form textarea").first.fill(TYPED)
    button = page.locator("form button.main").last
    await button.scroll_into_view_if_needed()
    place = await button.bounding_box()
    assert place is not None
    await page.mouse.move(place["x"] + 20, place["y"] + 3)
    await page.mouse.down()
    await expect(page.locator(".saved")).to_contain_text("已自动保存")
    assert await button.bounding_box() == place
    async with page.expect_request(lambda request: request.method == "POST"):
        await page.mouse.up()
