"""Which settings an operator named, and the rest of them for a stack that brings its own engines."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from deploy.local.ports import LOOPBACK, Ports
from deploy.local.postgres import postgres_url
from deploy.local.rabbitmq import rabbitmq_url
from services.shared.secrets import derive
from services.shared.settings import FILE_VARIABLE, PREFIX, Settings, SettingsError, load_settings

SECRET_BYTES = 48
# Only to check the keys that were named, before any engine runs.
STAND_INS: dict[str, object] = {
    "secret": "-" * SECRET_BYTES,
    "database_url": "postgresql+psycopg://kansen@127.0.0.1:1/kansen",
    "rabbitmq_url": "amqp://kansen@127.0.0.1:1/kansen",
    "temporal_address": "127.0.0.1:1",
}
OF_A_TEMPORAL = (
    "temporal_address",
    "temporal_namespace",
    "temporal_tls",
    "temporal_tls_ca",
    "temporal_tls_cert",
    "temporal_tls_key",
    "temporal_api_key",
)
"""How a Temporal of somebody's own is reached; the stack's own has one namespace, no TLS and no key."""

Named = Mapping[str, object]


class _Given(Settings):
    """Settings from what is handed in, and nothing else."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the values themselves."""
        return (init_settings,)


def named_settings(home: Path) -> dict[str, object]:
    """What the settings file and the environment name, checked. Raises SettingsError with one line a mistake."""
    file = Path(os.environ.get(FILE_VARIABLE) or home / "settings.toml")
    values: dict[str, object] = {}
    if file.exists():
        try:
            values = tomllib.loads(file.read_text())
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: {error}") from error
    elif os.environ.get(FILE_VARIABLE):
        raise SettingsError(f"{file}: no such file (named in {FILE_VARIABLE})")
    for variable, value in os.environ.items():
        if variable.startswith(PREFIX) and variable != FILE_VARIABLE:
            values[variable.removeprefix(PREFIX).lower()] = value
    settings = load_settings(**{key: value for key, value in STAND_INS.items() if key not in values})
    if "temporal_address" not in values:
        asked = [key for key in OF_A_TEMPORAL[1:] if getattr(settings, key) != Settings.model_fields[key].default]
        if asked:
            raise SettingsError(f"{', '.join(asked)}: name the server too, in temporal_address")
    return values


def with_stand_ins(named: Named) -> dict[str, object]:
    """The named settings, and stand-ins for engines that do not run yet."""
    return STAND_INS | dict(named)


def secret_of(home: Path, named: Named) -> str:
    """The secret that was named, or the home's own, made at its first use."""
    if "secret" in named:
        return str(named["secret"])
    file = home / "secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(SECRET_BYTES))
    return file.read_text().strip()


def engine_password(secret: str, engine: str) -> str:
    """The owner's password at an engine of the local stack."""
    return derive(secret, f"local/{engine}")


def use_local_stack(home: Path) -> None:
    """Puts the settings of this home's own stack in this process's environment, where nobody named others.

    So that every command can read its settings as a service does. Engines that never ran here get no address.
    """
    named = named_settings(home)
    ports = Ports(home / "ports.json").remembered()
    if "secret" in named or (home / "secret").exists():
        secret = secret_of(home, named)
        values = {"home": str(home), "secret": secret}
        if "postgres" in ports:
            values["database_url"] = postgres_url(engine_password(secret, "postgres"), ports["postgres"])
        if "rabbitmq" in ports:
            values["rabbitmq_url"] = rabbitmq_url(engine_password(secret, "rabbitmq"), ports["rabbitmq"])
        if "temporal" in ports:
            values["temporal_address"] = f"{LOOPBACK}:{ports['temporal']}"
        os.environ.update({f"{PREFIX}{key.upper()}": value for key, value in values.items() if key not in named})


def settings_from(home: Path, values: Named) -> Settings:
    """Settings of one home, whatever the environment of this process says about another."""
    return _Given.model_validate(dict(values) | {"home": home})


def as_environment(home: Path, values: Named) -> dict[str, str]:
    """The same for a process of ours: this process's environment without its own KANSEN_ names, and these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {f"{PREFIX}{key.upper()}": _as_text(value) for key, value in values.items()}
    return kept | given | {f"{PREFIX}HOME": str(home)}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
