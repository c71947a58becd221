"""A programme gets its money: grants from its sources, and its own costs set beside what families may spend."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from programmes.load import content_hash, load
from programmes.problems import ProgrammeError
from programmes.rules import shares
from programmes.schema import Programme
from services.budget import store
from services.budget.commands import FundProgramme
from services.budget.events import ProgrammeFunded
from services.budget.ledger import Account, AccountCode, Transfer, balance, open_accounts, own, post, programme_id
from services.budget.tables import line_payee, programme, programme_version, source
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Cents, Code, stable_id


@dataclass(frozen=True, kw_only=True)
class Funded:
    """`changed` is false when this version had its money already."""

    programme_id: UUID
    total_cents: Cents
    changed: bool


async def fund_programme(tx: Transaction, command: FundProgramme, *, now: datetime) -> Funded | Refused:
    """Give a programme the money of one of its versions, once; a later version adds what it grants more.

    Refused: programme-unknown, payee-unknown, line-unknown, version-older, shares-changed, funding-reduced, pool-short.
    """
    try:
        definition = load(command.programme, command.version)
    except ProgrammeError:
        return Refused("programme-unknown")
    subject = programme_id(definition.id)
    answer = Funded(programme_id=subject, total_cents=definition.funding.total_cents, changed=True)
    lines = {line.code for line in definition.budget_lines}
    if not set(command.line_payees) <= lines:
        return Refused("line-unknown", tuple(sorted(set(command.line_payees) - lines)))
    for payee_id in {command.executor_payee_id, *command.line_payees.values()}:
        if await store.payee_today(tx, payee_id) is None:
            return Refused("payee-unknown")

    await _insert_programme(tx, command)
    latest = await store.lock_programme(tx, definition.id)
    if latest is None:
        raise LookupError("the programme was inserted and is not there")
    if await store.definition(tx, definition.id, definition.version) is not None:
        return Funded(programme_id=answer.programme_id, total_cents=answer.total_cents, changed=False)
    if latest.version > definition.version:
        return Refused("version-older")
    known = await store.sources(tx, definition.id)
    if known and {each.code: each.share_weight for each in known} != shares(definition):
        return Refused("shares-changed")
    transfers = await _transfers(tx, definition, await store.definition(tx, definition.id, latest.version))
    if isinstance(transfers, Refused):
        return transfers

    await _keep(tx, command, definition, now=now)
    await open_accounts(tx, _accounts(definition))
    await post(tx, transfers, now=now)
    await tx.publish(
        ProgrammeFunded(
            programme_id=answer.programme_id,
            programme=definition.id,
            programme_version=definition.version,
            sources={each.code: each.amount_cents for each in definition.funding.sources},
            starts_on=definition.period.start,
            ends_on=definition.period.reported_until(local_date(now)),
        ),
        now=now,
    )
    return answer


def source_id(programme_code: Code, source_code: Code) -> UUID:
    """The opaque id of a programme's source: owner of its accounts."""
    return stable_id("source", programme_code, source_code)


def _accounts(definition: Programme) -> list[Account]:
    programme_accounts = [AccountCode.GRANT, AccountCode.POOL, AccountCode.COSTS, AccountCode.SPENT]
    source_accounts = [AccountCode.FUNDER, AccountCode.SOURCE, AccountCode.CHARGED]
    return [own(definition.id, code) for code in programme_accounts] + [
        _of_source(definition.id, code, each.code) for each in definition.funding.sources for code in source_accounts
    ]


def _of_source(programme_code: Code, code: AccountCode, source_code: Code) -> Account:
    return Account(programme=programme_code, code=code, owner=source_id(programme_code, source_code))


async def _transfers(tx: Transaction, definition: Programme, before: Programme | None) -> list[Transfer] | Refused:
    """What this version grants more than the one before it; the first one: everything."""
    had = {each.code: each.amount_cents for each in before.funding.sources} if before else {}
    had_costs = sum(line.amount_cents for line in before.budget_lines) if before else 0
    more = {each.code: each.amount_cents - had.get(each.code, 0) for each in definition.funding.sources}
    more_costs = sum(line.amount_cents for line in definition.budget_lines) - had_costs
    pool = own(definition.id, AccountCode.POOL)
    if min(*more.values(), more_costs) < 0:
        return Refused("funding-reduced")
    if more_costs > sum(more.values()) + (await balance(tx, pool)).free_cents:
        return Refused("pool-short")

    def move(name: str, debit: Account, credit: Account, amount_cents: Cents) -> Transfer:
        transfer_id = stable_id(name, definition.id, definition.version, credit.owner)
        return Transfer(id=transfer_id, debit=debit, credit=credit, amount_cents=amount_cents, code=name)

    wanted = [
        move("grant", replace(granted, code=AccountCode.FUNDER), granted, more[each])
        for each in more
        for granted in (
            Account(programme=definition.id, code=AccountCode.SOURCE, owner=source_id(definition.id, each)),
        )
    ]
    wanted.append(move("allot", own(definition.id, AccountCode.GRANT), pool, sum(more.values())))
    wanted.append(move("set-aside", pool, own(definition.id, AccountCode.COSTS), more_costs))
    return [each for each in wanted if each.amount_cents > 0]


async def _insert_programme(tx: Transaction, command: FundProgramme) -> None:
    """A row to lock; where it stands already, nothing changes."""
    row = upsert(programme).values(
        id=command.programme,
        version=command.version,
        executor_payee_id=command.executor_payee_id,
        debtor_name=command.debtor.name,
        debtor_iban=command.debtor.iban,
    )
    await tx.execute(row.on_conflict_do_nothing())


async def _keep(tx: Transaction, command: FundProgramme, definition: Programme, *, now: datetime) -> None:
    """Keep the definition with the money: its mandates and shares bind whatever becomes of the file."""
    await tx.execute(
        update(programme)
        .where(programme.c.id == definition.id)
        .values(
            version=definition.version,
            executor_payee_id=command.executor_payee_id,
            debtor_name=command.debtor.name,
            debtor_iban=command.debtor.iban,
        )
    )
    await tx.execute(
        insert(programme_version).values(
            programme=definition.id,
            version=definition.version,
            definition=definition.model_dump_json(by_alias=True),
            definition_hash=content_hash(definition),
            funded_at=now,
        )
    )
    for each in definition.funding.sources:
        row = upsert(source).values(
            programme=definition.id,
            code=each.code,
            share_weight=each.share_weight,
            id=source_id(definition.id, each.code),
        )
        await tx.execute(row.on_conflict_do_nothing())
    for line, payee_id in sorted(command.line_payees.items()):
        row = upsert(line_payee).values(programme=definition.id, line=line, payee_id=payee_id)
        await tx.execute(row.on_conflict_do_update(index_elements=["programme", "line"], set_={"payee_id": payee_id}))
