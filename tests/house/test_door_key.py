"""The door's key: made once, for its owner's eyes alone, the same for whoever shares a log, and never printed."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain import commands as c
from domain.base import Refusal
from domain.door import Door
from services.doctor.home import door_key_trouble
from services.door_key import keep_door_key, make_door_key
from settings import DOOR_KEY, Settings
from tests.support.office import order

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)


def proof(door: Door) -> str:
    return door.pass_order(order("matter/a", c.AcceptReceipt(), now=NOW, command_id="accept-it")).proof


def test_it_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as makers:
        list(makers.map(make_door_key, [tmp_path] * 4))
    key = (tmp_path / DOOR_KEY).read_text()
    make_door_key(tmp_path)
    assert (tmp_path / DOOR_KEY).read_text() == key
    assert [path.name for path in tmp_path.iterdir()] == [DOOR_KEY]
    assert stat.S_IMODE((tmp_path / DOOR_KEY).stat().st_mode) == 0o600


def test_homes_differ_and_a_shared_key_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for home in (one, other):
        home.mkdir()
        make_door_key(home)
    assert proof(Settings(home=one).door) != proof(Settings(home=other).door)
    assert proof(Settings(home=other, door_key_file=one / DOOR_KEY).door) == proof(Settings(home=one).door)
    monkeypatch.setenv("XMH_DOOR_KEY", (one / DOOR_KEY).read_text().strip())
    assert proof(Settings(home=other).door) == proof(Settings(home=one).door)


def test_a_key_that_is_missing_or_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="先运行 xmh up") as missing:
        _ = Settings(home=tmp_path).door
    assert missing.value.code == "door_key_missing"
    for content in (b"short", b"\xff" * 40, b""):
        (tmp_path / DOOR_KEY).write_bytes(content)
        with pytest.raises(Refusal) as broken:
            _ = Settings(home=tmp_path).door
        assert broken.value.code == "door_key_broken"


@pytest.mark.parametrize(
    ("home", "file", "remedy"),
    [
        ("there", None, "先运行 xmh up"),
        ("none", None, "先建立数据目录，再运行"),
        ("there", "door.key", "从别的机器取来"),
    ],
)
def test_who_lacks_the_key_is_told_what_would_make_it(tmp_path: Path, home: str, file: str | None, remedy: str) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(Refusal, match=remedy):
        _ = Settings(home=tmp_path / home, door_key_file=None if file is None else tmp_path / file).door


@pytest.mark.parametrize(("file", "remedy"), [(None, "会自动生成"), ("door.key", "放好 XMH_DOOR_KEY_FILE 指的文件")])
def test_doctor_promises_no_key_where_none_would_be_made(tmp_path: Path, file: str | None, remedy: str) -> None:
    settings = Settings(home=tmp_path / "home", door_key_file=None if file is None else tmp_path / file)
    assert [remedy in one.remedy for one in door_key_trouble(settings)] == [True]


def test_a_home_that_is_told_another_key_makes_none(tmp_path: Path) -> None:
    keep_door_key(Settings(home=tmp_path, door_key_file=tmp_path / "elsewhere"))
    assert list(tmp_path.iterdir()) == []
    keep_door_key(Settings(home=tmp_path))
    assert (tmp_path / DOOR_KEY).exists()


def test_it_is_never_printed(tmp_path: Path) -> None:
    make_door_key(tmp_path)
    settings = Settings(home=tmp_path, door_key="0123456789abcdef0123456789abcdef")  # type: ignore[arg-type]
    assert "0123456789abcdef" not in f"{settings!r}{settings}{settings.door!r}"


def test_what_a_proof_is_of() -> None:
    """Id, content with stream and actor, and expiry: change one and it is another."""
    door = Door(b"k" * 32)
    base = order("matter/a", c.AcceptReceipt(), now=NOW, command_id="accept-it")
    changed = [
        base.model_copy(update={"command_id": "accept-at"}),
        base.model_copy(update={"stream": "matter/b"}),
        base.model_copy(update={"command": c.DeclineReceipt(reason="不属本单位职责")}),
        base.model_copy(update={"actor": base.actor.model_copy(update={"id": "another"})}),
        base.model_copy(update={"valid_until": NOW}),
    ]
    proofs = {door.pass_order(one).proof for one in (base, *changed)}
    assert len(proofs) == 1 + len(changed)
