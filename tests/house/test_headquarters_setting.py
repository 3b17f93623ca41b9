"""Which headquarters a process serves is a setting, and what follows from it is its own."""

from pathlib import Path

import pytest

from domain.base import Refusal
from services.door_key import keep_door_key, make_door_key
from settings import DOOR_KEY, Settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("XMH_HEADQUARTERS", "XMH_HOME", "XMH_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_first_headquarters_has_the_home_itself_as_every_build_before(tmp_path: Path) -> None:
    first = Settings(home=tmp_path)
    assert (first.headquarters, first.home, first.installation) == ("XMH", tmp_path, tmp_path)
    assert first.database == f"sqlite:///{tmp_path / 'events.db'}"
    assert first.temporal_namespace == "default"


def test_another_has_a_home_a_log_a_namespace_and_a_door_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMH_HEADQUARTERS", "ft")
    other = Settings(home=tmp_path)
    own = tmp_path / "headquarters" / "FT"
    assert (other.headquarters, other.home, other.installation) == ("FT", own, tmp_path)
    assert other.database == f"sqlite:///{own / 'events.db'}"
    assert other.temporal_namespace == "default-ft"
    assert other.run_file == tmp_path / "run.json", "one service for all"
    assert other.master_key_place == own / "master.key"
    own.mkdir(parents=True)
    make_door_key(tmp_path)
    with pytest.raises(Refusal, match="入口密钥"):
        _ = other.door
    keep_door_key(other)
    assert (own / DOOR_KEY).exists()


def test_one_key_set_for_all_proves_nothing_of_one_headquarters_to_another() -> None:
    key = "0123456789abcdef0123456789abcdef"
    doors = [Settings(headquarters=code, door_key=key).door for code in ("XMH", "FT", "NS")]  # type: ignore[arg-type]
    assert len({door._proof(["order"]) for door in doors}) == len(doors)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p%40@db/xmh", "postgresql://u:p%40@db/xmh?options=%20-csearch_path%3Dxmh_ft"),
        (
            "postgresql://db/xmh?host=/run/pg&options=-cgeqo%3Doff",
            "postgresql://db/xmh?host=%2Frun%2Fpg&options=-cgeqo%3Doff%20-csearch_path%3Dxmh_ft",
        ),
    ],
)
def test_on_postgresql_another_has_a_schema_of_its_own(address: str, expected: str) -> None:
    assert Settings(database_url=address).database == address
    assert Settings(database_url=address, headquarters="FT").database == expected.replace("=%20-c", "=-c")


def test_a_file_that_is_named_is_the_firsts_and_never_two_logs(tmp_path: Path) -> None:
    named = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert Settings(home=tmp_path, database_url=named).database == named
    other = Settings(home=tmp_path, database_url=named, headquarters="FT")
    assert other.database == f"sqlite:///{tmp_path / 'headquarters/FT/events.db'}"


@pytest.mark.parametrize("text", ["ft", " ＦＴ ", "FT"])
def test_a_code_is_one_however_it_is_typed(text: str) -> None:
    assert Settings(headquarters=text).headquarters == "FT"


@pytest.mark.parametrize(
    "text", ["", "F T", "F/T", "../FT", "福田", "F_T", "-FT", "FT-", "FT-2026", "2FT", "F" * 17, "F\nT", "F;T", "F.T"]
)
def test_a_code_that_could_name_no_folder_schema_and_number_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Refusal, match="指挥部代号") as refused:
        Settings(headquarters=text)
    assert refused.value.code == "malformed"
    assert "\n" not in refused.value.message


def test_the_settings_of_a_neighbour_are_those_it_would_have_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMH_TEMPORAL_NAMESPACE", "office")
    monkeypatch.setenv("XMH_TASK_QUEUE", "q")
    for here in ("XMH", "FT"):
        for code in ("XMH", "FT", "NS"):
            there = Settings(home=tmp_path, headquarters=here).of(code)
            itself = Settings(home=tmp_path, headquarters=code)
            assert there == itself
            assert (there.installation, there.database) == (itself.installation, itself.database)
            assert there.of(here) == Settings(home=tmp_path, headquarters=here)
