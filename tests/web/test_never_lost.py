"""What somebody types is kept: it survives a reload, a second window, an ended session and a server that is away."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from eventlog import autosaves
from tests.support.browsing import Browsing, accessible
from tests.web.conftest import Served
from tests.web.test_weekly_feedback import accepted, field, reports

pytestmark = pytest.mark.slow
TYPED = "涉及三家权利人，正在逐户商谈"


def test_drafts_are_sealed_versioned_and_go(served: Served) -> None:
    log, now = served.log, datetime.now(UTC)
    form = "report:XMH-2026-001"
    assert autosaves.keep_autosave(log, "li", form, {"a": TYPED}, 0, now) == 1
    assert autosaves.keep_autosave(log, "li", form, {"a": "旧窗口"}, 0, now) is None, "an older page overwrites nothing"
    assert autosaves.keep_autosave(log, "li", form, {"a": f"{TYPED}。"}, 1, now) == 2
    assert autosaves.autosave_of(log, "li", form, now).fields == {"a": f"{TYPED}。"}
    assert autosaves.autosave_of(log, "zhao", form, now).fields == {}, "nobody else's"
    assert autosaves.autosave_of(log, "li", form, now + timedelta(days=30)).fields == {}
    with log.reading() as transaction:
        stored = transaction.all("SELECT body FROM autosaves")
    assert all(TYPED not in body and body.startswith("sealed:") for (body,) in stored)
    autosaves.drop_autosave(log, "li", form, now)
    assert autosaves.keep_autosave(log, "li", form, {"a": "迟到"}, 2, now) is None, "what was saved while it was sent"
    assert autosaves.autosave_of(log, "li", form, now) == autosaves.Autosave(3, {})
    for count in range(autosaves.MOST_AUTOSAVES + 3):
        autosaves.keep_autosave(log, "li", f"report:{count}", {}, 0, now + timedelta(seconds=count))
    with log.reading() as transaction:
        assert transaction.all("SELECT count(*) FROM autosaves WHERE person = 'li'") == [(autosaves.MOST_AUTOSAVES,)]


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
    await expect(page.get_by_role("alert").first).to_contain_text("已在另一个窗口提交过")
    assert len(reports(working, no)) == 1
    kept = await field(page, no, "t3")
    if await kept.count():
        await expect(kept).to_have_value("这个窗口也写")
    else:
        await expect(page.get_by_label(f"{no} 填写的内容").last).to_have_value("这个窗口也写")


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
    await browsing.sign_out_everywhere(page)
    await first.fill(f"{TYPED}。")
    await (await field(page, no, "t2")).focus()
    await expect(page.get_by_role("alert")).to_contain_text("登录已过期")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("登录已过期")
    await browsing.sign_in(page, "li")
    await page.get_by_role("button", name="再次提交").click()
    await expect(page).to_have_url(f"{working.address}/matters/{no}")
    assert [p.text for p in reports(working, no)[0].points] == [f"{TYPED}。"]
    refused = "Failed to load resource: net::ERR_CONNECTION_REFUSED"
    browsing.faults[:] = [f for f in browsing.faults if refused not in f]
