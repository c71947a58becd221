"""The family's choice and its trial on the screen: answered once, refused in words, remembered with who wrote it."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.intake.events import FamilyEnrolled
from services.matching import bus, handlers, store
from services.matching.__main__ import SERVICE
from services.matching.contracts import HoldRound
from services.matching.domain import RequestState, TandemState
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.hearing import hears
from tests.matching.town import PROGRAMME, TODAY, asks, at, buddy, registration, request, supporter, trajectory_of, who
from tests.screens.people import person, signed_in

FAMILY = trajectory_of("De Boer")
NEXT_ROUND = date(2023, 3, 14)
HERE = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"beijum"})}
MARIEKE = person("Marieke", Role.TEAM_COORDINATOR, **HERE)
ELSEWHERE = person("Ria", Role.SUPPORTER, programmes=frozenset({PROGRAMME}), areas=frozenset({"selwerd"}))


def enrolled(family: str) -> FamilyEnrolled:
    return FamilyEnrolled(
        family_id=stable_id("family", family),
        trajectory_id=trajectory_of(family),
        signal_id=stable_id("signal", family),
        programme=PROGRAMME,
        programme_version=1,
        area="beijum",
        enrolled_on=TODAY,
        children=1,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
    )


@pytest.fixture
async def database(service_database: Callable[[str], Database]) -> Database:
    """A family that may choose between two tandems."""
    database = service_database("matching")
    now = at(TODAY)
    await hears(database, bus.consumer, enrolled("De Boer"), now=now)
    async with database.transaction() as tx:
        for each in (supporter("Henk"), buddy("Fatima"), buddy("Sami")):
            await handlers.register_person(tx, registration(each), now=now)
        await handlers.request_tandem(tx, asks(request("De Boer")), now=now)
    async with database.transaction() as tx:
        await handlers.hold_round(tx, HoldRound(programme=PROGRAMME, programme_version=1, round_number=1), now=now)
    return database


@pytest.fixture
async def app(database: Database, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=database, clock=lambda: at(TODAY))
    assert made is not None
    return made


@pytest.fixture
async def marieke(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, MARIEKE) as client:
        yield client


async def options(database: Database) -> list[UUID]:
    async with database.transaction() as tx:
        proposal = await store.proposal_for(tx, FAMILY)
    assert proposal is not None
    return [option.id for option in proposal.options]


async def state(database: Database) -> TandemState | None:
    async with database.transaction() as tx:
        tandem = await store.tandem_of(tx, FAMILY)
    return tandem.state if tandem else None


async def test_a_family_chooses_tries_and_goes_on_with_its_tandem(
    database: Database, marieke: httpx.AsyncClient
) -> None:
    first, *_ = await options(database)
    assert "Het gezin kan kiezen" in (await marieke.get(f"/panelen/tandem/{FAMILY}")).text
    assert (await marieke.get(f"/keuze/{FAMILY}")).status_code == 200
    for _ in range(2):
        assert (await marieke.post(f"/keuze/{FAMILY}", data={"tandem": str(first)})).status_code == 303
    assert await state(database) is TandemState.TRIAL

    assert (await marieke.post(f"/proef/{FAMILY}", data={})).status_code == 400
    for _ in range(2):
        assert (await marieke.post(f"/proef/{FAMILY}", data={"outcome": "confirmed"})).status_code == 303
    assert await state(database) is TandemState.CONFIRMED
    history = (await marieke.get(f"/panelen/geschiedenis/{FAMILY}")).text
    assert history.count("Gezin koos een tandem om te proberen") == 1
    assert history.count("Gezin en tandem gaan samen verder") == 1


async def test_a_tandem_whose_buddys_certificate_runs_out_is_marked(
    database: Database, app: FastAPI, marieke: httpx.AsyncClient
) -> None:
    first, *_ = await options(database)
    await marieke.post(f"/keuze/{FAMILY}", data={"tandem": str(first)})
    await marieke.post(f"/proef/{FAMILY}", data={"outcome": "confirmed"})
    assert "VOG" not in (await marieke.get(f"/panelen/tandem/{FAMILY}")).text, "good until the end of 2025"
    async with database.transaction() as tx:
        tandem = await store.tandem_of(tx, FAMILY)
    name = next(each for each in ("Fatima", "Sami") if tandem and tandem.buddy_id == who(each))
    for day, said in ((date(2025, 12, 15), "loopt af op 31 december 2025"), (date(2026, 1, 1), "is verlopen op 31")):
        app.state.clock = lambda day=day: at(day)
        async with signed_in(app, MARIEKE) as client:
            assert f"De VOG {said}" in (await client.get(f"/panelen/tandem/{FAMILY}")).text
        async with signed_in(app, person(name, Role.BUDDY)) as the_buddy:
            seen = await the_buddy.get(f"/panelen/tandem/{FAMILY}")
            assert (seen.status_code, "VOG" in seen.text) == (200, False)


async def test_none_of_these_needs_a_reason_and_keeps_the_family_in_line(
    database: Database, marieke: httpx.AsyncClient
) -> None:
    refused = await marieke.post(f"/keuze/{FAMILY}", data={"tandem": "none"})
    assert refused.status_code == 400
    assert 'href="#reason"' in refused.text
    said = await marieke.post(f"/keuze/{FAMILY}", data={"tandem": "none", "reason": "no-click"})
    assert said.status_code == 303
    async with database.transaction() as tx:
        waiting = await store.open_request(tx, FAMILY)
    assert waiting is not None
    assert waiting.state is RequestState.WAITING
    again = await marieke.post(f"/keuze/{FAMILY}", data={"tandem": "none", "reason": "no-click"})
    assert again.status_code == 409
    assert "Dit voorstel is er niet meer" in again.text


async def test_who_changes_language_keeps_what_the_family_answered_and_saves_nothing(
    database: Database, marieke: httpx.AsyncClient
) -> None:
    first, *_ = await options(database)
    choice = await marieke.post(f"/keuze/{FAMILY}", data={"tandem": str(first), "reason": "no-click", "taal": "en"})
    assert (choice.status_code, f'value="{first}" checked' in choice.text) == (200, True)
    assert f'formaction="/taal?taal=en&amp;naar=/matching/keuze/{FAMILY}"' in choice.text
    assert await state(database) is None

    await marieke.post(f"/keuze/{FAMILY}", data={"tandem": str(first)})
    trial = await marieke.post(f"/proef/{FAMILY}", data={"outcome": "again", "taal": "en"})
    assert (trial.status_code, 'value="again" checked' in trial.text) == (200, True)
    assert f'formaction="/taal?taal=en&amp;naar=/matching/proef/{FAMILY}"' in trial.text
    assert await state(database) is TandemState.TRIAL


async def test_who_waits_for_a_tandem_is_told_on_which_day_is_looked_again(
    database: Database, marieke: httpx.AsyncClient
) -> None:
    await hears(database, bus.consumer, enrolled("El Amrani"), now=at(TODAY))
    async with database.transaction() as tx:
        await handlers.request_tandem(tx, asks(request("El Amrani")), now=at(TODAY))

    panel = await marieke.get(f"/panelen/tandem/{trajectory_of('El Amrani')}")

    assert "op een tandem: een gezinsondersteuner en een buddy." in panel.text
    assert "De volgende ronde is op 14 maart 2023" in panel.text
    assert "In een ronde zoekt Kansen vanzelf wie bij het gezin past." in panel.text


@pytest.mark.parametrize("role", [Role.SUPPORTER, Role.OUTREACH_WORKER])
async def test_who_met_a_family_reads_when_a_tandem_is_looked_for_long_after_the_horizon_of_a_programme_without_an_end(
    database: Database, app: FastAPI, role: Role
) -> None:
    sanne, running, today = (
        person("Sanne", role, areas=frozenset({"selwerd"})),
        "kansrijk-groningen",
        date(2026, 11, 22),
    )
    came_in = enrolled("El Amrani").model_copy(update={"programme": running})
    await hears(database, bus.consumer, came_in, now=at(today))
    async with database.transaction() as tx:
        met = tx.tables.family_scope.c.trajectory_id == came_in.trajectory_id
        await tx.execute(tx.tables.family_scope.update().where(met).values(received_by=sanne.person))
        asked = replace(asks(request("El Amrani")), programme=running)
        await handlers.request_tandem(tx, asked, now=at(today))
    app.state.clock = lambda: at(today)
    async with signed_in(app, sanne) as client:
        panel = await client.get(f"/panelen/tandem/{came_in.trajectory_id}")
        others = await client.get(f"/panelen/tandem/{FAMILY}")

    assert re.search(r"De volgende ronde is op \d+ (november|december) 2026", panel.text)
    assert others.status_code == 403


async def test_in_the_morning_of_a_round_it_is_today_until_it_was_held(database: Database, app: FastAPI) -> None:
    await hears(database, bus.consumer, enrolled("El Amrani"), now=at(TODAY))
    async with database.transaction() as tx:
        await handlers.request_tandem(tx, asks(request("El Amrani", languages=("so",))), now=at(TODAY))
    app.state.clock = lambda: at(NEXT_ROUND)
    panel = f"/panelen/tandem/{trajectory_of('El Amrani')}"
    async with signed_in(app, MARIEKE) as client:
        before = await client.get(panel)
        async with database.transaction() as tx:
            held = HoldRound(programme=PROGRAMME, programme_version=1, round_number=2)
            await handlers.hold_round(tx, held, now=at(NEXT_ROUND))
        after = await client.get(panel)

    assert "Vandaag is er een ronde" in before.text
    assert "De volgende ronde is op 28 maart 2023" in after.text


async def test_what_is_not_on_offer_is_refused_in_words(database: Database, marieke: httpx.AsyncClient) -> None:
    refused = await marieke.post(f"/keuze/{FAMILY}", data={"tandem": str(stable_id("another"))})

    assert refused.status_code == 409
    assert "Dit voorstel is er niet meer" in refused.text
    trial = await marieke.get(f"/proef/{FAMILY}")
    assert "Er loopt nu geen proef" in trial.text


@pytest.mark.parametrize("address", ["panelen/tandem", "panelen/geschiedenis", "keuze", "proef"])
async def test_the_family_of_another_area_is_not_ours(app: FastAPI, marieke: httpx.AsyncClient, address: str) -> None:
    assert (await marieke.get(f"/{address}/{FAMILY}")).status_code == 200
    async with signed_in(app, ELSEWHERE) as client:
        assert (await client.get(f"/{address}/{FAMILY}")).status_code == 403


async def test_what_a_buddy_speaks_and_knows_is_told_in_the_readers_language(marieke: httpx.AsyncClient) -> None:
    dutch = (await marieke.get(f"/keuze/{FAMILY}")).text
    marieke.cookies.set("taal", "en")
    english = (await marieke.get(f"/keuze/{FAMILY}")).text

    assert "Nederlands" in dutch.partition("<main")[2]
    assert "Dutch" in english.partition("<main")[2]
    assert "Money and debts" in english
