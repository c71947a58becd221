"""Settings are one file and the environment, and a mistake in either is told with its place."""

from pathlib import Path

import pytest

from services.shared.roles import Role
from services.shared.settings import SettingsError, load_settings

GOOD = {
    "KANSEN_SECRET": "s" * 32,
    "KANSEN_DATABASE_URL": "postgresql+psycopg://owner:pw@db.example:5432/kansen",
    "KANSEN_RABBITMQ_URL": "amqp://admin:pw@mq.example:5672/kansen",
    "KANSEN_TEMPORAL_ADDRESS": "temporal.example:7233",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("KANSEN_HOME", str(tmp_path))
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "settings.toml"


def test_the_environment_wins_over_the_file(environment: Path) -> None:
    environment.write_text('temporal_namespace = "from-file"\ntemporal_address = "file:1"\n')
    settings = load_settings()
    assert (settings.temporal_namespace, settings.temporal_address) == ("from-file", "temporal.example:7233")


def test_each_service_has_its_own_account_and_password() -> None:
    settings = load_settings()
    budget, plans = settings.database_url_for("budget"), settings.database_url_for("plans")
    assert budget.startswith("postgresql+psycopg://kansen_budget:")
    assert budget.split(":")[2] != plans.split(":")[2]
    assert budget.endswith("@db.example:5432/kansen")
    assert "owner:pw" not in budget
    assert settings.rabbitmq_url_for("budget").startswith("amqp://kansen-budget:")


def test_an_unknown_key_is_refused_wherever_it_stands(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.write_text("colour = 1\n")
    monkeypatch.setenv("KANSEN_SHAPE", "round")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "settings.toml: unknown key 'colour'" in str(caught.value)
    assert "environment: unknown setting KANSEN_SHAPE" in str(caught.value)


def test_a_broken_file_is_told_with_its_line(environment: Path) -> None:
    environment.write_text("front_port = 8080\nfront_host = \n")
    with pytest.raises(SettingsError, match="line 2"):
        load_settings()


def test_every_wrong_value_is_told_at_once(environment: Path) -> None:
    environment.write_text('front_port = 99999\nlog_level = "loud"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "front_port" in str(caught.value)
    assert "KANSEN_LOG_LEVEL" in str(caught.value)


def test_a_short_secret_and_a_foreign_database_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANSEN_SECRET", "short")
    with pytest.raises(SettingsError, match="32 characters"):
        load_settings()


def test_production_names_its_organisation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANSEN_ENVIRONMENT", "production")
    with pytest.raises(SettingsError, match="OIN"):
        load_settings()


PRODUCTION = {
    "KANSEN_ENVIRONMENT": "production",
    "KANSEN_OIN": "00000001003214345000",
    "KANSEN_SITE_ADDRESS": "https://kansen.example",
    "KANSEN_OIDC_ISSUER": "https://sign-in.example",
    "KANSEN_OIDC_CLIENT_ID": "kansen",
}


@pytest.mark.parametrize(
    ("without", "told"),
    [
        (("KANSEN_OIDC_ISSUER", "KANSEN_OIDC_CLIENT_ID"), "oidc_issuer: name where staff sign in"),
        (("KANSEN_OIDC_CLIENT_ID",), "give both or neither"),
        (("KANSEN_SITE_ADDRESS",), "site_address: name the https address"),
    ],
)
def test_production_does_not_start_where_nobody_can_sign_in(
    monkeypatch: pytest.MonkeyPatch, without: tuple[str, ...], told: str
) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    assert load_settings().environment == "production"
    for name in without:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=told):
        load_settings()


@pytest.mark.parametrize(
    ("environment_name", "issuer"), [("production", "http://127.0.0.1:9"), ("local", "http://elsewhere.example")]
)
def test_nobody_signs_in_over_an_open_line(monkeypatch: pytest.MonkeyPatch, environment_name: str, issuer: str) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KANSEN_ENVIRONMENT", environment_name)
    monkeypatch.setenv("KANSEN_OIDC_ISSUER", issuer)
    with pytest.raises(SettingsError, match="oidc_issuer: https"):
        load_settings()


def test_a_provider_may_call_roles_by_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANSEN_OIDC_ROLE_NAMES", '{"grp-maatje": "buddy"}')
    assert load_settings().oidc_role_names == {"grp-maatje": Role.BUDDY}
    monkeypatch.setenv("KANSEN_OIDC_ROLE_NAMES", '{"grp-maatje": "queen"}')
    with pytest.raises(SettingsError, match="oidc_role_names"):
        load_settings()


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = load_settings()
    assert "pw" not in repr(settings)
    assert "s" * 32 not in repr(settings)


def sealed(monkeypatch: pytest.MonkeyPatch, folder: Path, *names: str) -> dict[str, Path]:
    """PEM files for these settings, named in the environment beside temporal_tls."""
    monkeypatch.setenv("KANSEN_TEMPORAL_TLS", "true")
    made = {name: folder / f"{name}.pem" for name in names}
    for name, file in made.items():
        file.write_text("-----BEGIN CERTIFICATE-----\n")
        monkeypatch.setenv(f"KANSEN_{name.upper()}", str(file))
    return made


def test_temporal_behind_tls_is_named_with_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = sealed(monkeypatch, tmp_path, "temporal_tls_ca", "temporal_tls_cert", "temporal_tls_key")
    monkeypatch.setenv("KANSEN_TEMPORAL_API_KEY", "the key that the provider gave")
    settings = load_settings()
    assert {name: getattr(settings, name) for name in made} == made
    assert "provider" not in repr(settings)


@pytest.mark.parametrize("alone", ["temporal_tls_cert", "temporal_tls_key"])
def test_a_certificate_without_its_key_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alone: str) -> None:
    sealed(monkeypatch, tmp_path, alone)
    with pytest.raises(SettingsError, match="temporal_tls_cert and temporal_tls_key: give both or neither"):
        load_settings()


@pytest.mark.parametrize("named", ["temporal_tls_ca", "temporal_api_key"])
def test_a_key_or_an_authority_never_goes_with_a_plain_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    sealed(monkeypatch, tmp_path, named)
    monkeypatch.setenv("KANSEN_TEMPORAL_TLS", "false")
    with pytest.raises(SettingsError, match=f"^{named}: needs temporal_tls = true"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nowhere.pem", None, "cannot be read: No such file"),
        ("authority.der", b"\x30\x82\x03", "cannot be read: not text"),
        ("empty.pem", b"", "holds no PEM text"),
    ],
)
def test_a_file_that_is_no_certificate_is_told_before_anything_connects(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("KANSEN_TEMPORAL_TLS", "true")
    monkeypatch.setenv("KANSEN_TEMPORAL_TLS_CA", str(tmp_path / name))
    with pytest.raises(SettingsError, match=told) as caught:
        load_settings()
    assert str(caught.value).startswith("temporal_tls_ca: ")


def test_a_file_is_named_from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANSEN_TEMPORAL_TLS", "true")
    monkeypatch.setenv("KANSEN_TEMPORAL_TLS_CA", "ca.pem")
    with pytest.raises(SettingsError, match=r"temporal_tls_ca: .*whole path"):
        load_settings()
