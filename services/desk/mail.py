"""Mail to staff: what waits for them, in counts and links; nothing in it says about whom."""

import asyncio
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from jinja2 import Environment
from sqlalchemy.exc import SQLAlchemyError

from services.desk import mail_store, store
from services.desk.colleagues import find_colleague
from services.desk.handlers.mail import (
    day_of,
    digest_for,
    is_digest_time,
    is_of_use,
    letter_about,
    task_of,
    want_alarms,
    want_digests,
)
from services.desk.mail_server import MailRefusedError, MailServer, MailServerError, domain_of
from services.desk.mail_store import Mail
from services.shared.calendar import local_date
from services.shared.database import Database
from services.shared.health import OK
from services.shared.logs import logger
from services.shared.screens.pages import environments
from services.shared.service import Part
from services.shared.settings import Settings
from services.shared.types import Clock, stable_id
from services.shared.web import wall_clock

LOOK_EVERY_SECONDS = 5.0
"""What is alarming is mailed at once."""
WHOLE_LOOK_EVERY = timedelta(minutes=1)
"""Digests, and alarms about which somebody can be told only now."""
RECENT = timedelta(minutes=2)
BATCH = 50
"""So many mails at a time: a mail server that counts is not run over."""
SERVER_WAITS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))
"""How long a mail server with which something is wrong is left alone: a password is not tried until it is locked."""
WAITS_TOO_LONG = timedelta(minutes=15)
ROOM = Path(__file__).parent

_log = logger(__name__)


async def mail_loop(part: Part) -> None:
    """Mails until cancelled; does nothing where no mail server was named."""
    if part.settings.mail_host is None:
        await asyncio.Event().wait()
    post = MailRoom(part.settings, part.database)
    while True:
        try:
            await post.round()
        except (SQLAlchemyError, OSError) as error:
            _log.warning("mail waits", exc_info=error)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def mail_goes(part: Part) -> str:
    """Whether mail goes out where a mail server was named."""
    if part.settings.mail_host is None:
        return OK
    async with part.database.transaction() as tx:
        waiting = await mail_store.count_waiting(tx, since=wall_clock() - WAITS_TOO_LONG)
    return OK if not waiting else f"degraded: {waiting} mails wait; the log says why"


class MailRoom:
    """Sends what must be sent, once, whichever process comes first."""

    def __init__(self, settings: Settings, database: Database, clock: Clock = wall_clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._environments: dict[str, Environment] = environments([ROOM])
        self._whole_look_at: datetime | None = None
        self._rests_until: datetime | None = None
        self._failures = 0

    async def round(self) -> int:
        """Look who must be mailed and try at most BATCH mails; gives how many went out."""
        now = self._clock()
        await self._look(now)
        if self._rests_until is not None and now < self._rests_until:
            return 0
        server, sent = MailServer(self._settings), 0
        try:
            for _ in range(BATCH):
                went = await self._next(server)
                if went is None:
                    break
                sent += went
                self._failures = 0
        except MailServerError as error:
            self._rest(error, now)
        finally:
            server.close()
        return sent

    async def _look(self, now: datetime) -> None:
        whole = self._whole_look_at is None or now >= self._whole_look_at
        async with self._database.transaction() as tx:
            await want_alarms(tx, now=now, since=None if whole else now - RECENT)
            if whole:
                await want_digests(tx, now=now)
        if whole:
            self._whole_look_at = now + WHOLE_LOOK_EVERY

    def _rest(self, error: MailServerError, now: datetime) -> None:
        """Nothing is lost: every mail waits until the server can be used, or until it is of no use any more."""
        wait = SERVER_WAITS[min(self._failures, len(SERVER_WAITS) - 1)]
        self._failures += 1
        self._rests_until = now + wait
        host, seconds = self._settings.mail_host, int(wait.total_seconds())
        _log.error("no mail goes out", trouble=error.trouble.value, server=host, again_in_seconds=seconds)

    async def _next(self, server: MailServer) -> bool | None:
        """Whether the next mail went out; None when there is none to try."""
        now = self._clock()
        async with self._database.transaction() as tx:
            tried = await mail_store.take(tx, now=now)
        if tried is None:
            return None
        letter = await self._letter(tried, now=now)
        if letter is None:
            await self._end(tried, sent=False)
            return False
        try:
            await server.send(letter)
        except MailServerError:
            async with self._database.transaction() as tx:
                await mail_store.put_back(tx, tried)
            raise
        except MailRefusedError as error:
            given_up = error.for_good or tried.is_last
            # Addresses are never logged.
            _log.warning("mail refused", code=error.code, person=str(tried.person), given_up=given_up)
            if given_up:
                await self._end(tried, sent=False)
            return False
        await self._end(tried, sent=True)
        return True

    async def _end(self, tried: Mail, *, sent: bool) -> None:
        async with self._database.transaction() as tx:
            await mail_store.end(tx, tried, sent=sent, now=self._clock())

    async def _letter(self, tried: Mail, *, now: datetime) -> EmailMessage | None:
        """None for what need not be told any more: nothing waits, the day is over, or they no longer work here."""
        async with self._database.transaction() as tx:
            actor = await find_colleague(tx, tried.person)
            address = await mail_store.address_of(tx, tried.person)
            choice = await mail_store.choice_of(tx, tried.person)
            if actor is None or address is None:
                return None
            if (day := day_of(tried.about)) is not None:
                digest = await digest_for(tx, actor, now=now)
                if digest.is_empty or day != local_date(now) or not is_digest_time(now) or not choice.daily:
                    return None
                values = {"digest": digest, "link": self._settings.link("/desk/werklijst")}
                return self._message("mail/digest.html", values, address, choice.language, tried)
            task = await store.task_by_id(tx, task_of(tried.about))
            if task is None or not await is_of_use(tx, tried, task, now=now):
                return None
        values = {"about": letter_about(task), "link": self._settings.link(f"/desk/taken/{task.id}")}
        return self._message("mail/alarm.html", values, address, choice.language, tried)

    def _message(
        self, template: str, values: dict[str, object], address: str, language: str, tried: Mail
    ) -> EmailMessage:
        """The first line of a template is the subject."""
        values |= {"choose": self._settings.link("/desk/berichten")}
        text = self._environments[language].get_template(template).render(values)
        subject, _, body = text.strip().partition("\n")
        message = EmailMessage()
        message["From"] = self._settings.mail_from or ""
        message["To"] = address
        message["Subject"] = subject.strip()
        message["Date"] = self._clock()
        # The same mail tried again is the same mail to whoever receives it.
        message["Message-ID"] = f"<{stable_id('mail', tried.person, tried.about)}@{domain_of(self._settings)}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(body.strip() + "\n", cte="quoted-printable")
        message["Content-Language"] = language
        return message
