"""A machine whose clock is two hours off, at a log on PostgreSQL: it records nothing, and doctor says whose clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventlog import reading
from services.door_key import make_door_key
from tests.faults.stages import shifted, shifted_clock
from tests.support.clock import open_log
from tests.support.office import founded
from tests.support.served import Home


@pytest.mark.parametrize("hours", [-2, 2])
def test_what_such_a_machine_says_is_refused_in_one_line_and_doctor_names_it(
    postgres_url: str, tmp_path: Path, hours: int
) -> None:
    library = shifted_clock(tmp_path)
    if library is None:
        pytest.skip("a clock that is off is built by a C compiler (cc)")
    with founded(postgres_url, datetime.now(UTC) - timedelta(days=1)) as log:
        before = reading.newest_event(log)
    off = Home(tmp_path / "home", {"XMH_DATABASE_URL": postgres_url, **shifted(library, hours)})
    off.path.mkdir(mode=0o700)
    make_door_key(off.path)
    refused = off.xmh("access", "open", "office")
    assert refused.code == 3, refused
    assert len(refused.err.strip().splitlines()) == 1
    assert "时钟" in refused.err
    with open_log(postgres_url) as log:
        assert reading.newest_event(log) == before
    (found,) = [one for one in off.xmh("doctor", "--json").json["problems"] if one["code"] == "clock_off"]
    assert "相差" in found["message"]
    assert "NTP" in found["remedy"]
