"""Witnesses sign what only grew; who rewrites the log or puts yesterday's copy back finds nobody who signs."""

import base64
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from shutil import which
from time import monotonic

import pytest

from domain.base import Refusal
from domain.checkpoint import read_note
from domain.envelope import canonical
from domain.merkle import MerkleTree, consistency_proof
from domain.operations import CheckpointWitnessed
from domain.witnessing import WitnessPlaces, WitnessServer
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.checkpoint_keys import signing_key
from services.checkpoints import recorded_checkpoints_differ, take_checkpoint
from services.checkpoints_left import LeftCheckpoint, hand_out, leave_checkpoint
from services.timestamps import check_timestamp
from settings import Settings
from tests.eventlog.sample import Asker, raw
from tests.eventlog.test_verify import unprotect
from tests.services.test_checkpoints import rewrite
from tests.support.witness import TestWitness, is_consistent, serving_witness

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)


@pytest.fixture
def log(database: Database) -> Database:
    Asker(database).begin("a", notes=9)
    return database


@pytest.fixture
def witness(log: Database, tmp_path: Path) -> Iterator[TestWitness]:
    with serving_witness(signing_key(tmp_path, log.headquarters).public) as server:
        yield server


def left(log: Database, home: Path, *servers: TestWitness, hours: int = 0, **more: object) -> LeftCheckpoint:
    known = tuple(WitnessServer(url=one.url, key=one.key) for one in servers)
    settings = Settings(home=home, witnesses=WitnessPlaces.model_validate({"servers": known, "timeout": 5.0, **more}))
    done = leave_checkpoint(settings, log, NOW + timedelta(hours=hours))
    assert done is not None
    return done


def on_record(log: Database) -> list[CheckpointWitnessed]:
    events = [e for e in reading.read_all(log) if e.type == CheckpointWitnessed.__name__]
    return [CheckpointWitnessed.model_validate_json(e.payload) for e in events]


def test_a_tree_is_proven_to_be_an_earlier_one_grown() -> None:
    """Every pair of sizes up to 40, by an implementation of its own; any other proof or root is refused."""
    entries = [bytes([n]) for n in range(40)]
    roots = []
    tree = MerkleTree()
    for entry in entries:
        tree.append(entry)
        roots.append(tree.root())
    for new in range(1, 41):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, entries)
            assert is_consistent(old, new, roots[old - 1], roots[new - 1], proof)
            assert not is_consistent(old, new, roots[old - 1], roots[new - 2], proof) or new == 1
            assert not proof or not is_consistent(old, new, roots[old - 1], roots[new - 1], proof[:-1])
    assert consistency_proof(0, 40, entries) == []
    for old, new in ((41, 40), (3, 41)):
        with pytest.raises(ValueError, match=r"entries|begin"):
            consistency_proof(old, new, entries)


def test_a_witness_signs_a_log_that_grew_and_the_log_keeps_what_it_said(
    log: Database, witness: TestWitness, tmp_path: Path
) -> None:
    assert left(log, tmp_path, witness).witnesses == (witness.name,)
    Asker(log).open("b", notes=3)
    assert left(log, tmp_path, witness, hours=1).troubles == ()
    assert witness.answers == [200, 409, 200], "it was told how far it had seen, and proven to have only grown"
    _, signatures = read_note(on_record(log)[-1].note)
    assert [s.name for s in signatures] == [f"xmh-{log.headquarters}", witness.name]
    assert recorded_checkpoints_differ(log) == []
    assert verify(log).ok
    known = WitnessPlaces(servers=(WitnessServer(url=witness.url, key=witness.key),))
    assert leave_checkpoint(Settings(home=tmp_path, witnesses=known), log, NOW) is None, "nothing happened since"


def test_a_rewritten_log_and_one_cut_short_find_nobody_who_signs(
    log: Database, witness: TestWitness, tmp_path: Path
) -> None:
    left(log, tmp_path, witness)
    seen = witness.size

    def change(row: dict[str, object]) -> None:
        if (row["stream"], row["version"]) == ("sample/a", 5):
            row["payload"] = canonical({**json.loads(str(row["payload"])), "text": "从未说过"})

    rewrite(log, change)
    Asker(log).open("c")
    [trouble] = left(log, tmp_path, witness, hours=1).troubles
    assert f"所见的前{seen}条与现在的日志不同" in trouble
    witness.size = 10_000
    Asker(log).open("d")
    [trouble] = left(log, tmp_path, witness, hours=2).troubles
    assert "已见过第10000条，日志现在只有" in trouble


def test_who_comes_late_with_a_checkpoint_of_before_raises_no_alarm(
    log: Database, witness: TestWitness, tmp_path: Path
) -> None:
    """Web, worker and command line may take one at once; a witness sees them in whatever order."""
    known = WitnessPlaces(servers=(WitnessServer(url=witness.url, key=witness.key),))
    settings = Settings(home=tmp_path, witnesses=known)
    _, note, _ = take_checkpoint(log, tmp_path, NOW)
    Asker(log).open("b")
    left(log, tmp_path, witness)
    [trouble] = hand_out(settings, log, note, NOW).troubles
    assert "这一份不再签" in trouble
    assert verify(log).ok


def test_a_witness_that_speaks_no_http_keeps_nobody_else_from_it(
    log: Database, witness: TestWitness, tmp_path: Path
) -> None:
    urls = ["http://127.0.0.1:abc"]
    with ExitStack() as open_ones:
        for said in (b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            server = open_ones.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=_say_once, args=(server, said), daemon=True).start()
            urls.append(f"http://127.0.0.1:{server.getsockname()[1]}")
        known = tuple(WitnessServer(url=url, key=witness.key) for url in (*urls, witness.url))
        done = leave_checkpoint(Settings(home=tmp_path, witnesses=WitnessPlaces(servers=known)), log, NOW)
    assert done is not None
    assert done.witnesses == (witness.name,)
    assert [("不是 HTTP" in trouble) for trouble in done.troubles] == [True] * len(urls)


def test_witnesses_that_hang_are_waited_for_once(log: Database, witness: TestWitness, tmp_path: Path) -> None:
    """Whoever says `down` waits for the slowest, not for the sum of them."""
    with ExitStack() as silent:
        servers = [silent.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
        urls = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in servers)
        known = tuple(WitnessServer(url=url, key=witness.key) for url in (*urls, witness.url))
        settings = Settings(home=tmp_path, witnesses=WitnessPlaces(servers=known, timeout=2.0))
        begun = monotonic()
        done = leave_checkpoint(settings, log, NOW)
    assert monotonic() - begun < 6, "the sum of them is eight"
    assert done is not None
    assert (len(done.troubles), done.witnesses) == (len(servers), (witness.name,))


def _say_once(server: socket.socket, said: bytes) -> None:
    made, _ = server.accept()
    with made:
        made.recv(100_000)
        made.sendall(said)


def test_what_is_no_signature_of_the_witness_is_not_taken_and_one_that_is_away_keeps_nobody_else_from_it(
    log: Database, witness: TestWitness, tmp_path: Path
) -> None:
    with serving_witness(witness.log_key) as false:
        false.forges = True
        gone = TestWitness(witness.log_key)
        gone.server_close()
        done = left(log, tmp_path, false, gone, witness)
    assert done.witnesses == (witness.name,)
    forged, away = done.troubles
    assert "没有它的有效签名" in forged
    assert "连不上" in away


def test_a_signature_somebody_wrote_into_the_log_is_named(log: Database, witness: TestWitness, tmp_path: Path) -> None:
    left(log, tmp_path, witness)
    unprotect(log)
    [event] = on_record(log)
    line = event.note.splitlines()[-1]
    forged = line[:-8] + ("A" * 7 + "=" if not line.endswith("A" * 7 + "=") else "B" * 7 + "=")
    raw(log, f"UPDATE events SET payload = replace(payload, '{line}', '{forged}') WHERE type = 'CheckpointWitnessed'")
    [finding] = recorded_checkpoints_differ(log)
    assert f"没有 {witness.name} 的有效见证签名" in finding.message
    raw(log, "UPDATE events SET payload = replace(payload, 'blocks ', 'block ') WHERE type = 'CheckpointWitnessed'")
    [finding] = recorded_checkpoints_differ(log)
    assert "检查点读不懂" in finding.message


# --- time stamps


class _Authority(HTTPServer):
    """OpenSSL's time-stamp authority behind HTTP."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Stamping)
        self.folder = folder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/tsa"


class _Stamping(BaseHTTPRequestHandler):
    server: _Authority

    def do_POST(self) -> None:
        query = self.server.folder / "query.tsq"
        query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        done = openssl(self.server.folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", query.name)
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(done)

    def log_message(self, *_: object) -> None:
        """Silent."""


TSA = """
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
crypto_device = builtin
certs = tsa.pem
[ext]
basicConstraints = critical,CA:false
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


def openssl(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[_Authority]:
    """A time-stamp authority with a root of its own."""
    if which("openssl") is None:
        pytest.skip("no openssl on this machine: it plays the time-stamp authority")
    folder = tmp_path / "tsa"
    folder.mkdir()
    make_authority(folder)
    with _Authority(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def make_authority(folder: Path) -> None:
    """Keys and certificates of a time-stamp authority, under a root of its own."""
    (folder / "tsa.cnf").write_text(TSA)
    (folder / "serial").write_text("01")
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-keyout")
    openssl(folder, *new, "root.key", "-x509", "-days", "30", "-subj", "/CN=root", "-out", "root.pem")
    openssl(folder, *new, "tsa.key", "-subj", "/CN=tsa", "-out", "tsa.csr")
    ca = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "30")
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", *ca, "-extfile", "tsa.cnf", "-extensions", "ext", "-out", "tsa.pem"
    )


def test_a_checkpoint_is_stamped_with_the_time_by_somebody_else(
    log: Database, authority: _Authority, tmp_path: Path
) -> None:
    roots, elsewhere = authority.folder / "root.pem", tmp_path / "elsewhere"
    elsewhere.mkdir()
    places = WitnessPlaces(timestamps=authority.url, timestamp_roots=roots)
    done = leave_checkpoint(Settings(home=tmp_path, witnesses=places, checkpoint_folder=elsewhere), log, NOW)
    assert done is not None
    assert (done.authority, done.troubles) == (authority.url, ())
    [event] = on_record(log)
    checkpoint, _ = read_note(event.note)
    body, token = checkpoint.body().encode(), base64.b64decode(event.token or "")
    assert event.roots == roots.read_text("ascii"), "kept with it, for who verifies when the settings have another"
    assert abs(check_timestamp(token, body, event.roots) - datetime.now(UTC)) < timedelta(minutes=1)
    assert recorded_checkpoints_differ(log) == []
    # A stranger needs nothing of ours for it.
    (authority.folder / "body").write_bytes(body)
    [stamp] = elsewhere.glob("*.tsr")
    assert b"OK" in openssl(
        authority.folder, "ts", "-verify", "-data", "body", "-in", str(stamp), "-CAfile", "root.pem"
    )


def test_the_certificate_of_a_stamp_is_looked_at_again_as_of_its_moment(
    log: Database, authority: _Authority, tmp_path: Path
) -> None:
    """Somebody puts another authority's stamp on the same bytes in its place, with the root kept as it was."""
    left(log, tmp_path, timestamps=authority.url, timestamp_roots=authority.folder / "root.pem")
    [event] = on_record(log)
    other = authority.folder.parent / "other"
    shutil.copytree(authority.folder, other)
    make_authority(other)
    query = other / "query.tsq"  # of the same bytes
    forged = openssl(other, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", query.name)
    unprotect(log)
    replaced = f"replace(payload, '{event.token}', '{base64.b64encode(forged).decode()}')"
    raw(log, f"UPDATE events SET payload = {replaced} WHERE type = 'CheckpointWitnessed'")
    [finding] = recorded_checkpoints_differ(log)
    assert "没有有效的时间戳：时间戳的证书不在所信的根证书之下" in finding.message


def test_a_stamp_granted_without_a_stamp_is_none() -> None:
    with pytest.raises(Refusal, match="答复不是时间戳"):
        check_timestamp(bytes.fromhex("30053003020100"), b"", None)


def test_a_stamp_by_a_stranger_or_on_something_else_is_not_taken(
    log: Database, authority: _Authority, tmp_path: Path
) -> None:
    of_stranger = ("-keyout", "x.key", "-x509", "-subj", "/CN=x", "-out", "x.pem")
    openssl(authority.folder, "req", "-newkey", "rsa:2048", "-nodes", *of_stranger)
    [trouble] = left(log, tmp_path, timestamps=authority.url, timestamp_roots=authority.folder / "x.pem").troubles
    assert "不在所信的根证书之下" in trouble
    assert on_record(log) == []
    Asker(log).open("b")
    left(log, tmp_path, hours=1, timestamps=authority.url)
    unprotect(log)
    other = on_record(log)[0].note
    changed = other.replace("time 2022-03-07T03", "time 2022-03-07T04")
    old, new = (text.replace("\n", "\\n") for text in (other, changed))
    raw(log, f"UPDATE events SET payload = replace(payload, '{old}', '{new}') WHERE type = 'CheckpointWitnessed'")
    assert any("没有有效的时间戳" in finding.message for finding in recorded_checkpoints_differ(log))
