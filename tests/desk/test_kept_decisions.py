"""What was decided while Temporal was away goes by itself, once, and whoever decided reads what came of it."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client

from services.desk import decisions, kept_store, store
from services.desk.commands import Decide
from services.desk.contracts import approval_id
from services.shared.outcomes import Refused
from services.shared.settings import Settings
from services.shared.temporal import connect
from tests.desk.listening import answers, decide, decision, heard, listen
from tests.desk.office import HOLDER, MONDAY, REQUEST, Office, question

pytestmark = pytest.mark.engines


async def decided_while_away(office: Office, settings: Settings, command: Decide) -> None:
    away = await connect(settings, lazy=True)
    assert await decide(office, away, command, HOLDER) == Refused(decisions.NOT_AVAILABLE)


async def goes_by_itself(office: Office, client: Client, *, later: timedelta = timedelta(hours=1)) -> int:
    return await decisions.send_kept(office.database, client, now=MONDAY + later)


async def kept(office: Office, *, later: timedelta = timedelta(hours=1)) -> list[tuple[store.Answer, bool]]:
    """What its decider reads on the worklist."""
    async with office.database.transaction() as tx:
        told = await kept_store.kept_by(tx, HOLDER.person, now=MONDAY + later)
    return [(each.answer, each.by_itself) for each in told]


async def test_what_was_decided_while_temporal_was_away_goes_by_itself_and_once(
    office: Office, temporal: Client, placeholder_settings: Settings
) -> None:
    await office.open(question())
    await decided_while_away(office, placeholder_settings, decision())
    away = await connect(placeholder_settings, lazy=True)

    assert await goes_by_itself(office, temporal, later=timedelta(seconds=5)) == 0, "it is tried already"
    assert await goes_by_itself(office, away) == 0
    assert await kept(office) == [(store.Answer.PENDING, True)]
    await listen(temporal, approval_id(REQUEST))
    assert sum(await asyncio.gather(*(goes_by_itself(office, temporal) for _ in range(3)))) >= 1
    assert isinstance(await decide(office, temporal, decision(), HOLDER), decisions.Accepted)

    assert await goes_by_itself(office, temporal) == 0
    assert await heard(temporal, approval_id(REQUEST)) == 1
    assert await answers(office) == [("accepted", None)]
    assert await kept(office) == [(store.Answer.ACCEPTED, True)]
    assert await kept(office, later=timedelta(days=4)) == []


async def test_what_went_by_itself_and_was_refused_is_told_and_may_be_said_otherwise(
    office: Office, temporal: Client, placeholder_settings: Settings
) -> None:
    await office.open(question())
    await decided_while_away(office, placeholder_settings, decision(reason="no-good-reason"))
    await listen(temporal, approval_id(REQUEST))

    assert await goes_by_itself(office, temporal) == 1
    assert await answers(office) == [("refused", "reason-missing")]
    assert await kept(office) == [(store.Answer.REFUSED, True)]
    assert isinstance(await decide(office, temporal, decision(), HOLDER), decisions.Accepted)


async def test_what_was_kept_too_long_goes_only_when_its_decider_still_means_it(
    office: Office, temporal: Client, placeholder_settings: Settings
) -> None:
    await office.open(question())
    await decided_while_away(office, placeholder_settings, decision())
    await listen(temporal, approval_id(REQUEST))
    too_long = kept_store.KEPT_FOR + timedelta(minutes=1)

    assert await goes_by_itself(office, temporal, later=too_long) == 0
    assert await heard(temporal, approval_id(REQUEST)) == 0
    assert await kept(office, later=too_long) == [(store.Answer.PENDING, False)]
    assert isinstance(await decide(office, temporal, decision(), HOLDER), decisions.Accepted)
