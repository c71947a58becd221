"""Consents: what a family allows, purpose by purpose, and can always take back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from programmes.schema import Programme
from programmes.words import in_language
from services.intake import store
from services.intake.commands import GiveConsent, WithdrawConsent
from services.intake.domain import CONSENT_WITHDRAWN, UNDECIDED, required_purposes
from services.intake.domain.consents import GIVEN, REFUSED, WITHDRAWN
from services.intake.events import ConsentGiven, ConsentWithdrawn
from services.intake.handlers.signals import end_signal
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code, stable_id


async def give_consent(
    tx: Transaction, command: GiveConsent, *, now: datetime, by: UUID, at: datetime | None = None
) -> UUID | Refused:
    """Record a family's answer for one purpose; gives the family's id. The same answer again changes nothing.

    `at` is when the family answered, where that was before now: in a draft.
    """
    signal = await store.signal_by_id(tx, command.signal_id, lock=True)
    if signal is None:
        return Refused("unknown-signal")
    programme = load(signal.programme, signal.programme_version)
    if command.purpose not in {purpose.code for purpose in programme.intake.consents}:
        return Refused("unknown-purpose")
    family_id = await family_of(tx, signal, command.family_id, now=now)
    if isinstance(family_id, Refused):
        return family_id
    answer = GIVEN if command.given else REFUSED
    answers = await store.consents(tx, family_id, signal.programme)
    if answers.get(command.purpose) == answer:
        return family_id
    if answers.get(command.purpose) == GIVEN:
        return Refused("withdraw-instead")
    await tx.execute(
        insert(store.consent).values(
            family_id=family_id,
            programme=signal.programme,
            purpose=command.purpose,
            text_version=signal.programme_version,
            language=command.language,
            answer=answer,
            at=at or now,
            recorded_by=by,
            **_shown(programme, command.purpose, command.words_in),
        )
    )
    if command.given:
        await tx.publish(
            ConsentGiven(
                family_id=family_id,
                purpose=command.purpose,
                text_version=signal.programme_version,
                signal_id=signal.id,
                programme=signal.programme,
            ),
            now=now,
        )
    return family_id


async def family_of(tx: Transaction, signal: store.Signal, family_id: UUID | None, *, now: datetime) -> UUID | Refused:
    """The family that a signal is about: linked already, one that is known, or a new one that opens here."""
    if signal.family_id is not None:
        return signal.family_id if family_id in (None, signal.family_id) else Refused("signal-is-of-another-family")
    if signal.state not in UNDECIDED:
        return Refused("signal-not-open")
    if family_id is not None:
        found = await store.family_by_id(tx, family_id, lock=True)
        if found is None or found.erased_at is not None or found.merged_into is not None:
            return Refused("unknown-family")
    else:
        family_id = stable_id("family", signal.id)
        await tx.execute(insert(store.family).values(id=family_id, created_at=now).on_conflict_do_nothing())
    await tx.execute(update(store.signal).where(store.signal.c.id == signal.id).values(family_id=family_id))
    return family_id


async def withdraw_consent(tx: Transaction, command: WithdrawConsent, *, now: datetime, by: UUID) -> bool | Refused:
    """Take a consent back; gives whether the programme cannot do without it.

    Then the family's trajectory is named in the event, for it must stop at once; and a place in the line lapses.
    """
    await store.lock_programme(tx, command.programme)
    answers = await store.consents(tx, command.family_id, command.programme)
    if answers.get(command.purpose) != GIVEN:
        return Refused("consent-not-given")
    signals = [each for each in await store.signals_of(tx, command.family_id) if each.programme == command.programme]
    active = await store.active_enrolments(tx, command.family_id)
    trajectory = next((each for each in active if each.programme == command.programme), None)
    version = trajectory.programme_version if trajectory else signals[-1].programme_version
    programme = load(command.programme, version)
    required = command.purpose in required_purposes(programme)
    await tx.execute(
        insert(store.consent).values(
            family_id=command.family_id,
            programme=command.programme,
            purpose=command.purpose,
            text_version=version,
            language=command.language,
            answer=WITHDRAWN,
            at=now,
            recorded_by=by,
            **_shown(programme, command.purpose, command.words_in),
        )
    )
    await tx.publish(
        ConsentWithdrawn(
            family_id=command.family_id,
            purpose=command.purpose,
            required=required,
            trajectory_id=trajectory.trajectory_id if trajectory and required else None,
            programme=command.programme,
        ),
        now=now,
    )
    if required:
        for signal in signals:
            await end_signal(tx, signal.id, CONSENT_WITHDRAWN, now=now)
    return required


def _shown(programme: Programme, purpose: Code, words_in: Code | None) -> dict[str, str]:
    """The words under which a family answers, as they stand today in the language in which they were shown."""
    if words_in is None:
        return {}
    told = in_language(programme, words_in)
    text = next(each.text for each in told.intake.consents if each.code == purpose)
    return {"text": text, "text_language": told.language}
