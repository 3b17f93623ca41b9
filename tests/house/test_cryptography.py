"""`docs/cryptography.md` names every module that enciphers, signs, or keeps a password."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "domain",
    "eventlog",
    "services",
    "web",
    "activities",
    "workflows",
    "cli",
    "documents",
    "intake",
    "views",
    "xmh",
)
KEYED = {"cryptography", "argon2", "pyotp", "webauthn", "joserfc", "rfc3161_client", "hmac", "ssl", "bcrypt", "jwt"}


def _imports(file: Path) -> set[str]:
    names = set[str]()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_every_module_with_a_key_is_on_the_page() -> None:
    page = (ROOT / "docs/cryptography.md").read_text("utf-8")
    files = [*(f for room in ROOMS for f in (ROOT / room).rglob("*.py")), *ROOT.glob("*.py")]
    keyed = {str(f.relative_to(ROOT)) for f in files if _imports(f) & KEYED}
    assert len(keyed) > 12
    assert sorted(name for name in keyed if f"`{name}`" not in page) == []
