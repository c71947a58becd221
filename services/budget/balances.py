"""How a programme's money stands: balances and the trial balance, read from the ledger."""

from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select

from services.budget import store
from services.budget.answers import (
    BalanceAnswer,
    EnvelopeAnswer,
    ProgrammeBalance,
    SourceBalance,
    TrialBalance,
    TrialLine,
)
from services.budget.ledger import Account, AccountCode, Reads, balance, balances, envelope_account, own
from services.budget.store import Envelope
from services.budget.tables import account, transfer
from services.shared.types import Cents, Code


async def programme_balance(tx: Reads, programme: Code) -> ProgrammeBalance | None:
    """None for a programme that was never funded. For families, what their envelopes hold is set apart."""
    funded = await store.funded_programme(tx, programme)
    definition = await store.definition(tx, programme, funded.version) if funded else None
    if funded is None or definition is None:
        return None
    known = await store.sources(tx, programme)
    pool, costs, spent = (own(programme, code) for code in (AccountCode.POOL, AccountCode.COSTS, AccountCode.SPENT))
    charged = {each.code: Account(programme=programme, code=AccountCode.CHARGED, owner=each.id) for each in known}
    held = await balances(tx, [pool, costs, spent, *charged.values()])

    spent_cents = held[spent.id].net_cents
    for_costs = sum(line.amount_cents for line in definition.budget_lines)
    spent_on_costs = for_costs - held[costs.id].net_cents
    for_families = definition.funding.total_cents - for_costs
    granted = {each.code: each.amount_cents for each in definition.funding.sources}
    return ProgrammeBalance(
        programme=programme,
        version=funded.version,
        families=_balance(for_families, spent_cents - spent_on_costs, held[pool.id].free_cents),
        costs=_balance(for_costs, spent_on_costs, held[costs.id].free_cents),
        spent_cents=spent_cents,
        sources=tuple(
            SourceBalance(
                code=each.code,
                share_weight=each.share_weight,
                granted_cents=granted[each.code],
                charged_cents=held[charged[each.code].id].net_cents,
            )
            for each in known
        ),
    )


async def envelope_balance(tx: Reads, trajectory_id: UUID) -> EnvelopeAnswer | None:
    """None for a family without an envelope. What went back to the programme counts as neither spent nor free."""
    found = await store.envelope_of(tx, trajectory_id)
    if found is None:
        return None
    held = await balance(tx, envelope_account(found.programme, trajectory_id))
    still_its_own = found.amount_cents if found.closed_at is None else await _kept(tx, found)
    return EnvelopeAnswer(
        trajectory_id=trajectory_id,
        programme=found.programme,
        programme_version=found.programme_version,
        amount_cents=found.amount_cents,
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        balance=_balance(still_its_own, still_its_own - held.net_cents, held.free_cents),
    )


async def _kept(tx: Reads, closed: Envelope) -> Cents:
    """What a closed envelope had, less all that went back to the pool, also after it closed."""
    back = select(func.coalesce(func.sum(transfer.c.amount_cents), 0)).where(
        transfer.c.code == "return",
        transfer.c.debit_account == envelope_account(closed.programme, closed.trajectory_id).id,
    )
    return closed.amount_cents - int((await tx.execute(back)).scalar_one())


def _balance(total_cents: Cents, spent_cents: Cents, free_cents: Cents) -> BalanceAnswer:
    return BalanceAnswer(
        total_cents=total_cents,
        spent_cents=spent_cents,
        set_apart_cents=total_cents - spent_cents - free_cents,
        free_cents=free_cents,
    )


async def trial_balance(tx: Reads, programme: Code) -> TrialBalance:
    """Every kind of account of a programme, with all its debits and credits."""
    counted = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
    rows = await tx.execute(
        select(
            account.c.ledger,
            account.c.code.label("account"),
            *(cast(func.sum(account.c[name]), BigInteger).label(f"{name}_cents") for name in counted),
        )
        .where(account.c.programme == programme)
        .group_by(account.c.ledger, account.c.code)
        .order_by(account.c.ledger, account.c.code)
    )
    lines = tuple(TrialLine(**row) for row in rows.mappings())
    balanced = all(
        sum(each.debits_pending_cents for each in mine) == sum(each.credits_pending_cents for each in mine)
        and sum(each.debits_posted_cents for each in mine) == sum(each.credits_posted_cents for each in mine)
        for ledger in {each.ledger for each in lines}
        for mine in ([each for each in lines if each.ledger == ledger],)
    )
    return TrialBalance(programme=programme, balanced=balanced, lines=lines)
