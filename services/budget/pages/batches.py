"""Payments that leave together: the list, what is in one, and the file for the bank."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.words import in_language
from services.budget import payments_store, store
from services.budget.domain.payment_days import next_batch_day
from services.budget.payments_store import BatchState, PaymentOrder
from services.shared.access import Actor, allowed
from services.shared.permissions import PERMITTED, Permission
from services.shared.problems import Problem
from services.shared.scopes import must_be_in
from services.shared.screens.web import PageOf
from services.shared.types import Cents
from services.shared.web import DatabaseOf, Now

router = APIRouter()


@dataclass(frozen=True)
class PayeeSum:
    """What one account gets out of a batch, in all."""

    name: str
    iban: str
    payments: int
    cents: Cents


Reader = Annotated[Actor, Depends(allowed(Permission.READ_BATCHES))]
Releaser = Annotated[Actor, Depends(allowed(Permission.RELEASE))]


@router.get("/betalingen")
async def list_batches(actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """Of each programme in which somebody works what waits for its next batch, and the newest batches."""
    programmes = []
    async with database.transaction() as tx:
        for code in sorted(actor.programmes):
            funded = await store.funded_programme(tx, code)
            definition = await store.definition(tx, code, funded.version) if funded else None
            if definition is not None:
                queued, cents = await payments_store.waiting_sum(tx, code)
                coming = {"made_on": next_batch_day(definition, now), "payments": queued, "cents": cents}
                programmes.append((definition.name, coming, await payments_store.batches_of(tx, code)))
    waiting = [each for _, _, batches in programmes for each in batches if each.state is BatchState.MADE]
    return page("batches.html", {"programmes": programmes, "waiting": waiting})


@router.get("/betalingen/{batch_id}")
async def show(batch_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        batch = await payments_store.batch_of(tx, batch_id)
        if batch is None:
            raise Problem(404, "not-found")
        must_be_in(actor, Permission.READ_BATCHES, batch.programme)
        funded = await store.funded_programme(tx, batch.programme)
        definition = await store.definition(tx, batch.programme, funded.version) if funded else None
        orders = await payments_store.orders_in(tx, batch_id)
        releasers = await payments_store.releasers_of(tx, batch_id)
    if funded is None or definition is None:
        raise LookupError("a batch without its programme")
    return page(
        "batch.html",
        {
            "batch": batch,
            "programme": definition.name,
            "categories": {each.code: each.name for each in in_language(definition, page.language).categories},
            "debtor": funded,
            "orders": sorted(orders, key=lambda order: (order.payee_name, order.payee_iban, -order.amount_cents)),
            "by_payee": _by_payee(orders),
            "releasers": releasers,
            "stale": batch.state is BatchState.MADE and any(not order.payee_is_current for order in orders),
            "may_release": not actor.roles.isdisjoint(PERMITTED[Permission.RELEASE]),
        },
    )


def _by_payee(orders: Sequence[PaymentOrder]) -> list[PayeeSum]:
    """Most money first."""
    sums: dict[tuple[str, str], PayeeSum] = {}
    for order in orders:
        account = (order.payee_name, order.payee_iban)
        so_far = sums.get(account, PayeeSum(*account, payments=0, cents=0))
        sums[account] = replace(so_far, payments=so_far.payments + 1, cents=so_far.cents + order.amount_cents)
    return sorted(sums.values(), key=lambda each: (-each.cents, each.name))


@router.get("/betalingen/{batch_id}/bestand")
async def download(batch_id: UUID, actor: Releaser, database: DatabaseOf) -> Response:
    """The payment file (pain.001.001.09) of a released batch."""
    async with database.transaction() as tx:
        batch = await payments_store.batch_of(tx, batch_id)
        if batch is None:
            raise Problem(404, "not-found")
        must_be_in(actor, Permission.RELEASE, batch.programme)
        content = await payments_store.file_of(tx, batch_id)
    if content is None:
        raise Problem(404, "not-released")
    disposition = f'attachment; filename="{batch_id}.xml"'
    return Response(content, media_type="application/xml", headers={"Content-Disposition": disposition})
