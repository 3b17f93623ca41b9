"""Real browsers for people of a home: Chromium by Playwright, in which no page may do what none of ours does.

Whatever a page says on its console, whatever its content policy stops and whatever it asks of another host is a fault
of the page, wherever the test looked.
"""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from eventlog.database import Database
from services import accounts, signing_in
from tests.support.office import OFFICE

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NOT_HAD = Path(__file__).parents[2] / ".venv" / ".no-browser"
"""Why `make browser` could not install one, when it tried as root."""
REMEDY = "no Chromium: run `make browser` (Debian and Ubuntu, as root), or name one by XMH_CHROMIUM"
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
ZOOMED = (720, 450)
"""What is left of a desk's window at 200 %: half as many pixels each way."""
OF_LAYOUT = ("target-size", "scrollable-region-focusable", "color-contrast")
"""Rules of axe whose answer may change with the room there is; the others were asked at a desk."""
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
ANSWERED = "Failed to load resource: the server responded with a status of 4"
"""What Chromium says of a page that answers a refusal, which is a page like others."""
PATIENCE = 20_000
"""Milliseconds for what is to come on a page: a busy machine is no fault of it."""
SETTLED = 600
"""Milliseconds after which nothing moves any more on a page that moved at all."""
GRAVE = ("serious", "critical")
SCREENS = "XMH_SCREENS"
"""Names a folder: every page that is judged is also photographed there, for whoever looks at pages."""


def chromium() -> str:
    """The browser of this machine. Without one the tests fail with the remedy; where it cannot be had they say why."""
    found = os.environ.get("XMH_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and NOT_HAD.exists():
        pytest.skip(f"Chromium cannot be had here: {NOT_HAD.read_text().strip()}")
    if found is None:
        pytest.fail(REMEDY, pytrace=False)
    return found


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    sandboxed = os.geteuid() != 0  # Chromium has no sandbox for root
    arguments = [*QUIET, *([] if sandboxed else ["--no-sandbox"])]
    expect.set_options(timeout=PATIENCE)
    with TemporaryDirectory() as folder:
        env: dict[str, str | float | bool] = {
            **os.environ,
            "LANGUAGE": "zh_CN",
            "FONTCONFIG_FILE": str(_faces_in(Path(folder))),
        }
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=arguments, env=env)
            try:
                yield browser
            finally:
                await browser.close()


def _faces_in(folder: Path) -> Path:
    """Settings by which a browser has the Chinese faces `make setup` installs, on a machine without any, too."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    places = [*(spec.submodule_search_locations or () if spec else ()), "/usr/share/fonts", "/usr/local/share/fonts"]
    dirs = "".join(f"<dir>{escape(str(place))}</dir>" for place in places)
    settings = folder / "fonts.conf"
    settings.write_text(f"<fontconfig>{dirs}<cachedir>{escape(str(folder))}</cachedir></fontconfig>", encoding="utf-8")
    return settings


@dataclass
class Browsing:
    """People at their browsers before one home."""

    browser: Browser
    log: Database
    address: str
    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def visitor(self, width: str = "desk", theme: Theme = "light", *, script: bool = True) -> Page:
        """Somebody who is not signed in."""
        wide, high = WIDTHS[width]
        context = await self.browser.new_context(
            base_url=self.address,
            viewport={"width": wide, "height": high},
            color_scheme=theme,
            java_script_enabled=script,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        return await context.new_page()

    async def person(self, who: str, width: str = "desk", theme: Theme = "light", *, script: bool = True) -> Page:
        """Somebody whose session has begun."""
        page = await self.visitor(width, theme, script=script)
        await self.sign_in(page, who)
        return page

    async def sign_in(self, page: Page, who: str) -> None:
        """Let the browser have a session of this person."""
        now = datetime.now(UTC)
        if accounts.account_of(self.log, who) is None:
            accounts.open_account(self.log, who, OFFICE, now)
        cookie = signing_in.begin(self.log, who, "127.0.0.1", now)
        where = {"domain": "127.0.0.1", "path": "/", "secure": True, "httpOnly": True, "sameSite": "Lax"}
        await page.context.add_cookies([{"name": "__Host-xmh", "value": cookie, **where}])  # type: ignore[typeddict-item]

    async def sign_out_everywhere(self, page: Page) -> None:
        """The session is gone without the page knowing."""
        await page.context.clear_cookies()

    def _asked(self, request: Request) -> None:
        host = urlsplit(request.url)
        if host.scheme in ("http", "https", "ws", "wss") and f"{host.scheme}://{host.netloc}" != self.address:
            self.faults.append(f"asked another host: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(ANSWERED):
            self.faults.append(f"{message.type} at {message.page.url if message.page else '?'}: {message.text}")

    async def close(self) -> None:
        """Everybody leaves; what a page did wrong fails the test.

        Raises:
            AssertionError: a page said an error, was stopped by its content policy or asked another host.
        """
        for context in self.contexts:
            await context.close()
        assert not self.faults, self.faults


async def press(page: Page, key: str) -> None:
    """Press a key once the page's script listens: what is pressed while it still loads is lost, as for anybody."""
    await page.wait_for_load_state()
    await page.keyboard.press(key)


async def accessible(page: Page, name: str, *, by_every_rule: bool = False) -> None:
    """Axe finds nothing grave at either width and at 200 %, in either theme, and nothing scrolls sideways.

    What cannot change with the room or the theme is asked once, unless every rule is asked at every look.
    """
    found = []
    await page.wait_for_load_state()  # a page that is just being led to has no document yet
    for width, (wide, high) in {**WIDTHS, "200 %": ZOOMED}.items():
        await page.set_viewport_size({"width": wide, "height": high})
        over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            found.append(f"{name} {width}: scrolls {over} px sideways")
        for theme in THEMES if width in WIDTHS or by_every_rule else THEMES[:1]:
            await page.emulate_media(color_scheme=theme)
            # A theme changes colours only.
            options: dict[str, Any] = {"resultTypes": ["violations"]}
            if folder := os.environ.get(SCREENS):
                await page.screenshot(path=Path(folder) / f"{name} {width} {theme}.png", full_page=True)
            if not by_every_rule and width not in WIDTHS:
                options["runOnly"] = {"type": "rule", "values": OF_LAYOUT}
            elif not by_every_rule and theme == "dark":
                options["runOnly"] = {"type": "rule", "values": ["color-contrast"]}
            told = await Axe().run(page, options=options)
            found += [
                f"{name} {width} {theme}: {v['id']} ({v['impact']}): {[n['html'] for n in v['nodes']][:3]}"
                for v in told.response["violations"]
                if v["impact"] in GRAVE
            ]
    assert not found, "\n".join(found)


async def watch_shifts(page: Page) -> None:
    """From its next page on, add up what moves without anybody's doing (`shifted`)."""
    await page.add_init_script(
        """new PerformanceObserver((list) => {
          const moved = list.getEntries().filter((entry) => !entry.hadRecentInput);
          window.shifted = (window.shifted || 0) + moved.reduce((sum, entry) => sum + entry.value, 0);
        }).observe({ type: "layout-shift", buffered: true });"""
    )


async def shifted(page: Page) -> float:
    """How much of a page moved since it was first drawn, as Chromium counts it (cumulative layout shift)."""
    await page.wait_for_load_state()
    await page.wait_for_timeout(SETTLED)
    return float(await page.evaluate("window.shifted || 0"))


def counted(page: Page) -> Callable[[str], Any]:
    """A way to press keys that counts them: `press.count` is how many there were."""

    async def press(keys: str) -> None:
        for key in keys.split():
            press.count += 1  # type: ignore[attr-defined]
            await page.keyboard.press(key)

    press.count = 0  # type: ignore[attr-defined]
    return press
