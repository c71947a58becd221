"""A small programme of a municipality's own: 2 places at once, 4 families in all, 2 on the waiting list."""

from collections.abc import Callable
from pathlib import Path

import pytest

from programmes.load import DIRECTORY_VARIABLE
from services.shared.database import Database
from tests.intake.town import PROGRAMME, Town

SIXTH = Path(__file__).parent.parent / "programmes" / "kansrijk-emmen.toml"


@pytest.fixture
def small_programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    text = SIXTH.read_text()
    for old, new in (
        ("places-at-once = 5", "places-at-once = 2"),
        ("families = 7", "families = 4"),
        ("waiting-list-maximum = 3", "waiting-list-maximum = 2"),
        (
            "required = true }]",
            'required = true },{ code = "aftercare", text = "Wij mogen u nog bellen.", required = false }]',
        ),
    ):
        assert text.count(old) == 1 or old == "families = 7"
        text = text.replace(old, new, 1)
    (tmp_path / PROGRAMME).mkdir()
    (tmp_path / PROGRAMME / "1.toml").write_text(text)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    return PROGRAMME


@pytest.fixture
def town(service_database: Callable[[str], Database], small_programme: str) -> Town:
    return Town(service_database("intake"))
