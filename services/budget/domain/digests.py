"""A fingerprint of what deciders saw: a decision about something else does not count."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.shared.types import Cents, Code, Digest


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What somebody who decides on a request sees of it."""

    trajectory_id: UUID
    category: Code
    amount_cents: Cents
    urgent: bool
    payee_id: UUID
    payee_version: int
    payee_iban: str


@dataclass(frozen=True, kw_only=True)
class SeenPayment:
    """What somebody who releases a batch sees of each payment in it."""

    payment_id: UUID
    amount_cents: Cents
    payee_name: str
    payee_iban: str


def request_digest(seen: Seen) -> Digest:
    """SHA-256 over canonical JSON."""
    return _digest(
        {
            "trajectory": str(seen.trajectory_id),
            "category": seen.category,
            "amount_cents": seen.amount_cents,
            "urgent": seen.urgent,
            "payee": str(seen.payee_id),
            "payee_version": seen.payee_version,
            "payee_iban": seen.payee_iban,
        }
    )


def batch_digest(payments: Iterable[SeenPayment], *, debtor_iban: str) -> Digest:
    """SHA-256 over canonical JSON of the payments in the order of their ids, and the account they leave."""
    lines = sorted([str(each.payment_id), each.amount_cents, each.payee_name, each.payee_iban] for each in payments)
    return _digest({"debtor_iban": debtor_iban, "payments": lines})


def _digest(content: dict[str, object]) -> Digest:
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
