"""The payment file is what was ordered, or there is none."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID
from xml.etree import ElementTree

import pytest

from services.budget import payment_file as pain
from services.budget.payment_file import Creditor, Order, UnusableOrder, payment_file, totals

SHOP = Creditor(name="De Fietsenmaker & Zn.", iban="NL15BANK0100000001", town="Groningen", country="NL")
BICYCLE = Order(end_to_end_id="a" * 32, amount_cents=40_001, creditor=SHOP, description="bicycle")
LAPTOP = Order(end_to_end_id="b" * 32, amount_cents=9, creditor=SHOP, description="laptop")
MESSAGE = UUID(int=7)


def _file(*orders: Order, debtor_iban: str = "NL13TEST0123456789") -> bytes:
    return payment_file(
        orders,
        message=MESSAGE,
        debtor_name="Gemeente Voorbeeld",
        debtor_iban=debtor_iban,
        execute_on=date(2023, 2, 2),
        at=datetime(2023, 2, 1, 12, tzinfo=UTC),
    )


def test_a_file_holds_every_order_with_its_own_id_and_adds_up() -> None:
    content = _file(BICYCLE, LAPTOP)
    root = ElementTree.fromstring(content)  # noqa: S314  # ours
    texts = {name: [each.text for each in root.iter(f"{pain.NAMESPACE}{name}")] for name in ("EndToEndId", "CtrlSum")}
    assert texts == {"EndToEndId": ["a" * 32, "b" * 32], "CtrlSum": ["400.10", "400.10"]}
    assert totals(content) == (2, 40_010)


def test_addresses_are_structured() -> None:
    root = ElementTree.fromstring(_file(BICYCLE))  # noqa: S314  # ours
    names = [each.tag.removeprefix(pain.NAMESPACE) for each in next(root.iter(f"{pain.NAMESPACE}PstlAdr"))]
    assert names == ["TwnNm", "Ctry"]


def test_the_same_orders_make_the_same_bytes() -> None:
    assert _file(BICYCLE, LAPTOP) == _file(BICYCLE, LAPTOP)


@pytest.mark.parametrize(
    "orders",
    [
        (),
        (BICYCLE, BICYCLE),
        (replace(BICYCLE, end_to_end_id="x" * 36),),
        (replace(BICYCLE, amount_cents=0),),
        (replace(BICYCLE, amount_cents=-5),),
        (replace(BICYCLE, creditor=replace(SHOP, iban="NL16BANK0100000001")),),
        (replace(BICYCLE, creditor=replace(SHOP, country="Nederland")),),
        (replace(BICYCLE, creditor=replace(SHOP, town="")),) * 2,
        (replace(BICYCLE, amount_cents=10**20),),
    ],
    ids=[
        "no orders",
        "an id twice",
        "an id that is too long",
        "nothing to pay",
        "a negative amount",
        "a wrong checksum",
        "a country that breaks the XSD",
        "two unusable orders",
        "more than SEPA can carry",
    ],
)
def test_what_is_not_right_never_becomes_a_file(orders: tuple[Order, ...]) -> None:
    with pytest.raises(UnusableOrder):
        _file(*orders)


def test_an_account_of_ours_with_a_wrong_checksum_pays_nothing() -> None:
    with pytest.raises(UnusableOrder, match="checksum"):
        _file(BICYCLE, debtor_iban="NL14TEST0123456789")
