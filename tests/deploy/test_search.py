"""Many values are found at once, as whole words, and chance or common words are not taken for them."""

from pathlib import Path
from time import process_time

import pytest

from deploy.verify import search
from deploy.verify.search import Needles

NAMES = ["de Boer", "de Boer-Jansen", "Çelik", "José", "Visser", "06-12345678", "9711AB 12", "anna@example.org"]


@pytest.mark.parametrize("value", NAMES[:3] + NAMES[4:])
def test_each_value_is_found_in_the_middle_of_text(value: str) -> None:
    assert Needles(NAMES, "").in_text(f'{{"note":"{value}","x":1}}'.encode())


def test_a_value_is_found_as_a_whole_word_only() -> None:
    assert Needles(["Visser"], "").in_text(b"Vissersdijk, Bevisser, Visserin") == set()


def test_values_under_five_characters_are_left_out() -> None:
    assert Needles(["Bo", "José", "12"], "").values == []


def test_words_that_a_programme_uses_itself_are_left_out() -> None:
    assert Needles(["Samen sterk", "Visser"], "Wij zijn samen sterk in de wijk.").values == ["Visser"]


def test_of_a_long_text_the_first_words_are_enough() -> None:
    needles = Needles(["Wij willen heel graag naar een ander huis met een tuin"], "")

    assert needles.in_text(b"x Wij willen heel graag dat dit niet hier staat")


def test_a_value_across_the_border_of_two_pieces_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CHUNK_BYTES", 64)
    file = tmp_path / "some.log"
    for shift in range(64):
        file.write_text("." * (40 + shift) + " mevrouw van Zuylekom belde " + "." * 50)
        assert Needles(["van Zuylekom"], "").in_file(file) == {b"van Zuylekom"}


def test_in_a_binary_file_only_longer_values_count(tmp_path: Path) -> None:
    file = tmp_path / "segment"
    file.write_bytes(b"\0\xffVisser\0Kvan ZuylekomZ\0")

    assert Needles(["Visser", "van Zuylekom"], "").in_file(file) == {b"van Zuylekom"}


def test_nothing_to_look_for_finds_nothing(tmp_path: Path) -> None:
    assert len(Needles([], "")) == 0
    assert Needles([], "").in_text(b"anything") == set()


def test_thousands_of_values_take_no_time_of_note() -> None:
    needles = Needles([f"Familienaam{number} van Straat{number}" for number in range(5_000)], "")
    text = b'{"id":"3f2c","programme":"kansrijk-groningen","amount_cents":250000}' * 20_000

    began = process_time()
    assert needles.in_text(text + b" Familienaam4321 van Straat4321 ") != set()

    assert process_time() - began < 5
