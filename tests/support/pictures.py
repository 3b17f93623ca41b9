"""The pictures of `docs/使用手册.md`: `python -m tests.support.pictures HOME DAY`, of a copy of the example's year.

They show pages as they are, so they are made again when a page changes, by a command and not by hand.
"""

import asyncio
import json
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from services import accounts, signing_in
from tests.support.browsing import running_chromium

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PICTURES = (
    ("matters", "/matters?order=light", (900, 560)),
    ("figures", "/figures", (900, 560)),
    ("room", "/meetings/HY-2022-061/room?item=2", (800, 500)),
    ("phone", "/matters/XMH-2022-009", (390, 620)),
)
"""Name, page, and how large the window is."""


def cookie_of_office(log: Database) -> str:
    """A session of the first 督办员."""
    person = next(p for p in reading.people(log) if p.role is Role.OFFICE)
    now = datetime.now(UTC)
    if accounts.account_of(log, person.id) is None:
        from domain.envelope import Actor

        accounts.open_account(log, person.id, Actor(id=person.id, role=person.role, unit=person.unit), now)
    return signing_in.begin(log, person.id, "127.0.0.1", now)


async def taken(address: str, cookie: str) -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    where = {"domain": "127.0.0.1", "path": "/", "secure": True, "httpOnly": True, "sameSite": "Lax"}
    async with running_chromium() as browser:
        for name, path, (wide, high) in PICTURES:
            context = await browser.new_context(
                base_url=address, viewport={"width": wide, "height": high}, locale="zh-CN", color_scheme="light"
            )
            await context.add_cookies([{"name": "__Host-xmh", "value": cookie, **where}])  # type: ignore[typeddict-item]
            page = await context.new_page()
            answer = await page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            await page.screenshot(path=FOLDER / f"{name}.png")
            await context.close()


def main() -> None:
    """Serve the home on a day, and take the pictures."""
    os.environ["XMH_HOME"], day = sys.argv[1:3]
    os.environ["XMH_WEB"] = json.dumps({"day": day})
    from eventlog.configured import open_log
    from settings import Settings
    from web.serving import listening, serve_web

    settings, listener, started = Settings(), listening("127.0.0.1", 0), threading.Event()
    threading.Thread(target=lambda: serve_web(settings, listener, started.set), daemon=True).start()
    assert started.wait(20)
    with open_log(settings) as log:
        cookie = cookie_of_office(log)
    asyncio.run(taken(f"http://127.0.0.1:{listener.getsockname()[1]}", cookie))


if __name__ == "__main__":
    main()
