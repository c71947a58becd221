"""What goes by the desk's own clock, without anybody who looks: concerns, late checks, and decisions that were kept."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from services.desk import decisions, handlers
from services.desk.handlers.concerns import nobody_there, sound_alarms
from services.desk.handlers.payee_checks import hand_up_checks
from services.shared.health import OK
from services.shared.logs import logger
from services.shared.service import Part
from services.shared.temporal_reach import reach
from services.shared.web import wall_clock

LOOK_EVERY_SECONDS = 5.0

_log = logger(__name__)


async def watch_concerns(part: Part) -> None:
    """Sounds alarms and hands up late checks until cancelled. What was missed while no process ran goes off later."""
    while True:
        try:
            async with part.database.transaction() as tx:
                await sound_alarms(tx, now=wall_clock())
            async with part.database.transaction() as tx:
                await hand_up_checks(tx, now=wall_clock())
        except (SQLAlchemyError, OSError) as error:
            _log.error("concerns are not watched", exc_info=error)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def send_kept_decisions(part: Part) -> None:
    """Sends what was decided while Temporal was away, once it is back; until cancelled."""
    while True:
        try:
            async with part.database.transaction() as tx:
                waits = await handlers.kept_decisions(tx, now=wall_clock())
            if waits:
                await reach(part.temporal)
                await decisions.send_kept(part.database, part.temporal, now=wall_clock())
        except (SQLAlchemyError, OSError, RPCError, RuntimeError) as error:
            _log.warning("decisions that were kept are not sent yet", exc_info=error)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def somebody_hears(part: Part) -> str:
    """Whether there is somebody for each concern that waits."""
    async with part.database.transaction() as tx:
        unheard = await nobody_there(tx, now=wall_clock())
    return OK if not unheard else f"degraded: {unheard} concerns about safety, and nobody is there who may take them"
