"""The file that a bank is given: SEPA credit transfers as ISO 20022 pain.001.001.09, checked before anyone sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import as_file, files
from uuid import UUID
from xml.etree import ElementTree

import xmlschema
from sepaxml import SepaTransfer
from stdnum import iban as iban_rules

from services.shared.types import Cents

SCHEMA = "pain.001.001.09"
NAMESPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
PAYMENTS_MAX = 500
END_TO_END_ID_LENGTH = 35


class UnusableOrder(ValueError):
    """What was asked cannot become a payment file; a bug or a damaged row, never a user's slip."""


@dataclass(frozen=True, kw_only=True)
class Creditor:
    name: str
    iban: str
    town: str
    country: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """One credit transfer; `description` is what the creditor reads."""

    end_to_end_id: str
    amount_cents: Cents
    creditor: Creditor
    description: str


def payment_file(
    orders: Sequence[Order], *, message: UUID, debtor_name: str, debtor_iban: str, execute_on: date, at: datetime
) -> bytes:
    """The same bytes for the same orders. Raises UnusableOrder when an id, an IBAN, a total or the XSD is not right.

    Addresses are structured (town and country), as banks demand from November 2026.
    """
    _check(orders, debtor_iban)
    config = {"name": debtor_name, "IBAN": debtor_iban, "batch": True, "currency": "EUR"}
    transfer = SepaTransfer(config, schema=SCHEMA, clean=True)
    for order in orders:
        transfer.add_payment(
            {
                "name": order.creditor.name,
                "IBAN": order.creditor.iban,
                "amount": order.amount_cents,
                "execution_date": execute_on,
                "description": order.description,
                "endtoend_id": order.end_to_end_id,
                "address": {"town": order.creditor.town, "country": order.creditor.country},
            }
        )
    content = _with_our_ids(transfer.export(validate=False), message, at)
    _check_content(content, orders)
    return content


def totals(content: bytes) -> tuple[int, Cents]:
    """Number of transfers and their sum, counted from the transfers themselves."""
    amounts = [
        _cents(element.text)
        for element in ElementTree.fromstring(content).iter(f"{NAMESPACE}InstdAmt")  # noqa: S314  # our own file
    ]
    return len(amounts), sum(amounts)


def _check(orders: Sequence[Order], debtor_iban: str) -> None:
    if not 1 <= len(orders) <= PAYMENTS_MAX:
        raise UnusableOrder(f"{len(orders)} payments, from 1 to {PAYMENTS_MAX}")
    ids = [order.end_to_end_id for order in orders]
    if len(set(ids)) != len(ids) or any(not 1 <= len(each) <= END_TO_END_ID_LENGTH for each in ids):
        raise UnusableOrder("every transfer has an end-to-end id of its own")
    if not all(iban_rules.is_valid(each) for each in (debtor_iban, *(order.creditor.iban for order in orders))):
        raise UnusableOrder("an IBAN has a wrong checksum")
    if any(order.amount_cents <= 0 for order in orders):
        raise UnusableOrder("an amount is above zero")


def _with_our_ids(exported: bytes, message: UUID, at: datetime) -> bytes:
    """The library draws ids and reads the clock; a file that is made again must be the same file."""
    root = ElementTree.fromstring(exported)  # noqa: S314  # our own file
    for name, value in (
        ("MsgId", message.hex),
        ("PmtInfId", message.hex),
        ("CreDtTm", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ):
        found = list(root.iter(f"{NAMESPACE}{name}"))
        if len(found) != 1:
            raise UnusableOrder(f"{len(found)} times {name}")
        found[0].text = value
    ElementTree.register_namespace("", NAMESPACE.strip("{}"))
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _check_content(content: bytes, orders: Sequence[Order]) -> None:
    error = next(_schema().iter_errors(content.decode()), None)
    if error is not None:
        raise UnusableOrder(f"the file breaks {SCHEMA} at {error.path}")
    root = ElementTree.fromstring(content)  # noqa: S314  # our own file
    wanted = (len(orders), sum(order.amount_cents for order in orders))
    if totals(content) != wanted:
        raise UnusableOrder("the transfers differ from what was ordered")
    counts = {int(element.text or 0) for element in root.iter(f"{NAMESPACE}NbOfTxs")}
    sums = {_cents(element.text) for element in root.iter(f"{NAMESPACE}CtrlSum")}
    if (counts, sums) != ({wanted[0]}, {wanted[1]}):
        raise UnusableOrder("the control sum differs from the transfers")


def _cents(written: str | None) -> Cents:
    whole, _, fraction = (written or "").partition(".")
    return int(whole) * 100 + int(fraction.ljust(2, "0"))


@lru_cache(maxsize=1)
def _schema() -> xmlschema.XMLSchema:
    with as_file(files("sepaxml") / "schemas" / f"{SCHEMA}.xsd") as path:
        return xmlschema.XMLSchema(str(path))
