"""Payments leave together: a batch is made, released by people who asked and decided nothing in it, and written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, update

from programmes.rules import instalments
from programmes.schema import Programme
from services.budget import payments_store as payments
from services.budget import store
from services.budget.contracts import BatchMade, CancelBatch, Done, MakeBatch, ReleaseBatch
from services.budget.domain.digests import SeenPayment, batch_digest
from services.budget.events import ApprovalAbout, ApprovalAsked, Mandate, PaymentBatchMade, PaymentBatchReleased
from services.budget.ledger import AccountCode, Kind, Transfer, own, post
from services.budget.payment_file import PAYMENTS_MAX, Creditor, Order, payment_file
from services.budget.payments_store import Batch, BatchState, PaymentOrder, PaymentState
from services.budget.store import FundedProgramme
from services.budget.tables import batch, batch_payment, payment, releaser
from services.budget.tables import payment_file as payment_files
from services.shared.calendar import local_date, next_working_day
from services.shared.database import Transaction
from services.shared.roles import Role
from services.shared.types import Code, Digest, stable_id

RELEASERS = 2
"""So many different people release a batch, none of whom asked or decided anything in it."""
LINE_ATTEMPTS_MAX = 3
"""An instalment that bounced so often waits for a person to look at its payee."""


async def make_batch(tx: Transaction, command: MakeBatch, *, now: datetime) -> BatchMade:
    """Gather what waits and the budget lines that fell due, at most `limit`; nothing to pay: no batch.

    The same number again gives the same batch while it can still be released, and nothing after that.
    """
    funded = await store.lock_programme(tx, command.programme)
    definition = await store.definition(tx, command.programme, command.programme_version)
    if funded is None or definition is None:
        return BatchMade()
    batch_id = stable_id("batch", command.programme, command.number)
    known = await payments.batch_of(tx, batch_id)
    if known is not None:
        if known.state is not BatchState.MADE:
            return BatchMade()
        return BatchMade(batch_id=batch_id, payments=known.payments)

    limit = min(command.limit, PAYMENTS_MAX)
    chosen = await payments.waiting_for_batch(tx, command.programme, limit)
    chosen += await _instalments_due(tx, funded, definition, limit - len(chosen), now=now)
    if not chosen:
        return BatchMade()
    orders = await payments.orders(tx, chosen)
    made = Batch(
        id=batch_id,
        programme=command.programme,
        number=command.number,
        state=BatchState.MADE,
        digest=_digest(orders, funded),
        payments=len(orders),
        total_cents=sum(order.amount_cents for order in orders),
        made_at=now,
        released_at=None,
    )
    await tx.execute(insert(batch).values(**vars(made)))
    await tx.execute(
        insert(batch_payment), [{"batch_id": batch_id, "payment_id": each, "live": True} for each in chosen]
    )
    await tx.publish(
        PaymentBatchMade(
            batch_id=batch_id,
            programme=made.programme,
            payments=made.payments,
            total_cents=made.total_cents,
        ),
        now=now,
    )
    await tx.publish(
        ApprovalAsked(
            subject_id=batch_id,
            about=ApprovalAbout.BATCH,
            programme=made.programme,
            family_id=None,
            mandate=await _release_mandate(tx, definition, made),
        ),
        now=now,
    )
    return BatchMade(batch_id=batch_id, payments=made.payments)


async def release_batch(tx: Transaction, command: ReleaseBatch, *, now: datetime) -> Done:
    """Write the payment file and mark its payments as sent, once.

    Releasers and what they saw are checked again; where that does not hold the batch is cancelled, and its payments
    wait for the next one.
    """
    found = await _locked(tx, command.batch_id)
    if found is None or found[1].state is not BatchState.MADE:
        return Done(changed=False)
    funded, made = found
    chosen = await payments.live_payments(tx, made.id)
    orders = await payments.orders(tx, chosen)
    excluded = await _people_in(tx, orders)
    people = tuple(dict.fromkeys(command.releasers))
    holds = (
        len(people) == len(command.releasers) >= RELEASERS
        and not excluded.intersection(people)
        and command.digest == made.digest == _digest(orders, funded)
        and all(order.payee_is_current for order in orders)
    )
    if not holds:
        await _cancel(tx, made.id)
        return Done(changed=False)

    content = payment_file(
        [_order(order) for order in orders],
        message=made.id,
        debtor_name=funded.debtor_name,
        debtor_iban=funded.debtor_iban,
        execute_on=next_working_day(local_date(now) + timedelta(days=1)),
        at=now,
    )
    await tx.execute(
        insert(payment_files).values(
            batch_id=made.id, content=content, payments=made.payments, total_cents=made.total_cents, created_at=now
        )
    )
    await tx.execute(
        update(payment).where(payment.c.id.in_(chosen)).values(state=PaymentState.RELEASED, released_at=now)
    )
    await tx.execute(update(batch).where(batch.c.id == made.id).values(state=BatchState.RELEASED, released_at=now))
    await tx.execute(insert(releaser), [{"batch_id": made.id, "person": person} for person in people])
    await tx.publish(PaymentBatchReleased(batch_id=made.id, programme=made.programme, releasers=people), now=now)
    return Done(changed=True)


async def cancel_batch(tx: Transaction, command: CancelBatch) -> Done:
    """Take a batch apart that was not released; its payments wait for the next one."""
    found = await _locked(tx, command.batch_id)
    if found is None or found[1].state is not BatchState.MADE:
        return Done(changed=False)
    await _cancel(tx, command.batch_id)
    return Done(changed=True)


async def _cancel(tx: Transaction, batch_id: UUID) -> None:
    await tx.execute(update(batch_payment).where(batch_payment.c.batch_id == batch_id).values(live=False))
    await tx.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.CANCELLED))


async def _locked(tx: Transaction, batch_id: UUID) -> tuple[FundedProgramme, Batch] | None:
    found = await payments.batch_of(tx, batch_id)
    funded = await store.lock_programme(tx, found.programme) if found else None
    found = await payments.batch_of(tx, batch_id)
    return (funded, found) if funded and found else None


async def _instalments_due(
    tx: Transaction, funded: FundedProgramme, definition: Programme, limit: int, *, now: datetime
) -> list[UUID]:
    """Payments of the programme's own lines, made when they fall due from the money that was set aside for them."""
    tried = await payments.line_attempts(tx, definition.id)
    payees = await store.line_payees(tx, definition.id)
    today = local_date(now)
    rows: list[dict[str, object]] = []
    for part in instalments(definition):
        attempts, alive = tried.get((part.line, part.due), (0, False))
        if len(rows) >= limit or part.due > today:
            break
        if alive or attempts >= LINE_ATTEMPTS_MAX or part.amount_cents == 0:
            continue
        payee = await store.payee_today(tx, payees.get(part.line, funded.executor_payee_id))
        if payee is None:
            raise LookupError("a budget line without its payee")
        payment_id = stable_id("line", definition.id, part.line, part.due.isoformat(), attempts + 1)
        rows.append(
            {
                "id": payment_id,
                "programme": definition.id,
                "category": part.category,
                "amount_cents": part.amount_cents,
                "line": part.line,
                "due_on": part.due,
                "attempt": attempts + 1,
                "payee_id": payee.payee_id,
                "payee_version": payee.version,
                "end_to_end_id": payment_id.hex,
                "reservation_id": stable_id("reserve", payment_id),
                "state": PaymentState.WAITING,
                "created_at": now,
            }
        )
    for row in rows:
        await post(tx, [_set_apart(row, definition.id)], now=now)
    if rows:
        await tx.execute(insert(payment), rows)
    return [UUID(str(row["id"])) for row in rows]


def _set_apart(row: dict[str, object], programme: Code) -> Transfer:
    return Transfer(
        id=UUID(str(row["reservation_id"])),
        debit=own(programme, AccountCode.COSTS),
        credit=own(programme, AccountCode.SPENT),
        amount_cents=int(str(row["amount_cents"])),
        code="reserve",
        kind=Kind.PENDING,
        category=str(row["category"]),
        payment_id=UUID(str(row["id"])),
    )


async def _release_mandate(tx: Transaction, definition: Programme, made: Batch) -> Mandate:
    orders = await payments.orders(tx, await payments.live_payments(tx, made.id))
    approval = definition.approval
    return Mandate(
        roles=(Role.PAYMENT_RELEASER,),
        deciders=RELEASERS,
        excluded=tuple(sorted(await _people_in(tx, orders))),
        digest=made.digest,
        remind_after_working_days=approval.reminder_working_days,
        escalate_after_working_days=approval.escalation_working_days,
        escalate_to=Role(approval.escalation_role),
        lapse_after_weeks=approval.decide_weeks,
    )


async def _people_in(tx: Transaction, orders: Sequence[PaymentOrder]) -> set[UUID]:
    """Whoever asked or decided something in it."""
    askers = {order.asked_by for order in orders if order.asked_by is not None}
    deciders = await store.deciders_of(tx, [order.request_id for order in orders if order.request_id is not None])
    return askers.union(deciders)


def _digest(orders: Sequence[PaymentOrder], funded: FundedProgramme) -> Digest:
    seen = (
        SeenPayment(
            payment_id=order.payment_id,
            amount_cents=order.amount_cents,
            payee_name=order.payee_name,
            payee_iban=order.payee_iban,
        )
        for order in orders
    )
    return batch_digest(seen, debtor_iban=funded.debtor_iban)


def _order(order: PaymentOrder) -> Order:
    creditor = Creditor(
        name=order.payee_name, iban=order.payee_iban, town=order.payee_town, country=order.payee_country
    )
    return Order(
        end_to_end_id=order.end_to_end_id,
        amount_cents=order.amount_cents,
        creditor=creditor,
        description=f"{order.category} {order.end_to_end_id}",
    )
