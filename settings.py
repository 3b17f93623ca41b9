"""Where everything is: environment (`XMH_…`), then `xmh.toml` of the home or of `--config`, then the embedded default.

Never the `xmh.toml` of whatever folder one stands in: a file somebody left in a shared folder must not say where the
log is, nor whom notices reach.
"""

import hmac
import json
import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PrivateAttr, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from domain.base import Refusal, refuse
from domain.door import Door
from domain.headquarters import FIRST_HEADQUARTERS, HeadquartersCode, headquarters_schema
from domain.notices.routing import Routing
from domain.notices.webhooks import WebhookPlaces
from domain.witnessing import WitnessPlaces
from sheets.input_file import read_file
from sheets.toml_file import read_toml

CONFIG_FILE = "xmh.toml"
HEADQUARTERS_FOLDER = "headquarters"
"""Inside the home of the installation: the homes of all headquarters but the first, each named by its code."""
EMBEDDED_RUN_FILE = "run.json"
"""Inside the home: what `xmh up` runs there, and where it listens."""


DOOR_KEY = "door.key"
"""Inside the home: the key of the door, mode 0600."""
DOOR_KEY_LENGTH = 32
STORE_MARK = "store.id"
"""Inside a shared store: what tells it from the empty folder it is mounted on, and from another one."""
TEMPORAL_KEY = "temporal.key"
"""Inside the home: the keys of what Temporal stores, mode 0600."""
WEB_PORT = 8460
"""Where `xmh web` listens unless told otherwise."""
MOST_ADDRESS = 4096
"""Bytes of a database's address."""


FETCHED_FONTS = Path(__file__).parent / ".fonts"
"""Where `make fonts` puts the open faces, in a checkout."""


def _usual_logins() -> Path:
    """Where settings of a person are kept (XDG)."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder.startswith("/") else Path.home() / ".config") / "xmh" / "logins.json"


class FontPlaces(BaseModel):
    """`[fonts]`."""

    folder: Path | None = None
    """The office's own faces: 方正小标宋简体, 仿宋_GB2312, 楷体_GB2312, 黑体."""


class TemplatePlaces(BaseModel):
    """`[templates]`."""

    folder: Path | None = None
    """The office's own templates; by default `templates` in the store, when it is there."""


class OidcPlaces(BaseModel):
    """`[web.oidc]`: the identity provider people may come in by."""

    issuer: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """Its address, exactly as it names itself; https, but on this machine."""
    client_id: Annotated[str, Field(min_length=1)]
    client_secret_file: Path | None = None
    """The file with the secret it gave us; a public client has none."""
    ca: Path | None = None
    """PEM file of the root its certificate is by; by default those of the system."""
    acr: tuple[str, ...] = ()
    """How people must have proven themselves to it for that to count as 再次验证 (its `acr`); by default any way."""


def _as_a_browser_says(origin: str) -> str:
    """An origin as browsers write it: in small letters, without the port everybody knows (RFC 6454, 6.1)."""
    scheme, _, host = origin.lower().partition("://")
    return f"{scheme}://{host.removesuffix(':443' if scheme == 'https' else ':80')}"


class WebPlaces(BaseModel):
    """`[web]`: where the console and the API listen, and what stands in front of them."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """By default 8460, or with `xmh up` another one when that is taken."""
    address: str | None = None
    """How people reach it, `https://…`, when a proxy stands in front or it has a certificate."""
    cert: Path | None = None
    """PEM file of the certificate, with what it is signed by, that `xmh web` serves HTTPS with; read again when it
    changes. What `xmh up` starts listens to this machine alone, and without it."""
    key: Path | None = None
    """PEM file of its private key, without a password."""
    proxy: tuple[str, ...] = ()
    """Addresses of the proxies whose word on who asks is believed; without one it listens to this machine alone."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where `/metrics` of the web process is read, on `listen_address`; by default nowhere."""
    temporal_ui: Annotated[str, Field(pattern=r"^https?://[^/\s]+$"), AfterValidator(_as_a_browser_says)] | None = None
    """Origin of Temporal's page, `https://host:port`, which may ask us to open what it shows; without it none may."""
    oidc: OidcPlaces | None = None
    """By default people come in by password and one-time code only."""
    scanner: Annotated[str, Field(pattern=r"^\S+:\d{1,5}$")] | None = None
    """`host:port` of a clamd that looks at every attachment before it is kept; without one nobody does."""
    day: date | None = None
    """A past day: everything is shown as it was in its evening, and nothing can be done. For a simulated year."""


def _folder(value: Any) -> Any:
    """`XMH_FONTS` and `XMH_TEMPLATES` are just the folder."""
    return {"folder": value} if isinstance(value, str) else value


def _address_in(file: Path) -> str:
    """The address a file holds. What else it holds, a password maybe, is never repeated."""
    try:
        text = read_file(file.resolve(), MOST_ADDRESS).decode("utf-8").strip()
    except (Refusal, ValueError) as error:
        line = f"读不出数据库地址文件 {file}，请检查 XMH_DATABASE_URL_FILE、该文件和权限"
        raise Refusal(line, "malformed") from error
    refuse(not text or "\n" in text, f"数据库地址文件 {file} 应只有一行，写明数据库地址", "malformed")
    return text


def _is_marked(store: Path) -> bool:
    """Whether a folder bears the mark of a store; one that cannot be looked into (a share gone stale) does not."""
    try:
        return (store / STORE_MARK).is_file()
    except OSError:
        return False


def home_of(installation: Path, headquarters: str) -> Path:
    """The data directory of a headquarters: the installation's own for the first, one within it for each other."""
    if headquarters == FIRST_HEADQUARTERS:
        return installation
    return installation / HEADQUARTERS_FOLDER / headquarters


def _in_schema(url: str, schema: str) -> str:
    """The address of a schema of a PostgreSQL database: what a session looks at first, and alone."""
    place, _, query = url.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    given["options"] = f"{given.get('options', '')} -csearch_path={schema}".strip()
    return f"{place}?{urlencode(given, quote_via=quote)}"


class _OfficeToml(TomlConfigSettingsSource):
    """`xmh.toml`, read as every file somebody wrote by hand is: bounded, and told on which line it goes wrong."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return read_toml(Path(file_path), "设置", follow=True)


class Settings(BaseSettings):
    """One place for every setting of the command line, the worker and `up`."""

    model_config = SettingsConfigDict(env_prefix="XMH_", extra="ignore")

    headquarters: HeadquartersCode = FIRST_HEADQUARTERS
    """Whose log is read and written; the first headquarters of the installation unless said."""
    home: Path = Path(".xmh")
    """The data directory of the embedded default. Another headquarters than the first has one of its own within it."""
    store: Path | None = None
    """The folder of what belongs to the office and not to one machine: attachments, issued files, drafts, templates,
    saved choices. Machines that share a log name the same one, on a disk they share; by default the home."""
    database_url: str | None = None
    """`sqlite:///path` or `postgresql://…`; by default `events.db` in the home. Another headquarters than the first has
    a schema of its own in that database, or its own file in its home."""
    database_url_file: Path | None = None
    """The file it stands in instead, password and all (a secret that is mounted)."""
    temporal_address: str | None = None
    """`host:port`; by default the server `xmh up` runs on the home."""
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    """Whether Temporal is reached over TLS; any of the four below, or an API key, means that it is."""
    temporal_tls_ca: Path | None = None
    """PEM file of the root certificates its server is believed by; by default those of the system."""
    temporal_tls_cert: Path | None = None
    """PEM file of the certificate it knows us by, with `temporal_tls_key`, where it asks for one."""
    temporal_tls_key: Path | None = None
    temporal_tls_name: str | None = None
    """The name on the server's certificate, where it is not the one of the address."""
    temporal_api_key_file: Path | None = None
    """A file with the API key it knows us by, where it asks for one; sent over TLS only."""
    temporal_key_file: Path | None = None
    """The keys that what Temporal stores is sealed under; by default `temporal.key` in the home, where there is one."""
    task_queue: str = "xmh"
    actor: str = "office"
    """Who acts when `--as` does not say."""
    token: SecretStr | None = None
    """`XMH_TOKEN`: the token of who acts, where the log demands that he has proven himself, or a server is asked."""
    door_key: SecretStr | None = None
    """What proves that an order came through the door, the same for all clients and workers of one log."""
    door_key_file: Path | None = None
    """The file it stands in instead; by default `door.key` in the home."""
    hash_algorithm: Literal["sha256", "sm3"] = "sha256"
    seal_with: Literal["aes-gcm-siv", "sm4-gcm"] = "aes-gcm-siv"
    """What new secrets are sealed with; older ones open all the same."""
    master_key: SecretStr | None = None
    """64 hexadecimal digits: the key that the keys of secrets are wrapped under."""
    master_key_file: Path | None = None
    """A file that holds it; by default `master.key` in the home, made on first use."""
    master_key_command: str | None = None
    """A command that prints it (a key service)."""
    checkpoint_folder: Path | None = None
    """Where a checkpoint is left at each issue and each `down`: a folder of somebody else, the auditor's share."""
    witnesses: WitnessPlaces = WitnessPlaces()
    """`[witnesses]`: servers that sign each checkpoint too, and who stamps it with the time; by default nobody."""
    health_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    traces: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] | None = None
    """`XMH_TRACES`: the collector that is told how commands went through, by OTLP over HTTP (`http://host:4318`); needs
    the extra `otel`. By default nothing is traced."""
    listen_address: str = "127.0.0.1"
    """Where health and metrics listen; nobody else's machine asks unless the office says so."""
    notices: Routing = Routing()
    """`[notices]`: the channels and whom each reaches; by default everybody through a file in the home."""
    webhooks: WebhookPlaces = WebhookPlaces()
    """`[webhooks]`: the hosts that may be told what happens; by default nothing is sent anywhere."""
    fonts: Annotated[FontPlaces, NoDecode, BeforeValidator(_folder)] = FontPlaces()
    """`[fonts]` or `XMH_FONTS`: where the faces of printed documents are."""
    templates: Annotated[TemplatePlaces, NoDecode, BeforeValidator(_folder)] = TemplatePlaces()
    """`[templates]` or `XMH_TEMPLATES`: the templates of printed documents that the office changed."""
    logins: Path = Field(default_factory=_usual_logins)
    """Where `xmh login` keeps what it was given; the person's own, whatever home is meant."""
    server: str | None = None
    """`XMH_SERVER`: another machine's address, which is asked instead of this home."""
    web: WebPlaces = WebPlaces()
    """`[web]`: where console and API listen; by default to this machine alone."""
    cached_matters: int = 2000
    """Matters a worker keeps in memory (57 KB each); beyond it they are replayed."""

    _installation: Path = PrivateAttr()
    _namespace: str = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        """What a further headquarters has of its own: nobody who asks for it has to know which one he serves."""
        super().model_post_init(context)
        self._installation, self._namespace = self.home, self.temporal_namespace
        self._settle()

    def _settle(self) -> None:
        self.home = home_of(self._installation, self.headquarters)
        if self.headquarters != FIRST_HEADQUARTERS:
            self.temporal_namespace = f"{self._namespace}-{self.headquarters.lower()}"

    def of(self, headquarters: str) -> Self:
        """The same for another headquarters of the installation: environment and file are not read again."""
        theirs = self.model_copy(update={"headquarters": headquarters, "temporal_namespace": self._namespace})
        theirs._settle()
        return theirs

    @property
    def installation(self) -> Path:
        """The data directory of the whole installation: the home of its first headquarters, with the others within."""
        return self._installation

    @property
    def store_folder(self) -> Path:
        """Where the office's files lie, for this headquarters; whether it is there is not looked at."""
        return self.home if self.store is None else home_of(self.store, self.headquarters)

    @property
    def store_place(self) -> Path:
        """The same, for who reads or writes there.

        Raises:
            Refusal: `store_missing`: the folder that is set does not bear its mark. A share that is not mounted is an
                empty folder, and what is written there would be nobody's.
        """
        place = self.store_folder
        refuse(
            self.store is not None and not _is_marked(place),
            f"共用目录 {place} 没有挂载、读不出来，或还没有建立；请先挂载，新的由 xmh migrate 建立",
            "store_missing",
        )
        return place

    @property
    def database(self) -> str:
        """The URL of the log's database.

        Raises:
            Refusal: `malformed`: the file it is to stand in cannot be read, or holds none.
        """
        url = self.database_url
        if url is None and self.database_url_file is not None:
            url = _address_in(self.database_url_file)
        first = self.headquarters == FIRST_HEADQUARTERS
        if url is None or not (first or url.startswith("postgres")):
            return f"sqlite:///{(self.home / 'events.db').absolute()}"
        return url if first else _in_schema(url, headquarters_schema(self.headquarters))

    @property
    def door(self) -> Door:
        """The door orders leave by.

        Raises:
            Refusal: its key is not there (`door_key_missing`), or is none (`door_key_broken`).
        """
        where = self.door_key_file or self.home / DOOR_KEY
        if self.door_key is not None:
            key, where = self.door_key.get_secret_value(), Path("XMH_DOOR_KEY")
        else:
            try:
                key = where.read_text(encoding="ascii")
            except FileNotFoundError:
                raise Refusal(f"没有入口密钥 {where}，{self._door_key_remedy}", "door_key_missing") from None
            except (OSError, ValueError):
                raise Refusal(f"入口密钥 {where} 读不出来，请检查该文件和权限", "door_key_broken") from None
        short = len(key.strip()) < DOOR_KEY_LENGTH
        refuse(short, f"入口密钥 {where} 太短，须至少 {DOOR_KEY_LENGTH} 个字符", "door_key_broken")
        return Door(self._own_key(key.strip().encode()))

    @property
    def _door_key_remedy(self) -> str:
        """What `xmh migrate` makes only in a home that is there, and never where another file is named."""
        if self.door_key_file is not None:
            return "请从别的机器取来同一个文件；都还没有的，用 openssl rand -hex 32 做一个，各台相同"
        return "请先运行 xmh up 或 xmh migrate" if self.home.is_dir() else "请先建立数据目录，再运行 xmh migrate"

    def _own_key(self, key: bytes) -> bytes:
        """Where one key is set for the whole installation, an order for one headquarters proves nothing to another."""
        if self.headquarters == FIRST_HEADQUARTERS:
            return key
        return hmac.digest(key, self.headquarters.encode(), "sha256")

    @property
    def temporal_over_tls(self) -> bool:
        """Whether Temporal is reached over TLS."""
        files = (self.temporal_tls_ca, self.temporal_tls_cert, self.temporal_tls_key, self.temporal_api_key_file)
        return self.temporal_tls or self.temporal_tls_name is not None or any(files)

    @property
    def temporal_key_place(self) -> Path:
        """The file of the keys that what Temporal stores is sealed under."""
        return self.temporal_key_file or self.home.absolute() / TEMPORAL_KEY

    @property
    def master_key_place(self) -> Path:
        """The file of the master key, unless it comes from elsewhere."""
        return self.master_key_file or self.home.absolute() / "master.key"

    @property
    def font_folders(self) -> tuple[Path, ...]:
        """Where faces are looked for, the office's own folder first."""
        own = (self.fonts.folder,) if self.fonts.folder else ()
        return (*own, FETCHED_FONTS) if FETCHED_FONTS.is_dir() else own

    @property
    def template_folder(self) -> Path | None:
        """Where the office's own templates are; None when it has none."""
        if self.templates.folder is not None:
            return self.templates.folder
        usual = self.store_place / "templates"
        return usual if usual.is_dir() else None

    @property
    def run_file(self) -> Path:
        """What `xmh up` left for others to find it by: one service for all headquarters of an installation."""
        return self.installation / EMBEDDED_RUN_FILE

    @property
    def address(self) -> str | None:
        """Where Temporal listens: as configured, else as `xmh up` on this home says; None when it does not run."""
        if self.temporal_address:
            return self.temporal_address
        return self._running("temporal")

    @property
    def web_address(self) -> str:
        """Where console and API are reached: as configured, else as `xmh up` says, else where `xmh web` listens."""
        usual = f"http://127.0.0.1:{self.web.port or WEB_PORT}"
        return (self.web.address or self._running("web") or usual).rstrip("/")

    def _running(self, what: str) -> str | None:
        """What `xmh up` left for others to find it by."""
        try:
            addresses = json.loads(self.run_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        address = addresses.get(what) if isinstance(addresses, dict) else None
        return address if isinstance(address, str) else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given on the command line wins over the environment, and that over the file."""
        del dotenv_settings, file_secret_settings
        home = init_settings().get("home") or os.environ.get("XMH_HOME") or cls.model_fields["home"].default
        file = os.environ.get("XMH_CONFIG")
        place = Path(file) if file else Path(home) / CONFIG_FILE
        refuse(bool(file) and not place.is_file(), f"找不到配置文件 {place}，请检查 --config", "malformed")
        return init_settings, env_settings, _OfficeToml(settings_cls, place)
