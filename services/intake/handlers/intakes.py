"""The intake talk: who the family is, what weighs most, and what cannot wait."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from programmes.rules import fits
from programmes.schema import Programme
from services.intake import store
from services.intake.commands import CompleteIntake
from services.intake.domain import SignalState, missing_consents
from services.intake.domain.names import surname_words
from services.intake.events import IntakeCompleted, UrgentNeedReported
from services.intake.handlers.consents import family_of
from services.intake.handlers.facts import children, told_facts
from services.intake.handlers.families import write_address, write_contact
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import stable_id


@dataclass(frozen=True, kw_only=True)
class Completed:
    family_id: UUID
    returning: bool


async def complete_intake(tx: Transaction, command: CompleteIntake, *, now: datetime, by: UUID) -> Completed | Refused:
    """Keep what a family told at its intake, after which admission can be decided. Once for each signal.

    Refuses without the consents that the programme needs, and while an answer is missing that a rule waits for.
    """
    signal = await store.signal_by_id(tx, command.signal_id, lock=True)
    if signal is None:
        return Refused("unknown-signal")
    done = await store.intake_of(tx, signal.id)
    if done is not None and command.family_id in (None, done.family_id):
        return Completed(family_id=done.family_id, returning=done.returning)
    if signal.state is not SignalState.OPEN:
        return Refused("signal-not-open")
    programme = load(signal.programme, signal.programme_version)
    if refused := _refusal(programme, command, now=now):
        return refused
    family_id = await family_of(tx, signal, command.family_id, now=now)
    if isinstance(family_id, Refused):
        return family_id
    if missing := missing_consents(programme, await store.consents(tx, family_id, programme.id)):
        return Refused("consent-missing", missing)
    # The same sign-up in another programme is no earlier one.
    the_same = {signal.id, *(each.id for each in await store.signals_before(tx, signal.id))}
    before = [each for each in await store.signals_of(tx, family_id) if each.id not in the_same]
    returning = any([await store.intake_of(tx, each.id) is not None for each in before])
    await write_address(tx, family_id, command.address)
    await write_contact(tx, family_id, command.contact)
    await _write_household(tx, family_id, command)
    await tx.execute(
        insert(store.intake_record).values(
            signal_id=signal.id,
            family_id=family_id,
            completed_at=now,
            completed_by=by,
            themes=list(command.themes),
            urgent_needs=list(command.urgent_needs),
            income_band=command.income_band,
            returning=returning,
        )
    )
    await tx.execute(update(store.signal).where(store.signal.c.id == signal.id).values(state=SignalState.INTAKE_DONE))
    facts = told_facts(command, on=local_date(now))
    await tx.publish(
        IntakeCompleted(
            signal_id=signal.id,
            family_id=family_id,
            programme=programme.id,
            children=children(facts),
            expected_births=len(facts.expected_births),
            returning=returning,
            intake_by=by,
        ),
        now=now,
    )
    for need in sorted(set(command.urgent_needs)):
        await tx.publish(UrgentNeedReported(family_id=family_id, need=need), now=now)
    return Completed(family_id=family_id, returning=returning)


def _refusal(programme: Programme, command: CompleteIntake, *, now: datetime) -> Refused | None:
    """What is wrong with what was told, whoever the family is."""
    themes = {domain.code for domain in programme.goal_domains}
    if unknown := tuple(theme for theme in command.themes if theme not in themes):
        return Refused("unknown-theme", unknown)
    today = local_date(now)
    if any(member.birth_date > today for member in command.members):
        return Refused("birth-in-the-future")
    unanswered = fits(programme, told_facts(command, on=today)).unanswered
    return Refused("answer-missing", unanswered) if unanswered else None


async def _write_household(tx: Transaction, family_id: UUID, command: CompleteIntake) -> None:
    """The household as it was told last takes the place of an earlier one."""
    for table in (store.household_member, store.expected_birth):
        await tx.execute(delete(table).where(table.c.family_id == family_id))
    await tx.execute(
        insert(store.household_member),
        [
            {"id": stable_id("member", family_id, number), "family_id": family_id, "number": number}
            | member.model_dump()
            | {"surname_words": list(surname_words(member.prefix, member.surname))}
            for number, member in enumerate(command.members, start=1)
        ],
    )
    if command.expected_births:
        await tx.execute(
            insert(store.expected_birth),
            [
                {"family_id": family_id, "number": number, "due_on": due_on}
                for number, due_on in enumerate(command.expected_births, start=1)
            ],
        )
