"""What somebody is typing, on both databases: sealed, his own, never overwritten by an older page, and gone in time."""

from datetime import UTC, datetime, timedelta

import pytest

from eventlog import access, autosaves
from eventlog.database import Database

NOW = datetime(2022, 3, 1, 2, 0, 30, tzinfo=UTC)
FORM, TYPED = "report:XMH-2026-001", "涉及三家权利人，正在逐户商谈"


def test_what_is_typed_is_sealed_versioned_and_goes(database: Database) -> None:
    assert autosaves.keep_autosave(database, "li", FORM, {"a": TYPED}, 0, NOW) == 1
    assert autosaves.keep_autosave(database, "li", FORM, {"a": "旧窗口"}, 0, NOW) is None, "older: overwrites nothing"
    assert autosaves.keep_autosave(database, "li", FORM, {"a": f"{TYPED}。"}, 1, NOW) == 2
    assert autosaves.autosave_of(database, "li", FORM, NOW).fields == {"a": f"{TYPED}。"}
    assert autosaves.autosave_of(database, "zhao", FORM, NOW).fields == {}, "nobody else's"
    assert autosaves.autosave_of(database, "li", FORM, NOW + timedelta(days=30)).fields == {}
    with database.reading() as transaction:
        stored = [body for (body,) in transaction.all("SELECT body FROM autosaves")]
    assert [TYPED in body for body in stored] == [False]
    assert stored[0].startswith("sealed:")
    autosaves.drop_autosave(database, "li", FORM, NOW)
    assert autosaves.keep_autosave(database, "li", FORM, {"a": "迟到"}, 2, NOW) is None, "saved while it was sent"
    assert autosaves.autosave_of(database, "li", FORM, NOW) == autosaves.Autosave(3, {})
    access.forget_access(database, "li")
    assert autosaves.autosave_of(database, "li", FORM, NOW).version == 0, "gone with the account"


def test_the_oldest_make_room_and_what_is_too_old_goes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosaves, "MOST_AUTOSAVES", 3)

    def kept() -> list[str]:
        with database.reading() as transaction:
            return [form for (form,) in transaction.all("SELECT form FROM autosaves ORDER BY form")]

    for count in range(5):
        autosaves.keep_autosave(database, "li", f"report:{count}", {}, 0, NOW + timedelta(seconds=count))
    assert kept() == ["report:2", "report:3", "report:4"]
    for count in range(5, 9):
        autosaves.drop_autosave(database, "li", f"report:{count}", NOW + timedelta(seconds=count))
    assert kept() == ["report:6", "report:7", "report:8"], "what is dropped leaves its version, and that is bounded too"
    autosaves.keep_autosave(database, "zhao", "report:9", {}, 0, NOW + timedelta(days=40))
    assert kept() == ["report:9"]


def test_a_session_goes_on_under_another_cookie(database: Database) -> None:
    begun = access.begin_session(database, "before", "li", "10.0.0.1", NOW)
    later = NOW + timedelta(minutes=20)
    access.renew_session(database, begun.digest, "after", later)
    assert access.living_session(database, "before", later) is None
    renewed = access.living_session(database, "after", later)
    assert renewed is not None
    assert (renewed.created_at, renewed.proven_at) == (NOW, later), "it lives no longer than it would have"
