"""Budget over HTTP: funding, payees, requests, batches, the bank's answers, and how the money stands."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.budget import handlers, payments_store, store
from services.budget.answers import (
    AwaitingAnswer,
    AwaitingList,
    BatchAnswer,
    BatchList,
    Changed,
    EnvelopeAnswer,
    PayeeAnswer,
    PayeeList,
    ProgrammeBalance,
    RequestAnswer,
    RequestDetail,
    RequestList,
    RequestSubmitted,
    TrialBalance,
)
from services.budget.balances import envelope_balance, programme_balance, trial_balance
from services.budget.commands import (
    TEST_DEBTOR,
    BouncePayment,
    ConfirmPayment,
    FundProgramme,
    RegisterPayee,
    SubmitRequest,
)
from services.budget.domain.requests import RequestState
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.reading_routes import add_reading_api
from services.shared.readings import must_read
from services.shared.scopes import NOT_YOUR_FAMILY, NOT_YOUR_PROGRAMME, must_be_in, must_see
from services.shared.settings import Settings, current_settings
from services.shared.types import Code
from services.shared.web import DatabaseOf, Now

router = APIRouter()
add_reading_api(router)

FundsProgramme = Annotated[Actor, Depends(allowed(Permission.FUND_PROGRAMME))]
BooksBank = Annotated[Actor, Depends(allowed(Permission.BOOK_BANK))]
Releases = Annotated[Actor, Depends(allowed(Permission.RELEASE))]
AsksMoney = Annotated[Actor, Depends(allowed(Permission.ASK_MONEY))]
ReadsMoney = Annotated[Actor, Depends(allowed(Permission.READ_MONEY))]
ReadsBooks = Annotated[Actor, Depends(allowed(Permission.READ_BOOKS))]
ReadsBatches = Annotated[Actor, Depends(allowed(Permission.READ_BATCHES))]
ReadsPayees = Annotated[Actor, Depends(allowed(Permission.READ_PAYEES))]
KeepsPayees = Annotated[Actor, Depends(allowed(Permission.KEEP_PAYEES))]
SettingsOf = Annotated[Settings, Depends(current_settings)]


@router.post("/programme-fundings", operation_id="fundProgramme", summary="Give a programme its money")
async def fund_programme(
    command: FundProgramme, actor: FundsProgramme, database: DatabaseOf, now: Now, settings: SettingsOf
) -> Changed:
    must_be_in(actor, Permission.FUND_PROGRAMME, command.programme)
    if settings.environment == "production" and command.debtor.iban == TEST_DEBTOR.iban:
        raise Problem(400, "debtor-is-fictitious")
    async with database.transaction() as tx:
        funded = granted(await handlers.fund_programme(tx, command, now=now))
    return Changed(id=funded.programme_id, changed=funded.changed)


@router.get("/programmes/{programme}/balance", operation_id="getProgrammeBalance", summary="How its money stands")
async def get_programme_balance(programme: Code, actor: ReadsBooks, database: DatabaseOf) -> ProgrammeBalance:
    must_be_in(actor, Permission.READ_BOOKS, programme)
    async with database.transaction() as tx:
        return _found(await programme_balance(tx, programme))


@router.get("/programmes/{programme}/trial-balance", operation_id="getTrialBalance", summary="Every kind of account")
async def get_trial_balance(programme: Code, actor: ReadsBooks, database: DatabaseOf) -> TrialBalance:
    must_be_in(actor, Permission.READ_BOOKS, programme)
    async with database.transaction() as tx:
        _found(await store.funded_programme(tx, programme))
        return await trial_balance(tx, programme)


@router.get("/programmes/{programme}/batches", operation_id="listBatches", summary="The newest payment batches")
async def list_batches(programme: Code, actor: ReadsBatches, database: DatabaseOf) -> BatchList:
    must_be_in(actor, Permission.READ_BATCHES, programme)
    async with database.transaction() as tx:
        found = await payments_store.batches_of(tx, programme)
    return BatchList(batches=tuple(BatchAnswer.model_validate(each) for each in found))


@router.get(
    "/programmes/{programme}/payments-at-bank",
    operation_id="listPaymentsAtBank",
    summary="Payments that the bank has and has not answered yet",
)
async def list_payments_at_bank(programme: Code, actor: BooksBank, database: DatabaseOf) -> AwaitingList:
    must_be_in(actor, Permission.BOOK_BANK, programme)
    async with database.transaction() as tx:
        found = await payments_store.awaiting_bank(tx, programme)
    return AwaitingList(payments=tuple(AwaitingAnswer.model_validate(each) for each in found))


@router.post("/payees", operation_id="registerPayee", summary="Register an organisation, or a change of it")
async def register_payee(command: RegisterPayee, actor: KeepsPayees, database: DatabaseOf, now: Now) -> Changed:
    async with database.transaction() as tx:
        registered = await handlers.register_payee(tx, command, by=actor.person, now=now)
    return Changed(id=registered.payee_id, changed=registered.changed)


@router.get("/payees", operation_id="listPayees", summary="Organisations that can be paid")
async def list_payees(actor: ReadsPayees, database: DatabaseOf) -> PayeeList:
    async with database.transaction() as tx:
        found = await store.payees_today(tx)
    return PayeeList(payees=tuple(PayeeAnswer.model_validate(each) for each in found))


@router.post("/requests", operation_id="submitRequest", summary="Ask money for a family", status_code=201)
async def submit_request(command: SubmitRequest, actor: AsksMoney, database: DatabaseOf, now: Now) -> RequestSubmitted:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.ASK_MONEY, trajectory_id=command.trajectory_id)
        submitted = granted(await handlers.submit_request(tx, command, asked_by=actor.person, now=now))
    return RequestSubmitted(id=submitted.request_id, changed=submitted.changed, refused=submitted.refused)


@router.get("/requests/{request_id}", operation_id="getRequest", summary="One request")
async def get_request(request_id: UUID, actor: ReadsMoney, database: DatabaseOf, now: Now) -> RequestDetail:
    async with database.transaction() as tx:
        request = await _request_of(tx, request_id)
        trajectory_id = request.trajectory_id
        await must_read(tx, actor, Permission.READ_MONEY, what="request", now=now, trajectory_id=trajectory_id)
        payment = await payments_store.payment_of(tx, request_id)
        digest = (await handlers.mandate_today(tx, request)).digest if request.state is RequestState.RESERVED else None
    answer = _request(request).model_dump()
    return RequestDetail(**answer, digest=digest, payment=payment.state if payment else None)


@router.post("/requests/{request_id}/withdrawals", operation_id="withdrawRequest", summary="Take a request back")
async def withdraw_request(request_id: UUID, actor: AsksMoney, database: DatabaseOf, now: Now) -> Changed:
    async with database.transaction() as tx:
        request = await _request_of(tx, request_id)
        await must_see(tx, actor, Permission.ASK_MONEY, trajectory_id=request.trajectory_id)
        withdrawn = granted(await handlers.withdraw_request(tx, request_id, asked_by=actor.person, now=now))
    return Changed(id=request_id, changed=withdrawn.changed)


@router.get("/envelopes/{trajectory_id}", operation_id="getEnvelope", summary="A family's envelope")
async def get_envelope(trajectory_id: UUID, actor: ReadsMoney, database: DatabaseOf, now: Now) -> EnvelopeAnswer:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_MONEY, what="budget", now=now, trajectory_id=trajectory_id)
        return _found(await envelope_balance(tx, trajectory_id))


@router.get(
    "/envelopes/{trajectory_id}/requests", operation_id="listRequests", summary="The newest requests of a family"
)
async def list_requests(trajectory_id: UUID, actor: ReadsMoney, database: DatabaseOf, now: Now) -> RequestList:
    async with database.transaction() as tx:
        await must_read(tx, actor, Permission.READ_MONEY, what="requests", now=now, trajectory_id=trajectory_id)
        found = await store.requests_of(tx, trajectory_id)
    return RequestList(requests=tuple(_request(each) for each in found))


@router.get(
    "/batches/{batch_id}/file",
    operation_id="getPaymentFile",
    summary="The payment file of a released batch (pain.001.001.09)",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}}},
)
async def get_payment_file(batch_id: UUID, actor: Releases, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        batch = await payments_store.batch_of(tx, batch_id)
        if batch is None:
            raise Problem(403, NOT_YOUR_PROGRAMME)
        must_be_in(actor, Permission.RELEASE, batch.programme)
        content = _found(await payments_store.file_of(tx, batch_id))
    disposition = f'attachment; filename="{batch_id}.xml"'
    return Response(content, media_type="application/xml", headers={"Content-Disposition": disposition})


@router.post("/bank-confirmations", operation_id="confirmPayment", summary="The bank booked a payment")
async def confirm_payment(command: ConfirmPayment, actor: BooksBank, database: DatabaseOf, now: Now) -> Changed:
    async with database.transaction() as tx:
        await _payment_of_mine(tx, actor, command.end_to_end_id)
        booked = granted(await handlers.confirm_payment(tx, command, now=now))
    return Changed(id=booked.payment_id, changed=booked.changed)


@router.post("/bank-returns", operation_id="bouncePayment", summary="The bank gave a payment back")
async def bounce_payment(command: BouncePayment, actor: BooksBank, database: DatabaseOf, now: Now) -> Changed:
    async with database.transaction() as tx:
        await _payment_of_mine(tx, actor, command.end_to_end_id)
        booked = granted(await handlers.bounce_payment(tx, command, now=now))
    return Changed(id=booked.payment_id, changed=booked.changed)


async def _request_of(tx: Transaction, request_id: UUID) -> store.Request:
    """Answers 403 for a request that does not exist: it is no request of one's own family."""
    request = await store.request_of(tx, request_id)
    if request is None:
        raise Problem(403, NOT_YOUR_FAMILY)
    return request


async def _payment_of_mine(tx: Transaction, actor: Actor, end_to_end_id: str) -> None:
    """Answers 403 for a payment of another programme; one that nobody knows is refused by who books it."""
    payment = await payments_store.payment_by_end_to_end_id(tx, end_to_end_id)
    if payment is not None:
        must_be_in(actor, Permission.BOOK_BANK, payment.programme)


def _found[T](what: T | None) -> T:
    if what is None:
        raise Problem(404, "not-found")
    return what


def _request(found: store.Request) -> RequestAnswer:
    return RequestAnswer.model_validate(found)
