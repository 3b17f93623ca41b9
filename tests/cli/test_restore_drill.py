"""The drill: a backup under load, the home destroyed, restored elsewhere, and everything goes on."""

import shutil
import time
from datetime import timedelta
from pathlib import Path

import pytest

from eventlog.verify import verify
from tests.support.office import office_today
from tests.support.served import home_in

DUE = (office_today() + timedelta(days=60)).isoformat()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_home_destroyed_after_a_backup_goes_on_from_it(tmp_path: Path) -> None:
    with home_in(tmp_path / "first") as home:
        home.furnish()
        home.up()
        opening = ("task", "open", "--title", "整治一号地块", "--due", DUE, "--basis", "2026年工作计划")
        number = home.ok(*opening, "--lead", "gengxin")["matter"]
        home.ok("task", "accept", number, "--as", "li")
        (tmp_path / "凭据.pdf").write_text("%PDF-1.4 现场照片清单", encoding="utf-8")
        report = ("task", "report", number, "--as", "li")
        answered = home.ok(*report, "--text", "已进场", "--secret", "--attach", tmp_path / "凭据.pdf")["version"]
        storm = [home.begin(*report, "--text", f"进展{n}") for n in range(2)]
        taken = home.ok("backup", tmp_path / "备份.zip")
        for process in storm:
            process.communicate(timeout=30)
        home.kill_all()
        key = (home.path / "master.key").read_bytes()
        shutil.rmtree(home.path)
    began = time.monotonic()
    with home_in(tmp_path / "second") as home:
        shutil.rmtree(home.path)
        back = home.ok("restore", tmp_path / "备份.zip")
        assert (back["position"], back["keys_missing"]) == (taken["position"], True)
        (home.path / "master.key").write_bytes(key)
        home.up()
        home.ok("recover")
        shown = home.ok("task", "show", number)
        print(f"restored and served in {time.monotonic() - began:.1f} s")  # noqa: T201  (the drill's figure)
        assert shown["version"] >= answered
        assert shown["deadlines"], "its timers wait again"
        assert "已进场" in home.xmh("task", "show", number).out
        home.ok(*report, "--text", "还原之后")
        assert home.ok("audit", "verify")["ok"]
        assert [n["stream"] for n in home.ok("notice", "list", "--pending")["notices"] if n.get("error")] == []
        with home.log() as log:
            assert verify(log).ok
        home.down()
