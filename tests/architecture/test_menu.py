"""The menu leads nowhere that is not there, and offers nobody a page that would refuse them."""

import pytest

from services.shared.screens.menu import ENTRIES, MenuEntry
from tests.architecture.routes import routes


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_every_entry_is_a_page_for_whoever_sees_it(entry: MenuEntry) -> None:
    _, service, path = entry.path.split("/", 2)
    [page] = [route for route in routes(service) if (route.method, route.path) == ("GET", f"/{path}")]

    assert page.roles is not None
    assert sorted(entry.roles - page.roles) == []
