"""Signing in and out: a session lasts while it is used, until it is ended or its day is over."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, false, func, select, update

from services.desk.colleagues import COLLEAGUES_MAX, colleague, find_colleague, part_from, welcome
from services.desk.commands import Reason
from services.desk.handlers.assignments import give_back
from services.desk.session_store import session
from services.shared.access import Actor
from services.shared.database import Database, Transaction
from services.shared.roles import Role
from services.shared.sessions import Renewal
from services.shared.settings import Settings
from services.shared.types import Code

SESSIONS_OF_ONE_MAX = 20
CLOCKS_DIFFER = timedelta(seconds=30)
KEPT = timedelta(days=90)
"""How long it stays known who was signed in when."""


@dataclass(frozen=True)
class Term:
    """How long a session lasts unused, and at most."""

    idle: timedelta
    whole: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Term":
        return cls(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours))

    def open_at(self, now: datetime) -> ColumnElement[bool]:
        """The condition on `session` that it still lasts."""
        return and_(
            session.c.ended_at.is_(None), session.c.seen_at > now - self.idle, session.c.opened_at > now - self.whole
        )


@dataclass(frozen=True, kw_only=True)
class Known:
    """A colleague, for whoever keeps the door."""

    person: UUID
    name: str
    roles: tuple[Role, ...]
    team: Code | None
    last_here_on: date
    left_on: date | None
    sessions: int


@dataclass(frozen=True, kw_only=True)
class AtProvider:
    """What the provider calls whoever signed in, and its own session of them where it tells; as ids that follow."""

    subject: UUID | None
    session: UUID | None


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    id: UUID
    opened_at: datetime
    seen_at: datetime


async def open_session(
    tx: Transaction,
    actor: Actor,
    session_id: UUID,
    *,
    instead_of: UUID | None = None,
    at_provider: AtProvider | None = None,
    now: datetime,
) -> bool:
    """A new session of somebody who has just shown who they are; False for who does not work here any more.

    `instead_of`: the session that this browser had, which ends. What is known of the colleague is brought up to date.
    """
    gone = select(colleague.c.person).where(colleague.c.person == actor.person, colleague.c.left_on.is_not(None))
    if (await tx.execute(gone)).first() is not None:
        return False
    before = await find_colleague(tx, actor.person)
    await welcome(tx, actor, now=now)
    if before is not None and _place(before) != _place(actor):
        await give_back(tx, actor.person, Reason.ELSEWHERE, now=now, of=())
    if instead_of is not None:
        await end_session(tx, instead_of, by=actor.person, now=now)
    await tx.execute(delete(session).where(session.c.opened_at < now - KEPT))
    known = at_provider or AtProvider(subject=None, session=None)
    await tx.execute(
        session.insert().values(
            id=session_id,
            person=actor.person,
            opened_at=now,
            seen_at=now,
            subject=known.subject,
            provider_session=known.session,
        )
    )
    return True


async def renew_session(tx: Transaction, session_id: UUID, term: Term, *, now: datetime) -> Actor | None:
    """The person of a session as last described, None once it is over. It counts as used, and they as here today."""
    seen = (
        update(session)
        .where(session.c.id == session_id, term.open_at(now))
        .values(seen_at=func.greatest(session.c.seen_at, now))
        .returning(session.c.person)
    )
    person = (await tx.execute(seen)).scalar()
    actor = await find_colleague(tx, person) if person is not None else None
    if actor is None:
        return None
    await welcome(tx, actor, now=now)
    return replace(actor, session=session_id)


def renewal(settings: Settings, database: Database) -> Renewal:
    """What renews sessions in every application of this process."""
    term = Term.of(settings)

    async def renew(session_id: UUID, now: datetime) -> Actor | None:
        async with database.transaction() as tx:
            return await renew_session(tx, session_id, term, now=now)

    return renew


async def end_session(tx: Transaction, session_id: UUID, *, by: UUID, now: datetime) -> None:
    """Signed out; again is fine."""
    ended = update(session).where(session.c.id == session_id, session.c.ended_at.is_(None))
    await tx.execute(ended.values(ended_at=now, ended_by=by))


async def end_sessions_of(tx: Transaction, person: UUID, *, by: UUID, now: datetime) -> int:
    """Signed out everywhere; answers how many sessions ended."""
    ended = update(session).where(session.c.person == person, session.c.ended_at.is_(None))
    return (await tx.execute(ended.values(ended_at=now, ended_by=by))).rowcount


async def end_with_provider(tx: Transaction, gone: AtProvider, *, told_at: datetime, now: datetime) -> int:
    """The provider ended one session, or all of somebody; answers how many ended here.

    Only what began before it told (our clocks differ by CLOCKS_DIFFER at most): the same message again does nothing to
    who signed in since.
    """
    theirs = session.c.subject == gone.subject if gone.subject is not None else false()
    if gone.session is not None:
        # Of a session of which the provider did not tell us its own, only the person is known.
        theirs = (session.c.provider_session == gone.session) | (session.c.provider_session.is_(None) & theirs)
    ended = update(session).where(theirs, session.c.opened_at <= told_at + CLOCKS_DIFFER, session.c.ended_at.is_(None))
    return (await tx.execute(ended.values(ended_at=now, ended_by=session.c.person))).rowcount


async def shut_out(tx: Transaction, person: UUID, *, by: UUID, now: datetime) -> None:
    """Somebody does not work here any more: no door opens, and others may take over their work. Again is fine."""
    await part_from(tx, person, now=now)
    await give_back(tx, person, Reason.LEFT, now=now)
    await end_sessions_of(tx, person, by=by, now=now)


def _place(actor: Actor) -> tuple[object, ...]:
    """What says which work somebody sees."""
    return actor.roles, actor.programmes, actor.areas, actor.team


async def let_in_again(tx: Transaction, person: UUID) -> None:
    """Somebody works here again, and may sign in."""
    await tx.execute(update(colleague).where(colleague.c.person == person).values(left_on=None))


async def sessions_of(tx: Transaction, person: UUID, term: Term, *, now: datetime) -> list[OpenSession]:
    """Where somebody is signed in, the last used first."""
    query = select(session.c.id, session.c.opened_at, session.c.seen_at).where(
        session.c.person == person, term.open_at(now)
    )
    rows = await tx.execute(query.order_by(session.c.seen_at.desc()).limit(SESSIONS_OF_ONE_MAX))
    return [OpenSession(**row) for row in rows.mappings()]


async def known_people(tx: Transaction, term: Term, *, now: datetime) -> list[Known]:
    """Staff by name, those who left last, with how many sessions they have."""
    open_now = select(func.count()).where(session.c.person == colleague.c.person, term.open_at(now))
    query = select(
        colleague.c.person,
        colleague.c.name,
        colleague.c.roles,
        colleague.c.team,
        colleague.c.last_here_on,
        colleague.c.left_on,
        open_now.correlate(colleague).scalar_subquery().label("sessions"),
    )
    ordered = query.order_by(colleague.c.left_on.is_not(None), colleague.c.name, colleague.c.person)
    rows = (await tx.execute(ordered.limit(COLLEAGUES_MAX))).mappings()
    return [Known(**{**row, "roles": tuple(Role(role) for role in row["roles"])}) for row in rows]
