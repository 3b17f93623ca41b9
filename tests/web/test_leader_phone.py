"""A leader on a phone: 批示, 圈阅 with a second factor shown again, and nobody typed for him; 代录 by the office."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyotp
import pytest
from playwright.async_api import Page, expect

from domain.envelope import Recorded
from eventlog import access, reading
from eventlog.stored_time import micros
from services.vouching import require_proofs
from tests.support.browsing import Browsing, accessible
from tests.support.office import OFFICE
from tests.web.conftest import Served
from tests.web.test_commands import OPENING, post
from tests.web.test_signing_in import enrolled

pytestmark = pytest.mark.slow
WORDS = "要倒排工期，务必年内见效"


def events(working: Served, no: str, kind: str) -> list[Recorded]:
    (found,) = reading.find_matters(working.log, no)
    return [e for e in reading.read_stream(working.log, found.stream) if e.type == kind]


async def act(page: Page, no: str, label: str) -> None:
    """Open the form of an act from the matter's page, as somebody would."""
    await page.goto(f"/matters/{no}")
    button = page.locator(".acts").get_by_role("link", name=label, exact=True)
    if not await button.count():
        await page.locator("summary", has_text="办理（").click()
        button = page.locator(".columns").get_by_role("link", name=label, exact=True)
    await button.click()


async def sent(page: Page, label: str) -> None:
    await page.get_by_role("main").get_by_role("button", name=label, exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text(f"已办：{label}")


def age(working: Served, person: str) -> None:
    """Half an hour passes since everybody's second factor."""
    with working.log.writing() as transaction:
        past = micros(datetime.now(UTC) - timedelta(minutes=30))
        transaction.commit(
            [("UPDATE sessions SET created_at = ?, proven_at = NULL WHERE person = ?", [(past, person)])]
        )


async def test_a_leader_instructs_and_marks_with_a_fresh_second_factor(browsing: Browsing, working: Served) -> None:
    require_proofs(working.log, working.home, OFFICE, datetime.now(UTC))
    given = {**OPENING, "title": f"推进主体施工{uuid4().hex[:6]}", "leaders": ["leader"]}
    no = post(working.client("office"), "/matters", given).json()["matter"]
    secret = enrolled(working, "leader")
    page = await browsing.person("leader", "phone")
    before = (await page.context.cookies())[0]["value"]
    age(working, "leader")
    await act(page, no, "批示")
    await accessible(page, "批示")
    await page.get_by_label("批示内容").fill(WORDS)
    await page.get_by_label("动态口令").fill("000000")
    await page.get_by_role("button", name="批示", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("动态口令不对")
    await expect(page.get_by_label("批示内容")).to_have_value(WORDS)
    await page.get_by_label("动态口令").fill(pyotp.TOTP(secret).now())
    await sent(page, "批示")
    await expect(page.get_by_role("main")).to_contain_text(WORDS)
    assert access.living_session(working.log, before, datetime.now(UTC)) is None, "the cookie of before opens nothing"
    (instructed,) = events(working, no, "InstructionRecorded")
    assert (instructed.actor.id, instructed.actor.on_behalf_of) == ("leader", None)
    assert instructed.proven is not None
    assert instructed.proven.via.value == "web"
    assert instructed.proven.auth_time > datetime.now(UTC) - timedelta(minutes=5), "as he proved himself anew"
    assert WORDS not in instructed.payload
    record = reading.access_record(working.log, datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC))
    told = [e.type for e in record if '"person":"leader"' in e.payload]
    assert told[-2:] == ["StepUp", "WordsRead"], "then he was shown his own words"

    liaison = await browsing.person("li", "phone")
    await liaison.goto(f"/matters/{no}")
    await liaison.get_by_role("button", name="签收").click()
    await act(liaison, no, "申请办结")
    await liaison.get_by_label("办结情况").fill("已全部完成")
    await liaison.locator("summary", has_text="更多").click()
    await liaison.get_by_label("内容没有完成仍要办结的理由").fill("验收材料另行报送")
    await sent(liaison, "申请办结")
    office = await browsing.person("office-2")
    await act(office, no, "审核办结申请")
    await expect(office.get_by_role("main")).to_contain_text("已全部完成")
    await accessible(office, "审核办结申请")
    await office.get_by_label("同意").check()
    await sent(office, "审核办结申请")
    # The leader's second factor is fresh: no code is asked again.
    await act(page, no, "审阅办结（圈阅）")
    await expect(page.get_by_label("动态口令")).to_have_count(0)
    await page.get_by_label("审阅意见").select_option("圈阅")
    await sent(page, "审阅办结（圈阅）")
    (closed,) = events(working, no, "MatterClosed")
    assert (closed.actor.id, closed.actor.on_behalf_of) == ("leader", None)


async def test_the_office_types_a_leaders_decision_with_its_paper(browsing: Browsing, working: Served) -> None:
    no = post(working.client("office"), "/matters", {**OPENING, "title": f"道路{uuid4().hex[:6]}"}).json()["matter"]
    page = await browsing.person("office")
    await act(page, no, "批示")
    await page.get_by_label("批示内容").fill(WORDS)

    async def refused(line: str) -> None:
        await page.get_by_role("button", name="批示", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text(line)
        await expect(page.get_by_label("批示内容")).to_have_value(WORDS)

    await refused("哪位领导")
    await page.get_by_label("哪位领导").select_option("吴七")
    await refused("凭据")
    await page.get_by_label("凭据").fill("香指办阅〔2026〕3号")
    await sent(page, "批示")
    (typed,) = events(working, no, "InstructionRecorded")
    behalf = typed.actor.on_behalf_of
    assert behalf is not None
    assert (typed.actor.id, behalf.id, behalf.paper) == ("office", "leader", "香指办阅〔2026〕3号")
    await page.goto(f"/matters/{no}")
    await page.locator("summary", has_text="办理（").click()
    await expect(page.locator("details.block")).to_contain_text("现在不能办的")
    await accessible(page, "事项页，办理展开")
    shown = await page.locator("details.block li", has_text="审核办结申请").inner_text()
    assert len(shown) > len("审核办结申请"), "and why"


async def test_a_unit_is_shown_what_is_its_own_to_do(browsing: Browsing, working: Served) -> None:
    no = post(working.client("office"), "/matters", {**OPENING, "title": f"管线{uuid4().hex[:6]}"}).json()["matter"]
    page = await browsing.person("li", script=False)
    await page.goto(f"/matters/{no}")
    listed = await page.locator("details.block").text_content() or ""
    assert "退签" in listed
    assert "改派" not in listed
    answer = await page.goto(f"/matters/{no}/do/assign")
    assert answer
    assert answer.status == 409
    await expect(page.get_by_role("alert")).to_contain_text("单位人员不能办理")
