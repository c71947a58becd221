"""An organisation that can be paid; whatever was decided about another account number does not count any more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.budget import store
from services.budget.commands import RegisterPayee
from services.budget.handlers.bank import give_back
from services.budget.payments_store import unreleased_to
from services.budget.tables import payee, payee_version
from services.shared.database import Transaction

PAYEE_CHANGED = "payee-changed"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """`version` is the payee's newest; `changed` is false when it stood there already."""

    payee_id: UUID
    version: int
    changed: bool


async def register_payee(tx: Transaction, command: RegisterPayee, *, by: UUID, now: datetime) -> Registered:
    """Register an organisation, or a new version of it.

    A new version undoes what was decided about the old one and has not left for the bank: open decisions see another
    digest, and approved payments go back to where their money came from, to be asked again.
    """
    # No programme can pay while a payee changes, so that nothing slips through under the old version.
    await store.lock_all_programmes(tx)
    row = upsert(payee).values(id=command.payee_id, version=0).on_conflict_do_nothing()
    await tx.execute(row)
    await store.first(tx, payee.select().where(payee.c.id == command.payee_id).with_for_update())
    known = await store.payee_today(tx, command.payee_id)
    wanted = (command.name, command.iban, command.town, command.country)
    if known is not None and (known.name, known.iban, known.town, known.country) == wanted:
        return Registered(payee_id=known.payee_id, version=known.version, changed=False)

    version = known.version + 1 if known else 1
    await tx.execute(
        insert(payee_version).values(
            payee_id=command.payee_id,
            version=version,
            name=command.name,
            iban=command.iban,
            town=command.town,
            country=command.country,
            registered_by=by,
            registered_at=now,
        )
    )
    await tx.execute(update(payee).where(payee.c.id == command.payee_id).values(version=version))
    for waiting in await unreleased_to(tx, command.payee_id):
        await give_back(tx, waiting, PAYEE_CHANGED, now=now)
    return Registered(payee_id=command.payee_id, version=version, changed=True)
