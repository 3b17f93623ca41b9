"""An identity provider as OpenID Connect Core 1.0 wants it, on a port of its own, which may be told to misbehave.

It keeps what a provider has to: codes count once, for the client, address and PKCE challenge they were given for. A
person signs in there by being named (`as_whom`); that is all of its own sign-in.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "xmh", "s3cret:of/the client"


@cache
def _own_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@dataclass
class Provider:
    """What it knows, and how it is to misbehave."""

    issuer: str = ""
    as_whom: str = "u-1001"
    claims: dict[str, Any] = field(default_factory=dict)
    """Put over the claims it would make; None leaves a claim out."""
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256"})
    sign_with: Any = None
    """Another key than the one it publishes."""
    token_status: int = 200
    key: Any = field(default_factory=_own_key)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    """Put over what it says of itself."""
    more_keys: list[dict[str, str]] = field(default_factory=list)
    """Published beside its own."""
    goes_on: float | None = None
    """Every answer goes on without an end, with a pause of so many seconds after each piece."""

    def rotate(self) -> None:
        """Sign with a new key from now on, and publish that one only."""
        self.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
        self.header = {"alg": "ES256"}

    def authorize(self, address: str) -> str:
        """Where a browser is sent that came here with this address, after its person signed in."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer of its token endpoint."""
        if self.token_status != 200:
            return self.token_status, {"error": "server_error"}
        name_and_secret = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        if authorization != f"Basic {name_and_secret}":
            return 401, {"error": "invalid_client"}
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = asked and asked["code_challenge"] == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if asked is None or not proven or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        made = {"iss": self.issuer, "sub": self.as_whom, "aud": CLIENT, "exp": now + 300, "iat": now}
        made |= {"nonce": asked["nonce"], "auth_time": now, "acr": "2fa", **self.claims}
        claims = {name: value for name, value in made.items() if value is not None}
        if self.header["alg"] == "none":
            parts = (json.dumps(self.header).encode(), json.dumps(claims).encode())
            token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        else:
            token = jwt.encode({"kid": self.key.kid, **self.header}, claims, self.sign_with or self.key)
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def of_itself(self) -> dict[str, Any]:
        """Its discovery document."""
        ways = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{way}" for name, way in ways.items()}, **self.about}


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """A provider that runs."""
    provider = Provider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {
                "/.well-known/openid-configuration": provider.of_itself(),
                "/keys": {"keys": [*provider.more_keys, provider.key.as_dict(private=False)]},
            }
            self._say(200 if self.path in known else 404, known.get(self.path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*provider.token(form, self.headers.get("authorization", "")))

        def _say(self, status: int, document: dict[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data) if provider.goes_on is None else 1 << 40))
            self.end_headers()
            self.wfile.write(data)
            with suppress(OSError):  # the other one hangs up
                while provider.goes_on is not None:
                    self.wfile.write(b" " * 65536)
                    time.sleep(provider.goes_on)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (its name there)
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
