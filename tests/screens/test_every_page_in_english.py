"""Every page there is, in English, on a laptop and at 400 %; a new one is here without anybody saying so."""

from collections.abc import Callable

import pytest

from deploy.services import OWNERS
from services.shared.settings import Settings
from tests.screens.conftest import Axe, OpenPage, Site
from tests.screens.every_family import open_screens
from tests.screens.every_sweep import sweep

# A year of a dozen families, and a few hundred pages.
pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]


async def test_every_page_is_for_everybody_in_english_too(
    migrated_settings: Callable[..., Settings], site: Site, page: OpenPage, axe: Axe
) -> None:
    async with open_screens(migrated_settings(*OWNERS)) as screens:
        await sweep(screens, site, page, axe, "en")
