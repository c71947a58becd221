"""What programmes and areas are called at the desk."""

from services.desk.places import place_names


def test_a_programme_and_an_area_are_called_by_their_names_in_the_readers_language() -> None:
    dutch, english = place_names("nl"), place_names("en")

    assert dutch.programme("kansrijke-start-groningen") != english.programme("kansrijke-start-groningen")
    assert dutch.area("beijum") == english.area("beijum") == "Beijum"
    assert english.area("elsewhere", "kansrijke-start-groningen") == "Elsewhere in the municipality of Groningen"


def test_elsewhere_is_another_place_for_every_municipality() -> None:
    names = place_names("nl")

    assert names.area("elsewhere", "kansrijk-opgroeien-coevorden") == "Elders in de gemeente Coevorden"
    assert names.area("elsewhere", "kansrijke-start-groningen") == "Elders in de gemeente Groningen"
    assert names.area("elsewhere") == "Elders in de gemeente Groningen / Elders in de gemeente Coevorden"


def test_what_no_programme_knows_any_more_stands_for_itself() -> None:
    assert place_names("en").area("a-village-that-merged") == "a-village-that-merged"
