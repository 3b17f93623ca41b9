"""The interface of programs is committed: a changed command is seen as a changed interface.

To write it anew: XMH_WRITE_OPENAPI=1 with this test.
"""

import json
import os
from pathlib import Path

from domain.access.scopes import CLOCK, NEVER, REPORT
from domain.facts import MOST_LINE
from tests.web.conftest import Served
from web.api.commands import COMMANDS, do_of

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_the_interface_is_the_committed_one(served: Served) -> None:
    document = served.client().get("/openapi.json").json()
    if os.environ.get("XMH_WRITE_OPENAPI"):
        COMMITTED.write_text(
            json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    assert document == json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert {f"/api/v1/matters/{{no}}/commands/{do_of(kind)}" for kind in COMMANDS} <= paths.keys()
    asked = {path.rpartition("/")[2] for path in paths if path.startswith("/api/v1/meetings/{no}/commands/")}
    assert asked == {
        *("move", "reply", "material", "cancel_meeting", "item_add", "item_drop", "item_order"),
        *("open_meeting", "attend", "send_again"),
    }, "who adds a command decides whether a program may give it"
    assert not any(do_of(kind) in path.split("/") for kind in CLOCK for path in paths)


def test_every_short_text_of_a_command_says_how_long_it_may_be(served: Served) -> None:
    schemas = served.client().get("/openapi.json").json()["components"]["schemas"]
    assert schemas["AssignMatterBody"]["properties"]["person"]["anyOf"][0]["maxLength"] == MOST_LINE
    assert schemas["Basis"]["properties"]["no"]["anyOf"][0]["maxLength"] == MOST_LINE
    assert schemas["UnitRef"]["properties"]["id"]["maxLength"] == MOST_LINE
    assert schemas["SetLeadersBody"]["properties"]["leaders"]["items"]["maxLength"] == MOST_LINE
    assert "maxLength" not in schemas["SubmitFeedbackBody"]["properties"]["text"], "an account is as long as it is"
    assert "maxLength" not in schemas["OrderItemsBody"]["properties"]["order"]["items"], "what the log says already"
    assert "maxLength" not in schemas["Answer"]["properties"]["matter"], "what we answer is bounded by nothing"


def test_every_command_is_of_a_scope_or_of_ones_own_hand() -> None:
    assert REPORT.isdisjoint(NEVER)
    by_program = {do_of(kind) for kind in COMMANDS if kind not in NEVER | REPORT}
    assert by_program == {
        *("assign", "leaders", "ask_back", "point_add", "point_change", "point_drop", "basis_add", "carry_over"),
        *("rhythm", "urgency", "remind", "surge", "surge_move", "surge_end", "urge", "escalate"),
        *("predecessor_set", "predecessor_drop"),
    }, "who adds a command decides whether a program may give it"
