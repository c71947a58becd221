"""Rows of programmes, envelopes, payees and requests as values; payments stand in `payments_store`."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Executable, RowMapping, select, tuple_

from programmes.schema import Programme
from services.budget.commands import AskedFor
from services.budget.domain.requests import RequestState
from services.budget.ledger import Reads
from services.budget.tables import (
    decider,
    envelope,
    line_payee,
    metadata,
    motive,
    payee,
    payee_version,
    programme,
    programme_version,
    request,
    source,
    tables,
)
from services.shared.types import Cents, Code, Digest

__all__ = ["metadata", "tables"]

DEFINITIONS_KEPT = 64
REQUESTS_LISTED_MAX = 500
PAYEES_LISTED_MAX = 1_000


@dataclass(frozen=True, kw_only=True)
class FundedProgramme:
    """A programme that has money, under the version that was funded last."""

    id: Code
    version: int
    executor_payee_id: UUID
    debtor_name: str
    debtor_iban: str


@dataclass(frozen=True, kw_only=True)
class Source:
    id: UUID
    code: Code
    share_weight: int


@dataclass(frozen=True, kw_only=True)
class Envelope:
    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    amount_cents: Cents
    opened_at: datetime
    closed_at: datetime | None
    close_reason: Code | None
    returned_cents: Cents | None


@dataclass(frozen=True, kw_only=True)
class Payee:
    """An organisation as it stands today."""

    payee_id: UUID
    version: int
    name: str
    iban: str
    town: str
    country: str


@dataclass(frozen=True, kw_only=True)
class Request:
    id: UUID
    trajectory_id: UUID
    programme: Code
    category: Code
    amount_cents: Cents
    urgent: bool
    payee_id: UUID
    payee_version: int
    asked_by: UUID
    submitted_at: datetime
    state: RequestState
    reason: Code | None
    digest: Digest | None
    decided_at: datetime | None


async def first(tx: Reads, statement: Executable) -> RowMapping | None:
    """The first row, by column name."""
    return (await tx.execute(statement)).mappings().first()


async def lock_programme(tx: Reads, programme_code: Code) -> FundedProgramme | None:
    """Take the programme's money in hand until this transaction ends; None when it was never funded.

    Everything that moves money of a programme does this first, so that what a handler decides on stays true until it
    commits, and no two handlers wait for each other in a ring. The ledger's own bounds hold without it.
    """
    row = await first(tx, select(programme).where(programme.c.id == programme_code).with_for_update())
    return FundedProgramme(**row) if row else None


async def lock_all_programmes(tx: Reads) -> list[Code]:
    """Take the money of every programme in hand, in the order of their codes."""
    rows = await tx.execute(select(programme.c.id).order_by(programme.c.id).with_for_update())
    return [row[0] for row in rows]


async def funded_programme(tx: Reads, programme_code: Code) -> FundedProgramme | None:
    row = await first(tx, select(programme).where(programme.c.id == programme_code))
    return FundedProgramme(**row) if row else None


@lru_cache(maxsize=DEFINITIONS_KEPT)
def _parsed(definition: str) -> Programme:
    return Programme.model_validate_json(definition)


_texts: dict[str, str] = {}


async def definition(tx: Reads, programme_code: Code, version: int) -> Programme | None:
    """A version of a programme as it was funded; a version never changes, so its text is read once a process."""
    mine = (programme_version.c.programme == programme_code) & (programme_version.c.version == version)
    found = (await tx.execute(select(programme_version.c.definition_hash).where(mine))).scalar_one_or_none()
    if found is None:
        return None
    if found not in _texts:
        if len(_texts) >= DEFINITIONS_KEPT:
            _texts.clear()
        _texts[found] = (await tx.execute(select(programme_version.c.definition).where(mine))).scalar_one()
    return _parsed(_texts[found])


async def sources(tx: Reads, programme_code: Code) -> list[Source]:
    """The sources of a programme by code."""
    columns = (source.c.id, source.c.code, source.c.share_weight)
    rows = await tx.execute(select(*columns).where(source.c.programme == programme_code).order_by(source.c.code))
    return [Source(**row) for row in rows.mappings()]


async def line_payees(tx: Reads, programme_code: Code) -> dict[Code, UUID]:
    """Budget lines that are paid to another than the programme's executor."""
    rows = await tx.execute(
        select(line_payee.c.line, line_payee.c.payee_id).where(line_payee.c.programme == programme_code)
    )
    return {row["line"]: row["payee_id"] for row in rows.mappings()}


async def envelope_of(tx: Reads, trajectory_id: UUID) -> Envelope | None:
    row = await first(tx, select(envelope).where(envelope.c.trajectory_id == trajectory_id))
    return Envelope(**row) if row else None


_PAYEE_COLUMNS = tuple(payee_version.c[each.name] for each in fields(Payee))


async def payee_today(tx: Reads, payee_id: UUID) -> Payee | None:
    """A payee in its newest version."""
    current = (payee.c.id == payee_version.c.payee_id) & (payee.c.version == payee_version.c.version)
    row = await first(tx, select(*_PAYEE_COLUMNS).join(payee, current).where(payee.c.id == payee_id))
    return Payee(**row) if row else None


async def payee_at(tx: Reads, payee_id: UUID, version: int) -> Payee | None:
    """A payee as it stood in one version."""
    mine = (payee_version.c.payee_id == payee_id) & (payee_version.c.version == version)
    row = await first(tx, select(*_PAYEE_COLUMNS).where(mine))
    return Payee(**row) if row else None


async def payees_at(tx: Reads, versions: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Payee]:
    """Payees as they stood in these versions."""
    one = tuple_(payee_version.c.payee_id, payee_version.c.version)
    rows = await tx.execute(select(*_PAYEE_COLUMNS).where(one.in_(versions)))
    return {(row["payee_id"], row["version"]): Payee(**row) for row in rows.mappings()}


async def payees_today(tx: Reads) -> list[Payee]:
    """Every payee in its newest version by name, at most PAYEES_LISTED_MAX."""
    current = (payee.c.id == payee_version.c.payee_id) & (payee.c.version == payee_version.c.version)
    rows = await tx.execute(
        select(*_PAYEE_COLUMNS)
        .join(payee, current)
        .order_by(payee_version.c.name, payee_version.c.payee_id)
        .limit(PAYEES_LISTED_MAX)
    )
    return [Payee(**row) for row in rows.mappings()]


async def request_of(tx: Reads, request_id: UUID) -> Request | None:
    row = await first(tx, select(request).where(request.c.id == request_id))
    return Request(**{**row, "state": RequestState(row["state"])}) if row else None


async def motive_of(tx: Reads, request_id: UUID) -> AskedFor | None:
    """What a request is for; None for one that did not say."""
    row = await first(tx, select(motive).where(motive.c.request_id == request_id))
    if row is None:
        return None
    return AskedFor.model_validate({name: row[name] for name in AskedFor.model_fields})


async def open_requests(tx: Reads, trajectory_id: UUID) -> list[Request]:
    """A family's requests that wait for a decision, oldest first."""
    mine = (request.c.trajectory_id == trajectory_id) & request.c.decided_at.is_(None)
    rows = await tx.execute(select(request).where(mine).order_by(request.c.submitted_at, request.c.id))
    return [Request(**{**row, "state": RequestState(row["state"])}) for row in rows.mappings()]


async def requests_of(tx: Reads, trajectory_id: UUID) -> list[Request]:
    """A family's newest requests, at most REQUESTS_LISTED_MAX."""
    newest = (
        select(request)
        .where(request.c.trajectory_id == trajectory_id)
        .order_by(request.c.submitted_at.desc(), request.c.id)
        .limit(REQUESTS_LISTED_MAX)
    )
    rows = await tx.execute(newest)
    return [Request(**{**row, "state": RequestState(row["state"])}) for row in rows.mappings()]


async def deciders_of(tx: Reads, request_ids: list[UUID]) -> list[UUID]:
    """Who decided on these requests, each person once."""
    rows = await tx.execute(
        select(decider.c.person).where(decider.c.request_id.in_(request_ids)).distinct().order_by(decider.c.person)
    )
    return [row[0] for row in rows]
