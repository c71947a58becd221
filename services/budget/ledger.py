"""The ledger in TigerBeetle's words; balances change only inside the database's own `post_transfers`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import CursorResult, Executable, select, text

from services.budget.tables import account
from services.shared.types import Cents, Code, stable_id

LINKED_MAXIMUM = 100
"""So many transfers are posted together at most."""


class Ledger(StrEnum):
    """`budget` is what may still be spent; `funding` is who bears what was spent."""

    BUDGET = "budget"
    FUNDING = "funding"


class AccountCode(StrEnum):
    """What an account is for; `grant` and `funder` are the world outside, all others never go below zero."""

    GRANT = "grant"
    POOL = "pool"
    COSTS = "costs"
    ENVELOPE = "envelope"
    SPENT = "spent"
    FUNDER = "funder"
    SOURCE = "source"
    CHARGED = "charged"

    @property
    def ledger(self) -> Ledger:
        funding = (AccountCode.FUNDER, AccountCode.SOURCE, AccountCode.CHARGED)
        return Ledger.FUNDING if self in funding else Ledger.BUDGET


class Kind(StrEnum):
    POSTED = "posted"
    PENDING = "pending"
    POST_PENDING = "post-pending"
    VOID_PENDING = "void-pending"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account: `owner` is a trajectory, a source, or the programme itself."""

    programme: Code
    code: AccountCode
    owner: UUID

    @property
    def id(self) -> UUID:
        return stable_id("account", self.programme, self.code, self.owner)


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """An amount from one account to another; the same id again changes nothing."""

    id: UUID
    debit: Account
    credit: Account
    amount_cents: Cents
    code: Code
    kind: Kind = Kind.POSTED
    pending_id: UUID | None = None
    category: Code | None = None
    request_id: UUID | None = None
    payment_id: UUID | None = None

    def row(self, at: datetime) -> dict[str, object]:
        return {
            "id": str(self.id),
            "programme": self.debit.programme,
            "ledger": self.debit.code.ledger,
            "debit_account": str(self.debit.id),
            "credit_account": str(self.credit.id),
            "amount_cents": self.amount_cents,
            "kind": self.kind,
            "pending_id": str(self.pending_id) if self.pending_id else None,
            "code": self.code,
            "category": self.category,
            "request_id": str(self.request_id) if self.request_id else None,
            "payment_id": str(self.payment_id) if self.payment_id else None,
            "at": at.isoformat(),
        }


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What was put in, what has left for good, and what is set apart; in cents."""

    put_in_cents: Cents
    spent_cents: Cents
    set_apart_cents: Cents

    @property
    def net_cents(self) -> Cents:
        return self.put_in_cents - self.spent_cents

    @property
    def free_cents(self) -> Cents:
        return self.net_cents - self.set_apart_cents


NO_BALANCE = Balance(put_in_cents=0, spent_cents=0, set_apart_cents=0)


class Reads(Protocol):
    """A transaction of ours or a plain connection: whatever runs a statement."""

    async def execute(self, statement: Executable, /) -> CursorResult[Any]: ...


def programme_id(programme: Code) -> UUID:
    """The opaque id of a programme: subject of its events, owner of its accounts."""
    return stable_id("programme", programme)


def own(programme: Code, code: AccountCode) -> Account:
    """An account of the programme itself."""
    return Account(programme=programme, code=code, owner=programme_id(programme))


def envelope_account(programme: Code, trajectory_id: UUID) -> Account:
    return Account(programme=programme, code=AccountCode.ENVELOPE, owner=trajectory_id)


async def open_accounts(tx: Reads, accounts: Sequence[Account]) -> None:
    """Open what is not open yet."""
    rows = [
        {"id": str(each.id), "programme": each.programme, "code": each.code, "owner": str(each.owner)}
        for each in accounts
    ]
    await tx.execute(text("SELECT budget.open_accounts(CAST(:rows AS jsonb))").bindparams(rows=json.dumps(rows)))


async def post(tx: Reads, transfers: Sequence[Transfer], *, now: datetime) -> None:
    """Post linked transfers: all of them or none.

    The database raises KL001 when an account would pass its bound, KL002 when an id stands there with another content,
    KL003 when a pending transfer does not exist or was resolved. Handlers decide first, so an error here is a bug.
    """
    if len(transfers) > LINKED_MAXIMUM:
        raise ValueError(f"{len(transfers)} linked transfers, at most {LINKED_MAXIMUM}")
    rows = json.dumps([each.row(now) for each in transfers])
    await tx.execute(text("SELECT budget.post_transfers(CAST(:rows AS jsonb))").bindparams(rows=rows))


async def balance(tx: Reads, of: Account) -> Balance:
    """How an account stands, seen from what was put in; zeros for one that is not open."""
    return (await balances(tx, [of])).get(of.id, NO_BALANCE)


async def balances(tx: Reads, accounts: Sequence[Account]) -> dict[UUID, Balance]:
    """How several accounts stand, by account id."""
    columns = (account.c.id, account.c.credits_posted, account.c.debits_posted, account.c.debits_pending)
    rows = await tx.execute(select(*columns).where(account.c.id.in_([each.id for each in accounts])))
    return {
        row["id"]: Balance(
            put_in_cents=row["credits_posted"],
            spent_cents=row["debits_posted"],
            set_apart_cents=row["debits_pending"],
        )
        for row in rows.mappings()
    }
