"""The privacy officer looks up who looked at a family, on a page and at the API; others do not."""

import ast
import csv
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect
from sqlalchemy.exc import ProgrammingError

from services.desk.__main__ import SERVICE as DESK
from services.intake.events import FamilyMerged, FamilyUnmerged
from services.plans import bus
from services.plans.__main__ import SERVICE
from services.shared.database import Database
from services.shared.reading_routes import PANEL_MAX
from services.shared.readings import log_reading, log_readings
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.hearing import hears
from tests.screens.conftest import Axe, OpenPage, Site, scrolls_sideways
from tests.screens.dossier_site import MARIEKE, WHERE, DossierSite, open_dossier_site
from tests.screens.people import person, sign_in, signed_in

pytestmark = pytest.mark.engines

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
OFFICER = person("Petra", Role.PRIVACY_OFFICER)
HENK = person("Henk", Role.SUPPORTER)
JOOST = person("Joost", Role.SUPPORTER)
FAMILY, OTHER_FAMILY = stable_id("family"), stable_id("another family")
SHORT, OTHER_SHORT = f">gezin {FAMILY}<", f">gezin {OTHER_FAMILY}<"
"""How a family is called in a list of many: by a number that the page itself looks for."""
WRITERS = {"log_reading", "log_readings", "must_read", "opened"}
"""Whatever writes down that something was read."""
PATIENCE = 20_000
"""Milliseconds: five services answer at once."""
LOOKED_AT = (
    "/desk/gezinnen/{}",
    "/intake/panelen/gezin/{}",
    "/matching/panelen/tandem/{}",
    "/plans/panelen/plan/{}",
)
EMPTY = "Er zijn geen inzagen die hierbij passen."


@pytest.fixture
async def database(service_database: Callable[[str], Database]) -> Database:
    database = service_database("plans")
    async with database.transaction() as tx:
        await log_reading(tx, HENK, FAMILY, what="plan", now=NOON)
        await log_reading(tx, JOOST, FAMILY, what="reviews", now=NOON + timedelta(minutes=1))
        await log_reading(tx, HENK, OTHER_FAMILY, what="plan", now=NOON + timedelta(minutes=2))
    return database


@pytest.fixture
async def app(database: Database, placeholder_settings: Settings) -> FastAPI:
    app = await SERVICE.web(placeholder_settings, database=database, clock=lambda: NOON)
    assert app is not None
    return app


@pytest.fixture
async def officer(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, OFFICER) as client:
        yield client


async def test_the_newest_readings_stand_on_top_and_are_narrowed_to_a_family_or_a_person(
    officer: httpx.AsyncClient,
) -> None:
    everything = (await officer.get("/panelen/inzagen")).text
    of_family = (await officer.get("/panelen/inzagen", params={"gezin": str(FAMILY)})).text
    by_henk = (await officer.get("/panelen/inzagen", params={"collega": str(HENK.person)})).text
    of_nobody = (await officer.get("/panelen/inzagen", params={"collega": str(uuid4())})).text

    assert everything.index(OTHER_SHORT) < everything.index(SHORT)
    assert (OTHER_SHORT in of_family, str(JOOST.person) in of_family) == (False, True)
    assert ("gezinsplan, 2 keer die dag" in by_henk, by_henk.count("evaluatiegesprekken")) == (True, 0)
    assert EMPTY in of_nobody


async def test_readings_are_narrowed_to_days_as_they_are_in_the_netherlands(
    officer: httpx.AsyncClient, database: Database
) -> None:
    just_after_midnight = datetime(2027, 3, 4, 23, 30, tzinfo=UTC)
    async with database.transaction() as tx:
        await log_reading(tx, HENK, FAMILY, what="bsn", now=just_after_midnight)

    async def found(**days: str) -> list[str]:
        answer = await officer.get("/inzagen/bestand", params={"gezin": str(FAMILY), **days})
        return [line["what"] for line in csv.DictReader(StringIO(answer.text))]

    assert await found(van="2027-03-05", tot="2027-03-05") == ["bsn"]
    assert await found(tot="2027-03-04") == ["reviews", "plan"]


async def test_a_file_holds_what_the_panel_shows_in_codes(officer: httpx.AsyncClient) -> None:
    answer = await officer.get("/inzagen/bestand", params={"gezin": str(FAMILY), "collega": str(HENK.person)})
    [line] = list(csv.DictReader(StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="inzagen-plans.csv"'
    assert (line["at"], line["person"], line["roles"], line["family_id"], line["what"]) == (
        "2027-03-01T13:00:00+01:00",
        str(HENK.person),
        "supporter",
        str(FAMILY),
        "plan",
    )


async def test_who_looked_under_an_old_id_looked_at_the_family_until_the_merge_is_undone(
    officer: httpx.AsyncClient, database: Database
) -> None:
    ids: dict[str, Any] = {"family_id": OTHER_FAMILY, "merged_id": FAMILY, "merge_id": stable_id("merge")}
    ids |= {"signal_ids": (), "trajectory_ids": ()}

    async def people(family: UUID) -> list[str]:
        found = (await officer.get("/inzagen/bestand", params={"gezin": str(family)})).text
        return sorted({line["person"] for line in csv.DictReader(StringIO(found))})

    both, henk = sorted([str(HENK.person), str(JOOST.person)]), [str(HENK.person)]
    await hears(database, bus.consumer, FamilyMerged(**ids), now=NOON)
    assert [await people(FAMILY), await people(OTHER_FAMILY)] == [both, both]
    await hears(database, bus.consumer, FamilyUnmerged(**ids), now=NOON)
    assert [await people(FAMILY), await people(OTHER_FAMILY)] == [both, henk]


async def test_a_long_list_goes_on_where_the_page_before_it_stopped(
    officer: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as tx:
        for days in range(PANEL_MAX):
            await log_reading(tx, HENK, FAMILY, what="search", now=NOON + timedelta(days=days + 1))

    first = (await officer.get("/panelen/inzagen")).text
    older = re.search(r'href="(/plans/panelen/inzagen[?]voor=[0-9]+)"', first)
    assert older is not None
    second = (await officer.get(older[1].removeprefix("/plans"))).text

    assert (first.count("<li><span"), second.count("<li><span")) == (PANEL_MAX, 2)
    assert EMPTY in (await officer.get("/panelen/inzagen", params={"voor": "1"})).text


async def test_the_same_by_the_same_person_on_a_day_is_one_row_and_every_time_stands_in_the_file(
    officer: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as tx:
        for hours in range(5):
            await log_reading(tx, HENK, FAMILY, what="plan", now=NOON + timedelta(hours=hours))
        await log_reading(tx, HENK, FAMILY, what="plan", now=NOON + timedelta(days=1))

    shown = (await officer.get("/panelen/inzagen", params={"gezin": str(FAMILY), "collega": str(HENK.person)})).text
    file = (await officer.get("/inzagen/bestand", params={"gezin": str(FAMILY), "collega": str(HENK.person)})).text

    assert re.findall(r'kansen-when">([^<]*)<', shown) == ["2 maart 2027 13:00", "1 maart 2027 17:00"]
    assert shown.count("6 keer die dag") == 1
    assert len(list(csv.DictReader(StringIO(file)))) == 7


async def test_of_one_family_all_that_a_person_looked_at_on_a_day_is_one_row_with_what_it_was_folded(
    officer: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as tx:
        for what in ("plan", "goals", "documents"):
            await log_reading(tx, HENK, FAMILY, what=what, now=NOON + timedelta(hours=1))

    shown = (await officer.get("/panelen/inzagen", params={"gezin": str(FAMILY), "collega": str(HENK.person)})).text

    assert (shown.count("<li><span"), shown.count("4 keer die dag")) == (1, 1)
    folded = shown.partition("<details")[2].partition("</details>")[0]
    assert all(told in folded for told in ("Wat er is bekeken", "gezinsplan (2)", "doelen", "documenten"))


async def test_of_all_families_what_a_person_looked_at_of_one_on_a_day_is_one_row_and_a_list_of_names_another(
    officer: httpx.AsyncClient, database: Database
) -> None:
    families = [stable_id("family", number) for number in range(12)]
    async with database.transaction() as tx:
        await log_readings(tx, HENK, families, what="name", now=NOON + timedelta(days=1))
        for what in ("name", "plan", "documents", "plan"):
            await log_reading(tx, HENK, families[0], what=what, now=NOON + timedelta(days=1, hours=1))

    shown = (await officer.get("/panelen/inzagen", params={"van": "2027-03-02"})).text
    dossier, names = shown.split("<li><span")[1:]

    folded = dossier.partition("<details")[2].partition("</details>")[0]
    assert all(told in folded for told in ("gezinsplan (2)", "naam (2)", "documenten"))
    assert ("5 keer die dag" in dossier, dossier.count("data-gezin")) == (True, 1)
    assert ("naam, 11 keer die dag" in names, names.count("<summary>11 gezinnen</summary>")) == (True, 1)
    file = (await officer.get("/inzagen/bestand", params={"van": "2027-03-02"})).text
    assert len(list(csv.DictReader(StringIO(file)))) == 16


async def test_page_after_page_tells_every_reading_once(officer: httpx.AsyncClient, database: Database) -> None:
    families = [stable_id("family", number) for number in range(PANEL_MAX + 3)]
    async with database.transaction() as tx:
        for number, family in enumerate(families):
            for what in ("name", "plan")[: 1 + number % 2]:
                await log_reading(tx, HENK, family, what=what, now=NOON + timedelta(days=number))

    address, told, pages = "/panelen/inzagen", 0, 0
    while address:
        page = (await officer.get(address)).text
        rows = page.split("<li><span")[1:]
        assert len(rows) <= PANEL_MAX
        told += sum(int(times[1]) if (times := re.search(r"(\d+) keer die dag", row)) else 1 for row in rows)
        older = re.search(r'href="/plans(/panelen/inzagen[?]voor=[0-9]+)"', page)
        address, pages = older[1] if older else "", pages + 1

    read = database.tables.reading
    async with database.transaction() as tx:
        assert told == len(list(await tx.execute(read.select())))
    assert pages > 1


async def test_of_many_families_at_once_one_row_tells_how_many(officer: httpx.AsyncClient, database: Database) -> None:
    families = [stable_id("family", number) for number in range(12)]
    async with database.transaction() as tx:
        await log_readings(tx, JOOST, families, what="search", now=NOON + timedelta(days=1))

    shown = (await officer.get("/panelen/inzagen", params={"collega": str(JOOST.person)})).text

    assert shown.count("<summary>12 gezinnen</summary>") == 1
    assert all(f'data-gezin="{each}"' in shown for each in families)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
async def test_who_looked_at_whom_is_for_the_privacy_officer_alone(app: FastAPI, role: Role) -> None:
    async with signed_in(app, person("Iemand", role)) as client:
        paths = ("/panelen/inzagen", "/inzagen/bestand", "/v1/readings")
        answers = [await client.get(path) for path in paths]

    assert [each.status_code for each in answers] == [403, 403, 403]


async def test_a_line_stays_as_it_was_written(database: Database) -> None:
    reading = database.tables.reading
    for change in (reading.update().values(what="nothing"), reading.delete()):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.transaction() as tx:
                await tx.execute(change)


def test_there_are_words_for_everything_that_is_written_down_as_read() -> None:
    template = Path("services/shared/screens/templates/readings_words.html").read_text()
    written = {code for path in Path("services").rglob("*.py") for code in _codes_of(path)}

    assert written >= {"plan", "bsn", "duplicates"}
    assert sorted(code for code in written if f'"{code}": _(' not in template) == []


def _codes_of(path: Path) -> Iterator[str]:
    """What is handed to whatever writes a reading down as `what`, and the READING of a page that does so often."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
            for keyword in node.keywords:
                if keyword.arg == "what" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "READING":
            assert isinstance(node.value, ast.Constant)
            yield str(node.value.value)


async def test_the_page_tells_at_the_field_what_is_no_number_and_no_day_and_shows_nothing(
    service_database: Callable[[str], Database], placeholder_settings: Settings
) -> None:
    desk = await DESK.web(placeholder_settings, database=service_database("desk"), clock=lambda: NOON)
    assert desk is not None
    async with signed_in(desk, OFFICER) as client:
        wrong = await client.get("/inzagen", params={"gezin": "de familie Jansen", "van": "gisteren"})
        backwards = await client.get("/inzagen", params={"van": "2027-03-02", "tot": "2027-03-01"})
        narrowed = await client.get("/inzagen", params={"gezin": str(FAMILY), "tot": "2027-03-01"})

    assert (wrong.status_code, backwards.status_code, narrowed.status_code) == (400, 400, 200)
    assert [f'id="{name}-error"' in wrong.text for name in ("gezin", "van", "tot")] == [True, True, False]
    assert ("data-panel" in wrong.text, 'id="tot-error"' in backwards.text) == (False, True)
    for place in ("intake", "matching", "plans", "budget", "desk"):
        assert f'hx-get="/{place}/panelen/inzagen?gezin={FAMILY}&amp;tot=2027-03-01"' in narrowed.text


@pytest.fixture
async def dossier(migrated_settings: Callable[..., Settings]) -> AsyncIterator[DossierSite]:
    async with open_dossier_site(migrated_settings("intake", "matching", "plans", "budget", "desk")) as site:
        yield site


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_one_page_shows_who_looked_over_all_services_on_a_phone(
    dossier: DossierSite, page: OpenPage, site: Site, axe: Axe, language: str
) -> None:
    officer = person("Petra", Role.PRIVACY_OFFICER, **WHERE)
    async with site(dossier.front) as address:
        opened = await page(360)
        await opened.context.add_cookies([{"name": "taal", "value": language, "url": address}])
        await sign_in(opened, address, dossier.desk, MARIEKE)
        for path in LOOKED_AT:
            assert (await opened.request.get(f"{address}{path.format(dossier.trajectory)}")).ok
        await opened.goto(f"{address}/desk/gezinnen/{dossier.trajectory}/inzagen")
        for place in ("intake", "matching", "plans", "desk"):
            await opened.locator(f"#inzagen-van-{place} .kansen-history > li").first.wait_for()
        await expect(opened.locator("#inzagen-van-budget")).to_have_text(re.compile("inzagen|readings"))
        beside_the_dossier = (await axe(opened), await scrolls_sideways(opened))
        await sign_in(opened, address, dossier.desk, officer)
        await opened.reload()
        await opened.locator("a[href^='/desk/inzagen?gezin=']").click()
        await opened.locator("#inzagen-van-plans .kansen-history > li", has_text="Marieke Postma").first.wait_for()
        await expect(opened.locator("main > * > p [data-gezin]")).to_have_text("Samira De Vries")
        await opened.locator("#collega").select_option(label="Henk Jansen")
        await opened.locator("form[method=get] button").click()
        await expect(opened.locator("#inzagen-van-plans [data-waiting]")).to_have_count(0)
        await opened.wait_for_load_state("networkidle")

        assert beside_the_dossier == ([], False)
        assert await opened.locator("#inzagen-van-plans .kansen-history > li").count() == 0
        assert (await axe(opened), await scrolls_sideways(opened)) == ([], False)


async def test_a_service_that_is_away_costs_its_own_lines_only(
    dossier: DossierSite, browser: Browser, site: Site
) -> None:
    officer = person("Petra", Role.PRIVACY_OFFICER, **WHERE)
    context = await browser.new_context()
    opened = await context.new_page()
    async with site(dossier.front) as address:
        await opened.route("**/plans/panelen/**", lambda route: route.abort("connectionrefused"))
        await sign_in(opened, address, dossier.desk, officer)
        await opened.goto(f"{address}/desk/inzagen")

        await expect(opened.locator("#inzagen-van-plans [data-failed]")).to_be_visible()
        for place in ("intake", "matching", "budget", "desk"):
            await expect(opened.locator(f"#inzagen-van-{place} [data-waiting]")).to_have_count(0, timeout=PATIENCE)
    await context.close()
