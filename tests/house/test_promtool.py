"""What watches a site, as Prometheus takes it: configuration, rules, each alert, the dashboard's expressions."""

import json
import re
import shutil
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.alerts import BY_NAME
from tests.support.promtool import needs_promtool, promtool

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy/prometheus"
CONFIGURED: dict[str, Any] = yaml.safe_load((HERE / "prometheus.yml").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
DASHBOARD = json.loads((ROOT / "deploy/grafana/xmh.json").read_text(encoding="utf-8"))
MINUTES = re.compile(r"(\d+)m")


def raised_by_minute() -> dict[str, dict[int, bool]]:
    """Alert → minute → whether a case has it raised then."""
    said = defaultdict[str, dict[int, bool]](dict)
    for case in CASES:
        for one in case.get("alert_rule_test", ()):
            (minute,) = MINUTES.findall(one["eval_time"])
            said[one["alertname"]][int(minute)] = bool(one["exp_alerts"])
    return dict(said)


def test_every_alert_has_a_case_in_which_it_is_silent_then_raised_then_over() -> None:
    cases = raised_by_minute()
    assert cases.keys() == BY_NAME.keys()
    for alert, minutes in cases.items():
        course = [raised for _, raised in sorted(minutes.items())]
        assert (course[0], any(course), course[-1]) == (False, True, False), alert


@needs_promtool
def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    done = promtool("check", "config", HERE / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(BY_NAME)} rules found" in done.stdout


@needs_promtool
def test_prometheus_raises_and_clears_every_alert() -> None:
    done = promtool("test", "rules", HERE / "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("wrong", ["vector(1) > 2", "({0}) or last_over_time(({0})[1h:1m])"], ids=["never", "for ever"])
def test_rules_that_raise_nothing_or_end_nothing_fail_every_case(wrong: str, tmp_path: Path) -> None:
    rules = yaml.safe_load((HERE / "alerts.yml").read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        rule["expr"] = wrong.format(rule["expr"])
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    shutil.copy(HERE / "alerts_test.yml", tmp_path)
    done = promtool("test", "rules", tmp_path / "alerts_test.yml")
    assert done.returncode != 0
    assert set(re.findall(r"alertname: (\w+)", done.stdout + done.stderr)) == BY_NAME.keys()


@needs_promtool
def test_prometheus_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    shown = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    rules = [{"record": f"shown:{n}", "expr": expr} for n, expr in enumerate(shown)]

    def checked() -> int:
        (tmp_path / "shown.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
        return promtool("check", "rules", tmp_path / "shown.yml").returncode

    assert checked() == 0
    rules.append({"record": "shown:wrong", "expr": "rate(xmh_appends_total)"})
    assert checked() != 0


def test_who_is_asked_is_who_answers() -> None:
    """By the port of the worker's unit, and the one the manual writes under `[web]`."""
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in CONFIGURED["scrape_configs"]}
    (port,) = re.findall(r"--health-port (\d+)", (ROOT / "deploy/xmh-worker.service").read_text(encoding="utf-8"))
    (written,) = re.findall(r"`(metrics_port = \d+)`", (ROOT / "docs/运维告警.md").read_text(encoding="utf-8"))
    assert jobs == {
        "xmh-worker": [f"127.0.0.1:{port}"],
        "xmh-web": [f"127.0.0.1:{tomllib.loads(written)['metrics_port']}"],
    }
    named = {job for rule in BY_NAME.values() for job in re.findall(r'job="([\w-]+)"', rule["expr"])}
    assert named == jobs.keys()
