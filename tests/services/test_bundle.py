"""An evidence bundle convinces a stranger, and every change of it is found: by one byte, by recomputing, by whoever.

The attacker may have anything but the keys and checkpoints that lie elsewhere. Each trick is played with the layers
before it made good again, so that the check it is meant for is the one that finds it.
"""

import ast
import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain import commands as c
from domain.base import Refusal
from domain.checkpoint import LogCheckpoint, note_of, read_note
from domain.operations import EvidenceExported
from domain.papers import PaperKind
from eventlog import reading
from eventlog.attachments import keep_attachment
from eventlog.database import Database
from eventlog.rows import EVENT_COLUMNS
from eventlog.verify import verify
from services.bundle import verify_bundle as verifier
from services.bundle.export import ExportedBundle, export_matter, issued_upto
from services.bundle.histories import Runs
from services.checkpoint_keys import SigningKey, signing_key
from services.checkpoints import take_checkpoint
from services.issuing.catalogue import all_filed
from services.issuing.papers import issue_paper
from settings import Settings
from tests.documents.quarter import HALL, LAND, WORDS, play
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.homes import at, founded_home
from tests.support.office import FOR_LEADER, LIAISON, sqlite
from tests.support.streams import OPERATIONS_STREAM

__all__ = ["founded_home"]
NOW = at("2022-04-01")
RUN = {"0190-run": b'{"events":[]}'}


@dataclass
class Case:
    """A home with a log, and the evidence of one of its matters."""

    home: Path
    log: Database
    kept: str
    """The note of a checkpoint from before the last events."""
    exported: ExportedBundle
    folder: Path
    """The bundle unpacked; a test works on a copy."""


@pytest.fixture(scope="module")
def case(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A lived quarter, with an attachment, a sealed instruction and an issued paper."""
    home = tmp_path_factory.mktemp("bundle") / "home"
    shutil.copytree(founded_home, home)
    with open_log(sqlite(home)) as log:
        play(log)
        early, kept, _ = take_checkpoint(log, home, at("2022-03-31", "18:00"))
        proof = keep_attachment(home, ["现场照片".encode()], "现场 照片.jpg")
        act(log, HALL, c.SubmitFeedback(text="至六层", progress=50, attachments=(proof,)), LIAISON, NOW)
        issue_paper(log, home, HALL, PaperKind.SUPERVISION, signer=FOR_LEADER, now=NOW)
        file = home.parent / "证据.zip"
        exported = export_matter(
            log, Settings(home=home), HALL, file, kept=[(kept, early)], runs=Runs(RUN), by="audit", now=NOW
        )
        folder = home.parent / "unpacked"
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
        yield Case(home, log, kept, exported, folder)


def problems(place: Path, *keys: str, kept: tuple[bytes, ...] = ()) -> list[str]:
    return verifier.check_bundle(place, keys, kept).problems


def test_the_bundle_holds_what_the_log_knows_and_keeps_its_secrets(case: Case) -> None:
    assert problems(case.exported.file, case.exported.public_key, kept=(case.kept.encode(),)) == []
    assert problems(case.folder, case.exported.public_key) == []
    files = {p.relative_to(case.folder).as_posix(): p.read_bytes() for p in case.folder.rglob("*") if p.is_file()}
    folders = [name.partition("/")[0] for name in files]
    assert (folders.count("documents"), folders.count("attachments"), folders.count("histories")) == (4, 1, 1)
    assert (folders.count("checkpoints"), "timeline.pdf" in files) == (2, True)
    timeline = files["timeline.html"].decode()
    assert "办结时限2022年6月30日" in timeline
    assert "工作秘密" in timeline, "that a leader wrote is told, and not what"
    assert not [name for name, data in files.items() if WORDS.encode() in data]
    lines = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    events = [line["event"] for line in lines if line["event"]["stream"] == HALL]
    assert len(events) == reading.stream_head(case.log, HALL).version == case.exported.version
    assert [line["event"]["type"] for line in lines if line["event"]["stream"] != HALL] == ["PaperIssued"]
    assert case.exported.left_out == ()


def test_what_is_issued_after_the_checkpoint_stays_out(case: Case) -> None:
    papers = [filed for filed in all_filed(case.log, case.home) if filed.folder.name == "督办公文"]
    [position] = issued_upto(case.log, papers, case.exported.checkpoint)
    assert issued_upto(case.log, papers, position - 1) == {}


def test_taking_it_out_is_on_record(case: Case) -> None:
    [said] = [e for e in reading.read_stream(case.log, OPERATIONS_STREAM) if e.type == EvidenceExported.__name__]
    told = json.loads(said.payload)
    assert (told["by"], told["matter"], told["version"]) == ("audit", HALL, case.exported.version)
    assert told["sha256"] == hashlib.sha256(case.exported.file.read_bytes()).hexdigest()
    assert verify(case.log).ok


def test_a_stranger_verifies_it_with_bare_python(case: Case, tmp_path: Path) -> None:
    copy = tmp_path / "包"
    shutil.copytree(case.folder, copy)
    bare = (sys.executable, "-I", "-S", copy / "verify_bundle.py")
    said = subprocess.run(bare, cwd=tmp_path, env={}, capture_output=True, check=False)
    assert (said.returncode, "核验通过" in said.stdout.decode()) == (0, True), said
    assert "2022-04-01 10:00" in said.stdout.decode(), "in the office's time, wherever it is verified"
    (copy / "timeline.html").write_bytes(b"")
    (tmp_path / "note.txt").write_text(case.kept, encoding="utf-8")
    given = ("--public-key", case.exported.public_key, "--checkpoint", tmp_path / "note.txt")
    said = subprocess.run([*bare, copy, *given], cwd=tmp_path, env={}, capture_output=True, check=False)
    assert (said.returncode, "timeline.html 与清单不符" in said.stdout.decode()) == (1, True)


def test_the_verifier_is_short_and_needs_nothing_but_python() -> None:
    text = Path(verifier.__file__).read_text(encoding="utf-8")
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name) or ""
        for node in ast.walk(ast.parse(text, feature_version=(3, 9)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    assert len(text.splitlines()) <= 400
    assert ", ".join(verifier.COLUMNS) == EVENT_COLUMNS


# --- changes


def test_of_a_thousand_changed_bytes_of_the_zip_all_are_found(case: Case, tmp_path: Path) -> None:
    data, copy, dice = case.exported.file.read_bytes(), tmp_path / "x.zip", random.Random(17)
    for _ in range(1000):
        place = dice.randrange(len(data))
        copy.write_bytes(data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :])
        assert problems(copy), place


@pytest.mark.parametrize("times", [150, pytest.param(1000, marks=pytest.mark.chaos)])
def test_of_so_many_changed_bytes_of_its_files_all_are_found(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Every file is hit as often as any other: the small ones are those that are signed."""
    copy, dice = tmp_path / "x", random.Random(18)
    # The same signature over the same words need not be computed a thousand times.
    monkeypatch.setattr(verifier, "ed25519_verify", lru_cache(verifier.ed25519_verify))
    shutil.copytree(case.folder, copy)
    files = sorted(p for p in copy.rglob("*") if p.is_file())
    for n in range(times):
        file = files[n % len(files)]
        data = file.read_bytes()
        place = dice.randrange(len(data))
        file.write_bytes(data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :])
        assert problems(copy), (file.name, place)
        file.write_bytes(data)
    assert problems(copy) == []


Change = Callable[[Path, dict[str, Any]], None]


def forged(case: Case, folder: Path, change: Change, key: SigningKey) -> list[str]:
    """A copy changed by somebody who makes the manifest good again and signs it with a key of his."""
    shutil.copytree(case.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(folder, manifest)
    listed = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("manifest"))
    manifest["files"] = [
        {"path": p.relative_to(folder).as_posix(), "size": p.stat().st_size, "sha256": sha256(p)} for p in listed
    ]
    text = json.dumps(manifest, ensure_ascii=False).encode()
    body = f"xmh-bundle/1\n{manifest['origin']}\n{hashlib.sha256(text).hexdigest()}\n"
    (folder / "manifest.json").write_bytes(text)
    (folder / "manifest.note").write_text(f"{body}\n{key.sign_text(body).line()}", encoding="utf-8")
    return problems(folder)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def put_lines(folder: Path, lines: list[dict[str, Any]]) -> None:
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    (folder / "events.jsonl").write_text(text, encoding="utf-8")


def payload_changed(folder: Path, _: dict[str, Any]) -> None:
    lines = lines_of(folder)
    lines[3]["event"]["payload"] = lines[3]["event"]["payload"].replace("{", '{"said":"从未说过",', 1)
    put_lines(folder, lines)


def rehashed(folder: Path, manifest: dict[str, Any]) -> None:
    """One event changed and the whole chain made good again."""
    lines, before = lines_of(folder), ""
    for line in lines:
        row = line["event"]
        if row["stream"] == HALL:
            row["occurred_at"] += 60_000_000 * (row["version"] == 4)
            row["previous_hash"] = before
            row["hash"] = before = f"sha256:{hashlib.sha256(verifier.stored_bytes(row)[0]).hexdigest()}"
    manifest["matter"]["hash"] = before
    put_lines(folder, lines)


def left_out(folder: Path, _: dict[str, Any]) -> None:
    put_lines(folder, [line for n, line in enumerate(lines_of(folder)) if n != 4])


def swapped(folder: Path, _: dict[str, Any]) -> None:
    lines = lines_of(folder)
    lines[4], lines[5] = lines[5], lines[4]
    put_lines(folder, lines)


def shortened(folder: Path, _: dict[str, Any]) -> None:
    lines = lines_of(folder)
    put_lines(folder, [line for line in lines if line["event"]["version"] < 9 or line["event"]["stream"] != HALL])


def other_place(folder: Path, _: dict[str, Any]) -> None:
    lines = lines_of(folder)
    lines[2]["index"] += 1
    put_lines(folder, lines)


def unproven(folder: Path, _: dict[str, Any]) -> None:
    lines = lines_of(folder)
    lines[2]["proofs"] = {}
    put_lines(folder, lines)


def beyond(folder: Path, _: dict[str, Any]) -> None:
    lines = lines_of(folder)
    lines[-1]["index"] = 10**9
    put_lines(folder, lines)


def other_attachment(folder: Path, _: dict[str, Any]) -> None:
    next((folder / "attachments").iterdir()).write_bytes(b"another photo")


def without_attachment(folder: Path, _: dict[str, Any]) -> None:
    shutil.rmtree(folder / "attachments")


def without_checkpoint(folder: Path, _: dict[str, Any]) -> None:
    shutil.rmtree(folder / "checkpoints")


def other_log(_: Path, manifest: dict[str, Any]) -> None:
    manifest["origin"] = "xmh/XMH/0000000000000000"


def other_format(_: Path, manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (payload_changed, "内容与其哈希不符"),
        (rehashed, "所签的日志里"),
        (left_out, "与前一条接不上"),
        (swapped, "与前一条接不上"),
        (shortened, "与清单所说的"),
        (other_place, "所签的日志里"),
        (unproven, "所签的日志里"),
        (beyond, "不在检查点所证的范围内"),
        (other_attachment, "不是任何一条记录所登记的文件"),
        (without_attachment, "没有附上，清单也没有说明"),
        (without_checkpoint, "没有检查点"),
        (other_log, "是另一本日志的检查点"),
        (other_format, "本程序只认 1"),
    ],
)
def test_who_holds_the_signing_key_is_still_bound_by_the_log_and_its_checkpoints(
    case: Case, tmp_path: Path, change: Change, said: str
) -> None:
    found = forged(case, tmp_path / "forged", change, signing_key(case.home, case.log.headquarters))
    assert any(said in line for line in found), found


@pytest.mark.parametrize(("was", "now"), [("推进", "停止"), ('"made_at": "2022', '"made_at": "2021'), ("", "\n")])
def test_a_manifest_that_says_otherwise_is_not_the_signed_one(case: Case, tmp_path: Path, was: str, now: str) -> None:
    copy = tmp_path / "x"
    shutil.copytree(case.folder, copy)
    text = (copy / "manifest.json").read_text(encoding="utf-8")
    changed = text.replace(was, now, 1) if was else text + now
    (copy / "manifest.json").write_text(changed, encoding="utf-8")
    assert problems(copy) == ["清单与其签名不是一回事：清单被改动，或换了签名"]


def resigned(case: Case, folder: Path, key: SigningKey, **change: Any) -> Change:
    """The newest checkpoint, changed, and signed with another key, which the manifest presents as the log's."""

    def change_note(folder: Path, manifest: dict[str, Any]) -> None:
        from domain.checkpoint import read_note

        for note in (folder / "checkpoints").iterdir():
            told, _ = read_note(note.read_text(encoding="utf-8"))
            other = told.model_copy(update=change)
            note.write_text(note_of(other, (key.sign(other),)), encoding="utf-8")
        manifest["public_keys"] = [key.public]

    return change_note


def test_a_foreign_key_is_seen_by_whoever_noted_the_right_one(case: Case, tmp_path: Path) -> None:
    foreign = SigningKey("xmh-XMH", Ed25519PrivateKey.generate())
    folder = tmp_path / "forged"
    assert forged(case, folder, resigned(case, folder, foreign), foreign) == [], "it agrees with itself"
    assert any("签名不是所认公钥的" in line for line in problems(folder, case.exported.public_key))
    assert problems(folder, foreign.public, kept=(case.kept.encode(),)) == [], "the body of a note is what is kept"
    other = tmp_path / "other"
    root = bytes(32)
    assert any(
        "所签的日志里" in line for line in forged(case, other, resigned(case, other, foreign, root=root), foreign)
    )


def test_a_checkpoint_of_the_future_and_one_not_kept_are_named(case: Case, tmp_path: Path) -> None:
    key = signing_key(case.home, case.log.headquarters)
    later = datetime.now(UTC) + timedelta(days=30)
    folder = tmp_path / "later"
    found = forged(case, folder, resigned(case, folder, key, made_at=later), key)
    assert any("还没有到" in line for line in found)
    assert any("不在证据包所证的检查点之中" in line for line in problems(folder, kept=(case.kept.encode(),)))


# --- files nobody should trust


def sealed_zip(place: Path, members: dict[str, bytes], attributes: int = 0o100600) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = verifier.SEAL + b"0" * 64
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = attributes << 16
            archive.writestr(entry, data)
    return sealed(place)


def sealed(place: Path) -> Path:
    data = place.read_bytes()[:-64]
    place.write_bytes(data + hashlib.sha256(data).hexdigest().encode())
    return place


@pytest.mark.parametrize(
    ("name", "said"),
    [("../../etc/passwd", "证据包以外"), ("/etc/passwd", "证据包以外"), ("a\\b", "证据包以外"), ("a//b", "证据包以外")],
)
def test_paths_that_climb_are_one_line(tmp_path: Path, name: str, said: str) -> None:
    [line] = problems(sealed_zip(tmp_path / "x.zip", {name: b"x"}))
    assert said in line


def test_links_crowds_bombs_and_halves_are_one_line_each(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = case.exported.file.read_bytes()
    half, empty, no_zip = (tmp_path / name for name in ("half.zip", "empty.zip", "no.zip"))
    half.write_bytes(data[: len(data) // 2])
    empty.write_bytes(b"")
    no_zip.write_bytes(b"no zip at all " * 9 + verifier.SEAL + b"0" * 64)
    sealed(no_zip)
    links = sealed_zip(tmp_path / "links.zip", {"manifest.json": b"/etc/passwd"}, 0o120777)
    monkeypatch.setattr(verifier, "MOST_FILES", 10)
    many = sealed_zip(tmp_path / "many.zip", {f"{n}": b"" for n in range(11)})
    bomb = sealed_zip(tmp_path / "bomb.zip", {"manifest.json": b" " * (2**24 + 1)})
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "manifest.json").symlink_to("/etc/passwd")
    pipes = tmp_path / "pipes"
    pipes.mkdir()
    os.mkfifo(pipes / "manifest.json")
    for file, said in (
        (half, "没有传完"),
        (empty, "没有传完"),
        (no_zip, "不合格式"),
        (links, "是链接"),
        (many, "过多"),
        (bomb, "过大"),
        (folder, "是链接"),
        (pipes, "不是普通文件"),
        (sealed_zip(tmp_path / "none.zip", {"a": b""}), "缺少文件 manifest.json"),
        (sealed_zip(tmp_path / "deep.zip", {"manifest.json": b"[" * 100_000}), "不合格式"),
        (tmp_path / "没有.zip", "读不出来"),
    ):
        [line] = problems(file)
        assert said in line, (file, line)


def test_a_claim_of_ten_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    three = sealed_zip(tmp_path / "x.zip", {f"{n}": b"x" for n in range(3)})
    data, start = three.read_bytes(), 0
    while (start := data.find(b"PK\x01\x02", start)) >= 0:
        data = data[: start + 24] + (0xE0000000).to_bytes(4, "little") + data[start + 28 :]
        start += 4
    three.write_bytes(data)
    [line] = problems(sealed(three))
    assert "没有解开" in line


def test_a_log_that_is_not_the_one_a_checkpoint_was_signed_for_gives_no_bundle(case: Case, tmp_path: Path) -> None:
    from domain.checkpoint import read_note

    told, _ = read_note(case.kept)
    other: LogCheckpoint = told.model_copy(update={"root": bytes(32)})
    with pytest.raises(Refusal, match="不符，没有导出"):
        export_matter(
            case.log,
            Settings(home=case.home),
            LAND,
            tmp_path / "x.zip",
            kept=[(case.kept, other)],
            runs=Runs(why_none="没有"),
            by="office",
            now=NOW,
        )
    assert not (tmp_path / "x.zip").exists()


# --- the verifier's own Ed25519

RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_published_signatures_agree(key: str, message: str, signature: str) -> None:
    own, said, told = map(bytes.fromhex, (key, message, signature))
    assert verifier.ed25519_verify(own, said, told)
    assert not verifier.ed25519_verify(own, said + b"x", told)
    assert not verifier.ed25519_verify(own, said, told[:-1])
    order = 2**252 + 27742317777372353535851937790883648493
    again = (int.from_bytes(told[32:], "little") + order).to_bytes(32, "little")
    assert not verifier.ed25519_verify(own, said, told[:32] + again), "a second signature made of the first"


def test_a_second_implementation_agrees_on_signatures_and_their_changes() -> None:
    dice = random.Random(8032)
    for n in range(10):
        private, message = Ed25519PrivateKey.generate(), dice.randbytes(n * 7)
        key, signature = private.public_key().public_bytes_raw(), private.sign(message)
        assert verifier.ed25519_verify(key, message, signature)
        place = dice.randrange(64)
        changed = signature[:place] + bytes([signature[place] ^ 1 << dice.randrange(8)]) + signature[place + 1 :]
        assert not verifier.ed25519_verify(key, message, changed)


def test_base64_written_otherwise_is_no_signature(case: Case, tmp_path: Path) -> None:
    copy = tmp_path / "x"
    shutil.copytree(case.folder, copy)
    note = copy / "manifest.note"
    text = note.read_text(encoding="utf-8")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    end = max(n for n, letter in enumerate(text) if letter in letters)
    same = text[:end] + letters[letters.index(text[end]) ^ 1] + text[end + 1 :]
    assert base64.b64decode(same.split()[-1]) == base64.b64decode(text.split()[-1])
    note.write_text(same, encoding="utf-8")
    assert problems(copy)


# --- strangers' bundles: what they may not do to whoever verifies


def odd_zip(place: Path, method: int, data: bytes) -> Path:
    with zipfile.ZipFile(place, "w", method) as archive:
        archive.comment = verifier.SEAL + b"0" * 64
        archive.writestr("manifest.json", data)
    return sealed(place)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_to_pack_that_unpacks_to_any_size_at_once_is_not_unpacked(tmp_path: Path, method: int) -> None:
    [line] = problems(odd_zip(tmp_path / "x.zip", method, b"0" * 1000))
    assert "没有解开" in line


def test_broken_lzma_is_no_traceback(tmp_path: Path) -> None:
    place = odd_zip(tmp_path / "x.zip", zipfile.ZIP_LZMA, b"0" * 1000)
    data = bytearray(place.read_bytes())
    data[47:52] = b"\xff" * 5  # the filter's properties
    place.write_bytes(data)
    assert len(problems(sealed(place))) == 1


def test_a_file_of_line_ends_is_read_by_the_line(case: Case, tmp_path: Path) -> None:
    """512 MiB of them, packed in half a megabyte, were a list of as many lines."""
    import tracemalloc

    def bomb(folder: Path, _: dict[str, Any]) -> None:
        (folder / "events.jsonl").write_bytes(b" \n" * 2**23)

    tracemalloc.start()
    try:
        found = forged(case, tmp_path / "x", bomb, signing_key(case.home, case.log.headquarters))
        assert found == ["证据包的内容不合格式，不能核验"]
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()


def test_many_signatures_are_not_all_computed(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, asked, computed = tmp_path / "x", list[bytes](), verifier.ed25519_verify
    shutil.copytree(case.folder, copy)

    def counted(key: bytes, *signed: bytes) -> bool:
        asked.append(key)
        return bool(computed(key, *signed))

    monkeypatch.setattr(verifier, "ed25519_verify", counted)
    note = copy / "manifest.note"
    body, _, signed = note.read_text(encoding="utf-8").partition("\n\n")
    named, _, signature = signed.strip().rpartition(" ")
    forged_one = bytearray(base64.b64decode(signature))
    forged_one[-1] ^= 1
    line = f"{named} {base64.b64encode(forged_one).decode()}\n"
    note.write_text(f"{body}\n\n{line * 20}", encoding="utf-8")
    assert any("签名不是所认公钥的" in line for line in problems(copy))
    assert len(asked) < 20


def test_one_file_named_a_thousand_times_is_read_once(case: Case, tmp_path: Path) -> None:
    copy = tmp_path / "x"
    shutil.copytree(case.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] *= 1000
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert any("写了两遍" in line for line in problems(copy))


@pytest.mark.parametrize("key", ["number", "title"])
def test_a_manifest_that_lacks_what_is_shown_is_one_line(case: Case, tmp_path: Path, key: str) -> None:
    def lacking(_: Path, manifest: dict[str, Any]) -> None:
        del manifest["matter"][key]

    found = forged(case, tmp_path / "x", lacking, signing_key(case.home, case.log.headquarters))
    assert found == ["证据包的内容不合格式，不能核验"]


def test_an_event_twice_is_named(case: Case, tmp_path: Path) -> None:
    def twice(folder: Path, _: dict[str, Any]) -> None:
        lines = lines_of(folder)
        put_lines(folder, [*lines, next(line for line in lines if line["event"]["stream"] != HALL)])

    found = forged(case, tmp_path / "x", twice, signing_key(case.home, case.log.headquarters))
    assert any("有两份" in line for line in found)


def test_a_kept_checkpoint_vouches_for_no_event_younger_than_it(case: Case) -> None:
    """Whoever forges what came later may leave the kept one as it was: it must not seem to cover the forgery."""
    report = verifier.check_bundle(case.folder, (), (case.kept.encode(),))
    said = "\n".join(verifier.verdict(report, key_given=False))
    younger = [line for line in lines_of(case.folder) if line["index"] >= report.kept[0].size]
    assert younger
    assert f"只有{report.events - len(younger)}条在 checkpoints/1.txt（就是你留存的检查点）" in said
    assert f"其后的{len(younger)}条" in said
    assert "都在 checkpoints/2.txt 所签的日志里" in said


def test_a_signature_it_does_not_know_is_named_as_not_looked_at(case: Case, tmp_path: Path) -> None:
    """Of a key by SM2, or of a witness: whoever reads the verdict shall not think that it was."""
    early, _ = read_note(case.kept)
    kept = f"{case.kept}— xmh-XMH-sm2 {base64.b64encode(b'of another algorithm').decode()}\n"
    out = tmp_path / "x.zip"
    settings = Settings(home=case.home)
    export_matter(case.log, settings, HALL, out, kept=[(kept, early)], runs=Runs(RUN), by="audit", now=NOW)
    report = verifier.check_bundle(out)
    assert report.ok
    said = "\n".join(verifier.verdict(report, key_given=False))
    assert "  checkpoints/1.txt 另有 xmh-XMH-sm2 的签名（SM2、见证方等），未核验" in said


def test_a_checkpoint_kept_with_an_editor_s_marks_is_the_same(case: Case) -> None:
    kept = b"\xef\xbb\xbf" + case.kept.replace("\n", "\r\n").encode()
    assert problems(case.folder, kept=(kept,)) == []
    assert any("留存的检查点 不是签名文件" in line for line in problems(case.folder, kept=("检查点".encode("gbk"),)))


def test_called_wrongly_is_two_wherever_it_is_read(case: Case, tmp_path: Path) -> None:
    program = case.folder / "verify_bundle.py"
    for words in (("--public-key",), ("没有.zip",), ("--checkpoint", tmp_path), ("a", "b"), ("--sm3",)):
        said = subprocess.run((sys.executable, "-I", "-S", program, *words), capture_output=True, check=False)
        assert (said.returncode, b"Traceback" in said.stderr) == (2, False), words
