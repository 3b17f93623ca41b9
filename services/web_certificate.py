"""The certificate `xmh web` serves HTTPS with where no proxy stands in front: read, renewed in place, looked at."""

import logging
import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from domain.base import Refusal, refuse
from sheets.input_file import read_file

if TYPE_CHECKING:
    from settings import Settings

MOST_FILE = 1024 * 1024
ENDS_SOON = timedelta(days=14)
"""How long before its end doctor begins to ask for a new one."""
_log = logging.getLogger(__name__)


class OwnCertificate:
    """Certificate and key of the settings, as a server's side of TLS 1.2 and 1.3.

    `context` is what a server listens with, and only leads each connection to the pair as last read: a context keeps
    one certificate of each kind of key, and one that took an RSA pair after an elliptic one would go on showing both.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        """Read both.

        Raises:
            Refusal: `malformed`: they cannot be read, or are no pair.
        """
        self._cert, self._key = cert, key
        self._seen = self._stamps()
        self.context = self._shown = self._read()
        self.context.sni_callback = self._lead

    def renew(self) -> None:
        """Take what stands in the files now, if it changed: who connects from here on is shown the new one.

        What is no pair (only one of the two was put in place, say) is said in the log, and the old one kept.
        """
        try:
            stamps = self._stamps()
            if stamps == self._seen:
                return
            self._seen = stamps
            self._shown = self._read()
        except Refusal as error:
            _log.error("网页仍用原来的证书：%s", error)
        else:
            _log.warning("网页已换用新的证书 %s", self._cert)

    def _lead(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, listening: ssl.SSLContext) -> None:
        """Let a connection, whatever host it names, show the pair as last read."""
        del name, listening
        connection.context = self._shown

    def _stamps(self) -> tuple[object, ...]:
        try:
            stats = [file.stat() for file in (self._cert, self._key)]
        except OSError as error:
            line = f"读不出网页的证书或私钥 {error.filename}，请检查 xmh.toml 的 [web] cert、key 和该文件的权限"
            raise Refusal(line, "malformed") from error
        return tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self._cert, self._key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            pair = f"{self._cert} 和 {self._key} 不是配对的 PEM 证书和私钥（私钥不加口令）"
            line = f"{pair}，请检查 xmh.toml 的 [web] cert、key"
            raise Refusal(line, "malformed") from error
        return context


def own_certificate(settings: "Settings") -> OwnCertificate | None:
    """What the settings name; None where they name neither.

    Raises:
        Refusal: `malformed`: one of the two is missing, or they are no pair.
    """
    cert, key = settings.web.cert, settings.web.key
    refuse((cert is None) != (key is None), "网页的证书和私钥要一起写明：xmh.toml 的 [web] cert 和 key", "malformed")
    return OwnCertificate(cert, key) if cert is not None and key is not None else None


def believed_between(settings: "Settings") -> tuple[datetime, datetime] | None:
    """From when until when the certificate is good; None without one.

    Raises:
        Refusal: `malformed`: as `own_certificate`, or its dates cannot be read.
    """
    if own_certificate(settings) is None or settings.web.cert is None:
        return None
    try:
        shown = x509.load_pem_x509_certificates(read_file(settings.web.cert.resolve(), MOST_FILE))[0]
    except ValueError as error:  # OpenSSL takes forms of its own ("TRUSTED CERTIFICATE"), and serials below nought
        line = f"读不出网页的证书 {settings.web.cert} 的有效期，请换成通用的 PEM 证书（BEGIN CERTIFICATE）"
        raise Refusal(line, "malformed") from error
    return shown.not_valid_before_utc, shown.not_valid_after_utc


def _no_password() -> str:
    raise ValueError  # a key with a password would be asked for on the terminal
