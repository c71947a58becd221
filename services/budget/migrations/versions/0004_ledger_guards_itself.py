"""The ledger guards itself: balances change only in `post_transfers`, and what was decided or booked stays."""

from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

ROLE = "kansen_budget"

OPEN_ACCOUNTS = """
CREATE FUNCTION budget.open_accounts(accounts jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = budget, pg_temp
BEGIN ATOMIC
    INSERT INTO budget.account
        (id, programme, ledger, code, owner, debits_must_not_exceed_credits, credits_must_not_exceed_debits)
    SELECT wanted.id, wanted.programme,
        CASE WHEN wanted.code IN ('funder', 'source', 'charged') THEN 'funding' ELSE 'budget' END,
        wanted.code, wanted.owner, wanted.code NOT IN ('grant', 'funder'), wanted.code IN ('grant', 'funder')
    FROM jsonb_to_recordset(accounts) AS wanted(id uuid, programme text, code text, owner uuid)
    ORDER BY wanted.id
    ON CONFLICT (id) DO NOTHING;
END
"""

# Accounts are locked in the order of their ids, so that two callers never wait for each other in a ring.
POST_TRANSFERS = """
CREATE FUNCTION budget.post_transfers(linked jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = budget, pg_temp
AS $$
DECLARE
    wanted budget.transfer;
    known budget.transfer;
    debit budget.account;
    credit budget.account;
    fresh integer := 0;
BEGIN
    PERFORM 1 FROM account
    WHERE id IN (
        SELECT (each ->> 'debit_account')::uuid FROM jsonb_array_elements(linked) AS each
        UNION SELECT (each ->> 'credit_account')::uuid FROM jsonb_array_elements(linked) AS each
    )
    ORDER BY id FOR NO KEY UPDATE;

    FOR wanted IN
        SELECT (jsonb_populate_record(NULL::budget.transfer, each.value)).*
        FROM jsonb_array_elements(linked) WITH ORDINALITY AS each(value, place)
        ORDER BY each.place
    LOOP
        SELECT * INTO known FROM transfer WHERE id = wanted.id;
        IF FOUND THEN
            known.position := wanted.position;
            known.at := wanted.at;
            IF known IS DISTINCT FROM wanted THEN
                RAISE EXCEPTION 'transfer-differs' USING ERRCODE = 'KL002', DETAIL = wanted.id::text;
            END IF;
            CONTINUE;
        END IF;

        SELECT * INTO debit FROM account WHERE id = wanted.debit_account;
        SELECT * INTO credit FROM account WHERE id = wanted.credit_account;

        IF wanted.kind IN ('posted', 'pending') THEN
            IF debit.debits_must_not_exceed_credits
                AND debit.debits_pending + debit.debits_posted + wanted.amount_cents > debit.credits_posted THEN
                RAISE EXCEPTION 'exceeds-credits' USING ERRCODE = 'KL001', DETAIL = wanted.id::text;
            END IF;
            IF credit.credits_must_not_exceed_debits
                AND credit.credits_pending + credit.credits_posted + wanted.amount_cents > credit.debits_posted THEN
                RAISE EXCEPTION 'exceeds-debits' USING ERRCODE = 'KL001', DETAIL = wanted.id::text;
            END IF;
        ELSIF NOT EXISTS (
            SELECT 1 FROM transfer AS pending
            WHERE pending.id = wanted.pending_id AND pending.kind = 'pending'
                AND pending.debit_account = wanted.debit_account AND pending.credit_account = wanted.credit_account
                AND pending.amount_cents = wanted.amount_cents
                AND NOT EXISTS (SELECT 1 FROM transfer AS resolved WHERE resolved.pending_id = pending.id)
        ) THEN
            RAISE EXCEPTION 'not-pending' USING ERRCODE = 'KL003', DETAIL = wanted.id::text;
        END IF;

        INSERT INTO transfer
            (id, programme, ledger, debit_account, credit_account, amount_cents, kind, pending_id, code, category,
             request_id, payment_id, at)
        VALUES
            (wanted.id, wanted.programme, wanted.ledger, wanted.debit_account, wanted.credit_account,
             wanted.amount_cents, wanted.kind, wanted.pending_id, wanted.code, wanted.category, wanted.request_id,
             wanted.payment_id, wanted.at);

        UPDATE account SET
            debits_pending = debits_pending + CASE wanted.kind
                WHEN 'pending' THEN wanted.amount_cents WHEN 'posted' THEN 0 ELSE -wanted.amount_cents END,
            debits_posted = debits_posted + CASE
                WHEN wanted.kind IN ('posted', 'post-pending') THEN wanted.amount_cents ELSE 0 END
        WHERE id = wanted.debit_account;
        UPDATE account SET
            credits_pending = credits_pending + CASE wanted.kind
                WHEN 'pending' THEN wanted.amount_cents WHEN 'posted' THEN 0 ELSE -wanted.amount_cents END,
            credits_posted = credits_posted + CASE
                WHEN wanted.kind IN ('posted', 'post-pending') THEN wanted.amount_cents ELSE 0 END
        WHERE id = wanted.credit_account;
        fresh := fresh + 1;
    END LOOP;
    RETURN fresh;
END
$$
"""

STAYS_WRITTEN = """
CREATE FUNCTION budget.stays_written() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'append-only' USING ERRCODE = 'KL004', DETAIL = TG_TABLE_NAME;
END
$$
"""

REQUEST_STAYS_DECIDED = """
CREATE FUNCTION budget.request_stays_decided() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.decided_at IS NOT NULL OR (NEW.id, NEW.trajectory_id, NEW.programme, NEW.category, NEW.amount_cents,
            NEW.urgent, NEW.payee_id, NEW.payee_version, NEW.asked_by) IS DISTINCT FROM
            (OLD.id, OLD.trajectory_id, OLD.programme, OLD.category, OLD.amount_cents,
            OLD.urgent, OLD.payee_id, OLD.payee_version, OLD.asked_by) THEN
        RAISE EXCEPTION 'request-is-decided' USING ERRCODE = 'KL004', DETAIL = OLD.id::text;
    END IF;
    RETURN NEW;
END
$$
"""

FACTS = (
    "transfer",
    "programme_version",
    "payee_version",
    "decider",
    "releaser",
    "payment_file",
)
"""Rows that nobody changes, the owner included."""

NEVER_DELETED = ("account", "programme", "source", "envelope", "payee", "request", "payment", "batch", "batch_payment")


def upgrade() -> None:
    """Functions, triggers and narrower rights."""
    op.execute(OPEN_ACCOUNTS)
    op.execute(POST_TRANSFERS)
    op.execute(STAYS_WRITTEN)
    op.execute(REQUEST_STAYS_DECIDED)
    op.execute(
        "CREATE TRIGGER request_stays_decided BEFORE UPDATE ON budget.request "
        "FOR EACH ROW EXECUTE FUNCTION budget.request_stays_decided()"
    )
    for function in ("open_accounts(jsonb)", "post_transfers(jsonb)"):
        op.execute(f"REVOKE ALL ON FUNCTION budget.{function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION budget.{function} TO {ROLE}")
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON budget.{table} "
            "FOR EACH ROW EXECUTE FUNCTION budget.stays_written()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE TRUNCATE ON budget.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION budget.stays_written()"
        )
        op.execute(f"REVOKE UPDATE, DELETE ON budget.{table} FROM {ROLE}")
    for table in NEVER_DELETED:
        op.execute(f"REVOKE DELETE ON budget.{table} FROM {ROLE}")
    op.execute(f"REVOKE INSERT, UPDATE ON budget.account FROM {ROLE}")
    op.execute(f"REVOKE INSERT ON budget.transfer FROM {ROLE}")
