"""The browser of the tests of screens, for journeys over all of them."""

from tests.screens.conftest import axe, browser, closed, page

__all__ = ["axe", "browser", "closed", "page"]
