"""The page after an intake: what a family and who took it in read of what comes next."""

from datetime import timedelta

import httpx
import pytest

from tests.screens.intake_site import CARLA, NOW, WISHES, Neighbourhood, take_in
from tests.screens.people import signed_in
from tests.screens.test_intake_forms import beijum, carla

__all__ = ["beijum", "carla"]

pytestmark = pytest.mark.engines


async def test_what_cannot_wait_is_asked_with_urgency_from_the_outcome(
    beijum: Neighbourhood, carla: httpx.AsyncClient
) -> None:
    await beijum.fund()
    signal_id = await beijum.meet("Samira", needs=("bicycle",))
    await take_in(carla, signal_id, wensen=WISHES | {"urgent": "bicycle"})
    admitted = await beijum.admit(signal_id)
    page = await carla.get(f"/uitkomsten/{signal_id}")

    assert "Fiets" in page.text
    assert f"/budget/aanvragen/nieuw/{admitted.trajectory_id}?spoed=ja" in page.text
    assert "Je hoeft nu niets te doen" not in page.text


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
