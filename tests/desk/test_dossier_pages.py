"""The dossier and the list of families at the desk: within reach, narrowed, counted; actions once; concerns at once."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from services.desk import bus, decisions, store, timeline_bus
from services.desk.__main__ import SERVICE
from services.desk.colleagues import welcome
from services.desk.contracts import TaskKind, urgent_task_id
from services.desk.handlers import Sending
from services.desk.handlers.concerns import ALARM_AFTER
from services.intake.events import FamilyEnrolled
from services.matching.events import TandemConfirmed, TandemEnded
from services.plans.events import Phase, PlanAgreed, TrajectoryPaused, TrajectoryPhaseEntered
from services.shared.access import Actor
from services.shared.outcomes import Refused
from services.shared.permissions import PERMITTED, Permission
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import MONDAY, Office, task
from tests.hearing import hears
from tests.screens.people import hidden, person, signed_in

PROGRAMME = "kansen-voor-kinderen-groningen"
HERE = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"beijum"}), "team": "wij-beijum"}
MARIEKE = person("Marieke", Role.TEAM_COORDINATOR, **HERE)
MANAGER = person("Paul", Role.PROGRAMME_MANAGER, programmes=frozenset({PROGRAMME}))
HENK = person("Henk", Role.SUPPORTER, **HERE)
FATIMA = person("Fatima", Role.BUDDY)
ELSEWHERE = person("Ria", Role.SUPPORTER, programmes=frozenset({PROGRAMME}), areas=frozenset({"de-wijert"}))


def trajectory(number: int) -> UUID:
    return stable_id("trajectory", number)


def family(number: int) -> UUID:
    return stable_id("family", number)


async def comes_in(
    office: Office, number: int, area: str = "beijum", *, now: datetime = MONDAY, **told: object
) -> None:
    """A family that the desk hears of."""
    enrolled = FamilyEnrolled(
        family_id=family(number),
        trajectory_id=trajectory(number),
        signal_id=stable_id("signal", number),
        programme=PROGRAMME,
        programme_version=1,
        area=area,
        enrolled_on=now.date(),
        children=1,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
        **told,
    )
    await hears(office.database, bus.consumer, enrolled, now=now)
    await hears(office.database, timeline_bus.consumer, enrolled, now=now)


async def gets_a_tandem(office: Office, number: int) -> None:
    confirmed = TandemConfirmed(
        trajectory_id=trajectory(number),
        family_id=family(number),
        tandem_id=stable_id("tandem", number),
        supporter_id=HENK.person,
        buddy_id=FATIMA.person,
        replaces=False,
        waited_days=3,
        team="wij-beijum",
    )
    phase = TrajectoryPhaseEntered(
        trajectory_id=trajectory(number), family_id=family(number), programme=PROGRAMME, phase=Phase.PLAN
    )
    await hears(office.database, bus.consumer, confirmed, now=MONDAY)
    await hears(office.database, timeline_bus.consumer, confirmed, phase, now=MONDAY)


@pytest.fixture
async def town(office: Office) -> Office:
    """Three families in two areas; the first works with Henk and Fatima."""
    for number, area in enumerate(("beijum", "beijum", "selwerd")):
        await comes_in(office, number, area)
    await gets_a_tandem(office, 0)
    async with office.database.transaction() as tx:
        for each in (HENK, MARIEKE):
            await welcome(tx, each, now=MONDAY)
    return office


@pytest.fixture
async def app(town: Office, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: MONDAY)
    assert made is not None
    return made


@pytest.fixture
async def marieke(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, MARIEKE) as client:
        yield client


def shown(page: httpx.Response) -> set[int]:
    """Which families stand on a list."""
    return {number for number in range(3) if f"/desk/gezinnen/{trajectory(number)}" in page.text}


@pytest.mark.parametrize(
    ("actor", "seen"), [(MARIEKE, {0, 1}), (HENK, {0, 1}), (FATIMA, {0}), (MANAGER, {0, 1, 2}), (ELSEWHERE, set())]
)
async def test_a_list_and_its_count_hold_what_its_reader_may_see(app: FastAPI, actor: Actor, seen: set[int]) -> None:
    async with signed_in(app, actor) as client:
        page = await client.get("/gezinnen")
        for number in range(3):
            status = (await client.get(f"/gezinnen/{trajectory(number)}")).status_code
            assert (status == 200) is (number in seen)

    assert shown(page) == seen
    assert f"{len(seen)} gezin" in page.text
    hears_names = not actor.roles.isdisjoint(PERMITTED[Permission.READ_FAMILY])
    assert ("Zoek op naam" in page.text, "Namen van gezinnen horen niet" in page.text) == (hears_names, not hears_names)
    assert ("/intake/panelen/namen" in page.text) is (hears_names and bool(seen))


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("wijk=selwerd", {2}),
        ("fase=plan", {0}),
        ("wie=afgesloten", set()),
        (f"ondersteuner={HENK.person}", {0}),
        ("programma=other", set()),
        ("pagina=2", set()),
        ("fase=nonsense&ondersteuner=nonsense", {0, 1, 2}),
    ],
)
async def test_a_list_is_narrowed(app: FastAPI, query: str, seen: set[int]) -> None:
    async with signed_in(app, MANAGER) as client:
        page = await client.get(f"/gezinnen?{query}")

    assert page.status_code == 200
    assert shown(page) == seen


async def test_the_dossier_shows_how_far_a_family_is_what_is_next_and_panels_that_its_reader_may_open(
    town: Office, app: FastAPI, marieke: httpx.AsyncClient
) -> None:
    plan = task(TaskKind.MAKE_PLAN, subject_id=trajectory(0), family_id=family(0), programme=PROGRAMME)
    request = stable_id("request", "bicycle")
    decide = task(
        TaskKind.DECIDE_REQUEST,
        subject_id=request,
        family_id=family(0),
        programme=PROGRAMME,
        roles=(Role.TEAM_COORDINATOR,),
    )
    await town.open(plan, decide)
    page = await marieke.get(f"/gezinnen/{trajectory(0)}")

    assert "Plan maken" in page.text
    assert f'<span data-aanvraag="{request}"></span>' in page.text, "budget tells which request it is"
    assert "Henk" in page.text
    assert f"/desk/taken/{plan.task_id}" in page.text
    assert f"/plans/panelen/voortgang/{trajectory(0)}" in page.text
    async with signed_in(app, FATIMA) as client:
        some = await client.get(f"/gezinnen/{trajectory(0)}")
    assert f"/plans/panelen/plan/{trajectory(0)}" in some.text
    for kept in ("voortgang", "budget/panelen", "panelen/documenten", "acties/stoppen", "geschiedenis"):
        assert kept not in some.text
    assert "/zorg" in some.text
    # A buddy reads that there is work, and is not led to a task that is not hers to open.
    assert "Gezinsplan maken" in some.text
    assert f"/desk/taken/{plan.task_id}" not in some.text


async def test_that_a_family_waits_for_a_tandem_stands_beside_what_else_is_to_do_until_it_can_choose_one(
    town: Office, marieke: httpx.AsyncClient
) -> None:
    of_the_second = {"programme": PROGRAMME, "family_id": family(1), "trajectory_id": trajectory(1)}
    waiting = "We zoeken een tandem voor dit gezin."

    await town.open(task(TaskKind.DECIDE_REQUEST, subject_id=stable_id("request", 1), **of_the_second))
    assert waiting in (await marieke.get(f"/gezinnen/{trajectory(1)}")).text
    await town.open(task(TaskKind.CHOOSE_TANDEM, subject_id=trajectory(1), **of_the_second))
    assert waiting not in (await marieke.get(f"/gezinnen/{trajectory(1)}")).text


async def answered(monkeypatch: pytest.MonkeyPatch, outcome: Refused | None) -> list[Sending]:
    sent: list[Sending] = []

    async def send(client: Any, sending: Sending) -> Refused | None:
        sent.append(sending)
        return outcome

    monkeypatch.setattr(decisions, "send", send)
    return sent


async def test_an_action_needs_a_reason_and_is_done_once(
    town: Office, marieke: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await answered(monkeypatch, None)
    address = f"/gezinnen/{trajectory(0)}/acties/pauze"
    told = {"key": hidden(await marieke.get(address), "key")}
    assert (await marieke.post(address, data=told)).status_code == 400
    for _ in range(2):
        assert (await marieke.post(address, data=told | {"reason": "illness"})).status_code == 303

    assert len(sent) == 1
    history = await marieke.get(f"/gezinnen/{trajectory(0)}/geschiedenis")
    assert "Begeleiding pauzeren" in history.text
    assert "Ziekte" in history.text
    assert "Marieke" in history.text


async def test_while_decisions_cannot_be_sent_nothing_is_lost_and_the_page_says_so(
    town: Office, marieke: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/gezinnen/{trajectory(0)}/acties/stoppen"
    told = {"key": str(uuid4()), "reason": "family-asked"}
    await answered(monkeypatch, Refused(decisions.NOT_AVAILABLE))
    away = await marieke.post(address, data=told)
    assert away.status_code == 503
    assert "er is niets weg" in away.text
    assert hidden(away, "key") == told["key"]
    assert (await marieke.get(f"/gezinnen/{trajectory(0)}")).status_code == 200

    await answered(monkeypatch, None)
    assert (await marieke.post(address, data=told)).status_code == 303
    async with town.database.transaction() as tx:
        rows = (await tx.execute(select(store.action.c.answer))).scalars().all()
    assert rows == ["accepted"]


async def test_a_refusal_is_told_in_words_and_another_try_is_another_action(
    marieke: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await answered(monkeypatch, Refused("not-paused"))
    address = f"/gezinnen/{trajectory(0)}/acties/hervatten"
    told = {"key": str(uuid4()), "reason": "solved"}
    refused = await marieke.post(address, data=told)

    assert refused.status_code == 409
    assert "Deze begeleiding is niet gepauzeerd." in refused.text
    assert hidden(refused, "key") != told["key"]


async def test_a_paused_trajectory_offers_to_go_on(town: Office, marieke: httpx.AsyncClient) -> None:
    paused = TrajectoryPaused(trajectory_id=trajectory(0), reason="illness")
    await hears(town.database, timeline_bus.consumer, paused, now=MONDAY)
    page = await marieke.get(f"/gezinnen/{trajectory(0)}")

    assert "acties/hervatten" in page.text
    assert "acties/pauze" not in page.text
    assert "gepauzeerd" in page.text


async def test_an_action_is_offered_only_while_the_trajectory_would_take_it(
    town: Office, marieke: httpx.AsyncClient
) -> None:
    async def offered(number: int) -> set[str]:
        return set(re.findall(r"/acties/([a-z-]+)\"", (await marieke.get(f"/gezinnen/{trajectory(number)}")).text))

    assert await offered(0) == {"pauze", "andere-tandem", "stoppen"}
    assert await offered(1) == {"pauze", "stoppen"}, "there is no tandem to change"
    by_hand = await marieke.get(f"/gezinnen/{trajectory(1)}/acties/andere-tandem")
    assert "Er is nu geen tandem om te veranderen." in by_hand.text
    assert 'name="reason"' not in by_hand.text
    ended = TandemEnded(trajectory_id=trajectory(0), tandem_id=stable_id("tandem", 0), reason="no-click")
    await hears(town.database, timeline_bus.consumer, ended, now=MONDAY)
    assert await offered(0) == {"pauze", "stoppen"}


async def test_a_plan_that_is_there_before_the_tandem_is_told_beside_the_phase(
    town: Office, marieke: httpx.AsyncClient
) -> None:
    assert "het plan is er al" not in (await marieke.get(f"/gezinnen/{trajectory(1)}")).text
    agreed = PlanAgreed(trajectory_id=trajectory(1), plan_id=stable_id("plan", 1), version=1, goals=2)
    await hears(town.database, timeline_bus.consumer, agreed, now=MONDAY)

    assert "het plan is er al" in (await marieke.get(f"/gezinnen/{trajectory(1)}")).text


async def test_a_concern_is_a_task_at_once_and_an_alarm_when_nobody_takes_it_up(
    town: Office, app: FastAPI, marieke: httpx.AsyncClient
) -> None:
    async with signed_in(app, FATIMA) as client:
        address = f"/gezinnen/{trajectory(0)}/zorg"
        told = {"key": hidden(await client.get(address), "key")}
        for _ in range(2):
            led = (await client.post(address, data=told)).headers["location"].removeprefix("/desk")
        assert "Marieke" in (await client.get(led)).text, "who was called"
        assert (await client.get(f"{address}/gemeld")).status_code == 200
    async with town.database.transaction() as tx:
        [concern] = await store.open_tasks(tx)
    assert concern.kind is TaskKind.SAFETY_CONCERN
    fresh = (await marieke.get("/alarmen")).text
    assert "Er is een zorg om veiligheid gemeld." in fresh
    assert "Alarm" not in fresh

    app.state.clock = lambda: MONDAY + ALARM_AFTER
    assert f"/desk/taken/{concern.id}" in (await marieke.get("/alarmen")).text
    async with signed_in(app, MANAGER) as client:
        assert "Alarm" in (await client.get("/alarmen")).text
    async with signed_in(app, ELSEWHERE) as client:
        assert "Alarm" not in (await client.get("/alarmen")).text
    async with town.database.transaction() as tx:
        await tx.execute(update(store.task).values(taken_by=MARIEKE.person))
    app.state.clock = lambda: MONDAY + ALARM_AFTER + timedelta(minutes=5)
    assert "Alarm" not in (await marieke.get("/alarmen")).text
    async with signed_in(app, FATIMA) as client:
        part = (await client.get(led, headers={"hx-request": "true"})).text
    assert "Marieke heeft je melding opgenomen." in part
    assert "<html" not in part


async def test_every_dossier_that_was_opened_is_written_down(town: Office, marieke: httpx.AsyncClient) -> None:
    for address in ("", "/geschiedenis", "/acties/pauze", "/zorg"):
        assert (await marieke.get(f"/gezinnen/{trajectory(0)}{address}")).status_code == 200
    reading = town.database.tables.reading
    async with town.database.transaction() as tx:
        read = (await tx.execute(select(reading.c.what).order_by(reading.c.at, reading.c.what))).scalars().all()

    assert sorted(read) == ["concern", "dossier", "dossier", "history"]


async def test_whoever_reads_of_needs_reads_who_asks_for_them_and_until_when_until_it_was_asked(
    town: Office, app: FastAPI
) -> None:
    privacy = person("Pia", Role.PRIVACY_OFFICER, programmes=frozenset({PROGRAMME}))
    noor = person("Noor", Role.OUTREACH_WORKER, **HERE)
    matcher = person("Mats", Role.MATCHER, programmes=frozenset({PROGRAMME}))
    await comes_in(town, 4, needs=("bicycle",), received_by=noor.person)
    path = f"/gezinnen/{trajectory(4)}"
    task_id = urgent_task_id(trajectory(4))

    async def read(who: Actor) -> str:
        async with signed_in(app, who) as client:
            page = (await client.get(path)).text
        return " ".join(re.sub("<[^>]+>", " ", page).split())

    for who in (privacy, noor):
        nobodys = await read(who)
        assert "Dringend: Fiets" in nobodys
        assert "2 maart" in nobodys
        assert "(nog van niemand)" in nobodys
        assert "Vraag dit aan" not in nobodys, "who may not ask is not led there"
    assert "Dringend: Fiets" not in await read(matcher), "what a family needs is not for everybody"
    async with signed_in(app, HENK) as client:
        assert f"/budget/aanvragen/nieuw/{trajectory(4)}?spoed=ja&amp;voor=bicycle" in (await client.get(path)).text
        await client.post(f"/taken/{task_id}/nemen")
    assert "(Henk)" in await read(privacy)
    async with signed_in(app, HENK) as client:
        await client.post(f"/taken/{task_id}/afronden", data={"uitkomst": "not-needed"})
    assert "Dringend" not in await read(privacy)
