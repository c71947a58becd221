"""Looks over the whole book: everything that must hold of it, told as findings when it does not."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from programmes.rules import required_mandate
from services.budget import store
from services.budget.handlers.batches import RELEASERS
from services.budget.payment_file import totals
from services.shared.money import split_cents

FINDINGS_MAX = 200
"""Enough to see what is wrong; a broken book is not listed row by row."""

# One statement for each sentence; it gives a row, with an id, for everything that breaks it.
STATEMENTS: dict[str, str] = {
    "a ledger's debits and credits differ": """
        SELECT programme || '/' || ledger FROM budget.account GROUP BY programme, ledger
        HAVING sum(debits_posted) <> sum(credits_posted) OR sum(debits_pending) <> sum(credits_pending)""",
    "an account's balance is not the sum of its transfers": """
        WITH moved AS (
            SELECT debit_account AS account, amount_cents AS debit, 0 AS credit, kind FROM budget.transfer
            UNION ALL SELECT credit_account, 0, amount_cents, kind FROM budget.transfer
        ), sums AS (
            SELECT account,
                coalesce(sum(debit) FILTER (WHERE kind IN ('posted', 'post-pending')), 0) AS debits_posted,
                coalesce(sum(credit) FILTER (WHERE kind IN ('posted', 'post-pending')), 0) AS credits_posted,
                coalesce(sum(debit) FILTER (WHERE kind = 'pending'), 0)
                    - coalesce(sum(debit) FILTER (WHERE kind IN ('post-pending', 'void-pending')), 0) AS debits_pending,
                coalesce(sum(credit) FILTER (WHERE kind = 'pending'), 0)
                    - coalesce(sum(credit) FILTER (WHERE kind IN ('post-pending', 'void-pending')), 0)
                    AS credits_pending
            FROM moved GROUP BY account
        )
        SELECT account.id FROM budget.account LEFT JOIN sums ON sums.account = account.id
        WHERE (account.debits_posted, account.credits_posted, account.debits_pending, account.credits_pending)
            IS DISTINCT FROM (coalesce(sums.debits_posted, 0), coalesce(sums.credits_posted, 0),
                coalesce(sums.debits_pending, 0), coalesce(sums.credits_pending, 0))""",
    "an account is below zero": """
        SELECT id FROM budget.account
        WHERE (code NOT IN ('grant', 'funder') AND debits_pending + debits_posted > credits_posted)
            OR (code IN ('grant', 'funder') AND credits_pending + credits_posted > debits_posted)""",
    "a family's payments and reservations exceed its envelope": """
        SELECT envelope.trajectory_id FROM budget.envelope
        JOIN budget.account ON account.owner = envelope.trajectory_id AND account.code = 'envelope'
        WHERE account.credits_posted - account.debits_posted > envelope.amount_cents
            OR (SELECT coalesce(sum(amount_cents), 0) FROM budget.request
                LEFT JOIN LATERAL (SELECT state FROM budget.payment WHERE request_id = request.id) AS paid ON true
                WHERE request.trajectory_id = envelope.trajectory_id
                    AND (request.state = 'reserved' OR (request.state = 'approved' AND paid.state <> 'bounced')))
                > envelope.amount_cents""",
    "a closed envelope holds free money or an open request": """
        SELECT envelope.trajectory_id FROM budget.envelope
        JOIN budget.account ON account.owner = envelope.trajectory_id AND account.code = 'envelope'
        WHERE envelope.closed_at IS NOT NULL AND (
            account.credits_posted - account.debits_posted - account.debits_pending <> 0
            OR EXISTS (SELECT 1 FROM budget.request
                WHERE request.trajectory_id = envelope.trajectory_id AND request.decided_at IS NULL))""",
    "money is set apart for what is not open, or open without money set apart": """
        SELECT coalesce(request.id, pending.request_id) FROM budget.request
        FULL JOIN (SELECT request_id FROM budget.transfer WHERE kind = 'pending' AND request_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM budget.transfer AS later WHERE later.pending_id = transfer.id)) AS pending
            ON pending.request_id = request.id
        LEFT JOIN budget.payment ON payment.request_id = request.id
        WHERE (pending.request_id IS NOT NULL) <> (request.state = 'reserved'
            OR (request.state = 'approved' AND coalesce(payment.state, '') IN ('waiting', 'released')))""",
    "an approved request has no payment": """
        SELECT request.id FROM budget.request WHERE request.state = 'approved'
            AND NOT EXISTS (SELECT 1 FROM budget.payment WHERE payment.request_id = request.id)""",
    "a payment is not that of an approved request": """
        SELECT payment.id FROM budget.payment JOIN budget.request ON request.id = payment.request_id
        WHERE request.state <> 'approved' OR request.amount_cents <> payment.amount_cents
            OR request.category <> payment.category OR request.payee_id <> payment.payee_id""",
    "the asker decided": """
        SELECT request.id FROM budget.request JOIN budget.decider ON decider.request_id = request.id
        WHERE decider.person = request.asked_by""",
    "a payment is in two live batches": """
        SELECT payment_id FROM budget.batch_payment WHERE live GROUP BY payment_id HAVING count(*) > 1""",
    "a payment that left is in no released batch": """
        SELECT payment.id FROM budget.payment WHERE payment.released_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM budget.batch_payment JOIN budget.batch ON batch.id = batch_payment.batch_id
            WHERE batch_payment.payment_id = payment.id AND batch_payment.live AND batch.state = 'released')""",
    "somebody released what they asked or decided": """
        SELECT releaser.batch_id FROM budget.releaser
        JOIN budget.batch_payment ON batch_payment.batch_id = releaser.batch_id AND batch_payment.live
        JOIN budget.payment ON payment.id = batch_payment.payment_id
        JOIN budget.request ON request.id = payment.request_id
        LEFT JOIN budget.decider ON decider.request_id = request.id
        WHERE releaser.person IN (request.asked_by, decider.person)""",
    "a batch was released by too few people or without a file": """
        SELECT batch.id FROM budget.batch WHERE batch.state = 'released' AND (
            (SELECT count(*) FROM budget.releaser WHERE releaser.batch_id = batch.id) < :releasers
            OR NOT EXISTS (SELECT 1 FROM budget.payment_file WHERE payment_file.batch_id = batch.id))""",
    "what was booked is not what was spent": """
        SELECT programme.id FROM budget.programme WHERE
            (SELECT coalesce(sum(amount_cents), 0) FROM budget.payment
                WHERE payment.programme = programme.id AND payment.state = 'booked')
            <> (SELECT credits_posted - debits_posted FROM budget.account
                WHERE account.programme = programme.id AND account.code = 'spent')""",
}


async def findings(connection: AsyncConnection) -> list[str]:
    """What is wrong in the book, one line each with an id and no more; empty when all of it holds.

    Reads as whoever may select in the schema `budget`; changes nothing. At most FINDINGS_MAX lines for each sentence.
    """
    found: list[str] = []
    for sentence, statement in STATEMENTS.items():
        rows = await connection.execute(text(statement), {"releasers": RELEASERS} if ":releasers" in statement else {})
        found += [f"{sentence}: {row}" for row in rows.scalars().fetchmany(FINDINGS_MAX)]
    for check in (_shares, _mandates, _files):
        found += await check(connection)
    return found


async def _shares(connection: AsyncConnection) -> list[str]:
    """Every source bears its share of all that was spent, to the cent, and no more than it granted."""
    rows = await connection.execute(
        text("""
        SELECT source.programme, source.code, source.share_weight,
            charged.credits_posted - charged.debits_posted AS charged,
            granted.credits_posted - granted.debits_posted AS left_over,
            spent.credits_posted - spent.debits_posted AS spent
        FROM budget.source
        JOIN budget.account AS charged ON charged.owner = source.id AND charged.code = 'charged'
        JOIN budget.account AS granted ON granted.owner = source.id AND granted.code = 'source'
        JOIN budget.account AS spent ON spent.programme = source.programme AND spent.code = 'spent'
        ORDER BY source.programme, source.code""")
    )
    by_programme = defaultdict(list)
    for row in rows.mappings():
        by_programme[row["programme"]].append(row)
    found = []
    for programme, sources in by_programme.items():
        should = split_cents(sources[0]["spent"], {row["code"]: row["share_weight"] for row in sources})
        found += [
            f"a source does not bear its share: {programme}/{row['code']} {row['charged']} for {should[row['code']]}"
            for row in sources
            if row["charged"] != should[row["code"]] or row["left_over"] < 0
        ]
    return found


async def _mandates(connection: AsyncConnection) -> list[str]:
    """Everything that was approved could be, under the version it stands in, and by as many people as that asks."""
    rows = await connection.execute(
        text("""
        SELECT request.id, request.programme, envelope.programme_version, request.category, request.amount_cents,
            request.urgent, count(decider.person) AS deciders
        FROM budget.request JOIN budget.envelope ON envelope.trajectory_id = request.trajectory_id
        LEFT JOIN budget.decider ON decider.request_id = request.id
        WHERE request.state = 'approved' GROUP BY request.id, envelope.programme_version ORDER BY request.id""")
    )
    found = []
    for row in rows.mappings():
        definition = await store.definition(connection, row["programme"], row["programme_version"])
        mandate = (
            required_mandate(definition, row["category"], row["amount_cents"], row["urgent"]) if definition else None
        )
        if mandate is None or row["deciders"] < mandate.deciders:
            found.append(f"an approval is outside its mandate: {row['id']}")
    return found[:FINDINGS_MAX]


async def _files(connection: AsyncConnection) -> list[str]:
    """Every payment file carries exactly the payments of its batch."""
    ids = list((await connection.execute(text("SELECT batch_id FROM budget.payment_file ORDER BY 1"))).scalars())
    return [
        f"a payment file differs from its batch: {each}" for each in ids if not await _file_agrees(connection, each)
    ]


async def _file_agrees(connection: AsyncConnection, batch_id: UUID) -> bool:
    found = await connection.execute(
        text("""
            SELECT payment_file.content, payment_file.payments, payment_file.total_cents,
                batch.payments AS batch_payments, batch.total_cents AS batch_total_cents,
                count(payment.id) AS paid, coalesce(sum(payment.amount_cents), 0) AS paid_cents
            FROM budget.payment_file JOIN budget.batch ON batch.id = payment_file.batch_id
            LEFT JOIN budget.batch_payment ON batch_payment.batch_id = batch.id AND batch_payment.live
            LEFT JOIN budget.payment ON payment.id = batch_payment.payment_id
            WHERE payment_file.batch_id = :batch GROUP BY payment_file.batch_id, batch.id"""),
        {"batch": batch_id},
    )
    row = found.mappings().one()
    counts = {row["payments"], row["batch_payments"], row["paid"]}
    cents = {row["total_cents"], row["batch_total_cents"], int(row["paid_cents"])}
    return (counts, cents) == ({totals(row["content"])[0]}, {totals(row["content"])[1]})
