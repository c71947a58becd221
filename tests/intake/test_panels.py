"""What intake shows in a dossier and in lists: names within reach, the household for whoever may, and changes of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from jinja2.filters import do_striptags
from sqlalchemy import insert, select, update

from services.intake import handlers, store
from services.intake.__main__ import SERVICE
from services.intake.commands import GiveConsent, RecordContactAttempt
from services.intake.events import ContactOutcome
from services.intake.tables import first_contact
from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day
from tests.screens.people import hidden, person, signed_in

NOW = day(10)
HERE = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"angelslo"})}
COORDINATOR = person("Marieke", Role.TEAM_COORDINATOR, **HERE)
MATCHER = person("Mo", Role.MATCHER, **HERE)
PRIVACY = person("Priya", Role.PRIVACY_OFFICER, programmes=frozenset({PROGRAMME}))
BUDDY = person("Bas", Role.BUDDY, **HERE)
ELSEWHERE = person("Ria", Role.SUPPORTER, programmes=frozenset({PROGRAMME}), areas=frozenset({"emmermeer"}))


@pytest.fixture
async def app(town: Town, placeholder_settings: Settings) -> FastAPI:
    made = await SERVICE.web(placeholder_settings, database=town.database, clock=lambda: NOW)
    assert made is not None
    return made


@pytest.fixture
async def trajectory(town: Town) -> UUID:
    """Anna de Boer's family, which came in."""
    await town.fund(on=day(1))
    signal_id = await town.intake("de Boer", on=day(2), income_band="up-to-120-percent")
    await town.admit(signal_id, on=day(3))
    async with town.database.transaction() as tx:
        enrolment = await store.enrolment_of(tx, signal_id)
    assert enrolment is not None
    return enrolment.trajectory_id


@pytest.fixture
async def marieke(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, COORDINATOR) as client:
        yield client


async def family_of(town: Town, trajectory_id: UUID) -> store.Enrolment:
    async with town.database.transaction() as tx:
        found = await store.enrolment_by_trajectory(tx, trajectory_id)
    assert found is not None
    return found


@pytest.mark.parametrize(("actor", "told"), [(COORDINATOR, True), (ELSEWHERE, False)])
async def test_a_list_gets_the_names_that_its_reader_may_know(
    town: Town, app: FastAPI, trajectory: UUID, actor: Actor, told: bool
) -> None:
    family_id = (await family_of(town, trajectory)).family_id
    async with signed_in(app, actor) as client:
        names = await client.post("/panelen/namen", data={"gezin": [str(family_id), str(stable_id("nobody")), "?"]})

    assert names.status_code == 200
    assert ("Anna de Boer" in names.text) is told
    assert (f"[data-gezin='{family_id}']" in names.text) is told
    reading = town.database.tables.reading
    async with town.database.transaction() as tx:
        read = (await tx.execute(select(reading.c.what).where(reading.c.person == actor.person))).scalars().all()
    assert read == (["name"] if told else [])


async def test_a_list_marks_who_was_met_with_something_that_cannot_wait(town: Town, marieke: httpx.AsyncClient) -> None:
    await town.fund(on=day(1))
    urgent, other = await town.meet("Visser", on=day(2), needs=("bicycle",)), await town.meet("Smit", on=day(2))
    names = (await marieke.post("/panelen/namen", data={"signaal": [str(urgent), str(other)]})).text

    told = [names.partition(f"='{each}'")[2].partition("hx-swap-oob")[0] for each in (urgent, other)]
    assert ["Dringend" in each for each in told] == [True, False]


async def test_whoever_is_shown_a_sign_up_is_written_down_under_the_family_that_it_will_be(
    town: Town, app: FastAPI, marieke: httpx.AsyncClient
) -> None:
    await town.fund(on=day(1))
    signal_id = await town.meet("Visser", on=day(2))
    token = {"Authorization": f"Bearer {issue_token(app.state.secret, COORDINATOR, now=NOW)}"}
    answers = [
        await marieke.get("/signalen"),
        await marieke.post("/panelen/namen", data={"signaal": str(signal_id)}),
        await marieke.get(f"/v1/signals/{signal_id}", headers=token),
        await marieke.get(f"/uitkomsten/{signal_id}"),
    ]
    reading = town.database.tables.reading
    async with town.database.transaction() as tx:
        read = list(await tx.execute(select(reading.c.family_id, reading.c.what).order_by(reading.c.position)))

    assert [each.status_code for each in answers] == [200, 200, 200, 200]
    assert ["Visser" in each.text for each in answers[:2]] == [True, True]
    family_id = stable_id("family", signal_id)
    assert read == [(family_id, "signals"), (family_id, "name"), (family_id, "signal"), (family_id, "signal")]


async def test_the_household_is_for_whoever_may_and_the_way_to_reach_it_for_whoever_visits(
    app: FastAPI, trajectory: UUID, marieke: httpx.AsyncClient
) -> None:
    whole = await marieke.get(f"/panelen/gezin/{trajectory}", headers={"HX-Request": "true"})
    assert "0591 123456" in whole.text
    assert "Kind0" in whole.text
    async with signed_in(app, MATCHER) as client:
        some = await client.get(f"/panelen/gezin/{trajectory}")
    assert "0591 123456" in some.text
    assert "Kind0" not in some.text
    async with signed_in(app, ELSEWHERE) as client:
        assert (await client.get(f"/panelen/gezin/{trajectory}")).status_code == 403
        assert (await client.get(f"/panelen/naam/{trajectory}")).status_code == 403


@pytest.mark.parametrize(
    ("actor", "told", "may_change"), [(COORDINATOR, True, True), (PRIVACY, False, True), (BUDDY, False, False)]
)
async def test_birth_dates_and_income_are_for_who_does_intakes_and_consents_for_who_keeps_them(
    app: FastAPI, town: Town, trajectory: UUID, actor: Actor, told: bool, may_change: bool
) -> None:
    async with town.database.transaction() as tx:
        scope = tx.tables.family_scope
        await tx.execute(update(scope).where(scope.c.trajectory_id == trajectory).values(buddy_id=BUDDY.person))
    signal_id = (await family_of(town, trajectory)).signal_id
    async with signed_in(app, actor) as client:
        shown = await client.get(f"/panelen/gezin/{trajectory}")
    assert shown.status_code == 200
    assert ("geboren 4 mei 1990" in shown.text) is told
    assert ("120 procent" in shown.text) is told
    assert (f'href="/intake/toestemmingen/{signal_id}"' in shown.text) is may_change
    if may_change:
        async with signed_in(app, actor) as client:
            consents = await client.get(f"/toestemmingen/{signal_id}")
        assert f'href="/desk/gezinnen/{trajectory}"' in consents.text


async def test_how_it_began_stands_in_the_dossier_for_who_sees_the_intake(town: Town, app: FastAPI) -> None:
    await town.fund(on=day(1))
    signal_id = await town.meet("Bakker", on=day(1))
    ilse = stable_id("person", "Ilse")
    async with town.database.transaction() as tx:
        for number, outcome in enumerate((ContactOutcome.NOT_REACHED, ContactOutcome.REACHED), start=2):
            tried = RecordContactAttempt(attempt_id=stable_id("try", number), signal_id=signal_id, outcome=outcome)
            await handlers.record_contact_attempt(tx, tried, now=day(number), by=ilse)
        agreed = GiveConsent(signal_id=signal_id, purpose="take-part")
        await handlers.give_consent(tx, agreed, now=day(4), by=ilse)
    await town.complete(signal_id, on=day(5), income_band="up-to-120-percent")
    trajectory = (await town.admit(signal_id, on=day(6))).trajectory_id
    shown = {}
    for actor in (COORDINATOR, MATCHER, PRIVACY):
        async with signed_in(app, actor) as client:
            shown[actor.name] = (await client.get(f"/panelen/gezin/{trajectory}")).text

    _, *began = shown["Marieke"].partition("Hoe het begon")[2].partition("</ul>")[0].split("<li class=")
    assert [do_striptags(f"<li class={line}") for line in began] == [
        "1 maart 2027 09:00: Eerste contact (Bibliotheek, Angelslo), door een collega",
        "2 maart 2027 09:00: Niet bereikt, door een collega",
        "3 maart 2027 09:00: Gesproken, door een collega",
        "4 maart 2027 09:00: Toestemming gevraagd, door een collega",
        "5 maart 2027 09:00: Intake gedaan, door een collega",
        "6 maart 2027: Het gezin doet mee",
    ]
    by = (SUPPORTER, ilse, ilse, ilse, SUPPORTER)
    assert [f"/desk/collega/{who}" in line for who, line in zip(by, began, strict=False)] == [True] * len(by)
    assert ["Hoe het begon" in shown[name] for name in ("Mo", "Priya")] == [False, False]


async def test_a_family_moves_and_a_second_editor_sees_that_it_did(
    town: Town, trajectory: UUID, marieke: httpx.AsyncClient
) -> None:
    opened = await marieke.get(f"/verhuizen/{trajectory}")
    told = {
        "seen": hidden(opened, "seen"),
        "street": "Laan",
        "house_number": "3",
        "postcode": "7811 cd",
        "city": "Emmen",
        "area": "angelslo",
    }
    for _ in range(2):
        moved = await marieke.post(f"/verhuizen/{trajectory}", data=told)
        assert moved.headers["location"] == f"/desk/gezinnen/{trajectory}?bewaard=ja"
    conflict = await marieke.post(f"/verhuizen/{trajectory}", data=told | {"street": "Plein"})

    assert conflict.status_code == 409
    assert "Laan, 3, 7811CD" in conflict.text
    in_english = await marieke.post(f"/verhuizen/{trajectory}", data=told | {"street": "Plein", "taal": "en"})
    assert (in_english.status_code, 'value="Plein"' in in_english.text) == (200, True), "only shown again"
    wrong = await marieke.post(f"/verhuizen/{trajectory}", data=told | {"postcode": "78", "area": "nergens"})
    assert wrong.status_code == 400
    assert 'href="#area"' in wrong.text
    async with town.database.transaction() as tx:
        family = await store.family_by_id(tx, (await family_of(town, trajectory)).family_id)
    assert (family.street, family.postcode) == ("Laan", "7811CD")


async def test_what_cannot_wait_is_asked_for_by_who_sees_money_and_told_to_who_does_not(
    town: Town, app: FastAPI
) -> None:
    await town.fund(on=day(1))
    signal_id = await town.intake(
        "Smit", on=day(2), income_band="up-to-120-percent", urgent_needs=("bicycle", "clothing")
    )
    await town.admit(signal_id, on=day(3))
    async with town.database.transaction() as tx:
        enrolment = await store.enrolment_of(tx, signal_id)
    assert enrolment is not None
    path = f"/panelen/gezin/{enrolment.trajectory_id}"
    async with signed_in(app, COORDINATOR) as client:
        asks = (await client.get(path)).text
    for need in ("bicycle", "clothing"):
        assert f"{enrolment.trajectory_id}?spoed=ja&amp;voor={need}" in asks
    async with signed_in(app, PRIVACY) as client:
        told = (await client.get(path)).text
        async with town.database.transaction() as tx:
            first = {"signal_id": signal_id, "needs": ["bicycle"]}
            await tx.execute(insert(first_contact).values(first))
        first_told = (await client.get(path)).text
    assert "Verteld bij de intake op 2 maart 2027: Fiets, clothing." in told
    assert "Verteld bij het eerste contact op 2 maart 2027: Fiets." in first_told
    assert "Verteld bij de intake op 2 maart 2027: clothing." in first_told
    assert "begeleider" not in told, "who asks for it and until when is on top of the dossier"
    assert "Dringend" not in told
    assert "met spoed" not in told


async def test_a_family_is_reached_another_way_and_keeps_what_was_not_asked(
    town: Town, trajectory: UUID, marieke: httpx.AsyncClient
) -> None:
    opened = await marieke.get(f"/bereikbaar/{trajectory}")
    told = {
        "seen": hidden(opened, "seen"),
        "phone": "0611223344",
        "email": "",
        "languages": ["nl"],
        "interpreter": "yes",
    }
    assert (await marieke.post(f"/bereikbaar/{trajectory}", data=told | {"phone": "abc"})).status_code == 400
    one_short = await marieke.post(f"/bereikbaar/{trajectory}", data=told | {"phone": "06 1234 567"})
    assert (one_short.status_code, one_short.text.count("Tel de cijfers na.")) == (400, 2), "on top and at the field"
    assert (await marieke.post(f"/bereikbaar/{trajectory}", data=told)).status_code == 303
    assert (await marieke.post(f"/bereikbaar/{trajectory}", data=told)).status_code == 303
    assert (await marieke.post(f"/bereikbaar/{trajectory}", data=told | {"phone": "0699999999"})).status_code == 409

    async with town.database.transaction() as tx:
        family = await store.family_by_id(tx, (await family_of(town, trajectory)).family_id)
    assert (family.phone, family.email, family.interpreter) == ("0611223344", None, True)


async def test_the_history_tells_who_changed_where_a_family_lives_and_how_it_is_reached(
    app: FastAPI, trajectory: UUID, marieke: httpx.AsyncClient
) -> None:
    moving = await marieke.get(f"/verhuizen/{trajectory}")
    reaching = await marieke.get(f"/bereikbaar/{trajectory}")
    there = {"street": "Kerkweg", "house_number": "3", "postcode": "7822AB", "city": "Emmen", "area": "angelslo"}
    called = {"phone": "0611223344", "email": "", "languages": ["nl"]}
    for _ in range(2):
        await marieke.post(f"/verhuizen/{trajectory}", data=there | {"seen": hidden(moving, "seen")})
        await marieke.post(f"/bereikbaar/{trajectory}", data=called | {"seen": hidden(reaching, "seen")})
    async with signed_in(app, person("Priya", Role.PRIVACY_OFFICER, **HERE)) as priya:
        history = await priya.get(f"/panelen/geschiedenis/{trajectory}")

    assert history.text.count("Nieuw adres opgeschreven") == 1
    assert history.text.count("Telefoon, e-mail of taal aangepast") == 1
    assert f"/desk/collega/{COORDINATOR.person}" in history.text


async def test_the_history_tells_who_wrote_down_what_the_family_answered(
    app: FastAPI, trajectory: UUID, marieke: httpx.AsyncClient
) -> None:
    history = await marieke.get(f"/panelen/geschiedenis/{trajectory}")

    assert history.status_code == 200
    assert "Toestemming gegeven" in history.text
    assert "Intake gedaan" in history.text
    assert f"/desk/collega/{SUPPORTER}" in history.text
    async with signed_in(app, MATCHER) as client:
        assert (await client.get(f"/panelen/geschiedenis/{trajectory}")).status_code == 403
