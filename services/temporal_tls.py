"""How the connection to Temporal is secured, and what is wrong when it does not come about.

The client's library says what failed in its own terms, if it says anything: so the handshake is tried once more here,
and the cause is named with the setting that mends it.
"""

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from temporalio.service import TLSConfig

from domain.base import Refusal, refuse
from sheets.input_file import read_file

if TYPE_CHECKING:
    from settings import Settings

LOOK_WITHIN = 1.0
"""Seconds for each step of looking what is wrong."""
MOST_FILE = 1024 * 1024
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""What an HTTP/2 client begins with (RFC 9113 3.4): whoever refuses a client's certificate says so only after that."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
"""What OpenSSL calls an answer that is no TLS, by its versions."""
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME, _OTHER_ADDRESS = 62, 64
"""Of OpenSSL's `X509_V_ERR_…`."""


def tls_of(settings: "Settings") -> TLSConfig | None:
    """What the settings say of TLS; None without it.

    Raises:
        Refusal: `malformed`: a file cannot be read, is none of its kind, or one of certificate and key is missing.
    """
    if not settings.temporal_over_tls:
        return None
    cert, key = settings.temporal_tls_cert, settings.temporal_tls_key
    both = "客户端证书和私钥要一起写明：XMH_TEMPORAL_TLS_CERT 和 XMH_TEMPORAL_TLS_KEY"
    refuse((cert is None) != (key is None), both, "malformed")
    config = TLSConfig(
        server_root_ca_cert=_pem(settings.temporal_tls_ca, "根证书", "XMH_TEMPORAL_TLS_CA"),
        domain=settings.temporal_tls_name,
        client_cert=_pem(cert, "客户端证书", "XMH_TEMPORAL_TLS_CERT"),
        client_private_key=_pem(key, "客户端私钥", "XMH_TEMPORAL_TLS_KEY"),
    )
    _context(settings)  # what is no certificate, or no pair, is said before anybody is asked
    return config


def api_key_of(settings: "Settings") -> str | None:
    """The API key in its file; None when none is named. What else the file holds is never repeated.

    Raises:
        Refusal: `malformed`: it cannot be read, or holds no key.
    """
    if settings.temporal_api_key_file is None:
        return None
    name, file = "XMH_TEMPORAL_API_KEY_FILE", settings.temporal_api_key_file
    try:
        key = _read(file, "API key", name).decode("ascii").strip()
    except ValueError:
        key = ""
    refuse(not key.isprintable() or len(key.split()) != 1, f"{file} 里应只有一行 API key，请检查 {name}", "malformed")
    return key


def why_not_connected(settings: "Settings", address: str) -> str | None:
    """What of TLS keeps a connection from coming about, in one line with its remedy; None when that is not it."""
    host, _, port = address.rpartition(":")
    place = f"Temporal 服务（{address}）"
    secured = settings.temporal_over_tls
    context = _context(settings) if secured else _looking_only()
    try:
        with socket.create_connection((host.strip("[]"), int(port)), LOOK_WITHIN) as raw:
            raw.settimeout(LOOK_WITHIN)
            with context.wrap_socket(raw, server_hostname=settings.temporal_tls_name or host) as secure:
                if not secured:
                    return f"{place}要求 TLS，请设置 XMH_TEMPORAL_TLS_CA，根证书已装在系统里的设 XMH_TEMPORAL_TLS=true"
                return _why_hung_up(settings, secure, place)
    except ssl.SSLCertVerificationError as error:
        return _why_not_believed(settings, error.verify_code, place, settings.temporal_tls_name or host)
    except ssl.SSLError as error:
        if secured and error.reason in _NO_TLS:
            return f"{place}没有用 TLS，请去掉 XMH_TEMPORAL_TLS 开头的设置，或让服务启用 TLS"
        return _why_refused(settings, place) if secured and "ALERT" in (error.reason or "") else None
    except (OSError, ValueError):
        return None


def _why_hung_up(settings: "Settings", secure: ssl.SSLSocket, place: str) -> str | None:
    """Under TLS 1.3 the server looks at the client's certificate after the handshake, and then just hangs up."""
    secure.sendall(_PREFACE)
    try:
        heard = secure.recv(1)
    except TimeoutError:
        return None
    except (ssl.SSLError, ConnectionError):
        heard = b""
    return None if heard else _why_refused(settings, place)


def _why_refused(settings: "Settings", place: str) -> str:
    if settings.temporal_tls_cert is None:
        return f"{place}要求客户端证书，请设置 XMH_TEMPORAL_TLS_CERT 和 XMH_TEMPORAL_TLS_KEY"
    return f"{place}不认本机的客户端证书 {settings.temporal_tls_cert}，请换成它的签发机构签的，或检查是否过期"


def _why_not_believed(settings: "Settings", code: int, place: str, name: str) -> str:
    if code in (_OTHER_NAME, _OTHER_ADDRESS):
        return f"{place}的证书不是发给 {name} 的，请检查地址，或用 XMH_TEMPORAL_TLS_NAME 写明证书上的名称"
    if code in (_EXPIRED, _NOT_YET):
        return f"{place}的证书不在有效期内，请更换该证书，或校准本机的时钟"
    ca = settings.temporal_tls_ca
    by = f"不是 {ca} 里的根证书签发的" if ca else "不是系统信任的机构签发的"
    return f"{place}的证书{by}，请检查 XMH_TEMPORAL_TLS_CA"


def _context(settings: "Settings") -> ssl.SSLContext:
    """The settings of TLS as Python's own handshake wants them.

    Raises:
        Refusal: `malformed`.
    """
    ca, cert, key = settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key
    try:
        context = ssl.create_default_context(cafile=ca)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Refusal(f"{ca} 里没有能用的 PEM 根证书，请检查 XMH_TEMPORAL_TLS_CA", "malformed") from error
    # From 3.13 on Python asks more of an authority (RFC 5280 in full) than the client that connects in the end.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2"])
    if cert is not None and key is not None:
        try:
            context.load_cert_chain(cert, key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            line = f"{cert} 和 {key} 不是配对的 PEM 证书和私钥（私钥不加口令），请检查 XMH_TEMPORAL_TLS_CERT、_KEY"
            raise Refusal(line, "malformed") from error
    return context


def _looking_only() -> ssl.SSLContext:
    """To see whether somebody speaks TLS at all: nothing is sent to him, so he need not be believed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _no_password() -> str:
    raise ValueError  # a key with a password would be asked for on the terminal


def _pem(file: Path | None, what: str, name: str) -> bytes | None:
    return None if file is None else _read(file, what, name)


def _read(file: Path, what: str, name: str) -> bytes:
    try:
        return read_file(file.resolve(), MOST_FILE)
    except Refusal as error:
        raise Refusal(f"{what}文件 {file} 读不出来，请检查 {name} 和该文件的权限", "malformed") from error
