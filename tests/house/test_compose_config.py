"""`docker compose config`: what Compose itself makes of the file, with every profile; no engine is needed for that."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.support.manifests import no_settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
WRITTEN: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
PROFILES = sorted({profile for service in WRITTEN["services"].values() for profile in service.get("profiles", ())})


def _compose() -> list[str] | None:
    """How Compose is called here: as a plugin of `docker`, or by itself."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0]):
            asked = subprocess.run([*words, "version", "--short"], capture_output=True, text=True, check=False)
            if asked.returncode == 0 and not asked.stdout.startswith("1."):
                return words
    return None


COMPOSE = _compose()
pytestmark = pytest.mark.skipif(COMPOSE is None, reason="docker compose (version 2 or newer) is not on this machine")


def config(folder: Path, *profiles: str, given: str = "") -> subprocess.CompletedProcess[str]:
    (folder / ".env").write_text(given, encoding="utf-8")
    options = [word for profile in profiles for word in ("--profile", profile)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("XMH_", "COMPOSE_"))}
    return subprocess.run(
        [*(COMPOSE or ()), "--file", FILE, "--env-file", folder / ".env", *options, "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        env=clean,
    )


@pytest.mark.parametrize("profiles", [(), *((one,) for one in PROFILES), tuple(PROFILES)], ids="+".join)
def test_compose_takes_the_file_with_every_profile_and_has_nothing_to_say(
    profiles: tuple[str, ...], tmp_path: Path
) -> None:
    done = config(tmp_path, *profiles)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    wanted = {n for n, s in WRITTEN["services"].items() if not s.get("profiles") or set(s["profiles"]) & set(profiles)}
    assert json.loads(done.stdout)["services"].keys() == wanted


def test_what_reaches_a_service_is_what_its_settings_understand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anchors merged, variables put in, folded text as one line: by Compose, not by us."""
    services = json.loads(config(tmp_path, *PROFILES).stdout)["services"]
    web = None
    for name in ("migrate", "worker", "worker-2", "web", "xmh"):
        told = services[name]["environment"]
        assert no_settings(told) == set(), name
        for key, value in told.items():
            monkeypatch.setenv(key, value)
        settings = Settings()
        owner = "xmh_owner" if name == "migrate" else "xmh"
        assert str(settings.database_url_file) == f"/run/secrets/{owner}_database_url"
        (given,) = [one for one in services[name]["secrets"] if one["source"] == f"{owner}_database_url"]
        assert given.get("target", given["source"]).removeprefix("/run/secrets/") == given["source"]
        assert settings.address == "temporal:7233"
        web = settings.web if name == "web" else web
    assert web is not None
    assert (web.address, str(web.cert)) == ("https://localhost:8443", "/run/secrets/web_cert")
    assert {service["read_only"] for service in services.values() if service["image"].startswith("xmh:")} == {True}


def test_what_is_wrong_is_refused(tmp_path: Path) -> None:
    """So that what passes above was looked at."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(FILE.read_text(encoding="utf-8").replace("condition: service_healthy", "condition: healthy"))
    (tmp_path / ".env").touch()
    words = [*(COMPOSE or ()), "--file", wrong, "--env-file", tmp_path / ".env", "config", "--quiet"]
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0
