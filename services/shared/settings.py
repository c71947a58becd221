"""Settings: one TOML file, the environment over it, and nothing that is not known."""

import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from yarl import URL

from services.shared.places import is_loopback
from services.shared.roles import Role
from services.shared.secrets import derive

PREFIX = "KANSEN_"
FILE_VARIABLE = "KANSEN_SETTINGS"
SECRET_LENGTH_MIN = 32


class SettingsError(Exception):
    """The settings cannot be used; the text says which key, where it stands and what to do."""


class Settings(BaseSettings):
    """Everything that differs between installations."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Path(".kansen")
    environment: Literal["local", "production"] = "local"
    secret: SecretStr
    oin: Annotated[str, StringConstraints(pattern=r"^\d{20}$")] = "0" * 20
    database_url: SecretStr
    database_password: SecretStr | None = None
    rabbitmq_url: SecretStr
    rabbitmq_password: SecretStr | None = None
    temporal_address: str
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_tls_ca: Path | None = None
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_api_key: SecretStr | None = None
    temporal_cached_workflows: Annotated[int, Field(ge=0, le=100_000)] = 1000
    programmes_dir: Path | None = None
    health_port: Annotated[int, Field(ge=0, le=65535)] = 0
    front_host: str = "127.0.0.1"
    front_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    theme_file: Path | None = None
    practice: bool = True
    virus_scanner: str | None = None
    """`clamd://host:port`, or a command that reads a document and exits 0 (clean) or 1 (infected)."""
    contact_email: Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] = "kansen@gemeente.example"
    """Whom builders of other software may ask about the APIs: it stands in their descriptions."""
    site_address: Annotated[str, StringConstraints(pattern=r"^https?://[^/?# ]+$")] | None = None
    """How people reach the screens from elsewhere: what a link in a mail or a calendar begins with."""
    mail_host: str | None = None
    mail_port: Annotated[int, Field(ge=1, le=65535)] = 587
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    mail_tls_ca: Path | None = None
    mail_user: str | None = None
    mail_password: SecretStr | None = None
    mail_from: Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None = None
    oidc_issuer: Annotated[str, StringConstraints(pattern=r"^https?://[^?# ]+$")] | None = None
    """Where staff sign in; without it a local stack lets in made-up people, and production does not start."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    """None for a public client: PKCE is used either way."""
    oidc_scopes: str = "openid profile"
    oidc_person_claim: str = "sub"
    oidc_name_claim: str = "name"
    oidc_role_claim: str = "roles"
    """A dot leads further in: `realm_access.roles`."""
    oidc_role_names: dict[str, Role] = {}
    """What the provider calls a role of ours, where it has other names: `{"grp-kansen-maatje": "buddy"}`."""
    oidc_programme_claim: str = "programmes"
    oidc_area_claim: str = "areas"
    oidc_team_claim: str = "team"
    session_idle_minutes: Annotated[int, Field(ge=5, le=24 * 60)] = 60
    session_hours: Annotated[int, Field(ge=1, le=24)] = 10
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("temporal_tls_ca", "temporal_tls_cert", "temporal_tls_key", "mail_tls_ca")
    @classmethod
    def _is_pem(cls, path: Path | None) -> Path | None:
        if path is not None:
            if not path.is_absolute():
                raise ValueError("name the whole path: our processes run in a folder of their own")
            try:
                text = path.read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', 'not text')}") from None
            if "-----BEGIN " not in text:
                raise ValueError(f"{path} holds no PEM text")
        return path

    @field_validator("theme_file")
    @classmethod
    def _is_there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_absolute():
            raise ValueError("name the whole path: our processes run in a folder of their own")
        if path is not None and not path.is_file():
            raise ValueError(f"{path} is no file")
        return path

    @model_validator(mode="after")
    def _temporal_is_sealed_or_plain(self) -> Self:
        """Whoever gives a key or a certificate means a sealed connection: never fall back to a plain one."""
        if (self.temporal_tls_cert is None) is not (self.temporal_tls_key is None):
            raise ValueError("temporal_tls_cert and temporal_tls_key: give both or neither")
        for name in ("temporal_tls_ca", "temporal_tls_cert", "temporal_api_key"):
            if getattr(self, name) is not None and not self.temporal_tls:
                raise ValueError(f"{name}: needs temporal_tls = true")
        return self

    @model_validator(mode="after")
    def _mail_can_go(self) -> Self:
        if self.mail_host is None:
            return self
        if self.mail_from is None:
            raise ValueError("mail_from: name the address that mail comes from")
        if (self.mail_user is None) is not (self.mail_password is None):
            raise ValueError("mail_user and mail_password: give both or neither")
        if self.mail_security == "none" and self.mail_user is not None:
            raise ValueError("mail_security: a password goes over a sealed connection only (starttls or tls)")
        if self.mail_security == "none" and self.mail_tls_ca is not None:
            raise ValueError("mail_tls_ca: needs a sealed connection (mail_security starttls or tls)")
        if self.site_address is None and self.environment == "production":
            raise ValueError("site_address: name the address of the screens, for the links in mail")
        return self

    def link(self, path: str) -> str:
        """A path of the screens as it stands in a mail."""
        return f"{self.site_address or f'http://{self.front_host}:{self.front_port}'}{path}"

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if len(self.secret.get_secret_value()) < SECRET_LENGTH_MIN:
            raise ValueError(f"secret: at least {SECRET_LENGTH_MIN} characters")
        if make_url(self.database_url.get_secret_value()).get_backend_name() != "postgresql":
            raise ValueError("database_url: postgresql+psycopg://user:password@host:port/database")
        if self.environment == "production" and self.oin == "0" * 20:
            raise ValueError("oin: name the organisation's own OIN in production")
        return self

    @model_validator(mode="after")
    def _people_sign_in(self) -> Self:
        if (self.oidc_issuer is None) is not (self.oidc_client_id is None):
            raise ValueError("oidc_issuer and oidc_client_id: give both or neither")
        issuer = urlsplit(self.oidc_issuer or "")
        if issuer.scheme == "http" and (self.environment == "production" or not is_loopback(issuer.hostname)):
            raise ValueError("oidc_issuer: https, or a provider on this machine for a local stack")
        if self.environment != "production":
            return self
        if self.oidc_issuer is None:
            raise ValueError("oidc_issuer: name where staff sign in (OpenID Connect); made-up people are for practice")
        if not (self.site_address or "").startswith("https://"):
            raise ValueError("site_address: name the https address of the screens: people come back there to sign in")
        return self

    def database_url_for(self, service: str) -> str:
        """The database as one service sees it: its own role, its own password."""
        password = self.database_password or SecretStr(derive(self.secret.get_secret_value(), f"database/{service}"))
        url = make_url(self.database_url.get_secret_value()).set(
            drivername="postgresql+psycopg", username=f"kansen_{service}", password=password.get_secret_value()
        )
        return url.render_as_string(hide_password=False)

    def owner_database_url(self) -> str:
        """The database as its owner sees it: for migrations and audits only."""
        url = make_url(self.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    def rabbitmq_url_for(self, service: str) -> str:
        """The broker as one service sees it: its own user, its own password."""
        password = self.rabbitmq_password or SecretStr(derive(self.secret.get_secret_value(), f"rabbitmq/{service}"))
        url = URL(self.rabbitmq_url.get_secret_value())
        return str(url.with_user(f"kansen-{service}").with_password(password.get_secret_value()))

    def source_of(self, service: str) -> str:
        """CloudEvents `source` after the NL GOV profile."""
        return f"urn:nld:oin:{self.oin}:systeem:{service}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what the file says (which `load_settings` hands in)."""
        return env_settings, init_settings


def settings_file() -> Path:
    """Where the settings file is looked for."""
    named = os.environ.get(FILE_VARIABLE)
    return Path(named) if named else Path(os.environ.get("KANSEN_HOME", ".kansen")) / "settings.toml"


def load_settings(**overrides: Any) -> Settings:
    """Read file and environment. Raises SettingsError with one line for each thing that is wrong."""
    path = settings_file()
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text())
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: {error}") from error
    known = set(Settings.model_fields)
    wrong = [f"{path}: unknown key '{key}'" for key in values if key not in known]
    wrong += [
        f"environment: unknown setting {name}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name != FILE_VARIABLE and name.removeprefix(PREFIX).lower() not in known
    ]
    if wrong:
        raise SettingsError("\n".join(wrong))
    try:
        settings = Settings(**(values | overrides))
    except ValidationError as error:
        lines = []
        for item in error.errors(include_url=False, include_input=False):
            place, told = ".".join(str(part) for part in item["loc"]), item["msg"].removeprefix("Value error, ")
            # What is wrong between settings names them itself.
            where = f"{path} or as {PREFIX}{place.upper() or '...'}"
            lines.append(f"{f'{place}: ' if place else ''}{told} (set it in {where})")
        raise SettingsError("\n".join(lines)) from None
    if settings.programmes_dir is not None:
        # Programmes are data that rules read without settings at hand: what the file says holds for them too.
        os.environ[f"{PREFIX}PROGRAMMES_DIR"] = str(settings.programmes_dir)
    return settings


@lru_cache(maxsize=1)
def current_settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()
