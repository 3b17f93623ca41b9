"""The manifests for Kubernetes say what the program understands: its settings, its commands, its ports, its keys."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.support.manifests import no_settings, options_of

ROOT = Path(__file__).parents[2]
LIST = yaml.safe_load((ROOT / "deploy/k8s/xmh.yaml").read_text(encoding="utf-8"))
ITEMS: dict[tuple[str, str], Any] = {(item["kind"], item["metadata"]["name"]): item for item in LIST["items"]}
PODS = {
    item["metadata"]["name"]: (item, item["spec"]["template"]["spec"])
    for item in LIST["items"]
    if "template" in item.get("spec", {})
}
DRAIN = 30
"""Seconds a worker takes at most after SIGTERM."""


def container(name: str) -> dict[str, Any]:
    (one,) = PODS[name][1]["containers"]
    return dict(one)


def environment(name: str) -> dict[str, str]:
    """What a container is told, of maps and of its own."""
    told: dict[str, str] = {}
    for source in container(name).get("envFrom", ()):
        told |= ITEMS["ConfigMap", source["configMapRef"]["name"]]["data"]
    return told | {one["name"]: one["value"] for one in container(name).get("env", ())}


def options(name: str) -> dict[str, str]:
    """The command a container runs."""
    return options_of(container(name)["args"])


@pytest.fixture(params=sorted(PODS))
def pod(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_setting_is_one_and_is_taken(pod: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = environment(pod)
    assert no_settings(told) == set()
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.store_folder == Path("/srv/xmh")
    assert settings.temporal_namespace == "xmh"


def test_every_command_and_option_exists(pod: str) -> None:
    assert isinstance(options(pod), dict)


def test_what_is_named_in_settings_is_mounted_where_it_is_named(pod: str) -> None:
    mounts = {PurePosixPath(mount["mountPath"]) for mount in container(pod)["volumeMounts"]}
    named = re.findall(r"/(?:etc|srv|var)/[\w./-]+", " ".join(environment(pod).values()))
    assert named
    assert [path for path in named if not ({PurePosixPath(path), PurePosixPath(path).parent} & mounts)] == []


def test_every_mount_is_of_a_volume_and_every_claim_exists(pod: str) -> None:
    item, spec = PODS[pod]
    own = {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", ())}
    volumes = own | {volume["name"] for volume in spec["volumes"]}
    assert {mount["name"] for mount in container(pod)["volumeMounts"]} == volumes
    claims = [v["persistentVolumeClaim"]["claimName"] for v in spec["volumes"] if "persistentVolumeClaim" in v]
    assert claims
    assert all(("PersistentVolumeClaim", claim) in ITEMS for claim in claims)


def test_it_runs_without_rights_on_a_disk_it_cannot_write(pod: str) -> None:
    spec, inner = PODS[pod][1]["securityContext"], container(pod)["securityContext"]
    assert (spec["runAsNonRoot"], spec["runAsUser"]) == (True, 10001)
    assert f"--uid {spec['runAsUser']}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert (inner["readOnlyRootFilesystem"], inner["allowPrivilegeEscalation"]) == (True, False)
    assert inner["capabilities"] == {"drop": ["ALL"]}
    assert PODS[pod][1]["automountServiceAccountToken"] is False


def test_only_the_migration_comes_as_the_owner_of_the_tables() -> None:
    owners = {
        name
        for name, (_, spec) in PODS.items()
        for volume in spec["volumes"]
        if volume.get("secret", {}).get("secretName") == "xmh-database-owner"
    }
    assert owners == {"xmh-migrate"}
    assert container("xmh-migrate")["args"] == ["migrate"]


def test_probes_ask_where_it_listens() -> None:
    assert options("xmh-worker")["health_port"] == str(_port("xmh-worker", "health"))
    assert options("xmh-web")["port"] == str(_port("xmh-web", "https"))
    assert f'"metrics_port": {_port("xmh-web", "metrics")}' in environment("xmh-web")["XMH_WEB"]
    for name, port in (("xmh-worker", "health"), ("xmh-web", "https")):
        one = container(name)
        assert (one["livenessProbe"]["httpGet"]["path"], one["readinessProbe"]["httpGet"]["path"]) == (
            "/healthz",
            "/readyz",
        )
        assert one["readinessProbe"]["httpGet"]["port"] == one["livenessProbe"]["httpGet"]["port"] == port


def _port(name: str, called: str) -> int:
    return next(int(port["containerPort"]) for port in container(name)["ports"] if port["name"] == called)


def test_a_service_leads_to_pods_by_a_port_they_have() -> None:
    services = [item for item in LIST["items"] if item["kind"] == "Service"]
    assert {service["metadata"]["name"] for service in services} == {"xmh-worker", "xmh-web"}
    for service in services:
        name = service["spec"]["selector"]["app"]
        assert PODS[name][0]["spec"]["template"]["metadata"]["labels"] == service["spec"]["selector"]
        for port in service["spec"]["ports"]:
            _port(name, port["targetPort"])


def test_who_is_stopped_has_time_to_drain(pod: str) -> None:
    if pod != "xmh-migrate":
        assert PODS[pod][1]["terminationGracePeriodSeconds"] > DRAIN


def test_the_image_is_of_this_version() -> None:
    version = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {container(name)["image"] for name in PODS} == {f"xmh:{version[1]}"}


def test_what_is_mistyped_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ITEMS["ConfigMap", "xmh"]["data"], "XMH_DATABSE_URL", "postgresql://db/xmh")
    assert no_settings(environment("xmh-worker")) == {"XMH_DATABSE_URL"}
