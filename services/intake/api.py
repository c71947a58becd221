"""Intake over HTTP, for outreach workers, supporters and coordinators. Nothing about a person stands in a URL."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import BaseModel, ConfigDict

from services.intake import handlers, store
from services.intake.commands import (
    Address,
    ChangeContact,
    CompleteIntake,
    Contact,
    FindLikelyDuplicates,
    GiveConsent,
    MoveFamily,
    ReceiveSignal,
    RecordContactAttempt,
    SearchFamilies,
    WithdrawConsent,
)
from services.intake.domain import SignalState
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.reading_routes import add_reading_api
from services.shared.readings import log_reading, log_readings, must_read
from services.shared.scopes import Scope, may_see, must_be_in, must_see, visible_families
from services.shared.types import Code, Digest, stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()
add_reading_api(router)

TakesSignal = Annotated[Actor, Depends(allowed(Permission.TAKE_SIGNAL))]
ReadsSignal = Annotated[Actor, Depends(allowed(Permission.READ_SIGNAL))]
DoesIntake = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]
FindsDuplicates = Annotated[Actor, Depends(allowed(Permission.FIND_DUPLICATES))]
KeepsConsent = Annotated[Actor, Depends(allowed(Permission.KEEP_CONSENT))]
ReadsFamily = Annotated[Actor, Depends(allowed(Permission.READ_HOUSEHOLD))]
ChangesFamily = Annotated[Actor, Depends(allowed(Permission.CHANGE_FAMILY))]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SignalAnswer(_Answer):
    id: UUID
    programme: Code
    programme_version: int
    area: Code
    channel: Code
    state: SignalState
    attempts: int
    family_id: UUID | None
    trajectory_id: UUID | None
    """Where the other services know the family by, once it is enrolled."""
    reasons: tuple[Code, ...]


class SignalList(_Answer):
    """Oldest first."""

    signals: tuple[SignalAnswer, ...]


class AttemptAnswer(_Answer):
    attempt: int


class FamilyAnswer(_Answer):
    family_id: UUID


class WithdrawalAnswer(_Answer):
    """Whether the programme cannot go on without it."""

    required: bool


class IntakeAnswer(_Answer):
    family_id: UUID
    returning: bool


class MoveAnswer(_Answer):
    """How many trajectories of the family heard of it."""

    trajectories: int


class ReachAnswer(_Answer):
    """Where a family lives and how it is reached; the marks go along as `seen` with what changes it."""

    address: Address | None
    address_mark: Digest
    contact: Contact
    contact_mark: Digest


class CandidateAnswer(_Answer):
    family_id: UUID
    given_name: str
    prefix: str
    surname: str
    birth_date: date
    score: int


@router.post("/signals", status_code=status.HTTP_201_CREATED, operation_id="receiveSignal", summary="A family was met")
async def receive_signal(command: ReceiveSignal, database: DatabaseOf, now: Now, actor: TakesSignal) -> SignalAnswer:
    must_be_in(actor, Permission.TAKE_SIGNAL, command.programme)
    async with database.transaction() as tx:
        signal = granted(await handlers.receive_signal(tx, command, now=now, by=actor.person))
        return await _told(tx, signal)


@router.get("/signals/{signal_id}", operation_id="getSignal", summary="What became of a signal")
async def get_signal(signal_id: UUID, database: DatabaseOf, now: Now, actor: ReadsSignal) -> SignalAnswer:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal_id)
        signal = await store.signal_by_id(tx, signal_id)
        if signal is None:
            raise Problem(404, "unknown-signal")
        await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what="signal", now=now)
        return await _told(tx, signal)


@router.get("/families/{family_id}/signals", operation_id="listSignals", summary="How a family came in, each time")
async def list_signals(family_id: UUID, database: DatabaseOf, now: Now, actor: ReadsSignal) -> SignalList:
    """Those of them that I may see: a family can have come in elsewhere too."""
    async with database.transaction() as tx:
        scope = await must_read(tx, actor, Permission.READ_SIGNAL, what="signals", now=now, family_id=family_id)
        found = [
            signal
            for signal in await store.signals_of(tx, scope.family_id or family_id)
            if await may_see(tx, actor, Permission.READ_SIGNAL, signal_id=signal.id)
        ]
        return SignalList(signals=tuple([await _told(tx, signal) for signal in found]))


@router.post(
    "/contact-attempts",
    status_code=status.HTTP_201_CREATED,
    operation_id="recordContactAttempt",
    summary="Somebody tried to reach a family",
)
async def record_contact_attempt(
    command: RecordContactAttempt, database: DatabaseOf, now: Now, actor: DoesIntake
) -> AttemptAnswer:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=command.signal_id)
        attempt = granted(await handlers.record_contact_attempt(tx, command, now=now, by=actor.person))
    return AttemptAnswer(attempt=attempt)


@router.post(
    "/consents",
    status_code=status.HTTP_201_CREATED,
    operation_id="giveConsent",
    summary="A family answers for one purpose",
)
async def give_consent(command: GiveConsent, database: DatabaseOf, now: Now, actor: KeepsConsent) -> FamilyAnswer:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.KEEP_CONSENT, signal_id=command.signal_id)
        if command.family_id is not None:
            await must_see(tx, actor, Permission.FIND_DUPLICATES, family_id=command.family_id)
        family_id = granted(await handlers.give_consent(tx, command, now=now, by=actor.person))
    return FamilyAnswer(family_id=family_id)


@router.post(
    "/consent-withdrawals",
    status_code=status.HTTP_201_CREATED,
    operation_id="withdrawConsent",
    summary="A family takes a consent back",
)
async def withdraw_consent(
    command: WithdrawConsent, database: DatabaseOf, now: Now, actor: KeepsConsent
) -> WithdrawalAnswer:
    async with database.transaction() as tx:
        scope = await must_see(
            tx, actor, Permission.KEEP_CONSENT, family_id=command.family_id, programme=command.programme
        )
        required = granted(await handlers.withdraw_consent(tx, _kept(command, scope), now=now, by=actor.person))
    return WithdrawalAnswer(required=required)


@router.post(
    "/intakes", status_code=status.HTTP_201_CREATED, operation_id="completeIntake", summary="The intake talk is done"
)
async def complete_intake(command: CompleteIntake, database: DatabaseOf, now: Now, actor: DoesIntake) -> IntakeAnswer:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=command.signal_id)
        if command.family_id is not None:
            await must_see(tx, actor, Permission.FIND_DUPLICATES, family_id=command.family_id)
        completed = granted(await handlers.complete_intake(tx, command, now=now, by=actor.person))
    return IntakeAnswer.model_validate(completed)


@router.get(
    "/families/{family_id}",
    operation_id="showFamily",
    summary="Where a family lives and how it is reached",
)
async def show_family(family_id: UUID, database: DatabaseOf, now: Now, actor: ChangesFamily) -> ReachAnswer:
    async with database.transaction() as tx:
        scope = await must_read(tx, actor, Permission.CHANGE_FAMILY, what="contact", now=now, family_id=family_id)
        family = await store.family_by_id(tx, scope.family_id or family_id)
    if family is None or family.erased_at is not None:
        raise Problem(404, "unknown-family")
    return ReachAnswer(
        address=handlers.address_of(family),
        address_mark=handlers.address_mark(family),
        contact=handlers.contact_of(family),
        contact_mark=handlers.contact_mark(handlers.contact_of(family)),
    )


@router.post(
    "/moves", status_code=status.HTTP_201_CREATED, operation_id="moveFamily", summary="A family has another address"
)
async def move_family(command: MoveFamily, database: DatabaseOf, now: Now, actor: ChangesFamily) -> MoveAnswer:
    async with database.transaction() as tx:
        scope = await must_see(tx, actor, Permission.CHANGE_FAMILY, family_id=command.family_id)
        trajectories = granted(await handlers.move_family(tx, _kept(command, scope), now=now, by=actor.person))
    return MoveAnswer(trajectories=trajectories)


@router.post(
    "/contact-changes",
    status_code=status.HTTP_201_CREATED,
    operation_id="changeContact",
    summary="A family is reached another way",
)
async def change_contact(command: ChangeContact, database: DatabaseOf, now: Now, actor: ChangesFamily) -> FamilyAnswer:
    async with database.transaction() as tx:
        scope = await must_see(tx, actor, Permission.CHANGE_FAMILY, family_id=command.family_id)
        family_id = granted(await handlers.change_contact(tx, _kept(command, scope), now=now, by=actor.person))
    return FamilyAnswer(family_id=family_id)


@router.post("/families/_zoek", operation_id="searchFamilies", summary="Families by surname or postcode")
async def search_families(
    command: SearchFamilies, database: DatabaseOf, now: Now, actor: ReadsFamily
) -> list[CandidateAnswer]:
    async with database.transaction() as tx:
        mine = visible_families(tx, actor, Permission.READ_HOUSEHOLD)
        found = await handlers.search_families(tx, command, within=mine)
        await log_readings(tx, actor, (each.family_id for each in found), what="search", now=now)
    return [CandidateAnswer.model_validate(each) for each in found]


@router.post(
    "/duplicates/_zoek", operation_id="findLikelyDuplicates", summary="Families that may be known here already"
)
async def find_likely_duplicates(
    command: FindLikelyDuplicates, database: DatabaseOf, now: Now, actor: FindsDuplicates
) -> list[CandidateAnswer]:
    async with database.transaction() as tx:
        known = visible_families(tx, actor, Permission.FIND_DUPLICATES)
        found = await handlers.find_likely_duplicates(tx, command, within=known)
        await log_readings(tx, actor, (each.family_id for each in found), what="duplicates", now=now)
    return [CandidateAnswer.model_validate(each) for each in found]


def _kept[Command: (WithdrawConsent, MoveFamily, ChangeContact)](command: Command, scope: Scope) -> Command:
    """The same for the file that keeps: an id of before a merge goes on leading to the family."""
    return command.model_copy(update={"family_id": scope.family_id or command.family_id})


async def _told(tx: Transaction, signal: store.Signal) -> SignalAnswer:
    enrolment = await store.enrolment_of(tx, signal.id)
    return SignalAnswer(
        id=signal.id,
        programme=signal.programme,
        programme_version=signal.programme_version,
        area=signal.area,
        channel=signal.channel,
        state=signal.state,
        attempts=signal.attempts,
        family_id=signal.family_id,
        trajectory_id=enrolment.trajectory_id if enrolment else None,
        reasons=signal.reasons,
    )
