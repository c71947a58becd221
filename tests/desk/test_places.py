"""What programmes and areas are called at the desk."""

from services.desk.places import place_names


def test_a_programme_and_an_area_are_called_by_their_names_in_the_readers_language() -> None:
    dutch, english = place_names("nl"), place_names("en")

    assert dutch.programme("kansrijke-start-groningen") != english.programme("kansrijke-start-groningen")
    assert dutch.area("beijum") == english.area("beijum") == "Beijum"
    assert dutch.area("elsewhere").startswith("Elders")
    assert english.area("elsewhere").startswith("Elsewhere")


def test_what_no_programme_knows_any_more_stands_for_itself() -> None:
    assert place_names("en").area("a-village-that-merged") == "a-village-that-merged"
