"""The triggers that make the log append-only, as they must stand: of the right name, text and effect, and no others."""

# ruff: noqa: S608  (trigger and table names are constants)

import re
from collections.abc import Iterator, Mapping

from eventlog.database import Transaction
from eventlog.findings import Token, VerifyFinding, verify_finding

_CHANGE = "事件日志只能追加，不能修改或删除；更正请另记一条更正事件"
_NUMBERS = "编号只能增加，不能退回"
_KEYS = "密钥只能新增、加封或销毁，不能替换、恢复或删除"
_SAME = {
    "events": "position = NEW.position OR event_id = NEW.event_id OR (stream = NEW.stream AND version = NEW.version)",
    "commands": "command_id = NEW.command_id",
}
_GUARDS = {
    ("numbers", "update"): ("NEW.series <> OLD.series OR NEW.last < OLD.last", _NUMBERS),
    ("secret_keys", "update"): (
        "NEW.key_id <> OLD.key_id OR NEW.stream <> OLD.stream OR NEW.created_at <> OLD.created_at "
        "OR (OLD.key IS NULL AND NEW.key IS NOT NULL)",
        _KEYS,
    ),
    ("secret_keys", "delete"): ("TRUE", _KEYS),
}
_REFUSE = f"BEGIN RAISE EXCEPTION '{_CHANGE}' USING ERRCODE = 'restrict_violation'; END"


def _expected_triggers(*, postgresql: bool) -> dict[str, str]:
    """Name → text of every trigger there must be; a test holds them to what the migrations make."""
    made = _postgresql() if postgresql else _sqlite()
    return {name: _plain_text(text) for name, text in made.items()}


def _plain_text(text: str) -> str:
    """A trigger's text without what does not matter."""
    return re.sub(r"\s+", " ", text).strip().rstrip(";").strip()


def trigger_differences(present: Mapping[str, str], *, postgresql: bool) -> tuple[list[str], list[str], list[str]]:
    """Names of triggers that are missing, not as they were made, or do not belong in this database."""
    wanted = _expected_triggers(postgresql=postgresql)
    missing = sorted(wanted.keys() - present.keys())
    changed = sorted(name for name in wanted.keys() & present.keys() if _plain_text(present[name]) != wanted[name])
    return missing, changed, sorted(present.keys() - wanted.keys())


def protection_problems(transaction: Transaction) -> Iterator[VerifyFinding]:
    """For `verify`: the triggers are there, do what they were made to do, and are the only ones."""
    missing, changed, added = trigger_differences(transaction.triggers(), postgresql=transaction.is_postgresql)
    for name in missing:
        yield verify_finding(Token.UNPROTECTED, name)
    for name in changed:
        yield verify_finding(Token.TRIGGER_CHANGED, name)
    for name in added:
        yield verify_finding(Token.TRIGGER_ADDED, name)


def _sqlite() -> dict[str, str]:
    made: dict[str, str] = {}
    for table, same in _SAME.items():
        for verb in ("UPDATE", "DELETE"):
            made[f"{table}_no_{verb.lower()}"] = (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_CHANGE}'); END"
            )
        made[f"{table}_no_replace"] = (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{_CHANGE}'); END"
        )
    for (table, verb), (wrong, message) in _GUARDS.items():
        made[f"{table}_guard_{verb}"] = (
            f"CREATE TRIGGER {table}_guard_{verb} BEFORE {verb.upper()} ON {table} WHEN {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
    return made


def _postgresql() -> dict[str, str]:
    """As `PostgresConnection.triggers` tells them: whether it fires always, what it is, and what its function does."""
    made: dict[str, str] = {}
    for table in _SAME:
        for verb in ("UPDATE", "DELETE", "TRUNCATE"):
            name = f"{table}_no_{verb.lower()}"
            made[name] = (
                f"A CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH STATEMENT "
                f"EXECUTE FUNCTION refuse_change() {_REFUSE}"
            )
    for (table, verb), (wrong, message) in _GUARDS.items():
        name = f"{table}_guard_{verb}"
        made[name] = (
            f"A CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}() "
            f"BEGIN IF {wrong} THEN RAISE EXCEPTION '{message}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {'NEW' if verb == 'update' else 'OLD'}; END"
        )
    return made
