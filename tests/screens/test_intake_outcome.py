"""The page after an intake: what a family and who took it in read of what comes next."""

from datetime import timedelta

import httpx
import pytest

from tests.screens.intake_site import AGREED, CARLA, DIRK, NOW, TOM, WISHES, Neighbourhood, send, take_in
from tests.screens.people import hidden, signed_in
from tests.screens.test_intake_forms import beijum, carla

__all__ = ["beijum", "carla"]

pytestmark = pytest.mark.engines


async def test_the_outcome_leads_to_the_dossier_for_what_cannot_wait_and_offers_nothing_that_is_refused(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    await beijum.fund()
    signal_id = await beijum.meet("Samira", needs=("bicycle",))
    await take_in(carla, signal_id, wensen=WISHES | {"urgent": "bicycle"})
    admitted = await beijum.admit(signal_id)
    page = await carla.get(f"/uitkomsten/{signal_id}")

    assert "Fiets" in page.text
    assert f'href="/desk/gezinnen/{admitted.trajectory_id}"' in page.text
    assert "/budget/aanvragen/nieuw" not in page.text
    assert "Je hoeft nu niets te doen" not in page.text


async def test_how_far_an_intake_is_and_how_it_began_stand_with_the_sign_up(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    signal_id = await beijum.meet("Samira")
    before = (await carla.get(f"/signalen/{signal_id}")).text
    assert "Nog geen intake" in before
    assert "Eerste contact (" in before
    await send(carla, signal_id, "toestemming", AGREED)
    async with signed_in(beijum.app, DIRK) as dirk:
        begun = (await dirk.get(f"/signalen/{signal_id}")).text
    assert "Intake begonnen, stap 2 van 7" in begun
    assert f"/desk/collega/{CARLA.person}" in begun
    for page in (begun, (await carla.get("/signalen")).text):
        assert "Nog geen intake</span>" not in page


async def test_the_history_of_a_family_tells_who_mended_its_sign_up(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    await beijum.fund()
    signal_id = await beijum.meet("Samra")
    form = await carla.get(f"/signalen/{signal_id}/verbeteren")
    told = {"name": "Samira", "phone": "0612345678", "seen": hidden(form, "seen")}
    assert (await carla.post(f"/signalen/{signal_id}/verbeteren", data=told)).status_code == 303
    await take_in(carla, signal_id)
    admitted = await beijum.admit(signal_id)

    async with signed_in(beijum.app, TOM) as tom:
        history = (await tom.get(f"/panelen/geschiedenis/{admitted.trajectory_id}")).text
        family = (await tom.get(f"/panelen/gezin/{admitted.trajectory_id}")).text
    assert history.count("Naam of nummer van de aanmelding verbeterd") == 1
    assert family.count("Naam of nummer verbeterd, door") == 1
    assert "Samra" not in history + family


async def test_who_comes_in_reads_in_which_round_a_tandem_is_sought(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    """The day of the dossier (tests/matching/test_pages.py), for as long as it is still to come."""
    await beijum.fund()
    signal_id = await beijum.meet("Samira")
    await take_in(carla, signal_id)
    await beijum.admit(signal_id)

    said = {0: "Dat doen wij op dinsdag 5 maart.", 1: "Dat doen wij vandaag."}
    for days in (0, 1, 2):
        beijum.app.state.clock = lambda today=NOW + timedelta(days=days): today
        async with signed_in(beijum.app, CARLA) as then:
            page = await then.get(f"/uitkomsten/{signal_id}")
        assert [each in page.text for each in said.values()] == [days == each for each in said]
