"""The questions that are asked of matching's tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, func, select

from services.matching.contracts import RoundHeld
from services.matching.domain import AT_WORK, HOLDING, OPEN_REQUEST, Load, Person, Request, RequestState, TandemState
from services.matching.events import TandemPart
from services.matching.tables import (
    ProposalState,
    declined,
    metadata,
    person,
    proposal,
    request,
    round_,
    tables,
    tandem_,
)
from services.shared.database import Transaction
from services.shared.types import Code

__all__ = ["metadata", "tables"]

CERTIFICATES_MAX = 100
PEOPLE_MAX = 5_000
"""More supporters and buddies than any programme has; a bound on every list of people."""


@dataclass(frozen=True, kw_only=True)
class Tandem:
    """A supporter and a buddy for one trajectory: on offer, on trial, at work, or over."""

    id: UUID
    trajectory_id: UUID
    round_id: UUID
    supporter_id: UUID
    buddy_id: UUID
    reasons: tuple[Code, ...]
    state: TandemState
    started_on: date | None
    confirmed_on: date | None

    @property
    def people(self) -> tuple[UUID, UUID]:
        return (self.supporter_id, self.buddy_id)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a family may choose from, best first."""

    round_id: UUID
    trajectory_id: UUID
    made_on: date
    options: tuple[Tandem, ...]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How many families wait for a tandem, by how far they are, and since when the first of them waits."""

    waiting: int
    proposed: int
    trial: int
    longest_since: date | None


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        programme=row.programme,
        part=TandemPart(row.part),
        areas=tuple(row.areas),
        languages=tuple(row.languages),
        themes=tuple(row.themes),
        trainings=tuple(row.trainings),
        vog_until=row.vog_until,
        capacity=row.capacity,
        active_from=row.active_from,
        left_on=row.left_on,
        team=row.team,
    )


def _request(row: Row[Any]) -> Request:
    return Request(
        trajectory_id=row.trajectory_id,
        number=row.number,
        family_id=row.family_id,
        programme=row.programme,
        programme_version=row.programme_version,
        area=row.area,
        languages=tuple(row.languages),
        themes=tuple(row.themes),
        requested_on=row.requested_on,
        state=RequestState(row.state),
    )


def _tandem(row: Row[Any]) -> Tandem:
    return Tandem(
        id=row.id,
        trajectory_id=row.trajectory_id,
        round_id=row.round_id,
        supporter_id=row.supporter_id,
        buddy_id=row.buddy_id,
        reasons=tuple(row.reasons),
        state=TandemState(row.state),
        started_on=row.started_on,
        confirmed_on=row.confirmed_on,
    )


async def people(
    tx: Transaction,
    programme: Code,
    *,
    part: TandemPart | None = None,
    after: UUID | None = None,
    limit: int = PEOPLE_MAX,
    lock: bool = False,
) -> list[Person]:
    """Those who have not left, by id; `lock` keeps their places as they are until the transaction ends."""
    query = select(person).where(person.c.programme == programme, person.c.left_on.is_(None))
    if part is not None:
        query = query.where(person.c.part == part)
    if after is not None:
        query = query.where(person.c.id > after)
    query = query.order_by(person.c.id).limit(limit)
    return [_person(row) for row in await tx.execute(query.with_for_update() if lock else query)]


async def busiest(tx: Transaction, programmes: Sequence[Code]) -> Code | None:
    """Of these the programme in which most families wait for a tandem, or else most people work, or else the first."""

    async def counted(column: Column[Code], where: ColumnElement[bool]) -> dict[Code, int]:
        query = select(column.label("code"), func.count().label("number")).where(column.in_(programmes), where)
        return {row.code: row.number for row in await tx.execute(query.group_by(column))}

    waiting = await counted(request.c.programme, request.c.state.in_(OPEN_REQUEST))
    working = await counted(person.c.programme, person.c.left_on.is_(None))
    return max(programmes, key=lambda code: (waiting.get(code, 0), working.get(code, 0)), default=None)


async def teams(tx: Transaction, programme: Code) -> set[Code]:
    """The teams in which somebody of a programme works."""
    query = select(person.c.team).where(person.c.programme == programme, person.c.left_on.is_(None))
    found = (await tx.execute(query.where(person.c.team.is_not(None)).distinct())).scalars()
    return {str(team) for team in found}


async def buddies_by_certificate(tx: Transaction, programme: Code, *, before: date) -> list[Person]:
    """Buddies whose certificate of conduct ends before a day, what ends first on top; who has none comes last."""
    buddies = (person.c.programme == programme) & (person.c.part == TandemPart.BUDDY) & person.c.left_on.is_(None)
    ends = person.c.vog_until.is_(None) | (person.c.vog_until < before)
    query = select(person).where(buddies, ends).order_by(person.c.vog_until.nulls_last(), person.c.id)
    return [_person(row) for row in await tx.execute(query.limit(CERTIFICATES_MAX))]


async def persons(tx: Transaction, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Person]:
    """These people, locked in the order of their ids so that two who lock the same people never wait in a circle."""
    query = select(person).where(person.c.id.in_(ids)).order_by(person.c.id)
    return {row.id: _person(row) for row in await tx.execute(query.with_for_update() if lock else query)}


async def lock_trajectory(tx: Transaction, trajectory_id: UUID) -> None:
    """Taken first (after the people it needs) by whoever changes a trajectory, so that nobody waits in a circle."""
    query = select(request.c.number).where(request.c.trajectory_id == trajectory_id).order_by(request.c.number)
    await tx.execute(query.with_for_update())


async def open_request(tx: Transaction, trajectory_id: UUID) -> Request | None:
    """The request of a family that waits, chooses or tries; None when it asks for nobody."""
    query = select(request).where(request.c.trajectory_id == trajectory_id, request.c.state.in_(OPEN_REQUEST))
    row = (await tx.execute(query)).first()
    return _request(row) if row else None


async def request_of(tx: Transaction, trajectory_id: UUID, number: int) -> Request | None:
    """One request of a family, whatever became of it."""
    query = select(request).where(request.c.trajectory_id == trajectory_id, request.c.number == number)
    row = (await tx.execute(query)).first()
    return _request(row) if row else None


async def waiting_requests(tx: Transaction, programme: Code, *, limit: int) -> list[Request]:
    """The longest waiting first."""
    query = (
        select(request)
        .where(request.c.programme == programme, request.c.state == RequestState.WAITING)
        .order_by(request.c.requested_on, request.c.trajectory_id)
        .limit(limit)
        .with_for_update()
    )
    return [_request(row) for row in await tx.execute(query)]


async def count_waiting(tx: Transaction, programme: Code) -> Waiting:
    counted = select(
        *(
            func.count().filter(request.c.state == state).label(state)
            for state in (RequestState.WAITING, RequestState.PROPOSED, RequestState.TRIAL)
        ),
        func.min(request.c.requested_on).label("longest_since"),
    ).where(request.c.programme == programme, request.c.state.in_(OPEN_REQUEST))
    row = (await tx.execute(counted)).one()
    return Waiting(waiting=row.waiting, proposed=row.proposed, trial=row.trial, longest_since=row.longest_since)


async def proposal_for(tx: Transaction, trajectory_id: UUID) -> Proposal | None:
    """What is on offer to this family now."""
    found = select(proposal).where(proposal.c.trajectory_id == trajectory_id, proposal.c.state == ProposalState.OPEN)
    row = (await tx.execute(found)).first()
    if row is None:
        return None
    on_offer = (
        select(tandem_)
        .where(
            tandem_.c.round_id == row.round_id,
            tandem_.c.trajectory_id == trajectory_id,
            tandem_.c.state == TandemState.PROPOSED,
        )
        .order_by(tandem_.c.rank)
    )
    options = tuple(_tandem(option) for option in await tx.execute(on_offer))
    return Proposal(round_id=row.round_id, trajectory_id=trajectory_id, made_on=row.made_on, options=options)


async def tandem(tx: Transaction, tandem_id: UUID) -> Tandem | None:
    """One tandem, whatever became of it."""
    row = (await tx.execute(select(tandem_).where(tandem_.c.id == tandem_id))).first()
    return _tandem(row) if row else None


async def tandem_of(tx: Transaction, trajectory_id: UUID) -> Tandem | None:
    """The tandem that is on trial or at work for this family."""
    query = select(tandem_).where(tandem_.c.trajectory_id == trajectory_id, tandem_.c.state.in_(AT_WORK))
    row = (await tx.execute(query)).first()
    return _tandem(row) if row else None


async def unanswered(tx: Transaction, programme: Code) -> list[UUID]:
    """The trajectories whose family has not answered what is on offer."""
    query = (
        select(proposal.c.trajectory_id)
        .join(request, (request.c.trajectory_id == proposal.c.trajectory_id) & (request.c.number == proposal.c.number))
        .where(proposal.c.state == ProposalState.OPEN, request.c.programme == programme)
        .order_by(proposal.c.trajectory_id)
    )
    return list((await tx.execute(query)).scalars())


async def was_held_on(tx: Transaction, programme: Code, day: date) -> bool:
    """Whether a programme's round of this day is behind us."""
    query = select(round_.c.id).where(round_.c.programme == programme, round_.c.held_on == day).limit(1)
    return (await tx.execute(query)).first() is not None


async def round_counts(tx: Transaction, round_id: UUID) -> RoundHeld:
    """The counts of a round that was held already."""
    row = (await tx.execute(select(round_).where(round_.c.id == round_id))).one()
    return RoundHeld(waiting=row.waiting, proposed=row.proposed, unmatched=row.unmatched)


async def had_a_tandem(tx: Transaction, trajectory_id: UUID) -> bool:
    """Whether a tandem was confirmed for this trajectory before."""
    query = select(tandem_.c.id).where(tandem_.c.trajectory_id == trajectory_id, tandem_.c.confirmed_on.is_not(None))
    return (await tx.execute(query.limit(1))).first() is not None


async def tandems_with(tx: Transaction, person_id: UUID) -> list[Tandem]:
    """Every tandem with this person that is not over, by trajectory."""
    query = (
        select(tandem_)
        .where(_with(person_id), tandem_.c.state.in_(HOLDING))
        .order_by(tandem_.c.trajectory_id, tandem_.c.rank)
    )
    return [_tandem(row) for row in await tx.execute(query)]


async def loads(
    tx: Transaction, ids: Sequence[UUID], *, states: Sequence[TandemState] = HOLDING, but: UUID | None = None
) -> Load:
    """With how many families (other than trajectory `but`) each person is in a tandem in one of these states."""
    load: Load = dict.fromkeys(ids, 0)
    for column in (tandem_.c.supporter_id, tandem_.c.buddy_id):
        query = (
            select(column.label("person_id"), func.count(tandem_.c.trajectory_id.distinct()).label("families"))
            .where(column.in_(ids), tandem_.c.state.in_(states))
            .group_by(column)
        )
        if but is not None:
            query = query.where(tandem_.c.trajectory_id != but)
        for row in await tx.execute(query):
            load[row.person_id] += row.families
    return load


async def declined_by(tx: Transaction, families: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Whom each of these families would rather not have."""
    found: dict[UUID, set[UUID]] = {}
    for row in await tx.execute(select(declined).where(declined.c.family_id.in_(families))):
        found.setdefault(row.family_id, set()).add(row.person_id)
    return {family: frozenset(people) for family, people in found.items()}


def _with(person_id: UUID) -> ColumnElement[bool]:
    return (tandem_.c.supporter_id == person_id) | (tandem_.c.buddy_id == person_id)
