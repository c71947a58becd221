"""A programme of past years is lived in years to come, on the same weekdays."""

from datetime import date
from pathlib import Path

import pytest

from programmes.load import latest
from programmes.problems import ProgrammeError
from simulation.lived_programme import UnlivableProgramme, write_lived

VILLAGE = Path(__file__).parent / "kansrijk-dorp.toml"


def _folder_with(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "source" / "kansrijk-dorp" / "1.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return tmp_path / "source"


def test_a_programme_is_lived_twenty_eight_years_later_and_changes_in_nothing_else(tmp_path: Path) -> None:
    original = latest("kansen-voor-kinderen-groningen")
    lived = write_lived(original.id, source=None, folder=tmp_path)
    assert (lived.period.start, lived.period.end) == (date(2051, 1, 1), date(2053, 12, 31))
    assert lived.period.start.weekday() == original.period.start.weekday()
    assert lived.model_copy(update={"period": original.period}) == original


def test_an_area_that_opens_later_opens_later_in_the_lived_years_too(tmp_path: Path) -> None:
    source = _folder_with(tmp_path, VILLAGE.read_text())
    lived = write_lived("kansrijk-dorp", source=source, folder=tmp_path / "lived")
    assert lived.areas[1].open_from == date(2055, 3, 1)


def test_years_in_which_the_weekdays_fall_otherwise_are_refused(tmp_path: Path) -> None:
    late = VILLAGE.read_text().replace("2027-", "2075-")
    with pytest.raises(UnlivableProgramme, match="after 2099"):
        write_lived("kansrijk-dorp", source=_folder_with(tmp_path, late), folder=tmp_path / "lived")


def test_a_programme_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match="no such version"):
        write_lived("kansrijk-nergens", source=None, folder=tmp_path)
