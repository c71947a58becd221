"""Matching over HTTP: people, who waits, choices and trials."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from services.matching import handlers, store
from services.matching.commands import (
    ChangeCapacity,
    ChooseTandem,
    DeclineTandem,
    EvaluateTrial,
    Families,
    PersonLeaves,
    RegisterPerson,
    RenewVog,
    UnwantedPersons,
)
from services.matching.contracts import Done
from services.matching.domain import Person, TandemState
from services.matching.events import TandemPart, TrialOutcome
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.reading_routes import add_reading_api
from services.shared.readings import must_read
from services.shared.scopes import NOT_YOUR_PROGRAMME, must_be_in, must_see
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

PAGE_MAX = 200

router = APIRouter()
add_reading_api(router)

KeepsPeople = Annotated[Actor, Depends(allowed(Permission.KEEP_PEOPLE))]
ReadsPeople = Annotated[Actor, Depends(allowed(Permission.READ_PEOPLE))]
Matches = Annotated[Actor, Depends(allowed(Permission.MATCH))]
ReadsTandem = Annotated[Actor, Depends(allowed(Permission.READ_TANDEM))]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewCapacity(_Body):
    capacity: Families


class NewCertificate(_Body):
    until: date


class Departure(_Body):
    reason: Code


class Choice(_Body):
    tandem_id: UUID


class Decline(_Body):
    reason: Code
    persons: UnwantedPersons = ()


class Evaluation(_Body):
    outcome: TrialOutcome
    persons: UnwantedPersons = ()


class PeoplePage(_Body):
    """People by id; `next` is where the following page starts, absent on the last one."""

    people: tuple[Person, ...]
    next: UUID | None = None


class OptionOut(_Body):
    tandem_id: UUID
    supporter_id: UUID
    buddy_id: UUID
    reasons: tuple[Code, ...]


class ProposalOut(_Body):
    """What the family may choose from, best first."""

    round_id: UUID
    made_on: date
    options: tuple[OptionOut, ...]


class TandemOut(_Body):
    tandem_id: UUID
    supporter_id: UUID
    buddy_id: UUID
    state: TandemState
    started_on: date | None
    confirmed_on: date | None


@router.post("/people", status_code=201, summary="Register a supporter or buddy", operation_id="registerPerson")
async def register_person(command: RegisterPerson, actor: KeepsPeople, database: DatabaseOf, now: Now) -> Done:
    must_be_in(actor, Permission.KEEP_PEOPLE, command.programme)
    async with database.transaction() as tx:
        return granted(await handlers.register_person(tx, command, now=now))


@router.get("/people", summary="Supporters and buddies of a programme", operation_id="listPeople")
async def list_people(
    programme: Annotated[Code, Query()],
    actor: ReadsPeople,
    database: DatabaseOf,
    part: Annotated[TandemPart | None, Query()] = None,
    after: Annotated[UUID | None, Query()] = None,
) -> PeoplePage:
    must_be_in(actor, Permission.READ_PEOPLE, programme)
    async with database.transaction() as tx:
        found = await store.people(tx, programme, part=part, after=after, limit=PAGE_MAX)
    return PeoplePage(people=tuple(found), next=found[-1].id if len(found) == PAGE_MAX else None)


@router.patch("/people/{person_id}", summary="Take more or fewer families", operation_id="changeCapacity")
async def change_capacity(
    person_id: UUID, body: NewCapacity, actor: KeepsPeople, database: DatabaseOf, now: Now
) -> Done:
    async with database.transaction() as tx:
        await _of_my_programme(tx, actor, person_id)
        command = ChangeCapacity(person_id=person_id, capacity=body.capacity)
        return granted(await handlers.change_capacity(tx, command, now=now))


@router.post(
    "/people/{person_id}/certificates", summary="Record a renewed certificate of conduct", operation_id="renewVog"
)
async def renew_vog(person_id: UUID, body: NewCertificate, actor: KeepsPeople, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await _of_my_programme(tx, actor, person_id)
        return granted(await handlers.renew_vog(tx, RenewVog(person_id=person_id, until=body.until), now=now))


@router.post("/people/{person_id}/departures", summary="A supporter or buddy stops", operation_id="personLeaves")
async def person_leaves(person_id: UUID, body: Departure, actor: KeepsPeople, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await _of_my_programme(tx, actor, person_id)
        command = PersonLeaves(person_id=person_id, reason=body.reason)
        return granted(await handlers.person_leaves(tx, command, now=now))


@router.get("/requests", summary="How many families wait, and since when", operation_id="countRequests")
async def count_requests(
    programme: Annotated[Code, Query()], actor: ReadsPeople, database: DatabaseOf
) -> store.Waiting:
    must_be_in(actor, Permission.READ_PEOPLE, programme)
    async with database.transaction() as tx:
        return await store.count_waiting(tx, programme)


@router.get("/trajectories/{trajectory_id}/proposals", summary="What a family can choose", operation_id="showProposal")
async def show_proposal(trajectory_id: UUID, actor: Matches, database: DatabaseOf, now: Now) -> ProposalOut:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.MATCH, what="proposal", now=now, trajectory_id=trajectory_id)
        proposal = await store.proposal_for(tx, trajectory_id)
    if proposal is None:
        raise Problem(404, "not-on-offer")
    options = tuple(
        OptionOut(
            tandem_id=option.id, supporter_id=option.supporter_id, buddy_id=option.buddy_id, reasons=option.reasons
        )
        for option in proposal.options
    )
    return ProposalOut(round_id=proposal.round_id, made_on=proposal.made_on, options=options)


@router.post("/trajectories/{trajectory_id}/choices", summary="The family chooses", operation_id="chooseTandem")
async def choose_tandem(trajectory_id: UUID, body: Choice, actor: Matches, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.MATCH, trajectory_id=trajectory_id)
        command = ChooseTandem(trajectory_id=trajectory_id, tandem_id=body.tandem_id)
        return granted(await handlers.choose_tandem(tx, command, now=now, by=actor.person))


@router.post(
    "/trajectories/{trajectory_id}/declines", summary="The family wants none of these", operation_id="declineTandem"
)
async def decline_tandem(trajectory_id: UUID, body: Decline, actor: Matches, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.MATCH, trajectory_id=trajectory_id)
        command = DeclineTandem(trajectory_id=trajectory_id, reason=body.reason, persons=body.persons)
        return granted(await handlers.decline_tandem(tx, command, now=now, by=actor.person))


@router.post("/trajectories/{trajectory_id}/trials", summary="What came of the trial", operation_id="evaluateTrial")
async def evaluate_trial(trajectory_id: UUID, body: Evaluation, actor: Matches, database: DatabaseOf, now: Now) -> Done:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.MATCH, trajectory_id=trajectory_id)
        command = EvaluateTrial(trajectory_id=trajectory_id, outcome=body.outcome, persons=body.persons)
        return granted(await handlers.evaluate_trial(tx, command, now=now, by=actor.person))


@router.get("/trajectories/{trajectory_id}/tandems", summary="The tandem of a family now", operation_id="showTandem")
async def show_tandem(trajectory_id: UUID, actor: ReadsTandem, database: DatabaseOf, now: Now) -> TandemOut:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_TANDEM, what="tandem", now=now, trajectory_id=trajectory_id)
        tandem = await store.tandem_of(tx, trajectory_id)
    if tandem is None:
        raise Problem(404, "no-tandem")
    return TandemOut(
        tandem_id=tandem.id,
        supporter_id=tandem.supporter_id,
        buddy_id=tandem.buddy_id,
        state=tandem.state,
        started_on=tandem.started_on,
        confirmed_on=tandem.confirmed_on,
    )


async def _of_my_programme(tx: Transaction, actor: Actor, person_id: UUID) -> None:
    """Answers 403 for a supporter or buddy of another programme, and for somebody whom nobody knows."""
    person = (await store.persons(tx, [person_id])).get(person_id)
    if person is None:
        raise Problem(403, NOT_YOUR_PROGRAMME)
    must_be_in(actor, Permission.KEEP_PEOPLE, person.programme)
