"""The whole audit: every check in one snapshot, after a running stack was given time to come to rest."""

import asyncio
from pathlib import Path
from time import monotonic

from deploy.consumers import Bound, bound_consumers
from deploy.services import part_of
from deploy.verify.books import Books, open_books
from deploy.verify.definitions import check_programmes
from deploy.verify.findings import Checked, Finding
from deploy.verify.histories import check_histories
from deploy.verify.messages import check_consumption, check_delivery, check_log, check_sequences
from deploy.verify.personal import check_personal_data
from deploy.verify.processes import check_workflows
from deploy.verify.records import check_records
from services.shared.settings import Settings

SETTLE_SECONDS = 30.0
"""So long a running stack may take to publish and handle what is under way before it counts as a fault."""
SETTLE_POLL_SECONDS = 0.5


async def audit(settings: Settings, *, temporal: bool = True, settle_seconds: float = SETTLE_SECONDS) -> list[Finding]:
    """What is wrong with a stack; empty when nothing is. Without `temporal` workflows are not looked at."""
    checks = await checked(settings, temporal=temporal, settle_seconds=settle_seconds)
    return [finding for check in checks for finding in check.findings]


async def checked(
    settings: Settings, *, temporal: bool = True, settle_seconds: float = SETTLE_SECONDS, home: Path | None = None
) -> list[Checked]:
    """Every check with its counts. `home` is where to search files; without it the home of the settings."""
    bound = await bound_consumers(settings)
    until = monotonic() + settle_seconds
    while True:
        async with open_books(settings) as books:
            moving = await _moving(books, bound, temporal=temporal)
            if monotonic() >= until or not any(check.wrong for check in moving):
                return [*moving, *await _standing(books, home or settings.home)]
        await asyncio.sleep(SETTLE_POLL_SECONDS)


async def _moving(books: Books, bound: list[Bound], *, temporal: bool) -> list[Checked]:
    """What may be under way on a running stack, and is a fault only when it stays."""
    checks = [
        await check_delivery(books),
        await check_consumption(books, bound),
        await check_sequences(books),
        await check_log(books),
        await check_records(books),
    ]
    if temporal:
        checks.append(await check_workflows(books))
    return checks


async def _standing(books: Books, home: Path) -> list[Checked]:
    """What must hold at every moment."""
    return [
        await _check_money(books),
        await check_programmes(books),
        await check_histories(books),
        await check_personal_data(books, home),
    ]


async def _check_money(books: Books) -> Checked:
    """Budget's own audit of its ledger, envelopes, mandates, payments and shares."""
    own = part_of("budget", "audit")
    if own is None:
        raise RuntimeError("budget's audit is not part of this version")
    findings: list[str] = await own.findings(books.connection)
    counts = {
        "transfers": await books.count("SELECT count(*) FROM budget.transfer"),
        "payments": await books.count("SELECT count(*) FROM budget.payment"),
    }
    return Checked(check="money", counts=counts, wrong=tuple(findings))
