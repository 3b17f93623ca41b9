"""`xmh web` with a certificate of its own: any address, nothing in the clear, renewed in place."""

import json
import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx
import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cli.main import _code
from services.doctor.home import web_address_noticed, web_certificate_trouble
from services.embedded.supervise import free_port
from settings import Settings, WebPlaces
from tests.support.command_line import CommandLine, forget_session
from tests.support.processes import binary, end, spawn, wait_until
from tests.support.tls import Certificate, certificate
from tests.web.conftest import Served, served_home
from tests.web.test_signing_in import HERE, PASSWORD, link_of, secret_in

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Secured:
    """A home served over HTTPS, and whose word its certificate has."""

    served: Served
    root: Certificate
    cert: Path
    key: Path

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.root.cert)

    def client(self, **given: str) -> httpx.Client:
        return httpx.Client(base_url=self.served.address, verify=self.trust, timeout=15, headers=given)

    def shown(self) -> x509.Certificate:
        """The certificate a new connection is shown."""
        port = int(self.served.address.rpartition(":")[2])
        with (
            socket.create_connection((HOST, port), 10) as raw,
            self.trust.wrap_socket(raw, server_hostname=HOST) as secure,
        ):
            return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")

    def put(self, made: Certificate) -> None:
        shutil.copy(made.cert, self.cert)
        shutil.copy(made.key, self.key)


@pytest.fixture(scope="module")
def secured(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("https")
    root = certificate(folder, "office-root")
    first = certificate(folder, "first", root, host=HOST)
    cert, key = folder / "web.pem", folder / "web.key"
    web = json.dumps({"cert": str(cert), "key": str(key)})
    shutil.copy(first.cert, cert)
    shutil.copy(first.key, key)
    with mock.patch("web.connections.HANDSHAKE_WITHIN", 1.0):
        for served in served_home(founded_home, folder, lambda _: None, XMH_WEB=web):
            yield Secured(served, root, cert, key)


def test_somebody_comes_in_over_https_and_his_browser_keeps_the_cookie(secured: Secured) -> None:
    """The cookie is `Secure`: a client that keeps to that sends it back of itself, which it would not over HTTP."""
    with secured.client() as client:
        link = link_of(secured.served, "li")
        secret = secret_in(client.get(link))
        code = pyotp.TOTP(secret).now()
        given = {"password": PASSWORD, "again": PASSWORD, "totp": secret, "code": code}
        done = client.post(link, data=given, headers=HERE)
        assert (done.status_code, done.headers["location"]) == (303, "/"), done.text
        page = client.get("/")
        assert (page.status_code, "李三" in page.text) == (200, True)
        assert page.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_is_said_in_the_clear_nor_under_an_old_tls(secured: Secured) -> None:
    port = int(secured.served.address.rpartition(":")[2])
    with socket.create_connection((HOST, port), 10) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in plain.recv(1000)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(secured.root.cert)
    old.set_ciphers("ALL:@SECLEVEL=0")
    for version, taken in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = version
        with socket.create_connection((HOST, port), 10) as raw:
            if taken:
                with old.wrap_socket(raw, server_hostname=HOST) as secure:
                    assert secure.version() == "TLSv1.2"
            else:
                with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|EOF"):
                    old.wrap_socket(raw, server_hostname=HOST)


def test_a_renewed_certificate_is_shown_without_a_restart_and_half_a_one_is_not(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.serving.RENEWED_EVERY", 1)
    before = secured.shown()
    second = certificate(tmp_path, "second", secured.root, host=HOST, of_rsa=True)
    shutil.copy(second.cert, secured.cert)
    time.sleep(0.5)
    assert secured.shown() == before, "the key is still the old one's"
    shutil.copy(second.key, secured.key)
    _until(lambda: secured.shown() == second.made)
    secured.cert.write_text("nothing of the kind")
    time.sleep(0.5)
    assert secured.shown() == second.made
    secured.cert.unlink()
    time.sleep(0.3)
    assert secured.shown() == second.made
    third = certificate(tmp_path, "third", secured.root, host=HOST)
    secured.put(third)
    _until(lambda: secured.shown() == third.made)


def _until(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_who_connects_and_agrees_on_nothing_shuts_nobody_out_and_is_let_go(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(secured.served.address.rpartition(":")[2])
    with ExitStack() as idle:
        for _ in range(600):
            idle.enter_context(socket.create_connection((HOST, port)))
        with secured.client() as client:
            assert client.get("/healthz").json() == {"ok": True}
    with socket.create_connection((HOST, port), timeout=20) as slow:
        slow.sendall(b"\x16\x03\x01")
        assert slow.recv(100) == b""


def test_the_command_line_believes_the_roots_it_is_told_of(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XMH_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("XMH_SERVER", secured.served.address)
    monkeypatch.setenv("XMH_TOKEN", secured.served.token("office"))

    def run() -> tuple[int, str]:
        forget_session()
        capsys.readouterr()
        code = _code(["task", "list", "--json"])
        forget_session()
        return code, capsys.readouterr().out

    code, out = run()
    assert code == 5
    assert "不信任服务器" in json.loads(out)["error"]["message"]
    assert "SSL_CERT_FILE" in json.loads(out)["error"]["message"]
    monkeypatch.setenv("SSL_CERT_FILE", str(secured.root.cert))
    code, out = run()
    assert (code, "matters" in json.loads(out)) == (0, True)


def test_it_listens_on_any_address_with_a_certificate(secured: Secured, tmp_path: Path) -> None:
    """As a process of its own, from `xmh.toml`: what it says is where it is, and SIGTERM ends it."""
    port, log = free_port(), tmp_path / "web.log"
    web = json.dumps({"cert": str(secured.cert), "key": str(secured.key)})
    told = os.environ | {"XMH_HOME": str(secured.served.home), "XMH_WEB": web}
    process = spawn([binary("xmh"), "web", "--host", "0.0.0.0", "--port", str(port), "--json"], log, env=told)  # noqa: S104
    try:
        wait_until(lambda: b"ready" in log.read_bytes(), process, log, 30)
        assert json.loads(log.read_text()) == {"ready": True, "web": f"https://0.0.0.0:{port}"}
        assert httpx.get(f"https://{HOST}:{port}/healthz", verify=secured.trust).json() == {"ok": True}
    finally:
        end(process)


def test_what_is_no_pair_is_a_line_and_nothing_listens(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    locked, other = tmp_path / "locked.key", certificate(tmp_path, "other")
    sealed = serialization.BestAvailableEncryption(b"word")
    locked.write_bytes(
        other.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)
    )
    xmh = CommandLine(secured.served.home, capsys)
    for cert, key, line in (
        (secured.cert, None, "要一起写明"),
        (None, secured.key, "要一起写明"),
        (tmp_path / "none.pem", secured.key, "读不出网页的证书或私钥"),
        (secured.cert, other.key, "不是配对的"),
        (secured.key, secured.key, "不是配对的"),
        (other.cert, locked, "不加口令"),
        (tmp_path, secured.key, "不是配对的"),
    ):
        given = {name: str(file) for name, file in (("cert", cert), ("key", key)) if file is not None}
        monkeypatch.setenv("XMH_WEB", json.dumps(given))
        refused = xmh("web", "--host", "0.0.0.0")  # noqa: S104
        assert (refused.code, line in refused.error, "\n" in refused.error) == (2, True, False), refused.error
        assert "web_certificate" in {p["code"] for p in xmh("doctor", "--json").json["problems"]}, given


def test_doctor_asks_for_a_new_one_in_time(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = certificate(tmp_path, "web", days=30, host=HOST)
    settings = Settings(home=tmp_path, web=WebPlaces(cert=made.cert, key=made.key))
    for days, codes in ((0, []), (17, ["web_certificate_ends"]), (31, ["web_certificate"]), (-4, ["web_certificate"])):
        assert [f.code for f in web_certificate_trouble(settings, now + timedelta(days=days))] == codes, days
    assert [f.code for f in web_address_noticed(settings)] == ["web_address_unset"]
    trusted = tmp_path / "trusted.pem"
    framed = made.cert.read_text().replace("CERTIFICATE", "TRUSTED CERTIFICATE")
    trusted.write_text(framed)
    (told,) = web_certificate_trouble(Settings(home=tmp_path, web=WebPlaces(cert=trusted, key=made.key)), now)
    assert (told.code, "BEGIN CERTIFICATE" in told.message) == ("web_certificate", True)
    settings.web.address = "https://db.example.gov.cn"
    assert list(web_address_noticed(settings)) == []
    assert list(web_address_noticed(Settings(home=tmp_path))) == []
