"""The mail server: spoken to over a sealed line, signed in, and with a name for whatever is wrong with it."""

import asyncio
import ssl
from email.message import EmailMessage
from enum import StrEnum

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)

from services.shared.settings import Settings

SEND_SECONDS = 20.0
"""For one mail with everything before it: well within the time that a try has before another process tries."""
PERMANENT = 500
CLOSING = 421
"""What a server says that goes away: it is no answer about this mail."""
POLICY = "5.7."
"""A refusal about who we are (RFC 3463), and not about this mail: somebody can mend it, so it is tried again."""


class Trouble(StrEnum):
    """Why no mail goes out at all, for whoever reads the log."""

    AWAY = "server-away"
    NOT_TRUSTED = "certificate-not-trusted"
    NOT_SEALED = "no-sealed-line"
    LOGIN_REFUSED = "login-refused"
    SENDER_REFUSED = "sender-refused"


class MailServerError(Exception):
    """No mail goes out for now, whoever it is for."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class MailRefusedError(Exception):
    """The server does not take this one mail; `for_good` when trying again is of no use."""

    def __init__(self, code: int, *, for_good: bool) -> None:
        super().__init__(code)
        self.code = code
        self.for_good = for_good


class MailServer:
    """One connection, opened with the first mail and used for those that follow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line = SMTP(
            hostname=settings.mail_host,
            port=settings.mail_port,
            use_tls=settings.mail_security == "tls",
            start_tls=False,
            cert_bundle=str(settings.mail_tls_ca) if settings.mail_tls_ca else None,
            local_hostname=domain_of(settings),
            timeout=SEND_SECONDS,
        )

    async def send(self, letter: EmailMessage) -> None:
        """Hand a mail to the server. Raises MailServerError or MailRefusedError; who it is for is in neither."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if not self._line.is_connected:
                    await self._connect()
                await self._line.send_message(letter)
        except SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from error
        except SMTPSenderRefused as error:
            raise MailServerError(Trouble.SENDER_REFUSED) from error
        except SMTPDataError as error:
            raise _refused(error) from error
        except (SMTPException, OSError, TimeoutError) as error:
            raise MailServerError(Trouble.AWAY) from error

    def close(self) -> None:
        """Nothing more to send."""
        self._line.close()

    async def _connect(self) -> None:
        """Connected, sealed, signed in: never the next without the one before."""
        settings = self._settings
        try:
            await self._line.connect()
            if settings.mail_security == "starttls":
                await self._line.ehlo()
                if not self._line.supports_extension("starttls"):
                    raise MailServerError(Trouble.NOT_SEALED)
                await self._line.starttls()
            if settings.mail_user is not None and settings.mail_password is not None:
                await self._sign_in(settings.mail_user, settings.mail_password.get_secret_value())
        except (SMTPException, OSError, TimeoutError) as error:
            self._line.close()
            raise MailServerError(_trouble_of(error)) from error
        except MailServerError:
            self._line.close()
            raise

    async def _sign_in(self, user: str, password: str) -> None:
        try:
            await self._line.login(user, password)
        except SMTPTimeoutError:
            raise
        except SMTPException as error:
            # Many servers hang up on who does not know the password.
            raise MailServerError(Trouble.LOGIN_REFUSED) from error


def domain_of(settings: Settings) -> str:
    """The domain that mail comes from: what we call ourselves to a mail server, instead of this machine's own name."""
    return (settings.mail_from or "@kansen").partition("@")[2]


def _trouble_of(error: BaseException | None) -> Trouble:
    """What is behind a connection that was not made: a certificate, a line that is not sealed, or nobody there."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return Trouble.NOT_TRUSTED
        if isinstance(error, ssl.SSLError):
            return Trouble.NOT_SEALED
        error = error.__cause__ or error.__context__
    return Trouble.AWAY


def _refused(error: SMTPResponseException) -> MailServerError | MailRefusedError:
    if error.code == CLOSING:
        return MailServerError(Trouble.AWAY)
    for_good = error.code >= PERMANENT and not error.message.startswith(POLICY)
    return MailRefusedError(error.code, for_good=for_good)
