"""Settings are one file and the environment, and a mistake in either is told with its place."""

from pathlib import Path

import pytest

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


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = load_settings()
    assert "pw" not in repr(settings)
    assert "s" * 32 not in repr(settings)
