"""Mail to staff: what waits for them, in counts and links; nothing in it says about whom."""

import asyncio
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from aiosmtplib import send as send_by_smtp
from jinja2 import Environment
from sqlalchemy.exc import SQLAlchemyError

from services.desk import mail_store, store
from services.desk.colleagues import find_colleague
from services.desk.handlers.mail import day_of, digest_for, task_of, want_alarms, want_digests
from services.desk.mail_store import ATTEMPTS_MAX, Mail
from services.shared.calendar import local_date
from services.shared.database import Database
from services.shared.logs import logger
from services.shared.screens.pages import environments
from services.shared.service import Part
from services.shared.settings import Settings
from services.shared.types import Clock, stable_id
from services.shared.web import wall_clock

EVERY_SECONDS = 30.0
BATCH = 50
"""So many mails at a time: a mail server that counts is not run over."""
SEND_SECONDS = 20.0
"""Well within the time that a try has before another process tries."""
PERMANENT = 500
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
        await asyncio.sleep(EVERY_SECONDS)


class MailRoom:
    """Sends what must be sent, once, whichever process comes first."""

    def __init__(self, settings: Settings, database: Database, clock: Clock = wall_clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._environments: dict[str, Environment] = environments([ROOM])

    async def round(self) -> int:
        """Look who must be mailed and try at most BATCH mails; gives how many went out."""
        async with self._database.transaction() as tx:
            await want_alarms(tx, now=self._clock())
            await want_digests(tx, now=self._clock())
        sent = 0
        for _ in range(BATCH):
            went = await self._next()
            if went is None:
                break
            sent += went
        return sent

    async def _next(self) -> bool | None:
        """Whether the next mail went out; None when there is none to try."""
        now = self._clock()
        async with self._database.transaction() as tx:
            tried = await mail_store.take(tx, now=now)
        if tried is None:
            return None
        letter = await self._letter(tried, now=now)
        sent, over = (await self._send(letter, tried)) if letter else (False, True)
        if over:
            async with self._database.transaction() as tx:
                await mail_store.end(tx, tried, sent=sent, now=self._clock())
        return sent

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
                if digest.is_empty or day != local_date(now) or not choice.daily:
                    return None
                values = {"digest": digest, "link": self._settings.link("/desk/werklijst")}
                return self._message("mail/digest.html", values, address, choice.language, tried)
            task = await store.task_by_id(tx, task_of(tried.about))
        if task is None or task.closed_at is not None:
            return None
        values = {"kind": task.kind, "link": self._settings.link(f"/desk/taken/{task.id}")}
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
        message["Message-ID"] = f"<{stable_id('mail', tried.person, tried.about)}@{_domain(self._settings)}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = language
        message.set_content(body.strip() + "\n")
        return message

    async def _send(self, letter: EmailMessage, tried: Mail) -> tuple[bool, bool]:
        """Whether it went out, and whether that is the end of it. Addresses are never logged."""
        settings = self._settings
        password = settings.mail_password.get_secret_value() if settings.mail_password else None
        try:
            await send_by_smtp(
                letter,
                hostname=settings.mail_host,
                port=settings.mail_port,
                username=settings.mail_user,
                password=password,
                use_tls=settings.mail_security == "tls",
                start_tls=settings.mail_security == "starttls",
                timeout=SEND_SECONDS,
            )
        except (SMTPException, OSError, TimeoutError) as error:
            over = tried.attempts >= ATTEMPTS_MAX or _is_permanent(error)
            _log.warning("mail not sent", error=type(error).__name__, person=str(tried.person), given_up=over)
            return False, over
        return True, True


def _is_permanent(error: Exception) -> bool:
    """Whether the mail server will never take this."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(each.code >= PERMANENT for each in error.recipients)
    return isinstance(error, SMTPResponseException) and error.code >= PERMANENT


def _domain(settings: Settings) -> str:
    return (settings.mail_from or "@kansen").partition("@")[2]
