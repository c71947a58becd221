"""Families are met, called, visited, and tell their story."""

from datetime import date
from uuid import UUID

from services.desk.store import Task
from services.intake import handlers
from services.intake.commands import (
    CompleteIntake,
    FindLikelyDuplicates,
    GiveConsent,
    Member,
    MemberRole,
    ReceiveSignal,
    RecordContactAttempt,
)
from services.intake.events import ContactOutcome
from services.shared.outcomes import Refused
from services.shared.roles import Role
from simulation.people import rates
from simulation.people.world import World
from simulation.town.households import Household, Meeting


async def meet(world: World, household: Household, meeting: Meeting) -> None:
    """A family is met at a place, comes through a partner, or signs up itself."""
    worker = world.worker((Role.OUTREACH_WORKER,), meeting.signal_id)
    command = ReceiveSignal(
        signal_id=meeting.signal_id,
        programme=world.programme.id,
        area=household.address.area,
        channel=meeting.channel,
        contact_name=household.name,
        contact_phone=household.contact.phone,
        contact_email=household.contact.email,
    )
    await world.act(
        "intake", handlers.receive_signal, command, now=world.moment(), by=worker.person if worker else None
    )


async def contact_family(world: World, task: Task) -> None:
    """Call or visit; not everybody is at home, and not everybody wants this."""
    if not world.is_day_for(task, rates.CONTACT_DAYS):
        return
    worker = world.worker(task.roles, task.id)
    if worker is None:
        return
    stream = world.chance.stream(task.subject_id, "contact", task.number)
    outcome = ContactOutcome.NOT_REACHED
    if stream.random() < rates.REACHED:
        refuses = stream.random() < rates.REFUSES_CONTACT
        outcome = ContactOutcome.REFUSED if refuses else ContactOutcome.REACHED
    command = RecordContactAttempt(
        attempt_id=world.chance.identifier("attempt", task.id), signal_id=task.subject_id, outcome=outcome
    )
    await world.act("intake", handlers.record_contact_attempt, command, now=world.moment(), by=worker.person)


async def do_intake(world: World, task: Task) -> None:
    """Consent, household, what weighs most. A family that is known already is recognised, not entered again.

    Whoever tells first is decided on first: the town waits for the answer before the next family sits down.
    """
    if not world.is_day_for(task, rates.INTAKE_DAYS):
        return
    worker = world.worker(task.roles, task.id)
    if worker is None or world.chance.happens(rates.WITHHOLDS_CONSENT, task.subject_id, "withholds consent"):
        return
    household = world.household_of_signal(task.subject_id)
    family_id = await _recognised(world, household)
    for purpose in world.programme.intake.consents:
        given = purpose.required or world.chance.happens(rates.OPTIONAL_CONSENT, household.key, "consent", purpose.code)
        consent = GiveConsent(
            signal_id=task.subject_id,
            family_id=family_id,
            purpose=purpose.code,
            given=given,
            language=household.contact.languages[0],
        )
        await world.act("intake", handlers.give_consent, consent, now=world.moment(), by=worker.person)
    command = told(household, task.subject_id, family_id, world.day)
    outcome = await world.act("intake", handlers.complete_intake, command, now=world.moment(), by=worker.person)
    if not isinstance(outcome, Refused):
        world.families[household.key] = outcome.family_id
        await world.quiet.settle()


def told(household: Household, signal_id: UUID, family_id: UUID | None, day: date) -> CompleteIntake:
    """What the family tells on that day: a child that was expected may have been born."""
    first_child_name = household.members[0].given_name
    born = tuple(
        Member(
            role=MemberRole.CHILD,
            given_name=f"{first_child_name}ke",
            prefix=household.members[0].prefix,
            surname=household.members[0].surname,
            birth_date=birth,
        )
        for birth in household.expected_births
        if birth <= day
    )
    return CompleteIntake(
        signal_id=signal_id,
        family_id=family_id,
        address=household.address,
        contact=household.contact,
        members=(*household.members, *born),
        expected_births=tuple(birth for birth in household.expected_births if birth > day),
        themes=household.themes,
        urgent_needs=household.urgent_needs,
        income_band=household.income_band,
    )


async def _recognised(world: World, household: Household) -> UUID | None:
    """The family's own id where a parent of the same name and birth date is known."""
    parent = household.members[0]
    asked = FindLikelyDuplicates(
        given_name=parent.given_name,
        prefix=parent.prefix,
        surname=parent.surname,
        birth_date=parent.birth_date,
        postcode=household.address.postcode,
    )
    for candidate in await world.see("intake", lambda tx: handlers.find_likely_duplicates(tx, asked)):
        same = (parent.given_name, parent.surname, parent.birth_date)
        if (candidate.given_name, candidate.surname, candidate.birth_date) == same:
            world.diary.done["family recognised"] += 1
            return candidate.family_id
    return None
