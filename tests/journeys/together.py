"""From a family that waits for its tandem to money that two people decided on, as each of them sees it."""

from datetime import UTC, datetime

from services.desk.decisions import SEND_SECONDS
from services.matching import handlers
from services.matching.__main__ import SERVICE as MATCHING
from services.matching.contracts import HoldRound
from tests.journeys.office import Office, Somebody
from tests.screens.people import presses

PROGRAMME = "kansrijk-groningen"
LONGER_THAN_SENDING = (SEND_SECONDS + 10) * 1000
"""Milliseconds: while Temporal is away, the answer that it is takes as long as sending may."""
A_ROUND_OF_TODAY = 90_001
"""No round of the programme's own has this number yet."""
SITUATION = "Het is vol in huis en in ons hoofd"
GOAL = "Eindelijk weer zonder zorgen slapen"
SHOP = "Winkel Laptop of tablet, Groningen"


async def holds_a_round(office: Office) -> None:
    """What the programme's own clock does on a Tuesday."""
    database = MATCHING.database(office.settings)
    command = HoldRound(programme=PROGRAMME, programme_version=1, round_number=A_ROUND_OF_TODAY)
    async with database.transaction() as tx:
        await handlers.hold_round(tx, command, now=datetime.now(UTC))
    await database.close()


async def finds_a_tandem(worker: Somebody, trajectory: str) -> None:
    """The family chooses who it wants to meet, and after the trial goes on with them."""
    screen = worker.screen
    await worker.opens(f"/matching/keuze/{trajectory}")
    await worker.waits_for(lambda: screen.get_by_label("Tandem 1").is_visible(), "tandems to choose from")
    await worker.presses("Keuze bewaren")
    assert await screen.get_by_role("alert").first.is_visible()
    await screen.get_by_label("Tandem 1").check()
    await worker.presses("Keuze bewaren")
    await worker.opens(f"/matching/proef/{trajectory}")
    await screen.get_by_label("Ja, we gaan samen verder").check()
    await worker.presses("Bewaren")


async def makes_a_plan(worker: Somebody, trajectory: str) -> None:
    """In the family's own words, and agreed by the family."""
    screen = worker.screen
    await worker.opens(f"/plans/plannen/{trajectory}")
    await screen.get_by_label("Hoe gaat het nu?").fill(SITUATION)
    await screen.get_by_label("Wat wil het gezin over een paar jaar?").fill("Rust, en dat de kinderen meedoen")
    await screen.locator("[name=goal-1-words]").fill(GOAL)
    await screen.locator("[name=goal-1-theme]").select_option("money")
    await worker.presses("Bewaren")
    await worker.presses("Ja, het gezin is akkoord")


async def asks_money(worker: Somebody, trajectory: str, amount: str) -> str:
    """For a laptop, with a mistake first, a double click, and the back button after it; gives the request's address."""
    screen = worker.screen
    await worker.opens(f"/budget/aanvragen/nieuw/{trajectory}")
    await screen.get_by_label("Waar is het geld voor?").select_option("laptop")
    await screen.get_by_label("Aan wie betalen we?").select_option(label=SHOP)
    await screen.locator("[name=purpose]").select_option(index=1)
    await screen.locator("[name=elsewhere]").select_option(index=1)
    await screen.get_by_label("Hoeveel euro is er nodig?").fill("zeshonderd")
    await worker.presses("Aanvragen")
    assert await screen.locator("#amount").get_attribute("aria-invalid") == "true"
    await screen.get_by_label("Hoeveel euro is er nodig?").fill(amount)
    await presses(screen, "Aanvragen", twice=True)
    await screen.wait_for_url("**/budget/aanvragen/*")
    await worker.looks()
    return screen.url.removeprefix(worker.office.address)


async def comes_to_decide(decider: Somebody) -> None:
    """From the worklist to the request, all of it on one page, with a reason chosen."""
    await decider.opens("/desk/werklijst?wie=unassigned")
    await decider.waits_for(
        lambda: decider.screen.get_by_role("link", name="Over een aanvraag beslissen").first.is_visible(), "the task"
    )
    await decider.follows("Over een aanvraag beslissen")
    await decider.follows("Aan de slag")
    await decider.screen.get_by_label("Waarom akkoord?").select_option("fits-plan")


async def approves(decider: Somebody) -> str:
    """Twice is once; gives what the page answers."""
    await presses(decider.screen, "Akkoord", twice=True, patience=LONGER_THAN_SENDING)
    await decider.looks()
    return await decider.reads()
