"""A wrong file is refused with its file, place and reason; a released version never changes."""

import shutil
from pathlib import Path

import pytest

from programmes.__main__ import main
from programmes.load import FILE_BYTES_MAXIMUM, PACKAGED, all_programmes, content_hash, latest, load, read, versions
from programmes.problems import ProgrammeError
from programmes.publish import SCHEMA_FILE, schema_text
from programmes.releases import LIST_NAME
from tests.programmes.conftest import SIXTH, Spoil


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A municipality's own directory with its sixth programme and one of ours."""
    (tmp_path / "kansrijk-emmen").mkdir()
    shutil.copy(SIXTH, tmp_path / "kansrijk-emmen" / "1.toml")
    shutil.copytree(PACKAGED / "kansrijk-groningen", tmp_path / "kansrijk-groningen")
    return tmp_path


def test_a_municipality_keeps_programmes_in_its_own_directory(shelf: Path) -> None:
    assert [programme.id for programme in all_programmes(shelf)] == ["kansrijk-emmen", "kansrijk-groningen"]
    assert latest("kansrijk-emmen", shelf).tandem.supporter_title == "gezinscoach"


def test_a_family_keeps_its_version_when_a_newer_one_comes(shelf: Path) -> None:
    first = load("kansrijk-emmen", 1, shelf)
    newer = SIXTH.read_text().replace("version = 1", "version = 2", 1).replace("review-months = 2", "review-months = 3")
    (shelf / "kansrijk-emmen" / "2.toml").write_text(newer)

    assert versions("kansrijk-emmen", shelf) == (1, 2)
    assert latest("kansrijk-emmen", shelf).trajectory.review_months == 3
    assert load("kansrijk-emmen", 1, shelf) == first


def test_an_edited_draft_is_read_again(shelf: Path) -> None:
    assert load("kansrijk-emmen", 1, shelf).capacity.places_at_once == 5
    file = shelf / "kansrijk-emmen" / "1.toml"
    file.write_text("# After the council.\n" + file.read_text().replace("places-at-once = 5", "places-at-once = 6"))
    assert load("kansrijk-emmen", 1, shelf).capacity.places_at_once == 6


def test_a_released_version_that_changed_is_refused(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "kansrijk-emmen", "1", "--directory", str(shelf)]) == 0
    file = shelf / "kansrijk-emmen" / "1.toml"
    file.write_text(file.read_text().replace("places-at-once = 5", "places-at-once = 4"))

    assert main(["release", "kansrijk-emmen", "1", "--directory", str(shelf)]) == 1
    assert "released and has changed" in capsys.readouterr().err
    assert (shelf / LIST_NAME).read_text().startswith("kansrijk-emmen 1 ")


def test_comments_and_layout_do_not_change_a_version(shelf: Path) -> None:
    before = content_hash(load("kansrijk-emmen", 1, shelf))
    file = shelf / "kansrijk-emmen" / "1.toml"
    file.write_text("# Agreed by the council.\n\n" + file.read_text().replace("10_000_000", "10000000"))
    assert content_hash(load("kansrijk-emmen", 1, shelf)) == before


def test_a_version_that_is_not_there_is_refused_with_the_ones_that_are(shelf: Path) -> None:
    with pytest.raises(ProgrammeError, match=r"7\.toml: there is no such version; versions of this programme: 1"):
        load("kansrijk-emmen", 7, shelf)


@pytest.mark.parametrize("programme_id", ["../kansrijk-emmen", "Kansrijk", "", "kansrijk-assen"])
def test_an_id_never_leads_outside_the_directory(shelf: Path, programme_id: str) -> None:
    with pytest.raises(ProgrammeError, match="versions of this programme: none"):
        latest(programme_id, shelf / "kansrijk-groningen")


def test_a_file_in_another_programmes_folder_is_refused(shelf: Path) -> None:
    shutil.copy(SIXTH, shelf / "kansrijk-groningen" / "2.toml")
    with pytest.raises(ProgrammeError) as refused:
        load("kansrijk-groningen", 2, shelf)
    assert [problem.place for problem in refused.value.problems] == [("id",), ("version",)]


def test_all_mistakes_are_named_at_once_with_line_and_place(refusal: Spoil) -> None:
    error = refusal(
        ("up-to-cents = 100_000", 'up-to-cents = "100"'),
        ("minimum-cell = 10", "minimum-cell = 3"),
        ("trial-days = 14", "trail-days = 14"),
    )

    spelled = [str(problem).split(": ", 2)[1:] for problem in error.problems]
    assert ["mandates[1].up-to-cents", "Input should be a valid integer"] in spelled
    assert ["figures.minimum-cell", "Input should be greater than or equal to 5"] in spelled
    assert ["tandem.trial-days", "Field required"] in spelled
    assert ["tandem.trail-days", "unknown key; did you mean `trial-days`?"] in spelled
    text = error.file.read_text().splitlines()
    by_place = {problem.place: problem for problem in error.problems}
    line = by_place["mandates", 1, "up-to-cents"].line
    assert line is not None
    assert text[line - 1] == 'up-to-cents = "100"'
    assert all(str(error.file) in told for told in str(error).splitlines())


def test_a_mistake_in_an_eligibility_rule_is_placed_by_the_files_own_keys(refusal: Spoil) -> None:
    (problem,) = refusal(("minimum = 2", "minimum = 0")).problems
    assert problem.place == ("eligibility", 1, "minimum")


def test_an_unknown_eligibility_rule_is_refused(refusal: Spoil) -> None:
    (problem,) = refusal(('rule = "area"', 'rule = "horoscope"')).problems
    assert problem.place == ("eligibility", 0)
    assert "'area', 'children', 'early-childhood', 'income'" in problem.reason


def test_a_date_that_does_not_exist_is_named_with_its_line(refusal: Spoil) -> None:
    (problem,) = refusal(("end = 2028-07-31", "end = 2028-06-31")).problems
    assert "is not valid TOML" in problem.reason
    assert "line 7" in problem.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe", "is not UTF-8 text"), (b"#" * (FILE_BYTES_MAXIMUM + 1), "is larger than")],
)
def test_what_is_no_programme_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "1.toml"
    file.write_bytes(content)
    with pytest.raises(ProgrammeError, match=reason):
        read(file)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match="cannot be read"):
        read(tmp_path / "nowhere.toml")


def test_a_writer_hears_what_is_still_unexplained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SIXTH)]) == 0
    told = capsys.readouterr().out
    assert "targets.families" in told
    assert "funding.total-cents" not in told
    assert "trajectory.review-months" not in told


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run `python -m programmes schema`"
