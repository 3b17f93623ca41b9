"""One `xmh up` serves several headquarters, each by a worker of its own: what ends one leaves the others at work."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.calendar import local_date
from domain.transfer import Direction, Words
from eventlog.configured import open_log
from eventlog.verify import verify
from services.transfers import send_transfer, transfers
from settings import Settings
from tests.support.office import OFFICE, office_today
from tests.support.served import home_in, wait_for

pytestmark = pytest.mark.slow

DUE = (local_date(datetime.now(UTC)) + timedelta(days=40)).isoformat()
OPENING = ("task", "open", "--title", "推进主体施工", "--due", DUE, "--basis", "2022年工作计划", "--key", "K1")
ANOTHER = ("task", "open", "--title", "复核管线迁改", "--due", DUE, "--basis", "2022年工作计划", "--key", "K2")


@pytest.mark.timeout(120)
def test_each_has_its_own_worker_and_numbers_and_one_that_is_broken_keeps_no_other_waiting(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.ok("headquarters", "add", "FT", "--name", "福田片区建设指挥部")
        run = home.up()
        assert set(run.workers) == {"FT"}, "ready means that all who can work do"
        year = office_today().year
        for code in ("XMH", "FT"):
            opened = home.ok(*OPENING, "--headquarters", code)
            assert opened["matter"] == f"{code}-{year}-001", "the same key is another matter in each"

        home.ok("headquarters", "add", "NS", "--name", "南山片区建设指挥部", "--city")
        wait_for(lambda: "NS" in home.running.workers, 30)
        assert home.ok(*OPENING, "--headquarters", "NS")["matter"] == f"NS-{year}-001"

        words = Words(direction=Direction.UP, sender="FT", receiver="NS", title="请协调", text="电力迁改")
        with open_log(Settings(home=home.path, headquarters="FT")) as log:  # recorded, and died before it was carried
            send_transfer(log, words, OFFICE, datetime.now(UTC))
        with open_log(Settings(home=home.path, headquarters="NS")) as log:
            wait_for(lambda: [t.words for t in transfers(log)] == [words], 20)

        lost = home.running.workers["FT"]
        (home.path / "headquarters/FT/events.db").write_bytes(b"not a database" * 1000)
        lost.send(signal.SIGKILL)
        assert home.ok(*ANOTHER)["matter"] == f"XMH-{year}-002"
        broken = home.xmh("task", "list", "--headquarters", "FT")
        assert broken.code == 5
        assert "不是完好的数据库文件" in broken.err
        listed = {one["code"]: one for one in home.ok("headquarters", "list")["headquarters"]}
        assert (listed["XMH"]["open"], listed["NS"]["open"]) == (2, 1)
        assert listed["FT"]["error"]["code"] == "log_damaged"

        family = home.running
        home.down()
        assert not any(p and p.alive for p in (family.worker, *family.workers.values(), family.server))
        again = home.xmh("up", "--detach")
        assert again.code == 0
        assert "FT（福田片区建设指挥部）的日志不能用" in again.err
        for code in ("XMH", "NS"):
            with open_log(Settings(home=home.path, headquarters=code)) as log:
                assert verify(log).ok
