"""Supporters and buddies come, change and go."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import latest
from programmes.problems import ProgrammeError
from services.matching import store, tables
from services.matching.commands import ChangeCapacity, ChangePerson, PersonLeaves, RegisterPerson, RenewVog
from services.matching.contracts import Done
from services.matching.domain import AT_WORK, RequestState, TandemState, known_words, person_digest
from services.matching.events import PersonChanged, PersonLeft, PersonRegistered, TandemPart
from services.matching.handlers.changes import answer_proposal, end_tandems, set_request
from services.matching.tables import ProposalState
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code

PERSON_LEFT: Code = "person-left"


async def register_person(tx: Transaction, command: RegisterPerson, *, now: datetime) -> Done | Refused:
    """Make a person known, once; who left before is back with what they can do now.

    Refuses an unknown programme, words that are not in its definition, and a buddy that is a supporter already.
    """
    try:
        unknown = _unknown_words(command, known_words(latest(command.programme)))
    except ProgrammeError:
        return Refused("unknown-programme")
    if unknown:
        return Refused("unknown-word", unknown)
    known = (await store.persons(tx, [command.person_id], lock=True)).get(command.person_id)
    if known is not None:
        if (known.programme, known.part) != (command.programme, command.part):
            return Refused("registered-otherwise")
        if known.left_on is None:
            return Done(changed=False)
    values = command.model_dump(mode="python", exclude={"person_id"}) | {
        "active_from": local_date(now),
        "left_on": None,
    }
    row = insert(tables.person).values(id=command.person_id, **values)
    written = await tx.execute(
        row.on_conflict_do_update(
            index_elements=[tables.person.c.id], set_=values, where=tables.person.c.left_on.is_not(None)
        ).returning(tables.person.c.id)
    )
    if written.first() is None:
        return Done(changed=False)
    await tx.publish(
        PersonRegistered(person_id=command.person_id, programme=command.programme, part=command.part), now=now
    )
    return Done(changed=True)


async def change_capacity(tx: Transaction, command: ChangeCapacity, *, now: datetime) -> Done | Refused:
    """From now on a person takes so many families. What was offered may be no longer free when it is chosen."""
    changed = await tx.execute(
        update(tables.person)
        .where(tables.person.c.id == command.person_id, tables.person.c.left_on.is_(None))
        .values(capacity=command.capacity)
    )
    return Done(changed=True) if changed.rowcount else Refused("unknown-person")


async def change_person(tx: Transaction, command: ChangePerson, *, now: datetime) -> Done | Refused:
    """Another team, other areas, a training more. Refuses what was seen before somebody else changed it."""
    person = (await store.persons(tx, [command.person_id], lock=True)).get(command.person_id)
    if person is None or person.left_on is not None:
        return Refused("unknown-person")
    known = known_words(latest(person.programme), person)
    listed = {field: tuple(sorted(getattr(command, field))) for field in known}
    wanted: dict[str, Any] = listed | {
        "vog_until": command.vog_until,
        "team": command.team,
        "capacity": command.capacity,
    }
    if person_digest(replace(person, **wanted)) == person_digest(person):
        return Done(changed=False)
    if command.seen != person_digest(person):
        return Refused("changed-meanwhile")
    if unknown := _unknown_words(command, known):
        return Refused("unknown-word", unknown)
    await tx.execute(update(tables.person).where(tables.person.c.id == person.id).values(wanted))
    await tx.publish(
        PersonChanged(
            person_id=person.id,
            programme=person.programme,
            part=person.part,
            areas=listed["areas"],
            team=command.team,
        ),
        now=now,
    )
    return Done(changed=True)


async def renew_vog(tx: Transaction, command: RenewVog, *, now: datetime) -> Done | Refused:
    """Record a certificate of conduct (VOG) with a later end date than the one there was."""
    person = (await store.persons(tx, [command.person_id], lock=True)).get(command.person_id)
    if person is None or person.left_on is not None:
        return Refused("unknown-person")
    if person.part is not TandemPart.BUDDY:
        return Refused("not-a-buddy")
    if command.until <= local_date(now):
        return Refused("expired-already")
    if person.vog_until is not None and command.until <= person.vog_until:
        return Done(changed=False)
    await tx.execute(
        update(tables.person).where(tables.person.c.id == command.person_id).values(vog_until=command.until)
    )
    return Done(changed=True)


async def person_leaves(tx: Transaction, command: PersonLeaves, *, now: datetime) -> Done | Refused:
    """A person stops: what was on offer with them is taken back, and PersonLeft names the families to help.

    Their tandems on trial and at work stand until the trajectory ends them: that is where is decided what comes next.
    """
    person = (await store.persons(tx, [command.person_id], lock=True)).get(command.person_id)
    if person is None:
        return Refused("unknown-person")
    if person.left_on is not None:
        return Done(changed=False)
    today = local_date(now)
    await tx.execute(update(tables.person).where(tables.person.c.id == person.id).values(left_on=today))
    concerned = sorted({tandem.trajectory_id for tandem in await store.tandems_with(tx, person.id)})
    for trajectory_id in concerned:
        await store.lock_trajectory(tx, trajectory_id)
    # Read again: somebody may have chosen while we waited.
    tandems = await store.tandems_with(tx, person.id)
    offered = [each for each in tandems if each.state is TandemState.PROPOSED]
    await end_tandems(tx, [each.id for each in offered], on=today, reason=PERSON_LEFT)
    for trajectory_id in sorted({each.trajectory_id for each in offered}):
        await _wait_again_without_options(tx, trajectory_id, on=today)
    helpless = tuple(each.trajectory_id for each in tandems if each.state in AT_WORK)
    left = PersonLeft(person_id=person.id, part=person.part, trajectory_ids=helpless, programme=person.programme)
    await tx.publish(left, now=now)
    return Done(changed=True)


async def _wait_again_without_options(tx: Transaction, trajectory_id: UUID, *, on: date) -> None:
    """A family to whom nothing is on offer any more waits for the next round."""
    proposal = await store.proposal_for(tx, trajectory_id)
    request = await store.open_request(tx, trajectory_id)
    if proposal is not None and not proposal.options and request is not None:
        await answer_proposal(tx, trajectory_id, ProposalState.WITHDRAWN, on=on, reason=PERSON_LEFT)
        await set_request(tx, request, RequestState.WAITING)


def _unknown_words(command: RegisterPerson | ChangePerson, known: Mapping[str, frozenset[Code]]) -> tuple[Code, ...]:
    return tuple(
        sorted({word for field, words in known.items() for word in getattr(command, field) if word not in words})
    )
