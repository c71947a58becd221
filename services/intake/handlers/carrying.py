"""Fills in the draft of a sign-up that goes on in another programme with what the family told already."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from programmes.load import load
from programmes.schema import Programme
from services.intake import store
from services.intake.domain.consents import GIVEN, REFUSED
from services.intake.domain.switching import carried, ranked, written_date
from services.intake.domain.told import LANGUAGES_TOLD, Step, urgent_needs_of
from services.intake.handlers.drafts import programme_of
from services.intake.handlers.finishing import read_number
from services.intake.sealing import Seal
from services.shared.database import Transaction
from services.shared.types import Code

ADDRESS = ("area", "street", "house_number", "postcode", "city")
Steps = dict[str, Any]


async def carry_draft(
    tx: Transaction, old: store.Signal, new: store.Signal, *, seal: Seal, now: datetime, by: UUID
) -> None:
    """Write the draft of `new` after what was told for `old`: its draft, or the intake that was done. Nothing told,
    no draft. Each answer keeps who wrote it down and when."""
    before, after = programme_of(old), programme_of(new)
    draft = await store.draft_of(tx, old.id)
    if draft is not None:
        steps: Steps = {
            step: saved | {"told": carried(step, saved["told"], old=before, new=after)}
            for step, saved in draft.steps.items()
        }
        number = seal.open(draft.bsn, owner=old.id) if draft.bsn is not None else ""
    elif old.family_id is not None and await store.intake_of(tx, old.id) is not None:
        steps = await _told_before(tx, old, old.family_id, before, after, now=now, by=by)
        steps |= await _agreed_before(tx, old.family_id, before, after)
        number = await read_number(tx, old.family_id, seal=seal)
        steps[Step.BSN.value] = _step({"given": bool(number), "at": now.isoformat()}, now=now, by=by)
    else:
        return
    await tx.execute(
        insert(store.intake_draft).values(
            signal_id=new.id,
            version=draft.version if draft is not None else 1,
            told=steps,
            known_family_id=draft.known_family_id if draft is not None else None,
            bsn=seal.close(number, owner=new.id) if number else None,
            started_at=now,
            started_by=by,
            saved_at=now,
            saved_by=by,
        )
    )


async def _told_before(
    tx: Transaction,
    old: store.Signal,
    family_id: UUID,
    before: Programme,
    after: Programme,
    *,
    now: datetime,
    by: UUID,
) -> Steps:
    """The steps of an intake as they would have been typed, from what is known of the family now."""
    family = await store.family_by_id(tx, family_id)
    record = await store.intake_of(tx, old.id)
    members = [
        {
            "role": each.role,
            "given_name": each.given_name,
            "prefix": each.prefix,
            "surname": each.surname,
            "birth_date": written_date(each.birth_date),
        }
        for each in await store.members(tx, family_id)
    ]
    expected = [written_date(each) for each in await store.expected_births(tx, family_id)]
    contact = {name: getattr(family, name) or "" for name in (*ADDRESS, "phone", "email")}
    contact |= {"channel": family.contact_channel or "", "moment": family.contact_moment or ""}
    spoken = {"languages": [*family.languages, ""][:LANGUAGES_TOLD], "interpreter": "yes" if family.interpreter else ""}
    wishes = {
        "ranks": ranked(record.themes, after),
        "urgent": [code for code in record.urgent_needs if code in urgent_needs_of(after)],
        "income": record.income_band or "",
    }
    contact_step = carried(Step.CONTACT, contact | spoken, old=before, new=after)
    return {
        Step.HOUSEHOLD.value: _step({"members": members, "expected": expected or [""]}, now=now, by=by),
        Step.CONTACT.value: _step(contact_step, now=now, by=by),
        Step.WISHES.value: _step(wishes, now=now, by=by),
    }


async def _agreed_before(tx: Transaction, family_id: UUID, before: Programme, after: Programme) -> Steps:
    """The step of consent, with the time and the person of the last answer; empty where nothing counts."""
    answers = await _answers(tx, family_id, before, after)
    if not answers:
        return {}
    last = max(answers, key=lambda row: row.at)
    told = {
        "language": last.language,
        "words_in": last.text_language or "",
        "answers": {row.purpose: row.answer for row in answers},
    }
    return {Step.CONSENT.value: _step(told, now=last.at, by=last.recorded_by)}


async def _answers(tx: Transaction, family_id: UUID, before: Programme, after: Programme) -> list[Any]:
    """What the family answered last to each question that the other programme asks in the same words."""
    texts = {each.code: each.text for each in after.intake.consents}
    found: dict[Code, Any] = {}
    for code in (before.id, after.id):
        for row in reversed(await store.consent_history(tx, family_id, code)):
            asked = {each.code: each.text for each in load(code, row.text_version).intake.consents}
            if row.purpose in texts and asked.get(row.purpose) == texts[row.purpose]:
                found[row.purpose] = row
    return [row for row in found.values() if row.answer in (GIVEN, REFUSED)]


def _step(told: Mapping[str, Any], *, now: datetime, by: UUID) -> dict[str, Any]:
    return {"told": dict(told), "version": 1, "at": now.isoformat(), "by": str(by)}
