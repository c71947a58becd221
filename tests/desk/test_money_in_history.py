"""The history of a family leads to that of its money, for who may see it."""

import httpx
import pytest
from fastapi import FastAPI

from services.shared.roles import Role
from tests.desk.office import Office
from tests.desk.test_dossier_pages import HERE, app, marieke, town, trajectory
from tests.screens.people import person, signed_in

__all__ = ["app", "marieke", "town"]

pytestmark = pytest.mark.engines


async def test_the_history_leads_to_that_of_money_for_who_may_see_it(
    town: Office, app: FastAPI, marieke: httpx.AsyncClient
) -> None:
    path, money = f"/gezinnen/{trajectory(0)}/geschiedenis", f'href="/budget/panelen/budget/{trajectory(0)}"'

    assert money in (await marieke.get(path)).text
    async with signed_in(app, person("Priya", Role.PRIVACY_OFFICER, **HERE)) as priya:
        history = await priya.get(path)
    assert (history.status_code, money in history.text) == (200, False)
