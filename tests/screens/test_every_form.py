"""Every form there is, left blank and full of nonsense: what is wrong is said on top and at its field, to everybody."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from deploy.services import OWNERS
from services.desk import decisions
from services.shared.outcomes import Refused
from services.shared.settings import Settings
from tests.architecture.test_access_matrix import Undone
from tests.screens.conftest import Axe, OpenPage, Site
from tests.screens.every_family import behind_one_door, open_screens
from tests.screens.every_life import begin, come_in, find_tandems
from tests.screens.every_look import ask, pages, visits
from tests.screens.every_sent import Answers, all_sent, look_at_answers, send, unsent
from tests.screens.every_sweep import STREAMS
from tests.screens.every_year import go_on

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

BUTTONS = frozenset(
    {
        "POST /budget/aanvragen/{request_id}/intrekken",
        "POST /budget/besluiten/{subject_id}",
        "POST /budget/nieuws/gelezen",
        "POST /desk/aanmelden",
        "POST /desk/gezinnen/{trajectory_id}/zorg",
        "POST /desk/sessies/einde",
        "POST /desk/sessies/{person}/einde",
        "POST /desk/sessies/{person}/terug",
        "POST /desk/sessies/{person}/vertrek",
        "POST /desk/taken/{task_id}/nemen",
        "POST /desk/taken/{task_id}/teruggeven",
        "POST /desk/vervanging/{stand_in_id}/einde",
        "POST /desk/werklijst/zoekopdrachten/{search_id}/verwijderen",
        "POST /intake/bekend/{signal_id}",
        "POST /intake/bsn/{family_id}",
        "POST /intake/uit-elkaar/{family_id}",
        "POST /plans/documenten/{trajectory_id}/{document_id}/weg",
        "POST /plans/doelen/{trajectory_id}/{goal_id}/bereikt",
        "POST /plans/doelen/{trajectory_id}/{goal_id}/losgelaten",
        "POST /plans/doelen/{trajectory_id}/{goal_id}/stappen/{step_id}/klaar",
    }
)
"""Pressing it says all."""
MAY_STAY_AS_IT_IS = frozenset(
    {
        "POST /desk/berichten",
        "POST /intake/intakes/{signal_id}/{step}",
        "POST /intake/samenvoegen/{family_id}",
        "POST /intake/toestemmingen/{signal_id}",
        "POST /plans/notities/{trajectory_id}/{task_id}",
        "POST /plans/plannen/{trajectory_id}",
    }
)
"""What is chosen already may stay, a step may be passed over, any words are words, or another row is asked for."""
TOLD_ELSEWHERE = frozenset({"POST /desk/werklijst/taken", "POST /desk/werklijst/zoekopdrachten"})
"""What is wrong stands on the worklist, to which they lead back."""
BY_SCRIPTS = frozenset(
    {
        "POST /budget/panelen/aanvragen",
        "POST /budget/panelen/nood/{trajectory_id}",
        "POST /intake/kennismaking/nazending",
        "POST /intake/lijkt-op/{signal_id}",
        "POST /intake/panelen/namen",
    }
)
"""They answer to a script."""
NEED_NOTHING = BUTTONS | MAY_STAY_AS_IT_IS | TOLD_ELSEWHERE | BY_SCRIPTS


@pytest.fixture(autouse=True)
def _temporal_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decided comes no further than the desk."""

    async def away(*_: Any) -> Refused:
        return Refused(decisions.NOT_AVAILABLE)

    monkeypatch.setattr(decisions, "send", away)


async def test_every_form_that_is_wrong_says_what_is_wrong(
    migrated_settings: Callable[..., Settings], site: Site, page: OpenPage, axe: Axe
) -> None:
    routes = {str(route): route for route in pages("POST")}
    settings = migrated_settings(*OWNERS)
    async with open_screens(settings) as screens, AsyncExitStack() as stack:
        for live in (begin, come_in, find_tandems, go_on):
            await live(screens)
        # From here on nothing stays: each form is sent to the same families, whatever was sent before it.
        kept = screens.town.databases
        undone = {name: Undone(each.url, tables=each.tables, source=each.source) for name, each in kept.items()}
        for database in undone.values():
            stack.push_async_callback(database.close)
        screens.apps, screens.front = await behind_one_door(settings, undone)
        seen = await ask(screens, visits([each for each in pages("GET") if str(each) not in STREAMS], screens), "nl")
        answers = Answers()
        await send(screens, all_sent(seen, routes.values()), answers)
        await send(screens, unsent(routes, answers, screens), answers)
        async with site(screens.front) as address:
            wrong = await look_at_answers(answers.pages.values(), address, screens, page, axe)

    assert answers.sent == routes.keys()
    assert sorted(answers.taken.keys() - NEED_NOTHING) == []
    assert answers.wrong == {}
    assert wrong == {}
