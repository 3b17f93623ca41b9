"""Where everything is: environment (`XMH_…`), then `xmh.toml`, then the embedded default."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from domain.notices.routing import Routing

EMBEDDED_RUN_FILE = "run.json"
"""Inside the home: what `xmh up` runs there, and where it listens."""


FETCHED_FONTS = Path(__file__).parent / ".fonts"
"""Where `make fonts` puts the open faces, in a checkout."""


class FontPlaces(BaseModel):
    """`[fonts]`."""

    folder: Path | None = None
    """The office's own faces: 方正小标宋简体, 仿宋_GB2312, 楷体_GB2312, 黑体."""


class TemplatePlaces(BaseModel):
    """`[templates]`."""

    folder: Path | None = None
    """The office's own templates; by default `templates` in the home, when it is there."""


def _folder(value: Any) -> Any:
    """`XMH_FONTS` and `XMH_TEMPLATES` are just the folder."""
    return {"folder": value} if isinstance(value, str) else value


class Settings(BaseSettings):
    """One place for every setting of the command line, the worker and `up`."""

    model_config = SettingsConfigDict(env_prefix="XMH_", toml_file="xmh.toml", extra="ignore")

    home: Path = Path(".xmh")
    """The data directory of the embedded default."""
    database_url: str | None = None
    """`sqlite:///path` or `postgresql://…`; by default `events.db` in the home."""
    temporal_address: str | None = None
    """`host:port`; by default the server `xmh up` runs on the home."""
    temporal_namespace: str = "default"
    task_queue: str = "xmh"
    actor: str = "office"
    """Who acts when `--as` does not say."""
    hash_algorithm: Literal["sha256", "sm3"] = "sha256"
    health_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    listen_address: str = "127.0.0.1"
    """Where health and metrics listen; nobody else's machine asks unless the office says so."""
    notices: Routing = Routing()
    """`[notices]`: the channels and whom each reaches; by default everybody through a file in the home."""
    fonts: Annotated[FontPlaces, NoDecode, BeforeValidator(_folder)] = FontPlaces()
    """`[fonts]` or `XMH_FONTS`: where the faces of printed documents are."""
    templates: Annotated[TemplatePlaces, NoDecode, BeforeValidator(_folder)] = TemplatePlaces()
    """`[templates]` or `XMH_TEMPLATES`: the templates of printed documents that the office changed."""
    cached_matters: int = 2000
    """Matters a worker keeps in memory (57 KB each); beyond it they are replayed."""

    @property
    def database(self) -> str:
        """The URL of the log's database."""
        return self.database_url or f"sqlite:///{(self.home / 'events.db').absolute()}"

    @property
    def font_folders(self) -> tuple[Path, ...]:
        """Where faces are looked for, the office's own folder first."""
        own = (self.fonts.folder,) if self.fonts.folder else ()
        return (*own, FETCHED_FONTS) if FETCHED_FONTS.is_dir() else own

    @property
    def template_folder(self) -> Path | None:
        """Where the office's own templates are; None when it has none."""
        usual = self.home / "templates"
        return self.templates.folder or (usual if usual.is_dir() else None)

    @property
    def run_file(self) -> Path:
        """What `xmh up` left for others to find it by."""
        return self.home / EMBEDDED_RUN_FILE

    @property
    def address(self) -> str | None:
        """Where Temporal listens: as configured, else as `xmh up` on this home says; None when it does not run."""
        if self.temporal_address:
            return self.temporal_address
        try:
            said = json.loads(self.run_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        address = said.get("temporal") if isinstance(said, dict) else None
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
        """What is given on the command line wins over the environment, and that over `xmh.toml`."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
