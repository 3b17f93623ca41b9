"""An identity provider of the office's, asked by OpenID Connect: authorization code with PKCE, and what it signs.

What comes by the browser is believed for nothing: only the provider's own answer to the code, its signature checked
against its published keys, says who somebody is.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from domain.access.account import MOST_SUBJECT
from domain.base import Refusal, refuse
from services.identity import LEEWAY, Going, Purpose, Vouched
from sheets.input_file import read_file

if TYPE_CHECKING:
    from settings import OidcPlaces

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key only the provider has; never `none`, never a secret that is shared."""
ASKED_WITHIN = 5.0
KNOWN_FOR = 3600.0
"""Seconds for which what the provider says of itself is kept."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_SECRET = 4096
MOST_ANSWER = 256 * 1024


class IdentityProvider:
    """One provider, and what it says of itself."""

    def __init__(self, told: "OidcPlaces") -> None:
        """Nothing is asked yet."""
        self.told = told
        self._about: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def address(self, going: Going, back: str) -> str:
        """Where the browser is sent.

        Raises:
            Refusal: `unreachable`: the provider does not answer.
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(going.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.told.client_id,
            "redirect_uri": back,
            "scope": "openid",
            "state": going.state,
            "nonce": going.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if going.purpose is Purpose.AGAIN:
            asked |= {"prompt": "login", "max_age": "0"}
        if self.told.acr:
            asked["acr_values"] = " ".join(self.told.acr)
        where = str((await self._of_itself())["authorization_endpoint"])
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    async def vouched(self, code: str, going: Going, back: str, now: datetime) -> Vouched:
        """Who came back with this code.

        Raises:
            Refusal: `unreachable`: the provider does not answer; `unauthenticated`: what it answers does not hold.
        """
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self.told.client_id,
            "code_verifier": going.verifier,
        }
        about = await self._of_itself()
        secret = self._secret()
        own = httpx.BasicAuth(self.told.client_id, secret) if secret is not None else None
        answer = await self._asked("POST", str(about["token_endpoint"]), data=given, auth=own)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _not_held("没有给出身份令牌")
        return self._read(await self._checked(token), going, now)

    async def _checked(self, token: str) -> dict[str, Any]:
        """The claims of a token the provider signed; its keys are asked for anew once, for they may have changed."""
        for fresh in (False, True):
            keys = await self._published_keys(fresh=fresh)
            try:
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError):
                continue
        raise _not_held("身份令牌的签名不对")

    def _read(self, claims: dict[str, Any], going: Going, now: datetime) -> Vouched:
        """Who it is, by claims that are for us, of now, and the answer to this question."""
        issuer, own = self.told.issuer, self.told.client_id
        audience = claims.get("aud")
        of = audience if isinstance(audience, list) else [audience]
        moment = int(now.timestamp())
        ends, begun = claims.get("exp"), claims.get("iat")
        subject = claims.get("sub")
        named = isinstance(subject, str) and 0 < len(subject) <= MOST_SUBJECT and subject.isprintable()
        wrong = {
            "签发者不对": claims.get("iss") != issuer,
            "不是发给本系统的": own not in of or (len(of) > 1 and claims.get("azp") != own),
            "已过期": not isinstance(ends, int) or ends <= moment - LEEWAY,
            "签发时刻不对": not isinstance(begun, int) or begun > moment + LEEWAY,
            "不是答复这次登录的": not secrets.compare_digest(str(claims.get("nonce")), going.nonce),
            "没有写明是谁": not named,
        }
        for what, is_so in wrong.items():
            if is_so:
                raise _not_held(f"身份令牌{what}")
        counts = not self.told.acr or claims.get("acr") in self.told.acr
        at = _moment(claims.get("auth_time")) if counts else None
        return Vouched(issuer, str(subject), min(at, now) if at else None)

    async def _of_itself(self) -> Mapping[str, Any]:
        if self._about is None or self._about[0] < monotonic() - KNOWN_FOR:
            about = await self._asked("GET", f"{self.told.issuer.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer") != self.told.issuer:
                raise _not_held("签发者与设置 [web.oidc] issuer 不同")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not is_safe(str(about.get(name, ""))):
                    raise _not_held(f"没有 {name}，或不是 https 地址")
            self._about = (monotonic(), about)
        return self._about[1]

    async def _published_keys(self, *, fresh: bool) -> KeySet:
        if fresh or self._keys is None or self._keys[0] < monotonic() - KNOWN_FOR:
            published = await self._asked("GET", str((await self._of_itself())["jwks_uri"]))
            self._keys = (monotonic(), _understood(published))
        return self._keys[1]

    async def _asked(self, method: str, address: str, **given: Any) -> dict[str, Any]:
        """One question to the provider; its answer as an object."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            near = urlsplit(address).hostname in LOOPBACK
            async with (
                asyncio.timeout(ASKED_WITHIN),  # all of it: the client's own limit is on each read
                httpx.AsyncClient(timeout=ASKED_WITHIN, trust_env=not near, verify=self._roots()) as client,
                client.stream(method, address, headers=headers, **given) as answer,
            ):
                status, text = answer.status_code, await _up_to(answer, MOST_ANSWER)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Refusal("统一身份认证没有答复，请稍候再试，或用密码登录", "unreachable") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise _not_held("它的地址不对") from error
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Refusal("统一身份认证出了故障，请稍候再试，或用密码登录", "unreachable")
        try:
            document = json.loads(text) if text is not None else None
        except (ValueError, RecursionError):
            document = None
        if status != httpx.codes.OK or not isinstance(document, dict):
            raise _not_held("没有接受本系统的请求")
        return document

    def _roots(self) -> ssl.SSLContext | bool:
        try:
            return ssl.create_default_context(cafile=self.told.ca) if self.told.ca else True
        except (OSError, ssl.SSLError, ValueError) as error:
            raise Refusal(f"{self.told.ca} 里没有能用的 PEM 根证书，请检查 [web.oidc] ca", "unreachable") from error

    def _secret(self) -> str | None:
        file = self.told.client_secret_file
        if file is None:
            return None
        try:
            secret = read_file(file.resolve(), MOST_SECRET).decode("utf-8").strip()
        except (Refusal, ValueError) as error:
            raise Refusal(f"{file} 读不出来，请检查 [web.oidc] client_secret_file", "unreachable") from error
        refuse(not secret, f"{file} 是空的，请检查 [web.oidc] client_secret_file", "unreachable")
        return secret


def is_safe(address: str) -> bool:
    """Whether nobody on the way reads what is sent there: https, or this machine itself."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


async def _up_to(answer: httpx.Response, most: int) -> bytes | None:
    """What is answered; None of more than that, of which no more is read."""
    text = b""
    async for part in answer.aiter_bytes():
        text += part
        if len(text) > most:
            return None
    return text


def _understood(published: dict[str, Any]) -> KeySet:
    """The keys of a published set that are understood here; others (SM2, say) are for somebody else (RFC 7517, 5).

    Raises:
        Refusal: `unauthenticated`: there is none.
    """
    listed, keys = published.get("keys"), []
    for one in listed if isinstance(listed, list) else []:
        with suppress(JoseError, ValueError, LookupError, TypeError, AttributeError):
            keys += KeySet.import_key_set({"keys": [one]}).keys
    if not keys:
        raise _not_held("公布的密钥读不懂")
    return KeySet(keys)


def _moment(seconds: object) -> datetime | None:
    """The moment a claim names; None of what names none."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _not_held(why: str) -> Refusal:
    line = f"统一身份认证的答复无效（{why}），没有登录；请重试，仍然如此请告知系统管理员"
    return Refusal(line, "unauthenticated")
