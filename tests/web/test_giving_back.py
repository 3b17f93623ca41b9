"""What comes back to who typed it is called as the form called it: every field of every form of every page."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.routing import Match

from tests.cli.test_sight_matrix import lived, numbers_of
from tests.web.test_sight_of_pages import PAGES, cookie, routes_of, service
from web.acts import ACTS, label_of
from web.app import make_app
from web.pages.actions import BY_NAME
from web.pages.giving_back import PASSWORDS, UNNAMED, words_typed
from web.pages.rendering import typed_again
from web.service import WebService

__all__ = ["lived", "service"]

pytestmark = pytest.mark.slow
WORDS = "某某"
SECRET = PASSWORDS | {"code"}
"""What nobody is shown, though he typed it."""
ROOT = Path(__file__).parents[2]
READERS = ("office", "li", "leader", "root")


def route_of(service: WebService, address: str) -> tuple[str, str]:
    """The route a form is sent to, and the act its address names."""
    scope = {"type": "http", "method": "POST", "path": urlsplit(address).path, "headers": []}
    for route in routes_of(make_app(service)):
        match, more = route.matches(scope)
        if match is Match.FULL:
            return route.path, more["path_params"].get("do", "")
    raise AssertionError(address)


@dataclass
class FormShown:
    """A form as a page has it."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    """What somebody writes in: name → id, or the text of the label around it."""
    labels: defaultdict[str, str] = field(default_factory=lambda: defaultdict(str))
    """By the id of the field, without what is said beside it (`meta`)."""

    def called(self, name: str) -> str:
        """What stands over a field, without how it stands now; a point of its own by its number."""
        text = re.sub(r"（现 .*%）$", "", self.labels[self.written[name]].strip())
        return re.sub(r"^\d+．.*", lambda _: f"要点{name.rpartition('.t')[2]}", text)


class Forms(HTMLParser):
    """The forms of a page that are sent."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[FormShown] = []
        self.form = FormShown("")
        self.label: str | None = None
        self.beside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = FormShown(given["action"])
            self.forms += [self.form] if given["method"] == "post" else []
        elif tag == "label":
            self.label = given.get("for") or f"around {self.getpos()}"
        elif tag == "span":
            self.beside = given.get("class") == "meta"
        elif "name" in given:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        if kind == "hidden":
            self.form.hidden[given["name"]] = given.get("value", "")
        elif kind in ("text", "textarea", "date", "datetime-local") and "readonly" not in given:
            self.form.written[given["name"]] = given.get("id") or self.label or ""

    def handle_endtag(self, tag: str) -> None:
        self.label = None if tag == "label" else self.label
        self.beside = self.beside and tag != "span"

    def handle_data(self, data: str) -> None:
        if self.label is not None and not self.beside:
            self.form.labels[self.label] += data


async def test_every_field_comes_back_under_the_label_of_its_form(
    service: WebService, client: httpx.AsyncClient, lived: Path
) -> None:
    no, looked_at = numbers_of(lived)["own"], set[tuple[str, str]]()
    pages = {page.format(no=no, mark="BODY") for pages in PAGES.values() for page in pages}
    pages |= {f"/matters/{no}/do/{act.do}" for act in ACTS} | {f"/feedback?matter={no}"}
    for person in READERS:
        headers = cookie(service, person)
        for page in sorted(pages):
            answer = await client.get(page, headers=headers)
            if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
                continue
            for form in Forms(answer.text).forms:
                route, do = route_of(service, form.action)
                names = [name for name in form.written if name not in SECRET]
                worded = words_typed(route, do, {**form.hidden, **dict.fromkeys(names, WORDS)})
                labels = [label for label, words in worded if words == WORDS]
                assert len(labels) == len(names), (page, labels, names)
                for name, label in zip(names, labels, strict=True):
                    assert label != UNNAMED, (page, name)
                    assert form.called(name).endswith(label.rpartition("　")[2]), (page, name, label)
                    looked_at.add((f"{route} {do}", label))
    assert len(looked_at) > 80, sorted(looked_at)


def test_no_page_gives_a_secret_back() -> None:
    """Whatever a form asks for as a password, also where its words are Chinese, and the secret of a one-time code."""
    templates = "".join(file.read_text() for file in (ROOT / "web" / "templates").iterdir())
    secrets = set(re.findall(r'name="(\w+)" type="password"', templates))
    assert secrets == {"password", "old", "again", "token"}, "each is to be thought about"
    for name in secrets | {"totp", "code"}:
        assert words_typed("/password", "", {name: f"密{name}"}) == [], name
    route = SimpleNamespace(path="/password")
    scope = {"type": "http", "path": "/password", "query_string": b"", "headers": [], "server": ("localhost", 80)}
    request = Request({**scope, "route": route, "path_params": {}})
    typed = {"old": "密一", "password": "secret-two", "again": "secret-two", "note": "说明"}
    answer = typed_again(request, "send_again.html", 503, typed, files=False, title="稍后再试", message="日志不在")
    shown = bytes(answer.body).decode()
    assert "说明" in shown
    assert not [word for name, word in typed.items() if name != "note" and word in shown]


@pytest.mark.parametrize(
    ("route", "name", "label"),
    [
        ("/import/{sha256}/open", "r12.title", "第12行　任务"),
        ("/import/{sha256}", "approver", "批准人"),
        ("/table/apply", "XMH-2026-0001.due", "XMH-2026-0001　时限"),
        ("/bulletins/{draft}", "s0.b2", "第一部分，第 3 段"),
        ("/bulletins/{draft}", "foreword", "按语"),
        ("/feedback", "XMH-2026-0001.p3", "XMH-2026-0001　要点3　进度"),
        ("/feedback", "XMH-2026-0001.i1", "XMH-2026-0001　指标1　累计值"),
        ("/feedback", f"XMH-2026-0001.attachments.{'0f' * 32}", "附件"),
        ("/suggestions", "anything", UNNAMED),
    ],
)
def test_rows_cells_and_paragraphs_are_named_by_where_they_stand(route: str, name: str, label: str) -> None:
    assert words_typed(route, "", {name: WORDS}) == [(label, WORDS)]


def test_who_answers_a_suggestion_has_his_answer_back() -> None:
    assert words_typed("/suggestions", "", {"number": "1", "text": WORDS}) == [("答复", WORDS)]


def test_what_was_decided_comes_back_as_the_form_shows_it_and_what_only_the_log_names_goes_unseen() -> None:
    fields = {"command": "0f", "version": "3", "who": "office", "approve": "no", "text": "12", "code": "123456"}
    expected = [(label_of(BY_NAME["review"], "approve"), "退回"), (label_of(BY_NAME["review"], "text"), "12")]
    assert words_typed("/matters/{no}/do/{do}", "review", fields) == expected
    assert words_typed("/matters/{no}/do/{do}", "assign", {"lead": "zhujian", "person": "he", "reason": "1"}) == [
        (label_of(BY_NAME["assign"], "reason"), "1")
    ]
