"""A theme file that cannot be found is told when the settings are read, and not to the first reader."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.shared.settings import Settings


def _settings(theme_file: Path) -> Settings:
    return Settings.model_validate(
        {
            "secret": "s" * 32,
            "database_url": "postgresql+psycopg://owner:pw@db.example:5432/kansen",
            "rabbitmq_url": "amqp://admin:pw@mq.example:5672/kansen",
            "temporal_address": "temporal.example:7233",
            "theme_file": theme_file,
        }
    )


def test_a_theme_is_a_file_with_its_whole_path(tmp_path: Path) -> None:
    theme = tmp_path / "theme.css"
    with pytest.raises(ValidationError, match="is no file"):
        _settings(theme)
    with pytest.raises(ValidationError, match="name the whole path"):
        _settings(Path("theme.css"))

    theme.write_text(".stad-theme {}")
    assert _settings(theme).theme_file == theme
