"""A newcomer's first day in the browser: from a family that is met at the food bank to what was decided for it.

On the stack that `./kansen up` starts, with nothing but its practice data. What waits for a matching round on some
Tuesday is held today, by the same handler. Every page on the way is looked at: accessible, and nothing falls off it.
"""

from pathlib import Path

import pytest

from tests.journeys.first_steps import GIVEN_NAME, SURNAME, meets_a_family, takes_in
from tests.journeys.office import LAPTOP, PHONE, Office, Somebody, open_office
from tests.journeys.together import (
    GOAL,
    approves,
    asks_money,
    comes_to_decide,
    finds_a_tandem,
    holds_a_round,
    makes_a_plan,
)
from tests.screens.conftest import Axe, OpenPage

# Eight processes, three engines and a browser work inside one test.
pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]

PAGES_AT_LEAST = 30


async def test_a_newcomers_first_day(tmp_path: Path, page: OpenPage, axe: Axe) -> None:
    async with open_office(tmp_path, page, axe) as office:
        noor = await office.signs_in("Noor Bakker", width=PHONE)
        sign_up = await meets_a_family(noor)

        sanne = await office.signs_in("Sanne de Vries", width=PHONE)
        await takes_in(sanne, sign_up)
        await sanne.follows("Naar het dossier")
        dossier = sanne.screen.url.removeprefix(office.address)
        trajectory = dossier.rsplit("/", 1)[1]

        await holds_a_round(office)
        await finds_a_tandem(sanne, trajectory)
        await makes_a_plan(sanne, trajectory)
        request = await asks_money(sanne, trajectory, "600")
        await who_asked_does_not_decide(sanne, request)
        await two_decide(office)
        await all_of_it_stands_in_the_dossier(sanne, dossier)
        assert len(office.looked_at) >= PAGES_AT_LEAST


async def who_asked_does_not_decide(sanne: Somebody, request: str) -> None:
    await sanne.opens(request)
    await sanne.screen.go_back()
    await sanne.opens(request.replace("/aanvragen/", "/besluiten/"))
    assert await sanne.screen.get_by_role("button", name="Akkoord").count() == 0


async def two_decide(office: Office) -> None:
    hanneke = await office.signs_in("Hanneke Smit", width=LAPTOP)
    await comes_to_decide(hanneke)
    assert "Er is nog een akkoord van een collega nodig" in await approves(hanneke)
    wim = await office.signs_in("Wim Jansen", width=PHONE)
    await comes_to_decide(wim)
    with office.stack.without("temporal"):
        # What decides is away: it says so, and what was chosen is kept.
        assert "Besluiten kan nu even niet" in await approves(wim)
        await wim.opens("/desk/werklijst")
        assert "Het gaat vanzelf weg zodra dat weer kan." in await wim.reads()

    async def it_went() -> bool:
        return "is alsnog verwerkt" in await wim.reads()

    await wim.waits_for(it_went, "the decision that was kept")
    await wim.follows("Bekijk waar het over gaat")
    assert "Akkoord" in await wim.reads()


async def all_of_it_stands_in_the_dossier(sanne: Somebody, dossier: str) -> None:
    await sanne.opens(dossier)
    told = await sanne.reads()
    for word in (GIVEN_NAME, SURNAME, GOAL, "600,00"):
        assert word in told, word
    await sanne.opens("/desk/gezinnen")
    assert SURNAME in await sanne.reads()
    await (
        sanne.screen.get_by_role("button", name="English")
        .or_(sanne.screen.get_by_role("link", name="English"))
        .first.click()
    )
    await sanne.opens(dossier)
    assert "600.00" in await sanne.reads()
