"""A family is met, taken in and enrolled by people whose browsers run no scripts, on the stack of `./kansen up`."""

from pathlib import Path

import pytest

from tests.journeys.first_steps import SURNAME, meets_a_family, takes_in
from tests.journeys.office import PHONE, open_office
from tests.screens.conftest import Axe, OpenPage

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]


async def test_without_scripts_a_family_comes_to_take_part(tmp_path: Path, page: OpenPage, axe: Axe) -> None:
    async with open_office(tmp_path, page, axe) as office:
        noor = await office.signs_in("Noor Bakker", width=PHONE, javascript=False)
        sign_up = await meets_a_family(noor)
        sanne = await office.signs_in("Sanne de Vries", width=PHONE, javascript=False)
        await takes_in(sanne, sign_up)
        await sanne.follows("Naar het dossier")
        # Each part that loads by itself elsewhere is a link here, and leads to a page of its own.
        await sanne.follows("Open op een eigen pagina")
        assert SURNAME in await sanne.reads()
        await sanne.follows("Terug naar het dossier")
