"""What opens an account, on both databases: digests that are used once, run out, and vanish."""

from datetime import UTC, datetime, timedelta

from domain.access.terms import TokenScope
from eventlog import access
from eventlog.access import KeptToken
from eventlog.database import Database
from eventlog.security_keys import KeptKey, keep_key, keys_of

NOW = datetime(2022, 3, 1, 2, 0, 30, tzinfo=UTC)


def test_a_link_is_used_once_and_ends_what_was_open(database: Database) -> None:
    access.keep_link(database, "li", "first", NOW + timedelta(minutes=15))
    access.begin_session(database, "cookie", "li", "10.0.0.1", NOW)
    assert access.use_link(database, "other", "digest", "sealed", 7, NOW) is None
    assert access.use_link(database, "first", "digest", "sealed", 7, NOW) == "li"
    assert access.use_link(database, "first", "digest", "sealed", 8, NOW) is None
    assert access.living_session(database, "cookie", NOW) is None
    assert access.credentials_of(database, "li") == access.Credentials("li", "digest", "sealed", 7)
    assert [access.use_code(database, "li", step) for step in (7, 8, 8, 6)] == [False, True, False, False]
    assert not access.use_code(database, "nobody", 9)


def test_what_is_forgotten_opens_nothing(database: Database) -> None:
    kept = KeptToken("t1", "li", TokenScope.READ, NOW + timedelta(days=1), None)
    access.keep_token(database, "token", kept)
    access.begin_session(database, "cookie", "li", "10.0.0.1", NOW)
    access.keep_link(database, "li", "link", NOW + timedelta(minutes=15))
    assert access.living_token(database, "token", NOW) == kept
    assert access.kept_tokens(database)[0].used_at == NOW
    access.forget_opened(database)
    assert access.living_token(database, "token", NOW) is None
    assert access.living_session(database, "cookie", NOW) is None
    assert access.person_of_link(database, "link", NOW) is None
    assert access.credentials_of(database, "li") is not None, "who had a password has it still"
    access.forget_access(database, "li")
    assert access.credentials_of(database, "li") is None


def test_a_security_key_two_register_at_once_is_the_first_ones(database: Database) -> None:
    first, second = (KeptKey("credential", "k1", person, "public", 0) for person in ("li", "zhao"))
    assert keep_key(database, first, NOW)
    assert not keep_key(database, second, NOW)
    assert (keys_of(database, "li"), keys_of(database, "zhao")) == ((first,), ())


def test_failures_are_counted_by_account_address_and_minute(database: Database) -> None:
    for seconds in (0, 5, 29, 40):
        access.note_failure(database, "li", "10.0.0.1", NOW + timedelta(seconds=seconds))
    access.note_failure(database, "", "10.0.0.2", NOW)
    minute = NOW.replace(second=0)
    rows = set(access.failures_until(database, minute + timedelta(minutes=2)))
    assert rows == {
        ("li", "10.0.0.1", minute, 3),
        ("li", "10.0.0.1", minute + timedelta(minutes=1), 1),
        ("", "10.0.0.2", minute, 1),
    }
    assert access.failures_since(database, "li", "10.0.0.1", NOW) == (4, 4)
    assert access.failures_since(database, "li", "10.0.0.2", NOW) == (0, 1), "another name failed there"
    access.forget_failures(database, minute + timedelta(minutes=1))
    assert access.failures_since(database, "li", "10.0.0.1", NOW) == (1, 1)
