"""`xmh archive`: what ended gets its 档号 and goes into a package that four questions are asked of."""

import hashlib
import io
import json
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from domain import commands as c
from domain.archive import Retention
from eventlog.database import Database
from services.archiving import examination
from services.archiving.examination import ExaminationOutcome, Property, examine
from services.archiving.package import EVIDENCE, LIST, MANIFEST, METADATA
from tests.cli.test_forget import FORGET, STREAM
from tests.documents.quarter import POWER, play
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LEADER, OFFICE, opening

NO = "XMH-WS·2022-DB-0001"


@pytest.fixture
def quarter(log: Database) -> Database:
    play(log)
    return log


@pytest.fixture
def package(quarter: Database, xmh: CommandLine, tmp_path: Path) -> Path:
    del quarter
    file = tmp_path / "归档.zip"
    xmh.json("archive", "3", "-o", file)
    return file


def test_an_ended_matter_is_archived_once_and_its_package_is_sound_without_the_log(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    del quarter
    done = xmh.json("archive", "--year", "2022", "-o", tmp_path / "年.zip", "--retention", "永久")
    (one,) = done["matters"]
    assert (one["no"], one["matter"], one["retention"], one["until"]) == (NO, "XMH-2022-003", "永久", None)
    again = xmh.json("archive", "3", "-o", tmp_path / "件.zip", "--retention", "10年")
    assert again["matters"][0]["no"] == NO, "a matter keeps its 档号"
    (listed,) = xmh.json("archive", "list")["archived"]
    assert (listed["no"], listed["retention"], listed["until"]) == (NO, "10年", "2032-12-31")
    assert xmh.json("audit", "verify")["ok"]
    (xmh.home / "events.db").rename(tmp_path / "elsewhere.db")
    report = xmh.json("archive", "verify", tmp_path / "件.zip")
    assert (report["ok"], report["numbers"]) == (True, [NO])
    untested = {item["item"] for item in report["items"] if item["outcome"] == "未检测"}
    assert untested == {"签名的公钥", "病毒查杀"}, "what nobody looked at is not called sound"


def test_what_has_not_ended_is_not_archived_and_nothing_is_left(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    del quarter
    there = tmp_path / "在.zip"
    there.write_bytes(b"x")
    for words, actor, code, said in (
        (("3", "1", "-o", tmp_path / "x.zip"), "office", 3, "还没有办结"),
        (("3", "-o", there), "office", 2, "不会覆盖"),
        (("3", "-o", tmp_path / "没有" / "x.zip"), "office", 4, "没有目录"),
        (("3", "-o", tmp_path / "x.zip", "--retention", "五年"), "office", 2, "可填"),
        (("-o", tmp_path / "x.zip"), "office", 2, "二者取一"),
        (("3", "--year", "2022", "-o", tmp_path / "x.zip"), "office", 2, "二者取一"),
        (("--year", "2020", "-o", tmp_path / "x.zip"), "office", 4, "没有办结的事项"),
        (("3", "-o", tmp_path / "x.zip"), "audit", 3, "审计员只能查阅"),
        (("verify", tmp_path / "没有.zip"), "office", 4, "找不到文件"),
        (("verify", there, "--public-key", "x"), "office", 2, "不是公钥"),
    ):
        refused = xmh("archive", *words, actor=actor)
        assert (refused.code, said in refused.error) == (code, True), (words, refused)
    assert xmh.json("archive", "list")["archived"] == []
    assert not (tmp_path / "x.zip").exists()


def rewritten(package: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    spoilt = package.with_name("改过.zip")
    with zipfile.ZipFile(spoilt, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return spoilt


def spoilt_metadata(files: dict[str, bytes]) -> None:
    changed = files[f"{NO}/{METADATA}"].replace("编制电力".encode(), "编制水利".encode())
    told = json.loads(files[MANIFEST])
    for one in told["files"]:
        if one["path"].endswith(METADATA):
            one |= {"size": len(changed), "sha256": hashlib.sha256(changed).hexdigest()}
    files |= {f"{NO}/{METADATA}": changed, MANIFEST: json.dumps(told).encode()}


def flipped(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        data = bytearray(files[name])
        data[len(data) // 2] ^= 1
        files[name] = bytes(data)

    return change


def renumbered(files: dict[str, bytes]) -> None:
    files[MANIFEST] = files[MANIFEST].replace(b"XMH-2022-003", b"XMH-2022-001")


SPOILS: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a byte of the evidence": (flipped(f"{NO}/{EVIDENCE}"), "完整性"),
    "a byte of the list": (flipped(LIST), "完整性"),
    "no metadata": (lambda files: files.__delitem__(f"{NO}/{METADATA}"), "完整性"),
    "another title, with its digest": (spoilt_metadata, "真实性"),
    "another matter's number": (renumbered, "真实性"),
    "a stranger": (lambda files: files.update({f"{NO}/安装.exe": b"MZ"}), "安全性"),
    "a path that climbs": (lambda files: files.update({"../x": b""}), "安全性"),
    "no manifest": (lambda files: files.__delitem__(MANIFEST), "完整性"),
    "a manifest that is none": (lambda files: files.update({MANIFEST: b"[]"}), "完整性"),
    "a declaration in the metadata": (
        lambda files: files.update({f"{NO}/{METADATA}": b"<!DOCTYPE x>" + files[f"{NO}/{METADATA}"]}),
        "真实性",
    ),
}


def manifest_without(key: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        told = json.loads(files[MANIFEST])
        del told["matters"][0][key]
        files[MANIFEST] = json.dumps(told).encode()

    return change


def in_utf_16(files: dict[str, bytes]) -> None:
    text = (
        files[f"{NO}/{METADATA}"]
        .decode()
        .replace("utf-8", "utf-16")
        .replace("?>", "?><!DOCTYPE x [<!ENTITY a 'b'>]>", 1)
    )
    files[f"{NO}/{METADATA}"] = text.encode("utf-16")


SPOILS |= {
    "a manifest without a title": (manifest_without("title"), "完整性"),
    "a manifest without a version": (manifest_without("version"), "完整性"),
    "a declaration in UTF-16": (in_utf_16, "真实性"),
}


@pytest.mark.parametrize(("change", "where"), SPOILS.values(), ids=SPOILS.keys())
def test_a_package_that_was_changed_fails_where_it_should(
    package: Path, xmh: CommandLine, change: Callable[[dict[str, bytes]], None], where: str
) -> None:
    assert examine(package).ok
    report = xmh.json("archive", "verify", rewritten(package, change), code=1)
    assert where in {item["property"] for item in report["items"] if item["outcome"] == "不合格"}, report
    assert len(json.dumps(report)) < 20_000


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + b"x" * 500, b"x" * 5000])
def test_what_is_no_package_fails_in_one_line(xmh: CommandLine, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "坏.zip"
    file.write_bytes(data)
    (item,) = xmh.json("archive", "verify", file, code=1)["items"]
    assert (item["outcome"], item["said"]) == ("不合格", "不是完整的归档包")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_way_to_pack_that_unpacks_to_any_size_at_once_is_unsafe(tmp_path: Path, method: int) -> None:
    file = tmp_path / "归档.zip"
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(MANIFEST, b" " * 5000)
    failed = [finding for finding in examine(file).findings if finding.outcome is ExaminationOutcome.FAILED]
    assert [(finding.property, finding.item) for finding in failed] == [(Property.SAFE, "压缩方法为归档包所用")]


def test_a_member_that_says_it_is_small_takes_little(tmp_path: Path) -> None:
    """It unpacks to 128 MiB and says 10 bytes; what is in the evidence is read so too."""
    import tracemalloc

    file = tmp_path / "归档.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(MANIFEST, "w") as member:
        for _ in range(128):
            member.write(bytes(2**20))
    data = file.read_bytes()
    place = data.rindex(b"PK\x01\x02")
    file.write_bytes(data[: place + 24] + (10).to_bytes(4, "little") + data[place + 28 :])
    tracemalloc.start()
    try:
        assert not examine(file).ok
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


def test_a_link_or_a_lock_in_a_package_is_unsafe(package: Path, tmp_path: Path) -> None:
    linked = tmp_path / "链接.zip"
    shutil.copy(package, linked)
    with zipfile.ZipFile(linked, "a") as archive:
        entry = zipfile.ZipInfo(f"{NO}/{METADATA}.2")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    assert not examine(linked).ok


def test_what_does_not_inflate_or_stands_twice_is_a_finding_and_no_fault(package: Path, tmp_path: Path) -> None:
    torn = tmp_path / "撕坏.zip"
    for name in (MANIFEST, LIST, f"{NO}/{EVIDENCE}", f"{NO}/{METADATA}"):
        data = bytearray(package.read_bytes())
        with zipfile.ZipFile(package) as archive:
            entry = archive.getinfo(name)
        begin = entry.header_offset + 30 + len(name.encode())
        data[begin : begin + 8] = b"\xff" * 8
        torn.write_bytes(data)
        assert not examine(torn).ok, name
    twice = tmp_path / "重名.zip"
    shutil.copy(package, twice)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(MANIFEST, archive.read(MANIFEST))
    assert "没有重名的文件" in {f.item for f in examine(twice).findings if f.outcome is ExaminationOutcome.FAILED}


def test_evidence_that_swells_is_not_read_into_memory(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def swollen(files: dict[str, bytes]) -> None:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as evidence:
            evidence.writestr("events.jsonl", bytes(16 << 20))
        files[f"{NO}/{EVIDENCE}"] = inner.getvalue()

    spoilt = rewritten(package, swollen)
    monkeypatch.setattr(examination, "MOST_OPENED", 1 << 20)  # as 512 MiB are to a real one
    tracemalloc.start()
    report = examine(spoilt)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {f.said for f in report.findings if f.property is Property.USABLE} == {"events.jsonl"}
    assert most < 8 << 20


def test_a_term_is_kept_unless_another_is_said_and_may_be_said_again(
    quarter: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    terms: list[str | None] = ["永久", None, "10年", "永久", "10年"]
    said = []
    for n, term in enumerate(terms):
        more = ("--retention", term) if term else ()
        said.append(xmh.json("archive", "3", "-o", tmp_path / f"{n}.zip", *more)["matters"][0]["retention"])
    assert said == ["永久", "永久", "10年", "永久", "10年"]
    # Ended again in a later year it is kept from that one on, under its number.
    act(quarter, POWER, c.ReopenMatter(reason="复查", due=date(2023, 6, 30)), LEADER, at("2023-02-01"))
    act(quarter, POWER, c.CancelMatter(reason="并入专项"), LEADER, at("2023-03-01"))
    (one,) = xmh.json("archive", "3", "-o", tmp_path / "再.zip")["matters"]
    assert (one["no"], one["ended"], one["until"]) == (NO, "2023-03-01", "2033-12-31")
    # That it is held, and why, is for who sees all of the matter.
    xmh.json("archive", "hold", "3", "--reason", "配合巡察")
    assert [a["held"] for a in xmh.json("archive", "list")["archived"]] == ["配合巡察"]
    assert xmh.json("archive", "list", actor="zhao")["archived"] == []


@pytest.fixture
def opened(log: Database) -> Database:
    act(log, STREAM, opening(), OFFICE, at("2022-03-07"))
    return log


def test_what_is_held_is_not_destroyed_until_a_leader_releases_it(xmh: CommandLine, opened: Database) -> None:
    del opened
    assert xmh.json("archive", "hold", "1", "--reason", "配合审计")["held"] == "配合审计"
    refused = xmh(*FORGET, "--yes")
    assert (refused.code, "已停止销毁（配合审计）" in refused.error) == (3, True), refused
    assert xmh("archive", "hold", "1", "--reason", "再停").code == 3
    assert xmh("archive", "release", "1", "--reason", "审计结束").code == 3
    decided = ("--by", "leader", "--paper", "香指办〔2022〕9号")
    assert xmh.json("archive", "release", "1", "--reason", "审计结束", *decided)["held"] is None
    assert xmh(*FORGET, "--yes").code == 0
    assert xmh.json("archive", "list")["archived"] == []


def test_a_term_is_counted_from_the_end_of_its_year() -> None:
    assert [term.until(2022) for term in Retention] == [None, date(2052, 12, 31), date(2032, 12, 31)]
