"""Intake over HTTP, for outreach workers, supporters and coordinators. Nothing about a person stands in a URL."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import BaseModel, ConfigDict

from services.intake import handlers, store
from services.intake.commands import (
    ChangeContact,
    CompleteIntake,
    FindLikelyDuplicates,
    GiveConsent,
    MoveFamily,
    ReceiveSignal,
    RecordContactAttempt,
    SearchFamilies,
    WithdrawConsent,
)
from services.intake.domain import SignalState
from services.shared.access import Actor, requires
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Outreach = Annotated[Actor, Depends(requires(Role.OUTREACH_WORKER, Role.SUPPORTER, Role.TEAM_COORDINATOR))]
Supporter = Annotated[Actor, Depends(requires(Role.SUPPORTER, Role.TEAM_COORDINATOR))]
ConsentKeeper = Annotated[
    Actor, Depends(requires(Role.OUTREACH_WORKER, Role.SUPPORTER, Role.TEAM_COORDINATOR, Role.PRIVACY_OFFICER))
]


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


class CandidateAnswer(_Answer):
    family_id: UUID
    given_name: str
    prefix: str
    surname: str
    birth_date: date
    score: int


@router.post("/signals", status_code=status.HTTP_201_CREATED, operation_id="receiveSignal", summary="A family was met")
async def receive_signal(command: ReceiveSignal, database: DatabaseOf, now: Now, actor: Outreach) -> SignalAnswer:
    async with database.transaction() as tx:
        signal = granted(await handlers.receive_signal(tx, command, now=now, by=actor.person))
        return await _told(tx, signal)


@router.get("/signals/{signal_id}", operation_id="getSignal", summary="What became of a signal")
async def get_signal(signal_id: UUID, database: DatabaseOf, actor: Outreach) -> SignalAnswer:
    async with database.transaction() as tx:
        signal = await store.signal_by_id(tx, signal_id)
        if signal is None:
            raise Problem(404, "unknown-signal")
        return await _told(tx, signal)


@router.get("/families/{family_id}/signals", operation_id="listSignals", summary="How a family came in, each time")
async def list_signals(family_id: UUID, database: DatabaseOf, actor: Supporter) -> SignalList:
    async with database.transaction() as tx:
        found = await store.signals_of(tx, family_id)
        return SignalList(signals=tuple([await _told(tx, signal) for signal in found]))


@router.post(
    "/contact-attempts",
    status_code=status.HTTP_201_CREATED,
    operation_id="recordContactAttempt",
    summary="Somebody tried to reach a family",
)
async def record_contact_attempt(
    command: RecordContactAttempt, database: DatabaseOf, now: Now, actor: Outreach
) -> AttemptAnswer:
    async with database.transaction() as tx:
        attempt = granted(await handlers.record_contact_attempt(tx, command, now=now, by=actor.person))
    return AttemptAnswer(attempt=attempt)


@router.post(
    "/consents",
    status_code=status.HTTP_201_CREATED,
    operation_id="giveConsent",
    summary="A family answers for one purpose",
)
async def give_consent(command: GiveConsent, database: DatabaseOf, now: Now, actor: ConsentKeeper) -> FamilyAnswer:
    async with database.transaction() as tx:
        family_id = granted(await handlers.give_consent(tx, command, now=now, by=actor.person))
    return FamilyAnswer(family_id=family_id)


@router.post(
    "/consent-withdrawals",
    status_code=status.HTTP_201_CREATED,
    operation_id="withdrawConsent",
    summary="A family takes a consent back",
)
async def withdraw_consent(
    command: WithdrawConsent, database: DatabaseOf, now: Now, actor: ConsentKeeper
) -> WithdrawalAnswer:
    async with database.transaction() as tx:
        required = granted(await handlers.withdraw_consent(tx, command, now=now, by=actor.person))
    return WithdrawalAnswer(required=required)


@router.post(
    "/intakes", status_code=status.HTTP_201_CREATED, operation_id="completeIntake", summary="The intake talk is done"
)
async def complete_intake(command: CompleteIntake, database: DatabaseOf, now: Now, actor: Outreach) -> IntakeAnswer:
    async with database.transaction() as tx:
        completed = granted(await handlers.complete_intake(tx, command, now=now, by=actor.person))
    return IntakeAnswer.model_validate(completed)


@router.post(
    "/moves", status_code=status.HTTP_201_CREATED, operation_id="moveFamily", summary="A family has another address"
)
async def move_family(command: MoveFamily, database: DatabaseOf, now: Now, actor: Supporter) -> MoveAnswer:
    async with database.transaction() as tx:
        trajectories = granted(await handlers.move_family(tx, command, now=now))
    return MoveAnswer(trajectories=trajectories)


@router.post(
    "/contact-changes",
    status_code=status.HTTP_201_CREATED,
    operation_id="changeContact",
    summary="A family is reached another way",
)
async def change_contact(command: ChangeContact, database: DatabaseOf, actor: Supporter) -> FamilyAnswer:
    async with database.transaction() as tx:
        family_id = granted(await handlers.change_contact(tx, command))
    return FamilyAnswer(family_id=family_id)


@router.post("/families/_zoek", operation_id="searchFamilies", summary="Families by surname or postcode")
async def search_families(command: SearchFamilies, database: DatabaseOf, actor: Supporter) -> list[CandidateAnswer]:
    async with database.transaction() as tx:
        found = await handlers.search_families(tx, command)
    return [CandidateAnswer.model_validate(each) for each in found]


@router.post(
    "/duplicates/_zoek", operation_id="findLikelyDuplicates", summary="Families that may be known here already"
)
async def find_likely_duplicates(
    command: FindLikelyDuplicates, database: DatabaseOf, actor: Outreach
) -> list[CandidateAnswer]:
    async with database.transaction() as tx:
        found = await handlers.find_likely_duplicates(tx, command)
    return [CandidateAnswer.model_validate(each) for each in found]


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
