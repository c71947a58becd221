"""What is typed in the steps of an intake, for tests that fill in drafts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake import handlers, store
from services.intake.commands import SaveDraft
from services.intake.domain.told import Step
from services.intake.handlers import Completed, Stale, Unfinished
from services.intake.sealing import Seal
from services.shared.outcomes import Refused
from tests.intake.town import SUPPORTER, Town

SEAL = Seal("a secret that only these tests use, and nowhere else")
BSN = "111222333"
AGREED = {"language": "nl", "answers": {"take-part": "given", "aftercare": "refused"}}


def person(given_name: str, surname: str, born: str, *, role: str = "parent", prefix: str = "") -> dict[str, str]:
    return {"role": role, "given_name": given_name, "prefix": prefix, "surname": surname, "birth_date": born}


def told(surname: str = "Bakker") -> dict[Step, dict[str, Any]]:
    """A whole talk: a mother, a daughter under the same name, and one on the way."""
    return {
        Step.CONSENT: AGREED,
        Step.HOUSEHOLD: {
            "members": [
                person("Samira", surname, "14-5-1990"),
                person("Noor", "", "2 3 2020", role="child"),
                person("", "", "", role="child"),
            ],
            "expected": ["1-9-2027", ""],
        },
        Step.CONTACT: {
            "area": "angelslo",
            "street": "Boslaan",
            "house_number": "12",
            "postcode": "7822 ab",
            "city": "Emmen",
            "phone": "06 12345678",
            "email": "",
            "languages": ["nl", ""],
            "channel": "app",
            "moment": "evening",
        },
        Step.WISHES: {"ranks": {"money": "1"}, "urgent": [], "income": ""},
    }


async def save(
    town: Town, signal_id: UUID, step: str, typed: dict[str, Any], *, version: int, on: datetime, by: UUID = SUPPORTER
) -> store.Draft | Stale | Refused:
    command = SaveDraft(signal_id=signal_id, version=version, step=step, told=typed)
    async with town.database.transaction() as tx:
        return await handlers.save_step(tx, command, now=on, by=by)


async def save_all(town: Town, signal_id: UUID, steps: dict[Step, dict[str, Any]], *, on: datetime) -> store.Draft:
    """Every step, one after the other."""
    saved: store.Draft | None = None
    for step, typed in steps.items():
        version = saved.version if saved is not None else 0
        draft = await save(town, signal_id, step, typed, version=version, on=on)
        assert isinstance(draft, store.Draft), draft
        saved = draft
    assert saved is not None
    return saved


async def finish(
    town: Town, signal_id: UUID, version: int, *, on: datetime
) -> Completed | Unfinished | Stale | Refused:
    async with town.database.transaction() as tx:
        return await handlers.finish_draft(tx, signal_id, version, seal=SEAL, now=on, by=SUPPORTER)
