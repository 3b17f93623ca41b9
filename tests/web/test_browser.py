"""The pages in real Chromium: coming in, 签收, 反馈, at a desk and on a phone, and what axe has to say of each page."""

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.support.browsing import Browsing, accessible
from tests.web.conftest import Served
from tests.web.test_acting import opened, types
from tests.web.test_signing_in import PASSWORD, enrolled, link_of

pytestmark = pytest.mark.slow


async def test_somebody_sets_a_password_signs_in_and_leaves(browsing: Browsing, working: Served) -> None:
    page = await browsing.visitor("phone")
    await page.goto(link_of(working, "head"))
    await accessible(page, "启用账户")
    secret = await page.locator('input[name="totp"]').get_attribute("value")
    assert secret
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_label("再填一次密码").fill(PASSWORD)
    await page.get_by_label("动态口令（扫码后显示的 6 位数字）").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="启用").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("待办")
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    await accessible(page, "登录")


@pytest.mark.parametrize("width", ["desk", "phone"])
async def test_a_liaison_signs_in_accepts_and_reports(browsing: Browsing, working: Served, width: str) -> None:
    no, stream = opened(working)
    person = {"desk": "li", "phone": "zhao"}[width]
    page = await browsing.visitor(width)
    if person == "zhao":
        await browsing.sign_in(page, "li")
        await page.goto(f"/matters/{no}")
    else:
        secret = enrolled(working, "li")
        await page.goto(f"/matters/{no}")
        await page.get_by_label("人员编号或姓名").fill("李三")
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_label("动态口令").fill(pyotp.TOTP(secret).now())
        await page.get_by_role("button", name="登录").click()
    await expect(page).to_have_url(f"{working.address}/matters/{no}")
    await page.get_by_role("button", name="签收").click()
    await page.get_by_role("main").get_by_role("link", name="反馈").click()
    await page.get_by_label("进展情况").fill("桩基施工完成六成")
    await page.get_by_label("总体进度").fill("三成")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("alert")).to_contain_text("0 至 100 的整数")
    await expect(page.get_by_label("进展情况")).to_have_value("桩基施工完成六成")
    await page.get_by_label("总体进度").fill("60")
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page).to_have_url(f"{working.address}/matters/{no}")
    await expect(page.get_by_role("main")).to_contain_text("桩基施工完成六成")
    assert [t for t in types(working, stream) if t in ("ReceiptSigned", "FeedbackSubmitted")] == [
        "ReceiptSigned",
        "FeedbackSubmitted",
    ]


async def test_axe_finds_nothing_grave_and_nothing_scrolls_sideways(browsing: Browsing, working: Served) -> None:
    no, _ = opened(working)
    page = await browsing.person("li", "phone")

    async def at(name: str, path: str) -> Page:
        await page.goto(path)
        await accessible(page, name)
        return page

    await at("待办", "/")
    await at("事项", "/matters")
    await at("没有这一件", "/matters/XMH-2099-999")
    await at("事项页", f"/matters/{no}")
    for name, path in (
        ("通知", "/notices"),
        ("意见建议", "/suggestions"),
        ("更换密码", "/password"),
        ("命令行登录", "/connect"),
    ):
        await at(name, path)
    await at("再次验证", "/prove?next=/table.xlsx")
    await page.goto(f"/matters/{no}")
    await page.get_by_role("button", name="签收").click()
    await at("反馈", f"/feedback?matter={no}")
    await page.get_by_label("进展情况").fill("写了很久的一段话，" * 10)
    await browsing.sign_out_everywhere(page)
    await page.get_by_role("button", name="提交反馈").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", level=1)).to_have_text("登录已过期")
    await accessible(page, "登录已过期")


async def test_a_page_that_does_what_none_may_is_found(browsing: Browsing, working: Served) -> None:
    """The guard of all the tests above, seen to close."""
    page = await browsing.visitor()
    await page.goto("/sign-in")
    await page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "1";
        document.head.append(script);
        document.body.innerHTML = "<main><h1>坏</h1><p>颜色太浅的一段话</p><img src='https://elsewhere.example/a.png'></main>";
        document.querySelector("p").style.color = matchMedia("(prefers-color-scheme: dark)").matches ? "" : "#aaa";
        matchMedia("(prefers-color-scheme: dark)").onchange = () => {
            document.querySelector("p").style.color = "#333"; document.querySelector("p").style.width = "800px" };
    }""")
    with pytest.raises(AssertionError) as graves:
        await accessible(page, "坏页")
    for grave in (
        "desk light: color-contrast",
        "desk dark: color-contrast",
        "image-alt",
        "phone: scrolls",
        "200 %: scrolls",
    ):
        assert grave in str(graves.value), graves.value
    with pytest.raises(AssertionError) as told:
        await browsing.close()
    assert all(word in str(told.value) for word in ("script-src", "img-src", "another host"))
    browsing.faults.clear()


async def test_all_new_matters_are_signed_for_in_two_taps(browsing: Browsing, working: Served) -> None:
    matters = [opened(working) for _ in range(3)]
    page = await browsing.person("li", "phone", script=False)
    await page.goto("/")
    for no, _ in matters:
        line = page.get_by_role("listitem").filter(has_text=no).filter(has=page.locator(".button"))
        await expect(line.locator(".button")).to_have_attribute("href", f"/matters/{no}/do/accept")
    await page.locator("summary", has_text="一起签收").click()
    await page.get_by_role("button", name="确认签收").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("签收结果")
    assert all("ReceiptSigned" in types(working, stream) for _, stream in matters)
    await page.go_back()
    await page.goto("/")
    await page.get_by_role("listitem").filter(has_text=matters[0][0]).get_by_role("link", name="反馈").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("反馈")
