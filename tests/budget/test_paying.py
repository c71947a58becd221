"""From an approved request to the bank's answer."""

import pytest

from tests.budget.town import Town

pytestmark = pytest.mark.engines


async def test_an_approved_request_is_paid_and_booked(town: Town) -> None:
    await town.approve("bicycle")
    (sent,) = await town.pay()
    booked = await town.confirm(sent.end_to_end_id, sent.amount_cents)
    assert booked
