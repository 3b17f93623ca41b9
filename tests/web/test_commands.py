"""Commands over the API: the token's person acts, once under a key, within his scope; a rule's line stays the same."""

import re
from typing import Any
from uuid import uuid4

import httpx

from domain.access.terms import TokenScope
from eventlog import reading
from tests.web.conftest import Served

OPENING = {
    "title": "推进国际交流中心一期主体施工",
    "due": "2027-06-30",
    "basis": {"kind": "task_list", "text": "2027年工作计划", "no": "香指办〔2027〕1号", "approver": "leader"},
    "lead": "gengxin",
}


def post(client: httpx.Client, path: str, body: Any, key: str | None = None) -> httpx.Response:
    return client.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key or uuid4().hex})


def problem_of(response: httpx.Response, status: int, code: str) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert (document["status"], document["code"], document["type"]) == (status, code, f"urn:xmh:problem:{code}")
    assert "\n" not in document["detail"]
    return str(document["detail"])


def test_a_matter_is_opened_accepted_and_reported_by_programs(working: Served) -> None:
    office, liaison = working.client("office"), working.client("li", TokenScope.REPORT)
    key = uuid4().hex
    opened = post(office, "/matters", OPENING, key)
    assert opened.status_code == 201, opened.text
    answer = opened.json()
    assert (answer["stage"], answer["light"], answer["events"]) == (
        "assigned",
        "green",
        ["MatterOpened", "MatterAssigned"],
    )
    again = post(office, "/matters", OPENING, key)
    assert (again.status_code, again.json()["matter"]) == (201, answer["matter"]), "the same key is the same matter"
    no = answer["matter"]
    assert post(liaison, f"/matters/{no}/commands/accept", {}).json()["stage"] == "in_progress"
    reported = post(liaison, f"/matters/{no}/commands/report", {"text": "完成桩基施工", "progress": 20})
    assert reported.json()["events"] == ["FeedbackSubmitted"]
    (stream,) = [m.stream for m in reading.find_matters(working.log, no)]
    events = reading.read_stream(working.log, stream)
    assert [e.actor.id for e in events if e.actor.id != "system"] == ["office"] * 2 + ["li"] * 3

    # The same key with other content, another's name, what is beyond the token, the person, the rules.
    assert problem_of(post(office, "/matters", {**OPENING, "title": "另一件事"}, key), 409, "command_id_reused")
    named = {**OPENING, "title": "以他人名义", "actor": "leader"}
    assert "不能以 吴七 的身份" in problem_of(post(office, "/matters", named), 403, "forbidden")
    beyond = post(liaison, f"/matters/{no}/commands/urgency", {"urgency": "urgent"})
    assert "令牌只能反馈" in problem_of(beyond, 403, "scope")
    by_hand = post(office, f"/matters/{no}/commands/cancel", {"reason": "不再推进"})
    assert "须由本人登录后办理" in problem_of(by_hand, 403, "scope")
    assert "赵五" not in problem_of(
        post(working.client("zhao"), f"/matters/{no}/commands/accept", {}), 403, "forbidden"
    )
    assert problem_of(post(liaison, f"/matters/{no}/commands/accept", {}), 409, "refused")
    assert len(reading.read_stream(working.log, stream)) == len(events), "what was refused left nothing"


def test_a_list_is_opened_in_its_order_and_sent_again_goes_on(working: Served) -> None:
    client = working.client("office")
    rows = list[Any]({**OPENING, "title": f"清单第{n}件工作"} for n in range(1, 5))
    rows[1] = {**OPENING, "title": "第二件", "lead": "没有这个单位"}
    rows[2] = {"title": 7}

    def send(person: str, matters: list[Any], key: str | None = "list-2022") -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return working.client(person).post("/api/v1/imports", json={"matters": matters}, headers=headers)

    first = send("office", rows).json()
    numbers = [row["matter"] for row in first["rows"]]
    assert (first["opened"], [row["row"] for row in first["rows"]]) == (2, [1, 2, 3, 4])
    assert [bool(no) for no in numbers] == [True, False, False, True]
    assert int(numbers[3][-3:]) == int(numbers[0][-3:]) + 1, "numbers follow the list"
    assert "没有单位“没有这个单位”" in first["rows"][1]["message"]
    assert (first["rows"][2]["code"], "\n" in first["rows"][2]["message"]) == ("malformed", False)
    rows[1] = {**OPENING, "title": "第二件，改正后"}
    again = send("office", rows).json()
    assert [row["matter"] for row in again["rows"]][::3] == numbers[::3], "nothing is opened twice"
    assert (again["opened"], again["rows"][1]["code"]) == (3, None)
    titles = [m["title"] for m in client.get("/api/v1/matters").json()["matters"]]
    assert [titles.count(f"清单第{n}件工作") for n in (1, 4)] == [1, 1]
    refused = send("li", rows[:1], "list-2023").json()["rows"][0]
    assert (refused["matter"], refused["code"]) == (None, "forbidden")
    for matters, key in (([], "list-7"), (rows[:1] * 201, "list-7"), (rows, None), (rows, "x" * 125)):
        assert send("office", matters, key).status_code == 422, key


def test_what_is_no_command_is_refused_in_a_line_after_the_token(served: Served) -> None:
    office, nobody = served.client("office"), served.client()
    for body, said in (
        ({}, "事项名称 填写有误：不能缺"),
        ({**OPENING, "due": "下周"}, "办结时限 填写有误：须是日期"),
        ({**OPENING, "colour": "红"}, "colour 填写有误：没有这一项"),
        ({**OPENING, "urgency": "soon"}, "紧急程度 填写有误：须是 'extra_urgent', 'urgent' 或 'normal'"),
        ({**OPENING, "points": "一"}, "督办要点 填写有误：须是列表"),
        ({**OPENING, "lead": "没有此单位"}, "没有单位"),
        ({**OPENING, "title": "名" * 70_000}, "事项名称 填写有误：文字超过 64 KiB"),
        ({**OPENING, "title": "名" * 501}, "事项名称：有501字，最多500字"),
        ({**OPENING, "points": [{"text": "一"}, {}]}, "督办要点第2项的内容 填写有误：不能缺"),
        ([], ""),
    ):
        assert said in problem_of(post(office, "/matters", body), 422, "malformed"), body
        problem_of(post(nobody, "/matters", body), 401, "unauthenticated")
    unknown = post(office, "/matters", {**OPENING, "x" * 50_000: 1})
    problem_of(unknown, 422, "malformed")
    assert len(unknown.text) < 600, "what nobody knows is not sent back whole"
    raw = office.post(
        "/api/v1/matters", content=b"{", headers={"Idempotency-Key": uuid4().hex, "Content-Type": "application/json"}
    )
    problem_of(raw, 422, "malformed")
    assert "Idempotency-Key" in problem_of(office.post("/api/v1/matters", json=OPENING), 422, "malformed")
    problem_of(post(office, "/matters", OPENING, "short"), 422, "malformed")
    problem_of(post(office, "/matters/XMH-2027-999/commands/accept", {}), 404, "not_found")
    problem_of(post(office, "/matters/XMH-2027-999/commands/expire", {}), 404, "not_found")
    large = office.post("/api/v1/matters", content=b"x" * (2 * 1024 * 1024))
    problem_of(large, 413, "too_large")
    problem_of(post(office, "/matters", OPENING), 503, "unreachable")


def test_a_token_holds_as_long_as_its_account_and_person_do(served: Served) -> None:
    def status(token: str, scheme: str = "Bearer") -> int:
        headers = {"Authorization": f"{scheme} {token}"}
        return httpx.get(f"{served.address}/api/v1/nothing", headers=headers).status_code

    good = served.token("head")
    assert (status(good), status(good, "bearer"), status(good, "Basic")) == (404, 404, 401)
    for wrong in ("x", "xmhp_", good[:-1], good.lower(), "'; DROP TABLE tokens; --", good + good):
        assert status(wrong) == 401, wrong
    lock(served, "head", "lock")
    assert status(good) == 401
    lock(served, "head", "unlock")
    assert status(good) == 404
    lock(served, "head", "close")
    assert status(good) == 401


def lock(served: Served, person: str, how: str) -> None:
    from datetime import UTC, datetime

    from services import accounts
    from tests.support.office import OFFICE

    now = datetime.now(UTC)
    match how:
        case "lock":
            accounts.lock_account(served.log, person, "试验", OFFICE, now)
        case "unlock":
            accounts.unlock_account(served.log, person, OFFICE, now)
        case _:
            accounts.close_account(served.log, person, "试验", OFFICE, now)


def test_every_answer_has_the_headers_of_safety(served: Served) -> None:
    client = served.client()
    for path in ("/healthz", "/readyz", "/api/v1/matters", "/nothing", "/openapi.json"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
    assert client.get("/healthz").json() == {"ok": True}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["log"], ready.json()["checks"]["door"]) == (503, True, False)


def test_a_command_may_name_the_version_it_is_meant_for(working: Served) -> None:
    office, liaison = working.client("office"), working.client("li")
    no = post(office, "/matters", {**OPENING, "title": "推进河道清淤"}).json()["matter"]
    read = office.get(f"/api/v1/matters/{no}")
    (version,) = re.findall(r'^"v(\d+)"$', read.headers["etag"])
    key, path = uuid4().hex, f"/api/v1/matters/{no}/commands/accept"

    def accepted(asked: str, key: str) -> httpx.Response:
        return liaison.post(path, json={}, headers={"Idempotency-Key": key, "If-Match": asked})

    late = problem_of(accepted(f'"v{int(version) - 1}"', key), 412, "precondition")
    assert f"已是第{version}版" in late
    assert "应写成" in problem_of(accepted("seven", key), 422, "malformed")
    done = accepted(f'"v{version}"', key)
    assert (done.status_code, done.headers["etag"]) == (201, f'"v{done.json()["version"]}"')
    assert accepted(f'"v{version}"', key).status_code == 201, "the same command again is the same command"
    assert problem_of(accepted(f'"v{version}"', uuid4().hex), 412, "precondition")
