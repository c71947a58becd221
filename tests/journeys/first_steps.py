"""From a first meeting on a phone to a family that takes part, as who does it sees it."""

from datetime import UTC, date, datetime

from services.shared.calendar import add_months, local_date
from tests.journeys.office import Somebody
from tests.screens.people import presses

GIVEN_NAME, SURNAME, PHONE_NUMBER = "Samira", "Zuylekom", "0612345678"
PARENT_BORN, CHILD_NAME = "03-04-1992", "Timo"


async def meets_a_family(worker: Somebody) -> str:
    """One hand, under a minute; gives the address of the sign-up."""
    screen = worker.screen
    await worker.opens("/intake/kennismaking")
    await screen.get_by_label("Bibliotheek").check()
    await screen.get_by_label("Beijum").check()
    await screen.get_by_label("Voornaam").fill(GIVEN_NAME)
    await screen.get_by_label("Telefoonnummer").fill(PHONE_NUMBER)
    await screen.get_by_label("Laptop of tablet").check()
    # A thumb that trembles: twice is once.
    await presses(screen, "Opslaan", twice=True)
    await screen.wait_for_url("**/intake/kennismaking/**")
    await worker.looks()
    await worker.follows("Naar deze aanmelding")
    assert GIVEN_NAME in await worker.reads()
    return screen.url.removeprefix(worker.office.address)


async def takes_in(worker: Somebody, sign_up: str) -> None:
    """The whole intake, step by step, with a mistake on the way; ends at its outcome."""
    screen = worker.screen
    await worker.opens(sign_up)
    await screen.get_by_label("Gesproken").check()
    await worker.presses("Schrijf dit contact op")
    await worker.follows("Begin de intake")

    for answer in await screen.get_by_label("Ja, dat is goed").all():
        await answer.check()
    await worker.presses("Opslaan en verder")

    await _tells_the_household(worker)

    await screen.get_by_label("Postcode").fill("9736 AB")
    await screen.get_by_label("Huisnummer").fill("12")
    await screen.get_by_label("Straat").fill("Amkemaheerd")
    await screen.get_by_label("Woonplaats").fill("Groningen")
    await screen.get_by_label("Wijk").select_option("beijum")
    await worker.presses("Opslaan en verder")

    await screen.locator("select[name^=rank-]").first.select_option("1")
    await screen.get_by_label("Bijstand, of ongeveer zoveel").check()
    await worker.presses("Opslaan en verder")
    # The citizen number may stay away; then which programmes fit, and why.
    await worker.presses("Opslaan en verder")
    assert "Het gezin woont in een wijk van dit programma" in await worker.reads()
    await worker.presses("Verder", exact=True)
    assert SURNAME in await worker.reads()
    await worker.presses("Alles klopt: verstuur de intake")
    await worker.waits_for(lambda: screen.get_by_text("Het gezin doet mee").is_visible(), "a place in the programme")
    await worker.looks()


async def _tells_the_household(worker: Somebody) -> None:
    screen, today = worker.screen, local_date(datetime.now(UTC))
    await screen.get_by_role("button", name="Nog een kind", exact=True).click()
    await screen.locator("#given_name-2").wait_for()
    await screen.locator("#given_name-1").fill(GIVEN_NAME)
    await screen.locator("#surname-1").fill(SURNAME)
    await screen.locator("#birth_date-1").fill("31-02-1992")
    await screen.locator("#given_name-2").fill(CHILD_NAME)
    await screen.locator("#birth_date-2").fill(_written(add_months(today, -7 * 12)))
    await worker.presses("Opslaan en verder")
    assert await screen.locator("#birth_date-1").get_attribute("aria-invalid") == "true"
    await screen.locator("#birth_date-1").fill(PARENT_BORN)
    await worker.presses("Opslaan en verder")


def _written(day: date) -> str:
    return f"{day:%d-%m-%Y}"
